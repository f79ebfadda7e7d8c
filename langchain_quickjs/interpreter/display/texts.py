"""Texts and values of others as they are shown: cut, and with all of it visible."""

from __future__ import annotations

import json
from typing import Any, Final

from langchain_quickjs.interpreter.values.notation import notation
from langchain_quickjs.quoting import type_name

__all__ = ["bytes_text", "count_text", "one_line", "value_text", "visible"]

_KIB: Final = 1024


def visible(text: str, most: int) -> str:
    """Gives a text in which nothing is hidden, cut after `most` characters.

    Line feeds and tabs stay. Whatever else is not printable is escaped: with control characters and
    marks that turn the direction of writing, a text could look like another one.
    """
    shown = text[:most]
    if not shown.replace("\n", "").replace("\t", "").isprintable():
        shown = "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in shown)
    return shown if len(text) <= most else f"{shown}… ({len(text) - most:,} more characters)"


def one_line(text: str, most: int) -> str:
    """Gives a text with nothing hidden, as one line."""
    return visible(text, most).replace("\n", "\\n").replace("\t", "\\t")


def value_text(value: object, most: int) -> str:
    """Gives a value the way JavaScript writes it, with nothing hidden.

    It may hold what no script returns, if somebody has made an outcome of their own.
    """
    try:
        text, is_whole = notation(value, most)
    except KeyError:
        text, is_whole = f"({type_name(value)})", True
    shown = visible(text[:most], most)
    return shown if is_whole else f"{shown}…"


def bytes_text(count: int) -> str:
    """Gives a number of bytes for people."""
    size: float = count
    for unit in ("bytes", "KiB", "MiB"):
        if size < _KIB:
            return f"{size:.3g} {unit}" if size % 1 else f"{size:.0f} {unit}"
        size /= _KIB
    return f"{size:.3g} GiB"


def count_text(count: int, what: str) -> str:
    """Gives a number of things, with the plural where it belongs."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _escaped(character: str) -> Any:
    return json.dumps(character)[1:-1]
