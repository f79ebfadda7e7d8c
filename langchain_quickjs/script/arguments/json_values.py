"""Values of scripts, and of people who edit calls, as JSON values: what a model could have written.

A JSON value is `None`, a bool, an integer of at most 64 bits (LangGraph stores no larger ones), a
finite float, text without lone surrogates, or a list or dict of such, with text as keys. Other
types of JavaScript become one of these where a schema wants it; everything else is refused.

    json_value(json_value(v)) == json_value(v) == json.loads(json.dumps(json_value(v)))
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from langchain_quickjs.interpreter import UNDEFINED, JSDate, JSMap, JSSet, TypedArray
from langchain_quickjs.interpreter.values.js_values import Hole, Undefined
from langchain_quickjs.interpreter.values.kinds import (
    KIND_OF,
    KINDS,
    MAX_DEPTH,
    MAX_PLAIN_PARTS,
    bytes_of,
)
from langchain_quickjs.script.arguments.tool_schemas import comparable
from langchain_quickjs.script.arguments.wanted_types import Wanted

__all__ = ["MisfitError", "copied", "json_object"]

_MIN_INTEGER: Final = -(2**63)
_MAX_INTEGER: Final = 2**64 - 1
_PATH_CHARS: Final = 100
_MOST_MISFITS: Final = 5
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")
_BINARY: Final = frozenset({"binary", "base64", "base64url"})
_BINARY_TYPES: Final = frozenset(kind.python for kind in KINDS if kind.binary)

_KINDS: Final = {
    type(None): "null",
    bool: "boolean",
    int: "whole",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


class MisfitError(Exception):
    """A value that is no JSON value, or not what is wanted.

    The path is put together from the inside out while it goes up, so it costs nothing where all is
    well.

    Attributes:
        problem: What is wrong.
        is_last: Whether nothing more is to be looked at.
        steps: Where, from the inside out.
        others: What is wrong besides, at other places of the same object.
    """

    def __init__(self, problem: str, *, is_last: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.is_last = is_last
        self.steps: list[str | int] = []
        self.others: list[MisfitError] = []

    @classmethod
    def joined(cls, misfits: Sequence[MisfitError]) -> MisfitError:
        """One error for what is wrong at several places of an object."""
        first, *others = misfits
        all_others = [*first.others, *(some for one in others for some in (one, *one.others))]
        first.others = all_others[: _MOST_MISFITS - 1]
        return first

    def within(self, step: str | int) -> MisfitError:
        """Notes that the place is inside of this one, and gives the error itself."""
        for one in (self, *self.others):
            one.steps.append(step)
        return self

    def text(self, name: str) -> str:
        """What is wrong.

        Args:
            name: What is called with the value.
        """
        path = self._path()
        text = f"{name}: {path} {self.problem}" if path else f"{name} {self.problem}"
        for other in self.others:
            text += f"{'' if text.endswith(('.', '?')) else '.'} {other._path()} {other.problem}"
        return text

    def _path(self) -> str:
        path = ""
        for step in reversed(self.steps):
            path += _step(step, first=not path)
            if len(path) > _PATH_CHARS:
                return f"{path[:_PATH_CHARS]}…"
        return path


def json_object(given: dict[str, Any], wanted: Wanted, max_bytes: int) -> dict[str, Any]:
    """An object as a JSON value.

    Args:
        given: The object.
        wanted: What it is to be.
        max_bytes: How much text may be in it, as UTF-8.

    Raises:
        MisfitError: It cannot be.
    """
    return _Conversion(max_bytes).object(given, wanted, 1)


def copied(value: Any) -> Any:
    """Copies a JSON value for somebody who might change it."""
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    return list(map(copied, value)) if type(value) is list else value


class _Conversion:
    """One conversion, which counts the parts and the text that it has seen."""

    __slots__ = ("_bytes_left", "_max_bytes", "_parts_left")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = self._bytes_left = max_bytes
        self._parts_left = MAX_PLAIN_PARTS

    def value(self, given: Any, wanted: Wanted, depth: int) -> Any:
        self._parts_left -= 1
        if self._parts_left < 0 or depth > MAX_DEPTH:
            raise MisfitError(
                f"contains itself, or has over {MAX_DEPTH} levels or {MAX_PLAIN_PARTS:,} parts",
                is_last=True,
            )
        made = given if type(given) in _KINDS else _converted(given, wanted)
        kinds = wanted.kinds
        if type(made) is float:
            made = _checked_float(made, wanted)
        if type(made) is int:
            _check_integer(made, wanted)
        kind = _KINDS[type(made)]
        if kinds is not None and kind not in kinds:
            raise _misfit(_words(given), wanted)
        if kind == "string":
            self._check_text(made)
        elif kind == "array":
            return self._items(made, wanted, depth)
        elif kind == "object":
            return self.object(made, wanted, depth)
        if wanted.choices is not None and comparable(made) not in wanted.choices:
            raise MisfitError(f"must be {wanted.choice_words()}")
        return made

    def object(self, given: dict[Any, Any], wanted: Wanted, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        unknown: list[str] = []
        misfits: list[MisfitError] = []
        for key, item in given.items():
            if item is UNDEFINED:
                continue
            if not isinstance(key, str):
                raise MisfitError(f"must have text as keys, it has {_words(key)}")
            name = str.__str__(key)
            self._check_text(name)
            member = wanted.member(name)
            if member is None:
                unknown.append(name)
                meant = wanted.spelled_alike(name)
                member = wanted.member(meant) if meant else None
            try:
                if member is not None:
                    made[name] = self.value(item, member, depth + 1)
            except MisfitError as misfit:
                misfits.append(misfit.within(name))
                if misfit.is_last:
                    raise
            if len(unknown) + len(misfits) >= _MOST_MISFITS:
                break
        if unknown or (not misfits and not wanted.required <= made.keys()):
            names = [key for key, item in given.items() if item is not UNDEFINED]
            misfits.insert(0, MisfitError(wanted.names_words(unknown, names)))
        if misfits:
            raise MisfitError.joined(misfits) from None
        return made

    def _items(self, items: list[Any], wanted: Wanted, depth: int) -> list[Any]:
        made = []
        for index, item in enumerate(items):
            try:
                made.append(self.value(item, wanted.item(index), depth + 1))
            except MisfitError as misfit:
                raise misfit.within(index) from None
        return made

    def _check_text(self, text: str) -> None:
        try:
            size = len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError:
            raise MisfitError("must be well-formed text, it has half of a surrogate pair") from None
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise MisfitError(
                f"must be shorter: a call takes {self._max_bytes:,} bytes of text", is_last=True
            )


def _converted(given: Any, wanted: Wanted) -> Any:
    """A value of a type that JSON has not, as the nearest one that is wanted."""
    match given:
        case Undefined() | Hole():
            return None
        case datetime(tzinfo=tzinfo()) if wanted.kinds is None or "date-time" in wanted.formats:
            text = given.astimezone(UTC).isoformat(timespec="milliseconds")
            return text.replace("+00:00", "Z")
        case datetime(tzinfo=tzinfo()) if "date" in wanted.formats:
            return given.astimezone(UTC).date().isoformat()
        case _ if wanted.formats & _BINARY and type(given) in _BINARY_TYPES:
            return _bytes_as_text(given, wanted)
        case JSSet():
            return given.elements
        case JSMap():
            if not all(isinstance(key, str) for key, _ in given.entries):
                raise _misfit("a Map with keys that are no text", wanted)
            return dict(given.entries)
        case int():
            return int.__int__(given)
        case str():
            return str.__str__(given)
        case float():
            return float.__float__(given)
        case tuple():
            return list(given)
    raise _misfit(_words(given), wanted)


def _bytes_as_text(given: Any, wanted: Wanted) -> str:
    data = bytes_of(given)
    if "base64" in wanted.formats:
        return base64.b64encode(data).decode()
    if "base64url" in wanted.formats:
        return base64.urlsafe_b64encode(data).decode()
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _misfit(f"{_words(given)} that is no UTF-8", wanted) from None


def _checked_float(given: float, wanted: Wanted) -> float | int:
    if not math.isfinite(given):
        raise _misfit("NaN" if math.isnan(given) else "Infinity", wanted)
    kinds = wanted.kinds
    integer = kinds is not None and "number" not in kinds and "whole" in kinds
    return int(given) if integer and given.is_integer() else given


def _check_integer(given: int, wanted: Wanted) -> None:
    if not _MIN_INTEGER <= given <= _MAX_INTEGER:
        raise MisfitError(
            f"must be an integer of at most 64 bits, it has {given.bit_length()}; pass text if the "
            "tool takes it"
        )
    kinds = wanted.kinds
    floats = kinds is not None and "number" in kinds and "integer" not in kinds
    if floats and int(float(given)) != given:
        raise _misfit("an integer that no number can hold", wanted)


def _misfit(given: str, wanted: Wanted) -> MisfitError:
    words = wanted.choice_words() if wanted.choices else wanted.kind_words()
    return MisfitError(f"must be {words}, it is {given}")


def _words(given: object) -> str:
    """The type of a value, for an error message."""
    match given:
        case JSDate(ms=ms):
            return "an invalid Date" if math.isnan(ms) else "a Date out of range"
        case TypedArray(kind=name):
            return f"an {name}" if name.startswith("Int") else f"a {name}"
        case tuple():
            return "an array"
    kind = KIND_OF.get(type(given))
    return f"a {type(given).__name__}" if kind is None else kind.words


def _step(step: str | int, *, first: bool) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if _IDENTIFIER.match(step):
        return step[:_PATH_CHARS] if first else f".{step[:_PATH_CHARS]}"
    return f"[{json.dumps(step[:_PATH_CHARS])}]"
