"""Texts of others as comments and literals in the code that a model reads.

Descriptions and schemas may come from anywhere, an MCP server for example. What they say stands
behind `//`: no text ends its line, its comment or the code block, and nothing in it is hidden.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from langchain_quickjs.quoting import INVISIBLE

__all__ = ["comment_lines", "cut_lines", "literal", "one_line", "shown", "size"]

_FENCE: Final = "```"
_INDENT: Final = 8
_LEAST_BYTES: Final = 60


def size(text: str) -> int:
    """How much a text takes in a prompt, in bytes of UTF-8; four of them count as a token."""
    return len(text.encode("utf-8", "replace"))


def shown(text: str) -> str:
    """What is left of a line if nothing in it is hidden and it ends no code block."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isprintable())
    return INVISIBLE.sub("", text).replace(_FENCE, "'''")


def one_line(text: str, max_chars: int) -> str:
    """Puts a text on one line, as a `//` comment needs it, and cuts it between two words."""
    # Most of what is cut off is not even looked at; what is hidden may take some of the rest.
    line = shown(" ".join(text[: 4 * max_chars + 1000].split()))
    if len(line) <= max_chars:
        return line
    return _cut(line, max_chars)


def comment_lines(text: str) -> Iterator[str]:
    """Writes a text of several lines as comments; blank lines are left out."""
    for line in text.splitlines():
        words = shown(line.strip().replace("\t", " "))
        if words:
            indent = min(len(line) - len(line.lstrip()), _INDENT)
            yield f"// {' ' * indent}{words}"


def cut_lines(lines: Iterable[str], most: int) -> list[str]:
    """The first lines that take so many bytes together, the last of them cut where it must be."""
    kept: list[str] = []
    for line in lines:
        most -= size(line) + 1
        if most < 0:
            room = most + size(line)
            if room >= _LEAST_BYTES:
                head = line.encode("utf-8", "replace")[: room - 2].decode("utf-8", "ignore")
                kept.append(_cut(head, len(head)))
            break
        kept.append(line)
    return kept


def literal(value: object) -> str:
    """A JSON value as code, in which whatever is hidden or would end the block is escaped.

    Raises:
        TypeError: It is no JSON value.
        ValueError: It holds itself.
        RecursionError: It is nested too deep.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
    text = INVISIBLE.sub(lambda found: json.dumps(found[0])[1:-1], text)
    return text.replace(_FENCE, r"\u0060" * 3)


def _cut(line: str, max_chars: int) -> str:
    head = line[: max_chars - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(" ,;:") + "…"
