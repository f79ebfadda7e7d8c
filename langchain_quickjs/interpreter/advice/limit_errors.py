"""The errors that say which limit was reached, what it is, and what can be done."""

from __future__ import annotations

from langchain_quickjs.errors import (
    MemoryLimitError,
    ProtocolError,
    ResultLimitError,
    ScriptTimeLimitError,
    TimeLimitError,
    WallTimeLimitError,
)
from langchain_quickjs.interpreter.limits import Limits
from langchain_quickjs.interpreter.outcomes import Completed, Outcome, Suspended

Place = tuple[int, int]
"""Line and column of a script."""

__all__ = [
    "check_outcome",
    "out_of_memory",
    "out_of_time",
    "out_of_wall_time",
    "result_too_large",
    "time_left_s",
]


def time_left_s(limits: Limits, spent_s: float) -> float | None:
    """How long the next step of a script may compute, which has computed for `spent_s`."""
    step_s, script_s = limits.step_timeout_s, limits.script_timeout_s
    if script_s is None:
        return step_s
    left_s = max(script_s - spent_s, 0.0)
    return left_s if step_s is None else min(step_s, left_s)


def out_of_time(limits: Limits, spent_s: float, place: Place | None) -> TimeLimitError:
    """Of the step, or of the whole script: whichever came first."""
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
    """The script has lasted too long, mostly by waiting."""
    return WallTimeLimitError(
        f"the script computed and waited for timers for more than {limits.wall_timeout_s:g} s "
        "(limits.wall_timeout_s); let it wait less, or raise the limit",
        value=limits.wall_timeout_s,
    )


def out_of_memory(limits: Limits) -> MemoryLimitError:
    """The whole linear memory is as large as it may become."""
    return MemoryLimitError(
        f"the script needs more memory than {limits.memory_bytes} bytes "
        "(limits.memory_bytes); let it keep less, or raise the limit",
        value=limits.memory_bytes,
    )


def result_too_large(limits: Limits) -> ResultLimitError:
    """A result is part of a message, so either limit may be the smaller one."""
    name = "result" if limits.result_bytes <= limits.message_bytes else "message"
    most = min(limits.result_bytes, limits.message_bytes)
    return ResultLimitError(
        f"the result takes more than {most} bytes (limits.{name}_bytes); return less, or raise "
        "the limit",
        limit=f"{name}_bytes",
        value=most,
    )


def check_outcome(outcome: Outcome, reply_bytes: int, calls_made: int, limits: Limits) -> None:
    """Sees to it that the guest has kept its limits, which it was told.

    Args:
        outcome: What it came to.
        reply_bytes: How long its reply was.
        calls_made: How many calls the script had made before.
        limits: What it was told.

    Raises:
        ProtocolError: It has made more calls than it may.
        ResultLimitError: Its result is larger than it may be.
    """
    made = calls_made + (len(outcome.calls) if isinstance(outcome, Suspended) else 0)
    if limits.calls is not None and made > limits.calls:
        raise ProtocolError("the guest made more calls than it may")
    if isinstance(outcome, Completed) and reply_bytes > limits.result_bytes:
        size = reply_bytes - len(outcome.console.encode("utf-8"))
        if size > limits.result_bytes:
            raise result_too_large(limits)
