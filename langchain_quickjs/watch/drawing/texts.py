"""Texts that others made, as they can be shown: bounded, and of visible characters only.

A text can hold marks that turn the direction of writing, line breaks, characters without a width,
and piles of accents that cover the lines around it. Here none of it is left.
"""

from __future__ import annotations

import html
import json
import unicodedata
from datetime import UTC, datetime
from typing import Final

__all__ = ["clock", "duration", "escaped", "fitted", "lines_of", "one_line", "width_of"]

_MOST_MARKS: Final = 2
_TAB: Final = "    "


def one_line(text: str, chars: int) -> str:
    """The beginning of a text in one line, of visible characters."""
    return _visible(" ".join(text[: 4 * chars].split()), chars)


def lines_of(text: str, lines: int, chars: int) -> list[str]:
    """The first lines of a text, each as `one_line` makes it, but with its indentation."""
    cut = text[: lines * 4 * chars].split("\n", lines)[:lines]
    return [_visible(line.rstrip("\r").replace("\t", _TAB), chars) for line in cut]


def fitted(text: str, columns: int) -> str:
    """What of a line fits into so many columns of a font whose letters are all equally wide."""
    if width_of(text) <= columns:
        return text
    pieces: list[str] = []
    left = columns - 1
    for character in text:
        left -= width_of(character)
        if left < 0:
            break
        pieces.append(character)
    return "".join(pieces) + "…" if columns > 0 else ""


def width_of(text: str) -> int:
    """How many columns a line takes."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def escaped(text: str) -> str:
    """A text that `one_line` or `lines_of` made, for HTML and XML, in attributes too."""
    return html.escape(text, quote=True)


def duration(seconds: float) -> str:
    """A time as people say it, in two units at most."""
    if seconds < 0.001:
        return "0 ms" if seconds <= 0 else "< 1 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    if seconds < 3599.5:
        return _in_two(seconds, 60, 1, "min", "s")
    if seconds < 86370:
        return _in_two(seconds, 3600, 60, "h", "min")
    return _in_two(seconds, 86400, 3600, "d", "h")


def clock(seconds: float) -> str:
    """A time since the epoch as a date and a time of day in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "at an unknown time"


def _in_two(seconds: float, large: int, small: int, unit: str, less: str) -> str:
    whole, rest = divmod(round(seconds / small), large // small)
    return f"{whole} {unit} {rest} {less}" if rest else f"{whole} {unit}"


def _visible(text: str, chars: int) -> str:
    pieces: list[str] = []
    room, marks = chars, 0
    for character in text[: chars + 1]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MOST_MARKS:
            continue
        piece = character if character.isprintable() else json.dumps(character)[1:-1]
        room -= len(piece)
        if room < 0:
            return "".join(pieces)[: chars - 1] + "…"
        pieces.append(piece)
    return "".join(pieces)
