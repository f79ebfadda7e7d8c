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
import hashlib
import itertools
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from langchain.agents import AgentState
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tools import BaseTool
from langgraph._internal._constants import (
    CONFIG_KEY_CALL,
    CONFIG_KEY_CHECKPOINT_MAP,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_READ,
    CONFIG_KEY_RESUME_MAP,
    CONFIG_KEY_RESUMING,
    CONFIG_KEY_SCRATCHPAD,
    CONFIG_KEY_SEND,
    NS_END,
    NS_SEP,
)
from langgraph.channels import LastValue
from langgraph.errors import _mark_invalid_resume
from langgraph.types import Command, _interrupt_id

from langchain_quickjs.script.digest import arguments_digest
from langchain_quickjs.script.effects import Launched
from langchain_quickjs.script.state import StateUpdate

__all__ = [
    "CallPlace",
    "OuterTask",
    "agent_gates",
    "all_or_nothing",
    "answers_to",
    "copy_of",
    "entered",
    "graph_namespace",
    "passes",
    "refusal",
    "reserved",
    "started_before",
    "updates_of",
]


# What the graph of an agent that asks people has: state keys of its own, and a node.
_HITL_KEYS: Final = frozenset(HumanInTheLoopMiddleware.state_schema.__annotations__) - frozenset(
    AgentState.__annotations__
)
_HITL_NODE: Final = f"branch:to:{HumanInTheLoopMiddleware.__name__}"


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
        call, graph = launched.tool_call, inner["configurable"]
        what = f"{call['id']}|{call['name']}|{arguments_digest(call['args'])}"
        name = f"js{NS_END}{hashlib.sha256(what.encode()).hexdigest()[:32]}"
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


def answers_to(config: RunnableConfig, ids: Sequence[str]) -> dict[str, Any]:
    """What the thread has just been resumed with, for these interrupts.

    Args:
        config: The config of the task that raised the interrupts.
        ids: Their ids.

    Returns:
        The answers that there are. One without an id is for the only interrupt there is.
    """
    configurable = config["configurable"]
    if not configurable.get(CONFIG_KEY_RESUMING):
        return {}  # An answer that is there nevertheless was for an earlier question.
    given = configurable.get(CONFIG_KEY_RESUME_MAP) or {}
    answers = {number: given[number] for number in ids if number in given}
    if not answers and len(ids) == 1:
        answer = configurable[CONFIG_KEY_SCRATCHPAD].get_null_resume(True)
        if answer is not None:
            answers = {ids[0]: answer}
    return answers


def refusal(error: Exception) -> Exception:
    """Marks the error of an answer that does not fit, as LangGraph marks its own.

    Tasks answered in the same resume may finish, and no error handler makes a message of it.
    """
    _mark_invalid_resume(error)
    return error


def started_before(config: RunnableConfig) -> bool:
    """Whether the task with this config was begun before, and cut off."""
    return bool(config.get("configurable", {}).get(CONFIG_KEY_RESUMING))


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


def agent_gates(
    config: RunnableConfig | None = None,
) -> tuple[HumanInTheLoopMiddleware, ...] | None:
    """The middleware by which the agent asks people about what its model calls.

    Args:
        config: The config of a task of the agent's graph; that of the current task by default.

    Returns:
        It; `None` if the agent asks people, but it cannot be found out about what.
    """
    configurable = (config or var_child_runnable_config.get() or {}).get("configurable", {})
    if CONFIG_KEY_READ not in configurable:
        return ()
    keys = configurable[CONFIG_KEY_READ].args[1]
    asks = any(key in _HITL_KEYS or key.startswith(_HITL_NODE) for key in keys)
    if not asks:
        return ()
    schedule = getattr(configurable.get(CONFIG_KEY_CALL), "keywords", {}).get("schedule_task")
    nodes = getattr(getattr(schedule, "__self__", None), "nodes", {})
    hooks = [getattr(getattr(node, "bound", None), "func", None) for node in nodes.values()]
    owners = [getattr(hook, "__self__", None) for hook in hooks]
    asking = {id(owner): owner for owner in owners if isinstance(owner, HumanInTheLoopMiddleware)}
    return tuple(asking.values()) or None


def passes(handler: Any, middleware: Any) -> bool:
    """Whether calls given to a tool handler come to this middleware, as far as can be seen.

    LangChain makes the handler of functions that hold each other; there is no other trace of the
    order of an agent's middleware.
    """
    seen, found = set(), [handler]
    while found:
        held = found.pop()
        if getattr(held, "__self__", None) is middleware:
            return True
        if callable(held) and id(held) not in seen:
            seen.add(id(held))
            found.extend(cell.cell_contents for cell in getattr(held, "__closure__", None) or ())
    return False


def _without_answer(messages: Any, call_id: str) -> Any:
    if not isinstance(messages, list):
        return messages
    return [
        message
        for message in messages
        if not (isinstance(message, ToolMessage) and message.tool_call_id == call_id)
    ]
