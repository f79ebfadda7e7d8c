"""The question whether calls are made, and the kinds of decisions that answer it.

Each kind of decision is one row of `KINDS`: how a decision of this kind is checked, and what it
comes to, which is a call that runs or a reply in its place. Scripts and the model's own calls use
the table alike, and nothing else tells the kinds apart. The formats are those of LangChain's
`HumanInTheLoopMiddleware` (batched mode), so an approval UI that works for an agent works here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from langchain.agents.middleware.human_in_the_loop import ActionRequest, HITLRequest
from langgraph.types import Interrupt

from langchain_quickjs.errors import DecisionError, SnapshotError, ValueTransferError
from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.interpreter.quoting import value_text
from langchain_quickjs.interpreter.values.short_json import json_in_short
from langchain_quickjs.script.state import AwaitingCall, Fate, Question

__all__ = [
    "BEGUN_BEFORE",
    "KINDS",
    "CallRuns",
    "Decision",
    "Kind",
    "Replacements",
    "ReplyInstead",
    "checked_decisions",
    "outcome_of_decision",
    "question_about",
]

Decision: TypeAlias = dict[str, Any]
"""A decision that has been checked: its `type`, which is a key of `KINDS`, and its fields."""

BEGUN_BEFORE: Final = (
    "This call was approved before, and it had begun when the process that made it died. It may "
    "have taken effect, or not: nobody was told how it ended. Approve it only if it is to be made "
    "again."
)

_MESSAGE_CHARS: Final = 65_536
_NOTE_ARGS_CHARS: Final = 400


@dataclass(frozen=True, slots=True)
class Replacements:
    """Which calls a person may put in the place of the one that was asked about.

    Attributes:
        tools: The names of the tools that may be called.
        checked_args: Takes the name of one of these tools and arguments for it, and gives the
            arguments as the tool takes them. It raises `ValueTransferError` if they do not fit.
    """

    tools: Collection[str]
    checked_args: Callable[[str, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CallRuns:
    """The decision that a call runs.

    Attributes:
        name: The tool's own name.
        args: The arguments.
        is_another: Whether this is another call than the one that was asked about.
        note: What the model is told about it beside the result; nothing if it is empty.
    """

    name: str
    args: dict[str, Any]
    is_another: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReplyInstead:
    """The decision that a call does not run, and has this reply.

    Attributes:
        reply: What the caller gets.
        fate: What the report of the script's calls says of it.
        said: The person's words, which the report quotes.
        why: What the report says if it quotes nobody.
    """

    reply: Returned | Raised
    fate: Fate
    said: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of decision.

    Attributes:
        check: Makes a decision of the fields that were given. It also takes a name for the decision
            in error messages, and the calls that it may put in the place of another. It raises
            `DecisionError` if the fields do not fit.
        outcome: Says what such a decision about a call comes to.
    """

    check: Callable[[Mapping[str, Any], str, Replacements], Decision]
    outcome: Callable[[Decision, AwaitingCall], CallRuns | ReplyInstead]


def question_about(calls: Sequence[AwaitingCall], place: str) -> Question:
    """The question whether to make these calls.

    Args:
        calls: The calls.
        place: What tells the calls from those of other scripts.
    """
    count = len(calls)
    decisions = {"type": "array", "items": {"type": "object"}, "minItems": count, "maxItems": count}
    schema = {"type": "object", "properties": {"decisions": decisions}, "required": ["decisions"]}
    request = HITLRequest(
        action_requests=[call["action"] for call in calls],
        review_configs=[call["review"] for call in calls],
    )
    # LangGraph takes no other ids for those of interrupts.
    number = hashlib.sha256(f"{place}|{calls[0]['id']}".encode()).hexdigest()[:32]
    return Question(interrupt=Interrupt(request, number, response_schema=schema), calls=list(calls))


def checked_decisions(
    answer: object, awaiting: Sequence[AwaitingCall], replacements: Replacements
) -> list[Decision]:
    """The decisions in an answer, one for each awaiting call.

    Args:
        answer: What the graph was resumed with.
        awaiting: The calls that were asked about.
        replacements: The calls that may be put in their places.

    Raises:
        DecisionError: The answer does not fit; the message says where and why.
    """
    decisions = answer.get("decisions") if isinstance(answer, Mapping) else None
    if not isinstance(decisions, list | tuple):
        raise DecisionError(
            'The answer must be {"decisions": [...]} with one decision for each action request, '
            f"got {value_text(answer)}."
        )
    if len(decisions) != len(awaiting):
        names = ", ".join(call["action"]["name"] for call in awaiting)
        raise DecisionError(
            f"The number of decisions ({len(decisions)}) is not the number of action requests "
            f"({len(awaiting)}): one is needed for each of {names}, in this order."
        )
    return [
        _checked(decision, call, f"Decision {number} (for {call['action']['name']})", replacements)
        for number, (decision, call) in enumerate(zip(decisions, awaiting, strict=True), 1)
    ]


