"""What a script's flow wants done, and what it ends with.

A flow yields effects and is sent what came of each. `drivers.py` has those that drivers do:
`Compute`, `Collect` and `Abandon`. These are for the rooms that know how; `run.py` brings them
there:

    Launch(calls)           start these calls, do not wait           -> None
    Review(calls)           find out about which people are asked    -> for each, what they see
    Write(updates)          apply updates to the agent's state       -> None
    Withdraw()              take back all that was applied           -> None
    Printed(console)        tell what the script has printed         -> None
    Keep(script)            store the script as it stands            -> None
    Leave(ended)            an exception is about to leave the flow  -> None
    Present(ending)         make of the end what the graph keeps     -> that
    FindVariables()         wait for the script's turn               -> the heap to run on, or None
    MarkVariables(waits)    note what the script began with          -> bytes for the next one
    RestoreVariables(mark)  go on with a script that was stored      -> None
    KeepVariables(...)      keep what the script leaves              -> notes for the model
    KeepMemory(interpreter) store what the script stands in          -> what its state holds of it
    FindMemory(stored, ...) make an interpreter of that              -> that
    FindLabels()            find what its session has touched        -> that
    KeepLabels(...)         keep what the script has touched         -> None
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias, TypeVar

from langchain_quickjs.interpreter import Interpreter
from langchain_quickjs.script.flow.drivers import Abandon, Collect, Compute
from langchain_quickjs.script.flow.inputs import Answer, Launched
from langchain_quickjs.script.labels.taint import CLEAN, Left, Taint
from langchain_quickjs.script.state import OpenCall, PausedScript, StateUpdate
from langchain_quickjs.script.telling.endings import Ending

__all__ = [
    "Effect",
    "Ended",
    "FindLabels",
    "FindMemory",
    "FindVariables",
    "Flow",
    "Keep",
    "KeepLabels",
    "KeepMemory",
    "KeepVariables",
    "Launch",
    "Leave",
    "MarkVariables",
    "Paused",
    "Present",
    "Printed",
    "RestoreVariables",
    "Review",
    "Withdraw",
    "Write",
]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Launch:
    """Start calls without waiting for them."""

    calls: tuple[Launched, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """Find out which calls people are asked about: for each, what they see, or `None`."""

    calls: tuple[OpenCall, ...]


@dataclass(frozen=True, slots=True)
class Write:
    """Apply updates to the agent's state."""

    updates: Sequence[StateUpdate]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take back what was applied to the agent's state: the script keeps it while it waits."""


@dataclass(frozen=True, slots=True)
class Printed:
    """Tell whoever watches what the script has printed; `console` is all of it so far."""

    console: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Store the script as it stands, before anything else happens."""

    script: PausedScript


@dataclass(frozen=True, slots=True)
class Leave:
    """An exception is about to leave the flow.

    Attributes:
        ended: How the calls of the script have ended in this run, by their names.
        seed: What the script's randomness came from, if it began in this run.
        told: What was made of the script's end, which now nobody is told.
        touched: What the script had touched.
    """

    ended: Mapping[str, Answer]
    seed: bytes | None = None
    told: Any = None
    touched: Taint = CLEAN


@dataclass(frozen=True, slots=True)
class Present:
    """Make of a script's end what the graph's state keeps."""

    ending: Ending


@dataclass(frozen=True, slots=True)
class FindVariables:
    """Wait for the script's turn, and find what earlier scripts have left."""


@dataclass(frozen=True, slots=True)
class MarkVariables:
    """Note what the script began with; with `waits`, it now waits for people."""

    waits: bool


@dataclass(frozen=True, slots=True)
class RestoreVariables:
    """A script that was stored goes on; `mark` was noted when it was."""

    mark: bytes


@dataclass(frozen=True, slots=True)
class KeepVariables:
    """Keep what the script leaves, and let the next one begin.

    Attributes:
        interpreter: What the script ran in; `None` if it did not run.
        raises: Whether an error goes to the agent from here.
    """

    interpreter: Interpreter | None
    raises: bool


@dataclass(frozen=True, slots=True)
class KeepMemory:
    """Store what the script stands in."""

    interpreter: Interpreter


@dataclass(frozen=True, slots=True)
class FindMemory:
    """Make an interpreter of a script that was stored.

    Attributes:
        stored: What came of `KeepMemory`.
        waits_for: The numbers of the calls that it has to wait for.
    """

    stored: bytes
    waits_for: frozenset[int]

    @classmethod
    def of(cls, paused: PausedScript) -> Self:
        """What finds the interpreter of a paused script."""
        asked = (call for question in paused["questions"] for call in question["calls"])
        calls = (*asked, *paused["awaiting"], *paused["blocked"], *paused["running"])
        return cls(paused["snapshot"], frozenset(call["id"] for call in calls))


@dataclass(frozen=True, slots=True)
class FindLabels:
    """Find what the script's session has touched, and those that left what it finds."""


@dataclass(frozen=True, slots=True)
class KeepLabels:
    """Keep what the script has touched, with all that its session had touched before."""

    left: Left


@dataclass(frozen=True, slots=True)
class Ended:
    """The script is over; `outcome` is what was made of its end."""

    outcome: Any
    updates: list[StateUpdate]


@dataclass(frozen=True, slots=True)
class Paused:
    """All that the script waits for waits for people.

    Attributes:
        script: The script.
        refused: The error of an answer that did not fit the question that a tool had asked.
        told: What is made of its end, for the case that nobody ever answers.
        touched: What the script had touched.
    """

    script: PausedScript
    refused: Exception | None = None
    told: Any = None
    touched: Taint = CLEAN


Effect: TypeAlias = (
    Compute
    | Collect
    | Abandon
    | Launch
    | Review
    | Write
    | Withdraw
    | Printed
    | Keep
    | Leave
    | Present
    | FindVariables
    | MarkVariables
    | RestoreVariables
    | KeepVariables
    | KeepMemory
    | FindMemory
    | FindLabels
    | KeepLabels
)
Flow: TypeAlias = Generator[Effect, Any, _T]
"""What yields effects, and is sent what came of each."""
