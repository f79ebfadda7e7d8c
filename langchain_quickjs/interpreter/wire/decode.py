"""MessagePack from the guest to Python values; the other end of wasm/src/pack.c.

Nothing here is trusted: a reply that is not what `pack.c` would write is a `ProtocolError`, and a
reply can make the host neither recurse deeply nor work much more than its length.
"""

from __future__ import annotations

import contextlib
import gc
import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgpack

from langchain_quickjs.errors import MessageLimitError, ProtocolError
from langchain_quickjs.interpreter.values.coerce import TYPED_ARRAYS
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
from langchain_quickjs.interpreter.wire.encode import MAX_DEPTH, Ext
from langchain_quickjs.interpreter.wire.wtf8 import SURROGATES

__all__ = ["decode"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_SAFE_INTEGER = 2**53 - 1
_LARGE_BYTES = 64 * 1024
_T = TypeVar("_T")
# msgpack refuses what is nested 1024 levels deep. Wrapped in this many, that is our own limit.
_SLACK: Final = 8  # the reply's own structure
_WRAPPING: Final = b"\x91" * (1024 - MAX_DEPTH - _SLACK)
_OPENERS: Final = bytes([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])
# A byte from the guest becomes up to eighty here: {}. So collections and parts are counted where
# there could be too many: each takes a byte of those above, or of these; arrays know their length.
_TAGS: Final = bytes(range(0x80, 0x100))
_MOST_COLLECTIONS: Final = 2**17
_MOST_PARTS: Final = 2**20
# Collections in collections: each level is copied once more, and is deeper than msgpack knows.
_WORK_FACTOR: Final = 4
_WORK_BYTES: Final = 1024**2
_BYTES_OR_COLLECTION: Final = frozenset({bytes, JSMap, JSSet, JSError})
_CONTAINERS: Final = frozenset({dict, list})
_LEAVES: Final = frozenset({str, int, float, bool, type(None), bytes})


@dataclass(frozen=True, slots=True)
class _Ref:
    number: int


def _count(data: bytes, which: bytes) -> int:
    """How many bytes are one of `which`; in pieces, because each is copied."""
    pieces = (data[at : at + _LARGE_BYTES] for at in range(0, len(data), _LARGE_BYTES))
    return len(data) - sum(len(piece.translate(None, which)) for piece in pieces)


def _too_much() -> MessageLimitError:
    return MessageLimitError(
        f"a value has more than {_MOST_COLLECTIONS} objects or {_MOST_PARTS} parts; pass less"
    )


class _Decoder:
    """Unpacks one message.

    `msgpack.unpackb` takes 40 KB of the C stack, so it must not call itself through `ext` for each
    collection inside a collection: those are made empty, and filled when their turn comes.

    A value is nested no deeper, and the work it makes is no more, than what an honest guest sends.

    Args:
        size: Length of the message.
        bins: Whether it may have bytes in it, other than none. Most have not, and that need not be
            looked at part by part.
        own: Whether `encode` made the message: its objects may have integers as keys, and the nodes
            of its graphs are packed each by itself.
    """

    level = 0  # of the extension type whose payload is being unpacked
    nodes: list[Any] | None = None  # of the graph that it is in
    references = 0  # read, and not yet replaced by a node
    graphs = False  # whether some container can be reached in two ways
    collections = all_parts = 0

    def __init__(self, size: int, bins: bool, own: bool) -> None:
        self.bins = bins
        self.own = own
        self.work_bytes = size * _WORK_FACTOR + _WORK_BYTES
        self.unfilled: list[tuple[Any, bytes, int, list[Any] | None]] = []

    def decode(self, data: bytes) -> Any:
        value = self.unpack(data)
        deepest = 0
        while self.unfilled:
            target, payload, self.level, self.nodes = self.unfilled.pop()
            deepest = max(deepest, self.level)
            self.fill(target, self.parts(payload))
        if self.references:
            raise ProtocolError("the guest sent a reference where none can stand")
        suspect = deepest > 1 or self.bins or self.has_empty_bytes(data, value)
        if suspect and not self.own:
            _check(value)
        return value

    def has_empty_bytes(self, data: bytes, value: Any) -> bool:
        found = b"\xc4\0" in data or b"\xc5\0\0" in data or b"\xc6\0\0\0\0" in data
        return found and (self.graphs or _has_bytes(value))  # it may be part of a number

    def unpack(self, data: bytes) -> Any:
        self.work_bytes -= len(data)
        if self.work_bytes < 0:
            raise MessageLimitError(
                "a value has Maps, Sets or Errors nested in each other with too much in them; nest "
                "less deeply, or pass less"
            )
        openers = _count(data, _OPENERS) if len(data) > MAX_DEPTH else 0
        nested = openers > MAX_DEPTH
        wrapped = nested and len(data) > _LARGE_BYTES
        many_parts = len(data) > _MOST_PARTS and _count(data, _TAGS) > _MOST_PARTS
        counted = many_parts or openers > _MOST_COLLECTIONS
        longest = min(len(data) + 1, _MOST_PARTS)
        value = msgpack.unpackb(
            _WRAPPING + data if wrapped else data,
            ext_hook=self.ext,
            unicode_errors=SURROGATES,
            strict_map_key=not self.own,
            timestamp=1,
            max_array_len=longest,
            max_map_len=longest,
            max_bin_len=len(data) if self.bins else 0,
            list_hook=self.count_list if counted else None,
            object_hook=self.count_object if counted else None,
        )
        for _ in _WRAPPING if wrapped else b"":
            (value,) = value
        if nested and not wrapped:
            self.check_depth(data, value)
        return value

    def check_depth(self, data: bytes, value: Any) -> None:
        """The same for what is small: then it takes less to look than to wrap and unwrap.

        But not where a graph is in it already, in which one could walk in circles.
        """
        if self.graphs:
            msgpack.unpackb(
                _WRAPPING + data, unicode_errors=SURROGATES, timestamp=1, strict_map_key=False
            )
        elif sum(1 for _ in _levels(value)) > MAX_DEPTH + _SLACK:
            raise ProtocolError(f"the guest nested a value more than {MAX_DEPTH} levels deep")

    def count(self, parts: int) -> None:
        self.collections += 1
        self.all_parts += parts
        if self.collections > _MOST_COLLECTIONS or self.all_parts > _MOST_PARTS:
            raise _too_much()

    def count_list(self, value: list[Any]) -> list[Any]:
        self.count(len(value))
        return value

    def count_object(self, value: dict[str, Any]) -> dict[str, Any]:
        self.count(len(value))
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
        self.count(0)
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
                match msgpack.unpackb(data, unicode_errors=SURROGATES):
                    case [str(source), str(flags)]:
                        return RegExp(source, flags)
            case Ext.TYPED if data and data[0] < len(TYPED_ARRAYS):
                return TypedArray(TYPED_ARRAYS[data[0]], data[1:])
            case Ext.BUFFER:
                return ArrayBuffer(data)
            case Ext.GRAPH if self.nodes is None and not self.level:
                self.graphs = True
                return self.graph(data)
            case Ext.REF if len(data) == 4 and self.nodes is not None:
                self.references += 1
                return _Ref(int.from_bytes(data, "big"))
        raise ProtocolError(f"the guest sent a malformed value of extension type {code}")

    def graph(self, data: bytes) -> Any:
        """The first of the nodes; each is a container, or a value that has no parts."""
        nodes: list[Any] = []
        self.nodes = nodes
        parts = self.parts(data)
        nodes += map(self.unpack, parts) if self.own else parts
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


def _has_bytes(tree: Any) -> bool:
    """Whether a tree may have bytes in it, as keys perhaps: a tag alone may be part of a number.

    The garbage collector's view of a dict has its keys only where they are not all text.
    """
    return any(not _BYTES_OR_COLLECTION.isdisjoint(map(type, parts)) for parts in _levels(tree))


def _levels(tree: Any) -> Iterator[list[Any]]:
    """What the lists and dicts of each level of a tree hold."""
    level = [tree]
    while level:
        parts = gc.get_referents(*level)
        yield parts
        if _CONTAINERS.isdisjoint(map(type, parts)):
            return
        level = [part for part in parts if type(part) is dict or type(part) is list]


def _check(value: Any) -> None:
    """Refuses what msgpack lets pass in a reply that has collections in collections, or bytes."""
    level, seen = [value], set[int]()
    for _ in range(MAX_DEPTH + _SLACK):
        parts = (part for one in level for part in _parts(one) if type(part) not in _LEAVES)
        # Each object once: a graph of some bytes can have more paths than there are atoms.
        fresh = {id(part): part for part in parts if id(part) not in seen}
        seen.update(fresh)
        level = list(fresh.values())
        if not level:
            return
    raise ProtocolError(f"the guest nested a value more than {MAX_DEPTH} levels deep")


def _parts(value: Any) -> Iterable[Any]:
    match value:
        case list():
            return value
        case dict():
            if any(type(key) is bytes for key in value):
                raise ProtocolError("the guest sent a key that is no text")
            return value.values()
        case JSMap():
            return [part for entry in value.entries for part in entry]
        case JSSet():
            return value.elements
        case JSError():
            return (value.cause, value.errors)
    return ()


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


def decode(data: bytes, *, own: bool = False) -> Any:
    """Unpacks what the guest sent.

    Args:
        data: What it sent, or what `encode` made.
        own: Whether `encode` made it.

    Raises:
        ProtocolError: If it is not what the guest's codec writes.
        MessageLimitError: If a value takes far more work than its size warrants.
    """
    # Collecting garbage while nothing but new containers arise costs more than all the rest.
    pausing = len(data) > _LARGE_BYTES and gc.isenabled()
    if pausing:
        gc.disable()
    try:
        with contextlib.suppress(ValueError):  # there are bytes in it, or it is no MessagePack
            return _Decoder(len(data), False, own).decode(data)
        return _Decoder(len(data), True, own).decode(data)
    except ValueError as error:
        if "exceeds max_" in str(error) and len(data) >= _MOST_PARTS:
            raise _too_much() from error
        raise ProtocolError(f"the guest sent a malformed message: {error}") from error
    except (TypeError, RecursionError, msgpack.exceptions.UnpackException) as error:
        raise ProtocolError(f"the guest sent a malformed message: {error}") from error
    finally:
        if pausing:
            gc.enable()
