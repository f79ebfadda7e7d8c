"""What is asked, and what a person's answer to it means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from langchain_quickjs import PendingCall

from .markup import as_json, digest, in_short

Fields = Mapping[str, str]
"""What a person has sent with a form."""

CHOICES = {"approve": "Approve", "edit": "Edit", "reject": "Reject", "respond": "Answer"}


@dataclass(frozen=True)
class Question:
    """One interrupt. The calls that it asks about are decided one by one and answered together.

    Attributes:
        calls: The calls, at least one.
    """

    calls: Sequence[PendingCall]

    @property
    def first(self) -> PendingCall:
        """The first of the calls, which has what they have in common."""
        return self.calls[0]

    @property
    def seen(self) -> str:
        """What a person was shown who answers it: an answer to anything else counts for nothing."""
        asked = [[one.tool, one.args, one.allowed_decisions, one.refused] for one in self.calls]
        freely = None if self.first.tool else self.first.value
        return digest(self.first.thread_id, self.first.interrupt_id, asked, freely)


class UnfitError(Exception):
    """What a person has sent is no decision yet.

    Attributes:
        index: The position of the call that it is about.
    """

    def __init__(self, index: int, text: str) -> None:
        super().__init__(text)
        self.index = index


def read_answer(question: Question, fields: Fields) -> tuple[Any, str]:
    """What the agent is resumed with, and the same in a few words.

    Raises:
        UnfitError: It is no decision yet.
    """
    if not question.first.tool:
        text = words(fields, "0.respond")
        if not text:
            raise UnfitError(0, "An answer is to be given, and there is none yet.")
        return text, f"Answer “{in_short(text)}”"
    decisions = [read_decision(call, fields) for call in question.calls]
    said = [
        f"{CHOICES[decision['type']]} {call_in_short(call, decision)}"
        for call, decision in zip(question.calls, decisions, strict=True)
    ]
    return {"decisions": decisions}, "; ".join(said)


def read_decision(call: PendingCall, fields: Fields) -> dict[str, Any]:
    """What a person has decided about one call, as LangChain writes it.

    Raises:
        UnfitError: It is no decision yet.
    """
    kind = fields.get(f"{call.index}.decision", "")
    if kind not in call.allowed_decisions:
        raise UnfitError(call.index, "Nothing is decided about this call yet.")
    if kind == "edit":
        args = read_arguments(call, fields.get(f"{call.index}.edit", ""))
        return {"type": kind, "edited_action": {"name": call.tool, "args": args}}
    said = words(fields, f"{call.index}.{kind}")
    if kind == "respond" and not said:
        raise UnfitError(call.index, "An answer is to be given, and there is none yet.")
    return {"type": kind, "message": said} if said else {"type": kind}


def read_arguments(call: PendingCall, text: str) -> dict[str, Any]:
    """The arguments that a person has put in the place of others.

    Raises:
        UnfitError: They are no arguments, or the same as before.
    """

    def refuse(constant: str) -> float:
        raise ValueError(f"{constant} is no number")

    try:
        args: Any = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise UnfitError(call.index, f"This is not JSON: {error}.") from None
    if not isinstance(args, dict):
        raise UnfitError(call.index, 'The arguments must be an object in JSON: {"name": value}.')
    edited = cast("dict[str, Any]", args)
    if edited == call.args:
        raise UnfitError(call.index, "Nothing is changed. If the call may be made, approve it.")
    return edited


def words(fields: Fields, name: str) -> str:
    """What a person has typed."""
    return fields.get(name, "").replace("\r\n", "\n").strip()


def call_in_short(call: PendingCall, decision: Mapping[str, Any]) -> str:
    """A call, and what is decided about it, in a line."""
    args = ", ".join(f"{name}: {as_json(value, None)}" for name, value in call.args.items())
    text = f"{call.tool}({in_short(args)})"
    if decision["type"] == "edit":
        return f"{text} to {in_short(as_json(decision['edited_action']['args'], None))}"
    return f"{text}: “{in_short(decision['message'])}”" if "message" in decision else text
