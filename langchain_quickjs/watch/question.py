"""What an interrupt asks, whoever has raised and stored it.

The value of an interrupt may come from a tool, from other packages, from an older version of this
one, or from a database that others write to. So nothing is believed of its form: what does not have
the form of a question about calls is a question of its own, and is handed on as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

__all__ = ["UNKNOWN_TIME", "AskedCall", "Program", "Question", "question_in", "time_in"]

UNKNOWN_TIME: Final = datetime.fromtimestamp(0, UTC)
"""Stands for a time that nobody has stored."""


@dataclass(frozen=True, slots=True)
class AskedCall:
    """One call that is asked about.

    Attributes:
        tool: The name of the tool; empty where there is none.
        args: The arguments.
        description: What the person reads about it.
        allowed_decisions: What the person may decide.
        line: The line of the program that waits, from 1.
        expires_at: When it is decided unless somebody answers.
    """

    tool: str = ""
    args: Mapping[str, Any] | None = None
    description: str = ""
    allowed_decisions: tuple[str, ...] = ()
    line: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """The program that asks.

    Attributes:
        tool_call_id: The id of the model's call that runs it.
        source: Its text.
        first_line: The number of the line that it begins with: of a long program it is a part.
        column: The column of the first call that waits, from 1.
        calls_so_far: What it has done, a line each.
    """

    tool_call_id: str | None
    source: str | None
    first_line: int
    column: int | None
    calls_so_far: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What an interrupt asks.

    Attributes:
        calls: The calls that it asks about; one without a tool if it asks something else.
        about_calls: Whether it asks about calls, in the format of LangChain's middleware.
        program: The program that asks; `None` if none does.
        asked_at: When it was asked, if it says so.
        refused: Why the last answer did not fit.
        agent: The name of the agent that asks, if it says so.
    """

    calls: tuple[AskedCall, ...]
    about_calls: bool = False
    program: Program | None = None
    asked_at: datetime | None = None
    refused: str = ""
    agent: str = ""


def question_in(value: Any) -> Question:
    """What the value of an interrupt asks; never an exception."""
    requests = _list(_mapping(value).get("action_requests"))
    if not requests:
        return Question((AskedCall(),))
    program = _mapping(value.get("program"))
    is_ours = bool(program) or isinstance(value.get("tool_call_id"), str)
    return Question(
        tuple(_asked_call(value, program, index) for index in range(len(requests))),
        about_calls=True,
        program=_program(value, program) if is_ours else None,
        asked_at=time_in(value.get("asked_at")),
        refused=_text(value.get("refused")),
        agent=_text(value.get("agent")),
    )


def time_in(stored: Any) -> datetime | None:
    """The time that a text of ISO 8601 names, in UTC; `None` for anything else."""
    try:
        return datetime.fromisoformat(stored).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _asked_call(value: Any, program: Mapping[str, Any], index: int) -> AskedCall:
    request = _mapping(value["action_requests"][index])
    name = _text(request.get("name"))
    reviews = [_mapping(one) for one in _list(value.get("review_configs"))]
    review = _review(reviews, name, index)
    lines = _list(program.get("lines"))
    line = lines[index] if index < len(lines) else None if index else program.get("line")
    # A question says when the first of its calls expires, and each call, if it does so itself.
    each = any("expires_at" in one for one in reviews)
    return AskedCall(
        # For a user interface that needs it, requests have another name than their tools.
        _text(request.get("tool")) or name,
        _mapping(request.get("args")),
        _text(request.get("description")),
        tuple(one for one in _list(review.get("allowed_decisions")) if isinstance(one, str)),
        _position(line),
        time_in((review if each else value).get("expires_at")),
    )


def _review(reviews: list[Mapping[str, Any]], name: str, index: int) -> Mapping[str, Any]:
    """What may be decided about a call: what stands at its place, or else for one of its name."""
    named = [review for review in reviews if _text(review.get("action_name")) == name]
    at_place = reviews[index] if index < len(reviews) else {}
    return at_place if at_place in named else next(iter(named), {})


def _program(value: Mapping[str, Any], program: Mapping[str, Any]) -> Program:
    source = program.get("source")
    return Program(
        _text(value.get("tool_call_id")) or None,
        source if isinstance(source, str) else None,
        _position(program.get("first_line")) or 1,
        _position(program.get("column")),
        tuple(one for one in _list(value.get("calls_so_far")) if isinstance(one, str)),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    """A mapping with text for keys, as JSON has it; an empty one for anything else."""
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return value
    return {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _position(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None
