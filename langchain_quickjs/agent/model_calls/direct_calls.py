"""The model's own calls of tools about which people are asked.

They are asked about where they are made: each call in a task of its own, which waits there, and
which nothing but the answer to its own question takes further. So several calls of one message
can be answered one by one, and an answer that does not fit can be given again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, cast

from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command

from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.script.arguments.tool_arguments import arguments_of, why_not_taken
from langchain_quickjs.script.flow.decisions import (
    BEGUN_BEFORE,
    CallRuns,
    Decision,
    Replacements,
    ReplyInstead,
    checked_decisions,
    outcome_of_decision,
)
from langchain_quickjs.script.flow.drivers import Asking, Invoke, Work
from langchain_quickjs.script.langgraph_internals.agent_hooks import (
    edited_call,
    handler_reaches,
    runs_the_tool,
)
from langchain_quickjs.script.langgraph_internals.checkpointer import agent_inside
from langchain_quickjs.script.people.answers import in_langchains_words
from langchain_quickjs.script.people.approvals import Approvals
from langchain_quickjs.script.people.gates import agent_of, config_in
from langchain_quickjs.script.people.once_only import EndedBefore, OnceOnly
from langchain_quickjs.script.run import require_checkpointer
from langchain_quickjs.script.state import AwaitingCall, Question
from langchain_quickjs.script.telling.questions import question_about

__all__ = [
    "ToolResult",
    "answer_if_unfit",
    "as_edited",
    "as_made",
    "decided_call",
    "error_message",
    "needs_decision",
]

ToolResult: TypeAlias = ToolMessage | Command[Any]
"""What a call of the model comes to."""


def needs_decision(request: ToolCallRequest, handler: Any, approvals: Approvals) -> bool:
    """Whether a call waits for a person whom nobody else asks about it.

    Args:
        request: The call, of a tool that `approvals` has.
        handler: What runs it.
        approvals: What people are asked about.
    """
    made = as_made(request)
    for gate in agent_of(request.runtime.config).gates:
        sees = gate.interrupt_mode == "per_call" and handler_reaches(handler, gate)
        if _is_asked(gate, request if sees else made):
            return False
    return approvals.review_of_model(request) is not None


def answer_if_unfit(
    request: ToolCallRequest, handler: Callable[[ToolCallRequest], Any]
) -> Work[ToolResult | None]:
    """What the model is told of a call that cannot be made: nobody is to decide about it.

    Args:
        request: The call.
        handler: What runs it; a coroutine function in agents that run asynchronously.

    Returns:
        It; `None` for other calls, and where a hook behind may make one that fits of it.
    """
    call = request.tool_call
    if not runs_the_tool(handler):
        return None
    if request.tool is None:
        return cast("ToolResult", (yield Invoke(partial(handler, request))))
    problem = why_not_taken(request.tool, call["args"])
    # It is not even tried: whatever is wrong about this, nothing runs that nobody was asked about.
    return None if problem is None else error_message(call, f"{call['name']}: {problem}")


def decided_call(
    request: ToolCallRequest,
    handler: Callable[[ToolCallRequest], Any],
    approvals: Approvals,
    keys: tuple[bytes, ...],
    on_ended_before: Callable[[], None] = lambda: None,
) -> Work[ToolResult]:
    """Asks about a call, and does what was decided: once.

    Args:
        request: The call.
        handler: What runs it; a coroutine function in agents that run asynchronously.
        approvals: What people are asked about.
        keys: Sign what is stored of it.
        on_ended_before: Is called if it had ended in a run that was cut off, and is not made again.

    Raises:
        SetupError: It would have nowhere to wait for people.
        DecisionError: The answer does not fit, and it is not to be asked again.
    """
    call_id = str(request.tool_call["id"])
    once = OnceOnly.of(request.runtime.config, call_id, keys, approvals.manner)
    with once.marked_as_worked_on():
        decided = yield from _decided(request, approvals, once)
        if isinstance(decided, EndedBefore):
            on_ended_before()
            return cast("ToolResult", decided.result)
        if not isinstance(decided, _Decided):
            return decided
        try:
            result = yield Invoke(partial(handler, decided.request))
        except Exception as error:
            yield from once.note_error(error)
            raise
        result = decided.noted(result)
        yield from once.note_result(result)
        return result


@dataclass(frozen=True, slots=True)
class _Decided:
    """A call that runs.

    Attributes:
        request: The call as it was decided.
        note: What the model is told with its result.
    """

    request: ToolCallRequest
    note: str = ""

    def noted(self, result: ToolResult) -> ToolResult:
        """The result, with the note before what the tool says."""
        if not self.note:
            return result
        if isinstance(result, ToolMessage):
            return self._message(result)
        update = result.update
        messages = update.get("messages") if isinstance(update, dict) else None
        if not isinstance(messages, list):
            return result
        noted = [self._message(m) if isinstance(m, ToolMessage) else m for m in messages]
        return replace(result, update={**cast("dict[str, Any]", update), "messages": noted})

    def _message(self, message: ToolMessage) -> ToolMessage:
        if message.tool_call_id != self.request.tool_call["id"]:
            return message
        if isinstance(message.content, str):
            content: Any = f"{self.note}\n{message.content}"
        else:
            content = [{"type": "text", "text": self.note}, *message.content]
        return message.model_copy(update={"content": content})


def _decided(
    request: ToolCallRequest, approvals: Approvals, once: OnceOnly
) -> Asking[_Decided | EndedBefore | ToolResult]:
    """What was decided about a call: that it runs, or what it has given or gives instead."""
    require_checkpointer(request.runtime.config, waits=True)
    while True:
        asked = _asked(request, approvals, once, (yield from once.asked_s()))
        decision = yield from once.decision(asked, partial(_checked, request, asked, once))
        (call,) = asked["calls"]
        outcome = outcome_of_decision(decision, call)
        if isinstance(outcome, ReplyInstead):
            return _reply_message(request.tool_call, outcome.reply)
        begun = yield from once.begin(request.tool_call["name"])
        if isinstance(begun, EndedBefore):
            return begun
        if begun:
            return _to_run(request, outcome)
        # It had begun, and nobody knows how it ended: people are asked again.


def _asked(
    request: ToolCallRequest, approvals: Approvals, once: OnceOnly, asked_s: float
) -> Question:
    """The question about a call."""
    action, review = cast("Any", approvals.review_of_model(request))
    if once.rounds:
        action = {**action, "description": f"{BEGUN_BEFORE}\n\n{action.get('description', '')}"}
    call: AwaitingCall = {
        "id": 0,
        "tool_call_id": once.call_id,
        "action": action,
        "review": review,
        "rounds": once.rounds,
    }
    expires_after_s = approvals.expiries.get(request.tool_call["name"])
    if expires_after_s is not None:
        call["expires_s"] = asked_s + expires_after_s
    extra = {"agent": agent} if (agent := agent_inside(request.runtime.config)) else {}
    return question_about([call], f"{once.sealer.place}|{once.rounds}", asked_s, extra=extra)


def _checked(request: ToolCallRequest, asked: Question, once: OnceOnly, answer: Any) -> Decision:
    tools = {tool.name: tool for tool in request.runtime.tools}
    replacements = Replacements(
        tools, lambda name, args: arguments_of(tools[name]).value(args, name)
    )
    answer = in_langchains_words(answer, asked["calls"], replacements)
    now_s = once.manner.clock()
    (decision,) = checked_decisions(answer, asked["calls"], replacements, now_s)
    return decision


def _to_run(request: ToolCallRequest, decided: CallRuns) -> _Decided:
    if not decided.is_another:
        return _Decided(request, decided.note)
    call, tools = request.tool_call, {tool.name: tool for tool in request.runtime.tools}
    tool_call: ToolCall = {**call, "name": decided.name, "args": decided.args}
    tool = request.tool if decided.name == call["name"] else tools[decided.name]
    changed = request.override(tool_call=tool_call, tool=cast("BaseTool", tool))
    return _Decided(changed, decided.note)


def _reply_message(call: ToolCall, reply: Returned | Raised) -> ToolMessage:
    """What the model is told in the call's place."""
    if isinstance(reply, Raised):
        return error_message(call, reply.message)
    return ToolMessage(reply.value, name=call["name"], tool_call_id=call["id"])


