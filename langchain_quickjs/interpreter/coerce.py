"""What tools really return, as values that can cross: models, dataclasses, dates, enums, ..."""

from __future__ import annotations

import array
import dataclasses
import re
import sys
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

from langchain_quickjs.interpreter.values import RegExp, TypedArray

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


def coerce(value: Any) -> Any:
    """One step from a rich Python value towards one that can cross.

    Args:
        value: Anything that the codec itself does not know.

    Returns:
        A value of a simpler type, whose parts may need another step; `NotImplemented` when there
        is no sensible one.
    """
    plain = _plain(value)
    if plain is not NotImplemented:
        return plain
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)  # pydantic models, and so messages and documents
    if callable(dump) and not isinstance(value, type):
        return dump()
    if type(value).__module__ == "numpy":  # scalars and arrays, without importing numpy
        return value.tolist()
    # Subclasses of what the codec takes only as the exact types.
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, AbstractSet):
        return frozenset(value)
    if isinstance(value, Sequence):
        return list(value)
    return NotImplemented
