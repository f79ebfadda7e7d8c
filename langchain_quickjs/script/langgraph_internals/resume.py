"""What a run of the graph was resumed with.

An answer with an id is for that interrupt. One without an id is for the only question that stood
when the run began: LangGraph itself gives it to whoever asks next, which may be another question by
then, if somebody else has answered the first one meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import (
    CONFIG_KEY_DURABILITY,
    CONFIG_KEY_RESUME_MAP,
    CONFIG_KEY_RESUMING,
    CONFIG_KEY_SCRATCHPAD,
    INTERRUPT,
    RESUME,
)
from langgraph.errors import _mark_invalid_resume
from langgraph.types import Command, Durability

from langchain_quickjs.script.langgraph_internals.checkpointer import (
    has_checkpointer,
    interrupts_in,
)
from langchain_quickjs.script.langgraph_internals.graph_around import run_of

__all__ = [
    "Delivery",
    "delivery_of",
    "graph_durability",
    "mark_as_unfit",
    "may_keep_plain_answer",
    "started_before",
    "use_up_plain_answer",
]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The answers that a run of the graph brings along.

    Attributes:
        by_id: Answers by the ids of their interrupts.
        plain: The answer without an id; `None` if there is none.
        standing: The interrupts that stood when the run began, and what they asked, by their ids;
            `None` if that is not known.
        around: The same of each graph around it. People read the outermost.
    """

    by_id: dict[str, Any]
    plain: Any = None
    standing: Mapping[str, Any] | None = None
    around: Sequence[Mapping[str, Any]] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing was brought along: the run only goes on with what there is."""
        return not self.by_id and self.plain is None

    def answers(self, ids: Sequence[str]) -> dict[str, Any]:
        """The answers to these interrupts."""
        found = {id_: self.by_id[id_] for id_ in ids if id_ in self.by_id}
        if not found and len(ids) == 1 and self.plain is not None:
            (only,) = ids
            if not self.standing or only in self.standing:
                return {only: self.plain}
        return found

    def shown(self, interrupt_id: str) -> list[Any]:
        """What an interrupt asked, wherever people may have read it."""
        stood = [self.standing or {}, *self.around]
        return [values[interrupt_id] for values in stood if interrupt_id in values]


def delivery_of(config: RunnableConfig, outer: RunnableConfig) -> Delivery:
    """What the thread has just been resumed with.

    Args:
        config: The config of the task that asks.
        outer: The config of the task that the script graph runs in; it may be the same.
    """
    configurable = config["configurable"]
    by_id = dict(configurable.get(CONFIG_KEY_RESUME_MAP) or {})
    loop = run_of(outer)
    plain = configurable[CONFIG_KEY_SCRATCHPAD].get_null_resume(False)
    if loop is not None and not loop.is_nested and not isinstance(loop.input, Command):
        # It was left over by a run that has died, and nobody knows any more what it was for.
        plain = None
    return Delivery(by_id, plain, _standing(loop), _standing_around(loop))


def use_up_plain_answer(config: RunnableConfig) -> None:
    """Uses the answer without an id up: whoever asks next does not get it too."""
    config["configurable"][CONFIG_KEY_SCRATCHPAD].get_null_resume(True)


def may_keep_plain_answer(config: RunnableConfig) -> bool:
    """Whether an answer without an id may be stored with the thread, which whoever asks next gets.

    It surely is not if this run has brought answers with ids, and no run before it has left any.
    """
    loop = run_of(config)
    while loop is not None and loop.is_nested:
        loop = run_of(loop.config)
    if loop is None or not config["configurable"].get(CONFIG_KEY_RESUME_MAP):
        return True
    return any(channel == RESUME for _, channel, _ in list(loop.checkpoint_pending_writes))


def _standing(loop: Any) -> dict[str, Any] | None:
    if loop is None:
        return None
    stored = [value for _, channel, value in loop.checkpoint_pending_writes if channel == INTERRUPT]
    return {one.id: one.value for shown in stored for one in interrupts_in(shown)}


def _standing_around(loop: Any) -> list[dict[str, Any]]:
    found = []
    while loop is not None and loop.is_nested:
        loop = run_of(loop.config)
        found.append(_standing(loop) or {})
    return found


def started_before(config: RunnableConfig) -> bool:
    """Whether the task with this config was begun before, and cut off or interrupted."""
    return bool(config.get("configurable", {}).get(CONFIG_KEY_RESUMING))


def graph_durability(config: RunnableConfig, keeps: bool = False) -> Durability | None:
    """How a script graph inside a task of another graph is to store its steps.

    Once, when the script pauses: a script that runs to its end needs nothing stored of its own.
    Where the outer graph stores each step before the next, so does the script graph. When it is
    resumed, it does so in any case: that an answer was taken has to be known before anything is
    done with it.

    Args:
        config: The config of the task.
        keeps: Whether the script is to be stored whenever a call has ended.
    """
    if not has_checkpointer(config):
        return None
    each = config["configurable"].get(CONFIG_KEY_DURABILITY) == "sync"
    return "sync" if each or keeps or started_before(config) else "exit"


def mark_as_unfit(error: Exception) -> Exception:
    """Marks the error of an answer that does not fit, as LangGraph marks its own, and returns it.

    Tasks answered in the same resume may finish, and no error handler makes a message of it.
    """
    _mark_invalid_resume(error)
    return error
