"""The model's own calls of tools about which people are asked.

They are asked about where they are made: each call in a task of its own, which waits there, and
which nothing but the answer to its own question takes further. So several calls of one message
can be answered one by one, and an answer that does not fit can be given again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain.agents.middleware.human_in_the_loop import ActionRequest
from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command

from langchain_quickjs.errors import DecisionError
from langchain_quickjs.script.arguments.tool_arguments import arguments_of
from langchain_quickjs.script.flow.drivers import acarry_out, carry_out
from langchain_quickjs.script.flow.effects import Asking
from langchain_quickjs.script.flow.open_calls import BEGUN_BEFORE
from langchain_quickjs.script.langgraph_internals.agent_hooks import passes
from langchain_quickjs.script.langgraph_internals.resume import mark_as_unfit
from langchain_quickjs.script.people.approvals import (
    Approvals,
    checked_decisions,
    edit_note,
    question,
    rejection,
)
from langchain_quickjs.script.people.gates import agent_of
from langchain_quickjs.script.people.once_only import OnceOnly
from langchain_quickjs.script.run import require_checkpointer
from langchain_quickjs.script.state import AwaitingCall, Question

__all__ = ["arun_decided", "needs_decision", "run_decided"]

ToolResult = ToolMessage | Command[Any]


def needs_decision(request: ToolCallRequest, handler: Any, approvals: Approvals) -> bool:
    """Whether a call waits for a person whom nobody else asks about it.

    Args:
        request: The call, of a tool that `approvals` has.
        handler: What runs it.
        approvals: What people are asked about.
    """
    made = _as_made(request)
    for gate in agent_of(request.runtime.config).gates:
        sees = gate.interrupt_mode == "per_call" and passes(handler, gate)
        if _is_asked(gate, request if sees else made):
            return False
    return approvals.review(request) is not None


def run_decided(
    request: ToolCallRequest,
    handler: Callable[[ToolCallRequest], ToolResult],
    approvals: Approvals,
    keys: tuple[bytes, ...],
) -> ToolResult:
    """Asks about a call, and does what was decided: once.

    Args:
        request: The call.
        handler: What runs it.
        approvals: What people are asked about.
        keys: Sign what is stored of it.

    Raises:
        SetupError: It would have nowhere to wait for people.
        DecisionError: The answer does not fit; the same question stands.
    """
    once = OnceOnly.of(request.runtime.config, str(request.tool_call["id"]), keys)
    with once.at_work():
        decided = carry_out(_decided(request, approvals, once))
        if not isinstance(decided, _Decided):
            return decided
        try:
            result = handler(decided.request)
        except Exception as error:
            carry_out(once.failed(error))
            raise
        result = decided.noted(result)
        carry_out(once.ended(result))
        return result


async def arun_decided(
    request: ToolCallRequest,
    handler: Callable[[ToolCallRequest], Awaitable[ToolResult]],
    approvals: Approvals,
    keys: tuple[bytes, ...],
) -> ToolResult:
    """The same for agents that run asynchronously."""
    once = OnceOnly.of(request.runtime.config, str(request.tool_call["id"]), keys)
    with once.at_work():
        decided = await acarry_out(_decided(request, approvals, once))
        if not isinstance(decided, _Decided):
            return decided
        try:
            result = await handler(decided.request)
        except Exception as error:
            await acarry_out(once.failed(error))
            raise
        result = decided.noted(result)
        await acarry_out(once.ended(result))
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
) -> Asking[_Decided | ToolResult]:
    """What was decided about a call: that it runs, or what it has given or gives instead."""
    require_checkpointer(request.runtime.config, waits=True)
    while True:
        asked = _asked(request, approvals, once)
        decision = yield from once.answer(asked["interrupt"], _check(request, asked))
        if decision["type"] in ("reject", "respond"):
            return _answer(request, decision, begun=once.rounds > 0)
        begun = yield from once.begin()
        if begun is None:
            continue  # It had begun, and nobody knows how it ended: people are asked again.
        return begun if not isinstance(begun, bool) else _to_run(request, decision)


def _asked(request: ToolCallRequest, approvals: Approvals, once: OnceOnly) -> Question:
    """The question about a call."""
    action, review = cast("Any", approvals.review(request))
    if once.rounds:
        action = {**action, "description": f"{BEGUN_BEFORE}\n\n{action.get('description', '')}"}
    call: AwaitingCall = {
        "id": 0,
        "tool_call_id": once.call_id,
        "action": action,
        "review": review,
        "rounds": once.rounds,
    }
    return question([call], f"{once.sealer.place}|{once.rounds}")


def _check(request: ToolCallRequest, asked: Question) -> Callable[[Any], Any]:
    tools = {tool.name: tool for tool in request.runtime.tools}

    def check(answer: Any) -> Any:
        try:
            (decision,) = checked_decisions(answer, asked["calls"], tools, arguments_of)
        except DecisionError as error:
            raise mark_as_unfit(error) from None
        return decision

    return check


def _to_run(request: ToolCallRequest, decision: Any) -> _Decided:
    call = request.tool_call
    if decision["type"] == "approve":
        return _Decided(request)
    edited, tools = decision["edited_action"], {tool.name: tool for tool in request.runtime.tools}
    tool_call: ToolCall = {**call, "name": edited["name"], "args": edited["args"]}
    tool = request.tool if edited["name"] == call["name"] else tools[edited["name"]]
    asked = ActionRequest(name=call["name"], args=call["args"])
    changed = request.override(tool_call=tool_call, tool=cast("BaseTool", tool))
    return _Decided(changed, edit_note(asked, edited))


def _answer(request: ToolCallRequest, decision: Any, *, begun: bool) -> ToolMessage:
    """What the model is told in the call's place."""
    call, words = request.tool_call, decision.get("message")
    responds = decision["type"] == "respond"
    return ToolMessage(
        words if responds else rejection(call["name"], words, begun=begun),
        name=call["name"],
        tool_call_id=call["id"],
        status="success" if responds else "error",
    )


def _as_made(request: ToolCallRequest) -> ToolCallRequest:
    """The call as the model made it, before a hook or a person changed it."""
    state = request.state
    messages = state.get("messages", ()) if isinstance(state, dict) else ()
    last = next((m for m in reversed(messages) if isinstance(m, AIMessage)), None)
    calls = last.tool_calls if last is not None else ()
    made = next((call for call in calls if call["id"] == request.tool_call["id"]), None)
    return request if made is None else request.override(tool_call=made)


def _is_asked(gate: HumanInTheLoopMiddleware[Any, Any, Any], request: ToolCallRequest) -> bool:
    config = gate.interrupt_on.get(request.tool_call["name"])
    if config is None:
        return False
    when = config.get("when")
    return when is None or bool(when(request))
