"""What is kept of a script in LangGraph's checkpointed state.

Everything here is plain data, so that any checkpointer can store it and any process can read it.
The one large value is the snapshot, and it is there only while a script is paused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, NotRequired

from langchain.agents.middleware.human_in_the_loop import ActionRequest, ReviewConfig
from langgraph.types import Interrupt
from typing_extensions import TypedDict

__all__ = [
    "AskMode",
    "AwaitingCall",
    "CallEnd",
    "CallMade",
    "CallReport",
    "ChainSizes",
    "Fate",
    "Listing",
    "OpenCall",
    "PausedScript",
    "PausedState",
    "Question",
    "Refusal",
    "StateUpdate",
    "StoredCalls",
    "StoredReport",
    "StoredStory",
    "opened",
]

StateUpdate = tuple[str, Any]
"""A write that a called tool asked for: the name of a state key, and what to write there."""


Fate = Literal[
    "done", "failed", "rejected by a person", "answered by a person", "result unknown", "not made"
]
"""What became of a call. One whose result is unknown has begun, and has not come to an end."""

AskMode = Literal["together", "each", "one_by_one"]
"""Whether calls that wait together are one question, a question each, or asked about in turn."""

# How many kinds of calls are counted that are not listed.
_GROUPS: Final = 8


class CallMade(TypedDict, total=False):
    """How a call came about, as far as it is known. Times are in seconds since the epoch.

    Attributes:
        line: The line of the program that made it, from 1.
        column: The column in that line, from 1.
        began_s: When the script made it.
        asked_s: When people were asked about it.
        decided_s: When their decision was carried out.
        decision: The kind of the decision.
    """

    line: int
    column: int
    began_s: float
    asked_s: float
    decided_s: float
    decision: str


class AwaitingCall(TypedDict):
    """A call that has not been made yet, because a person has to decide about it.

    What the person sees and what runs after "approve" are the same object: the arguments are
    taken from here, never again from the script.

    Attributes:
        id: Its number in the script.
        tool_call_id: Its name (`flow/call_ids.py`).
        action: What the person sees of it.
        review: What the person may decide.
        rounds: How often it has begun without an end that anybody knows.
        expires_s: When it counts as rejected unless somebody answers, in seconds since the epoch.
        made: How it came about.
        preface: What its description begins with, where that is written when people are asked;
            left out where it was given.
    """

    id: int
    tool_call_id: str
    action: ActionRequest
    review: ReviewConfig
    rounds: int
    expires_s: NotRequired[float]
    made: NotRequired[CallMade]
    preface: NotRequired[str]


class Question(TypedDict):
    """Calls that a person is asked about at once. It keeps its id until it is answered."""

    interrupt: Interrupt
    calls: list[AwaitingCall]
    asked_s: NotRequired[float]


class Refusal(NamedTuple):
    """Why an answer to a question did not fit.

    Attributes:
        why: The reason.
        signature: Shows that it was said here, as hexadecimal digits; empty if nothing is signed.
    """

    why: str
    signature: str = ""


class OpenCall(TypedDict):
    """A call that has been made and has not ended.

    Attributes:
        id: Its number in the script.
        tool_call_id: Its name (`flow/call_ids.py`).
        name: The tool's own name.
        args: Its arguments, as JSON values.
        answers: What people have answered to interrupts that the tool itself raised, in order.
        given: What people have just answered, by the ids of the interrupts.
        interrupts: What it waits for, if it was interrupted.
        approved: Whether it was made because a person said so, which holds for one time.
        rounds: How often it has begun before, and was interrupted or cut off.
        made: How it came about.
    """

    id: int
    tool_call_id: str
    name: str
    args: dict[str, Any]
    answers: list[Any]
    given: dict[str, Any]
    interrupts: list[Interrupt]
    approved: bool
    rounds: int
    made: NotRequired[CallMade]


def opened(
    call_id: int, tool_call_id: str, name: str, args: dict[str, Any], made: CallMade
) -> OpenCall:
    """A call that has been made, and nothing more is known of it."""
    return {
        "id": call_id,
        "tool_call_id": tool_call_id,
        "name": name,
        "args": args,
        "answers": [],
        "given": {},
        "interrupts": [],
        "approved": False,
        "rounds": 0,
        "made": made,
    }


class CallReport(TypedDict):
    """What became of one call of a script that failed.

    Attributes:
        tool: The tool's own name.
        args: Its arguments in short, in the manner of JSON.
        fate: What became of the call.
        detail: Why, in short: a tool's error, a person's words.
    """

    tool: str
    args: str
    fate: Fate
    detail: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The calls that are told of.

    Attributes:
        calls: Those that matter most, in the order in which they were made.
        more: How many others there were, by fate and tool.
    """

    calls: tuple[CallReport, ...] = ()
    more: Mapping[tuple[Fate, str], int] | None = None

    @property
    def omitted(self) -> int:
        """How many calls are not among `calls`."""
        return sum((self.more or {}).values())

    def lines(self) -> list[str]:
        """The listing as text, without a line break or control character in any line."""
        lines = [
            f"{call['fate']}: {call['tool']}({call['args']})"
            + (f": {call['detail']}" if call["detail"] else "")
            for call in self.calls
        ]
        if self.more:
            groups = Counter(self.more).most_common()
            told = [f"{fate} {tool} x{count}" for (fate, tool), count in groups[:_GROUPS]]
            if rest := sum(count for _, count in groups[_GROUPS:]):
                told.append(f"others x{rest}")
            lines.append(f"and {self.omitted} more: {', '.join(told)}")
        return lines


