"""Python types for JavaScript values that Python has no type for.

Each of them becomes again, on the way back, exactly the JavaScript value it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal

__all__ = [
    "HOLE",
    "UNDEFINED",
    "ArrayBuffer",
    "BigInt",
    "Hole",
    "JSDate",
    "JSError",
    "JSMap",
    "JSSet",
    "RegExp",
    "Shown",
    "TypedArray",
    "Undefined",
]


class Undefined(Enum):
    """The type of `UNDEFINED`. An enum, so that copies and pickles stay the same object."""

    UNDEFINED = "undefined"

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> Literal[False]:
        return False


class Hole(Enum):
    """The type of `HOLE`."""

    HOLE = "hole"

    def __repr__(self) -> str:
        return "<hole>"

    def __bool__(self) -> Literal[False]:
        return False


UNDEFINED: Final = Undefined.UNDEFINED
"""JavaScript's `undefined`, which is not `null` (`None`)."""

HOLE: Final = Hole.HOLE
"""An element that a sparse array does not have, as in `[1, , 3]`."""


class BigInt(int):
    """A BigInt small enough to be taken for a Number; larger ones are plain `int`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{int(self)}n"


@dataclass(frozen=True, slots=True)
class JSDate:
    """A Date that `datetime` cannot represent: invalid, or beyond the years 1 to 9999.

    Attributes:
        ms: Milliseconds since the epoch; NaN for Invalid Date.
    """

    ms: float


@dataclass(frozen=True, slots=True)
class RegExp:
    """A regular expression."""

    source: str
    flags: str = ""


@dataclass(frozen=True, slots=True)
class ArrayBuffer:
    """An ArrayBuffer; a `Uint8Array` is `bytes`."""

    data: bytes


@dataclass(frozen=True, slots=True)
class TypedArray:
    """A typed array other than `Uint8Array`, which is `bytes`.

    Attributes:
        kind: Name of its constructor, for example `"Float64Array"`.
        data: Its elements, little-endian.
    """

    kind: str
    data: bytes


@dataclass(slots=True)
class JSError:
    """An Error as a value: returned, or passed as an argument. What is thrown is a `ScriptError`.

    Attributes:
        name: For example `"TypeError"`.
        message: Its message.
        stack: Its stack, as text.
        cause: What `cause` it was made with; `UNDEFINED` if none.
        errors: The list of an AggregateError, else `None`.
    """

    name: str
    message: str
    stack: str = ""
    cause: Any = UNDEFINED
    errors: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A result that cannot leave its script, such as a function, as the console shows it.

    Attributes:
        text: What `console.log` would print of it, in a little more depth.
        reason: What of it cannot leave the script, with the path to it: "result.f is a function".
    """

    text: str
    reason: str


def _same_value_zero(a: Any, b: Any) -> bool:
    """SameValueZero for what JavaScript tells apart and Python's `==` does not: 1 and true."""
    if isinstance(a, bool) is not isinstance(b, bool):
        return False
    return a is b or (type(a) is type(b) and a == b) or (_is_number(a) and _is_number(b) and a == b)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool | BigInt)


class JSMap(Mapping[Any, Any]):
    """A Map: in insertion order, with keys of any type, 1 and true being two.

    A look-up is linear; `dict(m)` is quicker where all keys can be hashed.
    """

    __slots__ = ("entries",)

    def __init__(self, entries: Iterable[tuple[Any, Any]] = ()) -> None:
        self.entries: list[tuple[Any, Any]] = list(entries)

    def __getitem__(self, key: Any) -> Any:
        for known, value in self.entries:
            if _same_value_zero(known, key):
                return value
        raise KeyError(key)

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JSMap) and self.entries == other.entries

    __hash__ = None  # type: ignore[assignment]  # mutable, as a dict is

    def __repr__(self) -> str:
        return f"JSMap({self.entries!r})"


class JSSet(Set[Any]):
    """A Set: in insertion order, with elements of any type, 1 and true being two."""

    __slots__ = ("elements",)

    def __init__(self, elements: Iterable[Any] = ()) -> None:
        self.elements: list[Any] = list(elements)

    def __contains__(self, element: object) -> bool:
        return any(_same_value_zero(known, element) for known in self.elements)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.elements)

    def __len__(self) -> int:
        return len(self.elements)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JSSet) and self.elements == other.elements

    __hash__ = None  # type: ignore[assignment]  # mutable, as a set is

    def __repr__(self) -> str:
        return f"JSSet({self.elements!r})"
