"""What a value weighs."""

from __future__ import annotations

from collections import Counter, OrderedDict, UserDict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from langchain_quickjs.interpreter.values.weight import is_large


class Listed(list[Any]):
    """A list with room for more."""


class Pair(NamedTuple):
    """A tuple."""

    first: Any
    second: int


MANY = [1.5] * 10_000
LARGE: dict[str, Callable[[], Any]] = {
    "a list": lambda: MANY,
    "a kind of list": lambda: Listed(MANY),
    "a tuple with names": lambda: Pair(MANY, 1),
    "a queue": lambda: deque(MANY),
    "numbers in a row": lambda: range(10_000),
    "bytes elsewhere": lambda: memoryview(bytes(100_000)),
    "an ordered dict": lambda: OrderedDict.fromkeys(map(str, MANY)) | {"x": MANY},
    "counts": lambda: Counter(map(str, range(10_000))),
    "a dict in an object": lambda: UserDict({"x": MANY}),
    "keys": lambda: dict.fromkeys(map(str, range(10_000))).keys(),
    "a list many times": lambda: [MANY[:100]] * 100,
}


@pytest.mark.parametrize("kind", LARGE)
def test_what_takes_long_to_read_is_large(kind: str) -> None:
    assert is_large(LARGE[kind]())
    assert is_large({"in": [LARGE[kind]()]})


def test_what_is_read_soon_is_not() -> None:
    assert not is_large([{"a": [1, "x", None, 2.5, b"x"] * 10}] * 2)
