"""`CodeInterpreterMiddleware`: gives an agent a tool that runs JavaScript programs.

A thin adapter. The tool (`eval_tool.py`) is given the way that the agent's own tool calls take;
what comes of each program is rendered for the model.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import replace
from types import MethodType
from typing import Annotated, Any, NotRequired, TypeAlias, cast

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import (
    AgentState,
    ModelRequest,
    ModelResponse,
    PrivateStateAttr,
)
from langchain_core.messages import SystemMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command
from langsmith.utils import tracing_is_enabled

from langchain_quickjs.errors import SetupError
from langchain_quickjs.eval_tool import EvalTool
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.prompt import Mode, eval_tool_description, system_prompt_section
from langchain_quickjs.rendering import has_no_copy, render
from langchain_quickjs.script.approvals import Approvals, InterruptOn
from langchain_quickjs.script.calls import ToolPath
from langchain_quickjs.script.heap import HeapChannel
from langchain_quickjs.script.host import Durability, ScriptHost, checked_durability
from langchain_quickjs.script.memory import HeapPolicy, Memory
from langchain_quickjs.script.names import js_names
from langchain_quickjs.script.outer import OuterTask, agent_gates, passes
from langchain_quickjs.script.signing import Signer, signing_key
from langchain_quickjs.script.state import Ending
from langchain_quickjs.script.subagents import TASK, Subagents, find_task_tool

__all__ = ["CodeInterpreterMiddleware", "InterpreterState", "PTCOption"]

ToolResult = ToolMessage | Command[Any]

PTCOption: TypeAlias = Sequence[str | BaseTool]
"""The tools that programs may call: names of the agent's tools, or tools."""


class InterpreterState(AgentState[Any]):
    """What the agent's state has beyond that of other agents. It is not part of what users read."""

    _quickjs_heap: NotRequired[Annotated[bytes, HeapChannel, PrivateStateAttr]]