def error_message(call: ToolCall, text: str) -> ToolMessage:
    """What the model is told of a call that was not made."""
    return ToolMessage(text, name=call["name"], tool_call_id=call["id"], status="error")


def as_made(request: ToolCallRequest) -> ToolCallRequest:
    """The call as the model made it, before a hook or a person changed it."""
    state = request.state
    messages = state.get("messages", ()) if isinstance(state, dict) else ()
    last = next((m for m in reversed(messages) if isinstance(m, AIMessage)), None)
    mine = request.tool_call
    named = [one for one in (last.tool_calls if last else ()) if one["id"] == mine["id"]]
    # Where calls of a message share an id, it does not tell which of them this one is.
    return request.override(tool_call=named[0]) if len(named) == 1 else request


def as_edited(request: ToolCallRequest) -> ToolCallRequest:
    """The call that a person has put in its place where the agent asks, and would be made."""
    edit, state = edited_call(request.state, request.tool_call["id"])
    if edit is None:
        return request
    call = request.tool_call
    tools = {tool.name: tool for tool in request.runtime.tools}
    tool = request.tool if edit["name"] == call["name"] else tools.get(edit["name"])
    changed: ToolCall = {**call, "name": edit["name"], "args": edit["args"]}
    return request.override(tool_call=changed, tool=cast("BaseTool", tool), state=state)


def _is_asked(gate: HumanInTheLoopMiddleware[Any, Any, Any], request: ToolCallRequest) -> bool:
    config = config_in(gate, request.tool_call["name"])
    if config is None:
        return False
    when = config.get("when")
    return when is None or bool(when(request))
