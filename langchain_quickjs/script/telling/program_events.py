"""Events on LangGraph's custom stream that tell how the calls of a program get on.

    start    a call begins
    waiting  a call waits for people, while others may still run
    resumed  what it waited for was answered
    end      it has ended well
    error    it has failed, or a person has rejected it
    console  the program has printed something

The events of one call have the same `id`. Those that make a call known, `start` or else `waiting`,
say what is called; a call that waits is known before anything is done. All texts are short, and
values in them are written in the manner of JSON, on one line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.interpreter.values.short_json import json_in_short, quotable

__all__ = [
    "PROGRAM_STREAM_EVENT_TYPE",
    "ProgramCallEndEvent",
    "ProgramCallErrorEvent",
    "ProgramCallResumedEvent",
    "ProgramCallStartEvent",
    "ProgramCallWaitingEvent",
    "ProgramConsoleEvent",
    "ProgramEvents",
    "ProgramStreamEvent",
    "value_in_short",
]

PROGRAM_STREAM_EVENT_TYPE: Final = "program"
"""The `type` of all events about programs on LangGraph's custom stream."""

_TOOL_CHARS: Final = 64
_ARGS_CHARS: Final = 200
_DETAIL_CHARS: Final = 200
_CONSOLE_CHARS: Final = 2000


class _Event(TypedDict):
    """What all events have.

    Attributes:
        type: Always `PROGRAM_STREAM_EVENT_TYPE`.
        tool_call_id: The id of the tool call that runs the program. A script graph has none, so
            there it is the script's own id.
    """

    type: Literal["program"]
    tool_call_id: str


class _CallEvent(_Event):
    """What the events about a call have.

    Attributes:
        id: The id of the call, which stays the same when it waits and goes on.
        tool: The tool's own name.
    """

    id: str
    tool: str


class ProgramCallStartEvent(_CallEvent):
    """A call begins. After a crash it may begin again, with the same id.

    Attributes:
        args: Its arguments in short.
    """

    phase: Literal["start"]
    args: str


class ProgramCallWaitingEvent(_CallEvent):
    """A call waits for people: before it begins, or because the tool asks something itself.

    Attributes:
        args: Its arguments in short.
        detail: The decisions that people may take, or what the tool asks, in short.
    """

    phase: Literal["waiting"]
    args: str
    detail: str


class ProgramCallResumedEvent(_CallEvent):
    """What a call waited for was answered. It goes on, or ends with the answer.

    Attributes:
        args: Its arguments in short, which a person may have edited.
        detail: The kind of decision, for example `"approve"`; empty if the tool has asked itself.
        runs_as: The id that the tool and the events after this one have for it, if a person has
            made another call of it.
    """

    phase: Literal["resumed"]
    args: str
    detail: str
    runs_as: NotRequired[str]


class ProgramCallEndEvent(_CallEvent):
    """A call has ended well.

    Attributes:
        detail: Its result in short.
        duration_ms: How long ago it began or went on; left out if a person has answered in its
            place.
    """

    phase: Literal["end"]
    detail: str
    duration_ms: NotRequired[int]


class ProgramCallErrorEvent(_CallEvent):
    """A call has failed.

    Attributes:
        detail: The error's name and message, or a person's words, in short.
        duration_ms: How long ago it began or went on; left out if a person has rejected it.
    """

    phase: Literal["error"]
    detail: str
    duration_ms: NotRequired[int]


class ProgramConsoleEvent(_Event):
    """The program has printed something.

    Attributes:
        text: What it has printed, as it is; what is long comes in several events.
    """

    phase: Literal["console"]
    text: str


ProgramStreamEvent = (
    ProgramCallStartEvent
    | ProgramCallWaitingEvent
    | ProgramCallResumedEvent
    | ProgramCallEndEvent
    | ProgramCallErrorEvent
    | ProgramConsoleEvent
)
"""An event about a program. `phase` tells the kind; more kinds may come."""


@dataclass(frozen=True, slots=True)
class ProgramEvents:
    """Tells of one program.

    Attributes:
        tool_call_id: The id of the tool call that runs it.
        write: Writes to the custom stream.
    """

    tool_call_id: str
    write: Callable[[Any], None]

    def call_starts(self, call_id: str, tool: str, args: object) -> None:
        """A call begins."""
        self._tell("start", call_id, tool, args=_args(args))

    def call_waits(self, call_id: str, tool: str, args: object, detail: str) -> None:
        """A call waits for people."""
        self._tell("waiting", call_id, tool, args=_args(args), detail=_line(detail))

    def call_resumes(
        self, call_id: str, tool: str, args: object, detail: str = "", *, runs_as: str = ""
    ) -> None:
        """What a call waited for was answered."""
        other = {"runs_as": runs_as} if runs_as and runs_as != call_id else {}
        self._tell("resumed", call_id, tool, args=_args(args), detail=detail, **other)

    def call_ends(
        self, call_id: str, tool: str, reply: Returned | Raised, began_s: float | None = None
    ) -> None:
        """A call has ended.

        Args:
            call_id: The id of the call.
            tool: The tool's own name.
            reply: What the program gets.
            began_s: When the call began, as `time.monotonic` has it.
        """
        took: dict[str, Any] = {}
        if began_s is not None:
            took["duration_ms"] = round((time.monotonic() - began_s) * 1000)
        if isinstance(reply, Raised):
            detail = _line(f"{reply.name}: {reply.message}")
            self._tell("error", call_id, tool, detail=detail, **took)
        else:
            self._tell("end", call_id, tool, detail=value_in_short(reply.value), **took)

    def prints(self, text: str) -> None:
        """The program has printed something."""
        for piece in _pieces(text):
            self._emit("console", text=piece)

    def _tell(self, phase: str, call_id: str, tool: str, **fields: Any) -> None:
        self._emit(phase, id=call_id, tool=quotable(tool, _TOOL_CHARS), **fields)

    def _emit(self, phase: str, **fields: Any) -> None:
        self.write(
            {
                "type": PROGRAM_STREAM_EVENT_TYPE,
                "tool_call_id": self.tool_call_id,
                "phase": phase,
                **fields,
            }
        )


def value_in_short(value: object) -> str:
    """A value of a tool in the manner of JSON, cut short."""
    try:
        return json_in_short(value, _DETAIL_CHARS)
    except Exception:  # it is an object of somebody's own, whose code raises
        return "…"


def _args(args: object) -> str:
    return json_in_short(args, _ARGS_CHARS)


def _line(text: str) -> str:
    """The beginning of a text as one line of printable characters."""
    line = " ".join(text[: 2 * _DETAIL_CHARS].split())
    if not line.isprintable():
        line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    return line if len(line) <= _DETAIL_CHARS else f"{line[: _DETAIL_CHARS - 1]}…"


def _pieces(text: str) -> Iterator[str]:
    return (text[at : at + _CONSOLE_CHARS] for at in range(0, len(text), _CONSOLE_CHARS))
