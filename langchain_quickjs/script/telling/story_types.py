"""What a script has done and waited for, with times, in short: what a story is made of.

It stands with the answer of a script that has ended, and a timeline is drawn of it.
"""

from __future__ import annotations

from typing import Literal, NotRequired, cast

from typing_extensions import TypedDict

from langchain_quickjs.script.state import CallMade, Fate

__all__ = ["Story", "StoryCall", "StoryWait", "with_times"]


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
    status: Literal["running", "waiting", "completed", "failed"]
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
