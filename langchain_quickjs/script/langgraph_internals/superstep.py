"""The tasks that LangGraph runs in one step: those before a task, and what has become of each.

LangGraph forks a thread at its outermost graph: with another checkpoint, whose tasks have other
ids. What graphs inside have stored is under the ids of the tasks before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, TypeAlias

from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import (
    CONFIG_KEY_CHECKPOINT_MAP,
    CONFIG_KEY_TASK_ID,
    ERROR,
    INTERRUPT,
    NS_END,
    NS_SEP,
)
from langgraph.constants import START
from langgraph.pregel._algo import prepare_next_tasks, task_path_str

from langchain_quickjs.script.langgraph_internals.checkpointer import interrupts_in
from langchain_quickjs.script.langgraph_internals.graph_around import run_of
from langchain_quickjs.script.state import StateUpdate

__all__ = ["INTERRUPTS", "Outermost", "Superstep", "TaskStatus", "forked_at"]

INTERRUPTS: Final[str] = INTERRUPT
"""The channel of pending writes that says what a task has asked."""

TaskStatus: TypeAlias = Literal["open", "ended", "stopped"]
"""A task has not ended, has ended, or was interrupted or failed in a way nobody can tell."""


class Superstep:
    """The tasks that LangGraph runs in the step that a task belongs to.

    Args:
        config: The config of that task.
    """

    def __init__(self, config: RunnableConfig) -> None:
        self._loop: Any = run_of(config)
        self.task_id: str = config["configurable"][CONFIG_KEY_TASK_ID]

    @property
    def turn(self) -> str:
        """Which input of the graph its present run began with; the same after a pause."""
        checkpoint = getattr(self._loop, "checkpoint", None) or {}
        return str(checkpoint.get("channel_versions", {}).get(START, ""))

    def earlier_tasks(self, tool_name: str) -> list[str]:
        """The tasks that call this tool and stand before this one, in their order."""
        tasks = getattr(self._loop, "tasks", {})
        if self.task_id not in tasks:
            return []
        mine = task_path_str(tasks[self.task_id].path)
        before = [
            (task_path_str(task.path), task.id)
            for task in tasks.values()
            if _calls(task.input, tool_name)
        ]
        return [task_id for path, task_id in sorted(before) if path < mine]

    def written(self, key: str, task_ids: Iterable[str]) -> list[StateUpdate]:
        """What tasks of this step have written to a key of the state."""
        tasks = getattr(self._loop, "tasks", {})
        mine = [list(tasks[task_id].writes) for task_id in task_ids if task_id in tasks]
        return [write for writes in mine for write in writes if write[0] == key]

    def hide_from_streams(self, key: str) -> None:
        """Keeps a key out of the streams of this run, which show private keys otherwise."""
        for name in ("output_keys", "stream_keys"):
            keys = getattr(self._loop, name, None)
            if isinstance(keys, list | tuple) and key in keys:
                setattr(self._loop, name, [shown for shown in keys if shown != key])

    def status(self, task_id: str, *, seen: bool) -> TaskStatus:
        """What has become of a task, in this run of the step or in one before.

        Args:
            task_id: The task.
            seen: Whether it is known to have begun in this run.

        Raises:
            Exception: It has failed: what it raised.
        """
        if task_id not in self._loop._written_task_ids:
            # A task that ended in an earlier run has its writes, and does not run again. What is
            # left of one that was interrupted or failed then says nothing about this run.
            ended = not seen and bool(self._loop.tasks[task_id].writes)
            return "ended" if ended else "open"
        pending = list(self._loop.checkpoint_pending_writes)
        mine = {channel: value for owner, channel, value in pending if owner == task_id}
        if isinstance(error := mine.get(ERROR), Exception):
            raise error
        return "stopped" if INTERRUPT in mine or ERROR in mine else "ended"


def _calls(task_input: Any, tool_name: str) -> bool:
    """Whether a task of the tool node calls a tool."""
    calls = task_input if isinstance(task_input, list) else [task_input]
    return any(isinstance(call, dict) and call.get("name") == tool_name for call in calls)


def forked_at(config: RunnableConfig) -> str:
    """The checkpoint at which somebody forked the graph whose task has this config.

    It is empty if the graph stands somewhere else.
    """
    loop = run_of(config)
    source = (getattr(loop, "checkpoint_metadata", None) or {}).get("source")
    return str(loop.checkpoint["id"]) if source in ("fork", "update") else ""


@dataclass(frozen=True, slots=True)
class Outermost:
    """The outermost graph around a graph that runs in one of its tasks.

    Attributes:
        loop: Its run.
        task_id: The task.
    """

    loop: Any
    task_id: str

    @classmethod
    def of(cls, config: RunnableConfig, namespace: str) -> Self | None:
        """The graph around one with this namespace; `None` unless that is right inside it.

        Args:
            config: The config of a task of the inner graph.
            namespace: That of the inner graph.
        """
        task, *numbers = namespace.split(NS_SEP)
        loop = run_of(config)
        while loop is not None and loop.is_nested:
            loop = run_of(loop.config)
        if loop is None or NS_END not in task or not all(map(str.isdecimal, numbers)):
            return None
        return cls(loop, task.rpartition(NS_END)[2])

    @property
    def is_answered(self) -> bool:
        """Whether this run has brought an answer to the checkpoint at which it stands."""
        return getattr(self.loop.input, "resume", None) is not None

    @property
    def is_answered_late(self) -> bool:
        """The same, and the thread has left that checkpoint."""
        return self.is_answered and bool(self.loop._addressed_checkpoint_superseded)

    @property
    def asked(self) -> set[str]:
        """The ids of the questions that the task asks at the checkpoint at which it stands."""
        return {
            one.id
            for task, channel, shown in self.writes
            if (task, channel) == (self.task_id, INTERRUPT)
            for one in interrupts_in(shown)
        }

    @property
    def config(self) -> RunnableConfig:
        """The config of its run."""
        config: RunnableConfig = self.loop.config
        return config

    @property
    def checkpoint_id(self) -> str:
        """The checkpoint at which it stands."""
        return str(self.loop.checkpoint["id"])

    @property
    def parent_id(self) -> str | None:
        """The checkpoint before that, of those that are stored."""
        last: Any = self.loop.checkpoint_config.get("configurable", {})
        if last.get("checkpoint_id") == self.checkpoint_id:
            last = (self.loop.prev_checkpoint_config or {}).get("configurable", {})
        found: str | None = last.get("checkpoint_id")
        return found

    @property
    def source(self) -> str:
        """How the checkpoint came about at which it stands."""
        return str(self.loop.checkpoint_metadata.get("source", ""))

    @property
    def step(self) -> int:
        """The number of the checkpoint at which it stands."""
        return int(self.loop.step) - 1

    @property
    def writes(self) -> Sequence[Any]:
        """The pending writes of the checkpoint at which it stands."""
        return list(self.loop.checkpoint_pending_writes)

    @property
    def stored(self) -> tuple[Any, Any]:
        """The checkpoint at which it stands, and its metadata: as the run has loaded them."""
        return self.loop.checkpoint, self.loop.checkpoint_metadata

    def address(self, checkpoint_id: str | None = "", namespace: str = "") -> RunnableConfig:
        """Where a checkpoint is.

        Args:
            checkpoint_id: The checkpoint: that of the graph if empty, the newest if `None`.
            namespace: Its namespace.
        """
        thread_id = str(self.loop.config["configurable"]["thread_id"])
        found = self.checkpoint_id if checkpoint_id == "" else checkpoint_id
        place = {"thread_id": thread_id, "checkpoint_ns": namespace}
        return {"configurable": place | ({"checkpoint_id": found} if found else {})}

    def addressed(self, namespace: str) -> str | None:
        """The checkpoint of a graph inside that whoever runs the thread has named."""
        found: str | None = (
            self.loop.config["configurable"].get(CONFIG_KEY_CHECKPOINT_MAP, {}).get(namespace)
        )
        return found

    def namespace_of(self, task_id: str, like: str) -> str:
        """The namespace that a graph would have in another task, where it has this one in its."""
        return like.replace(f"{NS_END}{self.task_id}", f"{NS_END}{task_id}", 1)

    def task_at(self, checkpoint_id: str, step: int | None = None) -> str | None:
        """The id that the task has at another checkpoint at which the same tasks run.

        Args:
            checkpoint_id: The checkpoint.
            step: Its number, if that is another one.
        """
        loop = self.loop
        if self.task_id not in loop.tasks:
            return None
        path = loop.tasks[self.task_id].path
        checkpoint: Any = {**loop.checkpoint, "id": checkpoint_id}
        tasks = prepare_next_tasks(
            checkpoint,
            [],
            loop.nodes,
            loop.channels,
            loop.managed,
            loop.config,
            loop.step if step is None else step + 1,
            loop.stop,
            for_execution=False,
        )
        return next((task.id for task in tasks.values() if task.path == path), None)
