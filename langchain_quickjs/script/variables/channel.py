"""The heap that outlives a script: where it is kept.

The agent's state has a private channel for it. The channel holds a reference, so small that it
costs next to nothing to store with every checkpoint. What it refers to stands beside the agent's
checkpoints, in the same thread of the same checkpointer, and is read only when a program runs. So
a fork or a look back finds the heap as it was then, and a thread that is deleted takes it along.

    reference  in the agent's state: the id of the newest record, and the anchor of its chain
    anchor     a checkpoint in the namespace `quickjs_heap`: a full record
    deltas     pending writes of the anchor: one row each, all read with it
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import msgpack
from langchain_core.runnables import RunnableConfig
from langgraph.channels.base import BaseChannel
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple, empty_checkpoint
from langgraph.errors import EmptyChannelError

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.interpreter import Stored, record_id
from langchain_quickjs.script.flow.drivers import Ask
from langchain_quickjs.script.langgraph_internals.checkpointer import EMPTY_CHANNEL
from langchain_quickjs.script.langgraph_internals.surroundings import channels_of
from langchain_quickjs.script.variables.order import Line

__all__ = ["HEAP", "HeapChannel", "HeapStore", "Reference", "newest_of", "recent", "records"]

logger = logging.getLogger(__name__)

HEAP: Final = "_quickjs_heap"
"""The key of the agent's state."""

_NAMESPACE: Final = "quickjs_heap"
_RECORD: Final = "record"

_RECENT_BYTES: Final = 32 * 1024 * 1024
_DESK_HEAPS: Final = 4


@dataclass(frozen=True, slots=True)
class Reference:
    """What the agent's state holds of a heap.

    Attributes:
        id: The id of the newest record.
        after: The id in the reference that this one replaces; empty if there was none.
        anchor: The checkpoint that the chain stands at; empty for a heap that is not stored.
        sizes: The bytes of the full record, the bytes of the deltas, and the number of deltas.
        turn: The turn that the heap belongs to; empty if it belongs to the thread.
        signature: Over all of it.
    """

    id: bytes
    after: bytes = b""
    anchor: str = ""
    sizes: tuple[int, int, int] = (0, 0, 0)
    turn: str = ""
    signature: bytes = b""

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return replace(self, signature=b"").pack()

    def pack(self) -> bytes:
        """The reference as bytes; few of them, as every checkpoint has them."""
        anchor = uuid.UUID(self.anchor).bytes if self.anchor else b""
        fields = [self.id, self.after, anchor, *self.sizes, self.turn, self.signature]
        return bytes(msgpack.packb(fields))

    @classmethod
    def unpack(cls, packed: object) -> Reference:
        """Reads a reference.

        Raises:
            SnapshotError: If it is damaged.
        """
        try:
            fields = msgpack.unpackb(packed) if isinstance(packed, bytes) else None
        except (ValueError, TypeError, msgpack.exceptions.UnpackException):
            fields = None
        match fields:
            case [
                bytes(newest),
                bytes(after),
                bytes(anchor),
                int(full),
                int(deltas),
                int(count),
                str(turn),
                bytes(signature),
            ] if len(anchor) in (0, 16):
                place = str(uuid.UUID(bytes=anchor)) if anchor else ""
                return cls(newest, after, place, (full, deltas, count), turn, signature)
        raise SnapshotError("the reference to them is damaged")


def newest_of(
    value: object, writes: Sequence[object]
) -> tuple[Reference | None, tuple[Reference, ...]]:
    """The reference that writes make of a value, and the writes that do not fit.

    Each write says which one it follows; the order in which they come says nothing.

    Raises:
        SnapshotError: If the value or a write is damaged.
    """
    newest = Reference.unpack(value) if isinstance(value, bytes) else None
    left = {reference.id: reference for reference in map(Reference.unpack, writes)}
    while True:
        end = b"" if newest is None else newest.id
        follower = next((each for each in left.values() if each.after == end), None)
        if follower is None:
            return newest, tuple(left.values())
        newest = left.pop(follower.id)


class Desk:
    """What the programs of one run of the agent share in this process."""

    def __init__(self) -> None:
        self.line = Line()
        self._heaps: deque[Stored] = deque(maxlen=_DESK_HEAPS)

    def put(self, stored: Stored) -> None:
        """Keeps a heap at hand."""
        self._heaps.append(stored)

    def get(self, heap_id: bytes) -> Stored | None:
        """A heap that one of the last programs has left."""
        return next((stored for stored in self._heaps if stored.id == heap_id), None)


