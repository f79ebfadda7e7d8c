"""What LangGraph stores of a graph: where, when, and under which names.

Every graph of a thread has its checkpoints under its namespace. A task knows the checkpoints that
its own graph and those around it stood at when it began.

A checkpointer can list what it holds, and that is all checkpoints of all threads with all their
state. A thread waits if the newest checkpoint of its outermost graph has an interrupt among its
pending writes. The checkpointers that LangGraph comes with can be asked for just these: a copy of
one that lists nothing else, or, for SQLite, a query of our own.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import (
    CONFIG_KEY_CHECKPOINT_MAP,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_CHECKPOINTER,
    CONFIG_KEY_DURABILITY,
    ERROR,
    ERROR_SOURCE_NODE,
    INTERRUPT,
    NS_END,
    NS_SEP,
    NULL_TASK_ID,
    RESUME,
)
from langgraph._internal._typing import MISSING
from langgraph.channels.base import BaseChannel
from langgraph.checkpoint.base import BaseCheckpointSaver, PendingWrite
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import EmptyChannelError
from langgraph.types import Interrupt

__all__ = [
    "EMPTY_CHANNEL",
    "NAMES_TASK",
    "OVERWRITTEN",
    "HiddenChannel",
    "SqliteThreads",
    "address_of_graph",
    "addresses_of_graphs_above",
    "agent_inside",
    "checkpointer_of",
    "has_checkpointer",
    "interrupts_in",
    "lists_waiting_only",
    "namespace_of_graph",
    "namespace_of_task",
    "root_of",
    "standing_interrupts",
    "stores_when_it_ends_only",
    "threads_in_sqlite",
    "was_answered",
    "writes_that_forget_the_answer",
]

EMPTY_CHANNEL: Final[Any] = MISSING
"""What stands for the value of a channel that has none."""

NAMES_TASK: Final[str] = NS_END
"""What a namespace has that names a task."""

OVERWRITTEN: Final[str] = RESUME
"""A channel of pending writes in which a later write of the same task replaces an earlier one."""


# What says of a task how it stands; all else is what it gave, and then it has ended.
_NO_OUTPUT: Final = frozenset((ERROR, ERROR_SOURCE_NODE, INTERRUPT, RESUME))

_WAITS: Final = """
checkpoint_ns = ''
and exists (
    select 1 from {writes} w where w.thread_id = checkpoints.thread_id and w.checkpoint_ns = ''
    and w.checkpoint_id = checkpoints.checkpoint_id and w.channel = '{interrupt}'
)
and not exists (
    select 1 from checkpoints newer where newer.thread_id = checkpoints.thread_id
    and newer.checkpoint_ns = '' and newer.checkpoint_id > checkpoints.checkpoint_id
)
"""
_IN_SQLITE: Final = _WAITS.format(writes="writes", interrupt=INTERRUPT)
_SQLITE: Final = " ".join(
    ("select thread_id from checkpoints where", _IN_SQLITE, "order by checkpoint_id desc")
)
# The values of channels may be large, and nobody looks at them.
_COLUMNS: Final = """
thread_id, checkpoint, checkpoint_ns, checkpoint_id, parent_checkpoint_id, metadata,
null::bytea[] as channel_values, pending_writes
"""
_POSTGRES: Final = _WAITS.format(writes="checkpoint_writes", interrupt=INTERRUPT)


def checkpointer_of(config: RunnableConfig) -> BaseCheckpointSaver[Any] | None:
    """The checkpointer of the graph whose task has this config, if it has one."""
    saver = config.get("configurable", {}).get(CONFIG_KEY_CHECKPOINTER)
    return saver if isinstance(saver, BaseCheckpointSaver) else None


def has_checkpointer(config: RunnableConfig) -> bool:
    """Whether the graph whose task has this config can be interrupted and resumed."""
    return checkpointer_of(config) is not None


def stores_when_it_ends_only(config: RunnableConfig) -> bool:
    """Whether the graph whose task has this config stores nothing before its run ends."""
    return config.get("configurable", {}).get(CONFIG_KEY_DURABILITY) == "exit"


def writes_that_forget_the_answer(
    config: RunnableConfig,
) -> tuple[RunnableConfig, list[tuple[str, Any]], str]:
    """The arguments of `put_writes` that make LangGraph forget what has resumed this thread.

    LangGraph keeps the value of `Command(resume=...)` with the outermost graph's checkpoint. While
    that checkpoint stands, it would give the same value to the next question of a graph inside,
    if somebody then invoked the thread without an answer.
    """
    return _address(config, ""), [(RESUME, None)], NULL_TASK_ID


def namespace_of_graph(config: RunnableConfig) -> str:
    """The namespace of the graph whose task has this config."""
    namespace: str = config.get("configurable", {}).get(CONFIG_KEY_CHECKPOINT_NS, "")
    return namespace.rpartition(NS_SEP)[0]


def agent_inside(config: RunnableConfig) -> str:
    """The name of the agent whose task has this config, if it is inside another graph.

    LangChain gives the name of an agent to all that runs in it. Empty if it has none, and for the
    outermost agent, of which people know that it asks.
    """
    name = config.get("metadata", {}).get("lc_agent_name")
    return name if isinstance(name, str) and namespace_of_graph(config) else ""


def namespace_of_task(graph: str, name: str, task_id: str) -> str:
    """The namespace of a task, which a graph that is called in it has too.

    Args:
        graph: The namespace of the graph that the task belongs to.
        name: The node that it runs.
        task_id: The task.
    """
    task = f"{name}{NS_END}{task_id}"
    return f"{graph}{NS_SEP}{task}" if graph else task


def root_of(config: RunnableConfig) -> str:
    """The checkpoint of the outermost graph in which the task with this config runs."""
    root: str = config["configurable"].get(CONFIG_KEY_CHECKPOINT_MAP, {}).get("", "")
    return root


def address_of_graph(config: RunnableConfig) -> RunnableConfig:
    """Where the graph whose task has this config has its checkpoint."""
    return _address(config, namespace_of_graph(config))


def addresses_of_graphs_above(config: RunnableConfig) -> list[RunnableConfig]:
    """Where all graphs that a task is in have their checkpoints, the outermost one first."""
    namespaces = config["configurable"][CONFIG_KEY_CHECKPOINT_MAP]
    return [_address(config, namespace) for namespace in namespaces]


def _address(config: RunnableConfig, namespace: str) -> RunnableConfig:
    configurable = config["configurable"]
    return {
        "configurable": {
            "thread_id": str(configurable["thread_id"]),
            "checkpoint_ns": namespace,
            "checkpoint_id": configurable[CONFIG_KEY_CHECKPOINT_MAP][namespace],
        }
    }


def interrupts_in(stored: object) -> list[Interrupt]:
    """The interrupts in what is stored of those of a task.

    A database that others write to can hold anything in its place.
    """
    found = stored if isinstance(stored, list | tuple) else [stored]
    return [one for one in found if isinstance(one, Interrupt)]


def standing_interrupts(writes: Iterable[PendingWrite]) -> list[Interrupt]:
    """The interrupts among the pending writes of a checkpoint that nobody has answered."""
    asked: dict[str, list[Interrupt]] = {}
    ended = set()
    for task_id, channel, value in writes:
        if channel == INTERRUPT:
            asked[task_id] = interrupts_in(value)
        elif channel not in _NO_OUTPUT and task_id != NULL_TASK_ID:
            ended.add(task_id)
    return [one for task_id, some in asked.items() if task_id not in ended for one in some]


def was_answered(writes: Iterable[PendingWrite], interrupt_id: str) -> bool | None:
    """Whether an interrupt among the pending writes of a checkpoint has an answer that was used.

    Returns:
        Whether it was; `None` if it is not there.
    """
    listed = list(writes)
    standing = {str(one.id) for one in standing_interrupts(listed)}
    asked = [value for _, channel, value in listed if channel == INTERRUPT]
    found = {
        str(getattr(one, "id", ""))
        for value in asked
        for one in (value if isinstance(value, list | tuple) else [value])
    }
    return interrupt_id not in standing if interrupt_id in found else None


def lists_waiting_only(saver: BaseCheckpointSaver[Any]) -> BaseCheckpointSaver[Any] | None:
    """A copy of a checkpointer that lists the checkpoints at which threads wait, the newest first.

    It need not tell the values of channels.

    Returns:
        The copy, or `None` if there is no such thing of this checkpointer.
    """
    if isinstance(saver, InMemorySaver):
        return _of_memory(saver)
    if not _class_names(saver) & {"PostgresSaver", "AsyncPostgresSaver"}:
        return None
    narrowed: Any = copy.copy(saver)
    narrowed.SELECT_SQL = " ".join(
        ("select", _COLUMNS, "from (", narrowed.SELECT_SQL, "where", _POSTGRES, ") checkpoints ")
    )
    return narrowed  # type: ignore[no-any-return]  # a copy is what its original is


def _of_memory(saver: InMemorySaver) -> InMemorySaver:
    newest = {
        thread_id: max(places.get("", {}), default="")
        for thread_id, places in list(saver.storage.items())
    }
    narrowed: Any = copy.copy(saver)
    narrowed.storage = {}
    for thread_id, at in sorted(newest.items(), key=lambda pair: pair[1], reverse=True):
        written = saver.writes.get((thread_id, "", at), {})
        if any(channel == INTERRUPT for _, channel, *_ in written.values()):
            narrowed.storage[thread_id] = {"": {at: saver.storage[thread_id][""][at]}}
    return narrowed  # type: ignore[no-any-return]  # a copy is what its original is


@dataclass(frozen=True, slots=True)
class SqliteThreads:
    """Looks up which threads wait in a database of SQLite.

    Attributes:
        saver: A checkpointer of LangGraph for SQLite, of either kind.
    """

    saver: Any

    def waiting(self) -> Sequence[tuple[str]]:
        """The threads, newest first."""
        if hasattr(self.saver, "loop"):
            return asyncio.run_coroutine_threadsafe(self.awaiting(), self.saver.loop).result()
        with self.saver.cursor(transaction=False) as cursor:
            return list(cursor.execute(_SQLITE))

    async def awaiting(self) -> Sequence[tuple[str]]:
        """The same where the checkpointer is used asynchronously."""
        return list(await self.saver.conn.execute_fetchall(_SQLITE))


def threads_in_sqlite(saver: BaseCheckpointSaver[Any]) -> SqliteThreads | None:
    """What looks up threads, if this is a checkpointer for SQLite."""
    known = _class_names(saver) & {"SqliteSaver", "AsyncSqliteSaver"}
    return SqliteThreads(saver) if known else None


def _class_names(saver: object) -> set[str]:
    # The packages of databases need not be installed.
    return {base.__name__ for base in type(saver).__mro__}


class HiddenChannel(BaseChannel[bytes, bytes, bytes]):
    """Holds bytes, and shows them to nobody who reads the state. What a write does, each kind says.

    Attributes:
        value: What it holds; `EMPTY_CHANNEL` for nothing.
    """

    def __init__(self, typ: Any = bytes, key: str = "") -> None:
        super().__init__(typ, key)
        self.value: Any = EMPTY_CHANNEL

    @property
    def ValueType(self) -> Any:  # noqa: N802 - LangGraph's name
        """Names the type of the value."""
        return bytes

    @property
    def UpdateType(self) -> Any:  # noqa: N802 - LangGraph's name
        """Names the type of a write."""
        return bytes

    def copy(self) -> Self:
        """Copies the channel for somebody who wants to see what a write would do."""
        return self.from_checkpoint(self.value)

    def checkpoint(self) -> Any:
        """Gives the value to store."""
        return self.value

    def from_checkpoint(self, checkpoint: Any) -> Self:
        """Makes the channel that a run of the graph begins with."""
        new = self.__class__(self.typ, self.key)
        new.value = checkpoint
        return new

    def get(self) -> bytes:
        """Gives nothing, because it is no part of the state that people read."""
        raise EmptyChannelError

    def is_available(self) -> bool:
        """Says no, because nobody reads the value by way of the state."""
        return False
