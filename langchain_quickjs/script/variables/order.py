"""The order of the programs in one message of the model.

LangGraph runs the tool calls of a message at the same time, each as a task of its own. Programs
that share a heap have to come one after the other, in the order of the message, and none may come
after one that waits for people. A program that comes later waits here for those before it, which
are found among the tasks of the same step: they may run in this process now, may have ended in
another run of the same step, or may be stopped by somebody before they begin.

It knows how LangGraph runs the tasks of a step.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import CONFIG_KEY_CALL, CONFIG_KEY_TASK_ID, ERROR, INTERRUPT
from langgraph.constants import START
from langgraph.pregel._algo import task_path_str

from langchain_quickjs.errors import NotRunError
from langchain_quickjs.script.flow.drivers import Await, Driven
from langchain_quickjs.script.state import StateUpdate

__all__ = ["Line", "Step"]

# How often to look whether a task has ended that nobody says it of.
_GLANCE_S: Final = 0.02
_LOOK_S: Final = 0.25

_WAITING: Final = (
    "This program was not run, because an earlier one of the same message has to wait for a "
    "person. Nothing in it has happened. Run it again if it is still needed."
)


class Step:
    """The tasks that LangGraph runs in the step that a task belongs to.

    Args:
        config: The config of that task.
        tool_name: The name of the tool that runs programs.
    """

    def __init__(self, config: RunnableConfig, tool_name: str) -> None:
        configurable = config["configurable"]
        schedule = getattr(configurable.get(CONFIG_KEY_CALL), "keywords", {}).get("schedule_task")
        self._loop: Any = getattr(schedule, "__self__", None)
        self._tool_name = tool_name
        self.task_id: str = configurable[CONFIG_KEY_TASK_ID]

    @property
    def turn(self) -> str:
        """Which input of the graph its present run began with; the same after a pause."""
        checkpoint = getattr(self._loop, "checkpoint", None) or {}
        return str(checkpoint.get("channel_versions", {}).get(START, ""))

    def earlier(self) -> list[str]:
        """The tasks of the programs that stand before this one, in their order."""
        tasks = getattr(self._loop, "tasks", {})
        if self.task_id not in tasks:
            return []
        mine = task_path_str(tasks[self.task_id].path)
        before = [
            (task_path_str(task.path), task.id)
            for task in tasks.values()
            if _runs(task.input, self._tool_name)
        ]
        return [task_id for path, task_id in sorted(before) if path < mine]

    def written(self, key: str, task_ids: Iterable[str]) -> list[StateUpdate]:
        """What tasks of this step have written to a key of the state."""
        tasks = getattr(self._loop, "tasks", {})
        mine = [list(tasks[task_id].writes) for task_id in task_ids if task_id in tasks]
        return [write for writes in mine for write in writes if write[0] == key]

    def hide(self, key: str) -> None:
        """Keeps a key out of the streams of this run, which show private keys otherwise."""
        for name in ("output_keys", "stream_keys"):
            keys = getattr(self._loop, name, None)
            if isinstance(keys, list | tuple) and key in keys:
                setattr(self._loop, name, [shown for shown in keys if shown != key])

    def over(self, task_id: str, *, begun: bool) -> bool:
        """Whether a task of this step has ended; in this run of the step or in one before.

        Args:
            task_id: The task.
            begun: Whether its program has begun in this run.

        Raises:
            NotRunError: It was interrupted.
            Exception: It has failed: what it raised.
        """
        if task_id not in self._loop._written_task_ids:
            # A task that ended in an earlier run has its writes, and does not run again. What is
            # left of one that was interrupted or failed then says nothing about this run.
            return not begun and bool(self._loop.tasks[task_id].writes)
        pending = list(self._loop.checkpoint_pending_writes)
        mine = {channel: value for owner, channel, value in pending if owner == task_id}
        if isinstance(error := mine.get(ERROR), Exception):
            raise error
        if INTERRUPT in mine or ERROR in mine:
            raise NotRunError(_WAITING)
        return True


class Line:
    """The programs of one step that have begun in this process, and where they have come to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[str, Future[bool]] = {}

    def begin(self, task_id: str) -> None:
        """A program is about to wait for its turn."""
        with self._lock:
            self._begun.setdefault(task_id, Future())

    def end(self, task_id: str, *, waits: bool) -> None:
        """A program has ended, or now waits for people."""
        with self._lock:
            future = self._begun.setdefault(task_id, Future())
            if not future.done():
                future.set_result(not waits)

    def turn(self, step: Step) -> Generator[Driven, Any, None]:
        """Waits until all programs before this one have ended.

        Raises:
            NotRunError: One of them waits for people.
        """
        for task_id in step.earlier():
            while True:
                begun = self._begun.get(task_id)
                if begun is not None and begun.done():
                    if not begun.result():
                        raise NotRunError(_WAITING)
                    break
                if step.over(task_id, begun=begun is not None):
                    break
                yield Await(begun or Future(), _GLANCE_S if begun is None else _LOOK_S)


def _runs(task_input: Any, tool_name: str) -> bool:
    """Whether a task of the tool node runs a program."""
    calls = task_input if isinstance(task_input, list) else [task_input]
    return any(isinstance(call, dict) and call.get("name") == tool_name for call in calls)
