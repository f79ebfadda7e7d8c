"""How much a value weighs before it is encoded: about the bytes that it will take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import Any, Final

from langchain_quickjs.interpreter.values.js_values import BigInt
from langchain_quickjs.interpreter.values.kinds import KIND_OF
from langchain_quickjs.interpreter.values.tables import is_tabular

__all__ = ["is_large", "is_small", "weight"]

# What each part takes at least in this process; as it crosses, it may be a single byte.
_PART_BYTES: Final = 16
_LARGE_BYTES: Final = 64 * 1024
_AS_LARGE: Final = (bytes(_LARGE_BYTES),)
_SMALL_CHARS: Final = 256
_SMALL_PARTS: Final = 16
_SMALL_BITS: Final = 64
_SCALARS: Final = frozenset({bool, float, type(None)})  # an int can be of any size
_TEXTS: Final = frozenset({str, bytes, bytearray})
_LISTS: Final = frozenset({list, tuple, set, frozenset})


def is_large(value: Any) -> bool:
    """Whether it takes less time to go to another thread than to read or write the value."""
    return not is_small(value) and weight(value, _LARGE_BYTES, wary=True) > _LARGE_BYTES


def is_small(value: Any) -> bool:
    """Whether it is surely small, as most arguments and results are: found out at a glance."""
    kind = type(value)
    if kind is str:
        return len(value) <= _SMALL_CHARS
    if kind is dict:
        parts = value.values()
        named = len(value) <= _SMALL_PARTS and all(map(_is_short, value))
        return named and all(map(_is_short, parts))
    return kind in _SCALARS or (kind is int and value.bit_length() <= _SMALL_BITS)


def _is_short(part: Any) -> bool:
    kind = type(part)
    if kind is str:
        return len(part) <= _SMALL_CHARS
    return kind in _SCALARS or (kind is int and part.bit_length() <= _SMALL_BITS)


def weight(value: Any, most: int, *, wary: bool = False) -> int:
    """About how many bytes a value takes.

    Args:
        value: Anything. Its own code is not run.
        most: Once it is known to take more, no more is looked at.
        wary: Whether what cannot be looked into counts as large, and each part as often as it is
            there: whoever reads the value comes past it as often.
    """
    total = 0
    seen = set[int]()
    above: list[Iterator[Any]] = [iter((value,))]
    while above and total <= most:
        for part in above[-1]:
            kind = type(part)
            total += _PART_BYTES
            if kind in _TEXTS:
                total += len(part)
            elif kind is int or kind is BigInt:
                total += part.bit_length() >> 3
            elif kind not in _SCALARS and (wary or id(part) not in seen):
                seen.add(id(part))
                above.append(iter(_parts(part, kind, wary)))
                break
            if total > most:
                break
        else:
            above.pop()
    return total


def _parts(value: Any, kind: type, wary: bool) -> Iterable[Any]:
    """What else to weigh."""
    if kind is dict:
        return (part for entry in value.items() for part in entry)
    if kind in _LISTS:
        return value  # type: ignore[no-any-return]  # it is one of these
    row = KIND_OF.get(kind)
    if row is not None:
        return () if row.parts is None else row.parts(value)
    if is_tabular(kind):
        return _AS_LARGE  # How large it is, its own code would have to say.
    if wary and issubclass(kind, Sized):
        return _AS_LARGE
    try:
        held = object.__getattribute__(value, "__dict__")  # of a model, a dataclass, ...
    except AttributeError:
        return _AS_LARGE if wary else ()
    return held.values() if type(held) is dict else ()
