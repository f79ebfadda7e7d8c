"""Questions that nobody can answer any more: the guest that their program stands in is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import StateSnapshot

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.interpreter.replay.stood import why_gone
from langchain_quickjs.interpreter.storage.heap_records import transcript_in
from langchain_quickjs.script.flow.drivers import Asking
from langchain_quickjs.script.memory.paused_memory import store_of
from langchain_quickjs.script.memory.reference import MemoryReference
from langchain_quickjs.script.state import PausedScript
from langchain_quickjs.script.variables.store import records_at
from langchain_quickjs.watch.paused import paused_programs

__all__ = ["void_questions"]

_MOST_BYTES: Final = 2**32  # No guest has more; what it holds is not unpacked here.


def void_questions(agent: Any, thread_id: str, snapshot: StateSnapshot) -> Asking[dict[str, str]]:
    """Finds the void questions of a thread: why they are void, by the ids of their interrupts.

    A program that can be run again may still come out differently then; that is only known when it
    goes on.

    Args:
        agent: The agent, or any compiled graph.
        thread_id: The thread.
        snapshot: Its state, with those of graphs inside.
    """
    void: dict[str, str] = {}
    for program in (yield from paused_programs(agent, thread_id, snapshot)):
        try:
            script = program.opened()
            why = yield from _why(agent.checkpointer, thread_id, script["snapshot"])
        except SnapshotError:
            continue  # Whoever answers is told.
        if why:
            void |= dict.fromkeys(_asked(script), why)
    return void


def _why(saver: BaseCheckpointSaver[Any], thread_id: str, stored: bytes) -> Asking[str]:
    """Why what is stored of a script cannot go on; empty if it can, as far as is known before.

    Raises:
        SnapshotError: What is stored is damaged.
    """
    if not MemoryReference.is_in(stored):
        return why_gone(stored)
    reference = MemoryReference.unpack(stored)
    why = why_gone(reference.rest)
    if not why:
        return ""
    store = store_of(saver, thread_id, of_thread=reference.of_thread, root=reference.root)
    records = records_at((yield store.read(reference.anchor)))
    transcript, _ = transcript_in(records, reference.id, memory_bytes=_MOST_BYTES)
    return why if transcript is None else ""


def _asked(script: PausedScript) -> Iterator[str]:
    yield from (str(question["interrupt"].id) for question in script["questions"])
    for call in script["blocked"]:
        yield from (str(interrupt.id) for interrupt in call["interrupts"])
