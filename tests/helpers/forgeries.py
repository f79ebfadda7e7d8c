"""Each way to change plain data: each of its parts, times what can be done to it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from langgraph.types import Interrupt

Path_ = tuple[Any, ...]
Change = Callable[[Any], Any]


def places(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Each part of plain data, with its path."""
    yield path, value
    if isinstance(value, Interrupt):
        yield from places(value.value, (*path, "value"))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, (*path, key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from places(part, (*path, index))


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "x"
        case bytes():
            return value + b"x"
        case None:
            return "x"
        case list() | tuple():
            return [*value, "x"]
        case dict():
            return {**value, "x": 1}
        case Interrupt():
            return Interrupt(value.value, value.id[:-1] + ("0" if value.id[-1] != "0" else "1"))
    raise TypeError(type(value))


def with_part(value: Any, path: Path_, change: Change) -> Any:
    """A copy of plain data in which one part has been changed."""
    if not path:
        return change(value)
    first, *rest = path
    if isinstance(value, Interrupt):
        return Interrupt(with_part(value.value, tuple(rest), change), value.id)
    copied = list(value) if isinstance(value, tuple) else copy.copy(value)
    copied[first] = with_part(value[first], tuple(rest), change)
    return copied


def without_part(value: Any, path: Path_) -> Any:
    """A copy in which one part is missing."""
    *above, last = path

    def drop(container: Any) -> Any:
        if isinstance(container, Interrupt):
            return Interrupt(None, container.id)
        left = list(container) if isinstance(container, tuple) else copy.copy(container)
        del left[last]
        return left

    return with_part(value, tuple(above), drop)


def changes(value: Any) -> Iterator[tuple[str, Any]]:
    """What can be done to plain data: change, drop, widen, double and swap its parts."""
    for path, part in places(value):
        name = "/".join(map(str, path))
        yield f"change {name}", with_part(value, path, changed)
        if path:
            yield f"drop {name}", without_part(value, path)
        if isinstance(part, list) and part:
            yield f"double in {name}", with_part(value, path, lambda p: [*p, p[0]])
            yield f"empty {name}", with_part(value, path, lambda _: [])
        if isinstance(part, list) and len(part) > 1 and part[0] != part[-1]:
            yield f"swap in {name}", with_part(value, path, lambda p: p[::-1])
