"""Values of scripts written the way JavaScript writes them, short and readable.

    {id: "A-17", total: 12.5, tags: ["new", "gift"], note: undefined}

Fewer characters than JSON, and it can say what JSON cannot: `undefined`, `NaN`, `-0`, `12n`, dates,
maps and sets. For reading only; nothing parses it.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from langchain_quickjs.interpreter.values.js_values import (
    ArrayBuffer,
    BigInt,
    Hole,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    Shown,
    TypedArray,
    Undefined,
)
from langchain_quickjs.interpreter.values.kinds import ELEMENTS

__all__ = ["notation", "property_name"]

_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")
_MAX_DEPTH: Final = 64
_SAFE_BITS: Final = 53
_DECIMAL_BITS: Final = 2000
_CODES: Final = {element.array: element.code for element in ELEMENTS}


def notation(value: object, max_chars: int) -> tuple[str, bool]:
    """Writes a value, and stops soon after `max_chars`.

    Args:
        value: What a script returned.
        max_chars: How much of it is wanted; a huge value costs no more than that.

    Returns:
        The text, and whether it is all there.
    """
    pieces: list[str] = []
    length = 0
    for piece in _Writer(max_chars).pieces(value):
        if length > max_chars:
            return "".join(pieces), False
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces), length <= max_chars


_Container = tuple[str, Iterable[Iterable[str]], str]
"""What a container is written as: its opening, the pieces of each of its members, its closing."""


class _Writer:
    """Writes one value."""

    def __init__(self, max_chars: int) -> None:
        self._most = max_chars + 1  # no part that is longer will be shown to its end
        self._above: list[int] = []  # the containers around the present place

    def pieces(self, value: Any) -> Iterator[str]:
        """The text of a value, bit by bit, so that the caller can stop."""
        write = _LEAVES.get(type(value))
        if write is not None:
            yield write(value, self._most)
            return
        opening, members, closing = _CONTAINERS[type(value)](self, value)
        if id(value) in self._above:
            yield "[Circular]"
            return
        if len(self._above) == _MAX_DEPTH:
            yield f"{opening}…{closing}"
            return
        self._above.append(id(value))
        yield opening
        for index, member in enumerate(members):
            if index:
                yield ", "
            yield from member
        yield closing
        self._above.pop()

    def of_object(self, value: dict[Any, Any]) -> _Container:
        entries = value.items()
        members = (chain((f"{_key(k, self._most)}: ",), self.pieces(v)) for k, v in entries)
        return "{", members, "}"

    def of_array(self, value: Sequence[Any]) -> _Container:
        return "[", map(self.pieces, value), "]"

    def of_map(self, value: JSMap) -> _Container:
        entries = value.entries
        members = (chain(self.pieces(k), (" => ",), self.pieces(v)) for k, v in entries)
        return f"Map({len(entries)}) {{", members, "}"

    def of_set(self, value: JSSet) -> _Container:
        return f"Set({len(value)}) {{", map(self.pieces, value.elements), "}"


def _key(key: object, most: int) -> str:
    text = key if isinstance(key, str) else str(key)
    # What is cut is no name any more.
    return property_name(text) if len(text) <= most else json.dumps(text[:most])


def _text(value: str, most: int) -> str:
    return json.dumps(value[:most], ensure_ascii=False)


def _integer(value: int, most: int) -> str:
    """In decimal; a very long one in hexadecimal, because decimal takes quadratic time."""
    bits = value.bit_length()
    suffix = "n" if isinstance(value, BigInt) or bits > _SAFE_BITS else ""
    if bits <= _DECIMAL_BITS:
        return f"{int(value)}{suffix}"
    shown = value >> max(0, bits - bits % 4 - 4 * most)
    return f"{hex(shown)}{suffix}"


def _number(value: float, _most: int = 0) -> str:
    """A number as JavaScript's `String(value)` writes it, except that -0 keeps its sign."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def _date(value: datetime, _: int) -> str:
    moment = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return f"Date({moment.removesuffix('+00:00')}Z)"


def _date_out_of_range(value: JSDate, _: int) -> str:
    return "Date(invalid)" if math.isnan(value.ms) else f"Date({_number(value.ms)})"


def _regexp(value: RegExp, most: int) -> str:
    return f"/{value.source[:most]}/{value.flags[:most]}"


def _error(value: JSError, most: int) -> str:
    return f"[{value.name[:most]}: {value.message[:most]}]"


def _typed_array(value: TypedArray, most: int) -> str:
    return _elements(value.kind, _CODES[value.kind], value.data, most)


def _elements(name: str, code: str, data: bytes, most: int) -> str:
    count = len(data) // struct.calcsize(f"<{code}")
    suffix = "n" if name.startswith("Big") else ""
    items = struct.unpack_from(f"<{min(count, most)}{code}", data)
    text = ", ".join(
        f"{_number(item) if isinstance(item, float) else item}{suffix}" for item in items
    )
    return f"{name}({count}) [{text}]"


_LEAVES: Final[Mapping[type, Callable[[Any, int], str]]] = {
    type(None): lambda _value, _most: "null",
    Undefined: lambda _value, _most: "undefined",
    Hole: lambda _value, _most: "<empty>",
    bool: lambda value, _most: "true" if value else "false",
    int: _integer,
    BigInt: _integer,
    float: _number,
    str: _text,
    datetime: _date,
    JSDate: _date_out_of_range,
    RegExp: _regexp,
    Shown: lambda value, most: value.text[:most],
    JSError: _error,
    bytes: lambda value, most: _elements("Uint8Array", "B", value, most),
    TypedArray: _typed_array,
    ArrayBuffer: lambda value, most: _elements("ArrayBuffer", "B", value.data, most),
}
_CONTAINERS: Final[Mapping[type, Callable[[_Writer, Any], _Container]]] = {
    dict: _Writer.of_object,
    list: _Writer.of_array,
    JSMap: _Writer.of_map,
    JSSet: _Writer.of_set,
}


def property_name(name: str) -> str:
    """The name as it stands in an object literal: quoted only where it must be."""
    return name if _IDENTIFIER.match(name) else json.dumps(name)
