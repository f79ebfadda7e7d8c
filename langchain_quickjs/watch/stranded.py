"""Questions that nobody can answer any more: the guest that their program stands in is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langgraph.types import StateSnapshot

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.interpreter.replay.stood import why_gone
from langchain_quickjs.script.flow.drivers import Asking
from langchain_quickjs.script.state import PausedScript
from langchain_quickjs.watch.paused import paused_programs

__all__ = ["void_questions"]


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
            why = why_gone(script["snapshot"])
        except SnapshotError:
            continue  # Whoever answers is told.
        if why:
            void |= dict.fromkeys(_asked(script), why)
    return void


def _asked(script: PausedScript) -> Iterator[str]:
    yield from (str(question["interrupt"].id) for question in script["questions"])
    for call in script["blocked"]:
        yield from (str(interrupt.id) for interrupt in call["interrupts"])
