"""Which threads of a checkpointer wait for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

from langchain_quickjs.errors import SetupError
from langchain_quickjs.quoting import value_text
from langchain_quickjs.script.flow.drivers import Ask, Asking, adrive, drive
from langchain_quickjs.script.langgraph_internals.checkpointer import (
    SqliteThreads,
    lists_waiting_only,
    standing_interrupts,
    threads_in_sqlite,
)
from langchain_quickjs.watch.question import UNKNOWN_TIME, question_in, time_in

__all__ = ["PendingThread", "apending_threads", "pending_threads"]


@dataclass(frozen=True, slots=True)
class PendingThread:
    """A thread that waits for people.

    Attributes:
        thread_id: The thread.
        since: When it came to wait.
        interrupt_ids: What it waits for.
    """

    thread_id: str
    since: datetime
    interrupt_ids: tuple[str, ...]


def pending_threads(
    checkpointer: BaseCheckpointSaver[Any], *, limit: int | None = None
) -> list[PendingThread]:
    """Lists the threads that wait for people, in whatever graph.

    Of LangGraph's own checkpointers, for memory, SQLite and PostgreSQL, it reads no more than the
    checkpoints at which threads wait. Of others it reads all that they list.

    Args:
        checkpointer: The checkpointer.
        limit: How many threads to list at most.

    Returns:
        The threads, those first that have come to wait last.

    Raises:
        SetupError: `limit` is no positive number, or `checkpointer` no checkpointer.
    """
    return drive(_pending_threads(checkpointer, limit))


async def apending_threads(
    checkpointer: BaseCheckpointSaver[Any], *, limit: int | None = None
) -> list[PendingThread]:
    """The same as `pending_threads`, for checkpointers that are used asynchronously."""
    return await adrive(_pending_threads(checkpointer, limit))


def _pending_threads(
    saver: BaseCheckpointSaver[Any], limit: int | None
) -> Asking[list[PendingThread]]:
    if not isinstance(saver, BaseCheckpointSaver):
        raise SetupError(
            "`checkpointer` must be a checkpointer, for example the one of the agent; "
            f"it is {value_text(saver)}. `pending(agent, config)` takes an agent."
        )
    if limit is not None and (type(limit) is not int or limit < 1):
        raise SetupError(f"`limit` must be a number of threads, 1 or more, or None; not {limit!r}.")
    if (lookup := threads_in_sqlite(saver)) is not None:
        found = yield from _looked_up(saver, lookup, limit)
    elif (waiting := lists_waiting_only(saver)) is not None:
        found = yield from _listed_in_pages(waiting, limit)
    else:
        found = yield from _listed(saver)
    return sorted(found, key=lambda thread: thread.since, reverse=True)[:limit]


def _listed(saver: BaseCheckpointSaver[Any]) -> Asking[list[PendingThread]]:
    """Goes through what a checkpointer lists. Of all of it, the newest of each thread counts."""
    newest: dict[str, tuple[str, PendingThread | None]] = {}

    def take(stored: CheckpointTuple) -> None:
        place = stored.config["configurable"]
        thread_id, checkpoint_id = str(place["thread_id"]), str(place["checkpoint_id"])
        if not place.get("checkpoint_ns") and checkpoint_id > newest.get(thread_id, ("",))[0]:
            newest[thread_id] = checkpoint_id, _waiting(stored)

    yield Ask(saver, "list", (None,), each=take)
    return [thread for _, thread in newest.values() if thread is not None]


def _listed_in_pages(
    waiting: BaseCheckpointSaver[Any], limit: int | None
) -> Asking[list[PendingThread]]:
    """Goes through what a checkpointer lists that lists no thread twice, the newest first."""
    found: list[PendingThread] = []
    page: list[CheckpointTuple] = []
    options: dict[str, Any] = {} if limit is None else {"limit": limit}
    while True:
        page.clear()
        yield Ask(waiting, "list", (None,), options, each=page.append)
        found += [thread for thread in map(_waiting, page) if thread is not None]
        if limit is None or len(page) < limit or len(found) >= limit:
            return found
        # What had been answered when its run was cut off is listed too, and does not wait.
        options = {"limit": limit, "before": page[-1].config}


def _looked_up(
    saver: BaseCheckpointSaver[Any], lookup: SqliteThreads, limit: int | None
) -> Asking[list[PendingThread]]:
    # It makes its tables when it is first used.
    yield Ask(saver, "get_tuple", (_thread(""),))
    found: list[PendingThread] = []
    for (thread_id,) in (yield Ask(lookup, "waiting", ())):
        stored = yield Ask(saver, "get_tuple", (_thread(thread_id),))
        if stored is not None and (thread := _waiting(stored)) is not None:
            found.append(thread)
            if len(found) == limit:
                break
    return found


def _thread(thread_id: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}


def _waiting(stored: CheckpointTuple) -> PendingThread | None:
    """The thread, if it waits at this checkpoint."""
    interrupts = standing_interrupts(stored.pending_writes or ())
    if not interrupts:
        return None
    asked = [question_in(one.value).asked_at for one in interrupts]
    began = time_in(stored.checkpoint.get("ts")) or UNKNOWN_TIME
    return PendingThread(
        str(stored.config["configurable"]["thread_id"]),
        min((one for one in asked if one is not None), default=began),
        tuple(dict.fromkeys(str(one.id) for one in interrupts)),
    )
