"""How a script ended, and what became of its calls: for the model, and in the state of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from langchain_quickjs.errors import QuickJSError, ScriptError, ValueTransferError
from langchain_quickjs.interpreter import UNDEFINED, Completed, Failed, Shown
from langchain_quickjs.interpreter.values.plain_data import storable
from langchain_quickjs.script.state import CallReport, Listing

__all__ = [
    "Ending",
    "ScriptFailure",
    "ScriptOutcome",
    "outcome_of",
]


class ScriptFailure(TypedDict):
    """Why a script failed.

    `type` is the name of the JavaScript error, or of this package's error class where the script
    was stopped from outside.
    """

    type: str
    message: str
    stack: NotRequired[str]
    line: NotRequired[int | None]
    column: NotRequired[int | None]


class ScriptOutcome(TypedDict):
    """How a script ended, in the state of the graph that it was a node of.

    `value` is there when the script completed with something else than `undefined`. When that could
    not leave the script, it is what the console shows of it, and a note says why. When the script
    failed, `calls` says what became of the calls that it had made until then, at most 20 of them,
    and `calls_omitted` how many there were besides. `story` is what a `timeline` is drawn of.
    """

    status: Literal["completed", "failed"]
    console: str
    value: NotRequired[Any]
    error: NotRequired[ScriptFailure]
    notes: NotRequired[list[str]]
    calls: NotRequired[list[CallReport]]
    calls_omitted: NotRequired[int]
    story: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a script ended, with everything that is told about it.

    Attributes:
        outcome: How it ended.
        console: What it has printed.
        notes: What the model is to be told about calls.
        calls: What became of its calls.
        story: What it has done and waited for, with times, packed; `None` if that is not told.
        touched: What stands with its result of what it has touched; `None` without a rule.
    """

    outcome: Completed | Failed | QuickJSError
    console: str
    notes: tuple[str, ...]
    calls: Listing = field(default_factory=Listing)
    story: str | None = None
    touched: Mapping[str, Any] | None = None

    @property
    def failed(self) -> bool:
        """Whether the script ended otherwise than by itself and well."""
        return not isinstance(self.outcome, Completed)


def outcome_of(ending: Ending) -> ScriptOutcome:
    """An ending as plain data."""
    outcome = ScriptOutcome(status="failed", console=ending.console)
    if ending.notes:
        outcome["notes"] = list(ending.notes)
    end = ending.outcome
    if isinstance(end, Completed):
        try:
            value = storable(end.value, "the result")
        except ValueTransferError as error:
            outcome["error"] = _failure(error)
        else:
            outcome["status"] = "completed"
            if isinstance(end.value, Shown):
                outcome["notes"] = [*ending.notes, f"The value is only shown: {end.value.reason}."]
            if end.value is not UNDEFINED:
                outcome["value"] = value
    else:
        outcome["error"] = _failure(end.error if isinstance(end, Failed) else end)
    if ending.story is not None:
        outcome["story"] = ending.story
    if outcome["status"] == "failed" and ending.calls.calls:
        outcome["calls"] = list(ending.calls.calls)
        outcome["calls_omitted"] = ending.calls.omitted
    return outcome


def _failure(error: QuickJSError) -> ScriptFailure:
    if not isinstance(error, ScriptError):
        return ScriptFailure(type=type(error).__name__, message=str(error))
    return ScriptFailure(
        type=error.name,
        message=error.message,
        stack=error.stack,
        line=error.line,
        column=error.column,
    )
