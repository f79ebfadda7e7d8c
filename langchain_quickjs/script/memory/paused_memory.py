"""What a paused script stands in, stored as what has changed since it was stored last.

    small   the whole snapshot stands in the script's sealed state
    larger  a reference stands there (`reference.py`), and the memory beside LangGraph's
            checkpoints, once, as a chain of records like that of variables (`variables/store.py`)

LangGraph stores what is in the state several times a pause: as the write of a task, and with each
checkpoint that follows. For some kilobytes that is less than a row of their own.

Where programs leave variables, the chain is that of the variables: a pause goes on with what the
script found, and what it leaves goes on with its last pause. Else the script has a chain of its
own. It goes with the checkpoint of the outermost graph that the script runs at, so a script that
runs at another one, as in a fork, begins a chain again.

Records are stored before the state that names them; a record that nothing names does no harm.
"""

from __future__ import annotations

import functools
from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from langchain_quickjs.errors import BuildGoneError, SnapshotError
from langchain_quickjs.interpreter import (
    Heap,
    Interpreter,
    Limits,
    StoredHeap,
    pack_record,
    record_id,
    unfold,
)
from langchain_quickjs.interpreter.replay.stood import (
    heap_again,
    is_restored_at_once,
    is_stored_at_once,
)
from langchain_quickjs.interpreter.stepped import SteppedInterpreter
from langchain_quickjs.script.flow.drivers import Compute, Work
from langchain_quickjs.script.flow.effects import FindMemory, KeepMemory
from langchain_quickjs.script.langgraph_internals.checkpointer import checkpointer_of, root_of
from langchain_quickjs.script.memory.reference import MemoryReference
from langchain_quickjs.script.state import ChainSizes
from langchain_quickjs.script.variables.session import Variables
from langchain_quickjs.script.variables.store import (
    Chain,
    RecordStore,
    goes_on_with,
    new_anchor,
    recent_heaps,
    records_at,
)

__all__ = ["PausedMemory", "store_of"]

_KIND: Final = "quickjs_script"

# Up to this size a snapshot stands in the state.
_INLINE_BYTES: Final = 32 * 1024
# What holds more than this is not tried: its snapshot would be larger.
_INLINE_HELD_BYTES: Final = 1024 * 1024

_NO_LIMIT: Final = 2**62  # What a script may hold is limited where it runs.


@dataclass(frozen=True, slots=True)
class _Packed:
    """What is stored beside the state of a script: a record, and the chain that it makes."""

    rest: bytes
    record: bytes
    chain: Chain


def store_of(
    saver: BaseCheckpointSaver[Any], thread_id: str, *, of_thread: bool, root: str
) -> RecordStore:
    """Where the records are of the memory of a paused script.

    Args:
        saver: The checkpointer.
        thread_id: The thread.
        of_thread: Whether the chain is that of the thread's variables.
        root: The checkpoint of the outermost graph without which it is of no use, if there is one.
    """
    return (
        RecordStore(saver, thread_id) if of_thread else RecordStore(saver, thread_id, _KIND, root)
    )


