"""What a script finds of those before it, and leaves to those after it."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import BuildGoneError, QuickJSError, SnapshotError
from langchain_quickjs.interpreter import (
    Heap,
    Interpreter,
    Limits,
    StoredHeap,
    pack_record,
    record_id,
    unfold,
)
from langchain_quickjs.interpreter.replay.stood import heap_again, is_stored_at_once
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.drivers import Compute, Driven
from langchain_quickjs.script.langgraph_internals.checkpointer import checkpointer_of
from langchain_quickjs.script.langgraph_internals.superstep import Superstep
from langchain_quickjs.script.langgraph_internals.task import OuterTask
from langchain_quickjs.script.model_texts import VARIABLES_GONE, VARIABLES_TOO_LARGE
from langchain_quickjs.script.state import ChainSizes
from langchain_quickjs.script.variables.channel import (
    VARIABLES_KEY,
    Reference,
    VariablesChannel,
    newest_reference,
)
from langchain_quickjs.script.variables.store import (
    Chain,
    RecordStore,
    goes_on_with,
    new_anchor,
    recent_heaps,
    records_at,
)

__all__ = ["Variables", "VariablesPolicy"]

logger = logging.getLogger(__name__)

_PURPOSE: Final = "heap"
_OF_EARLIER_GUEST: Final = "they belong to an earlier version of the engine, which was replaced"


@dataclass(frozen=True, slots=True)
class _Left:
    """The heap that a script leaves.

    Attributes:
        heap: The heap.
        record: What it is stored as; empty where nothing is stored.
        onto: The chain that the record goes on with; `None` if it begins one.
    """

    heap: Heap
    record: bytes = b""
    onto: Chain | None = None


@dataclass(frozen=True, slots=True)
class VariablesPolicy:
    """How long variables live, and what they may take.

    Attributes:
        mode: Whether they live as long as the thread, or until the user says something new.
        max_bytes: How many bytes they may take where they are stored.
        limits: What the scripts that share them may use up.
    """

    mode: Literal["thread", "turn"]
    max_bytes: int
    limits: Limits


class Variables:
    """What one script finds of the scripts before it, and leaves to those after it.

    Args:
        policy: How long variables live, and what they may take.
        config: The config of the task that runs the script.
        step: The superstep that the task belongs to.
        tool_name: The name of the tool that runs programs.
        task: The same task, which takes the new reference.
        signer: Signs references, and checks them.

    Attributes:
        notes: What the model is to be told of them.
    """

    def __init__(
        self,
        policy: VariablesPolicy,
        config: RunnableConfig,
        *,
        step: Superstep,
        tool_name: str,
        task: OuterTask,
        signer: Signer,
    ) -> None:
        saver = checkpointer_of(config)
        self.notes: list[str] = []
        self._policy = policy
        self._task = task
        self._signer = signer
        self._step = step
        self._tool_name = tool_name
        self._channel = VariablesChannel.required(config)
        self._shared = self._channel.shared
        self._store = None if saver is None else RecordStore(saver, signer.thread_id)
        self._before: Reference | None = None
        self._base: StoredHeap | None = None
        self._paused: Chain | None = None
        self._resumed = False
        self._left: list[_Left | None] = []

    def load(self) -> Generator[Driven, Any, Heap | None]:
        """Gives the heap that a new script runs on, if those before it have left one."""
        try:
            writes = self._step.written(VARIABLES_KEY, self._step.earlier_tasks(self._tool_name))
            references = [value for _, value in writes]
            self._before, _ = newest_reference(self._channel.value, references)
            self._base = yield from self._load_before()
        except BuildGoneError as gone:
            return (yield from self._made_again(gone))
        except SnapshotError as error:
            self.notes.append(VARIABLES_GONE.format(error=error))
        return None if self._base is None else self._base.heap

    def _made_again(self, gone: BuildGoneError) -> Generator[Driven, Any, Heap | None]:
        """Gives a heap on today's guest, made by the programs that made the one that is gone."""
        before, limits = self._before, self._policy.limits
        if self._store is None or before is None:
            return None
        try:
            chain = records_at((yield self._store.read(before.anchor)))
            heap: Heap = yield Compute(lambda: heap_again(chain, before.id, limits))
        except SnapshotError as error:
            logger.warning("Thread %s: the variables are gone: %s", self._signer.thread_id, error)
            self.notes.append(VARIABLES_GONE.format(error=_OF_EARLIER_GUEST))
            return None
        logger.info("Thread %s: the variables were made again (%s)", self._signer.thread_id, gone)
        return heap

    @property
    def chain(self) -> Chain | None:
        """What a record of the script's memory can build on; `None` if nothing is stored."""
        if self._paused is not None:
            return self._paused
        base, before = self._base, self._before
        if base is None or before is None or not before.anchor:
            return None
        return Chain(base, before.anchor, before.sizes)

    def paused_as(self, chain: Chain) -> None:
        """Learns that the memory of the script, which is paused, is stored."""
        self._paused = chain

    def pack_reference(self) -> bytes:
        """Gives what a script that is stored has to remember of what it found, for `resume`."""
        return b"" if self._before is None else self._before.pack()

    def resume(self, reference: bytes) -> None:
        """Takes up a script that was stored, and its heap with it.

        Args:
            reference: What `pack_reference` gave when the script was stored.
        """
        self._before = Reference.unpack(reference) if reference else None
        self._resumed = True

    def take_heap(self, interpreter: Interpreter) -> None:
        """Does early what `store` needs, in the thread in which the last step has computed."""
        if not self._resumed:
            self._left = [self._heap_left(interpreter)]

    def store(self, interpreter: Interpreter) -> Generator[Driven, Any, None]:
        """Stores what a script that has ended leaves to those after it.

        Args:
            interpreter: The interpreter in which the script ran.
        """
        if self._resumed and self._paused is None:
            # Only to say what has changed; without it, everything is stored.
            with contextlib.suppress(SnapshotError):
                self._base = yield from self._load_before()
        if not self._left:
            small = not interpreter.running and is_stored_at_once(interpreter.memory_bytes)
            look = functools.partial(self._heap_left, interpreter)
            self._left = [look() if small else (yield Compute(look))]
        left = self._left.pop()
        if left is None:
            return
        new, stored = yield from self._store_record(left)
        after = b"" if self._before is None else self._before.id
        new = replace(new, after=after, turn=self._current_turn())
        signature = self._signer.sign(_PURPOSE, new.signed)
        write = (VARIABLES_KEY, replace(new, signature=signature).pack())
        # If somebody runs the same script again, the last run counts.
        self._task.withdraw(self._step.written(VARIABLES_KEY, [self._step.task_id]))
        if stored is not None:
            self._shared.add_heap(stored)
        self._step.hide_from_streams(VARIABLES_KEY)
        self._task.write([write])

    def _load_before(self) -> Generator[Driven, Any, StoredHeap | None]:
        """Gives the heap that there was before, unless it was not to live until now.

        Raises:
            SnapshotError: The heap cannot be had any more.
        """
        before, thread_id = self._before, self._signer.thread_id
        if before is None or before.turn != self._current_turn():
            return None
        if not self._signer.accepts(before.signature, _PURPOSE, before.signed):
            logger.warning(
                "Thread %s: the stored variables are not used, because their signature is missing "
                "or wrong. Somebody has changed them, or `snapshot_signing_key` is another.",
                thread_id,
            )
            raise SnapshotError("their signature is missing or wrong")
        known = self._shared.heap(before.id) or recent_heaps.get(thread_id, before.id)
        memory_bytes = self._policy.limits.memory_bytes
        if known is not None and known.heap.image.memory_bytes <= memory_bytes:
            return known
        if self._store is None:
            raise SnapshotError("without a checkpointer they live as long as the agent's run")
        if not before.anchor:
            return None  # They were dropped.
        chain = records_at((yield self._store.read(before.anchor)))
        stored: StoredHeap = yield Compute(
            lambda: unfold(chain, before.id, memory_bytes=memory_bytes)
        )
        recent_heaps.put(thread_id, stored)
        return stored

    def _heap_left(self, interpreter: Interpreter) -> _Left | None:
        """Gives the heap that the script leaves, unless it is the one that it found."""
        try:
            interpreter.abort()
            heap = interpreter.heap()
        except QuickJSError:
            return None  # It cannot be stopped, so what it did is forgotten.
        base, chain = self._base, self.chain
        if heap.empty or (base is not None and heap == base.heap):
            return None
        if self._store is None:
            return _Left(heap)
        if chain is not None:
            record = pack_record(heap, chain.newest)
            if goes_on_with(chain.sizes, record, self._policy.max_bytes):
                return _Left(heap, record, chain)
        return _Left(heap, pack_record(heap))

    def _store_record(
        self, left: _Left
    ) -> Generator[Driven, Any, tuple[Reference, StoredHeap | None]]:
        """Stores a record; without a checkpointer the heap lives as long as the agent's run."""
        record, size = left.record, len(left.record)
        if self._store is None:
            new = Reference(os.urandom(32))
            return new, StoredHeap(new.id, left.heap)
        stored = StoredHeap(record_id(record), left.heap)
        if left.onto is not None:
            yield self._store.write_delta(left.onto.anchor, record, stored.id)
            sizes = left.onto.sizes.with_delta(record)
            new = Reference(stored.id, anchor=left.onto.anchor, sizes=sizes)
        elif size <= self._policy.max_bytes:
            anchor = new_anchor()
            yield self._store.write_full(anchor, record)
            new = Reference(stored.id, anchor=anchor, sizes=ChainSizes(size))
        else:
            limit = self._policy.max_bytes
            self.notes.append(VARIABLES_TOO_LARGE.format(size=size, limit=limit))
            return Reference(os.urandom(32)), None
        recent_heaps.put(self._signer.thread_id, stored)
        return new, stored

    def _current_turn(self) -> str:
        return self._step.turn if self._policy.mode == "turn" else ""
