"""MessagePack for values: from Python values to the guest, the other end of wasm/src/unpack.c.

`wasm/README.md` has the table of the extension types; `decode.py` reads what the guest sends.
"""

from __future__ import annotations

import gc
import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from itertools import compress
from typing import Any, Final

import msgpack

from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter.quoting import error_text, key_text, shortened, type_name
from langchain_quickjs.interpreter.values.coerce import TYPED_ARRAYS, coerce
from langchain_quickjs.interpreter.values.js_values import (
    HOLE,
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    TypedArray,
)

__all__ = ["MAX_DEPTH", "Ext", "encode", "encode_message", "find_fault"]

MAX_DEPTH: Final = 200
"""How deep a value may be nested, either way."""


class Ext(IntEnum):
    """MessagePack extension types; the same numbers as in wasm/src/codec.h."""

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
    REF = 10
    BUFFER = 11


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNDEFINED = msgpack.ExtType(Ext.UNDEFINED, b"")
_HOLE = msgpack.ExtType(Ext.HOLE, b"")
_CONTAINERS = (dict, list, tuple, set, frozenset, JSMap, JSSet)
_CONTAINER_TYPES = frozenset(_CONTAINERS)
_IS_CONTAINER = _CONTAINER_TYPES.__contains__
_NATIVE = frozenset({dict, list, str, int, float, bool, type(None), bytes})

_MOST_LOOKED_AT: Final = 2**20
_MOST_STEPS: Final = 30
_MOST_FORMS: Final = 20


class _UnfitError(TypeError):
    """A value cannot cross; the text says why."""


# --- Python -> MessagePack ---------------------------------------------------------------------


def _pack(value: Any) -> bytes:
    packed: bytes
    try:
        packed = msgpack.packb(value, default=_default, strict_types=True)
    except UnicodeEncodeError:  # half a surrogate pair; allowing for them takes twice as long
        packed = msgpack.packb(
            value, default=_default, strict_types=True, unicode_errors="surrogatepass"
        )
    return packed


def _date(value: datetime) -> msgpack.ExtType:
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return msgpack.ExtType(
        Ext.DATE, struct.pack(">d", (value - _EPOCH) / timedelta(milliseconds=1))
    )


def _flat(entries: list[tuple[Any, Any]]) -> list[Any]:
    return [part for entry in entries for part in entry]


def _default(value: Any, forms: int = 0) -> Any:
    """What MessagePack has no format for; called by the packer for each such value.

    Raises:
        _UnfitError: There is nothing like it in JavaScript, or its own code raised something.
    """
    try:
        return _form(value, forms)
    except _UnfitError:
        raise
    except Exception as error:
        what = f"reading a {type_name(value)} raised {type_name(error)}: {error_text(error)}"
        raise _UnfitError(what) from error


def _form(value: Any, forms: int) -> Any:  # noqa: PLR0912  (a table of types)
    match value:
        case tuple():
            return list(value)
        case BigInt() | int() if not isinstance(value, bool) and type(value) in (int, BigInt):
            return msgpack.ExtType(Ext.BIGINT, format(int(value), "x").encode())
        case datetime():
            return _date(value)
        case JSMap():
            return msgpack.ExtType(Ext.MAP, _pack(_flat(value.entries)))
        case JSSet() | set() | frozenset():
            return msgpack.ExtType(Ext.SET, _pack(list(value)))
        case ArrayBuffer():
            return msgpack.ExtType(Ext.BUFFER, value.data)
        case TypedArray():
            kind = TYPED_ARRAYS.index(value.kind)
            return msgpack.ExtType(Ext.TYPED, bytes([kind]) + value.data)
        case RegExp():
            return msgpack.ExtType(Ext.REGEXP, _pack([value.source, value.flags]))
        case JSDate():
            return msgpack.ExtType(Ext.DATE, struct.pack(">d", value.ms))
        case JSError():
            has_cause = value.cause is not UNDEFINED
            parts = [value.name, value.message, value.stack, has_cause, value.cause, value.errors]
            return msgpack.ExtType(Ext.ERROR, _pack(parts))
        case _ if value is UNDEFINED:
            return _UNDEFINED
        case _ if value is HOLE:
            return _HOLE
    simpler = coerce(value)
    if simpler is NotImplemented:
        raise _UnfitError(f"a {type_name(value)} has no counterpart in JavaScript")
    if type(simpler) in _NATIVE:
        return simpler
    if forms == _MOST_FORMS:  # A mock turns into another mock for ever, ever more slowly.
        raise _UnfitError(f"a {type_name(value)} turns into another object again and again")
    # The packer asks only once for each value.
    return _default(simpler, forms + 1)


def _is_graph(value: Any) -> bool:
    """Whether some container in `value` can be reached in two ways.

    Level by level, with the garbage collector's own view of what a container refers to: all but the
    loop over the levels runs in C, which matters for a megabyte of records.
    """
    level = [value]
    seen = {id(value)}
    count = 1
    while level:
        parts = gc.get_referents(*level)
        if _CONTAINER_TYPES.isdisjoint(map(type, parts)):
            break
        level = list(compress(parts, map(_IS_CONTAINER, map(type, parts))))
        count += len(level)
        seen.update(map(id, level))
        if len(seen) != count:
            return True
    return False


