"""The errors that say which limit was reached, what it is, and what can be done.

They speak to whoever has set the limits; `for_models` has what a model is told instead.
"""

from __future__ import annotations

from langchain_quickjs.errors import (
    ConsoleLimitError,
    MemoryLimitError,
    MessageLimitError,
    ResultLimitError,
    ScriptTimeLimitError,
    SnapshotError,
    SourceLimitError,
    StackLimitError,
    TimeLimitError,
    WallTimeLimitError,
)
from langchain_quickjs.interpreter.limits import Limits

Place = tuple[int, int]
"""Line and column of a script."""

__all__ = [
    "console_too_long",
    "out_of_memory",
    "out_of_stack",
    "out_of_time",
    "out_of_wall_time",
    "result_too_large",
    "results_too_large",
    "source_too_long",
    "stored_too_large",
]


def out_of_time(limits: Limits, spent_s: float, place: Place | None) -> TimeLimitError:
    """Makes the error of the step's time or of the whole script's, whichever came first."""
    error = _out_of_time(limits, spent_s, place)
    error.line, error.column = place or (None, None)
    return error


def _place(place: Place | None) -> str:
    return "" if place is None else f", and was last seen at line {place[0]}, column {place[1]}"


def _out_of_time(limits: Limits, spent_s: float, place: Place | None) -> TimeLimitError:
    step_s, script_s = limits.step_timeout_s, limits.script_timeout_s
    if script_s is not None and (step_s is None or script_s - spent_s < step_s):
        return ScriptTimeLimitError(
            f"the script computed for more than {script_s:g} s in all (limits.script_timeout_s)"
            f"{_place(place)}; let it compute less, or raise the limit",
            value=script_s,
        )
    return TimeLimitError(
        f"the script computed for more than {step_s:g} s without waiting "
        f"(limits.step_timeout_s){_place(place)}; let it compute less, or raise the limit",
        value=step_s,
    )


def out_of_wall_time(limits: Limits) -> WallTimeLimitError:
    """Makes the error of a script that has lasted too long, mostly by waiting."""
    return WallTimeLimitError(
        f"the script computed and waited for timers for more than {limits.wall_timeout_s:g} s "
        "(limits.wall_timeout_s); let it wait less, or raise the limit",
        value=limits.wall_timeout_s,
    )


def out_of_memory(limits: Limits) -> MemoryLimitError:
    """Makes the error of a script whose whole linear memory is as large as it may become."""
    return MemoryLimitError(
        f"the script needs more memory than {limits.memory_bytes} bytes "
        "(limits.memory_bytes); let it keep less, or raise the limit",
        value=limits.memory_bytes,
    )


def result_too_large(limits: Limits) -> ResultLimitError:
    """Makes the error of a script's result.

    The result is part of a message, so either limit may be the smaller one.
    """
    name = "result" if limits.result_bytes <= limits.message_bytes else "message"
    most = min(limits.result_bytes, limits.message_bytes)
    return ResultLimitError(
        f"the result takes more than {most} bytes (limits.{name}_bytes); return less, or raise "
        "the limit",
        limit=f"{name}_bytes",
        value=most,
    )


def results_too_large(size: int, limits: Limits) -> MessageLimitError:
    """Makes the error of results of calls that are too large together."""
    return MessageLimitError(
        f"the results are {size} bytes, limits.message_bytes is {limits.message_bytes}; return "
        "less, deliver them one by one, or raise the limit",
        limit="message_bytes",
        value=limits.message_bytes,
    )


def source_too_long(size: int, limits: Limits) -> SourceLimitError:
    """Makes the error of a source text."""
    return SourceLimitError(
        f"the source is {size} bytes long, limits.source_bytes is {limits.source_bytes}; shorten "
        "it, or raise the limit",
        value=limits.source_bytes,
    )


def console_too_long(size: int, limits: Limits) -> ConsoleLimitError:
    """Makes the error of a step that has printed too much, where that is not cut."""
    return ConsoleLimitError(
        f"the script printed {size} bytes in one step, limits.console_bytes is "
        f"{limits.console_bytes}; print less, raise the limit, or set limits.console_cut",
        value=limits.console_bytes,
    )


def stored_too_large(what: str, needed_bytes: int, memory_bytes: int) -> SnapshotError:
    """Makes the error of what is stored and would not fit into the memory that it is restored to.

    Args:
        what: What is stored, as the subject of the sentence.
        needed_bytes: How much memory it needs.
        memory_bytes: How much memory there may be.
    """
    return SnapshotError(
        f"{what} needs {needed_bytes} bytes of memory, limits.memory_bytes is {memory_bytes}; "
        "raise the limit"
    )


def out_of_stack() -> StackLimitError:
    """Makes the error of a step in which the engine's own code has recursed too deeply."""
    return StackLimitError(
        "the engine's own recursion used up its stack (deeply nested source, JSON or regular "
        "expression); the step never happened. Nest less deeply"
    )
