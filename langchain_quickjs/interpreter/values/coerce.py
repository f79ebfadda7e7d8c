"""What tools really return, as values that can cross: models, dataclasses, dates, enums, ..."""

from __future__ import annotations

import array
import dataclasses
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import islice
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from langchain_quickjs.interpreter.values.js_values import RegExp, TypedArray

__all__ = ["TYPED_ARRAYS", "coerce"]

TYPED_ARRAYS: Final = (
    "Uint8ClampedArray",
    "Int8Array",
    "Uint8Array",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "BigInt64Array",
    "BigUint64Array",
    "Float16Array",
    "Float32Array",
    "Float64Array",
)
"""In the order of QuickJS's `JSTypedArrayEnum`."""

# What such a value says of its own length need not be true, and it may go on for ever.
_MOST_PARTS: Final = 2**20

_ARRAY_KINDS: Final = {
    ("i", 1): "Int8Array",
    ("u", 1): "Uint8Array",
    ("i", 2): "Int16Array",
    ("u", 2): "Uint16Array",
    ("i", 4): "Int32Array",
    ("u", 4): "Uint32Array",
    ("i", 8): "BigInt64Array",
    ("u", 8): "BigUint64Array",
    ("f", 4): "Float32Array",
    ("f", 8): "Float64Array",
}


def _regexp(pattern: re.Pattern[Any]) -> RegExp:
    flags = "".join(
        letter
        for letter, flag in (("i", re.IGNORECASE), ("m", re.MULTILINE), ("s", re.DOTALL))
        if pattern.flags & flag
    )
    source = pattern.pattern
    return RegExp(source if isinstance(source, str) else source.decode("latin-1"), flags)


def _array(value: array.array[Any]) -> Any:
    letter = "f" if value.typecode in "fd" else "i" if value.typecode.islower() else "u"
    kind = _ARRAY_KINDS.get((letter, value.itemsize))
    if kind is None or value.typecode in "uw":
        return value.tolist()
    if sys.byteorder == "big":
        value = array.array(value.typecode, value)
        value.byteswap()
    return TypedArray(kind, value.tobytes())


def _plain(value: Any) -> Any:
    """The cases that a type's own class decides; `NotImplemented` when none does."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return NotImplemented
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID() | PurePath() | Decimal() | Fraction():
            return str(value)
        case re.Pattern():
            return _regexp(value)
        case array.array():
            return _array(value)
        case memoryview():
            return value.tobytes()
        case _:
            return NotImplemented


def _parts(value: Iterable[Any]) -> list[Any]:
    parts = list(islice(value, _MOST_PARTS + 1))
    if len(parts) > _MOST_PARTS:
        raise ValueError(f"it has more than {_MOST_PARTS} parts")
    return parts


def _numpy(value: Any) -> Any:
    """Scalars and arrays; an array may take a few bytes here and be endless as a list."""
    if value.size > _MOST_PARTS:
        raise ValueError(f"it has {value.size} elements, more than {_MOST_PARTS}")
    return value.tolist()


def _exact(value: Any) -> Any:
    """The same of the exact type, for subclasses; their own methods are not asked."""
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return bytes.__getitem__(value, slice(None))
    return NotImplemented


def coerce(value: Any) -> Any:
    """One step from a rich Python value towards one that can cross.

    Args:
        value: Anything that the codec itself does not know.

    Returns:
        A value of a simpler type, whose parts may need another step; `NotImplemented` when there
        is no sensible one.

    Raises:
        Exception: Whatever the value's own code raises.
    """
    plain = _plain(value)
    if plain is not NotImplemented:
        return plain
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if type(value).__module__ == "numpy":  # without importing it
        return _numpy(value)
    exact = _exact(value)
    if exact is not NotImplemented:
        return exact
    dump = getattr(value, "model_dump", None)  # pydantic models, and so messages and documents
    if callable(dump) and not isinstance(value, type):
        return dump()
    if isinstance(value, dict) and type(value).__iter__ is dict.__iter__:
        return dict(value)
    if isinstance(value, Mapping):
        return {key: value[key] for key in _parts(value)}
    if isinstance(value, AbstractSet):
        return frozenset(_parts(value))
    if isinstance(value, Sequence):
        return _parts(value)
    return NotImplemented
