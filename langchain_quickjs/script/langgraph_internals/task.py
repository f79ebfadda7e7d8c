"""The graph task that a script runs in: the state that its tools see and write.

LangGraph hands a task its state through two entries of the config. Tools that return a `Command`
have their updates applied by the tool node; Deep Agents' file tools use the two entries directly.
For a tool called from a script both must reach the task of the agent's graph, not the task of the
script's graph inside it, must be seen by the script's next call, and must not be lost when the
task is interrupted, which drops what it wrote. So every update goes to the agent's task at once,
is kept with the script, and is written again after a pause.

The one module that knows these internals (`ToolNode` and Deep Agents rely on them too).
"""

from __future__ import annotations

import contextlib
import copy
import functools
import itertools
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tools import BaseTool
from langgraph._internal._constants import (
    CONFIG_KEY_CALL,
    CONFIG_KEY_CHECKPOINT_MAP,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_CHECKPOINTER,
    CONFIG_KEY_READ,
    CONFIG_KEY_RESUME_MAP,
    CONFIG_KEY_RESUMING,
    CONFIG_KEY_SCRATCHPAD,
    CONFIG_KEY_SEND,
    NS_END,
    NS_SEP,
)
from langgraph.channels import LastValue
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command, _interrupt_id

from langchain_quickjs.script.flow.call_ids import digest
from langchain_quickjs.script.flow.messages import Launched
from langchain_quickjs.script.state import StateUpdate

__all__ = [
    "CallPlace",
    "OuterTask",
    "all_or_nothing",
    "checkpointer_of",
    "copy_of",
    "entered",
    "graph_namespace",
    "reserved",
    "surroundings",
    "updates_of",
]


class OuterTask:
    """The task of the agent's graph that called `eval`."""

    def __init__(self, config: RunnableConfig) -> None:
        configurable = config["configurable"]
        self._read = configurable[CONFIG_KEY_READ]
        self._send = configurable[CONFIG_KEY_SEND]
        self._channels = self._read.args[1]
        self._writes = self._read.args[3].writes
        self._made: list[StateUpdate] = []
        self._lock = threading.Lock()

    def write(self, updates: Iterable[StateUpdate]) -> None:
        """Applies updates to the agent's state, visible from now on.

        A key without a reducer takes one value a step, so a later value replaces an earlier one.
        """
        with self._lock:
            for update in updates:
                if isinstance(self._channels.get(update[0]), LastValue):
                    self._withdraw([made for made in self._made if made[0] == update[0]])
                self._send([update])
                self._made.append(update)

    def withdraw(self, updates: Sequence[StateUpdate] | None = None) -> None:
        """Takes updates back; all of them when the task is about to be interrupted.

        What an interrupted task has written is dropped today, and may be kept by a later LangGraph.
        Nothing may depend on that: the script writes its updates again when it is resumed.
        """
        with self._lock:
            self._withdraw(self._made if updates is None else updates)

    def state(self, before: Any) -> Any:
        """The agent's state as it is now, given what it was when `eval` was called."""
        with self._lock:
            return self._read(list(self._channels), True) if self._made else before

    def _withdraw(self, updates: Sequence[StateUpdate]) -> None:
        # By identity: values need not be comparable.
        gone = {id(update) for update in updates}
        kept = [write for write in self._writes if id(write) not in gone]
        self._writes.clear()
        self._writes.extend(kept)
        self._made = [update for update in self._made if id(update) not in gone]


@contextlib.contextmanager
def all_or_nothing(task: OuterTask | None) -> Iterator[None]:
    """Takes back what was written to a task if an error leaves it.

    What a failed task has written would be stored with its error, and the task be taken for one
    that has finished when the graph is resumed.
    """
    try:
        yield
    except BaseException:
        if task is not None:
            task.withdraw()
        raise


