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

import threading
from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import (
    CONFIG_KEY_CHECKPOINT_MAP,
    CONFIG_KEY_CHECKPOINTER,
    CONFIG_KEY_DURABILITY,
    CONFIG_KEY_READ,
    CONFIG_KEY_SEND,
    NULL_TASK_ID,
    RESUME,
)
from langgraph.channels import LastValue
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command, Durability

from langchain_quickjs.script.state import StateUpdate

__all__ = [
    "OuterTask",
    "aretire_answer",
    "durability",
    "has_checkpointer",
    "retire_answer",
    "state_keys",
    "updates_of",
    "with_send",
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


def with_send(config: RunnableConfig, send: Any) -> RunnableConfig:
    """A config under which a tool's direct writes go to `send`."""
    configurable = {**config.get("configurable", {}), CONFIG_KEY_SEND: send}
    return {**config, "configurable": configurable}


def updates_of(command: Command[Any], call_id: str) -> list[StateUpdate]:
    """A command's state updates, without the tool message that answers the call itself.

    The call is not in the agent's messages, so neither may its answer be.
    """
    return [
        (key, _without_answer(value, call_id) if key == "messages" else value)
        for key, value in command._update_as_tuples()
    ]


def state_keys(config: RunnableConfig) -> Sequence[str]:
    """The names of all keys in the state of the graph whose task has this config."""
    read = config.get("configurable", {}).get(CONFIG_KEY_READ)
    return list(read.args[1]) if read is not None else []


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
