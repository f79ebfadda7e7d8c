"""A story as it can be drawn, whoever has stored it.

A database that others write to can hold anything in the place of a story. What is drawn is bounded,
and its times are numbers in order.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from langchain_quickjs.watch.drawing.texts import duration, one_line

__all__ = ["DECIDED", "ToldCall", "ToldStory", "told"]

_CALLS: Final = 40
_WAITS: Final = 40
_TOOL_CHARS: Final = 60
_TEXT_CHARS: Final = 160
_CONSOLE_CHARS: Final = 500
_LAST_S: Final = 250_000_000_000.0  # In the year 9892; Python knows no time after 9999.
_TIMES: Final = ("began_s", "asked_s", "decided_s", "ended_s")
_STATUS: Final = ("running", "waiting", "completed", "failed")
_T = TypeVar("_T")
_NOT_RUN: Final = ("waiting", "not made", "rejected by a person", "answered by a person")
DECIDED: Final = {
    "approve": "approved",
    "edit": "edited",
    "reject": "rejected",
    "respond": "answered",
    "expire": "expired",
}


@dataclass(frozen=True, slots=True)
class ToldCall:
    """One call. Times are in seconds since the epoch, each not before those that come before it.

    Attributes:
        number: Its number in the script.
        tool: The tool's name.
        args: Its arguments in short.
        fate: What became of it.
        detail: What is said of it.
        line: The line that made it.
        began_s: When it was made.
        asked_s: When people were asked about it.
        decided_s: When they had decided.
        ended_s: When it ended; where it has not, when the story was looked at.
        decision: The kind of decision, empty if there is none.
    """

    number: int
    tool: str
    args: str
    fate: str
    detail: str
    line: int | None
    began_s: float
    asked_s: float | None
    decided_s: float | None
    ended_s: float
    decision: str

    @property
    def name(self) -> str:
        """The call in one line."""
        return f"{self.tool}({self.args})"

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than it should."""
        return self.fate in ("failed", "result unknown")

    @property
    def waited(self) -> tuple[float, float] | None:
        """From when to when it waited for people."""
        if self.asked_s is None:
            return None
        return self.asked_s, self.ended_s if self.decided_s is None else self.decided_s

    @property
    def ran(self) -> list[tuple[float, float]]:
        """From when to when it ran."""
        if self.fate in _NOT_RUN:
            return []
        begin = self.began_s if self.waited is None else self.waited[1]
        return [(begin, self.ended_s)] if self.waited is None or begin < self.ended_s else []

    @property
    def came_to(self) -> str:
        """What came of it, in one line."""
        decided = DECIDED.get(self.decision, self.decision)
        waited = self.waited
        match self.fate:
            case "done":
                said = f"→ {self.detail}" if self.detail else "done"
                return f"{decided}, {said}" if decided else said
            case "waiting":
                return f"waits for a person, {duration(waited[1] - waited[0] if waited else 0)}"
            case "rejected by a person" | "answered by a person":
                word = self.fate.split()[0]
                return f"{word}: {self.detail}" if self.detail else word
            case fate:
                said = f"{fate}: {self.detail}" if self.detail else fate
                return f"{decided}, {said}" if decided else said


@dataclass(frozen=True, slots=True)
class ToldStory:
    """What is drawn.

    Attributes:
        status: How the script stands.
        began_s: When it began.
        until_s: When it ended, or was looked at.
        calls: Its calls.
        omitted: How many others there were.
        waits: From when to when it stood still until people had decided, in order, apart.
        console: What it printed last.
    """

    status: str
    began_s: float
    until_s: float
    calls: tuple[ToldCall, ...]
    omitted: int
    waits: tuple[tuple[float, float], ...]
    console: str

    @property
    def waited_s(self) -> float:
        """How long it waited for people."""
        return sum(end - begin for begin, end in self.waits)

    def is_waited_in(self, begin_s: float, end_s: float) -> bool:
        """Whether people are waited for from one time to another."""
        spans = (*self.waits, *(span for call in self.calls if (span := call.waited)))
        return any(first <= begin_s and end_s <= last for first, last in spans)

    @property
    def summary(self) -> str:
        """All of it in one line."""
        count = len(self.calls) + self.omitted
        calls = "no calls" if not count else "1 call" if count == 1 else f"{count} calls"
        took = self.until_s - self.began_s
        parts = [f"{calls}", f"{duration(max(took - self.waited_s, 0))} at work"]
        if self.waits:
            parts.append(f"{duration(self.waited_s)} waiting for people")
        return ", ".join(parts)


