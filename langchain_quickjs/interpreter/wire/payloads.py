"""What is inside of each extension type, both ways: as it is written, and how it is read.

Values without parts are read at once. Collections are written as an array of their parts; they are
made empty and filled later, so that no depth of nesting makes the reader call itself.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgpack

from langchain_quickjs.errors import ProtocolError
from langchain_quickjs.interpreter.values.js_values import (
    HOLE,
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    Hole,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    TypedArray,
    Undefined,
)
from langchain_quickjs.interpreter.values.kinds import ELEMENTS, MAX_DEPTH, Ext
from langchain_quickjs.interpreter.wire.wtf8 import SURROGATES

__all__ = ["COLLECTIONS", "FLATTEN", "MAX_DEPTH", "READ", "WRITE", "malformed"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_SAFE_INTEGER: Final = 2**53 - 1
_TYPED_ARRAYS: Final = tuple(element.array for element in ELEMENTS)


def malformed(code: int) -> ProtocolError:
    """The error for a payload that the guest does not write."""
    return ProtocolError(f"the guest sent a malformed value of extension type {code}")


def _nothing(_: object) -> bytes:
    return b""


def _read_undefined(data: bytes) -> Undefined:
    if data:
        raise malformed(Ext.UNDEFINED)
    return UNDEFINED


def _read_hole(data: bytes) -> Hole:
    if data:
        raise malformed(Ext.HOLE)
    return HOLE


def _write_bigint(value: int) -> bytes:
    return format(int(value), "x").encode()


def _read_bigint(data: bytes) -> int:
    try:
        value = int(data, 16)
    except ValueError as error:
        raise ProtocolError("the guest sent a malformed BigInt") from error
    return value if abs(value) > _MAX_SAFE_INTEGER else BigInt(value)


def _write_datetime(value: datetime) -> bytes:
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return struct.pack(">d", (value - _EPOCH) / timedelta(milliseconds=1))


def _write_date_out_of_range(value: JSDate) -> bytes:
    return struct.pack(">d", value.ms)


def _read_date(data: bytes) -> datetime | JSDate:
    if len(data) != 8:
        raise malformed(Ext.DATE)
    ms: float = struct.unpack(">d", data)[0]
    if not math.isfinite(ms):
        return JSDate(ms)
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return JSDate(ms)


def _write_regexp(value: RegExp) -> bytes:
    packed: bytes = msgpack.packb([value.source, value.flags], unicode_errors="surrogatepass")
    return packed


def _read_regexp(data: bytes) -> RegExp:
    match msgpack.unpackb(data, unicode_errors=SURROGATES):
        case [str(source), str(flags)]:
            return RegExp(source, flags)
    raise malformed(Ext.REGEXP)


def _write_typed_array(value: TypedArray) -> bytes:
    return bytes([_TYPED_ARRAYS.index(value.kind)]) + value.data


def _read_typed_array(data: bytes) -> TypedArray:
    if not data or data[0] >= len(_TYPED_ARRAYS):
        raise malformed(Ext.TYPED)
    return TypedArray(_TYPED_ARRAYS[data[0]], data[1:])


def _write_buffer(value: ArrayBuffer) -> bytes:
    return value.data


WRITE: Final[Mapping[type, tuple[Ext, Callable[[Any], bytes]]]] = {
    Undefined: (Ext.UNDEFINED, _nothing),
    Hole: (Ext.HOLE, _nothing),
    int: (Ext.BIGINT, _write_bigint),  # one that MessagePack has no format for
    BigInt: (Ext.BIGINT, _write_bigint),
    datetime: (Ext.DATE, _write_datetime),
    JSDate: (Ext.DATE, _write_date_out_of_range),
    RegExp: (Ext.REGEXP, _write_regexp),
    TypedArray: (Ext.TYPED, _write_typed_array),
    ArrayBuffer: (Ext.BUFFER, _write_buffer),
}
"""The payload of each value without parts, by its type."""

READ: Final[Mapping[int, Callable[[bytes], Any]]] = {
    Ext.UNDEFINED: _read_undefined,
    Ext.HOLE: _read_hole,
    Ext.BIGINT: _read_bigint,
    Ext.DATE: _read_date,
    Ext.REGEXP: _read_regexp,
    Ext.TYPED: _read_typed_array,
    Ext.BUFFER: ArrayBuffer,
}
"""The value of each such payload, by its code.

Each raises `ProtocolError` if the guest does not write such a payload.
"""


def _flat_map(value: JSMap) -> list[Any]:
    return [part for entry in value.entries for part in entry]


def _flat_error(value: JSError) -> list[Any]:
    has_cause = value.cause is not UNDEFINED
    return [value.name, value.message, value.stack, has_cause, value.cause, value.errors]


FLATTEN: Final[Mapping[type, tuple[Ext, Callable[[Any], list[Any]]]]] = {
    JSMap: (Ext.MAP, _flat_map),
    JSSet: (Ext.SET, list),
    set: (Ext.SET, list),
    frozenset: (Ext.SET, list),
    JSError: (Ext.ERROR, _flat_error),
}
"""The array of its parts as which each collection is written, by its type."""


def _fill_map(target: JSMap, parts: list[Any]) -> None:
    if len(parts) % 2:
        raise ProtocolError("the guest sent a Map of keys without values")
    target.entries = list(zip(parts[::2], parts[1::2], strict=True))


def _fill_set(target: JSSet, parts: list[Any]) -> None:
    target.elements = parts


def _fill_error(target: JSError, parts: list[Any]) -> None:
    match parts:
        case [str(name), str(message), str(stack), bool(has_cause), cause, errors]:
            target.name, target.message, target.stack = name, message, stack
            target.cause = cause if has_cause else UNDEFINED
            target.errors = errors
        case _:
            raise ProtocolError("the guest sent a malformed Error")


COLLECTIONS: Final[Mapping[int, tuple[Callable[[], Any], Callable[[Any, list[Any]], None]]]] = {
    Ext.MAP: (JSMap, _fill_map),
    Ext.SET: (JSSet, _fill_set),
    Ext.ERROR: (lambda: JSError("", ""), _fill_error),
}
"""How each collection is made empty, and how it is filled with its parts, by its code."""
