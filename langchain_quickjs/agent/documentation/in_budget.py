"""All tools of an agent within a budget: as much of their documentation as it has room for.

A prompt is paid for in every model call. Its length has to be bounded by what the developer says
and not by how many tools there are, nor by what the authors of tools have written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Literal

from langchain_core.tools import BaseTool

from langchain_quickjs.agent.documentation.comments import (
    comment_lines,
    cut_lines,
    one_line,
    size,
)
from langchain_quickjs.agent.documentation.declarations import (
    BARE,
    FULL,
    SHORT,
    Declared,
    Detail,
    Facts,
    declared,
    facts_of,
)
from langchain_quickjs.agent.documentation.typescript import Types
from langchain_quickjs.script.calls.js_names import DESCRIBE

__all__ = ["BYTES_PER_TOKEN", "Documentation", "documentation", "name_and_line"]

BYTES_PER_TOKEN: Final = 4
"""What counts as a token: four bytes of UTF-8."""

_LINE_CHARS: Final = (100, 50)
_LARGEST_PART: Final = 4
_MODERATE_BYTES: Final = 1000
_LOOKED_AT_CHARS: Final = 2000


@dataclass(frozen=True, slots=True)
class Documentation:
    """What is told of tools.

    Attributes:
        text: TypeScript, or a list of names.
        kind: `whole` for all there is to say; `cut` for signatures of all tools with parts of their
            documentation; `lines` for their names and a line on each; `names` for names alone.
        count: How many tools are named.
    """

    text: str
    kind: Literal["whole", "cut", "lines", "names"]
    count: int


def documentation(tools: Mapping[str, BaseTool], tokens: int) -> Documentation:
    """Tells of tools in the most telling form that the budget has room for.

    Args:
        tools: The tools, by the names that scripts use.
        tokens: How many tokens it may take.
    """
    most = tokens * BYTES_PER_TOKEN
    if sum(len(name) + 1 for name in tools) <= most:
        names, facts = list(tools), cache(lambda name: facts_of(tools[name]))
        for detail in (FULL, SHORT, BARE):
            found = _declarations(names, facts, detail, most)
            if found is not None:
                return found
        for chars in _LINE_CHARS:
            text = "\n".join(name_and_line(name, tool, chars) for name, tool in tools.items())
            if size(text) <= most:
                return Documentation(text, "lines", len(tools))
    return _names(tools, most)


def name_and_line(name: str, tool: BaseTool, chars: int = _LINE_CHARS[0]) -> str:
    """A tool's name, and what it does in so many characters."""
    first = tool.description[:_LOOKED_AT_CHARS].strip().split("\n\n", 1)[0]
    line = one_line(first, chars)
    return f"{name} // {line}" if line else name


def _declarations(
    names: Sequence[str], facts: Callable[[str], Facts], detail: Detail, most: int
) -> Documentation | None:
    """All signatures with as much documentation as fits; `None` if they do not fit themselves."""
    types = Types(detail.comment_chars)
    written: list[Declared] = []
    types_told = 0
    room = most
    for name in names:
        one = _elided(facts(name), most) if detail is BARE else None
        one = one or declared(facts(name), types, detail)
        written.append(one)
        new = types.declarations[types_told:]
        types_told += len(new)
        room -= sum(size(line) + 1 for line in (*new, *one.with_rest([])))
        if room < 0:
            return None
    rests = [list(comment_lines(facts(name).docs.rest)) for name in names]
    sizes = [sum(size(line) + 1 for line in rest) for rest in rests]
    share = _share(sizes, room)
    lines = [*types.declarations]
    for one, rest in zip(written, rests, strict=True):
        lines += one.with_rest(cut_lines(rest, share))
    is_cut = detail is BARE or max(sizes, default=0) > share or any(one.is_cut for one in written)
    return Documentation("\n".join(lines), "cut" if is_cut else "whole", len(names))


def _elided(facts: Facts, most: int) -> Declared | None:
    """A tool without its types, if they take too much of the room of all, as hostile ones do."""
    types = Types(BARE.comment_chars)
    one = declared(facts, types, BARE)
    length = sum(map(size, (*types.declarations, *one.with_rest([]))))
    if length <= max(most // _LARGEST_PART, _MODERATE_BYTES):
        return None
    types_of = f'types: tools.{DESCRIBE}("{facts.name}")'
    code = f"tools.{facts.name}(args: object): Promise<unknown>; // {types_of}"
    return replace(one, code=code, is_cut=True)


def _share(sizes: list[int], room: int) -> int:
    """How much each may have, so that who wants less leaves more for the others."""
    waiting = sorted(sizes)
    while waiting:
        share = room // len(waiting)
        if waiting[0] > share:
            return share
        room -= waiting.pop(0)
    return max(sizes, default=0)


def _names(tools: Mapping[str, BaseTool], most: int) -> Documentation:
    told: list[str] = []
    for name in tools:
        most -= len(name) + 2
        if most < 0:
            break
        told.append(name)
    return Documentation(", ".join(told), "names", len(told))
