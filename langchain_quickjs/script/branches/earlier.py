"""The pauses that a script has left, in the history of its thread.

Where a script runs inside a task of the thread's outermost graph, as in an agent, all its pauses
are at one checkpoint of that graph, which shows the latest. So when a script comes to its next
pause, the one that it has left is stored as a checkpoint of its own, right before that one:

    twin   the same state, with the question that stood then
    mark   a pending write of the twin: where the script's own graph has that pause

Whoever forks the thread at a twin, or anywhere at that step, has the task run again under another
id. It then finds the pause by way of the checkpoints that the fork was made of, and goes on there.

An answer at a checkpoint that the thread has left makes a fork too, for which LangGraph stores
nothing when the script asks again: the thread would go on standing elsewhere. So that pause gets a
checkpoint as well, the newest one, with its question, its mark, and what is stored of the script: a
prune takes the graph of a script together with the checkpoint that this began at.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.base.id import uuid6
from langgraph.errors import GraphInterrupt
from langgraph.types import Interrupt

from langchain_quickjs.errors import AlreadyAnsweredError
from langchain_quickjs.script.flow.call_ids import digest
from langchain_quickjs.script.flow.drivers import Ask, Asking
from langchain_quickjs.script.langgraph_internals.checkpointer import (
    address_of_graph,
    checkpointer_of,
    namespace_of_graph,
    stores_when_it_ends_only,
)
from langchain_quickjs.script.langgraph_internals.graph_around import step_of
from langchain_quickjs.script.langgraph_internals.resume import mark_as_unfit
from langchain_quickjs.script.langgraph_internals.superstep import (
    INTERRUPTS,
    Outermost,
)

__all__ = [
    "EarlierPause",
    "asked_where_it_stands",
    "earlier_pause",
    "keep_left_pause",
    "require_open",
]

_T = TypeVar("_T")
# Where a script's graph may be, and what is stored of the script if that graph is gone.
_Place: TypeAlias = tuple[RunnableConfig, Any]

_MARK: Final = "quickjs_pause"
_MOST_FORKS: Final = 16  # Of a fork of a fork: for each, somebody looks into the database.
_MOST_STEPS: Final = 8  # After its last pause a script's graph has no more checkpoints than some.

# Where the ids of twins are: below that of the checkpoint, mostly in the part that says no time.
# The bits of an id that say its version and variant are the same in all of them (RFC 9562, 5.6).
_SAME_BITS: Final = 0xF << 76 | 0x3 << 62
_LOW_BITS: Final = 62
_MID_BITS: Final = 12
_SPREAD_BITS: Final = 40
_NOISE_BITS: Final = 20


@dataclass(frozen=True, slots=True)
class EarlierPause:
    """A pause of a script that its thread was forked at.

    Attributes:
        paused: What is stored of the script; `None` if whatever the fork was made of is gone.
        namespace: That of the script graph in which it is.
        here: Whether it is answered where it stands, so its question was not asked again.
    """

    paused: Any
    namespace: str
    here: bool


def keep_left_pause(config: RunnableConfig, shown: Sequence[Interrupt]) -> Asking[None]:
    """Keeps a pause that a script has left, because it has come to another one.

    Args:
        config: The config of the task of the script's graph that has gone on from it.
        shown: What people were asked there.
    """
    saver, namespace = checkpointer_of(config), namespace_of_graph(config)
    outermost = Outermost.of(config, namespace)
    if saver is None or outermost is None or stores_when_it_ends_only(outermost.config):
        return
    twin = _twin_id(outermost.checkpoint_id, _pause_id(config), namespace, step_of(config))
    yield from _keep(saver, outermost, config, twin, shown)


def asked_where_it_stands(config: RunnableConfig, paused: Any, answers: Asking[_T]) -> Asking[_T]:
    """Gives what is answered at a pause; if people are asked, the thread stands there from then on.

    Args:
        config: The config of the task of the script's graph that asks.
        paused: What is stored of the script.
        answers: Finds what is answered.

    Raises:
        GraphInterrupt: People are asked.
    """
    try:
        return (yield from answers)
    except GraphInterrupt as asks:
        saver, outermost = checkpointer_of(config), Outermost.of(config, namespace_of_graph(config))
        if saver is not None and outermost is not None and outermost.is_answered_late:
            shown: Sequence[Interrupt] = asks.args[0]
            # If the same is asked as before, the answer did not fit, and nothing has happened.
            if {one.id for one in shown} != outermost.asked:
                newest = str(uuid6(clock_seq=outermost.step))
                yield from _keep(saver, outermost, config, newest, shown, paused, source="fork")
        raise


def _keep(
    saver: BaseCheckpointSaver[Any],
    outermost: Outermost,
    config: RunnableConfig,
    checkpoint_id: str,
    shown: Sequence[Interrupt],
    *paused: Any,
    **said: str,
) -> Asking[None]:
    """Stores a pause as a checkpoint of the outermost graph; what belongs to it first."""
    at = outermost.address(checkpoint_id)
    task = outermost.task_at(checkpoint_id)
    if task is not None:
        yield Ask(saver, "put_writes", (at, [(INTERRUPTS, tuple(shown))], task))
    place, whole = namespace_of_graph(config), outermost.checkpoint_id
    mark = [place, _pause_id(config), whole, outermost.step, *paused]
    # Each script has a mark of its own.
    own_mark = str(uuid.UUID(digest("mark", place)))
    yield Ask(saver, "put_writes", (at, [(_MARK, mark)], own_mark))
    checkpoint, metadata = outermost.stored
    before = outermost.address(outermost.parent_id)
    kept = {**checkpoint, "id": checkpoint_id}
    yield Ask(saver, "put", (before, kept, {**metadata, **said}, {}))


def require_open(config: RunnableConfig, namespace: str) -> Asking[None]:
    """Sees to it that an answer is for a script that waits.

    Args:
        config: The config of the task of the outermost graph that runs the script.
        namespace: That of the script graph.

    Raises:
        AlreadyAnsweredError: The answer is given at a checkpoint that the thread has left, and the
            script has ended there.
    """
    saver, outermost = checkpointer_of(config), Outermost.of(config, namespace)
    if saver is None or outermost is None or not outermost.is_answered_late:
        return
    found: CheckpointTuple | None = yield Ask(
        saver, "get_tuple", (outermost.address(None, namespace),)
    )
    # One that has just begun here, in a run that was cut off, has no outcome either.
    if found is not None and found.checkpoint["channel_values"].get("outcome") is not None:
        raise mark_as_unfit(
            AlreadyAnsweredError(
                "This question has been answered, and the program has ended since. Nothing was "
                "done with the answer that came now. To decide otherwise from there, fork the "
                "thread first: `invoke(None, config)` with the config of that state asks again."
            )
        )


def earlier_pause(config: RunnableConfig) -> Asking[EarlierPause | None]:
    """The pause at which the thread was forked, for a script graph that begins.

    Args:
        config: The config of a task of the script graph.
    """
    saver, namespace = checkpointer_of(config), namespace_of_graph(config)
    outermost = Outermost.of(config, namespace)
    if saver is None or outermost is None:
        return None
    source, step = outermost.source, outermost.step
    parent = outermost.parent_id
    # What has been forked and is the newest is not forked again: its tasks have the ids they had.
    places: list[_Place] = [(outermost.address(outermost.addressed(namespace), namespace), None)]
    # Otherwise LangGraph has just forked it, and the marks are those of what that was made of.
    here = outermost.is_answered or bool(outermost.asked)
    if here:
        places += _marked(outermost.writes, namespace, outermost)
    for _ in range(_MOST_FORKS):
        for place, kept in places:
            paused = (yield from _newest_pause(saver, place)) or kept
            if paused is not None:
                inner: str = place["configurable"]["checkpoint_ns"]
                return EarlierPause(paused, inner, here)
        if source not in ("fork", "update") or step < 1:  # A thread may begin with an update.
            return None
        found: CheckpointTuple | None = None
        if parent is not None:
            found = yield Ask(saver, "get_tuple", (outermost.address(parent),))
        if parent is None or found is None:
            return EarlierPause(None, namespace, False)
        here = False
        source, step = found.metadata.get("source", ""), found.metadata.get("step", 0)
        own = _of_task(parent, step, namespace, outermost)
        places = [*own, *_marked(found.pending_writes or (), namespace, outermost)]
        parent = (found.parent_config or {}).get("configurable", {}).get("checkpoint_id")
    return None


def _of_task(checkpoint_id: str, step: int, namespace: str, outermost: Outermost) -> list[_Place]:
    """Where the script's graph is that ran in the same task at another checkpoint."""
    task = outermost.task_at(checkpoint_id, step)
    if task is None:
        return []
    inner = outermost.namespace_of(task, namespace)
    return [(outermost.address(outermost.addressed(inner), inner), None)]


