"""What passes between a script's flow and its driver.

    Compute(step)     run a step of the interpreter            -> what the step returned
    Launch(calls)     start these calls, do not wait           -> None
    Collect(timeout)  wait until a running call ends           -> {call id: Answer, ...}
    Abandon()         drop launched calls that have not begun  -> their ids

A flow yields effects, is sent what came of each, and returns `Ended` or `Paused`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

from langchain.agents.middleware.human_in_the_loop import Decision
from langchain_core.messages import ToolCall
from langchain_core.tools import BaseTool

from langchain_quickjs.script.state import PausedScript, StateUpdate

__all__ = [
    "Abandon",
    "Collect",
    "Compute",
    "Effect",
    "Ended",
    "Flow",
    "Launch",
    "Launched",
    "Paused",
    "Resumed",
    "Started",
]


@dataclass(frozen=True, slots=True)
class Started:
    """Begin a script."""

    source: str
    seed: bytes


@dataclass(frozen=True, slots=True)
class Resumed:
    """Go on with a paused script, now that a person has decided."""

    paused: PausedScript
    decisions: list[Decision]


@dataclass(frozen=True, slots=True)
class Launched:
    """A call that is to run now."""

    id: int
    tool_call: ToolCall
    tool: BaseTool


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
class Ended:
    """The script is over; `outcome` is what its host made of the end."""

    outcome: Any
    updates: list[StateUpdate]


@dataclass(frozen=True, slots=True)
class Paused:
    """All that the script waits for waits for people."""

    script: PausedScript


Effect: TypeAlias = Compute | Launch | Collect | Abandon
Flow: TypeAlias = Generator[Effect, Any, Ended | Paused]
