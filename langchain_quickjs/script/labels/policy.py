"""`RuleOfTwo`: which labels tools have, and which calls need a person because of them.

The rule is Meta's "Agents Rule of Two" (2025-10-31): within a session an agent has at most two of
untrustworthy input, sensitive access, and the power to act; where it needs all three, a human
supervises.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, get_args

from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from langchain_quickjs.errors import SetupError
from langchain_quickjs.interpreter.advice.near_names import nearest
from langchain_quickjs.quoting import value_text
from langchain_quickjs.script.labels.messages.provider_tools import (
    KNOWN_PROVIDER_TOOLS,
    labels_for,
    plain_name,
    provider_tool_names,
)
from langchain_quickjs.script.labels.report import RuleReport, report_of
from langchain_quickjs.script.labels.subagents import (
    SubagentLabels,
    derived,
    labels_of_subagent,
    names_of,
)
from langchain_quickjs.script.labels.taint import (
    ALL_LABELS,
    Label,
    OnThree,
    Order,
    Precision,
    Rule,
    Taint,
)
from langchain_quickjs.script.langgraph_internals.agent_hooks import tools_of_agent
from langchain_quickjs.script.langgraph_internals.tools import tools_of_subagents

__all__ = ["OnThree", "Order", "Precision", "RuleOfTwo"]


@dataclass(frozen=True, slots=True)
class RuleOfTwo(Rule):
    """Keeps an agent from acting, unasked, on what strangers wrote while it sees what is private.

    A tool that is not named has all three labels. Labels are believed: the rule is as good as they
    are.

    Args:
        labels: For each tool, by its own name, what it does: `"untrusted"` where its results may
            hold text that anybody wrote, `"sensitive"` where it reaches private data or systems,
            `"acts"` where it changes something or tells somebody outside. An empty set declares
            it harmless.
        precision: `"program"`: what a program reads and keeps to itself does not taint the
            conversation; what it returns, prints, throws or leaves in variables does.
            `"session"`: whatever was delivered counts. `"value"`: as `"program"`, and a call of a
            program, or what is shown of it, counts only if it depends on strangers' text. That is
            found out by a shadow of the program, which is given nothing of it.
        on_three: `"ask"` asks a person as `interrupt_on` does; `"refuse"` gives the program, or the
            model, an error.
        order: `"acts"`: calls that act are asked about once the other two have met. `"any"`: so
            is every call with which all three come together, whichever comes last.

    Raises:
        SetupError: A label or an option is none.

    Example:
        ```python
        rule = RuleOfTwo(
            {
                "fetch_page": {"untrusted"},
                "read_mail": {"untrusted", "sensitive"},
                "send_mail": {"acts"},
                "now": set(),
            }
        )
        ```
    """

    labels: Mapping[str, Collection[Label]]
    precision: Precision = "program"
    on_three: OnThree = "ask"
    order: Order = "acts"
    _known: Mapping[str, frozenset[Label]] = field(init=False, repr=False, compare=False)
    _subagents: Mapping[str, SubagentLabels] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    _deriving: list[tuple[BaseTool, RuleOfTwo, Set[str]]] = field(
        init=False, repr=False, compare=False, default_factory=list
    )

    def __post_init__(self) -> None:
        """Checks what was given."""
        _require("precision", self.precision, get_args(Precision))
        _require("on_three", self.on_three, get_args(OnThree))
        _require("order", self.order, get_args(Order))
        if not isinstance(self.labels, Mapping):
            raise SetupError(
                "`RuleOfTwo` takes a mapping of tool names to sets of labels; it was given "
                f"{value_text(self.labels)}."
            )
        known = {name: _checked(name, given) for name, given in self.labels.items()}
        object.__setattr__(self, "_known", MappingProxyType(known))
        object.__setattr__(self, "labels", self._known)

    def __hash__(self) -> int:
        """Equal rules have the same."""
        return hash((frozenset(self._known.items()), self.precision, self.on_three, self.order))

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is copied and pickled: by what it was made of."""
        return RuleOfTwo, (dict(self._known), self.precision, self.on_three, self.order)

    def labels_of(self, name: str, args: Any = None) -> frozenset[Label]:
        """What a call of a tool brings: all labels if it is not named, and cannot be derived.

        Args:
            name: The tool.
            args: The arguments, which tell which subagent is called.
        """
        if (known := self._known.get(name)) is not None:
            return known
        subagents = self._subagents.get(name)
        return ALL_LABELS if subagents is None else labels_of_subagent(subagents, args)

    def deriving(self, task: BaseTool | None) -> tuple[RuleOfTwo, Set[str]]:
        """The same rule with labels of subagents, where it does not name the tool that calls them.

        Args:
            task: The tool; `None` if there are no subagents.

        Returns:
            The rule, and the names of all tools that subagents have.
        """
        if task is None:
            return self, frozenset()
        for known, rule, names in self._deriving:
            if known is task:
                return rule, names
        labels, names = derived(task, self.labels_of)
        rule = copy.copy(self)
        if task.name not in self._known:
            object.__setattr__(rule, "_subagents", {task.name: labels})
        self._deriving[:] = [(task, rule, names)]
        return rule, names

    def leaves_out(self, task: BaseTool | None) -> frozenset[Label]:
        """Which labels of subagents' tools the tool that calls them was not given, where named."""
        if task is None or task.name not in self._known:
            return frozenset()
        labels, _ = derived(task, self.labels_of)
        return frozenset().union(*labels.values()) - self._known[task.name]

    def labels_of_provider_tool(self, name: str, own: Collection[str] = ()) -> frozenset[Label]:
        """What a tool brings that the model's provider runs: all labels if it is not named."""
        given = {known: labels for known, labels in self._known.items() if known not in own}
        return frozenset().union(*(labels_for([name], given) or [ALL_LABELS]))

    def names(self, name: str) -> bool:
        """Whether a tool has labels."""
        return name in self._known

    def applies(self, taint: Taint, own: Set[Label]) -> bool:
        """Whether a call with these labels of its own brings all three together."""
        decisive = own if self.order == "any" else own & {"acts"}
        return bool(decisive) and taint.labels | own == ALL_LABELS

    def may_apply(self, name: str) -> bool:
        """Whether any call of a tool may come to need a person."""
        own = self.labels_of(name)
        return bool(own if self.order == "any" else own & {"acts"})

    def unnamed(self, names: Iterable[str]) -> list[str]:
        """Those of these tools that have no labels, and so count for all three."""
        return sorted(set(names) - self._known.keys() - self._subagents.keys())

    def unnamed_of_provider(self, tools: Iterable[Mapping[str, Any]]) -> list[str]:
        """The names of those of these tools of the provider that have no labels."""
        named = map(provider_tool_names, tools)
        return sorted(min(names) for names in named if names and not labels_for(names, self._known))

    def report(
        self,
        tools: Iterable[BaseTool | Callable[..., Any] | Mapping[str, Any] | str]
        | Runnable[Any, Any],
    ) -> RuleReport:
        """What an agent with these tools can reach, and which tool makes it so.

        Args:
            tools: The agent; or all tools of it and of its programs, or their names; those of the
                model's provider as the agent is given them.

        Raises:
            SetupError: It is no agent, and no list.
        """
        given = [*_tools_of(tools)]
        provided = [one for one in given if isinstance(one, Mapping)]
        listed = [one for one in given if not isinstance(one, Mapping)]
        names = names_of(one for one in listed if isinstance(one, BaseTool))
        names |= {_name(one) for one in listed if not isinstance(one, BaseTool)}
        calling = (one for one in listed if isinstance(one, BaseTool) and tools_of_subagents(one))
        rule, inner = self.deriving(next(calling, None))
        labels = {name: rule.labels_of(name) for name in names - rule._subagents.keys()}
        derived = {
            f"{name} to {kind}": of_kind
            for name, kinds in rule._subagents.items()
            for kind, of_kind in kinds.items()
        }
        for tool in provided:
            known = provider_tool_names(tool)
            labels[min(known)] = frozenset().union(*labels_for(known, self._known) or [ALL_LABELS])
        unnamed = [*rule.unnamed(names | inner), *self.unnamed_of_provider(provided)]
        return report_of(labels | derived, unnamed, derived)

    def require_known(
        self, names: Collection[str], provided: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        """Checks that all labels are for tools that there are.

        Args:
            names: The tools of the agent.
            provided: Those of the model's provider.

        Raises:
            SetupError: There is no such tool: the label would be for nothing.
        """
        plain = {plain_name(name) for tool in provided for name in provider_tool_names(tool)}
        plain |= KNOWN_PROVIDER_TOOLS
        known = {name for name in self._known if plain_name(name) not in plain}
        if unknown := sorted(known - set(names)):
            meant = [near for name in unknown if (near := nearest(name, names)) is not None]
            hint = f" Did you mean {meant}?" if meant else ""
            raise SetupError(
                f"`rule_of_two` has labels for {unknown}, and there is no such tool.{hint} There "
                f"are {sorted(names)}. Use the tools' own names."
            )


def _tools_of(given: object) -> Iterable[Any]:
    """The tools that were given, or those of the agent."""
    if isinstance(given, Runnable):
        tools = tools_of_agent(given)
        if tools is not None:
            return tools.values()
    elif isinstance(given, Iterable) and not isinstance(given, str):
        return given
    raise SetupError(
        "`report` takes an agent that `create_agent` or `create_deep_agent` has made, or a list of "
        f"its tools; it was given {value_text(given)}."
    )


def _name(tool: object) -> str:
    return (
        tool
        if isinstance(tool, str)
        else str(getattr(tool, "name", None) or getattr(tool, "__name__", tool))
    )


def _require(name: str, value: object, allowed: tuple[Any, ...]) -> None:
    if value not in allowed:
        raise SetupError(
            f"`{name}` of `RuleOfTwo` must be one of {list(allowed)}; it is {value_text(value)}."
        )


def _checked(name: object, given: object) -> frozenset[Label]:
    if not isinstance(name, str):
        raise SetupError(f"`RuleOfTwo` takes names of tools; {value_text(name)} is none.")
    if isinstance(given, str) or not isinstance(given, Collection):
        raise SetupError(
            f"The labels of {name!r} in `RuleOfTwo` must be a set of {sorted(ALL_LABELS)}; they "
            f"are {value_text(given)}."
        )
    if wrong := [one for one in given if one not in ALL_LABELS]:
        raise SetupError(
            f"{value_text(wrong[0])} is no label for {name!r} in `RuleOfTwo`; there are "
            f"{sorted(ALL_LABELS)}."
        )
    return frozenset(given)