class CallPlace:
    """Where one call's tool runs: a task of its own, as far as LangGraph can tell.

    LangGraph numbers the graphs and interrupts of a task as they come, and starts again at a
    resume. Here they go by a name made of the call, so that they are found again after a pause.
    The tool's own interrupts get the answers that the call has, in order; those of graphs inside
    get them by their ids alone, because an answer without an id goes to whoever asks next.
    """

    def __init__(
        self,
        outer: RunnableConfig,
        inner: RunnableConfig,
        namespace: str,
        launched: Launched,
        send: Any,
    ) -> None:
        """Makes the place.

        Args:
            outer: The config of the tool node's task, whose state the tool sees.
            inner: The config of the task that the script runs in.
            namespace: That of the script graph.
            launched: The call.
            send: What takes the tool's direct writes.
        """
        call, graph = launched.call, inner["configurable"]
        # The call's id is made of its tool and arguments, so no other call has this name.
        name = f"js{NS_END}{digest(call['tool_call_id'])}"
        place = f"{namespace}{NS_SEP}{name}" if namespace else name
        given = launched.call["given"]
        self._answers = list(launched.call["answers"])
        if (mine := _interrupt_id(place, len(self._answers))) in given:
            self._answers.append(given[mine])
        own = {
            CONFIG_KEY_SEND: send,
            CONFIG_KEY_CHECKPOINT_NS: place,
            CONFIG_KEY_CHECKPOINT_MAP: graph.get(CONFIG_KEY_CHECKPOINT_MAP, {}),
            CONFIG_KEY_RESUMING: launched.again,
            CONFIG_KEY_RESUME_MAP: given if launched.resumed else {},
            CONFIG_KEY_SCRATCHPAD: replace(
                graph[CONFIG_KEY_SCRATCHPAD],
                resume=self._answers,
                interrupt_counter=functools.partial(next, itertools.count()),
                subgraph_counter=functools.partial(next, itertools.count()),
                get_null_resume=_no_answer,
            ),
        }
        self.config: RunnableConfig = {
            **outer,
            "callbacks": inner.get("callbacks"),
            "configurable": {**outer["configurable"], **own},
        }

    @property
    def answers(self) -> list[Any]:
        """What people have answered to the tool itself by now, in order."""
        return list(self._answers)


def graph_namespace(config: RunnableConfig) -> str:
    """The namespace of the graph whose task has this config."""
    namespace: str = config.get("configurable", {}).get(CONFIG_KEY_CHECKPOINT_NS, "")
    return namespace.rpartition(NS_SEP)[0]


def reserved(config: RunnableConfig) -> tuple[RunnableConfig, str]:
    """Takes the number of the task's next graph, for one that may be entered later.

    Args:
        config: The config of the task.

    Returns:
        The config with which to enter the graph, and the namespace that it has then.
    """
    configurable = config["configurable"]
    namespace: str = configurable[CONFIG_KEY_CHECKPOINT_NS]
    scratchpad = configurable[CONFIG_KEY_SCRATCHPAD]
    number = scratchpad.subgraph_counter()
    own = {CONFIG_KEY_SCRATCHPAD: replace(scratchpad, subgraph_counter=lambda: number)}
    entering: RunnableConfig = {**config, "configurable": {**configurable, **own}}
    return entering, f"{namespace}{NS_SEP}{number}" if number else namespace


@contextlib.contextmanager
def entered(config: RunnableConfig) -> Iterator[None]:
    """Makes this the config of what runs: the hooks of other middleware run there too."""
    token = var_child_runnable_config.set(config)
    try:
        yield
    finally:
        var_child_runnable_config.reset(token)


def _no_answer(_consume: bool = False) -> None:
    """LangGraph asks a task's surroundings for an answer without an id: there is none."""


def checkpointer_of(config: RunnableConfig) -> BaseCheckpointSaver[Any] | None:
    """The checkpointer of the graph whose task has this config, if it has one."""
    saver = config.get("configurable", {}).get(CONFIG_KEY_CHECKPOINTER)
    return saver if isinstance(saver, BaseCheckpointSaver) else None


def copy_of(tool: BaseTool) -> BaseTool:
    """A copy, with what LangChain finds out about a tool's function once and keeps."""
    getattr(tool, "_injected_args_keys", None)
    return copy.copy(tool)


def updates_of(command: Command[Any], call_id: str) -> list[StateUpdate]:
    """A command's state updates, without the tool message that answers the call itself.

    The call is not in the agent's messages, so neither may its answer be.
    """
    updates: list[StateUpdate] = []
    for key, value in command._update_as_tuples():
        kept = _without_answer(value, call_id) if key == "messages" else value
        if key != "messages" or kept:
            updates.append((key, kept))
    return updates


def surroundings(config: RunnableConfig | None = None) -> tuple[Any, Any] | None:
    """What LangGraph knows of the graph that a task belongs to.

    Args:
        config: The config of the task; that of the current task by default.

    Returns:
        The names of its channels and its nodes by their names, each empty where it cannot be found;
        `None` outside of a graph.
    """
    configurable = (config or var_child_runnable_config.get() or {}).get("configurable", {})
    if CONFIG_KEY_READ not in configurable:
        return None
    schedule = getattr(configurable.get(CONFIG_KEY_CALL), "keywords", {}).get("schedule_task")
    nodes = getattr(getattr(schedule, "__self__", None), "nodes", {})
    return configurable[CONFIG_KEY_READ].args[1], nodes


def _without_answer(messages: Any, call_id: str) -> Any:
    if not isinstance(messages, list):
        return messages
    return [
        message
        for message in messages
        if not (isinstance(message, ToolMessage) and message.tool_call_id == call_id)
    ]
