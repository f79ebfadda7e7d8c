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

from collections.abc import Generator, Mapping
from concurrent.futures import Future
from typing import Any, Final

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import NotRunError
from langchain_quickjs.script.flow.drivers import Await, Driven
from langchain_quickjs.script.langgraph_internals.superstep import Superstep
from langchain_quickjs.script.model_texts import NOT_RUN_AFTER_PAUSE
from langchain_quickjs.script.settings import Mode
from langchain_quickjs.script.variables.channel import VariablesChannel
from langchain_quickjs.script.variables.running_programs import ProgramQueue

__all__ = ["AT_ONCE", "AtOnce", "OneByOne", "order_of_programs"]

# How often to look whether a task has ended that nobody says it of.
_GLANCE_S: Final = 0.02
_LOOK_S: Final = 0.25


class AtOnce:
    """The order of programs that do not look at each other: each begins when it likes.

    It is also the order of a script that no model's message has asked for.
    """

    def wait_to_begin(self) -> Generator[Driven, Any, None]:
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
        step: The superstep of the program's task.
        tool_name: The name of the tool that runs programs.
        queue: The programs that have begun in this run of the agent.
    """

    def __init__(self, step: Superstep, tool_name: str, queue: ProgramQueue) -> None:
        self._step = step
        self._tool_name = tool_name
        self._queue = queue

    def wait_to_begin(self) -> Generator[Driven, Any, None]:
        """Waits until all programs before this one have ended.

        Raises:
            NotRunError: One of them waits for people.
        """
        self._queue.add(self._step.task_id)
        for task_id in self._step.earlier_tasks(self._tool_name):
            yield from self._wait_for(task_id)

    def _wait_for(self, task_id: str) -> Generator[Driven, Any, None]:
        while True:
            program = self._queue.program(task_id)
            if program is not None and program.done():
                if not program.result():
                    raise NotRunError(NOT_RUN_AFTER_PAUSE)
                return
            status = self._step.status(task_id, seen=program is not None)
            if status == "stopped":
                raise NotRunError(NOT_RUN_AFTER_PAUSE)
            if status == "ended":
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


def order_of_programs(
    mode: Mode, step: Superstep, tool_name: str, config: RunnableConfig
) -> AtOnce:
    """Gives the order that a program has to keep.

    Args:
        mode: How long variables live.
        step: The superstep of the program's task.
        tool_name: The name of the tool that runs programs.
        config: The config of that task.

    Raises:
        SetupError: The agent's state does not have what programs share.
    """
    if _ONE_BY_ONE[mode]:
        return OneByOne(step, tool_name, VariablesChannel.required(config).shared.queue)
    return AT_ONCE
