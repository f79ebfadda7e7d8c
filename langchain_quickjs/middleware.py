"""`CodeInterpreterMiddleware`: gives an agent a tool that runs JavaScript programs.

A thin adapter. The tool hands each program to the script graph, together with the way that the
agent's own tool calls take; what the graph makes of it is rendered for the model.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, cast

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import AgentState, ModelRequest, ModelResponse
from langchain_core.messages import SystemMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command
from pydantic import BaseModel, Field, SkipValidation

from langchain_quickjs.errors import SetupError
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.prompt import (
    eval_code_description,
    eval_tool_description,
    system_prompt_section,
)
from langchain_quickjs.rendering import render
from langchain_quickjs.script.approvals import Approvals, InterruptOn
from langchain_quickjs.script.calls import ToolPath
from langchain_quickjs.script.flow import ScriptHost
from langchain_quickjs.script.graph import ScriptGraph, build_script_graph
from langchain_quickjs.script.hosts import PassedHost
from langchain_quickjs.script.names import js_names
from langchain_quickjs.script.outer import OuterTask, agent_gates, durability
from langchain_quickjs.script.state import Ending

__all__ = ["CodeInterpreterMiddleware"]

ToolResult = ToolMessage | Command[Any]


class CodeInterpreterMiddleware(AgentMiddleware[AgentState[Any], Any, Any]):
    """Lets an agent run JavaScript programs that call its tools.

    Example:
        ```python
        agent = create_deep_agent(
            model=model,
            tools=[lookup_order],
            middleware=[
                CodeInterpreterMiddleware(
                    ptc=["lookup_order", issue_refund],
                    interrupt_on={"issue_refund": True},
                )
            ],
            checkpointer=checkpointer,
        )
        ```
    """

    def __init__(
        self,
        *,
        ptc: Sequence[str | BaseTool] = (),
        interrupt_on: InterruptOn | None = None,
        timeout: float | None = 5.0,
        memory_limit: int = 64 * 1024 * 1024,
        max_ptc_calls: int | None = 256,
        max_result_chars: int = 4000,
        capture_console: bool = True,
        tool_name: str = "eval",
    ) -> None:
        """Makes the middleware.

        Args:
            ptc: The tools that programs may call: names of the agent's tools, or tools, which need
                not be the agent's.
            interrupt_on: For each tool that needs it, whether or how a person decides about a
                program's calls: `True`, `False`, or LangChain's `InterruptOnConfig`. Needs a
                checkpointer.
            timeout: How long a program may compute between two waits, in seconds.
            memory_limit: How much memory a program may use, in bytes.
            max_ptc_calls: How many calls one program may make.
            max_result_chars: At what length the result and the output are each cut.
            capture_console: Whether the model sees what a program printed.
            tool_name: The name of the tool.

        Raises:
            SetupError: The arguments do not fit each other; the message says what to change.
            ToolNameError: A tool's name cannot be a name in programs.
        """
        super().__init__()
        self.tool_name = tool_name
        self._ptc = tuple(ptc)
        self._names = [tool if isinstance(tool, str) else tool.name for tool in self._ptc]
        self._limits = Limits(
            memory_bytes=memory_limit, step_timeout_s=timeout, calls=max_ptc_calls
        )
        self._max_result_chars = max_result_chars
        self._capture_console = capture_console
        self._approvals = Approvals.of(interrupt_on)
        self._approvals.require_granted(self._names)
        self._told = frozenset(interrupt_on or ())
        if tool_name in self._names:
            raise SetupError(f"Programs cannot call {tool_name!r}, the tool that runs them.")
        js_names(tool for tool in self._ptc if isinstance(tool, BaseTool))
        # The last prompt section and its tools: they rarely change between two model calls.
        self._written: tuple[tuple[BaseTool, ...], str] | None = None
        self._tool = _EvalTool(name=tool_name, graph=build_script_graph(PassedHost()))
        self.tools = [self._tool]

    def wrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
    ) -> ModelResponse[Any]:
        """Tells the model about programs."""
        return handler(self._with_prompt(request))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Tells the model about programs."""
        return await handler(self._with_prompt(request))

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolResult]
    ) -> ToolResult:
        """Gives the tool that runs programs the way that tool calls take."""
        return handler(self._with_host(request, handler))

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolResult]],
    ) -> ToolResult:
        """Gives the tool that runs programs the way that tool calls take."""
        return await handler(self._with_host(request, handler))

    def _with_prompt(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        section = self._section([tool for tool in request.tools if isinstance(tool, BaseTool)])
        before = request.system_message.content_blocks if request.system_message else []
        text = f"\n\n{section}" if before else section
        message = SystemMessage(content_blocks=[*before, {"type": "text", "text": text}])
        return request.override(system_message=message)

    def _section(self, available: Sequence[BaseTool]) -> str:
        # Hooks may show the model fewer tools than the agent has; only a program's run needs all.
        shown = {tool.name: tool for tool in available}
        tools = tuple(
            shown[tool] if isinstance(tool, str) else tool
            for tool in self._ptc
            if not isinstance(tool, str) or tool in shown
        )
        written = self._written
        if written is None or written[0] != tools:
            section = system_prompt_section(
                tools,
                approvals=self._approvals.configs,
                tool_name=self.tool_name,
                timeout_s=self._limits.step_timeout_s,
                memory_bytes=self._limits.memory_bytes,
                max_calls=self._limits.calls,
                max_result_chars=self._max_result_chars,
            )
            written = self._written = (tools, section)
        return written[1]

    def _with_host(self, request: ToolCallRequest, handler: Callable[..., Any]) -> ToolCallRequest:
        if request.tool_call["name"] != self.tool_name:
            return request
        config = request.runtime.config
        self._require_told(config)
        host = ScriptHost(
            script_id=cast("str", request.tool_call["id"]),
            tools=js_names(self._granted(request.runtime.tools)),
            approvals=self._approvals,
            limits=self._limits,
            path=ToolPath(request, handler, OuterTask(config)),
            present=self._present,
        )
        return request.override(tool=self._tool.for_script(host))

    def _granted(self, available: Sequence[BaseTool]) -> list[BaseTool]:
        """The tools in `ptc`, those given by name taken from the agent's."""
        by_name = {tool.name: tool for tool in available}
        if missing := [t for t in self._ptc if isinstance(t, str) and t not in by_name]:
            raise SetupError(
                f"`ptc` names {missing}, which the agent does not have; it has "
                f"{sorted(by_name)}. Give the agent these tools, or pass them in `ptc` themselves."
            )
        return [by_name[tool] if isinstance(tool, str) else tool for tool in self._ptc]

    def _require_told(self, config: RunnableConfig) -> None:
        """Refuses to run where calls might need an approval that this middleware was not told of.

        Calls from programs do not pass `HumanInTheLoopMiddleware`, which looks at the model's
        messages.
        """
        gates = agent_gates(config)
        asked = set(self._names) if gates is None else gates
        untold = [name for name in self._names if name in asked and name not in self._told]
        if untold:
            raise SetupError(
                f"The agent asks people before it calls {untold} (`interrupt_on` or "
                "`HumanInTheLoopMiddleware`), but calls from programs do not pass there. Say in "
                "`interrupt_on` of CodeInterpreterMiddleware what holds for them in programs: "
                "`True`, `False` or an `InterruptOnConfig`."
            )

    def _present(self, ending: Ending) -> dict[str, Any]:
        console = ending.console if self._capture_console else ""
        text = render(ending.outcome, console=console, max_result_chars=self._max_result_chars)
        return {"text": "\n".join([*ending.notes, text]), "failed": ending.failed}


class _Program(BaseModel):
    """Arguments of the tool that runs programs."""

    code: str = Field(description=eval_code_description())


class _EvalTool(BaseTool):
    """Runs a JavaScript program in the script graph."""

    name: str = "eval"
    description: str = eval_tool_description()
    args_schema: Annotated[type[BaseModel], SkipValidation()] = _Program
    graph: Annotated[Any, SkipValidation()] = Field(exclude=True)
    host: Annotated[Any, SkipValidation()] = Field(default=None, exclude=True)

    def for_script(self, host: ScriptHost) -> _EvalTool:
        """The tool for one call, which brings along what this call's program is given."""
        return self.model_copy(update={"host": host})

    # LangGraph runs these bodies again on every resume, so nothing in them may have an effect.

    def _run(self, code: str, config: RunnableConfig) -> ToolMessage:
        graph, kept = cast("ScriptGraph", self.graph), durability(config)
        return self._message(graph.invoke(_start(code), self._config(config), durability=kept))

    async def _arun(self, code: str, config: RunnableConfig) -> ToolMessage:
        graph, kept = cast("ScriptGraph", self.graph), durability(config)
        output = await graph.ainvoke(_start(code), self._config(config), durability=kept)
        return self._message(output)

    def _config(self, config: RunnableConfig) -> RunnableConfig:
        if self.host is None:
            raise SetupError(
                "This tool runs inside an agent that has CodeInterpreterMiddleware among its "
                "middleware. Without an agent, use Interpreter or create_script_graph."
            )
        return PassedHost.config(config, self.host)

    def _message(self, output: Mapping[str, Any]) -> ToolMessage:
        outcome = output["outcome"]
        return ToolMessage(
            outcome["text"],
            tool_call_id=self.host.script_id,
            name=self.name,
            status="error" if outcome["failed"] else "success",
        )


def _start(code: str) -> Any:
    # The seed is part of the input, which LangGraph stores and, on a resume, does not replace.
    return {"source": code, "seed": os.urandom(32)}
