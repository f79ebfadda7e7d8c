"""Tells the story of a script, of what is stored of it and of what it does.

It is made when somebody asks for it: of the script's report, its open calls and its waits, which
are bounded however many calls there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

from langchain_quickjs.interpreter.values.short_json import json_in_short, quotable
from langchain_quickjs.script.state import (
    AwaitingCall,
    CallMade,
    OpenCall,
    PausedScript,
    StoredStory,
)
from langchain_quickjs.script.telling.call_report import Report
from langchain_quickjs.script.telling.descriptions import Program, lines_of_calls
from langchain_quickjs.script.telling.story_types import Story, StoryCall, StoryWait, with_times

__all__ = ["Status", "StorySoFar", "called_with", "result_in_short", "story_of"]

Status = Literal["running", "waiting", "completed", "failed"]

_SOURCE_CHARS: Final = 65_536
_WAITS: Final = 40
_CALLS: Final = 40
_CALLS_CHARS: Final = 2_400
_ARGS_CHARS: Final = 72
_TOOL_CHARS: Final = 40
_RESULT_CHARS: Final = 60
_CONSOLE_CHARS: Final = 500


@dataclass(slots=True)
class StorySoFar:
    """What is noted for the story of one script while it runs.

    Attributes:
        source: The beginning of its source.
        began_s: When it began, in seconds since the epoch; 0 if that is not known.
        waits: When it has waited for people: beginning and end of each time, the latest ones.
    """

    source: str = ""
    began_s: float = 0.0
    waits: list[list[float]] = field(default_factory=list)

    @classmethod
    def of_source(cls, source: str, now_s: float) -> Self:
        """That of a script which begins."""
        return cls(source[:_SOURCE_CHARS].encode(errors="replace").decode(), now_s)

    @classmethod
    def of_paused(cls, paused: PausedScript, now_s: float) -> Self:
        """That of a script which goes on now."""
        waits = [list(wait) for wait in paused.get("waits", ())]
        if waits and len(waits[-1]) == 1:
            waits[-1].append(now_s)
        return cls(paused.get("source", ""), paused.get("began_s", 0.0), waits)

    def pack(self, *, waits_from_s: float | None = None) -> StoredStory:
        """What is stored of it with the script.

        Args:
            waits_from_s: When it began to wait for people, if it does now.
        """
        waits = [*self.waits, *([] if waits_from_s is None else [[waits_from_s]])][-_WAITS:]
        return StoredStory(source=self.source, began_s=self.began_s, waits=waits)

    def program(self, script_id: str, report: Report, console: str) -> Program:
        """What people who decide are told of it."""
        done = lines_of_calls(*report.story(_CALLS_CHARS))
        return Program(script_id, self.source, done, console)

    def ended(self, status: Status, report: Report, console: str, now_s: float) -> Story:
        """The story of a script that has ended now."""
        calls, omitted = report.story(_CALLS_CHARS)
        return Story(
            began_s=self.began_s,
            ended_s=now_s,
            status=status,
            calls=calls,
            omitted=omitted,
            waits=_waits(self.waits),
            console=console[-_CONSOLE_CHARS:],
        )


def story_of(paused: PausedScript) -> Story | None:
    """The story of a script that is stored; `None` if an earlier version has stored it."""
    if "began_s" not in paused:
        return None
    told = list(_open_calls(paused))[:_CALLS]
    room = max(0, _CALLS_CHARS - sum(len(call["args"]) for call in told))
    calls, omitted = Report(paused["report"]).story(room)
    calls += told
    while len(calls) > _CALLS:
        calls.pop(0)
        omitted += 1
    calls.sort(key=lambda call: call["number"])
    return Story(
        began_s=paused["began_s"],
        status="waiting",
        calls=calls,
        omitted=omitted,
        waits=_waits(paused.get("waits", [])),
        console=paused["console"][-_CONSOLE_CHARS:],
    )


def _waits(waits: Iterable[list[float]]) -> list[StoryWait]:
    return [
        StoryWait(began_s=one[0], ended_s=one[1]) if len(one) > 1 else StoryWait(began_s=one[0])
        for one in waits
    ]


def _open_calls(paused: PausedScript) -> Iterator[StoryCall]:
    """The calls of a stored script that have not ended."""
    asked = (call for question in paused["questions"] for call in question["calls"])
    for waiting in (*paused["awaiting"], *asked):
        yield _told(waiting, "waiting")
    for call in paused["blocked"]:
        yield _told(call, "waiting")
    for call in paused["running"]:
        yield _told(call, "running")


def called_with(call: OpenCall | AwaitingCall) -> tuple[str, Any]:
    """The name of the tool that a call calls, and its arguments."""
    called: Any = call.get("action", call)
    return called["name"], called["args"]


def _told(call: OpenCall | AwaitingCall, fate: Literal["running", "waiting"]) -> StoryCall:
    (name, args), made = called_with(call), call.get("made", CallMade())
    told = StoryCall(
        number=call["id"],
        tool=quotable(name, _TOOL_CHARS),
        args=json_in_short(args, _ARGS_CHARS),
        fate=fate,
        detail="",
        began_s=made.get("began_s", 0.0),
    )
    return with_times(told, made)


def result_in_short(value: object) -> str:
    """What a call gave, in the manner of JSON, cut short."""
    try:
        return json_in_short(value, _RESULT_CHARS)
    except Exception:  # it is an object of somebody's own, whose code raises
        return "…"