def told(story: Mapping[str, Any], seen_s: float) -> ToldStory:
    """A story as it can be drawn; never an exception.

    Args:
        story: What was stored.
        seen_s: When it was read, in seconds since the epoch.
    """
    status = story.get("status")
    status = status if status in _STATUS else "running"
    began = _time(story.get("began_s"), 0.0)
    rows = [row for row in _list(story.get("calls")) if isinstance(row, Mapping)]
    waits = [row for row in _list(story.get("waits")) if isinstance(row, Mapping)][-_WAITS:]
    ended = _time(story.get("ended_s"), None)
    if ended is None:
        known = [row.get(key) for row in (*rows[:_CALLS], *waits) for key in _TIMES]
        times = [time for time in (_time(one, None) for one in known) if time is not None]
        looked = [_time(seen_s, began)] if status in ("running", "waiting") else []
        ended = max((began, *times, *looked))
    until = max(began, ended)
    omitted = story.get("omitted")
    omitted = omitted if type(omitted) is int and 0 < omitted < 10**9 else 0
    console = story.get("console")
    return ToldStory(
        status,
        began,
        until,
        tuple(_call(row, began, until) for row in rows[:_CALLS]),
        omitted + max(len(rows) - _CALLS, 0),
        tuple(_apart(_wait(row, began, until) for row in waits)),
        console[-_CONSOLE_CHARS:] if isinstance(console, str) else "",
    )


def _call(row: Mapping[str, Any], first: float, last: float) -> ToldCall:
    number, line = row.get("number"), row.get("line")
    began = _between(row.get("began_s"), first, last, first)
    asked = _between(row.get("asked_s"), began, last, None)
    decided = None if asked is None else _between(row.get("decided_s"), asked, last, None)
    fate = _text(row.get("fate"))
    stands = fate in ("running", "waiting")
    latest = decided if decided is not None else asked if asked is not None else began
    ended = _between(row.get("ended_s"), latest, last, last if stands else latest)
    return ToldCall(
        number if type(number) is int and 0 <= number < 10**9 else 0,
        _text(row.get("tool"), _TOOL_CHARS),
        _plain_args(_text(row.get("args"))),
        fate,
        _text(row.get("detail")),
        line if type(line) is int and 0 < line < 10**9 else None,
        began,
        asked,
        decided,
        ended,
        # A tool's own question is answered, whatever is said.
        _text(row.get("decision"), 20) or ("" if decided is None else "respond"),
    )


def _plain_args(args: str) -> str:
    """Arguments without the marks that JSON needs, if they are whole."""
    try:
        found = json.loads(args)
    except ValueError:
        return args
    if not isinstance(found, dict):
        return args
    pairs = ((key if key.isidentifier() else _json(key), _json(found[key])) for key in found)
    return one_line(", ".join(f"{key}: {value}" for key, value in pairs), _TEXT_CHARS)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _wait(row: Mapping[str, Any], first: float, last: float) -> tuple[float, float]:
    began = _between(row.get("began_s"), first, last, first)
    return began, _between(row.get("ended_s"), began, last, last)


def _apart(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans of time in order, those that touch made one, and none without a length."""
    merged: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((begin, end))
    return [(begin, end) for begin, end in merged if end > begin]


def _time(value: Any, default: _T) -> float | _T:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    # Comparing comes first: an integer can be too large for a float.
    if not 0 <= value <= _LAST_S or math.isnan(value):
        return default
    return float(value)


def _between(value: Any, first: float, last: float, default: _T) -> float | _T:
    time = _time(value, None)
    return default if time is None else min(max(time, first), last)


def _text(value: Any, chars: int = _TEXT_CHARS) -> str:
    return one_line(value, chars) if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
