"""The kinds of values that cross, one row each.

Whoever treats values by their kind follows this table: `encode` and `decode` on the wire, `coerce`,
`notation`, `plain` and `weight` here, and `json_values` for the arguments of tools. The guest has
the same codes in `wasm/src/codec/codec.h`. `tests/interpreter/values/test_kinds.py` takes a value
of each row through each of them, so a kind that one has forgotten does not go unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import IntEnum
from itertools import chain
from typing import Any, Final, NamedTuple

from langchain_quickjs.interpreter.values.js_values import (
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

__all__ = [
    "ELEMENTS",
    "KINDS",
    "KIND_OF",
    "MAX_DEPTH",
    "MAX_PLAIN_PARTS",
    "Element",
    "Ext",
    "Kind",
    "bytes_of",
]

MAX_DEPTH: Final = 200
"""How deep a value may be nested, wherever it goes; the same as in wasm/src/codec/codec.h."""

MAX_PLAIN_PARTS: Final = 200_000
"""How many parts a value may have once it shares none, as JSON and checkpoints have it."""


class Ext(IntEnum):
    """MessagePack extension types; the same numbers as in wasm/src/codec/codec.h."""

    UNDEFINED = 0
    BIGINT = 1
    DATE = 2
    MAP = 3
    SET = 4
    REGEXP = 5
    ERROR = 6
    TYPED = 7
    HOLE = 8
    GRAPH = 9
    """A value some of whose objects can be reached in two ways: no kind of its own."""
    REF = 10
    """One of the objects of such a value."""
    BUFFER = 11


class Kind(NamedTuple):
    """One kind of value, as one Python type.

    Attributes:
        name: What JavaScript calls it. A Date is of one of two Python types.
        words: What an error message calls such a value.
        python: The type that it arrives as.
        ext: Its extension type; `None` where MessagePack has a format for it.
        parts: Gives the values in it; `None` where there can be none.
        binary: Whether it is bytes, for whoever does not know JavaScript's types.
    """

    name: str
    words: str
    python: type
    ext: Ext | None = None
    parts: Callable[[Any], Iterable[Any]] | None = None
    binary: bool = False


class Element(NamedTuple):
    """What a typed array consists of.

    Attributes:
        array: The name of the array's constructor.
        code: The element as `struct` and `array` have it.
    """

    array: str
    code: str


def bytes_of(value: Any) -> bytes:
    """The bytes of a value of a binary kind."""
    data: bytes = value if type(value) is bytes else value.data
    return data


KINDS: Final = (
    Kind("null", "null", type(None)),
    Kind("boolean", "a boolean", bool),
    Kind("integer", "an integer", int),  # Also a BigInt that no Number can be taken for.
    Kind("number", "a number", float),
    Kind("string", "text", str),
    Kind("array", "an array", list, parts=iter),
    Kind("object", "an object", dict, parts=dict.values),
    Kind("Uint8Array", "a Uint8Array", bytes, binary=True),
    Kind("undefined", "undefined", Undefined, Ext.UNDEFINED),
    Kind("hole", "an empty element", Hole, Ext.HOLE),
    Kind("BigInt", "a BigInt", BigInt, Ext.BIGINT),
    Kind("Date", "a Date", datetime, Ext.DATE),
    Kind("Date", "a Date out of range", JSDate, Ext.DATE),
    Kind("Map", "a Map", JSMap, Ext.MAP, lambda value: chain.from_iterable(value.entries)),
    Kind("Set", "a Set", JSSet, Ext.SET, lambda value: value.elements),
    Kind("RegExp", "a RegExp", RegExp, Ext.REGEXP, lambda value: (value.source, value.flags)),
    Kind(
        "Error",
        "an Error",
        JSError,
        Ext.ERROR,
        lambda value: (value.name, value.message, value.stack, value.cause, value.errors),
    ),
    Kind(
        "typed array",
        "a typed array",
        TypedArray,
        Ext.TYPED,
        lambda value: (value.data,),
        binary=True,
    ),
    Kind(
        "ArrayBuffer",
        "an ArrayBuffer",
        ArrayBuffer,
        Ext.BUFFER,
        lambda value: (value.data,),
        binary=True,
    ),
)

KIND_OF: Final[Mapping[type, Kind]] = {kind.python: kind for kind in KINDS}
"""The row of each type."""

ELEMENTS: Final = (
    Element("Uint8ClampedArray", "B"),
    Element("Int8Array", "b"),
    Element("Uint8Array", "B"),
    Element("Int16Array", "h"),
    Element("Uint16Array", "H"),
    Element("Int32Array", "i"),
    Element("Uint32Array", "I"),
    Element("BigInt64Array", "q"),
    Element("BigUint64Array", "Q"),
    Element("Float16Array", "e"),
    Element("Float32Array", "f"),
    Element("Float64Array", "d"),
)
"""What typed arrays consist of, in the order of QuickJS's `JSTypedArrayEnum`."""
