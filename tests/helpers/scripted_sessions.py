"""Random sessions under the rule of two: what a model and its programs do, as data and as code.

Each tool gives back its call's place as a tag, with the text that it was given. So what reached a
message of the model, or an argument, can be read in it; `written_sessions` says what goes other
ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = [
    "ACTS",
    "ALL",
    "BRINGS",
    "HARMLESS",
    "MIXED",
    "NONE",
    "PRIVATE",
    "PROVIDED",
    "STRANGE",
    "UNLABELLED",
    "Call",
    "Expr",
    "Found",
    "Program",
    "Say",
    "Script",
    "Step",
    "places_in",
]

ALL: Final = frozenset({"untrusted", "sensitive", "acts"})
NONE: Final = frozenset[str]()
ACTS, PRIVATE, STRANGE, HARMLESS, MIXED, UNLABELLED = "ash", "elm", "fir", "oak", "yew", "bay"
BRINGS: Final[Mapping[str, str]] = {"acts": ACTS, "sensitive": PRIVATE, "untrusted": STRANGE}
PROVIDED: Final = "web_search"


@dataclass(frozen=True)
class Expr:
    """A text made of a result: 1 for the last one, 2 for the one before, and so on; 0 for none, and
    -1 for what an earlier program has left.
    """

    of: int = 0
    form: str = "text"


@dataclass(frozen=True)
class Call:
    """A call of a tool, or of a subagent, with what that is to do.

    Attributes:
        tool: The tool.
        gives: What it is given.
        approved: What a person says if asked.
        adds: The labels that the tool gives to this result.
        inner: What the subagent calls.
    """

    tool: str
    gives: Expr = Expr()
    approved: bool = True
    adds: frozenset[str] = NONE
    inner: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Found:
    """What the model's provider has put into a message, before the calls of the same."""

    tool: str = PROVIDED


@dataclass(frozen=True)
class Step:
    """Calls that a program makes: `all` together, `each` in turn, `caught`, `loose`, `strands`."""

    calls: tuple[Call, ...]
    how: str = "all"
    when: int = 0


@dataclass(frozen=True)
class Program:
    """A program, and what it does with a text at its end."""

    steps: tuple[Step, ...]
    end: str = "silent"
    gives: Expr = Expr()


@dataclass(frozen=True)
class Script:
    """A session: tools, and what happens.

    Attributes:
        labels: The labels of tools; one that is missing has all.
        says: What happens.
        tools: The names of the tools.
        rule: What else there is to say of the rule.
    """

    labels: Mapping[str, frozenset[str]]
    says: tuple[Say, ...]
    tools: tuple[str, ...]
    rule: Mapping[str, Any] = field(default_factory=dict)

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        """Hypothesis would go into each part twice, and so take minutes for one session."""
        printer.text(repr(self))

    def of(self, tool: str) -> frozenset[str]:
        """The labels of a tool."""
        return NONE if tool == "task" else self.labels.get(tool, ALL)

    def decisive(self, tool: str) -> frozenset[str]:
        """Those of its labels for which its calls are asked about."""
        return self.of(tool) & (ALL if self.rule.get("order") == "any" else {"acts"})


@dataclass(frozen=True)
class Say:
    """A message of a person, and what a model calls then.

    Attributes:
        turns: The calls.
        back: How many checkpoints before the last one it goes on.
        how: `say` a message, go on `again` as it was, or from an `update` of the state.
        leaves: Whether nobody answers what is asked.
    """

    turns: tuple[tuple[Call | Program | Found, ...], ...]
    back: int | None = None
    how: str = "say"
    leaves: bool = False


def places_in(texts: Iterable[str]) -> list[str]:
    """The tags in texts."""
    return [place for text in texts for place in re.findall(r"#([\d./]+);", text)]
