"""Texts that others made, for our messages: cut short, and never an exception of their own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

__all__ = [
    "INVISIBLE",
    "a_type",
    "error_text",
    "in_line",
    "key_text",
    "shortened",
    "time_text",
    "type_name",
    "value_text",
]

INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Printed as nothing or as a space, although Unicode has them among letters, marks and symbols."""

_SHORT: Final = 200
_KEY_CHARS: Final = 40
_KEY_BITS: Final = 128


def shortened(text: str, most: int = _SHORT) -> str:
    """Gives the text, or its beginning and its end where it is long."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[len(text) - half :]}"


def in_line(text: str) -> str:
    """Gives a text of others for the middle of a sentence: in one line, without its stop."""
    return " ".join(text.split()).rstrip(".?!")


def time_text(seconds: float) -> str:
    """Gives a time, in seconds since the epoch, as people and programs read it (ISO 8601, UTC)."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def error_text(error: BaseException, most: int = _SHORT) -> str:
    """Gives what an exception says. Its class may be anybody's, so asking it may raise."""
    try:
        text = str.__str__(str(error))
    except Exception:
        return f"({a_type(error)} without a text)"
    return shortened(text, most)


def type_name(value: object) -> str:
    """Gives the name of a value's type."""
    name: Any = type.__dict__["__name__"].__get__(type(value))
    return shortened(str(name))


def a_type(value: object) -> str:
    """Gives the name of a value's type, as a thing in a sentence."""
    name = type_name(value)
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def key_text(key: Any) -> str:
    """Gives a key of an object as a path shows it."""
    if type(key) is str:
        return shortened(key, _KEY_CHARS)
    if type(key) is int and key.bit_length() <= _KEY_BITS:
        return str(key)
    return f"({type_name(key)})"


def value_text(value: object) -> str:
    """Gives a value as errors show it, short whatever it is."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type_name(value)}>"
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
