"""MessagePack for values: the host's end of wasm/src/pack.c and wasm/src/unpack.c.

`wasm/README.md` has the table of the extension types. What the guest sends is untrusted: a reply
that is not what `pack.c` would write is a `ProtocolError`.
"""

from __future__ import annotations

import gc
import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from itertools import compress
from typing import Any, Final, TypeVar

import msgpack

from langchain_quickjs.errors import ProtocolError, ValueTransferError
from langchain_quickjs.interpreter.coerce import TYPED_ARRAYS, coerce
from langchain_quickjs.interpreter.values import (
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

__all__ = ["MAX_DEPTH", "Ext", "decode", "encode", "find_fault"]

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
_MAX_SAFE_INTEGER = 2**53 - 1
_LARGE_BYTES = 64 * 1024
_UNDEFINED = msgpack.ExtType(Ext.UNDEFINED, b"")
_HOLE = msgpack.ExtType(Ext.HOLE, b"")
_CONTAINERS = (dict, list, tuple, set, frozenset, JSMap, JSSet)
_IS_CONTAINER = frozenset(_CONTAINERS).__contains__
_NATIVE = frozenset({dict, list, str, int, float, bool, type(None), bytes})


# --- Python -> MessagePack ---------------------------------------------------------------------


def _pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(
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


def _default(value: Any) -> Any:  # noqa: PLR0912  (a table of types)
    """What MessagePack has no format for; called by the packer for each such value."""
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
        raise TypeError(f"a {type(value).__qualname__} has no counterpart in JavaScript")
    # The packer asks only once for each value.
    return simpler if type(simpler) in _NATIVE else _default(simpler)


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

    def pack(self, root: Any) -> bytes:
        self.reference(root)
        packed: list[bytes] = []
        while len(packed) < len(self.nodes):
            packed.append(_pack(self.node(self.nodes[len(packed)])))
        return _pack(msgpack.ExtType(Ext.GRAPH, _pack(packed)))


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
    try:
        graph = isinstance(value, _CONTAINERS) and _is_graph(value)
        return _Graph().pack(value) if graph else _pack(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        path, reason = find_fault(value, root) or (root, str(error))
        raise ValueTransferError(f"{path} cannot become a JavaScript value: {reason}") from error


def find_fault(value: Any, root: str) -> tuple[str, str] | None:
    """The path to a part of `value` that cannot cross, and why; `None` if all of it can.

    Slow: for error messages, after the fact.
    """
    pending: list[tuple[str, Any, int]] = [(root, value, 0)]
    seen: set[int] = set()
    while pending:
        path, part, depth = pending.pop()
        try:
            while type(part) not in _NATIVE and not isinstance(part, _CONTAINERS):
                packed = _default(part)
                if isinstance(packed, msgpack.ExtType):
                    break
                part = packed
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            return path, str(error)
        if not isinstance(part, _CONTAINERS) or id(part) in seen:
            continue
        seen.add(id(part))
        if depth >= MAX_DEPTH:
            return _shortened(path), f"it is nested more than {MAX_DEPTH} levels deep"
        for key in part if isinstance(part, dict) else ():
            if type(key) not in (str, int):
                return path, f"its key {key!r} is neither text nor an integer"
        pending += [(path + step, child, depth + 1) for step, child in _steps(part)]
    return None


def _shortened(path: str) -> str:
    return path if len(path) <= 120 else f"{path[:60]}…{path[-60:]}"


def _children(value: Any) -> Iterable[Any]:
    """The parts of a container."""
    if isinstance(value, dict):
        return value.values()
    return _flat(value.entries) if isinstance(value, JSMap) else value


def _steps(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        return ((f".{key}", item) for key, item in value.items())
    return ((f"[{index}]", item) for index, item in enumerate(_children(value)))


# --- MessagePack -> Python ---------------------------------------------------------------------


_T = TypeVar("_T")
# What msgpack nests before it refuses is filled up to what we allow: the depth costs nothing to check.
_SLACK: Final = 8  # the reply's own structure
_WRAPPING: Final = b"\x91" * (1024 - MAX_DEPTH - _SLACK)
_OPENERS: Final = bytes([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])
# Collections in collections: each level is copied once more, and is deeper than msgpack knows.
_WORK_FACTOR: Final = 16
_WORK_BYTES: Final = 1024**2
_TRUSTED_LEVELS: Final = 1


@dataclass(frozen=True, slots=True)
class _Ref:
    number: int


class _Decoder:
    """Unpacks one message.

    `msgpack.unpackb` takes 40 KB of the C stack, so it must not call itself through `ext` for each
    collection inside a collection: those are made empty, and filled when their turn comes.

    A value is nested no deeper, and the work it makes is no more, than what an honest guest sends.
    """

    def __init__(self, size: int) -> None:
        self.work_bytes = size * _WORK_FACTOR + _WORK_BYTES
        self.unfilled: list[tuple[Any, bytes, int, list[Any] | None]] = []
        self.level = 0  # of the extension type whose payload is being unpacked
        self.nodes: list[Any] | None = None  # of the graph that it is in
        self.references = 0  # read, and not yet replaced by a node

    def decode(self, data: bytes) -> Any:
        value = self.unpack(data)
        deepest = 0
        while self.unfilled:
            target, payload, self.level, self.nodes = self.unfilled.pop()
            deepest = max(deepest, self.level)
            self.fill(target, self.parts(payload))
        if self.references:
            raise ProtocolError("the guest sent a reference where none can stand")
        if deepest > _TRUSTED_LEVELS:
            _check_depth(value)
        return value

    def unpack(self, data: bytes) -> Any:
        self.work_bytes -= len(data)
        if self.work_bytes < 0:
            raise ProtocolError("the guest sent collections nested too deeply for their size")
        wrapped = (
            len(data) > MAX_DEPTH and len(data.translate(None, _OPENERS)) < len(data) - MAX_DEPTH
        )
        value = msgpack.unpackb(
            _WRAPPING + data if wrapped else data,
            ext_hook=self.ext,
            unicode_errors="surrogatepass",
            strict_map_key=True,
            timestamp=1,
        )
        for _ in _WRAPPING if wrapped else b"":
            (value,) = value
        return value

    def parts(self, data: bytes) -> list[Any]:
        value = self.unpack(data)
        if not isinstance(value, list):
            raise ProtocolError("the guest sent a collection that is not an array")
        return value

    def later(self, target: _T, payload: bytes) -> _T:
        if self.level > (MAX_DEPTH if self.nodes is None else 0):
            raise ProtocolError(f"the guest nested a value more than {MAX_DEPTH} levels deep")
        self.unfilled.append((target, payload, self.level + 1, self.nodes))
        return target

    def ext(self, code: int, data: bytes) -> Any:  # noqa: PLR0912  (a table of types)
        match code:
            case Ext.UNDEFINED if not data:
                return UNDEFINED
            case Ext.HOLE if not data:
                return HOLE
            case Ext.BIGINT:
                return _bigint(data)
            case Ext.DATE if len(data) == 8:
                return _datetime(struct.unpack(">d", data)[0])
            case Ext.MAP:
                return self.later(JSMap(), data)
            case Ext.SET:
                return self.later(JSSet(), data)
            case Ext.ERROR:
                return self.later(JSError("", ""), data)
            case Ext.REGEXP:
                match msgpack.unpackb(data, unicode_errors="surrogatepass"):
                    case [str(source), str(flags)]:
                        return RegExp(source, flags)
            case Ext.TYPED if data and data[0] < len(TYPED_ARRAYS):
                return TypedArray(TYPED_ARRAYS[data[0]], data[1:])
            case Ext.BUFFER:
                return ArrayBuffer(data)
            case Ext.GRAPH if self.nodes is None and not self.level:
                return self.graph(data)
            case Ext.REF if len(data) == 4 and self.nodes is not None:
                self.references += 1
                return _Ref(int.from_bytes(data, "big"))
        raise ProtocolError(f"the guest sent a malformed value of extension type {code}")

    def graph(self, data: bytes) -> Any:
        """The first of the nodes; each is a container, or a value that has no parts."""
        self.nodes = nodes = []
        nodes += self.parts(data)
        for node in nodes:
            match node:
                case list():
                    node[:] = map(self.resolve, node)
                case dict():
                    node.update({key: self.resolve(item) for key, item in node.items()})
                case _Ref():
                    raise ProtocolError("the guest sent a reference in place of a node")
        self.nodes = None
        if not nodes:
            raise ProtocolError("the guest sent an empty graph")
        return nodes[0]

    def resolve(self, value: Any) -> Any:
        """The node that a reference means; any other value as it is."""
        if type(value) is not _Ref:
            return value
        if self.nodes is None or value.number >= len(self.nodes):
            raise ProtocolError("the guest refers to a node that it did not send")
        self.references -= 1
        return self.nodes[value.number]

    def fill(self, target: Any, parts: list[Any]) -> None:
        if isinstance(target, JSError):
            self.fill_error(target, parts)
            return
        parts[:] = map(self.resolve, parts)
        if isinstance(target, JSSet):
            target.elements = parts
        elif len(parts) % 2:
            raise ProtocolError("the guest sent a Map of keys without values")
        else:
            target.entries = list(zip(parts[::2], parts[1::2], strict=True))

    def fill_error(self, error: JSError, parts: list[Any]) -> None:
        match parts:
            case [str(name), str(message), str(stack), bool(has_cause), cause, errors]:
                error.name, error.message, error.stack = name, message, stack
                error.cause = self.resolve(cause) if has_cause else UNDEFINED
                error.errors = self.resolve(errors)
            case _:
                raise ProtocolError("the guest sent a malformed Error")


def _check_depth(value: Any) -> None:
    """Refuses a tree that is nested more deeply than the guest may."""
    level = [value]
    for _ in range(MAX_DEPTH + _SLACK):
        level = [part for one in level for part in _parts(one)]
        if not level:
            return
    raise ProtocolError(f"the guest nested a value more than {MAX_DEPTH} levels deep")


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, JSError):
        return (value.cause, value.errors)
    return _children(value) if isinstance(value, _CONTAINERS) else ()


def _bigint(data: bytes) -> int:
    try:
        value = int(data, 16)
    except ValueError as error:
        raise ProtocolError("the guest sent a malformed BigInt") from error
    return value if abs(value) > _MAX_SAFE_INTEGER else BigInt(value)


def _datetime(ms: float) -> datetime | JSDate:
    if not math.isfinite(ms):
        return JSDate(ms)
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return JSDate(ms)


def decode(data: bytes) -> Any:
    """Unpacks what the guest sent.

    Raises:
        ProtocolError: If it is not what the guest's codec writes.
    """
    # Collecting garbage while nothing but new containers arise costs more than all the rest.
    pausing = len(data) > _LARGE_BYTES and gc.isenabled()
    if pausing:
        gc.disable()
    try:
        return _Decoder(len(data)).decode(data)
    except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException) as error:
        raise ProtocolError(f"the guest sent a malformed message: {error}") from error
    finally:
        if pausing:
            gc.enable()
