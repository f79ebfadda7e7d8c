"""What passes between a script's flow and its driver.

    Compute(step)     run a step of the interpreter            -> what the step returned
    Launch(calls)     start these calls, do not wait           -> None
    Collect(timeout)  wait until a running call ends           -> {call id: Answer, ...}
    Abandon()         drop launched calls that have not begun  -> their ids
    Keep(script)      store the script as it stands            -> None
    Leave(ended)      an exception is about to leave the flow  -> None
    Ask(...)          call a method of the checkpointer        -> what it returned
    Await(...)        wait for another script, or for a time   -> None
    Invoke(call)      call what may have to be awaited         -> what it returned

A flow yields effects, is sent what came of each, and returns `Ended` or `Paused`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from langchain_core.messages import ToolCall
from langchain_core.tools import BaseTool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Interrupt

from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.script.state import OpenCall, PausedScript, StateUpdate

__all__ = [
    "Abandon",
    "Answer",
    "Ask",
    "Asking",
    "Await",
    "Blocked",
    "Collect",
    "Compute",
    "Done",
    "Effect",
    "Ended",
    "Flow",
    "Invoke",
    "Keep",
    "Launch",
    "Launched",
    "Leave",
    "Paused",
    "Resumed",
    "Started",
    "Work",
    "new_seed",
]


@dataclass(frozen=True, slots=True)
class Blocked:
    """A call was interrupted, and has to be made again when people have answered.

    Attributes:
        interrupts: What people are asked; empty if an answer did not fit what they were asked.
        answers: What they have answered to the tool itself so far.
        refused: The error of the answer that did not fit.
    """

    interrupts: tuple[Interrupt, ...] = ()
    answers: tuple[Any, ...] = ()
    refused: Exception | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gives back.

    Attributes:
        reply: What the script gets, unless the call was interrupted.
        updates: What the agent's state gets.
        instead: Makes what the script gets if `reply` cannot cross into JavaScript.
        error: What was raised, if the script gets an error for it.
    """

    reply: Returned | Raised | Blocked
    updates: tuple[StateUpdate, ...] = ()
    instead: Callable[[], Returned] | None = None
    error: Exception | None = None


def new_seed() -> bytes:
    """What all randomness of one script can come from."""
    return os.urandom(32)


@dataclass(frozen=True, slots=True)
class Done:
    """What is known of calls that a script made in a run that was cut off.

    Attributes:
        ends: How they have ended, by their names.
        begun: The approved calls that had begun, as the ledger knows them.
    """

    ends: Mapping[str, Answer] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Started:
    """Begin a script.

    Attributes:
        source: The script.
        seed: What all its randomness comes from.
        again: Whether this has been tried before, and was cut off.
        done: What is known of calls that it made then.
    """

    source: str
    seed: bytes
    again: bool = False
    done: Done = field(default_factory=Done)


@dataclass(frozen=True, slots=True)
class Resumed:
    """Go on with a script that was stored.

    Attributes:
        paused: The script.
        answers: What people answered, by the ids of the interrupts; decisions for questions.
        again: Whether this has been tried before, and was cut off.
        done: What is known of calls that it made since it was stored.
        entropy: 32 bytes that its randomness depends on from here on, other ones in each branch.
    """

    paused: PausedScript
    answers: Mapping[str, Any]
    again: bool = False
    done: Done = field(default_factory=Done)
    entropy: bytes | None = None


@dataclass(frozen=True, slots=True)
class Launched:
    """A call that is to run now.

    Attributes:
        call: The call.
        tool_call: The same as the tool takes it.
        tool: The tool.
        resumed: Whether it goes on after an interrupt, with what was answered.
        again: Whether it may have begun before: then graphs inside go on where they were.
    """

    call: OpenCall
    tool_call: ToolCall
    tool: BaseTool
    resumed: bool = False
    again: bool = False

    @property
    def id(self) -> int:
        """The call's number in the script."""
        return self.call["id"]


@dataclass(frozen=True, slots=True)
class Compute:
    """Run a step of the interpreter; `cancel` stops it from another thread."""

    step: Callable[[], Any]
    cancel: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """Start calls without waiting for them."""

    calls: tuple[Launched, ...]


@dataclass(frozen=True, slots=True)
class Collect:
    """Wait until a running call ends or the time is over; take all that have ended by then."""

    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Abandon:
    """Drop the launched calls that have not begun: their script is over."""


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
        told: What its host has made of its end, which now nobody is told.
    """

    ended: Mapping[str, Answer]
    seed: bytes | None = None
    told: Any = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Call a method of the checkpointer: `method`, or the one of that name that is awaited."""

    saver: BaseCheckpointSaver[Any]
    method: str
    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until something has happened elsewhere or the time is over."""

    event: Future[Any]
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call something; where graphs run asynchronously, what it gives is awaited."""

    call: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """The script is over; `outcome` is what its host made of the end."""

    outcome: Any
    updates: list[StateUpdate]


@dataclass(frozen=True, slots=True)
class Paused:
    """All that the script waits for waits for people.

    Attributes:
        script: The script.
        refused: The error of an answer that did not fit the question that a tool had asked.
        told: What its host makes of its end, for the case that nobody ever answers.
    """

    script: PausedScript
    refused: Exception | None = None
    told: Any = None


Effect: TypeAlias = Compute | Launch | Collect | Abandon | Keep | Leave | Ask | Await
Flow: TypeAlias = Generator[Effect, Any, Ended | Paused]

_T = TypeVar("_T")
Asking: TypeAlias = Generator[Ask, Any, _T]
"""Something that needs the checkpointer and nothing else."""
Work: TypeAlias = Generator[Ask | Await | Invoke, Any, _T]
"""Something that `carry_out` and `acarry_out` can do by themselves."""
