"""The kinds of decisions that answer the question whether calls are made.

Each kind of decision is one row of `KINDS`: how a decision of this kind is checked, what it comes
to, which is a call that runs or a reply in its place, and how agent-inbox says it. Scripts and the
model's own calls use the table alike, and nothing else tells the kinds apart. The formats are those
of LangChain's `HumanInTheLoopMiddleware`, so an approval UI that works for an agent works here.

A call about which nobody has answered in time is decided too: it is rejected, whatever is answered
from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from langchain_quickjs.errors import DecisionError, SnapshotError, ValueTransferError
from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.interpreter.values.short_json import json_in_short
from langchain_quickjs.quoting import in_line, time_text, value_text
from langchain_quickjs.script.model_texts import expiry_text, rejection_text
from langchain_quickjs.script.state import AwaitingCall, Fate

__all__ = [
    "BEGUN_BEFORE",
    "KINDS",
    "CallRuns",
    "Decision",
    "Kind",
    "Replacements",
    "ReplyInstead",
    "checked_decisions",
    "decided_by_time",
    "is_decided_by_time",
    "outcome_of_decision",
]

Decision: TypeAlias = dict[str, Any]
"""A decision that has been checked: its `type`, a key of `KINDS` or `expire`, and its fields."""

BEGUN_BEFORE: Final = (
    "This call was approved before, and it had begun when the process that made it died. It may "
    "have taken effect, or not: nobody was told how it ended. Approve it only if it is to be made "
    "again."
)

_MESSAGE_CHARS: Final = 65_536
_NOTE_ARGS_CHARS: Final = 400
_EXPIRED: Final = "expire"


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
        note: What the model is told in any case, as in `CallRuns`.
    """

    reply: Returned | Raised
    fate: Fate
    said: str | None = None
    why: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of decision.

    Attributes:
        check: Makes a decision of the fields that were given. It also takes a name for the decision
            in error messages, and the calls that it may put in the place of another. It raises
            `DecisionError` if the fields do not fit.
        outcome: Says what such a decision about a call comes to.
        inbox: The types of agent-inbox's responses that mean it where it is allowed, and what makes
            its fields of what such a response has under `args`.
    """

    check: Callable[[Mapping[str, Any], str, Replacements], Decision]
    outcome: Callable[[Decision, AwaitingCall], CallRuns | ReplyInstead]
    inbox: Mapping[str, Callable[[Any], dict[str, Any]]] = field(default_factory=dict)


def checked_decisions(
    answer: object, awaiting: Sequence[AwaitingCall], replacements: Replacements, now_s: float
) -> list[Decision]:
    """The decisions in an answer, one for each awaiting call.

    Args:
        answer: What the graph was resumed with.
        awaiting: The calls that were asked about.
        replacements: The calls that may be put in their places.
        now_s: The time, in seconds since the epoch.

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
        _decision_of_time(call, now_s)
        or _checked(
            decision, call, f"Decision {number} (for {call['action']['name']})", replacements
        )
        for number, (decision, call) in enumerate(zip(decisions, awaiting, strict=True), 1)
    ]


def decided_by_time(awaiting: Sequence[AwaitingCall], now_s: float) -> list[Decision] | None:
    """What is decided about calls because nobody has answered in time; `None` if any has time left.

    Args:
        awaiting: The calls that were asked about.
        now_s: The time, in seconds since the epoch.
    """
    decisions = [made for call in awaiting if (made := _decision_of_time(call, now_s)) is not None]
    return decisions if decisions and len(decisions) == len(awaiting) else None


def _decision_of_time(call: AwaitingCall, now_s: float) -> Decision | None:
    """What is decided about a call because nobody has answered in time."""
    expires_s = call.get("expires_s")
    if expires_s is None or now_s < expires_s:
        return None
    return {"type": _EXPIRED, "until_s": expires_s}


def is_decided_by_time(answer: object) -> bool:
    """Whether decisions are those that were made because nobody had answered in time."""
    made = answer if isinstance(answer, list) and answer else [None]
    return all(isinstance(one, Mapping) and one.get("type") == _EXPIRED for one in made)


def outcome_of_decision(decision: Decision, call: AwaitingCall) -> CallRuns | ReplyInstead:
    """What a decision about a call comes to.

    Raises:
        SnapshotError: The decision was stored by a version that has kinds which this one lacks.
    """
    if decision["type"] == _EXPIRED:
        return _expired(decision, call)
    kind = KINDS.get(decision["type"])
    if kind is None:
        raise SnapshotError(
            f"A decision of the type {value_text(decision['type'])} was stored, which this version "
            f"of the package does not know; it knows {sorted(KINDS)}."
        )
    return kind.outcome(decision, call)


def _checked(given: object, call: AwaitingCall, what: str, replacements: Replacements) -> Decision:
    allowed = call["review"]["allowed_decisions"]
    fields: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    name = fields.get("type")
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
            f"{what} names the tool {name!r}, which this program cannot call; it can call "
            f"{sorted(replacements.tools)}."
        )
    try:
        checked = replacements.checked_args(name, dict(args))
    except ValueTransferError as error:
        said = in_line(str(error))
        raise DecisionError(f"{what} has arguments that do not fit: {said}.") from None
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
    text = rejection_text(call["action"]["name"], words, had_begun=had_begun)
    reply = Raised("RejectedError", text)
    if had_begun:
        why = "its process died, and a person did not want it made again"
        return ReplyInstead(reply, "result unknown", why=why)
    return ReplyInstead(reply, "rejected by a person", said=words)


def _expired(decision: Decision, call: AwaitingCall) -> ReplyInstead:
    name, had_begun = call["action"]["name"], call["rounds"] > 0
    text = expiry_text(name, time_text(decision["until_s"]), had_begun=had_begun)
    reply, why = Raised("RejectedError", text), "nobody answered in time"
    if had_begun:
        return ReplyInstead(reply, "result unknown", why=f"its process died, and {why}", note=text)
    return ReplyInstead(reply, "not made", why=why, note=text)


def _check_response(
    fields: Mapping[str, Any],
    what: str,
    _replacements: Replacements,
) -> Decision:
    message = fields.get("message")
    if not isinstance(message, str):
        raise DecisionError(f"{what} must have a message, the text that the program gets.")
    return {"type": "respond", "message": message}


def _responded(decision: Decision, _call: AwaitingCall) -> ReplyInstead:
    words = decision["message"]
    return ReplyInstead(Returned(words), "answered by a person", said=words)


def _inbox_edit(args: Any) -> dict[str, Any]:
    action = args if isinstance(args, Mapping) else {}
    return {"edited_action": {"name": action.get("action"), "args": action.get("args")}}


def _no_fields(_args: Any) -> dict[str, Any]:
    return {}


def _message(args: Any) -> dict[str, Any]:
    return {"message": args}


# In this order they are tried for what agent-inbox sends: in doubt, a call is rejected.
KINDS: Final[dict[str, Kind]] = {
    "approve": Kind(_check_approval, _approved, {"accept": _no_fields}),
    "edit": Kind(_check_edit, _edited, {"edit": _inbox_edit}),
    "reject": Kind(_check_rejection, _rejected, {"ignore": _no_fields, "response": _message}),
    "respond": Kind(_check_response, _responded, {"response": _message}),
}
