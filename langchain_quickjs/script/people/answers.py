"""What user interfaces send, in the words of LangChain's `HumanInTheLoopMiddleware`.

They differ from these in three things, and each is understood only where it can mean one thing:

- agent-inbox sends its responses, in a list or one as it is. Which kind of decision each of them
  may mean stands with the kinds (`flow/decisions.py`); only what is allowed is meant.
- A request may be shown under the name of the tool that runs programs, and be edited under it.
- What a person has typed is text. Where the call that was asked about had something else, and the
  tool takes no text there, it is read as JSON.

An answer is for what was shown, so that is compared with what is asked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from langchain.agents.middleware.human_in_the_loop import ActionRequest
from langgraph.types import Interrupt

from langchain_quickjs.errors import AlreadyAnsweredError, SnapshotError, ValueTransferError
from langchain_quickjs.script.durability.ledger_entries import Claim
from langchain_quickjs.script.flow.decisions import KINDS, Replacements
from langchain_quickjs.script.langgraph_internals.resume import Delivery
from langchain_quickjs.script.state import AwaitingCall, Refusal
from langchain_quickjs.script.telling.questions import refusal_in

__all__ = [
    "already_answered_error",
    "changed_error",
    "in_langchains_words",
    "json_text",
    "refusal_shown",
    "refused",
    "require_call_shown",
    "signed",
]

_REFUSED: Final = "refused"
_QUESTION: Final = "question"
_SIGNATURE: Final = "signature"
_REQUESTS: Final = "action_requests"
# What is told in a question, and may be told otherwise when it is asked again.
_TEXTS: Final = ("agent", "description", "refused", "refused_signature")


class Vouching(Protocol):
    """Vouches for texts that stand where others may write, as the sealer of a script does."""

    def vouch_for(self, text: str, purpose: str, *parts: str) -> str:
        """A signature of the text; empty without a key."""

    def vouched_for(self, signature: str, text: str, purpose: str, *parts: str) -> bool:
        """Whether `vouch_for` made the signature for this text, purpose and parts."""


def in_langchains_words(
    answer: object,
    awaiting: Sequence[AwaitingCall],
    replacements: Replacements,
    request_name: str = "",
) -> object:
    """An answer as LangChain puts it; as it is, if it is no answer in other words.

    Args:
        answer: What a user interface has sent.
        awaiting: The calls that were asked about.
        replacements: The calls that may be put in their places.
        request_name: What requests were called in place of the tools; empty for the tools' names.
    """
    decisions = answer
    if isinstance(answer, Mapping):
        decisions = [answer] if "type" in answer else answer.get("decisions")
    if not isinstance(decisions, list | tuple) or len(decisions) != len(awaiting):
        return {"decisions": decisions} if isinstance(decisions, list | tuple) else answer
    said = [
        _decision(one, call, replacements, request_name) if isinstance(one, Mapping) else one
        for one, call in zip(decisions, awaiting, strict=True)
    ]
    return {"decisions": said}


def _decision(
    given: Mapping[str, Any], call: AwaitingCall, replacements: Replacements, request_name: str
) -> Mapping[str, Any]:
    decision = _of_agent_inbox(given, call["review"]["allowed_decisions"])
    action = decision.get("edited_action")
    if not isinstance(action, Mapping):
        return decision
    name, args = action.get("name"), action.get("args")
    if request_name and name == request_name:
        name = call["action"]["name"]
    if isinstance(args, Mapping) and name == call["action"]["name"]:
        args = _read_where_needed(dict(args), call["action"], replacements)
    return {**decision, "edited_action": {**action, "name": name, "args": args}}


def _of_agent_inbox(given: Mapping[str, Any], allowed: Collection[str]) -> Mapping[str, Any]:
    """A response of agent-inbox as a decision: the first kind that it may mean and is allowed.

    agent-inbox offers its text box where a call may be rejected, so what is typed there says why,
    and is an answer in the tool's place only where a call cannot be rejected.
    """
    said = given.get("type")
    if not isinstance(said, str) or (said in KINDS and "args" not in given):
        return given
    for name, kind in KINDS.items():
        if name in allowed and said in kind.inbox:
            return {"type": name, **kind.inbox[said](given.get("args"))}
    return given


def _read_where_needed(
    args: dict[str, Any], asked: ActionRequest, replacements: Replacements
) -> dict[str, Any]:
    """Arguments with text read as JSON, if the tool takes them so, and not as they are."""
    read = {
        key: _read(value) if not isinstance(asked["args"].get(key, ""), str) else value
        for key, value in args.items()
    }
    tried = [args] if read == args else [args, read]
    for one in tried if asked["name"] in replacements.tools else ():
        try:
            replacements.checked_args(asked["name"], one)
        except ValueTransferError:
            continue
        return one
    return args


def _read(value: Any) -> Any:
    """What a text says that is JSON; other values as they are."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def refused(error: Exception, interrupt_id: str, sealer: Vouching) -> Refusal:
    """Why an answer did not fit, for whoever answers the same question next.

    Args:
        error: What was wrong with the answer.
        interrupt_id: The id of the interrupt.
        sealer: Vouches for what is told, which stands with the question where others may write.
    """
    return Refusal(str(error), sealer.vouch_for(str(error), _REFUSED, interrupt_id))


