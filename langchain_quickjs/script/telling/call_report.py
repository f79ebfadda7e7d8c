"""What is told of a script's calls when the script fails, so that nobody makes them twice.

    done: issue_refund({"order_id": "A-1", "amount": 20})
    rejected by a person: issue_refund({"order_id": "A-2"}): "too much"
    not made: issue_refund({"order_id": "A-3"}): it was waiting for a person
    and 90 more: done lookup_order x90

A script can make any number of calls, with arguments of any size. What is kept of them is bounded:
the latest of each rank in short, and how many more there were. It is stored with a paused script,
for the calls before a pause count too. Calls that a person may have to decide about come before all
others, so a script cannot crowd them out with calls that it is free to make.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Any, Final, NamedTuple

from langchain_quickjs.interpreter.values.short_json import json_in_short, quotable
from langchain_quickjs.script.state import (
    AwaitingCall,
    CallMade,
    CallReport,
    Fate,
    Listing,
    OpenCall,
    StoredReport,
)

__all__ = [
    "ARGS_CHARS",
    "MOST_TOLD",
    "TOOL_CHARS",
    "Entry",
    "Report",
    "called_with",
    "result_in_short",
]

# How many calls are kept of each rank, and how many are listed in the end.
_KEPT: Final = (20, 10, 10, 5)
_LISTED: Final = 20
# Of a line, which is some 160 characters long: what somebody said has what the call leaves of it.
_LINE_CHARS: Final = 154
_SAID_CHARS: Final = 40
_RESULT_CHARS: Final = 96

TOOL_CHARS: Final = 40
"""How much is told of a tool's name."""

ARGS_CHARS: Final = 72
"""How much is told of the arguments of a call."""

MOST_TOLD: Final = 40
"""How many calls a story tells of."""


class Entry(NamedTuple):
    """What became of one call."""

    rank: int
    number: int
    fate: Fate
    tool: str
    args: str
    detail: str
    result: str = ""
    made: CallMade = CallMade()
    ended_s: float = 0.0


class Report:
    """What became of a script's calls so far, bounded however many they are."""

    def __init__(self, stored: StoredReport | None = None) -> None:
        self._kept: list[deque[Entry]] = [deque() for _ in _KEPT]
        self._more: Counter[tuple[Fate, str]] = Counter()
        if stored is not None:
            for entry in stored["kept"]:
                self._kept[entry[0]].append(Entry(*entry))
            self._more.update({(fate, tool): count for fate, tool, count in stored["more"]})

    def add(
        self,
        number: int,
        fate: Fate,
        tool: str,
        args: object,
        *,
        said: str | None = None,
        why: str = "",
        decided: bool = False,
        result: str = "",
        made: CallMade | None = None,
        ended_s: float = 0.0,
    ) -> None:
        """Notes what became of a call.

        Args:
            number: The call's number in the script.
            fate: What became of it.
            tool: The tool's own name.
            args: What it was given.
            said: What a tool, a person or the script says about it; it is quoted.
            why: What this package says about it.
            decided: Whether people decide about calls of this tool.
            result: What it gave, in short.
            made: How it came about.
            ended_s: When it ended, in seconds since the epoch; 0 if that is not known.
        """
        tool, shown = quotable(tool, TOOL_CHARS), json_in_short(args, ARGS_CHARS)
        if said is not None:
            room = max(_SAID_CHARS, _LINE_CHARS - len(fate) - len(tool) - len(shown))
            why = f'"{quotable(" ".join(said[: 2 * room].split()), room)}"'
        rank = _rank(fate, decided=decided)
        entry = Entry(rank, number, fate, tool, shown, why, result, made or {}, ended_s)
        kept = self._kept[entry.rank]
        kept.append(entry)
        if len(kept) > _KEPT[entry.rank]:
            dropped = kept.popleft()
            self._more[dropped.fate, dropped.tool] += 1

    def pack(self) -> StoredReport:
        """What a new report is made of where the script goes on."""
        return {
            "kept": [list(entry) for kept in self._kept for entry in kept],
            "more": [[*group, count] for group, count in self._more.items()],
        }

    def listing(self) -> Listing:
        """The calls to tell of."""
        ranked = [entry for kept in self._kept for entry in reversed(kept)]
        listed, left = ranked[:_LISTED], ranked[_LISTED:]
        more = self._more + Counter((entry.fate, entry.tool) for entry in left)
        calls = [
            CallReport(tool=entry.tool, args=entry.args, fate=entry.fate, detail=entry.detail)
            for entry in sorted(listed, key=lambda entry: entry.number)
        ]
        return Listing(tuple(calls), more)

    def most_important(self, most_chars: int) -> tuple[list[Entry], int]:
        """The calls that matter most, in the order in which they were made.

        Args:
            most_chars: How long the texts about them may be in all.

        Returns:
            The calls, and how many others there were.
        """
        ranked = [entry for kept in self._kept for entry in reversed(kept)]
        told = []
        for entry in ranked[:MOST_TOLD]:
            most_chars -= len(entry.tool) + len(entry.args) + len(entry.detail or entry.result)
            if most_chars < 0:
                break
            told.append(entry)
        omitted = len(ranked) - len(told) + sum(self._more.values())
        return sorted(told, key=lambda entry: entry.number), omitted


def _rank(fate: Fate, *, decided: bool) -> int:
    """How much a call matters: 0 most."""
    if fate == "not made":
        return 1 if decided else 3
    if decided or fate == "result unknown":
        return 0
    return 2 if fate == "done" else 1


def called_with(call: OpenCall | AwaitingCall) -> tuple[str, Any]:
    """The name of the tool that a call calls, and its arguments."""
    called: Any = call.get("action", call)
    return called["name"], called["args"]


def result_in_short(value: object) -> str:
    """What a call gave, in the manner of JSON, cut short."""
    try:
        return json_in_short(value, _RESULT_CHARS)
    except Exception:  # it is an object of somebody's own, whose code raises
        return "…"
