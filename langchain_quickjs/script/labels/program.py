"""What one program has touched, and which of its calls that makes a person's business."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from langchain_quickjs.interpreter.values.short_json import json_in_short, quotable
from langchain_quickjs.script.labels.policy import RuleOfTwo
from langchain_quickjs.script.labels.taint import CLEAN, Label, Source, Taint, source_of

__all__ = ["LABELS_KEY", "ProgramLabels", "brought_by", "error_about", "why"]

LABELS_KEY: Final = "_quickjs_labels"
"""The key of the agent's state under which the labels of a session stand."""

_ARGS_CHARS: Final = 120
_LAUNCHED: Final[frozenset[Label]] = frozenset({"sensitive", "acts"})
_WORDS: Final[dict[Label, str]] = {
    "untrusted": "read what strangers may have written",
    "sensitive": "reached what is private",
    "acts": "acted",
}


def brought_by(
    name: str, args: Any, labels: frozenset[Label], now_s: float, *, delivered: bool
) -> Taint:
    """What a call brings: access and acts when it begins, strangers' text when its result comes.

    Args:
        name: The tool.
        args: Its arguments.
        labels: Those of the tool.
        now_s: The time, in seconds since the epoch.
        delivered: Whether its result comes; else it begins.
    """
    mine = labels - _LAUNCHED if delivered else labels & _LAUNCHED
    if not mine:
        return CLEAN
    return Taint(mine, (source_of(name, json_in_short(args, _ARGS_CHARS), now_s, mine),))


def why(taint: Taint, own: frozenset[Label]) -> str:
    """Why a person is asked about a call, in Markdown: which labels came from which calls.

    Args:
        taint: What had been touched before.
        own: The labels of the call.
    """
    others = [_touched(label, taint) for label in ("untrusted", "sensitive") if label not in own]
    mine = " and ".join(
        _WORDS[label] for label in ("untrusted", "sensitive", "acts") if label in own
    )
    head = f"**Rule of two.** This call would have {mine}"
    return "\n".join([head + (", and before it this agent has:" if others else "."), *others])


def _touched(label: Label, taint: Taint) -> str:
    told = [_told(one) for one in taint.sources if label in one.labels]
    return f"- {_WORDS[label]}: {'; '.join(told) or 'it is not known where'}"


def _told(source: Source) -> str:
    at = datetime.fromtimestamp(source.at_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"`{quotable(source.tool, 64)}({quotable(source.args, _ARGS_CHARS)})` at {at}".replace(
        "`", "'"
    )


def error_about(name: str, taint: Taint, own: frozenset[Label]) -> str:
    """What a program or the model is told of a call that the rule refuses."""
    missing = sorted(taint.labels - own)
    return (
        f"{name} was not called: with it this session would have untrusted input, sensitive access "
        f"and an act together (rule of two); it already has {missing}. Go on without it."
    )


@dataclass(slots=True)
class ProgramLabels:
    """What one program has touched so far.

    Attributes:
        rule: The rule; without one nothing is noted.
        taint: All of it, with what its session had touched before.
    """

    rule: RuleOfTwo | None = None
    taint: Taint = field(default=CLEAN)

    def applies(self, name: str) -> bool:
        """Whether a call of a tool is a person's business now."""
        return self.rule is not None and self.rule.applies(self.taint, self.rule.labels_of(name))

    def begins(self, name: str, args: Any, now_s: float) -> None:
        """Notes that a call begins."""
        self._note(name, args, now_s, delivered=False)

    def delivers(self, name: str, args: Any, now_s: float, added: Taint = CLEAN) -> None:
        """Notes that the program is given what a call came to.

        Args:
            name: The tool.
            args: Its arguments.
            now_s: The time, in seconds since the epoch.
            added: What was touched inside of it.
        """
        self._note(name, args, now_s, delivered=True)
        self.taint = self.taint.join(added)

    def _note(self, name: str, args: Any, now_s: float, *, delivered: bool) -> None:
        if self.rule is not None:
            own = self.rule.labels_of(name)
            self.taint = self.taint.join(brought_by(name, args, own, now_s, delivered=delivered))