class PausedMemory:
    """Stores the memory of one script in one run of it, and finds it again.

    Args:
        config: The config of the task that runs it.
        thread_id: The thread.
        namespace: That of the script graph; empty if that is the outermost one.
        limits: What the script may use up.
        variables: What it finds of earlier scripts; `None` for nothing.
    """

    def __init__(
        self,
        config: RunnableConfig,
        thread_id: str,
        namespace: str,
        limits: Limits,
        variables: Variables | None,
    ) -> None:
        self._saver = checkpointer_of(config)
        self._root = root_of(config) if namespace and variables is None else ""
        self._limits = limits
        self._variables = variables
        self._thread_id = thread_id
        self._chain: Chain | None = None  # What the next record can build on.

    def done(self, effect: KeepMemory | FindMemory) -> Work[Any]:
        """Does what a flow wants done."""
        if isinstance(effect, KeepMemory):
            return (yield from self.store(effect.interpreter))
        return (yield from self.find(effect.stored, effect.waits_for))

    def store(self, interpreter: Interpreter) -> Work[bytes]:
        """Stores the memory of a script that stands still.

        Returns:
            What the script's state is to hold of it.
        """
        packed: _Packed | bytes
        if is_stored_at_once(interpreter.memory_bytes):
            packed = self._packed(interpreter)
        else:
            packed = yield Compute(lambda: self._packed(interpreter))
        if isinstance(packed, bytes):
            return packed
        chain, of_thread = packed.chain, self._variables is not None
        store = self._store(of_thread, self._root)
        if chain.sizes.deltas:
            yield store.write_delta(chain.anchor, packed.record, chain.newest.id)
        else:
            yield store.write_full(chain.anchor, packed.record)
        self._take_up(chain)
        id_, anchor, sizes = chain.newest.id, chain.anchor, chain.sizes
        return MemoryReference(packed.rest, id_, anchor, sizes, of_thread, self._root).pack()

    def find(self, stored: bytes, waits_for: Set[int]) -> Work[SteppedInterpreter]:
        """Makes the interpreter of a script that was stored.

        Args:
            stored: What its state holds.
            waits_for: The numbers of the calls that it waits for.

        Raises:
            SnapshotError: It cannot be had any more, or waits for other calls.
            BuildGoneError: Its guest is gone, and it cannot be run again.
        """
        limits, snapshot, memory = self._limits, stored, None
        if MemoryReference.is_in(stored):
            try:
                reference = MemoryReference.unpack(stored)
                snapshot, memory = reference.rest, (yield from self._memory(reference))
            except BuildGoneError:
                raise
            except SnapshotError as error:
                raise _gone(error) from None
        restore = functools.partial(
            SteppedInterpreter.restore, snapshot, memory=memory, limits=limits
        )
        at_once = memory is None and is_restored_at_once(snapshot)
        interpreter: SteppedInterpreter = restore() if at_once else (yield Compute(restore))
        # Else calls would be made whose results it cannot be given.
        if {call.id for call in interpreter.open_calls} != waits_for:
            raise SnapshotError(
                "The paused script is not used: its memory waits for other calls than people have "
                "been asked about, so one of the two was changed where it is stored."
            )
        return interpreter

    def _memory(self, reference: MemoryReference) -> Work[Heap]:
        """The memory that a reference stands for; made again if its guest is gone."""
        try:
            newest = yield from self._newest(reference)
        except BuildGoneError:
            records = yield from self._records(reference)
            limits, id_ = self._limits, reference.id
            heap: Heap = yield Compute(lambda: heap_again(records, id_, limits))
            return heap
        if (reference.of_thread, reference.root) == (self._variables is not None, self._root):
            self._take_up(Chain(newest, reference.anchor, reference.sizes))
        return newest.heap

    def brought_along(self, stored: bytes) -> Work[bytes]:
        """Stores the memory of a paused script where it runs now, if it was stored for elsewhere.

        Args:
            stored: What its state holds.

        Returns:
            What its state is to hold.

        Raises:
            SnapshotError: It cannot be had any more.
        """
        if not MemoryReference.is_in(stored):
            return stored
        reference = MemoryReference.unpack(stored)
        if not reference.root or reference.root == self._root:
            return stored
        try:
            known = yield from self._newest(reference)
        except BuildGoneError:  # It is found where it is, and made again.
            return stored
        except SnapshotError as error:
            raise _gone(error) from None
        record: bytes = yield Compute(lambda: pack_record(known.heap))
        anchor, id_ = new_anchor(), record_id(record)
        yield self._store(reference.of_thread, self._root).write_full(anchor, record)
        sizes = ChainSizes(len(record))
        of_thread, root = reference.of_thread, self._root
        return MemoryReference(reference.rest, id_, anchor, sizes, of_thread, root).pack()

    def _take_up(self, chain: Chain) -> None:
        recent_heaps.put(self._thread_id, chain.newest)
        self._chain = chain
        if self._variables is not None:
            self._variables.paused_as(chain)

    def _packed(self, interpreter: Interpreter) -> _Packed | bytes:
        """A script as it is to be stored: all in its state, or with a record beside it."""
        if self._saver is None:
            return interpreter.snapshot()
        heap = interpreter.heap(of_running=True)
        if self._chain is None and heap.image.held_bytes <= _INLINE_HELD_BYTES:
            snapshot = interpreter.snapshot()
            if len(snapshot) <= _INLINE_BYTES:
                return snapshot
        rest = interpreter.snapshot(with_memory=False)
        chain = self._chain
        if chain is None and self._variables is not None:
            chain = self._variables.chain
        if chain is not None:
            record = pack_record(heap, chain.newest)
            if goes_on_with(chain.sizes, record, _NO_LIMIT):
                sizes = chain.sizes.with_delta(record)
                newest = StoredHeap(record_id(record), heap)
                return _Packed(rest, record, Chain(newest, chain.anchor, sizes))
        record = pack_record(heap)
        newest = StoredHeap(record_id(record), heap)
        return _Packed(rest, record, Chain(newest, new_anchor(), ChainSizes(len(record))))

    def _newest(self, reference: MemoryReference) -> Work[StoredHeap]:
        """The memory that a reference stands for.

        Raises:
            SnapshotError: It cannot be had any more.
        """
        memory_bytes = self._limits.memory_bytes
        known = recent_heaps.get(self._thread_id, reference.id)
        if known is not None and known.heap.image.memory_bytes <= memory_bytes:
            return known
        records = yield from self._records(reference)
        stored: StoredHeap = yield Compute(
            lambda: unfold(records, reference.id, memory_bytes=memory_bytes)
        )
        return stored

    def _records(self, reference: MemoryReference) -> Work[dict[bytes, bytes]]:
        store = self._store(reference.of_thread, reference.root)
        return records_at((yield store.read(reference.anchor)))

    def _store(self, of_thread: bool, root: str) -> RecordStore:
        if self._saver is None:
            raise SnapshotError("there is no checkpointer")
        return store_of(self._saver, self._thread_id, of_thread=of_thread, root=root)


def _gone(error: SnapshotError) -> SnapshotError:
    """The error for a script whose memory cannot be had any more."""
    return SnapshotError(
        f"The paused script does not go on, because its memory cannot be had: {error}. It stands "
        "in the checkpointer's tables, in namespaces that begin with 'quickjs_'. Bring back what "
        "was removed there, or run the script again."
    )
