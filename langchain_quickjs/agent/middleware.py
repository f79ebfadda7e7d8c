"""`CodeInterpreterMiddleware`: gives an agent a tool that runs JavaScript programs.

A thin adapter. The tool (`eval_tool.py`) is given the way that the agent's own tool calls take;
what comes of each program is rendered for the model.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence
from types import MethodType
from typing import Any, TypeAlias

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.tools import BaseTool
from langgraph.config import get_config
from langgraph.prebuilt.tool_node import ToolCallRequest
from langsmith.utils import tracing_is_enabled

from langchain_quickjs.agent.eval_tool import EvalTool
from langchain_quickjs.agent.grants import Grants, require_free_name
from langchain_quickjs.agent.model_calls.direct_calls import ToolResult
from langchain_quickjs.agent.model_calls.ruled_calls import (
    check_labels,
    decided_here,
    is_decided_here,
    note_earlier,
    note_provided,
    note_told,
    rule_decides,
)
from langchain_quickjs.agent.program import ProgramSettings, granted_to_program
from langchain_quickjs.agent.prompt import PromptSection, eval_tool_description
from langchain_quickjs.agent.rendering import was_rendered_here
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.script.durability.failures import Failures, unanswered, with_answers
from langchain_quickjs.script.durability.signing import SigningKeys, signing_keys
from langchain_quickjs.script.flow.drivers import Asking, Invoke, Work, adrive, drive
from langchain_quickjs.script.flow.inputs import Manner
from langchain_quickjs.script.labels.policy import RuleOfTwo
from langchain_quickjs.script.people.approvals import InterruptOn
from langchain_quickjs.script.people.gates import Agent, agent_of, make_way
from langchain_quickjs.script.settings import (
    AskMode,
    Defaults,
    Durability,
    Mode,
    OnToolError,
    OnUnfitAnswer,
    RequestName,
    check_parameters,
)
from langchain_quickjs.script.variables.agent_state import state_schema
from langchain_quickjs.script.variables.session import VariablesPolicy

__all__ = ["CodeInterpreterMiddleware", "PTCOption"]

PTCOption: TypeAlias = Sequence[str | BaseTool | Callable[..., Any]]
"""The tools that programs may call: names of the agent's tools, tools, or functions."""


