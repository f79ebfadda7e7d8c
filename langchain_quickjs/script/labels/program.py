"""What one program has touched, and which of its calls that makes a person's business."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from langchain.agents.middleware.human_in_the_loop import ActionRequest, ReviewConfig

from langchain_quickjs.interpreter import Raised
from langchain_quickjs.interpreter.quoting import time_text
from langchain_quickjs.interpreter.values.short_json import json_in_short
from langchain_quickjs.script.labels.policy import RuleOfTwo
from langchain_quickjs.script.labels.taint import (
    CLEAN,
    UNKNOWN,
    Label,
    Source,
    Taint,
    source_of,
)

__all__ = ["LABELS_KEY", "ProgramLabels", "asked_because", "brought_by", "error_about", "why"]

Asked: TypeAlias = tuple[ActionRequest, ReviewConfig, str | None]
"""What a person is asked about a call, and what its description begins with if that is made."""

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
    mine = " and ".join(words for label, words in _WORDS.items() if label in own)
    head = f"**Rule of two.** This call would have {mine}"
    return "\n".join([head + (", and before it this agent has:" if others else "."), *others])


def _touched(label: Label, taint: Taint) -> str:
    told = [_told(one) for one in taint.sources if label in one.labels]
    return f"- {_WORDS[label]}: {'; '.join(told) or 'it is not known where'}"


def _told(source: Source) -> str:
    at = time_text(source.at_s)
    call = f"{source.tool}({source.args})".replace("`", "'")
    shown = "".join(one if one.isprintable() else "?" for one in call)
    return f"`{shown}` at {at}"


def error_about(name: str, taint: Taint, own: frozenset[Label]) -> str:
    """What a program or the model is told of a call that the rule refuses."""
    missing = sorted(taint.labels - own)
    return (
        f"{name} was not called: with it this session would have untrusted input, sensitive access "
        f"and an act together (rule of two); it already has {missing}. Go on without it."
    )


def asked_because(reason: str, name: str, args: dict[str, Any], asked: Asked | None) -> Asked:
    """What a person is asked about a call, with a reason before all else that is told of it."""
    if asked is None:
        review = ReviewConfig(
            action_name=name, allowed_decisions=["approve", "edit", "reject", "respond"]
        )
        return ActionRequest(name=name, args=args), review, reason
    action, review, preface = asked
    if preface is not None:
        return action, review, f"{reason}\n\n{preface}".rstrip()
    told = f"{reason}\n\n{action.get('description', '')}"
    return ActionRequest(**{**action, "description": told}), review, None


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

    def restore(self, packed: object) -> None:
        """Takes up what a paused program had touched; what cannot be read counts as all of it."""
        try:
            self.taint = UNKNOWN if packed is None else Taint.unpack(packed)
        except ValueError:
            self.taint = UNKNOWN

    def reviewed(
        self, name: str, args: dict[str, Any], asked: Asked | None
    ) -> Asked | Raised | None:
        """What a person is asked about a call, because of the rule too.

        Args:
            name: The tool.
            args: The arguments.
            asked: What the person is asked in any case; `None` for nothing.

        Returns:
            What the person is asked; an error if the rule refuses the call; `None` if it runs.
        """
        if self.rule is None or not self.applies(name):
            return asked
        own = self.rule.labels_of(name)
        if self.rule.on_three == "refuse":
            return Raised("RuleOfTwoError", error_about(name, self.taint, own))
        return asked_because(why(self.taint, own), name, args, asked)

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
