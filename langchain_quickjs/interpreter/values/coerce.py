"""What tools really return, as values that can cross: models, dataclasses, dates, enums, ..."""

from __future__ import annotations

import array
import dataclasses
import re
import struct
import sys
from collections.abc import (
    AsyncIterable,
    Awaitable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    ValuesView,
)
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
from langchain_quickjs.interpreter.values.kinds import ELEMENTS
from langchain_quickjs.interpreter.values.tables import from_table, is_missing, is_tabular

__all__ = ["advice", "at_a_glance", "coerce"]

# What becomes one short value.
_SHORT: Final = (Enum, date, time, timedelta, UUID, PurePath, Decimal, Fraction)
# What such a value says of its own length need not be true, and it may go on for ever.
_MOST_PARTS: Final = 2**20


def _number_class(code: str) -> str:
    """Whether a type code of `struct` and `array` means floats, signed or unsigned integers."""
    return "float" if code in "efd" else "signed" if code.islower() else "unsigned"


# By signedness or fraction, and by size: what `array` calls "l" is not of one size everywhere.
_TYPED_ARRAYS: Final = {
    (_number_class(element.code), struct.calcsize(f"<{element.code}")): element.array
    for element in ELEMENTS
    if element.array not in ("Uint8ClampedArray", "Float16Array")
}


def _from_pattern(pattern: re.Pattern[Any]) -> RegExp:
    flags = "".join(
        letter
        for letter, flag in (("i", re.IGNORECASE), ("m", re.MULTILINE), ("s", re.DOTALL))
        if pattern.flags & flag
    )
    source = pattern.pattern
    return RegExp(source if isinstance(source, str) else source.decode("latin-1"), flags)


def _from_array(value: array.array[Any]) -> Any:
    kind = _TYPED_ARRAYS.get((_number_class(value.typecode), value.itemsize))
    if kind is None or value.typecode in "uw":
        return value.tolist()
    if sys.byteorder == "big":
        value = array.array(value.typecode, value)
        value.byteswap()
    return TypedArray(kind, value.tobytes())


def _of_known_class(value: Any) -> Any:
    """A value whose class says what it becomes; `NotImplemented` for any other."""
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
            return _from_pattern(value)
        case array.array():
            return _from_array(value)
        case memoryview():
            return value.tobytes()
        case _:
            return NotImplemented


def _limited_parts(value: Iterable[Any]) -> list[Any]:
    parts = list(islice(value, _MOST_PARTS + 1))
    if len(parts) > _MOST_PARTS:
        raise ValueError(f"it has more than {_MOST_PARTS} parts")
    return parts


def _from_numpy(value: Any) -> Any:
    """A scalar or an array of numpy; an array may take few bytes here and be endless as a list."""
    if value.size > _MOST_PARTS:
        raise ValueError(f"it has {value.size} elements, more than {_MOST_PARTS}")
    if value.dtype.kind in "Mm":  # Finer ones would become integers, of some unit.
        return value.astype(f"{value.dtype.kind}8[us]").tolist()
    return value.tolist()


def _of_builtin_class(value: Any) -> Any:
    """A value of a subclass of a built-in type as one of that type; its methods are not asked."""
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return bytes.__getitem__(value, slice(None))
    if isinstance(value, bytearray):
        return bytes(bytearray.__getitem__(value, slice(None)))
    return NotImplemented


def _fields_of(value: Any) -> dict[str, Any] | None:
    """What a dataclass has; `None` for any other value."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return None
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _is_of_numpy(value: object) -> bool:
    return type(value).__module__ in ("numpy", "numpy.ma")  # without importing it


def _dumped(value: Any) -> Any:
    """A pydantic model, as messages and documents are too, without its class."""
    dump = getattr(value, "model_dump", None)
    return dump() if callable(dump) and not isinstance(value, type) else NotImplemented


def advice(value: object) -> str:
    """What to do about a value that cannot cross, to stand after a sentence that says so."""
    kind = type(value)
    if issubclass(kind, Awaitable):
        return "; await it first"
    if issubclass(kind, Iterator):
        return "; make a list of it"
    if issubclass(kind, AsyncIterable):
        return "; make a list of it, with `async for`"
    if kind.__module__.partition(".")[0] == "PIL":
        return "; give its bytes, or a content block"
    return ""


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
    if is_missing(type(value)):
        return None
    known = _of_known_class(value)
    if known is not NotImplemented:
        return known
    if (fields := _fields_of(value)) is not None:
        return fields
    if _is_of_numpy(value):
        return _from_numpy(value)
    if is_tabular(type(value)):
        return from_table(value)
    builtin = _of_builtin_class(value)
    if builtin is not NotImplemented:
        return builtin
    dumped = _dumped(value)
    if dumped is not NotImplemented:
        return dumped
    if isinstance(value, dict) and type(value).__iter__ is dict.__iter__:
        return dict(value)
    if isinstance(value, Mapping):
        return {key: value[key] for key in _limited_parts(value)}
    if isinstance(value, AbstractSet):
        return frozenset(_limited_parts(value))
    if isinstance(value, Sequence | ValuesView):
        return _limited_parts(value)
    return NotImplemented


def at_a_glance(value: Any) -> Any:
    """The same step, for the beginning of a value that people are shown.

    Args:
        value: Anything that has no JSON itself.

    Returns:
        A value of a simpler type; `NotImplemented` where that would open an array or a table, or
        ask a class of somebody's own for more than its fields.

    Raises:
        Exception: Whatever the value's own code raises.
    """
    if is_missing(type(value)):
        return None
    if isinstance(value, _SHORT):
        return _of_known_class(value)
    if _is_of_numpy(value):
        return _from_numpy(value) if value.size == 1 else NotImplemented
    if (fields := _fields_of(value)) is not None:
        return fields
    dumped = _dumped(value)
    return dumped if isinstance(dumped, dict) else NotImplemented
