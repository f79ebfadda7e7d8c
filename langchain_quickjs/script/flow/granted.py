"""What one script is given by the world around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool

from langchain_quickjs.interpreter import Limits
from langchain_quickjs.script.arguments.tool_arguments import Arguments, arguments_of
from langchain_quickjs.script.calls.subagents import Subagents
from langchain_quickjs.script.calls.tool_call import ToolPath
from langchain_quickjs.script.people.approvals import Approvals
from langchain_quickjs.script.sealing import Sealer
from langchain_quickjs.script.signing import UNSIGNED, Signer
from langchain_quickjs.script.state import Ending, outcome_of
from langchain_quickjs.script.variables.order import AT_ONCE, AtOnce
from langchain_quickjs.script.variables.session import Variables

__all__ = ["ScriptHost"]


@dataclass(frozen=True, slots=True, weakref_slot=True)
class ScriptHost:
    """What one script is given by the world around it.

    Attributes:
        script_id: The start of its calls' ids.
        tools: What it may call, by the names that it uses.
        approvals: Which calls wait for a person.
        limits: What it may use up.
        path: The way that its calls take.
        present: Makes of the script's end what the graph's state keeps.
        place: Tells it from scripts with the same id elsewhere in the thread.
        keeps: Whether it is stored whenever calls have ended, and before others begin.
        functions: What it may call as a global function, by the names that it uses.
        subagents: The subagents among all these.
        variables: What it shares with other scripts; `None` if it begins with nothing.
        order: When it may begin, beside other scripts of the same message.
        signer: Signs it where it is stored.
        raises: Whether a tool's exception that it does not catch goes to whoever runs the graph.
    """

    script_id: str
    tools: Mapping[str, BaseTool]
    approvals: Approvals
    limits: Limits
    path: ToolPath
    present: Callable[[Ending], Any] = outcome_of
    place: str = ""
    keeps: bool = False
    functions: Mapping[str, BaseTool] = field(default_factory=dict)
    subagents: Subagents | None = None
    variables: Variables | None = None
    order: AtOnce = AT_ONCE
    signer: Signer = UNSIGNED
    raises: bool = True

    def sealer(self, config: RunnableConfig) -> Sealer:
        """What seals it in a task with this config."""
        return Sealer.of(self.signer, config, self.script_id, self.place)

    def tool(self, name: str) -> BaseTool | None:
        """The tool with this name of its own, if the script may call it."""
        granted = (*self.tools.values(), *self.functions.values())
        return next((tool for tool in granted if tool.name == name), None)

    def arguments(self, tool: BaseTool) -> Arguments:
        """What a tool takes when the script calls it."""
        if self.subagents is not None and tool.name == self.subagents.tool.name:
            return self.subagents.arguments
        return arguments_of(tool)
