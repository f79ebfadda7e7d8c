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
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from langchain_quickjs.interpreter.values.js_values import (
    HOLE,
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    TypedArray,
)

__all__ = ["notation", "property_name"]

_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")
_MAX_DEPTH: Final = 64
_SAFE_BITS: Final = 53
_DECIMAL_BITS: Final = 2000
_ELEMENTS: Final = {
    "Uint8ClampedArray": "B",
    "Int8Array": "b",
    "Uint8Array": "B",
    "Int16Array": "h",
    "Uint16Array": "H",
    "Int32Array": "i",
    "Uint32Array": "I",
    "BigInt64Array": "q",
    "BigUint64Array": "Q",
    "Float16Array": "e",
    "Float32Array": "f",
    "Float64Array": "d",
}


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


class _Writer:
    def __init__(self, max_chars: int) -> None:
        self._most = max_chars + 1  # no part that is longer will be shown to its end
        self._above: list[int] = []  # the containers around the present place

    def pieces(self, value: object) -> Iterator[str]:
        """The text of a value, bit by bit, so that the caller can stop."""
        match value:
            case str():
                yield json.dumps(value[: self._most], ensure_ascii=False)
            case JSMap():
                entries = ((key, " => ", item) for key, item in value.entries)
                yield from self._container(value, f"Map({len(value)}) {{", entries, "}")
            case JSSet():
                elements = ((None, "", item) for item in value.elements)
                yield from self._container(value, f"Set({len(value)}) {{", elements, "}")
            case Mapping():
                members = ((None, f"{self._name(key)}: ", item) for key, item in value.items())
                yield from self._container(value, "{", members, "}")
            case list() | tuple():
                yield from self._container(value, "[", ((None, "", v) for v in value), "]")
            case bytes():
                yield self._elements("Uint8Array", value)
            case ArrayBuffer():
                yield f"ArrayBuffer({len(value.data)})"
            case TypedArray():
                yield self._elements(value.kind, value.data)
            case JSError():
                yield f"[{value.name[: self._most]}: {value.message[: self._most]}]"
            case RegExp():
                yield f"/{value.source[: self._most]}/{value.flags}"
            case int() if not isinstance(value, bool):
                yield self._integer(value)
            case _:
                yield _scalar(value)

    def _name(self, key: object) -> str:
        text = key if isinstance(key, str) else str(key)
        # What is cut is no name any more.
        return property_name(text) if len(text) <= self._most else json.dumps(text[: self._most])

    def _integer(self, value: int) -> str:
        """In decimal; a very long one in hexadecimal, because decimal takes quadratic time."""
        bits = value.bit_length()
        suffix = "n" if isinstance(value, BigInt) or bits > _SAFE_BITS else ""
        if bits <= _DECIMAL_BITS:
            return f"{int(value)}{suffix}"
        shown = value >> max(0, bits - bits % 4 - 4 * self._most)
        return f"{hex(shown)}{suffix}"

    def _container(
        self, value: object, opening: str, parts: Iterable[tuple[object, str, object]], closing: str
    ) -> Iterator[str]:
        if id(value) in self._above:
            yield "[Circular]"
            return
        if len(self._above) == _MAX_DEPTH:
            yield f"{opening}…{closing}"
            return
        self._above.append(id(value))
        yield opening
        for index, (key, between, item) in enumerate(parts):
            if index:
                yield ", "
            if key is not None or between == " => ":
                yield from self.pieces(key)
            yield between
            yield from self.pieces(item)
        yield closing
        self._above.pop()

    def _elements(self, kind: str, data: bytes) -> str:
        letter = _ELEMENTS[kind]
        count = len(data) // struct.calcsize(letter)
        shown = min(count, self._most)
        suffix = "n" if kind.startswith("Big") else ""
        items = struct.unpack_from(f"<{shown}{letter}", data)
        text = ", ".join(
            f"{_number(item) if isinstance(item, float) else item}{suffix}" for item in items
        )
        return f"{kind}({count}) [{text}]"


def _scalar(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _number(value)
        case datetime():
            moment = value.astimezone(UTC).isoformat(timespec="milliseconds")
            return f"Date({moment.removesuffix('+00:00')}Z)"
        case JSDate():
            return "Date(invalid)" if math.isnan(value.ms) else f"Date({_number(value.ms)})"
        case _ if value is UNDEFINED:
            return "undefined"
        case _ if value is HOLE:
            return "<empty>"
    return f"<{type(value).__name__}>"


def _number(value: float) -> str:
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


def property_name(name: str) -> str:
    """The name as it stands in an object literal: quoted only where it must be."""
    return name if _IDENTIFIER.match(name) else json.dumps(name)
