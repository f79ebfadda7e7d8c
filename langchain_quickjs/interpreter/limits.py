"""What a script may use up: each limit with its default, its range and its unit, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Final

from langchain_quickjs.errors import SetupError
from langchain_quickjs.quoting import value_text

__all__ = ["RANGES", "Limits", "Range", "checked_limits"]

_MIB: Final = 1024**2
_RANGE: Final = "range"


@dataclass(frozen=True, slots=True)
class Range:
    """What a limit may be.

    Attributes:
        unit: What it counts: `"bytes"`, `"calls"`, or `"seconds"`, which need not be whole.
        least: The smallest one; of seconds, the largest one that is too small.
        most: The largest one.
        or_none: Whether it can be `None`, for no limit.
    """

    unit: str
    least: int
    most: int
    or_none: bool = False

    def __contains__(self, value: object) -> bool:
        if value is None or isinstance(value, bool):
            return value is None and self.or_none
        if self.unit == "seconds":
            return isinstance(value, int | float) and self.least < value <= self.most
        return isinstance(value, int) and self.least <= value <= self.most

    def __str__(self) -> str:
        if self.unit == "seconds":
            text = f"a number of seconds above {self.least} and up to {self.most}"
        else:
            text = f"a whole number of {self.unit} from {self.least} to {self.most}"
        return f"{text}, or None for no limit" if self.or_none else text


def _limit(
    default: float | None, unit: str, least: int, most: int, *, or_none: bool = False
) -> Any:
    return field(default=default, metadata={_RANGE: Range(unit, least, most, or_none)})


def _bytes(default: int, least: int = 1, most: int = 2**30) -> Any:
    return _limit(default, "bytes", least, most)


def _seconds(default: float | None) -> Any:
    return _limit(default, "seconds", 0, 2**40, or_none=True)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one interpreter may use up. Reaching a limit raises a `LimitError` that names it.

    A value of the wrong type, or out of range, is a `SetupError`, which is a `ValueError` too.

    Attributes:
        memory_bytes: Size of the guest's whole linear memory: engine, stack, heap and messages,
            so that many small allocations count as much as one large. At least 6 MiB.
        step_timeout_s: Computing time of one step, in seconds; waiting for calls does not count.
            `None`: no limit.
        script_timeout_s: Computing time of all steps of one script together, in seconds.
        wall_timeout_s: How long one script may compute and wait for timers, in seconds. Time in
            which its calls run, or in which it waits for people, does not count. `None`: no limit.
        source_bytes: Length of a source text in UTF-8.
        message_bytes: Size of what crosses the boundary in one message, either way.
        result_bytes: Size of a script's result as it crosses.
        console_bytes: What one step may print, in UTF-8.
        console_cut: Whether more than that is cut and counted; else it is a `ConsoleLimitError`.
        calls: Calls that one script may make in all; `None`: no limit.
        calls_in_flight: Calls of one script that may be open at a time.
        open_bytes: Size of the arguments of all its open calls together, as they cross. They are
            stored with a paused script, so what could be made can be stored and restored.
    """

    memory_bytes: int = _bytes(64 * _MIB, 6 * _MIB, 4096 * _MIB - 65536)
    step_timeout_s: float | None = _seconds(5.0)
    script_timeout_s: float | None = _seconds(None)
    wall_timeout_s: float | None = _seconds(300.0)
    source_bytes: int = _bytes(_MIB)
    message_bytes: int = _bytes(16 * _MIB)
    result_bytes: int = _bytes(16 * _MIB)
    console_bytes: int = _bytes(64 * 1024, 0, 2**26)
    console_cut: bool = True
    calls: int | None = _limit(256, "calls", 0, 2**32 - 1, or_none=True)
    calls_in_flight: int = _limit(1024, "calls", 1, 2**30)
    open_bytes: int = _bytes(12 * _MIB)

    def __post_init__(self) -> None:
        """Checks every limit.

        Raises:
            SetupError: A limit is of the wrong type or out of range; the message names it.
        """
        for name, allowed in RANGES.items():
            if (value := getattr(self, name)) not in allowed:
                raise SetupError(f"`{name}` must be {allowed}; it is {value_text(value)}.")
        if not isinstance(self.console_cut, bool):
            raise SetupError(
                f"`console_cut` must be True or False; it is {value_text(self.console_cut)}."
            )


def checked_limits(given: object) -> Limits:
    """The limits that were given, or the default ones.

    Raises:
        SetupError: They are something else.
    """
    if given is None:
        return _DEFAULT
    if not isinstance(given, Limits):
        raise SetupError(f"`limits` must be `Limits`, or None; it is {value_text(given)}.")
    return given


RANGES: Final[dict[str, Range]] = {
    limit.name: limit.metadata[_RANGE] for limit in fields(Limits) if _RANGE in limit.metadata
}
"""What each limit may be, by its name."""

_DEFAULT: Final = Limits()
