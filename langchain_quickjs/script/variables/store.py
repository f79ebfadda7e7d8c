"""The store of variables and of paused scripts: records of heaps, beside the agent's checkpoints.

They stand in the same thread of the same checkpointer, so a thread that is deleted takes them
along. What the state holds of them is a reference.

    reference  in the state: the id of the newest record, and the anchor of its chain
    anchor     a checkpoint in a namespace of its own, `quickjs_heap/...`: a full record
    deltas     pending writes of the anchor: one row each, all read with it

A chain of records begins anew when its deltas come to four times its full record. So what a turn
stores is what it changed, and in the long run a third more at most, however long the thread; and
what a program has to read is at most five times the heap.

Who prunes a thread keeps the newest checkpoint of each namespace. So each chain has one: which
chain is needed, its age does not say. What is of no use without some checkpoint of the thread names
that one as its root, and goes when that goes.

Nothing here calls the checkpointer: every method makes the effect that does.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple, empty_checkpoint
from langgraph.checkpoint.base.id import uuid6

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.interpreter import StoredHeap, record_id
from langchain_quickjs.script.flow.drivers import Ask
from langchain_quickjs.script.state import ChainSizes

__all__ = ["Chain", "RecordStore", "goes_on_with", "new_anchor", "recent_heaps", "records_at"]

_VARIABLES: Final = "quickjs_heap"
_RECORD: Final = "record"

# When a chain begins anew.
_CHAIN_TIMES: Final = 4
_CHAIN_BYTES: Final = 16 * 1024
_CHAIN_RECORDS: Final = 256

# A number in the ids of anchors that tells those with a namespace each from earlier ones.
_ANCHORS: Final = -3

_RECENT_BYTES: Final = 32 * 1024 * 1024


def new_anchor() -> str:
    """Makes the id of an anchor."""
    return str(uuid6(clock_seq=_ANCHORS))


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of records.

    Attributes:
        newest: The heap that it stands for, with the id of the newest record.
        anchor: The checkpoint that it stands at.
        sizes: How much it takes.
    """

    newest: StoredHeap
    anchor: str
    sizes: ChainSizes


@dataclass(frozen=True, slots=True)
class RecordStore:
    """Makes the effects that read and write the records of a thread.

    Attributes:
        saver: The checkpointer.
        thread_id: The thread.
        kind: What the records are of, as namespaces have it.
        root: The checkpoint of the outermost graph without which they are of no use; empty for
            records that are of use as long as the thread.
    """

    saver: BaseCheckpointSaver[Any]
    thread_id: str
    kind: str = _VARIABLES
    root: str = ""

    def read(self, anchor: str) -> Ask:
        """Asks for a chain of records, which `records_at` takes out of the answer."""
        return Ask(self.saver, "get_tuple", (self._address(anchor),))

    def write_full(self, anchor: str, record: bytes) -> Ask:
        """Stores a full record, and begins a chain with it."""
        versions = {_RECORD: self.saver.get_next_version(None, None)}
        checkpoint = {
            **empty_checkpoint(),
            "id": anchor,
            "channel_values": {_RECORD: record},
            "channel_versions": versions,
        }
        parents = {"": self.root} if self.root else {}
        metadata = {"source": "update", "step": -1, "parents": parents}
        address = self._address(anchor)
        del address["configurable"]["checkpoint_id"]
        return Ask(self.saver, "put", (address, checkpoint, metadata, versions))

    def write_delta(self, anchor: str, record: bytes, record_id: bytes) -> Ask:
        """Stores a delta with the chain that it belongs to."""
        # Some checkpointers want a UUID where LangGraph has the id of the writing task.
        writer = str(uuid.UUID(bytes=record_id[:16]))
        return Ask(self.saver, "put_writes", (self._address(anchor), [(_RECORD, record)], writer))

    def _address(self, anchor: str) -> RunnableConfig:
        place = {"checkpoint_ns": self._namespace(anchor), "checkpoint_id": anchor}
        return {"configurable": {"thread_id": self.thread_id, **place}}

    def _namespace(self, anchor: str) -> str:
        if uuid.UUID(anchor).clock_seq != _ANCHORS % 2**14:
            return self.kind
        # The colon marks what belongs to the call that began at the root.
        return f"{self.kind}{':' if self.root else '/'}{anchor}"


def records_at(found: CheckpointTuple | None) -> dict[bytes, bytes]:
    """Takes the records out of what stands at an anchor, by id; forks have theirs there too.

    Raises:
        SnapshotError: Nothing stands there.
    """
    if found is None:
        raise SnapshotError("they are not stored any more")
    values = [found.checkpoint["channel_values"].get(_RECORD)]
    values += [value for _, key, value in found.pending_writes or () if key == _RECORD]
    return {record_id(value): value for value in values if isinstance(value, bytes)}


class _RecentHeaps:
    """Holds the heaps that this process has just had, by thread and id.

    An id stands for all that is in a heap. But whoever can write one thread's reference could name
    an id of another thread there, so each thread finds its own only.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._heaps: OrderedDict[tuple[str, bytes], StoredHeap] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, thread_id: str, heap_id: bytes) -> StoredHeap | None:
        key = (thread_id, heap_id)
        with self._lock:
            if key in self._heaps:
                self._heaps.move_to_end(key)
            return self._heaps.get(key)

    def put(self, thread_id: str, stored: StoredHeap) -> None:
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


recent_heaps: Final = _RecentHeaps(_RECENT_BYTES)


def goes_on_with(sizes: ChainSizes, record: bytes, max_bytes: int) -> bool:
    """Whether a chain goes on with one more delta, rather than begin anew.

    Args:
        sizes: How much the chain takes.
        record: The new delta.
        max_bytes: What the chain may take in all.
    """
    grown = sizes.with_delta(record)
    is_short = grown.delta_bytes <= max(_CHAIN_TIMES * grown.full_bytes, _CHAIN_BYTES)
    fits = grown.full_bytes + grown.delta_bytes <= max_bytes
    return is_short and fits and grown.deltas <= _CHAIN_RECORDS
