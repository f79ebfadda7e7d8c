"""The tasks that LangGraph runs in one step: those before a task, and what has become of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import CONFIG_KEY_TASK_ID, ERROR, INTERRUPT
from langgraph.constants import START
from langgraph.pregel._algo import task_path_str

from langchain_quickjs.script.langgraph_internals.graph_around import run_of
from langchain_quickjs.script.state import StateUpdate

__all__ = ["Superstep", "TaskStatus"]

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
