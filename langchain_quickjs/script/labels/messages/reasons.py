"""Why a person is asked about a call, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from langchain.agents.middleware.human_in_the_loop import ActionRequest, ReviewConfig

from langchain_quickjs.interpreter.quoting import INVISIBLE, time_text
from langchain_quickjs.script.labels.shadow import WHOLE
from langchain_quickjs.script.labels.taint import SOURCES_PER_LABEL, Label, Source, Taint

__all__ = ["Asked", "asked_because", "why"]

Asked: TypeAlias = tuple[ActionRequest, ReviewConfig, str | None]
"""What a person is asked about a call, and what its description begins with if that is made."""

_FIELD_CHARS: Final = 60
_FIELDS: Final = 32
_NOT_KNOWN_WHERE: Final = (
    "it is not known where (there is a history of messages, and no labels with it: keep the thread "
    "in a checkpointer of the agent itself)"
)
_WORDS: Final[dict[Label, str]] = {
    "untrusted": "read what strangers may have written",
    "sensitive": "reached what is private",
    "acts": "acted",
}


def why(taint: Taint, own: frozenset[Label], depends: Sequence[str] = ()) -> str:
    """Why a person is asked about a call, in Markdown: which labels came from which calls.

    Args:
        taint: What had been touched before.
        own: The labels of the call.
        depends: Which of its arguments depend on strangers' text, if that is known.
    """
    told = [label for label in _WORDS if label != "acts" or label in taint.labels]
    others = [_touched(label, taint) for label in told if label not in own]
    mine = " and ".join(words for label, words in _WORDS.items() if label in own)
    head = f"**Rule of two.** This call would have {mine}"
    lines = [head + (", and before it this agent has:" if others else "."), *others]
    if WHOLE in depends:
        lines.append("- that it is made, and with what, may depend on what strangers wrote")
    elif depends:
        named = ", ".join(f"`{_shown(name[:_FIELD_CHARS])}`" for name in depends[:_FIELDS])
        if (more := len(depends) - _FIELDS) > 0:
            named += f" and {more} more"
        lines.append(f"- of its arguments, these depend on what strangers wrote: {named}")
    return "\n".join(lines)


def _touched(label: Label, taint: Taint) -> str:
    told = [_told(one) for one in taint.sources if label in one.labels]
    if len(told) >= SOURCES_PER_LABEL:
        told.append("and there may be more, later ones")
    return f"- {_WORDS[label]}: {'; '.join(told) or _NOT_KNOWN_WHERE}"


def _told(source: Source) -> str:
    at = time_text(source.at_s)
    return f"`{_shown(f'{source.tool}({source.args})')}` at {at}"


def _shown(text: str) -> str:
    """A text that ends no code span, and in which nothing is hidden."""
    plain = INVISIBLE.sub("?", text.replace("`", "'"))
    return "".join(one if one.isprintable() else "?" for one in plain)


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
