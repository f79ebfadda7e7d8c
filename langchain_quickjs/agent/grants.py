"""What programs of an agent may call, and about which of these calls people are asked.

Some of it is said where the middleware is made, and some by the agent around it, which is known
only where it runs. What does not fit is found out as early as it can be.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool

from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.calls.js_names import check_names
from langchain_quickjs.script.calls.subagents import TASK, find_task_tool
from langchain_quickjs.script.flow.inputs import Manner
from langchain_quickjs.script.langgraph_internals.agent_hooks import handler_reaches
from langchain_quickjs.script.langgraph_internals.tools import is_subagent, tools_of_subagents
from langchain_quickjs.script.people.approvals import Approvals, InterruptOn, require_known
from langchain_quickjs.script.people.gates import Agent, agent_of
from langchain_quickjs.script.settings import as_tools

__all__ = ["Grants", "require_free_name"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grants:
    """What programs may call, and about what people are asked, as far as it was said.

    Attributes:
        tools: Tools, or names of the agent's, by the names that programs use.
        subagents: Whether programs may call subagents.
        approvals: The calls that wait for a person.
        mentioned: The tools of which it was said whether they do.
    """

    tools: Mapping[str, str | BaseTool]
    subagents: bool
    approvals: Approvals
    mentioned: Set[str]

    @classmethod
    def of(
        cls,
        ptc: Sequence[Any] | None,
        interrupt_on: InterruptOn | None,
        *,
        subagents: bool,
        tool_name: str,
        manner: Manner,
    ) -> Grants:
        """Puts together what was said where the middleware is made.

        Raises:
            SetupError: It does not fit together.
        """
        tools = as_tools("ptc", ptc or ())
        names = [tool if isinstance(tool, str) else tool.name for tool in tools]
        by_name = dict(zip(check_names(names), tools, strict=True))
        if tool_name in names:
            raise SetupError(f"Programs cannot call {tool_name!r}, the tool that runs them.")
        if (interrupt_on or {}).get(tool_name):
            raise SetupError(
                f"`interrupt_on` names {tool_name!r}, the tool that runs programs: here people are "
                "asked about the calls that programs make. To let people see each program before "
                "it begins, name it in the agent's own `interrupt_on`, or in that of a "
                "`HumanInTheLoopMiddleware`."
            )
        if subagents and TASK in (*by_name, tool_name):
            raise SetupError(
                f"Programs call subagents as `{TASK}(...)`, so neither a tool in `ptc` nor "
                f"`tool_name` may have this name. Leave the tool out of `ptc` (programs of a Deep "
                f"Agent have `{TASK}` anyway), rename it, or pass `subagents=False`."
            )
        # Whether there are such tools is known when the agent is.
        approvals = Approvals.of(interrupt_on, manner=manner)
        return cls(by_name, subagents, approvals, frozenset(interrupt_on or ()))

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The own names of the tools."""
        return tuple(t if isinstance(t, str) else t.name for t in self.tools.values())

    def tools_told_of(self, available: Sequence[BaseTool]) -> tuple[BaseTool, ...]:
        """Gives the tools that a model is told of, which may be fewer than the agent has."""
        by_name = {tool.name: tool for tool in available}
        tools = (by_name.get(t) if isinstance(t, str) else t for t in self.tools.values())
        return tuple(tool for tool in tools if tool is not None)

    def tools_granted(self, available: Sequence[BaseTool]) -> dict[str, BaseTool]:
        """Gives all tools, those given by name taken from the agent's.

        Raises:
            SetupError: The agent lacks one.
        """
        by_name = {tool.name: tool for tool in available}
        self._check_names(by_name)
        return {n: by_name[t] if isinstance(t, str) else t for n, t in self.tools.items()}

    def task_tool(self, available: Sequence[BaseTool]) -> BaseTool | None:
        """Gives the tool by which programs call subagents, if they may and there are any."""
        return find_task_tool(available) if self.subagents else None

    def check_agent(self, agent: Agent, ours: AgentMiddleware[Any, Any, Any]) -> None:
        """Finds out before an agent's first model call what would fail at its first program.

        Raises:
            SetupError: The agent lacks a tool, or asks people in a way that cannot be read.
        """
        if agent.tools is None:
            return  # It is found out at the first program.
        self._check_names(agent.tools)
        names = {tool if isinstance(tool, str) else tool.name for tool in self.tools.values()}
        if self.task_tool(list(agent.tools.values())) is not None:
            names.add(TASK)
        self._check_asking(names, agent, agent.bypassed(agent.behind(ours)))
        if misspelt := _misspelt(agent.asked, agent.tools):
            logger.warning(
                "The agent asks people about calls of %s, and has no such tool; it has %s. Nobody "
                "is asked about a tool with another name.",
                misspelt,
                sorted(agent.tools),
            )
        unasked = self.approvals.configs.keys() & agent.tools.keys() - agent.asked - {TASK}
        if unasked and TASK in agent.tools:
            logger.warning(
                "`interrupt_on` of CodeInterpreterMiddleware does not reach inside of subagents, "
                "which may have %s too. Pass `interrupt_on` to create_deep_agent instead: it holds "
                "for the model, its programs and its subagents.",
                sorted(unasked),
            )

    def approvals_for(self, names: Set[str], config: RunnableConfig, handler: Any) -> Approvals:
        """Gives the calls that people are asked about, with those that the agent itself asks about.

        Calls from programs do not pass `HumanInTheLoopMiddleware`, which looks at the model's
        messages, unless it asks call by call and stands behind this one.

        Args:
            names: The tools that a program can call.
            config: The config of the program's task.
            handler: What runs the program's calls.

        Raises:
            SetupError: Calls might need an approval that cannot be found out.
        """
        agent = agent_of(config)
        self._check_asking(names, agent, agent.bypassed(handler))
        gates = [
            gate
            for gate in agent.gates
            if gate.interrupt_mode != "per_call" or not handler_reaches(handler, gate)
        ]
        return self.approvals.adopting(gates, names - self.mentioned) if gates else self.approvals

    def _check_names(self, available: Mapping[str, BaseTool]) -> None:
        named = [tool for tool in self.tools.values() if isinstance(tool, str)]
        if missing := [name for name in named if name not in available]:
            raise SetupError(
                f"`ptc` names {missing}, which the agent does not have; it has "
                f"{sorted(available)}. Give the agent these tools, or pass them in `ptc` "
                "themselves."
            )
        if TASK in self.mentioned and TASK not in available:
            raise SetupError(
                f"`interrupt_on` names {TASK!r}, but the agent has no subagents. Leave it out, or "
                "give the agent subagents."
            )
        own = {tool.name for tool in self.tools.values() if isinstance(tool, BaseTool)}
        require_known(self.mentioned, own | available.keys())

    def _check_asking(self, names: Set[str], agent: Agent, unseen: Sequence[str]) -> None:
        if unseen and (untold := names - self.mentioned - agent.asked):
            raise SetupError(
                f"The agent asks people before it calls some of its tools (through {unseen[0]}), "
                "but it cannot be found out which. Say in `interrupt_on` of "
                f"CodeInterpreterMiddleware what holds for {sorted(untold)} in programs: `True`, "
                "`False` or an `InterruptOnConfig`."
            )


def _misspelt(asked: Set[str], tools: Mapping[str, BaseTool]) -> list[str]:
    """The names about which an agent asks people in vain.

    Subagents are given the gates of their agent, so these may be for tools that only others have.
    """
    if is_subagent():
        return []
    inside = tools_of_subagents(tools[TASK]).values() if TASK in tools else ()
    return sorted(asked - tools.keys() - {name for others in inside for name in others or ()})


def require_free_name(ours: BaseTool, tools: Sequence[Any]) -> None:
    """Checks that an agent has no other tool with the name of the one that runs programs.

    Raises:
        SetupError: It has.
    """
    others = (tool for tool in tools if tool is not ours)
    if any(isinstance(tool, BaseTool) and tool.name == ours.name for tool in others):
        raise SetupError(
            f"The agent has another tool {ours.name!r}, the name of the tool that runs "
            "programs. Give `tool_name` another value, or rename the agent's tool."
        )
