"""What a tool's description says of the tool, of each argument, and of what it returns.

Most descriptions are docstrings: sections in the style of Google, of NumPy or of Sphinx. What they
say of an argument is told beside the argument, and nowhere else. All other sections stay text.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Docs", "docs_of"]

_MOST_CHARS: Final = 20_000
_MOST_LINES: Final = 500
_MATCHED_CHARS: Final = 300

_ARGUMENTS: Final = frozenset(
    {"args", "arguments", "params", "parameters", "kwargs"}
    | {"keyword args", "keyword arguments", "other parameters"}
)
_RETURNS: Final = frozenset({"return", "returns"})
_HEAD: Final = re.compile(r"([A-Za-z][A-Za-z ]{0,30}):[ ]?(.*)")
_ENTRY: Final = re.compile(r"\*{0,2}(\w+)(?: ?\([^()]*\))? ?:(?: (.*)|$)")
_TYPED_NAMES: Final = re.compile(r"(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: ?:.*)?")
_RULE: Final = re.compile(r"-{3,}")
_FIELD: Final = re.compile(r":(\w+)([^:]*):(?: (.*)|$)")


@dataclass(frozen=True, slots=True)
class Docs:
    """A description, taken apart.

    Attributes:
        summary: The first paragraph.
        rest: What else it says of the tool.
        args: What it says of arguments, by their names.
        returns: What it says of what the tool returns.
    """

    summary: str = ""
    rest: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    returns: str = ""


def docs_of(description: str, names: Collection[str]) -> Docs:
    """Takes a description apart.

    Args:
        description: As the tool has it.
        names: The names of the tool's arguments. A section that knows none of them is no section
            about arguments.
    """
    lines = inspect.cleandoc(description[:_MOST_CHARS]).splitlines()[:_MOST_LINES]
    text: list[str] = []
    args: dict[str, str] = {}
    returns: list[str] = []
    while lines:
        kind, taken, body = _section(lines)
        entries = dict(body) if kind == "args" else {}
        if kind == "args" and entries.keys() & set(names):
            args.update((k, v) for k, v in entries.items() if k in names and v)
        elif kind == "returns":
            returns.extend(value for _, value in body if value)
        elif kind != "dropped":
            text.extend(lines[:taken])
        del lines[:taken]
    paragraphs = "\n".join(text).strip().split("\n\n", 1)
    rest = paragraphs[1].strip("\n") if len(paragraphs) > 1 else ""
    return Docs(paragraphs[0], rest, args, " ".join(returns))


def _section(lines: list[str]) -> tuple[str, int, list[tuple[str, str]]]:
    """What begins with the first line: its kind, how many lines it has, and what it says."""
    first = lines[0].strip()[:_MATCHED_CHARS]
    if lines[0][:1].isspace() or not first:
        return "text", 1, []
    if len(lines) > 1 and _RULE.fullmatch(lines[1].strip()):
        kind = _kind(first)
        if kind == "text":
            return "text", 2, []
        taken = _numpy_end(lines)
        body = lines[2:taken]
        return kind, taken, list(_typed(body)) if kind == "args" else [("", _indented(body))]
    if found := _FIELD.fullmatch(first):
        taken = 1 + _count_indented(lines[1:])
        words = found[2].split()
        said = _joined([lines[0].strip()[found.start(3) :] if found[3] else "", *lines[1:taken]])
        return _kind_of_field(found[1]), taken, [(words[-1].strip("*") if words else "", said)]
    if (found := _HEAD.fullmatch(first)) and (kind := _kind(found[1])) != "text":
        taken = 1 + _count_indented(lines[1:])
        said, body = lines[0].partition(":")[2], lines[1:taken]
        if kind == "returns":
            return kind, taken, [("", _joined([said, *body]))]
        if not said.strip():
            return kind, taken, list(_entries(body))
    return "text", 1, []


def _kind(head: str) -> str:
    word = head.strip().lower()
    return "args" if word in _ARGUMENTS else "returns" if word in _RETURNS else "text"


def _kind_of_field(name: str) -> str:
    if name in ("param", "parameter", "arg", "argument", "key", "keyword"):
        return "args"
    # Types stand in the signature.
    return "dropped" if name in ("type", "rtype") else _kind(name)


def _count_indented(lines: list[str]) -> int:
    """How many lines belong to what stands before them, without blank lines at the end."""
    last = 0
    for number, line in enumerate(lines, 1):
        if line.strip():
            if not line[0].isspace():
                break
            last = number
    return last


def _entries(body: list[str]) -> Iterator[tuple[str, str]]:
    """The entries of a section in Google's style; what is indented more goes on with one."""
    indents = [len(line) - len(line.lstrip()) for line in body if line.strip()]
    outer, name, said = min(indents, default=0), "", list[str]()
    for line in body:
        begins = len(line) - len(line.lstrip()) == outer
        if begins and (found := _ENTRY.fullmatch(line.strip()[:_MATCHED_CHARS])):
            if name:
                yield name, _joined(said)
            name, said = found[1], [line.strip()[found.start(2) :] if found[2] else ""]
        else:
            said.append(line)
    if name:
        yield name, _joined(said)


def _numpy_end(lines: list[str]) -> int:
    """Where a section in NumPy's style ends: at the next head with a rule below it."""
    for number in range(2, len(lines) - 1):
        if _RULE.fullmatch(lines[number + 1].strip()) and not lines[number][:1].isspace():
            return number
    return len(lines)


def _typed(body: list[str]) -> Iterator[tuple[str, str]]:
    """The entries of a section in NumPy's style: names with a type, and indented text below."""
    number = 0
    while number < len(body):
        found = _TYPED_NAMES.fullmatch(body[number].strip()[:_MATCHED_CHARS])
        number += 1
        taken = _count_indented(body[number:])
        if found:
            for name in found[1].split(", "):
                yield name.strip("*"), _joined(body[number : number + taken])
        number += taken


def _indented(body: list[str]) -> str:
    """What is said below types; the types themselves if nothing is."""
    return _joined([line for line in body if line[:1].isspace()]) or _joined(body)


def _joined(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
