"""What a script has done and waited for, with times, in short: what a story is made of.

It stands with the answer of a script that has ended, and a timeline is drawn of it.
"""

from __future__ import annotations

import base64
import functools
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final, Literal, NotRequired, cast

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from langchain_quickjs.script.state import CallMade, Fate

__all__ = ["Status", "Story", "StoryCall", "StoryWait", "pack_story", "unpack_story", "with_times"]

Status = Literal["running", "waiting", "completed", "failed"]
"""How a script stands."""

_MOST_BYTES: Final = 64 * 1024


class StoryCall(TypedDict):
    """One call of a script.

    Attributes:
        number: Its number in the script.
        tool: The tool's own name.
        args: Its arguments in short, in the manner of JSON.
        fate: What became of it, or where it stands.
        detail: Its result in short, a tool's error, or a person's words; empty if there is none.
        line: The line of the program that made it, from 1; only where people may be asked about it.
        began_s: When the script made it, in seconds since the epoch.
        ended_s: When it ended; left out while it has not.
        asked_s: When people were asked about it; left out if they were not.
        decided_s: When their answer was taken; left out if there is none.
        decision: The kind of decision, for example `"approve"`; left out if there is none.
    """

    number: int
    tool: str
    args: str
    fate: Fate | Literal["running", "waiting"]
    detail: str
    line: NotRequired[int]
    began_s: float
    ended_s: NotRequired[float]
    asked_s: NotRequired[float]
    decided_s: NotRequired[float]
    decision: NotRequired[str]


class StoryWait(TypedDict):
    """A time in which a script stood still and only people could help.

    Attributes:
        began_s: When it paused, in seconds since the epoch.
        ended_s: When it went on; left out while it waits.
    """

    began_s: float
    ended_s: NotRequired[float]


class Story(TypedDict):
    """What a script has done so far.

    Attributes:
        began_s: When it began, in seconds since the epoch.
        ended_s: When it ended; left out while it has not.
        status: How it stands.
        calls: Its calls in the order in which it made them, at most 40.
        omitted: How many other calls there were.
        waits: Its waits for people, at most the latest 40.
        console: What it printed last, at most 500 characters.
    """

    began_s: float
    ended_s: NotRequired[float]
    status: Status
    calls: list[StoryCall]
    omitted: int
    waits: list[StoryWait]
    console: str


def with_times(told: StoryCall, made: CallMade, ended_s: float = 0.0) -> StoryCall:
    """What is told of a call, with what is known of how it came about.

    Args:
        told: What is told.
        made: How the call came about.
        ended_s: When it ended, in seconds since the epoch; 0 if it has not, or nobody knows.
    """
    known: dict[str, object] = {
        key: value for key, value in made.items() if key not in ("column", "began_s")
    }
    ended = {"ended_s": ended_s} if ended_s else {}
    return cast("StoryCall", {**told, **known, **ended})


def pack_story(story: Story) -> str:
    """A story in few bytes: it stands with the answer of a program for as long as the thread does.

    It is JSON with times in milliseconds since the program began, compressed, as base64.
    """
    return base64.b64encode(zlib.compress(json.dumps(_packed(story)).encode())).decode()


def _packed(story: Story) -> dict[str, Any]:
    began_s = story["began_s"]

    def since(moment_s: float | None) -> int | None:
        return None if moment_s is None else round((moment_s - began_s) * 1000)

    calls = []
    for call in story["calls"]:
        row = [call["number"], call["tool"], call["args"], call["fate"], call["detail"]]
        times = [since(call["began_s"]), since(call.get("ended_s"))]
        asked = [since(call.get("asked_s")), since(call.get("decided_s"))]
        packed = [*row, *times, call.get("line"), *asked, call.get("decision")]
        while packed[-1] is None:
            packed.pop()
        calls.append(packed)
    waits = [[since(wait["began_s"]), since(wait.get("ended_s"))] for wait in story["waits"]]
    told = {"calls": calls, "waits": waits, "omitted": story["omitted"]}
    head = {"began_s": round(began_s, 3), "ms": since(story.get("ended_s"))}
    return {**head, "status": story["status"], "console": story["console"], **told}


def unpack_story(packed: object) -> Story | None:
    """The story that was packed; `None` if it is none, as anybody may have written it."""
    try:
        compressed = base64.b64decode(cast("str", packed), validate=True)
        text = zlib.decompressobj().decompress(compressed, _MOST_BYTES)
        return _checker().validate_python(_unpacked(json.loads(text)), strict=True)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return None
    except zlib.error:
        return None


@functools.cache
def _checker() -> TypeAdapter[Story]:
    return TypeAdapter(Story)


def _unpacked(packed: Mapping[str, Any]) -> dict[str, Any]:
    began_s = packed["began_s"]

    def moments(**since_ms: int | None) -> dict[str, Any]:
        known = {name: ms for name, ms in since_ms.items() if ms is not None}
        return {name: began_s + ms / 1000 for name, ms in known.items()}

    calls = []
    for row in packed["calls"]:
        whole: list[Any] = [*row, *[None] * (11 - len(row))]
        number, tool, args, fate, detail, began, ended, line, asked, decided, decision = whole
        told = {"number": number, "tool": tool, "args": args, "fate": fate, "detail": detail}
        told |= moments(began_s=began, ended_s=ended, asked_s=asked, decided_s=decided)
        told |= {} if line is None else {"line": line}
        told |= {} if decision is None else {"decision": decision}
        calls.append(told)
    waits = [moments(began_s=began, ended_s=ended) for began, ended in packed["waits"]]
    same = {key: packed[key] for key in ("status", "omitted", "console")}
    times = {"began_s": began_s, **moments(ended_s=packed["ms"])}
    return {**times, **same, "calls": calls, "waits": waits}
