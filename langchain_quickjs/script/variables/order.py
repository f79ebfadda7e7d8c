"""The order of the programs in one message of the model: one rule for every mode.

LangGraph runs the tool calls of a message at the same time, each as a task of its own. Programs
that share variables have to come one after the other, in the order of the message, and none may
come after one that waits for people; programs that share nothing need not wait. The table
`_ONE_BY_ONE` is that rule, and an order says when a program may begin.

A program that comes later waits for those before it, which are found among the tasks of the same
superstep: they may run in this process now, may have ended in another run of the same superstep,
or may be stopped by somebody before they begin.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import Future
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import CONFIG_KEY_CALL, CONFIG_KEY_TASK_ID, ERROR, INTERRUPT
from langgraph.constants import START
from langgraph.pregel._algo import task_path_str

from langchain_quickjs.errors import NotRunError
from langchain_quickjs.script.flow.effects import Await, Effect
from langchain_quickjs.script.settings import Mode
from langchain_quickjs.script.state import StateUpdate
from langchain_quickjs.script.variables.channel import VariablesChannel
from langchain_quickjs.script.variables.program_queue import ProgramQueue

__all__ = ["AT_ONCE", "AtOnce", "OneByOne", "Step", "order_of_programs"]

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


def _runs(task_input: Any, tool_name: str) -> bool:
    """Whether a task of the tool node runs a program."""
    calls = task_input if isinstance(task_input, list) else [task_input]
    return any(isinstance(call, dict) and call.get("name") == tool_name for call in calls)


class AtOnce:
    """The order of programs that do not look at each other: each begins when it likes.

    It is also the order of a script that no model's message has asked for.
    """

    def wait_to_begin(self) -> Generator[Effect, Any, None]:
        """Waits until the program may begin.

        Raises:
            NotRunError: The program may not begin, because an earlier one waits for people.
        """
        yield from ()

    def go_on(self) -> None:
        """Notes that the program goes on after a pause."""

    def pause(self) -> None:
        """Notes that the program waits for people from now on."""

    def end(self) -> None:
        """Notes that the program has ended and the agent has got what came of it."""


class OneByOne(AtOnce):
    """The order of programs that share variables: each begins once those before it have ended.

    After a program that waits for people, none of the same message begins.

    Args:
        step: The tasks among which the program's own task is.
        queue: The programs that have begun in this run of the agent.
    """

    def __init__(self, step: Step, queue: ProgramQueue) -> None:
        self._step = step
        self._queue = queue

    def wait_to_begin(self) -> Generator[Effect, Any, None]:
        """Waits until all programs before this one have ended.

        Raises:
            NotRunError: One of them waits for people.
        """
        self._queue.add(self._step.task_id)
        for task_id in self._step.earlier():
            yield from self._wait_for(task_id)

    def _wait_for(self, task_id: str) -> Generator[Effect, Any, None]:
        while True:
            program = self._queue.program(task_id)
            if program is not None and program.done():
                if not program.result():
                    raise NotRunError(_WAITING)
                return
            if self._step.over(task_id, begun=program is not None):
                return
            yield Await(program or Future(), _GLANCE_S if program is None else _LOOK_S)

    def go_on(self) -> None:
        """Notes that the program goes on after a pause."""
        self._queue.add(self._step.task_id)

    def pause(self) -> None:
        """Notes that no later program of the message may begin."""
        self._queue.settle(self._step.task_id, next_may_begin=False)

    def end(self) -> None:
        """Lets the next program of the message begin."""
        self._queue.settle(self._step.task_id, next_may_begin=True)


AT_ONCE: Final = AtOnce()

_ONE_BY_ONE: Final[Mapping[Mode, bool]] = {"thread": True, "turn": True, "call": False}
"""The rule, by how long variables live: whether the programs of one message run one by one."""


def order_of_programs(mode: Mode, step: Step, config: RunnableConfig) -> AtOnce:
    """Gives the order that a program has to keep.

    Args:
        mode: How long variables live.
        step: The tasks among which the program's own task is.
        config: The config of that task.

    Raises:
        SetupError: The agent's state does not have what programs share.
    """
    if _ONE_BY_ONE[mode]:
        return OneByOne(step, VariablesChannel.required(config).shared.queue)
    return AT_ONCE
