"""Delivers one answer: looks whether its question stands, resumes the thread, says what came of it.

A delivery may come again, late, or at once with others. So it does not resume what does not wait
for this answer; but if the answer was taken and the run that took it has not come to an end, this
one goes on with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command, StateSnapshot

from langchain_quickjs.delivery.asker import program_asking, require_asker
from langchain_quickjs.delivery.delivered import Delivered
from langchain_quickjs.delivery.known import claim_about, known_about, of_claim
from langchain_quickjs.delivery.locks import Held, ThreadLock
from langchain_quickjs.errors import AlreadyAnsweredError, DecisionError, SetupError
from langchain_quickjs.quoting import value_text
from langchain_quickjs.script.durability.claimants import is_alone_in
from langchain_quickjs.script.flow.drivers import Ask, Asking, adrive, drive
from langchain_quickjs.script.langgraph_internals.checkpointer import interrupts_in
from langchain_quickjs.script.telling.receipts import Receipt, receipts
from langchain_quickjs.watch.pending import KeepsState, state_of, thread_of

__all__ = ["Resumable", "adeliver", "deliver"]


# Else LangGraph stores a step while the next one runs: after a crash the model may be asked again
# for a program that has begun, and the calls of the new one have other ids.
_STORED: Final = {"durability": "sync"}

_NOT_USED: Final = (
    "The answer was not used: what was stored of the program at this question is gone, so it has "
    "begun again, or gone back to an earlier question."
)
_NOT_GONE_ON: Final = "The program could not go on, and did nothing with the answer."
_AT_WORK: Final = (
    "Another run of the thread may be at work on what was answered. Deliver the answer again "
    "later; if that run has died, it goes on."
)


class Resumable(KeepsState, Protocol):
    """A compiled graph of LangGraph, with a checkpointer."""

    @property
    def invoke(self) -> Callable[..., Any]:
        """Runs the graph."""
        ...

    @property
    def ainvoke(self) -> Callable[..., Awaitable[Any]]:
        """The same, asynchronously."""
        ...


def deliver(
    agent: Resumable,
    config: RunnableConfig,
    interrupt_id: str,
    answer: Any,
    *,
    lock: ThreadLock | None = None,
    **options: Any,
) -> Delivered:
    """Delivers an answer to a question, as often as it is called, by however many workers.

    If the question stands, the thread is resumed with the answer. If it was answered before and
    the thread was cut off since, by a crash or an exception, it goes on where it stands. Else
    nothing is run.

    An answer to a question of ours counts once in any case. Without `lock`, what comes after it is
    run by each worker that runs the thread at that moment, as LangGraph does.

    Args:
        agent: An agent, or any compiled graph, with a checkpointer.
        config: Names the thread: `{"configurable": {"thread_id": ...}}`.
        interrupt_id: The question, by the id of its interrupt.
        answer: What `Command(resume={interrupt_id: answer})` takes.
        lock: Gives a lock for a thread's id: a `PostgresLock`, or any function that returns a
            context manager. Whatever else runs the thread has to hold it too.
        options: What `agent.invoke` takes besides, such as `context`. Each step is stored before
            the next one begins, unless `durability` says otherwise.

    Returns:
        Whether the answer won, came late, was refused or has nothing to answer; and what the agent
        returned if the thread was run.

    Raises:
        SetupError: The graph has no checkpointer or not what asked, or an argument is wrong.
        ThreadLockError: A `PostgresLock` was not taken in time, or was lost.
        Exception: What a run of the agent raises. Delivered again, it goes on.
    """
    with Held(lock, thread_of(config)):
        return drive(_delivered(agent, config, interrupt_id, answer, {**_STORED, **options}))


async def adeliver(
    agent: Resumable,
    config: RunnableConfig,
    interrupt_id: str,
    answer: Any,
    *,
    lock: ThreadLock | None = None,
    **options: Any,
) -> Delivered:
    """The same as `deliver`, asynchronously: `lock` gives an asynchronous context manager."""
    return await Held(lock, thread_of(config))(adrive)(
        _delivered(agent, config, interrupt_id, answer, {**_STORED, **options})
    )


def _delivered(
    agent: Resumable,
    config: RunnableConfig,
    interrupt_id: str,
    answer: Any,
    options: Mapping[str, Any],
) -> Asking[Delivered]:
    _check(config, interrupt_id)
    found = yield from state_of(agent, config)
    if not _stands(found, interrupt_id):
        known = yield from _known(agent, config, interrupt_id)
        if known.status != "late" or not _is_cut_off(found):
            return known
        state = yield Ask(agent, "invoke", (None, config), options)
        return replace(known, state=state)
    require_asker(agent, found, interrupt_id)
    given: Command[Any] = Command(resume={interrupt_id: answer})
    state = None
    with receipts() as noted:
        try:
            state = yield Ask(agent, "invoke", (given, config), options)
        except AlreadyAnsweredError:
            known = of_claim(noted.get(interrupt_id, Receipt()))
            why = f"The question was answered before. {_AT_WORK}"
            return replace(known, status="late", why=why, again=True)
        except DecisionError:
            if interrupt_id not in noted or not noted[interrupt_id].refused:
                raise
    receipt = noted.get(interrupt_id) or (yield from _receipt(agent, config, interrupt_id))
    if receipt is None and program_asking(found, interrupt_id) is not None:
        again = _stands((yield from state_of(agent, config)), interrupt_id)
        return Delivered("void", _NOT_USED, state=state, again=again)
    receipt = receipt or Receipt(won=True)  # Of somebody else, who took the answer.
    if receipt.refused:
        return Delivered("refused", receipt.refused, state=state)
    known = replace(of_claim(receipt), state=state)
    if receipt.won and receipt.void:
        return replace(known, status="void", why=f"{_NOT_GONE_ON} {receipt.void}")
    if not receipt.won or known.status != "late":
        return known
    won = replace(known, status="won", why="")
    if not receipt.unique or is_alone_in(thread_of(config)):
        return won
    # It counts, but may have to wait for a run that is at work on what was asked beside it.
    waits = _stands((yield from state_of(agent, config)), interrupt_id)
    return replace(won, why=_AT_WORK, again=True) if waits else won


def _known(agent: Resumable, config: RunnableConfig, interrupt_id: str) -> Asking[Delivered]:
    saver = getattr(agent, "checkpointer", None)
    if not isinstance(saver, BaseCheckpointSaver):
        return Delivered("void", "The question does not stand.")
    return (yield from known_about(saver, thread_of(config), interrupt_id))


def _receipt(agent: Resumable, config: RunnableConfig, interrupt_id: str) -> Asking[Receipt | None]:
    """What became of an answer of which the run has noted nothing; `None` if nothing is stored.

    The question may be ours, and its program have come to its end before.
    """
    saver = getattr(agent, "checkpointer", None)
    if isinstance(saver, BaseCheckpointSaver):
        claim = yield from claim_about(saver, thread_of(config), interrupt_id)
        if claim is not None:
            return Receipt(answer=claim.answer, taken_s=claim.taken_s)
        return None
    return Receipt(won=True)


def _stands(found: StateSnapshot, interrupt_id: str) -> bool:
    """Whether a question waits for an answer."""
    return any(str(one.id) == interrupt_id for one in interrupts_in(found.interrupts))


def _is_cut_off(found: StateSnapshot) -> bool:
    """Whether something of a thread is to be done that waits for nobody.

    A task that has a result may be what is left of a step whose end was not stored.
    """
    open_tasks = [task for task in found.tasks if task.interrupts or task.result is None]
    return any(not task.interrupts for task in open_tasks or found.tasks)


def _check(config: RunnableConfig, interrupt_id: object) -> None:
    if not isinstance(interrupt_id, str) or not interrupt_id:
        raise SetupError(
            "`interrupt_id` must be the id of an interrupt, which is text; "
            f"it is {value_text(interrupt_id)}."
        )
    if config.get("configurable", {}).get("checkpoint_id"):
        raise SetupError(
            "An answer is delivered to where the thread stands, and the config names a "
            "`checkpoint_id`. To answer differently at an earlier state, invoke the agent with it."
        )
