"""What one program of an agent is given, and what the model is shown of its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest

from langchain_quickjs.agent.documentation.lookup import Lookups
from langchain_quickjs.agent.documentation.schemas import declared_fields
from langchain_quickjs.agent.grants import Grants
from langchain_quickjs.agent.rendering import render_ending
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.script.arguments.tool_arguments import arguments_of
from langchain_quickjs.script.calls.subagents import TASK, Subagents, find_task_tool
from langchain_quickjs.script.calls.tool_path import ToolPath
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.inputs import Rules, Takes
from langchain_quickjs.script.granted import Granted, events_of
from langchain_quickjs.script.labels.policy import RuleOfTwo
from langchain_quickjs.script.langgraph_internals.checkpointer import agent_inside
from langchain_quickjs.script.langgraph_internals.superstep import Superstep
from langchain_quickjs.script.langgraph_internals.task import OuterTask
from langchain_quickjs.script.langgraph_internals.tools import may_read_state
from langchain_quickjs.script.settings import Mode
from langchain_quickjs.script.telling.endings import Ending
from langchain_quickjs.script.variables.order import order_of_programs
from langchain_quickjs.script.variables.session import Variables, VariablesPolicy
from langchain_quickjs.script.variables.session_labels import SessionLabels

__all__ = ["ProgramSettings", "granted_to_program"]


@dataclass(frozen=True, slots=True)
class ProgramSettings:
    """What holds for all programs of an agent.

    Attributes:
        tool_name: The name of the tool that runs them.
        grants: What they may call, and about which calls people are asked.
        limits: What each may use up.
        mode: How long variables live.
        variables: What variables may take, where they outlive the program.
        signing_keys: Sign what is stored.
        keeps: Whether a program is stored whenever calls have ended.
        raises: Whether a tool's exception that a program does not catch leaves the agent.
        subagents_at_once: How many subagents of a program may run at once.
        shows_console: Whether the model sees what a program printed.
        max_result_chars: The length at which result and output are each cut.
        streams_events: Whether the custom stream has events about them.
        lookups: Answers what they ask about tools.
        rule: Which calls need a person because of what was touched before.
    """

    tool_name: str
    grants: Grants
    limits: Limits
    mode: Mode
    variables: VariablesPolicy | None
    signing_keys: tuple[bytes, ...]
    keeps: bool
    raises: bool
    subagents_at_once: int
    shows_console: bool
    max_result_chars: int
    streams_events: bool
    lookups: Lookups = field(default_factory=Lookups)
    rule: RuleOfTwo | None = None

    def rule_for(self, tools: Sequence[BaseTool]) -> RuleOfTwo | None:
        """The rule in an agent with these tools: they tell what its subagents do."""
        return None if self.rule is None else self.rule.deriving(find_task_tool(tools))[0]

    def present(self, ending: Ending) -> dict[str, Any]:
        """What the model is shown of a program's end, as the graph's state keeps it."""
        console = ending.console if self.shows_console else ""
        text = render_ending(ending, console=console, max_result_chars=self.max_result_chars)
        told = {"story": ending.story, "text": text, "failed": ending.failed}
        return told if ending.touched is None else {**told, "touched": ending.touched}


def granted_to_program(
    request: ToolCallRequest, handler: Callable[..., Any], settings: ProgramSettings
) -> Granted:
    """What the program is given that a call of the model runs.

    Args:
        request: The call of the tool that runs programs.
        handler: What runs calls of tools in the agent.
        settings: What holds for all programs of the agent.

    Raises:
        SetupError: The agent lacks a tool, or asks people in a way that cannot be read.
    """
    config, runtime = request.runtime.config, request.runtime
    script_id = cast("str", request.tool_call["id"])
    tools = settings.grants.tools_granted(runtime.tools)
    task_tool = settings.grants.task_tool(runtime.tools)
    functions = {} if task_tool is None else {TASK: task_tool}
    by_own_name = {tool.name: tool for tool in (*tools.values(), *functions.values())}
    outer, signer = OuterTask(config), Signer.of(settings.signing_keys, config)
    subagents = (
        None if task_tool is None else Subagents(task_tool, script_id, runtime.stream_writer)
    )
    approvals = settings.grants.approvals_for(by_own_name.keys(), config, handler)
    tool_name, step, policy = settings.tool_name, Superstep(config), settings.variables
    variables = None
    if policy is not None:
        variables = Variables(
            policy, config, step=step, tool_name=tool_name, task=outer, signer=signer
        )
    rule = settings.rule_for(runtime.tools)
    session = None
    if rule is not None:
        session = SessionLabels.of(rule, config, request.state, signer, tool_name, task=outer)
    rules = Rules(
        script_id,
        tools,
        settings.limits,
        _takes(subagents),
        place=config["configurable"].get("checkpoint_ns", ""),
        functions=functions,
        decided=approvals.decided,
        expiries=approvals.expiries,
        manner=approvals.manner,
        subagent="" if task_tool is None else task_tool.name,
        subagents_at_once=settings.subagents_at_once,
        keeps=settings.keeps,
        raises=settings.raises,
        last_step=None if variables is None else variables.take_heap,
        lookups=settings.lookups.of(tools, approvals.decided.keys()),
        rule=rule,
        declared=lambda name: declared_fields(by_own_name.get(name)),
        beside=(lambda mine: mine) if session is None else session.beside_program,
        reads_state=lambda name: may_read_state(by_own_name.get(name)),
        agent=agent_inside(config),
    )
    path = ToolPath(request, handler, outer, None if subagents is None else subagents.observe)
    order = order_of_programs(settings.mode, step, tool_name, config)
    events = events_of(runtime, script_id) if settings.streams_events else None
    labels = None
    if session is not None:
        labels = session.of_program(
            script_id, approvals.manner.clock, has_variables=policy is not None
        )
    return Granted(
        rules, path, approvals, order, variables, signer, settings.present, events, labels
    )


def _takes(subagents: Subagents | None) -> Callable[[BaseTool], Takes]:
    """Tells what a tool takes when a program calls it."""
    if subagents is None:
        return arguments_of
    task, arguments = subagents.tool.name, subagents.arguments
    return lambda tool: arguments if tool.name == task else arguments_of(tool)
