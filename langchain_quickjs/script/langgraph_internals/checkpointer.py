"""What LangGraph stores of a graph: where, when, and under which names.

Every graph of a thread has its checkpoints under its namespace. A task knows the checkpoints that
its own graph and those around it stood at when it began.
"""

from __future__ import annotations

from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph._internal._constants import (
    CONFIG_KEY_CHECKPOINT_MAP,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_CHECKPOINTER,
    CONFIG_KEY_DURABILITY,
    NS_END,
    NS_SEP,
    NULL_TASK_ID,
    RESUME,
)
from langgraph._internal._typing import MISSING
from langgraph.checkpoint.base import BaseCheckpointSaver

__all__ = [
    "EMPTY_CHANNEL",
    "OVERWRITTEN",
    "address_of_graph",
    "addresses_of_graphs_above",
    "checkpointer_of",
    "has_checkpointer",
    "namespace_of_graph",
    "namespace_of_task",
    "stores_when_it_ends_only",
    "writes_that_forget_the_answer",
]

EMPTY_CHANNEL: Final[Any] = MISSING
"""What stands for the value of a channel that has none."""

OVERWRITTEN: Final[str] = RESUME
"""A channel of pending writes in which a later write of the same task replaces an earlier one."""


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


def namespace_of_task(graph: str, name: str, task_id: str) -> str:
    """The namespace of a task, which a graph that is called in it has too.

    Args:
        graph: The namespace of the graph that the task belongs to.
        name: The node that it runs.
        task_id: The task.
    """
    task = f"{name}{NS_END}{task_id}"
    return f"{graph}{NS_SEP}{task}" if graph else task


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
