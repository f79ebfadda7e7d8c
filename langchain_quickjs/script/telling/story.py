"""Tells the story of a script, of what is stored of it and of what it does.

It is made when somebody asks for it: of the script's report, its open calls and its waits, which
are bounded however many calls there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, Self

from langchain_quickjs.errors import QuickJSError
from langchain_quickjs.interpreter import Completed, Failed
from langchain_quickjs.interpreter.advice.waiting_loops import notes_on_loops
from langchain_quickjs.interpreter.values.short_json import json_in_short, quotable
from langchain_quickjs.script.state import (
    AwaitingCall,
    CallMade,
    OpenCall,
    PausedScript,
    StoredStory,
)
from langchain_quickjs.script.telling.call_report import (
    ARGS_CHARS,
    MOST_TOLD,
    TOOL_CHARS,
    Entry,
    Report,
    called_with,
)
from langchain_quickjs.script.telling.descriptions import Program, end_of
from langchain_quickjs.script.telling.story_types import (
    Status,
    Story,
    StoryCall,
    StoryWait,
    pack_story,
    with_times,
)

__all__ = ["StorySoFar", "has_countable_lines", "story_of"]

_OTHER_LINE_END: Final = re.compile("\r(?!\n)|[\u2028\u2029]")
# All of a program that the default limits let run: what waits may stand at its end.
_SOURCE_CHARS: Final = 2**20
_WAITS: Final = 40
_LISTED: Final = 20
_LINE_CHARS: Final = 160
_CALLS_CHARS: Final = 2_400
# With times, that is some 4 KB beside an answer, for as long as the thread is kept.
_KEPT_CHARS: Final = 2_000
_CONSOLE_CHARS: Final = 500


def has_countable_lines(source: str) -> bool:
    """Whether everybody counts the lines of a source alike.

    These characters end a line in JavaScript, and whoever shows the source may count them or not:
    a program could move the marked line.
    """
    return _OTHER_LINE_END.search(source) is None


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
        if more := len(source[_SOURCE_CHARS:]):
            source = (
                f"{source[:_SOURCE_CHARS]}\n// … and {more} more characters, which are not kept"
            )
        return cls(source.encode(errors="replace").decode(), now_s)

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

    def notes(self, outcome: Completed | Failed | QuickJSError) -> list[str]:
        """What its source says about how it ended that the model may not see."""
        return notes_on_loops(self.source, outcome)

    def program(self, script_id: str, report: Report, console: str) -> Program:
        """What people who decide are told of it."""
        done = _lines(*_ended_calls(report, _CALLS_CHARS))
        return Program(script_id, self.source, done, console)

    def ended(self, status: Status, report: Report, console: str, now_s: float) -> str | None:
        """The story of a script that has ended now, packed.

        There is none if there is nothing to tell, or if nobody knows when it began.
        """
        calls, omitted = _ended_calls(report, _KEPT_CHARS)
        if not self.began_s or (not calls and status == "completed"):
            return None
        story = Story(
            began_s=self.began_s,
            ended_s=now_s,
            status=status,
            calls=calls,
            omitted=omitted,
            waits=_waits(self.waits),
            console=end_of(console, _CONSOLE_CHARS),
        )
        return pack_story(story)


def story_of(paused: PausedScript) -> Story | None:
    """The story of a script that is stored; `None` if an earlier version has stored it."""
    if not paused.get("began_s"):
        return None
    told = list(_open_calls(paused))[:MOST_TOLD]
    room = max(0, _CALLS_CHARS - sum(len(call["args"]) for call in told))
    calls, omitted = _ended_calls(Report(paused["report"]), room)
    calls += told
    while len(calls) > MOST_TOLD:
        calls.pop(0)
        omitted += 1
    calls.sort(key=lambda call: call["number"])
    return Story(
        began_s=paused["began_s"],
        status="waiting",
        calls=calls,
        omitted=omitted,
        waits=_waits(paused.get("waits", [])),
        console=end_of(paused["console"], _CONSOLE_CHARS),
    )


def _ended_calls(report: Report, most_chars: int) -> tuple[list[StoryCall], int]:
    entries, omitted = report.most_important(most_chars)
    return [_ended(entry) for entry in entries], omitted


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


def _told(call: OpenCall | AwaitingCall, fate: Literal["running", "waiting"]) -> StoryCall:
    (name, args), made = called_with(call), call.get("made", CallMade())
    told = StoryCall(
        number=call["id"],
        tool=quotable(name, TOOL_CHARS),
        args=json_in_short(args, ARGS_CHARS),
        fate=fate,
        detail="",
        began_s=made.get("began_s", 0.0),
    )
    return with_times(told, made)


def _ended(entry: Entry) -> StoryCall:
    told = StoryCall(
        number=entry.number,
        tool=entry.tool,
        args=entry.args,
        fate=entry.fate,
        detail=entry.detail or entry.result,
        began_s=entry.made.get("began_s", entry.ended_s),
    )
    return with_times(told, entry.made, entry.ended_s)


def _lines(calls: list[StoryCall], omitted: int) -> tuple[str, ...]:
    """What a program has done, a line for each call."""
    lines = []
    for call in calls[-_LISTED:]:
        line = f"{call['fate']}: {call['tool']}({call['args']})"
        if detail := call["detail"]:
            line += f" -> {detail}" if call["fate"] == "done" else f": {detail}"
        lines.append(line if len(line) <= _LINE_CHARS else f"{line[: _LINE_CHARS - 1]}…")
    omitted += len(calls) - len(lines)
    return (*([f"{omitted} more calls, not listed"] if omitted else []), *lines)
