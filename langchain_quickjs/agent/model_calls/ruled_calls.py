"""The model's own calls under the rule of two."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from langchain_core.messages import AIMessage, ToolCall
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.config import get_config
from langgraph.prebuilt.tool_node import ToolCallRequest

from langchain_quickjs.agent.model_calls.direct_calls import (
    ToolResult,
    answer_if_unfit,
    as_edited,
    as_made,
    decided_call,
    error_message,
    needs_decision,
)
from langchain_quickjs.agent.program import ProgramSettings
from langchain_quickjs.script.calls.subagents import TASK, find_task_tool
from langchain_quickjs.script.durability.failures import Told
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.drivers import Invoke, Work
from langchain_quickjs.script.labels.messages.history import (
    record_forms,
    record_of,
    with_record,
)
from langchain_quickjs.script.labels.messages.provider_tools import provider_tools_in
from langchain_quickjs.script.labels.policy import RuleOfTwo
from langchain_quickjs.script.labels.results import CallLabels, around, noting
from langchain_quickjs.script.labels.taint import (
    CLEAN,
    UNKNOWN,
    Label,
    Taint,
    brought_by,
    error_about,
    why,
)
from langchain_quickjs.script.langgraph_internals.task import withdraw_on_error
from langchain_quickjs.script.people.approvals import Approvals
from langchain_quickjs.script.people.gates import agent_of, make_way
from langchain_quickjs.script.variables.session_labels import SessionLabels

__all__ = [
    "check_labels",
    "decided_here",
    "is_decided_here",
    "note_earlier",
    "note_provided",
    "note_told",
    "rule_decides",
]

logger = logging.getLogger(__name__)


def is_decided_here(request: ToolCallRequest, handler: Any, settings: ProgramSettings) -> bool:
    """Whether a call of the model is this package's business, and is no program.

    Args:
        request: The call.
        handler: What runs it.
        settings: What holds for the agent's programs.
    """
    name, approvals = request.tool_call["name"], settings.grants.approvals
    if settings.rule is not None:
        return bool(name != settings.tool_name)
    return name in approvals.configs and needs_decision(request, handler, approvals)


def decided_here(
    request: ToolCallRequest, handler: Callable[[ToolCallRequest], Any], settings: ProgramSettings
) -> Work[ToolResult]:
    """Makes such a call, when people have decided about it if they have to."""
    if (rule := settings.rule_for(request.runtime.tools)) is None:
        return decided_call(request, handler, settings.grants.approvals, settings.signing_keys)
    return _ruled_call(request, handler, settings, rule)


def rule_decides(request: ToolCallRequest, settings: ProgramSettings) -> bool:
    """Whether the rule decides about a call that the model has made, before it comes to it.

    What the thread has touched only grows until then, so it still decides when the call is made.

    Args:
        request: The call.
        settings: What holds for the agent's programs.
    """
    config, call = request.runtime.config, request.tool_call
    if settings.rule is None or call["name"] == settings.tool_name:
        return False
    rule = cast("RuleOfTwo", settings.rule_for([*(agent_of(config).tools or {}).values()]))
    signer = Signer.of(settings.signing_keys, config)
    labels = SessionLabels.of(rule, config, request.state, signer, settings.tool_name)
    return rule.applies(labels.read().session, rule.labels_of(call["name"], call["args"]))


def _ruled_call(
    request: ToolCallRequest,
    handler: Callable[[ToolCallRequest], Any],
    settings: ProgramSettings,
    rule: RuleOfTwo,
) -> Work[ToolResult]:
    """Makes a call of the model, or asks a person first, and notes what it has touched.

    Args:
        request: The call, of any tool but that which runs programs.
        handler: What runs it; a coroutine function in agents that run asynchronously.
        settings: What holds for the agent's programs.
        rule: The rule.

    Raises:
        SetupError: It would have nowhere to wait for people.
        DecisionError: The answer does not fit, and it is not to be asked again.
    """
    config, keys = request.runtime.config, settings.signing_keys
    approvals = settings.grants.approvals  # what people are asked about in any case
    make_way(agent_of(config))  # In this process no model may have been called yet.
    signer, clock = Signer.of(keys, config), approvals.manner.clock
    labels = SessionLabels.of(rule, config, request.state, signer, settings.tool_name)
    before = labels.read()
    known = before.session.join(labels.beside(cast("str", request.tool_call["id"]), clock()))
    edited, made = as_edited(request), as_made(request).tool_call
    call = edited.tool_call
    # A gate may have left the call that was made to the rule, whatever a hook has made of it since.
    own = rule.labels_of(call["name"], call["args"]) | rule.labels_of(made["name"], made["args"])
    if applies := rule.applies(known, own):
        if (answer := (yield from answer_if_unfit(edited, handler))) is not None:
            return with_record(answer, call["id"], record_of((), made=False))
        if rule.on_three == "refuse":
            refused = error_message(request.tool_call, error_about(call["name"], known, own))
            return with_record(refused, call["id"], record_of((), made=False))
        # Whatever gates have asked about it, people are shown the very call that is made.
        request, approvals = edited, _as_gates_ask(approvals, call["name"], config)
        approvals = approvals.because(call["name"], why(known, own))
    brought, inside = _Brought(rule, clock), CallLabels(before.session)

    def noted(made: ToolCallRequest) -> Any:
        """Runs what is really called: a person may have put another call in its place."""
        brought.note(as_edited(made).tool_call)
        return handler(made)

    asked = applies or _asks_anyhow(request, handler, approvals)
    with withdraw_on_error(labels.task):
        with noting(inside):
            if asked:
                result = yield from decided_call(request, noted, approvals, keys, brought.note_all)
            else:
                result = yield Invoke(partial(noted, request))
        labels.write(before, before.session.join(brought.taint, inside.added))
    return with_record(result, call["id"], brought.record(inside.added))


@dataclass(slots=True)
class _Brought:
    """What a call of the model brings to its session.

    Attributes:
        rule: The rule.
        clock: Tells the time, in seconds since the epoch.
        labels: What it brings; `None` as long as it is not made.
        taint: The same, with the call that it comes from.
    """

    rule: RuleOfTwo
    clock: Callable[[], float]
    labels: frozenset[Label] | None = None
    taint: Taint = CLEAN

    def note(self, called: ToolCall) -> None:
        """Notes that the call is made."""
        name, args, now_s = called["name"], called["args"], self.clock()
        self.labels = own = self.rule.labels_of(name, args)
        begun = brought_by(name, args, own, now_s, delivered=False)
        self.taint = self.taint.join(begun, brought_by(name, args, own, now_s, delivered=True))

    def note_all(self) -> None:
        """Notes all labels: nobody knows any more which ones the tool has added."""
        self.labels, self.taint = UNKNOWN.labels, self.taint.join(UNKNOWN)

    def record(self, added: Taint) -> dict[str, Any]:
        """What stands with the result, with what the tool has added."""
        if self.labels is None:
            return record_of((), made=False)
        return record_of(self.labels | added.labels)


def _as_gates_ask(approvals: Approvals, name: str, config: RunnableConfig) -> Approvals:
    """What the agent's own gates say of a tool, which leave its calls to the rule."""
    gates = [gate for gate in agent_of(config).gates if name in gate.interrupt_on]
    return approvals.adopting(gates[:1], {name} - approvals.configs.keys())