def refusal_shown(shown: object, interrupt_id: str, sealer: Vouching) -> Refusal | None:
    """Why the last answer did not fit, as was shown; `None` if that is not what was said here.

    Args:
        shown: What stands where it is stored, or is known to have been shown.
        interrupt_id: The id of the interrupt.
        sealer: Knows what was told here.
    """
    found = refusal_in(shown)
    if found is None:
        return None
    known = sealer.vouched_for(found.signature, found.why, _REFUSED, interrupt_id)
    return found if known else None


def signed(asked: Interrupt, sealer: Vouching) -> Interrupt:
    """A question with a signature of all that it says, where what is stored is signed."""
    signature = sealer.vouch_for(json_text(asked.value) or "", _QUESTION, asked.id)
    value = {**asked.value, _SIGNATURE: signature} if signature else asked.value
    return Interrupt(value, asked.id, response_schema=asked.response_schema)


def require_call_shown(asked: Interrupt, delivery: Delivery, sealer: Vouching) -> None:
    """Sees to it that people were shown the call that they decide about, and what they may decide.

    A call of the model itself may have a description that is made anew each time, so what is told
    of it is what was signed when it was asked about.

    Raises:
        SnapshotError: They were not: somebody has changed the question where it is stored.
    """
    for shown in delivery.shown(asked.id):
        said = dict(shown) if isinstance(shown, Mapping) else {}
        signature, text = str(said.pop(_SIGNATURE, "")), json_text(said) or ""
        if not sealer.vouched_for(signature, text, _QUESTION, asked.id) or (
            json_text(_without_texts(said)) != json_text(_without_texts(asked.value))
        ):
            raise changed_error()


def _without_texts(question: Mapping[str, Any]) -> dict[str, Any]:
    """A question but for what is told about its calls. Arguments may have the same names."""
    left = {key: one for key, one in question.items() if key not in _TEXTS}
    if isinstance(requests := left.get(_REQUESTS), list):
        left[_REQUESTS] = [
            {**one, "description": ""} if isinstance(one, Mapping) else one for one in requests
        ]
    return left


def already_answered_error(claims: Iterable[Claim]) -> AlreadyAnsweredError:
    """The error for an answer that comes after another one."""
    age_s = time.time() - min((claim.taken_s for claim in claims), default=time.time())
    return AlreadyAnsweredError(
        f"This question has been answered {max(age_s, 0):.0f} s ago, and whoever took that answer "
        "may still be working on it. Nothing was done with the answer that came now. If the run "
        "that took the first one has died, go on with `invoke(None, config)`. With the config of "
        "an earlier state, that makes a fork, in which the question is asked again."
    )


def changed_error() -> SnapshotError:
    """The error for an answer to what is not asked."""
    return SnapshotError(
        "The answer is not used, because the question was changed where it is stored: what was "
        "shown is not what the program asks. Ask again: `invoke(None, config)`."
    )


def json_text(value: Any) -> str | None:
    """A question as text; `None` for what a tool asks that is no JSON, and may equal nothing."""
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return None
