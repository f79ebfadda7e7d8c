"""The way that a script's calls take to their tools, and who sees the tools run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from langchain_core.messages import ToolCall
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest

from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.script.flow.inputs import Launched
from langchain_quickjs.script.langgraph_internals.task import OuterTask

__all__ = ["Observed", "Observer", "ToolPath"]


class Observed(Protocol):
    """What an observer makes of one run of a call's tool.

    Attributes:
        tool_call: What the tool is given instead of the call, behind all hooks.
        config: The config under which it runs.
    """

    tool_call: ToolCall
    config: RunnableConfig

    def reads(self, output: Any) -> Callable[[str], Returned | Raised] | None:
        """Gives what makes of the tool's text what the script gets; `None`: it stays as it is."""
        ...


Observer = Callable[
    [Launched, ToolCall, RunnableConfig], contextlib.AbstractContextManager[Observed] | None
]
"""Sees a tool run: what goes in, what comes out and what it raises; `None` if it does not look."""


@dataclass(frozen=True, slots=True)
class ToolPath:
    """The way that tool calls take in the graph that the script belongs to.

    Attributes:
        request: The call that runs the script; calls of the script are variations of it.
        handler: What runs a request; a coroutine function when the graph runs asynchronously.
        task: The task that state updates go to, if there is one outside the script's own graph.
        observer: Sees the calls' tools run.
    """

    request: ToolCallRequest
    handler: Callable[[ToolCallRequest], Any]
    task: OuterTask | None = None
    observer: Observer | None = None

    def vary(
        self, tool_call: ToolCall, tool: BaseTool, config: RunnableConfig | None = None
    ) -> ToolCallRequest:
        """The request of another call, which runs under `config` if that is given."""
        before = self.request.runtime
        state = self.request.state if self.task is None else self.task.state(self.request.state)
        runtime = replace(
            before, tool_call_id=tool_call["id"], state=state, config=config or before.config
        )
        return replace(self.request, tool_call=tool_call, tool=tool, state=state, runtime=runtime)
