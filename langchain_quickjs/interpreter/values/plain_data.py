"""Values of scripts as plain Python data, for checkpointed state.

A checkpointer knows nothing of JavaScript's types and stores plain data only.
What JSON would leave out is left out; everything else becomes its nearest Python counterpart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter.values.js_values import (
    UNDEFINED,
    BigInt,
    Hole,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    Shown,
    Undefined,
)
from langchain_quickjs.interpreter.values.kinds import (
    KINDS,
    MAX_DEPTH,
    MAX_PLAIN_PARTS,
    bytes_of,
)
from langchain_quickjs.quoting import key_text, shortened

__all__ = ["storable"]

_MAX_PATH_CHARS: Final = 80
_MAX_BITS: Final = 64


def storable(value: Any, path: str = "value") -> Any:
    """A value of a script as dicts, lists, text, numbers, bytes and datetimes.

    `undefined` is left out of objects and becomes `None` elsewhere, as in JSON. A Map becomes a
    dict (with other keys than text, a list of pairs), a Set a list, an Error or a RegExp its text,
    what is only shown that text, and an ArrayBuffer or a typed array its bytes. A Date that
    `datetime` cannot represent becomes its milliseconds, and an invalid one `None`.

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
    """One conversion, which knows where in the value it is and how many parts it has seen."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._path: list[tuple[str, Any]] = []
        self._parts = 0

    def plain(self, value: Any) -> Any:
        self._parts += 1
        if len(self._path) > MAX_DEPTH or self._parts > MAX_PLAIN_PARTS:
            raise self._error(
                f"contains itself, or has over {MAX_DEPTH} levels or {MAX_PLAIN_PARTS} parts"
            )
        convert = _CONTAINERS.get(type(value))
        if convert is not None:
            return convert(self, value)
        if isinstance(value, int) and value.bit_length() >= _MAX_BITS:
            raise self._error("is an integer that a checkpoint cannot keep; make it text")
        return _LEAVES[type(value)](value)

    def of_object(self, value: dict[str, Any]) -> dict[str, Any]:
        return {
            _text(key): self._part(".{}", key, item)
            for key, item in value.items()
            if item is not UNDEFINED
        }

    def of_array(self, value: Iterable[Any]) -> list[Any]:
        return [self._part("[{}]", index, item) for index, item in enumerate(value)]

    def of_map(self, value: JSMap) -> Any:
        entries = [
            [self._part("[key]", None, key), self._part(".get({})", key, item)]
            for key, item in value.entries
        ]
        return dict(entries) if all(isinstance(key, str) for key, _ in entries) else entries

    def _part(self, kind: str, key: Any, value: Any) -> Any:
        self._path.append((kind, key))
        result = self.plain(value)
        self._path.pop()
        return result

    def _error(self, problem: str) -> ValueTransferError:
        steps = (kind.format(key_text(key)) for kind, key in self._path[:_MAX_PATH_CHARS])
        path = shortened("".join(steps), _MAX_PATH_CHARS)
        return ValueTransferError(f"{self._name}{path} {problem}")


def _text(text: str) -> str:
    """The text as UTF-8 can have it: half of a surrogate pair becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _unchanged(value: Any) -> Any:
    return value


def _nothing(_: object) -> None:
    return None


_CONTAINERS: Final[Mapping[type, Callable[[_Conversion, Any], Any]]] = {
    dict: _Conversion.of_object,
    list: _Conversion.of_array,
    JSMap: _Conversion.of_map,
    JSSet: _Conversion.of_array,
}
_LEAVES: Final[Mapping[type, Callable[[Any], Any]]] = {
    type(None): _unchanged,
    Undefined: _nothing,
    Hole: _nothing,
    bool: _unchanged,
    int: _unchanged,
    BigInt: int,
    float: _unchanged,
    str: _text,
    datetime: _unchanged,
    JSDate: lambda value: None if math.isnan(value.ms) else value.ms,
    Shown: lambda value: _text(value.text),
    RegExp: lambda value: _text(f"/{value.source}/{value.flags}"),
    JSError: lambda value: _text(f"{value.name}: {value.message}"),
    **{kind.python: bytes_of for kind in KINDS if kind.binary},
}