def _marked(writes: Sequence[Any], namespace: str, outermost: Outermost) -> list[_Place]:
    """Where pauses are of which a checkpoint is a twin."""
    others: list[_Place] = []
    for _, channel, value in writes:
        match value:
            case [str(inner), str(pause), str(whole), int(step), *kept] if channel == _MARK:
                own = _of_task(whole, step, namespace, outermost)
                if inner in [place["configurable"]["checkpoint_ns"] for place, _ in own]:
                    return [(outermost.address(pause, inner), kept[0] if kept else None)]
                others = own  # Beside the one that has gone on, others may have waited.
    return others


def _newest_pause(saver: BaseCheckpointSaver[Any], place: RunnableConfig) -> Asking[Any]:
    """What is stored of a script that has paused; `None` if none has."""
    if place["configurable"].get("checkpoint_id"):
        found: CheckpointTuple | None = yield Ask(saver, "get_tuple", (place,))
        return None if found is None else found.checkpoint["channel_values"].get("paused")
    pauses: list[Any] = []

    def note(one: CheckpointTuple) -> None:
        pauses.append(one.checkpoint["channel_values"].get("paused"))

    yield Ask(saver, "list", (place,), {"limit": _MOST_STEPS}, note)
    return next((paused for paused in pauses if paused is not None), None)


def _pause_id(config: RunnableConfig) -> str:
    """The checkpoint of a script's own graph at which it has paused."""
    found: str = address_of_graph(config)["configurable"]["checkpoint_id"]
    return found


def _twin_id(checkpoint_id: str, pause_id: str, namespace: str, step: int) -> str:
    """The id of a twin: below that of the checkpoint, and above those of earlier pauses.

    Args:
        checkpoint_id: The checkpoint.
        pause_id: That of the script's own graph: once that has been run again, its steps have the
            same numbers as those before.
        namespace: That of the script's own graph.
        step: The step of that graph which has gone on from the pause.
    """
    whole = uuid.UUID(checkpoint_id).int
    noise = int(digest("twin", checkpoint_id, namespace, pause_id), 16) % (1 << _NOISE_BITS)
    low, mid = whole % (1 << _LOW_BITS), (whole >> 64) % (1 << _MID_BITS)
    number = (whole >> 80 << _MID_BITS | mid) << _LOW_BITS | low
    number -= (1 << _SPREAD_BITS) // max(step, 1) + noise
    high, mid = divmod(number >> _LOW_BITS, 1 << _MID_BITS)
    own = high << 80 | mid << 64 | number % (1 << _LOW_BITS)
    return str(uuid.UUID(int=own | whole & _SAME_BITS))
