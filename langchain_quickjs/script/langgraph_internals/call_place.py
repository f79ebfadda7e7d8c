"""Where one call's tool runs, the graph that a task enters next, and where its events come from.

LangGraph knows a task by a namespace, and numbers the graphs and the interrupts of a task as they
come. Here each has a name or a number that is fixed beforehand, so that it is found again.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from langchain.tools import ToolRuntime
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph._internal._constants import (
    CONFIG_KEY_CHECKPOINT_MAP,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_RESUME_MAP,
    CONFIG_KEY_RESUMING,
    CONFIG_KEY_SCRATCHPAD,
    CONFIG_KEY_SEND,
    NS_END,
    NS_SEP,
)
from langgraph.types import _interrupt_id

from langchain_quickjs.script.langgraph_internals.graph_around import run_of
from langchain_quickjs.script.state import OpenCall

__all__ = ["CallPlace", "custom_stream_of", "make_current", "reserve_next_graph"]


class CallPlace:
    """Where one call's tool runs: a task of its own, as far as LangGraph can tell.

    LangGraph numbers the graphs and interrupts of a task as they come, and starts again at a
    resume. Here they go by a name made of the call, so that they are found again after a pause.
    The tool's own interrupts get the answers that the call has, in order; those of graphs inside
    get them by their ids alone, because an answer without an id goes to whoever asks next.
    """

    def __init__(
        self,
        call: OpenCall,
        name: str,
        *,
        outer: RunnableConfig,
        inner: RunnableConfig,
        namespace: str,
        again: bool,
        resumed: bool,
        send: Callable[[Any], None],
    ) -> None:
        """Makes the place.

        Args:
            call: The call.
            name: A name that no other call of the script graph has.
            outer: The config of the tool node's task, whose state the tool sees.
            inner: The config of the task that the script runs in.
            namespace: That of the script graph.
            again: Whether the call may have begun before: graphs inside go on where they were.
            resumed: Whether it goes on after an interrupt, with what was answered.
            send: What takes the tool's direct writes.
        """
        graph = inner["configurable"]
        name = f"js{NS_END}{name}"
        place = f"{namespace}{NS_SEP}{name}" if namespace else name
        given = call["given"]
        self._answers = list(call["answers"])
        if (mine := _interrupt_id(place, len(self._answers))) in given:
            self._answers.append(given[mine])
        own = {
            CONFIG_KEY_SEND: send,
            CONFIG_KEY_CHECKPOINT_NS: place,
            CONFIG_KEY_CHECKPOINT_MAP: graph.get(CONFIG_KEY_CHECKPOINT_MAP, {}),
            CONFIG_KEY_RESUMING: again,
            CONFIG_KEY_RESUME_MAP: given if resumed else {},
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


def _no_answer(_consume: bool = False) -> None:
    """LangGraph asks a task's surroundings for an answer without an id: there is none."""


def reserve_next_graph(config: RunnableConfig) -> tuple[RunnableConfig, str]:
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
def make_current(config: RunnableConfig) -> Iterator[None]:
    """Makes this the config of what runs: the hooks of other middleware run there too."""
    token = var_child_runnable_config.set(config)
    try:
        yield
    finally:
        var_child_runnable_config.reset(token)


def custom_stream_of(runtime: ToolRuntime) -> Callable[[Any], None] | None:
    """What writes to the custom stream as the graph that a tool call belongs to.

    Returns:
        It; `None` if nobody listens. LangGraph itself takes what is written then, and drops it.
    """
    modes = getattr(getattr(run_of(runtime.config), "stream", None), "modes", ("custom",))
    if "custom" not in modes:
        return None

    def write(event: Any) -> None:
        # The stream says where an event comes from, and looks at the current task for that.
        with make_current(runtime.config):
            runtime.stream_writer(event)

    return write
