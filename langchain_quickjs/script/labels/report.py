"""What a rule says of an agent's tools before anything has run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from langchain_core.tools import BaseTool

from langchain_quickjs.quoting import INVISIBLE
from langchain_quickjs.script.labels.taint import ALL_LABELS, Label

__all__ = ["RuleReport", "labels_from_annotations", "report_of"]

_ORDER: Final[tuple[Label, ...]] = ("untrusted", "sensitive", "acts")


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What an agent can reach, as its tools are labelled.

    Attributes:
        by_label: For each label, the tools that have it.
        alone: Tools that have all three by themselves: each call of them needs a person.
        unnamed: Tools without labels, which therefore count for all three.
        harmless: Tools that were declared to have none.
        derived: Calls of subagents, whose labels are those of the tools that the subagents have.
    """

    by_label: Mapping[Label, tuple[str, ...]]
    alone: tuple[str, ...]
    unnamed: tuple[str, ...]
    harmless: tuple[str, ...]
    derived: tuple[str, ...] = ()

    @property
    def reaches_three(self) -> bool:
        """Whether a session of the agent can come to all three, and people may be asked."""
        return all(self.by_label.values())

    @property
    def decisive(self) -> dict[Label, str]:
        """The tools that make it so: for each label that one tool alone has, that tool."""
        return {label: names[0] for label, names in self.by_label.items() if len(names) == 1}

    def __str__(self) -> str:
        """The report as text, a line for each label."""
        lines = [f"{label}: {', '.join(self.by_label[label]) or '-'}" for label in _ORDER]
        if self.harmless:
            lines.append(f"none: {', '.join(self.harmless)}")
        if self.derived:
            lines.append(f"from the tools of the subagent: {', '.join(self.derived)}")
        if self.unnamed:
            lines.append(f"without labels, so all three: {', '.join(self.unnamed)}")
        if not self.reaches_three:
            missing = [label for label in _ORDER if not self.by_label[label]]
            lines.append(f"No session can have all three: no tool is {' or '.join(missing)}.")
            return "\n".join(map(_shown, lines))
        lines.append("A session can come to all three: then a person is asked.")
        lines += [
            f"Without {name}, it could not: no other tool is {label}."
            for label, name in self.decisive.items()
        ]
        lines += [f"{name} has all three: each call of it is asked about." for name in self.alone]
        return "\n".join(map(_shown, lines))


def report_of(
    labels: Mapping[str, frozenset[Label]], unnamed: Iterable[str], derived: Iterable[str] = ()
) -> RuleReport:
    """What an agent whose tools have these labels can reach.

    Args:
        labels: The labels of its tools, by their names.
        unnamed: Those of them that nobody has labelled, and of its subagents.
        derived: Those of them that are calls of subagents.
    """
    names = sorted(labels)
    return RuleReport(
        {label: tuple(name for name in names if label in labels[name]) for label in _ORDER},
        tuple(name for name in names if labels[name] == ALL_LABELS),
        tuple(sorted(unnamed)),
        tuple(name for name in names if not labels[name]),
        tuple(sorted(derived)),
    )


def labels_from_annotations(
    tools: Iterable[BaseTool], *, show: bool = True
) -> dict[str, frozenset[Label]]:
    """Labels for tools of MCP servers, from what the servers say of them.

    A server's word is a hint from whoever runs it, so nothing uses it unless it is passed to
    `RuleOfTwo` by hand: look at what is printed first. Whatever a server does not say counts: a
    tool is taken to act unless `readOnlyHint` is true, and to bring strangers' text unless
    `openWorldHint` is false. No annotation tells what is private, so all tools are sensitive.

    Args:
        tools: The tools. Those without annotations are left out, and so have all labels.
        show: Whether to print what was inferred.

    Returns:
        The labels, by the names of the tools.
    """
    found: dict[str, frozenset[Label]] = {}
    for tool in tools:
        hints = _hints(tool)
        if not hints:
            continue
        labels: set[Label] = {"sensitive"}
        if hints.get("readOnlyHint") is not True:
            labels.add("acts")
        if hints.get("openWorldHint") is not False:
            labels.add("untrusted")
        found[tool.name] = frozenset(labels)
        if show:
            said = ", ".join(f"{key}={value}" for key, value in sorted(hints.items()))
            print(f"{_shown(tool.name)}: {', '.join(sorted(labels))}  ({said})")
    return found


def _shown(name: str) -> str:
    """A name that moves no cursor and hides nothing: servers choose their tools' names."""
    return "".join(one if one.isprintable() else "?" for one in INVISIBLE.sub("?", name))


def _hints(tool: BaseTool) -> dict[str, Any]:
    known = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    metadata: Any = tool.metadata or {}
    return {key: metadata[key] for key in known if isinstance(metadata.get(key), bool)}
