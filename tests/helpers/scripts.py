"""Running a script to its end, with tools that are Python functions and time that flies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_quickjs.errors import ScriptError
from langchain_quickjs.interpreter import (
    Completed,
    Failed,
    Interpreter,
    Limits,
    Raised,
    Returned,
    Suspended,
)

SEED = bytes(range(32))
NOW_S = 1_700_000_000.0


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now_s: float = NOW_S

    def __call__(self) -> float:
        return self.now_s


@dataclass(frozen=True)
class Run:
    """What a script did."""

    value: Any = None
    console: str = ""
    error: ScriptError | None = None
    calls: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)


def run(
    source: str,
    tools: Mapping[str, Callable[..., Any]] | None = None,
    *,
    interpreter: Interpreter | None = None,
    clock: Clock | None = None,
) -> Run:
    """Runs a script to its end; timers are due at once, and a tool's exception is raised in it."""
    tools = tools or {}
    clock = clock or Clock()
    if interpreter is None:
        limits = Limits(console_bytes=2**20)
        interpreter = Interpreter(limits=limits, seed=SEED, clock=clock)
    calls: list[tuple[str, tuple[Any, ...]]] = []
    outcome = interpreter.start(source, tools=tuple(tools))
    console = outcome.console
    while isinstance(outcome, Suspended):
        results: dict[int, Returned | Raised] = {}
        for call in outcome.calls:
            calls.append((call.name, call.args))
            try:
                results[call.id] = Returned(tools[call.name](*call.args))
            except Exception as error:  # the script may handle it
                results[call.id] = Raised(type(error).__name__, str(error))
        if not results and outcome.wake_after_s is not None:
            clock.now_s += outcome.wake_after_s
        outcome = interpreter.resume(results)
        console += outcome.console
    if isinstance(outcome, Failed):
        return Run(console=console, error=outcome.error, calls=calls)
    assert isinstance(outcome, Completed)
    return Run(outcome.value, console, calls=calls)


def printed(source: str) -> str:
    """What a script prints; it must not fail."""
    done = run(source)
    assert done.error is None, done.error
    return done.console


def value_of(source: str) -> Any:
    """The value of a script that waits for timers only; it must not fail."""
    done = run(source)
    assert done.error is None, (done.error, done.error.stack)
    return done.value


def failure(source: str, tools: Mapping[str, Callable[..., Any]] | None = None) -> ScriptError:
    """What a script fails with."""
    error = run(source, tools).error
    assert error is not None
    return error
