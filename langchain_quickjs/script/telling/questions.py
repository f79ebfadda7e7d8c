"""A question about calls, as people and their user interfaces read it.

Its keys are those of LangChain's `HumanInTheLoopMiddleware`. Others stand beside them, for user
interfaces that know them:

    asked_at, expires_at   when it was asked, and when the first of its calls counts as rejected
    refused                why the last answer did not fit
    refused_signature      by whom that is said, where what is stored is signed
    arguments              in a request: its arguments, where agent-inbox looks for them
    tool                   in a request that has another name than its tool: the tool's
    action_request, config, description
                           the form of `HumanInterrupt`, which agent-inbox had before LangChain's

agent-inbox shows one request only, so what is there for it is there where a question is about one
call, whose arguments are not large: they would be stored several times.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from langgraph.types import Interrupt

from langchain_quickjs.interpreter.values.weight import weight
from langchain_quickjs.quoting import time_text
from langchain_quickjs.script.state import AskMode, AwaitingCall, CallMade, Question, Refusal

__all__ = [
    "grouped",
    "has_expired",
    "question_about",
    "refusal_in",
    "timed",
    "with_refusal",
]

_MOST_REPEATED: Final = 16_384
_REFUSED: Final = "**The last answer was not used.** {why}\n\n{description}"


def grouped(
    waiting: Sequence[AwaitingCall], ask: AskMode, *, is_alone: bool
) -> list[list[AwaitingCall]]:
    """Which of the calls that wait are asked about now, and which of them in one question.

    Args:
        waiting: The calls, in the order in which they are asked about.
        ask: How people want to be asked.
        is_alone: Whether nothing else is asked at the time.
    """
    if ask == "together":
        return [list(waiting)] if waiting else []
    return [[call] for call in (waiting if ask == "each" else waiting[: 1 if is_alone else 0])]


def timed(
    calls: Sequence[AwaitingCall], asked_s: float, expiries: Mapping[str, float]
) -> list[AwaitingCall]:
    """The calls with the time at which they are asked about, and that at which this expires.

    Args:
        calls: The calls.
        asked_s: When they are asked about, in seconds since the epoch.
        expiries: After how many seconds that expires, by the names of the tools where it does.
    """
    noted = []
    for call in calls:
        made = CallMade(**{**call.get("made", CallMade()), "asked_s": asked_s})
        noted.append(AwaitingCall(**{**call, "made": made}))
        if (expires_after_s := expiries.get(call["action"]["name"])) is not None:
            noted[-1]["expires_s"] = asked_s + expires_after_s
    return noted


def question_about(
    calls: Sequence[AwaitingCall],
    place: str,
    asked_s: float,
    *,
    request_name: str = "",
    extra: Mapping[str, Any] | None = None,
) -> Question:
    """The question whether to make these calls.

    Args:
        calls: The calls.
        place: What tells the calls from those of other scripts.
        asked_s: When it is asked, in seconds since the epoch.
        request_name: What requests are called in place of the tools; empty for the tools' names.
        extra: What else is told to those who know the keys.
    """
    count = len(calls)
    decisions = {"type": "array", "items": {"type": "object"}, "minItems": count, "maxItems": count}
    schema = {"type": "object", "properties": {"decisions": decisions}, "required": ["decisions"]}
    value: dict[str, Any] = {
        "action_requests": [dict(call["action"]) for call in calls],
        "review_configs": [_review(call) for call in calls],
        **(extra or {}),
        "asked_at": time_text(asked_s),
    }
    expiries = [call["expires_s"] for call in calls if "expires_s" in call]
    if expiries:
        value["expires_at"] = time_text(min(expiries))
    if request_name:
        _name_requests(value, request_name)
    if count == 1 and weight(calls[0]["action"]["args"], _MOST_REPEATED) <= _MOST_REPEATED:
        _add_agent_inbox(value)
    # LangGraph takes no other ids for those of interrupts.
    interrupt_id = hashlib.sha256(f"{place}|{calls[0]['id']}".encode()).hexdigest()[:32]
    interrupt = Interrupt(value, interrupt_id, response_schema=schema)
    return Question(interrupt=interrupt, calls=list(calls), asked_s=asked_s)


def _review(call: AwaitingCall) -> dict[str, Any]:
    review: dict[str, Any] = dict(call["review"])
    if "expires_s" in call:
        review["expires_at"] = time_text(call["expires_s"])
    return review


def _name_requests(value: dict[str, Any], name: str) -> None:
    """Gives all requests another name than that of their tool.

    The Deep Agents UI shows a request at the tool call of this name in the last message, and there
    is none but the one that runs the program. It reads the review's fields in camel case.
    """
    for request, review in zip(value["action_requests"], value["review_configs"], strict=True):
        request["tool"] = request["name"]
        request["name"] = review["action_name"] = review["actionName"] = name
        review["allowedDecisions"] = review["allowed_decisions"]


def _add_agent_inbox(value: dict[str, Any]) -> None:
    """Adds to a question about one call what agent-inbox looks for."""
    request, allowed = value["action_requests"][0], value["review_configs"][0]["allowed_decisions"]
    request["arguments"] = request["args"]
    value["action_request"] = {"action": request["name"], "args": request["args"]}
    value["config"] = {
        "allow_accept": "approve" in allowed,
        "allow_edit": "edit" in allowed,
        "allow_respond": "reject" in allowed or "respond" in allowed,
        "allow_ignore": "reject" in allowed,
    }
    value["description"] = request.get("description", "")


def with_refusal(question: Question, refusal: Refusal | None) -> Question:
    """The question with the reason why an answer to it did not fit; as it is if there is none."""
    if refusal is None:
        return question
    asked = question["interrupt"]
    told = _REFUSED.format(
        why=refusal.why, description=question["calls"][0]["action"].get("description", "")
    )
    first, *others = asked.value["action_requests"]
    value = {
        **asked.value,
        "refused": refusal.why,
        "action_requests": [{**first, "description": told}, *others],
    }
    if refusal.signature:
        value["refused_signature"] = refusal.signature
    if "description" in value:
        value["description"] = told
    again = Interrupt(value, asked.id, response_schema=asked.response_schema)
    return Question(**{**question, "interrupt": again})


def refusal_in(value: object) -> Refusal | None:
    """Why the last answer to what was shown did not fit, if that is what it says."""
    match value:
        case {"refused": str(why), "refused_signature": str(signature)}:
            return Refusal(why, signature)
        case {"refused": str(why)}:
            return Refusal(why)
    return None


def has_expired(value: object, now_s: float) -> bool:
    """Whether what was shown is a question about calls that all count as rejected by now.

    Args:
        value: What was shown, by anybody.
        now_s: The time, in seconds since the epoch.
    """
    reviews = value.get("review_configs") if isinstance(value, Mapping) else None
    if not isinstance(reviews, list) or not reviews:
        return False
    try:
        times = [datetime.fromisoformat(review["expires_at"]).timestamp() for review in reviews]
    except (KeyError, TypeError, ValueError, OverflowError):
        return False
    return max(times) <= now_s