class HeapChannel(BaseChannel[bytes, bytes, bytes]):
    """Holds the reference to the heap, and shows it to nobody who reads the state.

        update(value, writes) == the last of the writes that follow the value one by one

    A write that does not follow is refused: it knows nothing of what the others have declared.
    """

    def __init__(self, typ: Any = bytes, key: str = "") -> None:
        super().__init__(typ, key)
        self.value: Any = EMPTY_CHANNEL
        self.desk = Desk()
        self.trial = False  # Whether somebody only wants to see what a write would do.

    @staticmethod
    def of(config: RunnableConfig) -> HeapChannel | None:
        """The channel of the graph whose task has this config, if it has one."""
        channel = channels_of(config).get(HEAP)
        return channel if isinstance(channel, HeapChannel) else None

    @property
    def ValueType(self) -> Any:  # noqa: N802 - LangGraph's name
        """The type of the value."""
        return bytes

    @property
    def UpdateType(self) -> Any:  # noqa: N802 - LangGraph's name
        """The type of a write."""
        return bytes

    def copy(self) -> Self:
        """The same channel, for somebody who wants to see what a write would do."""
        new = self.from_checkpoint(self.value)
        new.desk = self.desk
        new.trial = True
        return new

    def checkpoint(self) -> Any:
        """The value."""
        return self.value

    def from_checkpoint(self, checkpoint: Any) -> Self:
        """The channel as a run of the graph begins with it."""
        new = self.__class__(self.typ, self.key)
        new.value = checkpoint
        return new

    def get(self) -> bytes:
        """Nothing: the heap is no part of the state that people read."""
        raise EmptyChannelError

    def is_available(self) -> bool:
        """Never."""
        return False

    def update(self, values: Sequence[bytes]) -> bool:
        """Takes the writes of a step."""
        if self.trial or not values:
            return bool(values)
        try:
            newest, refused = newest_of(self.value, values)
        except SnapshotError:
            newest, refused = newest_of(None, values)
        for reference in refused:
            logger.warning("refused a heap that builds on another one: %s", reference.id.hex())
        if newest is None or len(refused) == len(values):
            return False
        self.value = newest.pack()
        return True


@dataclass(frozen=True, slots=True)
class HeapStore:
    """Where a thread's records are: beside its checkpoints.

    Attributes:
        saver: The checkpointer.
        thread_id: The thread.
    """

    saver: BaseCheckpointSaver[Any]
    thread_id: str

    def read(self, anchor: str) -> Ask:
        """Asks for a chain, which `records` gets out of the answer."""
        return Ask(self.saver, "get_tuple", (self._address(anchor),))

    def begin(self, anchor: str, record: bytes) -> Ask:
        """Stores a full record, and begins a chain with it."""
        versions = {_RECORD: self.saver.get_next_version(None, None)}
        checkpoint = {
            **empty_checkpoint(),
            "id": anchor,
            "channel_values": {_RECORD: record},
            "channel_versions": versions,
        }
        metadata = {"source": "update", "step": -1, "parents": {}}
        return Ask(self.saver, "put", (self._address(), checkpoint, metadata, versions))

    def go_on(self, anchor: str, record: bytes, record_id: bytes) -> Ask:
        """Stores a delta with the chain that it belongs to."""
        # Some checkpointers want a UUID where LangGraph has the id of the writing task.
        writer = str(uuid.UUID(bytes=record_id[:16]))
        return Ask(self.saver, "put_writes", (self._address(anchor), [(_RECORD, record)], writer))

    def _address(self, anchor: str | None = None) -> RunnableConfig:
        address = {"thread_id": self.thread_id, "checkpoint_ns": _NAMESPACE}
        return {"configurable": address | ({"checkpoint_id": anchor} if anchor else {})}


def records(found: CheckpointTuple | None) -> dict[bytes, bytes]:
    """The records that stand at an anchor, by id; those of forks are among them.

    Raises:
        SnapshotError: If there is nothing.
    """
    if found is None:
        raise SnapshotError("they are not stored any more")
    values = [found.checkpoint["channel_values"].get(_RECORD)]
    values += [value for _, key, value in found.pending_writes or () if key == _RECORD]
    return {record_id(value): value for value in values if isinstance(value, bytes)}


class _Recent:
    """Heaps that this process has just had, by thread and id.

    An id stands for all that is in a heap. But whoever can write one thread's reference could name
    an id of another thread there, so each thread finds its own only.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._heaps: OrderedDict[tuple[str, bytes], Stored] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, thread_id: str, heap_id: bytes) -> Stored | None:
        key = (thread_id, heap_id)
        with self._lock:
            if key in self._heaps:
                self._heaps.move_to_end(key)
            return self._heaps.get(key)

    def put(self, thread_id: str, stored: Stored) -> None:
        key = (thread_id, stored.id)
        with self._lock:
            if key not in self._heaps:
                self._heaps[key] = stored
                self._bytes += stored.heap.image.held_bytes
            while self._bytes > self._limit_bytes:
                _, oldest = self._heaps.popitem(last=False)
                self._bytes -= oldest.heap.image.held_bytes

    def clear(self) -> None:
        with self._lock:
            self._heaps.clear()
            self._bytes = 0


recent: Final = _Recent(_RECENT_BYTES)