class StoredReport(TypedDict):
    """What a paused script keeps of its calls that have ended, in lists of plain values."""

    kept: list[list[Any]]
    more: list[list[Any]]


class CallEnd(TypedDict):
    """How a call ended, as it stands in a database.

    Attributes:
        tool_call_id: The call's name; good only because the seal says so too.
        sealed: The end itself, as `durability/call_ends.py` seals it.
    """

    tool_call_id: str
    sealed: bytes


class StoredCalls(TypedDict):
    """The calls of a stored script.

    In a pause, calls that await a decision are in `questions`, and none is running; those whose
    turn has not come are in `awaiting`. In between, which is what `durability="call"` stores too,
    there may be new ones that nobody was asked about.

    Attributes:
        notes: What the model is to be told about calls.
        awaiting: Calls that await a decision and nobody was asked about.
        questions: What people were asked about other such calls.
        blocked: Calls that were interrupted.
        running: Calls that have begun.
        report: What became of the calls that have ended.
        names: The marks of the calls that have been named.
        asked: How many questions have been made of its calls.
        labels: What the script has touched; left out without a rule about that.
    """

    notes: list[str]
    awaiting: list[AwaitingCall]
    questions: list[Question]
    blocked: list[OpenCall]
    running: list[OpenCall]
    report: StoredReport
    names: bytes
    asked: int
    labels: NotRequired[bytes]


class StoredStory(TypedDict):
    """What is stored for the story of a script, beside its calls.

    Attributes:
        source: The beginning of its source, for people. What runs is in the snapshot.
        began_s: When it began, in seconds since the epoch.
        waits: When it has waited for people: beginning and end of each time, the latest ones.
    """

    source: NotRequired[str]
    began_s: NotRequired[float]
    waits: NotRequired[list[list[float]]]


class PausedScript(StoredCalls, StoredStory):
    """A script that stands in the middle of an `await`, with all its open calls.

    It is sealed as a whole where it is stored.

    Attributes:
        snapshot: The interpreter.
        console: What was printed.
        updates: What the agent's state gets.
        waited_s: What the script has spent of its time on the clock on the wall.
        heap: What the heap that it began with is known by.
        timers: Whether it waits for a timer too; earlier versions did not say.
    """

    snapshot: bytes
    console: str
    updates: list[StateUpdate]
    waited_s: float
    heap: bytes
    timers: NotRequired[bool]


class PausedState(TypedDict):
    """A paused script as it stands in the graph's state.

    Attributes:
        script_id: Whose it is; good only because the seal says so too.
        sealed: The `PausedScript`.
        place: What it is sealed for, beside the thread and the script; the seal says that too.
    """

    script_id: str
    sealed: bytes
    place: NotRequired[str]


class ChainSizes(NamedTuple):
    """How much a chain of records takes.

    Attributes:
        full_bytes: The size of its full record.
        delta_bytes: The size of its deltas together.
        deltas: How many deltas it has.
    """

    full_bytes: int = 0
    delta_bytes: int = 0
    deltas: int = 0

    def with_delta(self, record: bytes) -> ChainSizes:
        """The same of the chain with one more delta."""
        return ChainSizes(self.full_bytes, self.delta_bytes + len(record), self.deltas + 1)