class CodeInterpreterMiddleware(AgentMiddleware[AgentState[Any], Any, Any]):
    """Lets an agent run JavaScript programs that call its tools.

    The calls of programs pass the `wrap_tool_call` hooks of the middleware that stand after this
    one, as the model's own calls do; those before it see only the call that runs the program. So
    put it before what guards, counts or caches tool calls.

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
        ptc: PTCOption | None = None,
        interrupt_on: InterruptOn | None = None,
        timeout: float | None = 5.0,
        wall_timeout: float | None = 300.0,
        memory_limit: int = 64 * 1024 * 1024,
        max_ptc_calls: int | None = 256,
        max_result_chars: int = 4000,
        capture_console: bool = True,
        tool_name: str = "eval",
        subagents: bool = True,
        max_subagent_concurrency: int = 32,
        durability: Durability = "pause",
        mode: Mode | None = None,
        max_snapshot_bytes: int | None = None,
        snapshot_signing_key: str | bytes | None = None,
    ) -> None:
        """Makes the middleware.

        Args:
            ptc: The tools that programs may call: names of the agent's tools, or tools, which need
                not be the agent's.
            interrupt_on: For each tool that needs it, whether or how a person decides about a
                program's calls: `True`, `False`, or LangChain's `InterruptOnConfig`. Needs a
                checkpointer. For tools that are not named here it is as for the model's calls: what
                the agent's own `interrupt_on` or `HumanInTheLoopMiddleware` says.
            timeout: How long a program may compute between two waits, in seconds.
            wall_timeout: How long a program may compute and wait for its timers in all, in seconds.
                Time in which its calls run or people are waited for does not count.
            memory_limit: How much memory a program may use, in bytes.
            max_ptc_calls: How many calls one program may make.
            max_result_chars: At what length the result and the output are each cut.
            capture_console: Whether the model sees what a program printed.
            tool_name: The name of the tool.
            subagents: Whether programs may call the agent's subagents with `task(...)`, where a
                Deep Agent has any.
            max_subagent_concurrency: How many subagents of one program run at once; others wait.
            durability: `"pause"` stores a program when it pauses for people; after a crash it goes
                on from its last pause, or begins again, and the calls made since are made again.
                `"call"` stores each call's result when it ends, before anything else happens: that
                call is never made again, and those not stored yet are, with the same
                `tool_call_id`. Needs a checkpointer, and an agent that stores its own steps.
            mode: How long a program's variables live: `"thread"` (the default), as long as the
                thread; `"turn"`, until the agent is given something new; `"call"`, only as long
                as the program. In the first two, programs of one message run one by one.
            max_snapshot_bytes: How many bytes variables may take where they are stored, compressed;
                what is larger is dropped, and the model told so. `memory_limit` when omitted.
            snapshot_signing_key: A secret with which stored variables and paused programs are
                signed for their thread. What is not signed with it is not used.

        Raises:
            SetupError: The arguments do not fit each other; the message says what to change.
            ToolNameError: A tool's name cannot be a name in programs.
        """
        super().__init__()
        self.tool_name = tool_name
        self._ptc = tuple(ptc or ())
        self._names = [tool if isinstance(tool, str) else tool.name for tool in self._ptc]
        self._limits = Limits(
            memory_bytes=memory_limit,
            step_timeout_s=timeout,
            wall_timeout_s=wall_timeout,
            calls=max_ptc_calls,
        )
        self._max_result_chars = max_result_chars
        self._capture_console = capture_console
        self._approvals = Approvals.of(interrupt_on)
        self._approvals.require_granted([*self._names, *([TASK] if subagents else [])])
        self._told = frozenset(interrupt_on or ())
        self._mode = mode = _mode(mode)
        self._signing_key = signing_key(snapshot_signing_key)
        self._heap: HeapPolicy | None = None
        if max_snapshot_bytes is not None and max_snapshot_bytes < 1:
            raise SetupError("`max_snapshot_bytes` must be at least 1, or None.")
        if mode != "call":
            self.state_schema = InterpreterState
            self._heap = HeapPolicy(mode, max_snapshot_bytes or memory_limit, self._limits)
        self._subagents = subagents
        if max_subagent_concurrency < 1:
            raise SetupError("`max_subagent_concurrency` must be at least 1.")
        self._max_subagents = max_subagent_concurrency
        self._durability = checked_durability(durability)
        if tool_name in self._names:
            raise SetupError(f"Programs cannot call {tool_name!r}, the tool that runs them.")
        js_names(tool for tool in self._ptc if isinstance(tool, BaseTool))
        # The last prompt section, with its tools, and with what the agent says before it: they
        # rarely change between two model calls.
        self._written: tuple[Any, str] | None = None
        self._said: tuple[SystemMessage | None, str, SystemMessage] | None = None
        self._tool = EvalTool(name=tool_name, description=eval_tool_description(mode=mode))
        self.tools = [self._tool]
        if not tracing_is_enabled():
            self._spare_detours()

    def _spare_detours(self) -> None:
        """Makes the asynchronous hooks plain functions, which return what the handler gives.

        LangChain makes a span of each hook. Around a coroutine function that takes two threads and
        a task, also where nothing is traced: longer than a small program.
        """
        ours = CodeInterpreterMiddleware
        if type(self).awrap_model_call is ours.awrap_model_call:
            vars(self)["awrap_model_call"] = MethodType(ours.wrap_model_call, self)
        if type(self).awrap_tool_call is ours.awrap_tool_call:
            vars(self)["awrap_tool_call"] = MethodType(ours.wrap_tool_call, self)

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
        # What the agent asks people about is known where it runs only.
        gates = agent_gates() or ()
        asked = {name for gate in gates for name in gate.interrupt_on} - self._told
        section = self._section(
            [tool for tool in request.tools if isinstance(tool, BaseTool)],
            asked | self._approvals.configs.keys(),
        )
        return request.override(system_message=self._joined(request.system_message, section))

    def _joined(self, before: SystemMessage | None, section: str) -> SystemMessage:
        said = self._said
        if said is None or said[0] is not before or said[1] is not section:
            blocks = before.content_blocks if before else []
            text = f"\n\n{section}" if blocks else section
            message = SystemMessage(content_blocks=[*blocks, {"type": "text", "text": text}])
            said = self._said = (before, section, message)
        return said[2]

    def _section(self, available: Sequence[BaseTool], asked: Set[str]) -> str:
        # Hooks may show the model fewer tools than the agent has; only a program's run needs all.
        shown = {tool.name: tool for tool in available}
        tools = tuple(
            shown[tool] if isinstance(tool, str) else tool
            for tool in self._ptc
            if not isinstance(tool, str) or tool in shown
        )
        subagents = self._subagents and find_task_tool(available) is not None
        written, key = self._written, (tools, frozenset(asked), subagents)
        if written is None or written[0] != key:
            section = system_prompt_section(
                tools,
                approvals=asked,
                subagents=subagents,
                tool_name=self.tool_name,
                mode=self._mode,
                timeout_s=self._limits.step_timeout_s,
                memory_bytes=self._limits.memory_bytes,
                max_calls=self._limits.calls,
                max_result_chars=self._max_result_chars,
            )
            written = self._written = (key, section)
        return written[1]

    def _with_host(self, request: ToolCallRequest, handler: Callable[..., Any]) -> ToolCallRequest:
        if request.tool_call["name"] != self.tool_name:
            return request
        config = request.runtime.config
        script_id = cast("str", request.tool_call["id"])
        tools = js_names(self._granted(request.runtime.tools))
        outer = OuterTask(config)
        path = ToolPath(request, handler, outer)
        signer = Signer.of(self._signing_key, config)
        task = find_task_tool(request.runtime.tools) if self._subagents else None
        subagents = None
        if task is not None:
            subagents = Subagents(
                task, script_id, request.runtime.stream_writer, self._max_subagents
            )
            path = replace(path, watch=subagents.watch)
        functions = {} if task is None else {TASK: task}
        names = {tool.name for tool in (*tools.values(), *functions.values())}
        host = ScriptHost(
            script_id=script_id,
            tools=tools,
            approvals=self._asking(names - self._told, config, handler),
            limits=self._limits,
            path=path,
            present=self._present,
            memory=self._memory(config, outer, signer),
            signer=signer,
            place=config["configurable"].get("checkpoint_ns", ""),
            keeps=self._durability == "call",
            functions=functions,
            subagents=subagents,
        )
        return request.override(tool=self._tool.for_script(host))

    def _memory(self, config: RunnableConfig, task: OuterTask, signer: Signer) -> Memory | None:
        heap = self._heap
        return None if heap is None else Memory(heap, config, self.tool_name, task, signer)

    def _granted(self, available: Sequence[BaseTool]) -> list[BaseTool]:
        """The tools in `ptc`, those given by name taken from the agent's."""
        by_name = {tool.name: tool for tool in available}
        if missing := [t for t in self._ptc if isinstance(t, str) and t not in by_name]:
            raise SetupError(
                f"`ptc` names {missing}, which the agent does not have; it has "
                f"{sorted(by_name)}. Give the agent these tools, or pass them in `ptc` themselves."
            )
        return [by_name[tool] if isinstance(tool, str) else tool for tool in self._ptc]

    def _asking(self, untold: Set[str], config: RunnableConfig, handler: Any) -> Approvals:
        """What people are asked about, with what the agent itself asks them.

        Calls from programs do not pass `HumanInTheLoopMiddleware`, which looks at the model's
        messages, unless it asks call by call and stands behind this one.

        Raises:
            SetupError: Calls might need an approval that cannot be found out.
        """
        gates = agent_gates(config)
        if gates is None and untold:
            raise SetupError(
                "The agent asks people before it calls some of its tools, but it cannot be found "
                "out which. Say in `interrupt_on` of CodeInterpreterMiddleware what holds for "
                f"{sorted(untold)} in programs: `True`, `False` or an `InterruptOnConfig`."
            )
        passed = [
            gate
            for gate in gates or ()
            if gate.interrupt_mode == "per_call" and passes(handler, gate)
        ]
        return self._approvals.adopting([g for g in gates or () if g not in passed], untold)

    def _present(self, ending: Ending) -> dict[str, Any]:
        console = ending.console if self._capture_console else ""
        text = render(ending.outcome, console=console, max_result_chars=self._max_result_chars)
        failed = ending.failed and not has_no_copy(ending.outcome)
        return {"text": "\n".join([*ending.notes, text]), "failed": failed}


def _mode(mode: str | None) -> Mode:
    match mode:
        case None | "thread":
            return "thread"
        case "turn":
            return "turn"
        case "call":
            return "call"
    raise SetupError(f"`mode` must be 'thread', 'turn' or 'call', not {mode!r}.")
