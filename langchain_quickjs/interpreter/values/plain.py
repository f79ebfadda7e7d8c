"""Values of scripts as plain Python data, for checkpointed state.

A checkpointer knows nothing of JavaScript's types and stores plain data only.
What JSON would leave out is left out; everything else becomes its nearest Python counterpart.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Final

from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter.quoting import key_text, shortened
from langchain_quickjs.interpreter.values.js_values import (
    HOLE,
    UNDEFINED,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    TypedArray,
)

__all__ = ["storable"]

_MAX_DEPTH: Final = 200
_MAX_PARTS: Final = 200_000
_MAX_PATH_CHARS: Final = 80
_MAX_BITS: Final = 64


def storable(value: Any, path: str = "value") -> Any:
    """A value of a script as dicts, lists, text, numbers, bytes and datetimes.

    `undefined` is left out of objects and becomes `None` elsewhere, as in JSON. A Map becomes a
    dict (with other keys than text, a list of pairs), a Set a list, an Error its text.

    Args:
        value: What came out of the interpreter.
        path: What to call it in an error message.

    Raises:
        ValueTransferError: The value has an integer beyond 64 bits, contains itself, or is too
            large: plain data has no shared parts, so a small value that uses its parts often may
            become a huge one.
    """
    return _Conversion(path).plain(value)


class _Conversion:
    """One conversion; knows where in the value it is, and how much it has seen."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._path: list[tuple[str, Any]] = []
        self._parts = 0

    def plain(self, value: Any) -> Any:
        self._parts += 1
        if len(self._path) > _MAX_DEPTH or self._parts > _MAX_PARTS:
            raise self._error(
                f"contains itself, or has over {_MAX_DEPTH} levels or {_MAX_PARTS} parts"
            )
        if isinstance(value, JSMap):
            return self._map(value)
        if isinstance(value, dict):
            return {
                (key if key.isascii() else _text(key)): self._part(".{}", key, item)
                for key, item in value.items()
                if item is not UNDEFINED
            }
        if isinstance(value, JSSet):
            value = value.elements
        if isinstance(value, list | tuple):
            return [self._part("[{}]", index, item) for index, item in enumerate(value)]
        if isinstance(value, int) and value.bit_length() >= _MAX_BITS:
            raise self._error("is an integer that a checkpoint cannot keep; make it text")
        return _scalar(value)

    def _part(self, kind: str, key: Any, value: Any) -> Any:
        self._path.append((kind, key))
        result = self.plain(value)
        self._path.pop()
        return result

    def _map(self, value: JSMap) -> Any:
        entries = [
            [self._part("[key]", None, key), self._part(".get({})", key, item)]
            for key, item in value.entries
        ]
        return dict(entries) if all(isinstance(key, str) for key, _ in entries) else entries

    def _error(self, problem: str) -> ValueTransferError:
        steps = (kind.format(key_text(key)) for kind, key in self._path[:_MAX_PATH_CHARS])
        path = shortened("".join(steps), _MAX_PATH_CHARS)
        return ValueTransferError(f"{self._name}{path} {problem}")


def _scalar(value: Any) -> Any:
    if value is UNDEFINED or value is HOLE:
        return None
    if isinstance(value, bool) or value is None or isinstance(value, float | datetime):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return value if value.isascii() else _text(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, TypedArray):
        return value.data
    if isinstance(value, JSError):
        return f"{value.name}: {value.message}"
    if isinstance(value, RegExp):
        return f"/{value.source}/{value.flags}"
    if isinstance(value, JSDate):
        return None if math.isnan(value.ms) else value.ms
    return str(value)


def _text(text: str) -> str:
    """The same in UTF-8, which half a surrogate pair has not: nothing outside could read it."""
    return text.encode("utf-8", "replace").decode()
