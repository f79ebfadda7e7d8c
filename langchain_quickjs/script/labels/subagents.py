"""The labels of a call of a subagent, derived from the tools that the subagent has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol, runtime_checkable

from langchain_core.tools import BaseTool

from langchain_quickjs.script.labels.taint import ALL_LABELS, Label
from langchain_quickjs.script.langgraph_internals.tools import (
    function_of_tool,
    tools_of_subagents,
)

__all__ = ["SubagentLabels", "derived", "labels_of_subagent", "names_of"]

SubagentLabels = Mapping[str, frozenset[Label]]
"""For each subagent that a tool calls, all that a call of it may do."""

_KIND: Final = "subagent_type"


@runtime_checkable
class _RunsPrograms(Protocol):
    """A tool that runs programs, and may itself do no more than what these call."""

    may_call: tuple[str, ...]


def names_of(tools: Iterable[BaseTool]) -> set[str]:
    """The names of tools, those of programs in the place of the tool that runs these."""
    found: set[str] = set()
    for tool in tools:
        found.update(tool.may_call if isinstance(tool, _RunsPrograms) else (tool.name,))
    return found


def derived(
    task: BaseTool, of_name: Callable[[str], frozenset[Label]], around: Sequence[BaseTool] = ()
) -> tuple[SubagentLabels, set[str]]:
    """What calls of subagents may do: what any tool of the subagent does, and of its own ones.

    Args:
        task: The tool that calls them.
        of_name: The labels of a tool.
        around: The tools of this kind that call the agent which has this one.

    Returns:
        The labels by the names of the subagents, all of them where the tools of one cannot be
        found; and the names of all tools that were found.
    """
    labels: dict[str, frozenset[Label]] = {}
    names: set[str] = set()
    calls_its_like: list[str] = []
    for kind, tools in tools_of_subagents(task).items():
        if tools is None:
            labels[kind] = ALL_LABELS
            continue
        nested = tools.get(task.name)
        own = names_of(one for one in tools.values() if one is not nested)
        names |= own
        labels[kind] = _union(map(of_name, own))
        if nested is None:
            continue
        if _is_same(nested, task):
            calls_its_like.append(kind)
        elif any(_is_same(nested, one) for one in around):
            labels[kind] = ALL_LABELS
        else:
            more, others = derived(nested, of_name, (*around, task))
            labels[kind] |= _union(more.values()) if more else ALL_LABELS
            names |= others
    labels |= dict.fromkeys(calls_its_like, _union(labels.values()))
    return labels, names


def _is_same(one: BaseTool, other: BaseTool) -> bool:
    return function_of_tool(one) is function_of_tool(other)


def _union(labels: Iterable[frozenset[Label]]) -> frozenset[Label]:
    return frozenset[Label]().union(*labels)


def labels_of_subagent(labels: SubagentLabels, args: Any) -> frozenset[Label]:
    """The labels of a call of a subagent; those of all subagents if it is not known which one."""
    kind = args.get(_KIND) if isinstance(args, Mapping) else None
    if isinstance(kind, str):
        return labels.get(kind, ALL_LABELS)
    return _union(labels.values()) if labels else ALL_LABELS
