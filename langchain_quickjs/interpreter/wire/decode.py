"""MessagePack from the guest to Python values; the other end of wasm/src/codec/pack.c.

Nothing here is trusted: a reply that is not what `pack.c` would write is a `ProtocolError`, and a
reply can make the host neither recurse deeply nor work much more than its length.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgpack

from langchain_quickjs.errors import MessageLimitError, ProtocolError
from langchain_quickjs.interpreter.values.kinds import Ext
from langchain_quickjs.interpreter.wire.payloads import COLLECTIONS, MAX_DEPTH, READ, malformed
from langchain_quickjs.interpreter.wire.tree_checks import (
    SLACK,
    count_bytes_among,
    has_bytes,
    is_deeper_than,
    refuse_what_no_guest_sends,
)
from langchain_quickjs.interpreter.wire.wtf8 import SURROGATES

__all__ = ["decode"]

_LARGE_BYTES: Final = 64 * 1024
# Bytes and extension types begin with these. What has none of them, and is so short that it is not
# nested too deeply, has nothing in it that msgpack itself does not check.
_NOT_PLAIN: Final = bytes([*range(0xC4, 0xCA), *range(0xD4, 0xD9)])
# msgpack refuses what is nested 1024 levels deep. Wrapped in this many, that is our own limit.
_WRAPPING: Final = b"\x91" * (1024 - MAX_DEPTH - SLACK)
_OPENERS: Final = bytes([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])
# A byte from the guest becomes up to eighty here: {}. So collections and parts are counted where
# there could be too many: each takes a byte of those above, or of these; arrays know their length.
_TAGS: Final = bytes(range(0x80, 0x100))
_MOST_COLLECTIONS: Final = 2**17
_MOST_PARTS: Final = 2**20
# Collections in collections: each level is copied once more, and is deeper than msgpack knows.
_WORK_FACTOR: Final = 4
_WORK_BYTES: Final = 1024**2


@dataclass(frozen=True, slots=True)
class _Ref:
    number: int


_Fill = Callable[[Any, list[Any]], None]


class _Unfilled(NamedTuple):
    """A collection whose turn is still to come."""

    target: Any
    fill: _Fill
    payload: bytes
    level: int
    nodes: list[Any] | None


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
        self.unfilled: list[_Unfilled] = []

    def decode(self, data: bytes) -> Any:
        value = self.unpack(data)
        deepest = 0
        while self.unfilled:
            one = self.unfilled.pop()
            self.level, self.nodes = one.level, one.nodes
            deepest = max(deepest, self.level)
            one.fill(one.target, list(map(self.resolve, self.parts(one.payload))))
        if self.references:
            raise ProtocolError("the guest sent a reference where none can stand")
        suspect = deepest > 1 or self.bins or self.has_empty_bytes(data, value)
        if suspect and not self.own:
            refuse_what_no_guest_sends(value)
        return value

    def has_empty_bytes(self, data: bytes, value: Any) -> bool:
        found = b"\xc4\0" in data or b"\xc5\0\0" in data or b"\xc6\0\0\0\0" in data
        return found and (self.graphs or has_bytes(value))  # it may be part of a number

    def unpack(self, data: bytes) -> Any:
        self.work_bytes -= len(data)
        if self.work_bytes < 0:
            raise MessageLimitError(
                "a value has Maps, Sets or Errors nested in each other with too much in them; nest "
                "less deeply, or pass less"
            )
        openers = count_bytes_among(data, _OPENERS) if len(data) > MAX_DEPTH else 0
        nested = openers > MAX_DEPTH
        wrapped = nested and len(data) > _LARGE_BYTES
        many_parts = len(data) > _MOST_PARTS and count_bytes_among(data, _TAGS) > _MOST_PARTS
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
        """Checks the depth of what is small: to look takes less than to wrap and unwrap then.

        But not where a graph is in it already, in which one could walk in circles.
        """
        if self.graphs:
            msgpack.unpackb(
                _WRAPPING + data, unicode_errors=SURROGATES, timestamp=1, strict_map_key=False
            )
        elif is_deeper_than(MAX_DEPTH + SLACK, value):
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

    def fill_later(self, target: Any, fill: _Fill, payload: bytes) -> Any:
        if self.level > (MAX_DEPTH if self.nodes is None else 0):
            raise ProtocolError(f"the guest nested a value more than {MAX_DEPTH} levels deep")
        self.unfilled.append(_Unfilled(target, fill, payload, self.level + 1, self.nodes))
        return target

    def ext(self, code: int, data: bytes) -> Any:
        self.count(0)
        if (read := READ.get(code)) is not None:
            return read(data)
        if (collection := COLLECTIONS.get(code)) is not None:
            make_empty, fill = collection
            return self.fill_later(make_empty(), fill, data)
        if code == Ext.GRAPH and self.nodes is None and not self.level:
            self.graphs = True
            return self.graph(data)
        if code == Ext.REF and len(data) == 4 and self.nodes is not None:
            self.references += 1
            return _Ref(int.from_bytes(data, "big"))
        raise malformed(code)

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


def decode(data: bytes, *, own: bool = False) -> Any:
    """Unpacks what the guest sent.

    Args:
        data: What it sent, or what `encode` made.
        own: Whether `encode` made it.

    Raises:
        ProtocolError: If it is not what the guest's codec writes.
        MessageLimitError: If a value takes far more work than its size warrants.
    """
    if len(data) <= MAX_DEPTH and len(data.translate(None, _NOT_PLAIN)) == len(data):
        try:
            return msgpack.unpackb(data)
        except ValueError:  # Halves of surrogate pairs too: to allow for them takes longer.
            return _decoded(data, own)
    return _decoded(data, own)


def _decoded(data: bytes, own: bool) -> Any:
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
