"""What a decoded reply may be where msgpack lets more pass: its depth, its keys, its bytes.

Replies are hostile and some are a megabyte of records, so each check here works level by level
rather than by calling itself, and with the garbage collector's own view of what a container holds
where that is enough.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from typing import Any, Final

from langchain_quickjs.errors import ProtocolError
from langchain_quickjs.interpreter.values.js_values import JSError, JSMap, JSSet
from langchain_quickjs.interpreter.values.kinds import KIND_OF, KINDS
from langchain_quickjs.interpreter.wire.payloads import MAX_DEPTH

__all__ = [
    "SLACK",
    "count_bytes_among",
    "has_bytes",
    "is_deeper_than",
    "is_place",
    "refuse_what_no_guest_sends",
]

SLACK: Final = 8
"""How much deeper than a value the reply around it may be."""

_PIECE_BYTES: Final = 64 * 1024
_BYTES_OR_COLLECTION: Final = frozenset({bytes, JSMap, JSSet, JSError})
_CONTAINERS: Final = frozenset({dict, list})
_LEAVES: Final = frozenset(kind.python for kind in KINDS if kind.ext is None) - _CONTAINERS


def count_bytes_among(data: bytes, which: bytes) -> int:
    """How many bytes are one of `which`; in pieces, because each is copied."""
    pieces = (data[at : at + _PIECE_BYTES] for at in range(0, len(data), _PIECE_BYTES))
    return len(data) - sum(len(piece.translate(None, which)) for piece in pieces)


def has_bytes(tree: Any) -> bool:
    """Whether a tree may have bytes in it, as keys perhaps: a tag alone may be part of a number.

    The garbage collector's view of a dict has its keys only where they are not all text.
    """
    return any(not _BYTES_OR_COLLECTION.isdisjoint(map(type, parts)) for parts in _levels(tree))


def is_deeper_than(most: int, tree: Any) -> bool:
    """Whether a tree of lists and dicts has more levels than that."""
    return sum(1 for _ in _levels(tree)) > most


def is_place(number: Any) -> bool:
    """Whether it can be the number of a line or column."""
    return type(number) is int and 0 < number < 2**31


def _levels(tree: Any) -> Iterator[list[Any]]:
    """What the lists and dicts of each level of a tree hold."""
    level = [tree]
    while level:
        parts = gc.get_referents(*level)
        yield parts
        if _CONTAINERS.isdisjoint(map(type, parts)):
            return
        level = [part for part in parts if type(part) is dict or type(part) is list]


def refuse_what_no_guest_sends(value: Any) -> None:
    """Checks a reply that has collections in collections, or bytes.

    Raises:
        ProtocolError: It is nested too deeply, or has bytes as a key.
    """
    level, seen = [value], set[int]()
    for _ in range(MAX_DEPTH + SLACK):
        parts = (part for one in level for part in _parts(one) if type(part) not in _LEAVES)
        # Each object once: a graph of some bytes can have more paths than there are atoms.
        fresh = {id(part): part for part in parts if id(part) not in seen}
        seen.update(fresh)
        level = list(fresh.values())
        if not level:
            return
    raise ProtocolError(f"the guest nested a value more than {MAX_DEPTH} levels deep")


def _parts(value: Any) -> Iterable[Any]:
    if type(value) is dict and any(type(key) is bytes for key in value):
        raise ProtocolError("the guest sent a key that is no text")
    kind = KIND_OF.get(type(value))
    return () if kind is None or kind.parts is None else kind.parts(value)
