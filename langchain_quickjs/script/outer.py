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

import hashlib
import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final

from langchain.agents import AgentState
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import (
    CONFIG_KEY_CALL,
    CONFIG_KEY_CHECKPOINT_MAP,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_CHECKPOINTER,
    CONFIG_KEY_DURABILITY,
    CONFIG_KEY_READ,
    CONFIG_KEY_SEND,
    NS_END,
    NS_SEP,
    NULL_TASK_ID,
    RESUME,
)
from langgraph.channels import LastValue
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command, Durability

from langchain_quickjs.script.state import StateUpdate

__all__ = [
    "OuterTask",
    "agent_gates",
    "aretire_answer",
    "call_config",
    "durability",
    "has_checkpointer",
    "retire_answer",
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

    def withdraw(self) -> None:
        """Takes all of it back, because the task is about to be interrupted.

        What an interrupted task has written is dropped today, and may be kept by a later LangGraph.
        Nothing may depend on that: the script writes its updates again when it is resumed.
        """
        with self._lock:
            self._withdraw(self._made)

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


def call_config(config: RunnableConfig, call: ToolCall, send: Any) -> RunnableConfig:
    """The config under which one call's tool runs.

    Its direct writes go to `send`. A graph that it invokes keeps its checkpoints in a place of its
    own: LangGraph numbers the graphs of a task as they come, and starts again at a resume, so that
    the first graph after a pause would be taken for the first one before it.
    """
    configurable = dict(config.get("configurable", {}))
    if configurable.get(CONFIG_KEY_SEND) == send:
        return config  # A tool without a coroutine is invoked by its own `ainvoke`.
    configurable[CONFIG_KEY_SEND] = send
    if outer := configurable.get(CONFIG_KEY_CHECKPOINT_NS):
        what = repr((call["id"], call["name"], call["args"])).encode()
        place = f"js{NS_END}{hashlib.sha256(what).hexdigest()[:32]}"
        configurable[CONFIG_KEY_CHECKPOINT_NS] = f"{outer}{NS_SEP}{place}"
    return {**config, "configurable": configurable}


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


def agent_gates(config: RunnableConfig) -> frozenset[str] | None:
    """The tools that the agent asks people about when its model calls them.

    Args:
        config: The config of a task of the agent's graph.

    Returns:
        Their names; `None` if the agent asks people, but it cannot be found out about what.
    """
    configurable = config["configurable"]
    keys = configurable[CONFIG_KEY_READ].args[1]
    asks = any(key in _HITL_KEYS or key.startswith(_HITL_NODE) for key in keys)
    if not asks:
        return frozenset()
    schedule = getattr(configurable.get(CONFIG_KEY_CALL), "keywords", {}).get("schedule_task")
    nodes = getattr(getattr(schedule, "__self__", None), "nodes", {})
    hooks = [getattr(getattr(node, "bound", None), "func", None) for node in nodes.values()]
    owners = [getattr(hook, "__self__", None) for hook in hooks]
    asking = [owner for owner in owners if isinstance(owner, HumanInTheLoopMiddleware)]
    return frozenset(name for owner in asking for name in owner.interrupt_on) if asking else None


def has_checkpointer(config: RunnableConfig) -> bool:
    """Whether the graph whose task has this config can be interrupted and resumed."""
    return config.get("configurable", {}).get(CONFIG_KEY_CHECKPOINTER) is not None


def durability(config: RunnableConfig) -> Durability | None:
    """How a script graph inside a task of another graph is to store its steps.

    Once, when the script pauses: a script that runs to its end needs nothing stored of its own.
    Where the outer graph stores each step before the next, so does the script graph.
    """
    if not has_checkpointer(config):
        return None
    return "sync" if config["configurable"].get(CONFIG_KEY_DURABILITY) == "sync" else "exit"


def retire_answer(config: RunnableConfig) -> None:
    """Makes LangGraph forget the answer that has just resumed this thread.

    LangGraph keeps the value of `Command(resume=...)` with the outermost graph's checkpoint. While
    that checkpoint stands, it would give the same value to the next question of a graph inside,
    if somebody then invoked the thread without an answer. An old decision must not decide a new
    question, so it has to be gone before the new question is stored.
    """
    saver, address = _root(config)
    if saver is not None:
        saver.put_writes(address, [(RESUME, None)], NULL_TASK_ID)


async def aretire_answer(config: RunnableConfig) -> None:
    """The same for graphs that run asynchronously."""
    saver, address = _root(config)
    if saver is not None:
        await saver.aput_writes(address, [(RESUME, None)], NULL_TASK_ID)


def _root(config: RunnableConfig) -> tuple[BaseCheckpointSaver[Any] | None, RunnableConfig]:
    """Where the outermost graph's checkpoint is kept."""
    configurable = config["configurable"]
    address = {
        "thread_id": str(configurable["thread_id"]),
        "checkpoint_ns": "",
        "checkpoint_id": configurable[CONFIG_KEY_CHECKPOINT_MAP][""],
    }
    return configurable.get(CONFIG_KEY_CHECKPOINTER), {"configurable": address}


def _without_answer(messages: Any, call_id: str) -> Any:
    if not isinstance(messages, list):
        return messages
    return [
        message
        for message in messages
        if not (isinstance(message, ToolMessage) and message.tool_call_id == call_id)
    ]