def outcome_of_decision(decision: Decision, call: AwaitingCall) -> CallRuns | ReplyInstead:
    """What a decision about a call comes to.

    Raises:
        SnapshotError: The decision was stored by a version that has kinds which this one lacks.
    """
    kind = KINDS.get(decision["type"])
    if kind is None:
        raise SnapshotError(
            f"A decision of the type {value_text(decision['type'])} was stored, which this version "
            f"of the package does not know; it knows {sorted(KINDS)}."
        )
    return kind.outcome(decision, call)


def _checked(given: object, call: AwaitingCall, what: str, replacements: Replacements) -> Decision:
    fields: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    name, allowed = fields.get("type"), call["review"]["allowed_decisions"]
    kind = KINDS.get(name) if isinstance(name, str) and name in allowed else None
    if kind is None:
        raise DecisionError(f"{what} must have a type out of {allowed}, got {value_text(given)}.")
    return kind.check(fields, what, replacements)


def _check_approval(
    _fields: Mapping[str, Any], _what: str, _replacements: Replacements
) -> Decision:
    return {"type": "approve"}


def _approved(_decision: Decision, call: AwaitingCall) -> CallRuns:
    return CallRuns(call["action"]["name"], call["action"]["args"])


def _check_edit(fields: Mapping[str, Any], what: str, replacements: Replacements) -> Decision:
    action = fields.get("edited_action")
    name = action.get("name") if isinstance(action, Mapping) else None
    args = action.get("args") if isinstance(action, Mapping) else None
    if not isinstance(name, str) or not isinstance(args, Mapping):
        raise DecisionError(
            f'{what} must have an edited_action of the form {{"name": ..., "args": {{...}}}}, '
            f"got {value_text(action)}."
        )
    if name not in replacements.tools:
        raise DecisionError(
            f"{what} names the tool {name!r}, which this script cannot call; it can call "
            f"{sorted(replacements.tools)}."
        )
    try:
        checked = replacements.checked_args(name, dict(args))
    except ValueTransferError as error:
        raise DecisionError(f"{what} has arguments that do not fit: {error}.") from None
    return {"type": "edit", "edited_action": {"name": name, "args": checked}}


def _edited(decision: Decision, call: AwaitingCall) -> CallRuns:
    asked, edited = call["action"], decision["edited_action"]
    note = (
        f"A person replaced the call {_in_short(asked['name'], asked['args'])} by "
        f"{_in_short(edited['name'], edited['args'])}, which is what was run. This was intended."
    )
    return CallRuns(edited["name"], edited["args"], is_another=True, note=note)


def _in_short(name: str, args: Mapping[str, Any]) -> str:
    return f"{name}({json_in_short(args, _NOTE_ARGS_CHARS)})"


def _check_rejection(
    fields: Mapping[str, Any],
    what: str,
    _replacements: Replacements,
) -> Decision:
    message = fields.get("message")
    if message is not None and not isinstance(message, str):
        raise DecisionError(f"{what} has a message that is no text: {value_text(message)}.")
    if message is not None and len(message) > _MESSAGE_CHARS:
        raise DecisionError(
            f"{what} has a message of {len(message)} characters; it may have {_MESSAGE_CHARS}."
        )
    return {"type": "reject", "message": message} if message else {"type": "reject"}


def _rejected(decision: Decision, call: AwaitingCall) -> ReplyInstead:
    words, had_begun = decision.get("message"), call["rounds"] > 0
    reply = Raised("RejectedError", _rejection(call["action"], words, had_begun=had_begun))
    if had_begun:
        why = "its process died, and a person did not want it made again"
        return ReplyInstead(reply, "result unknown", why=why)
    return ReplyInstead(reply, "rejected by a person", said=words)


def _rejection(action: ActionRequest, words: str | None, *, had_begun: bool) -> str:
    """What the caller is told when a person rejected its call."""
    if had_begun:
        said = f": {words}" if words else "."
        return (
            f"This call of `{action['name']}` had begun in a process that died, and may have taken "
            f"effect. A person decided not to make it again{said}"
        )
    if words:
        return f"A person rejected this call of `{action['name']}`, which was not run: {words}"
    return (
        f"A person rejected this call of `{action['name']}`, which was not run. Do not try it "
        "again unless the user asks for it."
    )


def _check_response(
    fields: Mapping[str, Any],
    what: str,
    _replacements: Replacements,
) -> Decision:
    message = fields.get("message")
    if not isinstance(message, str):
        raise DecisionError(f"{what} must have a message, the text that the script gets.")
    return {"type": "respond", "message": message}


def _responded(decision: Decision, _call: AwaitingCall) -> ReplyInstead:
    words = decision["message"]
    return ReplyInstead(Returned(words), "answered by a person", said=words)


KINDS: Final[dict[str, Kind]] = {
    "approve": Kind(_check_approval, _approved),
    "edit": Kind(_check_edit, _edited),
    "reject": Kind(_check_rejection, _rejected),
    "respond": Kind(_check_response, _responded),
}
