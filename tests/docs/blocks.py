"""The code blocks of the README and of `docs/`.

A comment before a block says what is special about it: `<!-- continues -->`, that it goes on from
the block before it on its page; `<!-- not run: why -->`; `<!-- needs NAME -->`, a name of
`NOT_YET`. Blocks that continue one another are one module here. It imports from `given` what its
blocks use without making it, and its lines have the numbers that they have on the page.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["GIVEN", "NOT_YET", "PAGES", "ROOT", "Block", "Module", "blocks", "modules"]

ROOT: Final = Path(__file__).parent.parent.parent
GIVEN: Final = Path(__file__).parent / "given.py"
PAGES: Final = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

NOT_YET: Final[dict[str, str]] = {}
"""What blocks need that is not there yet, with the reason."""

_FENCE: Final = re.compile(
    r"(?:^<!-- (?P<mark>continues(?:, needs \w+)?|not run: [^>]+|needs \w+) -->\n)?"
    r"^```(?P<language>\w*)\n(?P<source>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One code block; `line` is that of its first line of code, `mark` what its comment says."""

    page: Path
    line: int
    language: str
    source: str
    mark: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


@dataclass(frozen=True)
class Module:
    """Python blocks of a page that continue one another, as the text of a module."""

    name: str
    text: str

    def __str__(self) -> str:
        return self.name


def blocks(*languages: str, runs: bool = True) -> list[Block]:
    """The blocks of all pages that are in these languages, and can run; without any, all blocks.

    Args:
        languages: The names after the fences.
        runs: Whether those are left out that something here is missing for.
    """
    found: list[Block] = []
    for page in PAGES:
        text = page.read_text()
        for match in _FENCE.finditer(text):
            line = text.count("\n", 0, match.start("source")) + 1
            mark = match["mark"] or ""
            found.append(Block(page, line, match["language"], match["source"], mark))
    if not languages:
        return found
    return [b for b in found if b.language in languages and _is_whole(b, runs=runs)]


def _is_whole(block: Block, *, runs: bool) -> bool:
    missing = block.mark.rpartition("needs ")[2] in NOT_YET
    return not missing and not (runs and block.mark.startswith("not run"))


def modules(*, runs: bool = True) -> list[Module]:
    """The Python of all pages: what can run, or else what can be read."""
    chains: list[list[Block]] = []
    for block in blocks("python", runs=runs):
        if block.mark.startswith("continues"):
            assert chains[-1][-1].page == block.page, f"{block} continues nothing"
            chains[-1].append(block)
        else:
            chains.append([block])
    return [_module(chain) for chain in chains]


def _module(chain: list[Block]) -> Module:
    text = ""
    for block in chain:
        text += "\n" * (block.line - 1 - text.count("\n")) + block.source
    names = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)]
    used = {n.id for n in names} - {n.id for n in names if isinstance(n.ctx, ast.Store)}
    used -= {n.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)}
    given = sorted(used & _names_given())
    # The first line of a page is its title.
    first = f"from given import {', '.join(given)}" if given else ""
    return Module(f"{chain[0].page.stem.lower()}_{chain[0].line}", first + text)


def _names_given() -> set[str]:
    body = ast.parse(GIVEN.read_text()).body
    targets = [t for n in body if isinstance(n, ast.Assign) for t in n.targets]
    targets += [n.target for n in body if isinstance(n, ast.AnnAssign)]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    return names | {node.name for node in body if isinstance(node, ast.FunctionDef)}
