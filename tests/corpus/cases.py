"""The programs of the corpus with what their authors meant.

`programs/<category>/` has the sources, one file each, or `name.1.js`, `name.2.js`, ... for programs
that follow one another; `meant.py` beside them has the table. A `.md` is a program in a fence.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

PROGRAMS: Final = Path(__file__).parent / "programs"


class Anything:
    """What a program ends with where its author meant its output only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a program's author meant, that is, what the last of its programs answers.

    Attributes:
        by: The kind of model whose manner it has.
        result: The result: a Map is a dict, a Set a list, a Date its ISO text.
        console: What it prints: text as Node.js prints it, or the value that the text is.
        shows: What the answer says somewhere, where there is no value to compare.
    """

    by: str
    result: Any = Anything
    console: Any = Anything
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """Programs that a model writes one after the other, in one conversation."""

    category: str
    name: str
    sources: tuple[str, ...]
    typescript: bool
    meant: Meant

    def __str__(self) -> str:
        return f"{self.category}/{self.name}"


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case, by category and name.

    Raises:
        ValueError: A program has no row in its table, or a row no program.
    """
    return tuple(case for folder in sorted(PROGRAMS.iterdir()) for case in _cases(folder))


def _cases(folder: Path) -> list[Case]:
    table: dict[str, Meant] = importlib.import_module(
        f"{__package__}.programs.{folder.name}.meant"
    ).MEANT
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in {".js", ".ts", ".md"}:
            files.setdefault(path.name.split(".")[0], []).append(path)
    if unlike := files.keys() ^ table.keys():
        raise ValueError(f"{folder.name}: program without row, or row without program: {unlike}")
    return [_case(paths, table[name]) for name, paths in files.items()]


def _case(paths: list[Path], meant: Meant) -> Case:
    sources = tuple(path.read_text() for path in paths)
    typescript = paths[0].suffix == ".ts" or "```typescript" in sources[0]
    return Case(paths[0].parent.name, paths[0].name.split(".")[0], sources, typescript, meant)
