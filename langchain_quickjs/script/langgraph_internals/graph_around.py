"""The graph that a task belongs to: its run, nodes and channels.

LangGraph tells a task nothing of the graph around it. But the config of each task has a function
by which it starts other tasks, a method of the object that stands for the run, and a function that
reads the state from the graph's channels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from typing import Any, NamedTuple

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph._internal._constants import CONFIG_KEY_CALL, CONFIG_KEY_READ
from langgraph.channels.base import BaseChannel

__all__ = ["Surroundings", "channels_of", "graph_around", "run_of", "step_of", "when_run_ends"]


class Surroundings(NamedTuple):
    """The graph around a task.

    Attributes:
        channels: Its channels by their names.
        nodes: Its nodes by their names; empty where they cannot be found.
    """

    channels: Mapping[str, BaseChannel[Any, Any, Any]]
    nodes: Mapping[str, Any]


def graph_around(config: RunnableConfig | None = None) -> Surroundings | None:
    """The graph that a task belongs to; `None` outside of a graph.

    Args:
        config: The config of the task; that of the current task by default.
    """
    config = config or var_child_runnable_config.get() or {}
    if CONFIG_KEY_READ not in config.get("configurable", {}):
        return None
    return Surroundings(channels_of(config), getattr(run_of(config), "nodes", {}))


def channels_of(config: RunnableConfig) -> Mapping[str, BaseChannel[Any, Any, Any]]:
    """The channels of the graph whose task has this config, by their names."""
    channels: Mapping[str, BaseChannel[Any, Any, Any]] = config["configurable"][
        CONFIG_KEY_READ
    ].args[1]
    return channels


def run_of(config: RunnableConfig) -> Any:
    """What stands for this run of the graph whose task has this config, and for no other run.

    It is LangGraph's own object, and `None` where it cannot be found.
    """
    call = config.get("configurable", {}).get(CONFIG_KEY_CALL)
    schedule = getattr(call, "keywords", {}).get("schedule_task")
    return getattr(schedule, "__self__", None)


def when_run_ends(run: object, then: Callable[[], object]) -> None:
    """Calls a function once a run of a graph has ended, however it did: as the last thing of all.

    A run that was cancelled is garbage, which goes at any time: it cannot be told by that.
    """
    stack = getattr(run, "stack", None)
    if isinstance(stack, ExitStack):
        before = stack.pop_all()
        stack.callback(then)
        stack.push(before)
    elif isinstance(stack, AsyncExitStack):
        before_async = stack.pop_all()
        stack.callback(then)
        stack.push_async_exit(before_async)


def step_of(config: RunnableConfig) -> int:
    """The number of the step, of the graph that a task belongs to, in which that task runs."""
    return int(run_of(config).step)