class _Graph:
    """Packs containers as the numbered nodes of an `Ext.GRAPH`."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.nodes: list[Any] = []

    def reference(self, value: Any) -> Any:
        if not isinstance(value, _CONTAINERS):
            return value
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.nodes)
            self.nodes.append(value)
        return msgpack.ExtType(Ext.REF, struct.pack(">I", number))

    def node(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.reference(item) for key, item in value.items()}
        if isinstance(value, JSMap):
            return JSMap([(self.reference(k), self.reference(v)) for k, v in value.entries])
        if isinstance(value, list | tuple):
            return [self.reference(item) for item in value]
        return JSSet([self.reference(item) for item in value])

    @classmethod
    def of(cls, root: Any) -> Any:
        """The value in the form in which it is packed: as a graph only where it is one."""
        if not isinstance(root, _CONTAINERS) or not _is_graph(root):
            return root
        graph = cls()
        graph.reference(root)
        packed: list[bytes] = []
        while len(packed) < len(graph.nodes):
            packed.append(_pack(graph.node(graph.nodes[len(packed)])))
        return msgpack.ExtType(Ext.GRAPH, _pack(packed))


def encode(value: Any, root: str = "value") -> bytes:
    """Packs a value for the guest.

    Args:
        value: The value. Containers that are shared or contain themselves stay so.
        root: What to call it in an error message.

    Returns:
        Its MessagePack.

    Raises:
        ValueTransferError: If some part of it cannot cross; the message has the path to it.
    """
    return encode_message([value], lambda values: values[0], lambda _: root)


def encode_message(
    values: list[Any], build: Callable[[list[Any]], Any], name: Callable[[int], str]
) -> bytes:
    """Packs a message with values in it, all in one go.

    Args:
        values: The values.
        build: Makes the message of the values, each in the form in which it is packed.
        name: What to call a value in an error message, by its index.

    Raises:
        ValueTransferError: If some part of one cannot cross; the message has the path to it.
    """
    try:
        packed = [_Graph.of(value) for value in values] if _is_graph(values) else values
        return _pack(build(packed))
    except Exception as error:  # of the code of values too
        faults = (find_fault(value, name(index)) for index, value in enumerate(values))
        path, reason = next(filter(None, faults), ("the message", error_text(error)))
        raise ValueTransferError(f"{path} cannot become a JavaScript value: {reason}") from error


def find_fault(value: Any, root: str) -> tuple[str, str] | None:
    """The path to a part of `value` that cannot cross, and why; `None` if all of it can.

    Slow: for error messages, after the fact. Of a huge value it looks at the first million parts.
    """
    above: list[Iterator[tuple[str, Any, Any]]] = []  # parts to come, of each container around
    path: list[tuple[str, Any]] = []
    seen: dict[int, Any] = {}  # What was made for the occasion has to live, or ids would repeat.
    step: tuple[str, Any, Any] | None = ("", None, value)
    for _ in range(_MOST_LOOKED_AT):
        if step is None:
            break
        kind, key, part = step
        part, reason = _looked_at(part, len(above))
        if reason is not None:
            return _path(root, [*path, (kind, key)]), reason
        if _is_container(part) and id(part) not in seen:
            seen[id(part)] = part
            above.append(_steps(part))
            path.append((kind, key))
        while above and (step := next(above[-1], None)) is None:
            above.pop()
            path.pop()
        step = step if above else None
    return None


def _is_container(part: Any) -> bool:
    return type(part) in _CONTAINER_TYPES  # `isinstance` would ask the part itself


def _looked_at(part: Any, depth: int) -> tuple[Any, str | None]:
    """A part in the form in which it is packed, and why it cannot be; its own parts come later."""
    try:
        while type(part) not in _NATIVE and not _is_container(part):
            packed = _default(part)
            if isinstance(packed, msgpack.ExtType):
                return packed, None
            part = packed
        if depth >= MAX_DEPTH and _is_container(part):
            return part, f"it is nested more than {MAX_DEPTH} levels deep"
        for key in part if type(part) is dict else ():
            if not _is_key(key):
                return part, f"its key {_shown(key)} is neither text nor an integer"
    except Exception as error:
        return part, error_text(error)
    return part, None


def _is_key(key: Any) -> bool:
    if type(key) not in _NATIVE:
        key = _default(key)
    return type(key) is str or (type(key) is int and -(2**63) <= key < 2**64)


def _shown(key: Any) -> str:
    return repr(key) if key is None or type(key) in (bool, float) else f"of type {type_name(key)}"


def _path(root: str, path: Sequence[tuple[str, Any]]) -> str:
    """A path as text, made of its ends alone if it is long."""
    ends = path if len(path) <= 2 * _MOST_STEPS else [*path[:_MOST_STEPS], *path[-_MOST_STEPS:]]
    return shortened(root + "".join(kind.format(key_text(key)) for kind, key in ends), 120)


def _steps(value: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parts of a container, each with how one gets there."""
    if type(value) is dict:
        return ((".{}", key, item) for key, item in value.items())
    parts = _flat(value.entries) if type(value) is JSMap else value
    return (("[{}]", index, item) for index, item in enumerate(parts))