def _asks_anyhow(request: ToolCallRequest, handler: Any, approvals: Approvals) -> bool:
    is_asked = request.tool_call["name"] in approvals.configs
    return is_asked and needs_decision(request, handler, approvals)


def check_labels(
    settings: ProgramSettings,
    available: Mapping[str, BaseTool] | None,
    given: Collection[BaseTool | Mapping[str, Any]] = (),
) -> None:
    """Finds out before an agent's first model call which labels are for nothing, or missing.

    Args:
        settings: What holds for the agent's programs, with the rule.
        available: The agent's tools by their names; `None` if they cannot be found.
        given: What the model is given, also of tools that its provider runs.

    Raises:
        SetupError: A label is for a tool that is not there.
    """
    rule = settings.rule
    if rule is None or available is None:
        return
    task = find_task_tool([*available.values()])
    left_out = rule.leaves_out(task)
    rule, inner = rule.deriving(task)
    added = {tool.name for tool in given if isinstance(tool, BaseTool)}  # By other middleware.
    names = {*available, *added, *settings.grants.tool_names, *inner} - {settings.tool_name}
    # A subagent has no `task`, and may have the rule of the agent that it belongs to.
    provided = [tool for tool in given if isinstance(tool, Mapping)]
    rule.require_known(names | {TASK}, provided)
    if unnamed := rule.unnamed(names):
        logger.warning(
            "`rule_of_two` has no labels for %s. They count as untrusted, sensitive and acting, so "
            "a person is asked before each of their calls. Label them, with an empty set what is "
            "harmless.",
            unnamed,
        )
    if left_out:
        logger.warning(
            "`rule_of_two` has labels for `%s` without %s, which tools of its subagents have. They "
            "are believed. Leave the name out, and its labels are those of the tools.",
            TASK,
            sorted(left_out),
        )
    if unnamed := rule.unnamed_of_provider(provided):
        logger.warning(
            "`rule_of_two` has no labels for %s, which the model's provider runs. Nobody is asked "
            "about their calls, and with the first one the session counts as untrusted, sensitive "
            "and acting. Label them, by name or type.",
            unnamed,
        )


def note_earlier(state: Any, settings: ProgramSettings) -> None:
    """Notes what stands in the history, before anybody shortens it; tells the call around it.

    The channel of the labels tells that call too when it is read. Here it is checked what stands in
    it, and whether it is there at all.

    Args:
        state: The state of the agent, whose model is about to be called.
        settings: What holds for the agent's programs.
    """
    if settings.rule is None:
        return
    session = _session_of(state, settings, settings.rule)
    session.keep_told()
    if (call := around()) is not None:
        call.add(session.read().session)


def note_provided(state: Any, response: Any, settings: ProgramSettings) -> None:
    """Notes what tools of the model's provider have put into what the model says, and forms of it.

    Args:
        state: The state of the agent.
        response: What came of the call of the model.
        settings: What holds for the agent's programs.
    """
    if settings.rule is None:
        return
    messages = getattr(getattr(response, "model_response", response), "result", [response])
    record_forms(messages)
    found = [m for m in messages if isinstance(m, AIMessage) and provider_tools_in(m)]
    if found:
        touched = _session_of({"messages": found}, settings, settings.rule).told.session
        _session_of(state, settings, settings.rule).is_told(touched)


def note_told(state: Any, told: Iterable[Told], settings: ProgramSettings) -> None:
    """Notes what is touched by what the model is about to be told of programs without an end.

    Args:
        state: The state of the agent.
        told: What it is told.
        settings: What holds for the agent's programs.
    """
    if settings.rule is not None:
        session = _session_of(state, settings, settings.rule)
        session.is_told(CLEAN.join(*(one.touched for one in told)))


def _session_of(state: Any, settings: ProgramSettings, rule: RuleOfTwo) -> SessionLabels:
    config = get_config()
    signer = Signer.of(settings.signing_keys, config)
    return SessionLabels.of(rule, config, state, signer, settings.tool_name)