# To type checkers, middleware that names its state stands in no list with that of another state.
class CodeInterpreterMiddleware(AgentMiddleware[Any, Any, Any]):
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
        ask: AskMode = Defaults.ask,
        on_unfit_answer: OnUnfitAnswer = Defaults.on_unfit_answer,
        request_name: RequestName = Defaults.request_name,
        timeout: float | None = Defaults.timeout,
        wall_timeout: float | None = Defaults.wall_timeout,
        memory_limit: int = Defaults.memory_limit,
        max_ptc_calls: int | None = Defaults.max_ptc_calls,
        max_result_chars: int = Defaults.max_result_chars,
        capture_console: bool = Defaults.capture_console,
        docs_tokens: int = Defaults.docs_tokens,
        tool_name: str = Defaults.tool_name,
        subagents: bool = Defaults.subagents,
        max_subagent_concurrency: int = Defaults.max_subagent_concurrency,
        durability: Durability = Defaults.durability,
        on_tool_error: OnToolError = Defaults.on_tool_error,
        mode: Mode | None = None,
        max_snapshot_bytes: int | None = None,
        snapshot_signing_key: SigningKeys | None = None,
        stream_events: bool = Defaults.stream_events,
        rule_of_two: RuleOfTwo | None = None,
    ) -> None:
        """Makes the middleware.

        Args:
            ptc: What programs may call: names of the agent's tools, or other tools or functions.
            interrupt_on: For each tool that needs it, whether or how a person decides about its
                calls: `True`, `False`, or LangChain's `InterruptOnConfig`, which may also have
                `expires_after_s` (`CallReview`): unanswered for so long, a call counts as rejected.
                Needs a checkpointer. It holds for programs and for calls that the agent's model
                makes itself (asked about once where the agent asks too), but not in subagents,
                which are agents of their own. What is not named here is in programs as for the
                model: as the agent's `interrupt_on` or `HumanInTheLoopMiddleware` says.
            ask: How calls of a program are asked about that wait at once: `"together"`, in one
                interrupt with a decision for each; `"each"`, in interrupts that are answered by
                id in any order; `"one_by_one"`, for user interfaces that show only one.
            on_unfit_answer: `"ask_again"` lets the question stand with the reason in it (`refused`,
                and before the first description); `"raise"` raises `DecisionError`.
            request_name: What requests of programs are called: `"tool"` by the tool that is called,
                `"program"` by `tool_name`, which is where the Deep Agents UI looks for them.
            timeout: How long a program may compute between two waits, in seconds.
            wall_timeout: How long a program may compute and wait for its timers in all, in seconds,
                without the time in which its calls run or people are waited for.
            memory_limit: How much memory a program may use, in bytes.
            max_ptc_calls: How many calls one program may make.
            max_result_chars: At what length the result and the output are each cut.
            capture_console: Whether the model sees what a program printed.
            docs_tokens: How much of the system prompt the documentation of all tools may take, four
                bytes of text a token. Programs can look up what it leaves out.
            tool_name: The tool's name.
            subagents: Whether programs may call a Deep Agent's subagents with `task(...)`.
            max_subagent_concurrency: How many of them run at once for one program; others wait.
            durability: `"pause"` stores a program when it pauses for people; after a crash it goes
                on from its last pause, or begins again, and calls made since are made again.
                `"call"` stores each call's result when it ends, before anything else happens: it is
                never made again; those not stored yet are, with the same `tool_call_id`. Needs a
                checkpointer, and an agent that stores its own steps.
            on_tool_error: What becomes of a tool's exception that a program does not catch:
                `"raise"` raises it as if the model had called the tool, `"return"` gives it to the
                model as the program's error, as happens in any case if the program has paused
                since: only name and message are left of such an exception.
            mode: How long variables live: `"thread"` (the default), with the thread; `"turn"`,
                until the agent is given something new; `"call"`, only as long as the program. In
                the first two, programs of one message run one by one.
            max_snapshot_bytes: How many bytes stored variables may take, compressed; what is larger
                is dropped, and the model told so. `memory_limit` when omitted.
            snapshot_signing_key: A secret with which stored variables and paused programs are
                signed for their thread, or a list: the first one signs, each of them verifies.
                What is not signed with one of them is not used.
            stream_events: Whether the custom stream tells of programs: `ProgramStreamEvent`.
            rule_of_two: The labels of tools. A call with which untrusted input, sensitive access
                and an act come together in a session needs a person, whoever makes it.

        Raises:
            SetupError: The arguments do not fit each other; the message says what to change.
            ToolNameError: A tool's name cannot be a name in programs.
        """
        super().__init__()
        check_parameters(
            ptc=ptc,
            interrupt_on=interrupt_on,
            ask=ask,
            on_unfit_answer=on_unfit_answer,
            request_name=request_name,
            timeout=timeout,
            wall_timeout=wall_timeout,
            memory_limit=memory_limit,
            max_ptc_calls=max_ptc_calls,
            max_result_chars=max_result_chars,
            capture_console=capture_console,
            docs_tokens=docs_tokens,
            tool_name=tool_name,
            subagents=subagents,
            max_subagent_concurrency=max_subagent_concurrency,
            durability=durability,
            on_tool_error=on_tool_error,
            mode=mode,
            max_snapshot_bytes=max_snapshot_bytes,
            stream_events=stream_events,
            rule_of_two=rule_of_two,
        )
        self.tool_name = tool_name
        limits = Limits(
            memory_bytes=memory_limit,
            step_timeout_s=timeout,
            wall_timeout_s=wall_timeout,
            calls=max_ptc_calls,
        )
        lives: Mode = mode or Defaults.mode
        variables = None
        self.state_schema = state_schema(
            has_variables=lives != "call", has_rule=rule_of_two is not None
        )
        if lives != "call":
            variables = VariablesPolicy(lives, max_snapshot_bytes or memory_limit, limits)
        called = tool_name if request_name == "program" else ""
        manner = Manner(ask, asks_again=on_unfit_answer == "ask_again", request_name=called)
        self._grants = Grants.of(
            ptc, interrupt_on, subagents=subagents, tool_name=tool_name, manner=manner
        )
        self._settings = ProgramSettings(
            tool_name=tool_name,
            grants=self._grants,
            limits=limits,
            mode=lives,
            variables=variables,
            signing_keys=signing_keys(snapshot_signing_key),
            keeps=durability == "call",
            raises=on_tool_error == "raise",
            subagents_at_once=max_subagent_concurrency,
            shows_console=capture_console,
            max_result_chars=max_result_chars,
            streams_events=stream_events,
            rule=rule_of_two,
        )
        # The agent that was looked at last, and found to have what programs and people need.
        self._fits: Agent | None = None
        self._prompt = PromptSection(tool_name, docs_tokens, lives, limits, max_result_chars)
        self._tool = EvalTool(
            name=tool_name,
            description=eval_tool_description(mode=lives),
            may_call=self._grants.tool_names,
            signing_keys=self._settings.signing_keys,
        )
        self.tools: Sequence[BaseTool] = [self._tool]
        if not tracing_is_enabled():
            self._spare_detours()

    def _spare_detours(self) -> None:
        """Makes the asynchronous hooks plain functions, which return what the handler gives.

        LangChain makes a span of each hook. Around a coroutine function that takes two threads and
        a task, also where nothing is traced: longer than a small program.
        """
        ours = CodeInterpreterMiddleware
        if type(self).awrap_model_call is ours.awrap_model_call:
            vars(self)["awrap_model_call"] = MethodType(ours._start_model_call, self)
        if type(self).awrap_tool_call is ours.awrap_tool_call:
            vars(self)["awrap_tool_call"] = MethodType(ours._start_tool_call, self)

    def wrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
    ) -> ModelResponse[Any]:
        """Tells the model about programs."""
        return drive(self._called_model(request, handler))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Tells the model about programs."""
        return await self._start_model_call(request, handler)

    def _start_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> Awaitable[ModelResponse[Any]]:
        return adrive(self._called_model(request, handler))

    def _called_model(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Any]
    ) -> Work[ModelResponse[Any]]:
        request = self._with_prompt(request)
        note_earlier(request.state, self._settings)
        if failed := unanswered(request.messages, self.tool_name, was_rendered_here):
            request = yield from self._with_failures(request, failed)
        response: ModelResponse[Any] = yield Invoke(functools.partial(handler, request))
        note_provided(request.state, response, self._settings)
        return response

    def _with_failures(
        self, request: ModelRequest[Any], script_ids: list[str]
    ) -> Asking[ModelRequest[Any]]:
        """Tells the model what programs had done that nothing was told of."""
        failures = Failures.of(get_config(), self._settings.signing_keys)
        told = {} if failures is None else (yield from failures.read(script_ids))
        if not told:
            return request
        note_told(request.state, told.values(), self._settings)
        return request.override(messages=with_answers(request.messages, told, self.tool_name))

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolResult]
    ) -> ToolResult:
        """Gives the tool that runs programs the way that tool calls take; asks about others."""
        if is_decided_here(request, handler, self._settings):
            return drive(decided_here(request, handler, self._settings))
        return handler(self._with_grant(request, handler))

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolResult]],
    ) -> ToolResult:
        """Gives the tool that runs programs the way that tool calls take; asks about others."""
        return await self._start_tool_call(request, handler)

    def _start_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[ToolResult]]
    ) -> Awaitable[ToolResult]:
        if is_decided_here(request, handler, self._settings):
            return adrive(decided_here(request, handler, self._settings))
        return handler(self._with_grant(request, handler))

    def _decides(self, request: ToolCallRequest) -> bool:
        """Whether the rule of two decides about a call, whoever else asks."""
        return rule_decides(request, self._settings)

    def _with_grant(self, request: ToolCallRequest, handler: Callable[..., Any]) -> ToolCallRequest:
        """A call of the tool that runs programs, with what its program is given."""
        if request.tool_call["name"] != self.tool_name:
            return request
        granted = granted_to_program(request, handler, self._settings)
        return request.override(tool=self._tool.for_script(granted))

    def _with_prompt(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        # What the agent asks people about is known where it runs only.
        agent = agent_of()
        if agent is not self._fits:
            self._grants.check_agent(agent, self)
            check_labels(self._settings, agent.tools, request.tools)
            if self._settings.rule is not None:
                make_way(agent)
            require_free_name(self._tool, request.tools)
            self._fits = agent
        available = [tool for tool in request.tools if isinstance(tool, BaseTool)]
        message = self._prompt.after(
            request.system_message,
            self._grants.tools_told_of(available),
            asked=agent.asked - self._grants.mentioned | self._grants.approvals.configs.keys(),
            subagents=self._grants.task_tool(available) is not None,
        )
        return request.override(system_message=message)
