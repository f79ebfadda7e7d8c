"""What a script finds of those before it, and leaves to those after it.

A chain of records begins anew when its deltas come to four times its full record. So what a turn
stores is what it changed, and in the long run a third more at most, however long the thread; and
what a program has to read is at most five times the heap.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base.id import uuid6

from langchain_quickjs.errors import QuickJSError, SetupError, SnapshotError
from langchain_quickjs.interpreter import (
    Heap,
    Interpreter,
    Limits,
    Stored,
    pack_record,
    record_id,
    unfold,
)
from langchain_quickjs.script.flow.drivers import Compute, Driven
from langchain_quickjs.script.langgraph_internals.checkpointer import checkpointer_of
from langchain_quickjs.script.langgraph_internals.superstep import Superstep
from langchain_quickjs.script.langgraph_internals.task import OuterTask
from langchain_quickjs.script.signing import Signer
from langchain_quickjs.script.variables.channel import (
    HEAP,
    HeapChannel,
    HeapStore,
    Reference,
    newest_of,
    recent,
    records,
)

__all__ = ["HeapPolicy", "Memory"]

logger = logging.getLogger(__name__)

_PURPOSE: Final = "heap"

# When a chain begins anew.
_CHAIN_TIMES: Final = 4
_CHAIN_BYTES: Final = 16 * 1024
_CHAIN_RECORDS: Final = 256

_GONE: Final = "The variables of earlier programs are gone: {error}. This program began without."
_TOO_LARGE: Final = (
    "The variables were not kept: to store them takes {size} bytes, more than the {limit} allowed "
    "(`max_snapshot_bytes`). The next program begins without; keep less in variables."
)


@dataclass(frozen=True, slots=True)
class HeapPolicy:
    """How long heaps live, and what they may take.

    Attributes:
        mode: Whether a heap lives as long as its thread, or until the user says something new.
        max_bytes: How many bytes a heap may take where it is stored.
        limits: What the scripts on it may use up.
    """

    mode: Literal["thread", "turn"]
    max_bytes: int
    limits: Limits


class Memory:
    """One script's way to the heap of its agent.

    Args:
        policy: How long heaps live, and what they may take.
        config: The config of the task that runs the script.
        tool_name: The name of the tool that runs scripts.
        task: The same task, which takes the new reference.
        signer: Signs references, and checks them.
    """

    def __init__(
        self,
        policy: HeapPolicy,
        config: RunnableConfig,
        tool_name: str,
        task: OuterTask,
        signer: Signer,
    ) -> None:
        channel = HeapChannel.of(config)
        if channel is None:
            raise SetupError(
                f"The agent's state has no key {HEAP!r}. A middleware after "
                "CodeInterpreterMiddleware has replaced it; let it keep the key."
            )
        saver = checkpointer_of(config)
        self.notes: list[str] = []
        self._policy = policy
        self._task = task
        self._signer = signer
        self._step = Superstep(config)
        self._tool_name = tool_name
        self._channel = channel
        self._desk = channel.desk
        self._store = None if saver is None else HeapStore(saver, signer.thread_id)
        self._before: Reference | None = None
        self._base: Stored | None = None
        self._gone_on = False
        self._found: list[tuple[Heap, bytes, bool] | None] = []

    def enter(self) -> Generator[Driven, Any, Heap | None]:
        """Waits for the script's turn; gives the heap to run on, if there is one.

        Raises:
            NotRunError: An earlier script of the same message waits for people.
        """
        self._desk.line.begin(self._step.task_id)
        earlier = self._step.earlier_tasks(self._tool_name)
        yield from self._desk.line.turn(self._step, earlier)
        try:
            writes = self._step.written(HEAP, earlier)
            self._before, _ = newest_of(self._channel.value, [value for _, value in writes])
            self._base = yield from self._load()
        except SnapshotError as error:
            self.notes.append(_GONE.format(error=error))
        return None if self._base is None else self._base.heap

    def pause(self) -> bytes:
        """The script waits for people from now on; gives what `go_on` takes."""
        self._desk.line.end(self._step.task_id, waits=True)
        return self.mark()

    def mark(self) -> bytes:
        """What `go_on` takes, for a script that is stored while it runs."""
        return b"" if self._before is None else self._before.pack()

    def go_on(self, mark: bytes) -> None:
        """A script that was stored goes on. Its heap was stored with it."""
        self._desk.line.begin(self._step.task_id)
        self._before = Reference.unpack(mark) if mark else None
        self._gone_on = True

    def prepare(self, interpreter: Interpreter) -> None:
        """Does what `leave` will need, where the script's last step has just computed."""
        if not self._gone_on:
            self._found = [self._find(interpreter)]

    def leave(
        self, interpreter: Interpreter | None, *, raises: bool = False
    ) -> Generator[Driven, Any, None]:
        """The script has ended: keeps what it declared, and lets the next one begin.

        Args:
            interpreter: What it ran in; `None` if it did not run.
            raises: Whether an error goes to the agent from here. The next script then begins once
                the agent has made something of it.
        """
        if interpreter is not None:
            yield from self._keep(interpreter)
        if not raises:
            self._desk.line.end(self._step.task_id, waits=False)

    def _load(self) -> Generator[Driven, Any, Stored | None]:
        """The heap that there was before; nothing where it was not to be kept.

        Raises:
            SnapshotError: It cannot be had any more.
        """
        before, turn = self._before, self._turn()
        if before is None or before.turn != turn:
            return None
        if not self._signer.accepts(before.signature, _PURPOSE, before.signed):
            logger.warning(
                "Thread %s: the stored variables are not used, because their signature is missing "
                "or wrong. Somebody has changed them, or `snapshot_signing_key` is another.",
                self._signer.thread_id,
            )
            raise SnapshotError("their signature is missing or wrong")
        known = self._desk.get(before.id) or recent.get(self._signer.thread_id, before.id)
        memory_bytes = self._policy.limits.memory_bytes
        if known is not None and known.heap.image.memory_bytes <= memory_bytes:
            return known
        if self._store is None:
            raise SnapshotError("without a checkpointer they live as long as the agent's run")
        if not before.anchor:
            return None  # They were dropped.
        chain = records((yield self._store.read(before.anchor)))
        stored: Stored = yield Compute(lambda: unfold(chain, before.id, memory_bytes=memory_bytes))
        recent.put(self._signer.thread_id, stored)
        return stored

    def _keep(self, interpreter: Interpreter) -> Generator[Driven, Any, None]:
        if self._gone_on:
            # Only to say what has changed; without it, everything is stored.
            with contextlib.suppress(SnapshotError):
                self._base = yield from self._load()
        if not self._found:
            self._found = [(yield Compute(lambda: self._find(interpreter)))]
        found = self._found.pop()
        if found is None:
            return
        new, stored = yield from self._stored(*found)
        turn = self._turn()
        after = b"" if self._before is None else self._before.id
        new = replace(new, after=after, turn=turn)
        signature = self._signer.sign(_PURPOSE, new.signed)
        write = (HEAP, replace(new, signature=signature).pack())
        # If somebody runs the same script again, the last run counts.
        self._task.withdraw(self._step.written(HEAP, [self._step.task_id]))
        if stored is not None:
            self._desk.put(stored)
        self._step.hide_from_streams(HEAP)
        self._task.write([write])

    def _find(self, interpreter: Interpreter) -> tuple[Heap, bytes, bool] | None:
        """The heap that the script leaves, its record, and whether that is a delta."""
        try:
            interpreter.abort()
            heap = interpreter.heap()
        except QuickJSError:
            return None  # It cannot be stopped, so what it did is forgotten.
        base, before = self._base, self._before
        if heap.empty or (base is not None and heap == base.heap):
            return None
        if self._store is None:
            return heap, b"", False
        if base is not None and before is not None and before.anchor:
            record = pack_record(heap, base)
            full, deltas, count = before.sizes
            grown = deltas + len(record)
            if (
                grown <= max(_CHAIN_TIMES * full, _CHAIN_BYTES)
                and count < _CHAIN_RECORDS
                and full + grown <= self._policy.max_bytes
            ):
                return heap, record, True
        return heap, pack_record(heap), False

    def _stored(
        self, heap: Heap, record: bytes, delta: bool
    ) -> Generator[Driven, Any, tuple[Reference, Stored | None]]:
        """Stores a record; without a checkpointer the heap lives as long as the agent's run."""
        before, size = self._before, len(record)
        if self._store is None:
            new = Reference(os.urandom(32))
            return new, Stored(new.id, heap)
        stored = Stored(record_id(record), heap)
        if delta and before is not None:
            yield self._store.go_on(before.anchor, record, stored.id)
            full, deltas, count = before.sizes
            new = Reference(stored.id, anchor=before.anchor, sizes=(full, deltas + size, count + 1))
        elif size <= self._policy.max_bytes:
            anchor = str(uuid6(clock_seq=-2))
            yield self._store.begin(anchor, record)
            new = Reference(stored.id, anchor=anchor, sizes=(size, 0, 0))
        else:
            limit = self._policy.max_bytes
            self.notes.append(_TOO_LARGE.format(size=size, limit=limit))
            return Reference(os.urandom(32)), None
        recent.put(self._signer.thread_id, stored)
        return new, stored

    def _turn(self) -> str:
        return self._step.turn if self._policy.mode == "turn" else ""
