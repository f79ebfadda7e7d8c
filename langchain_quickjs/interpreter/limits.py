"""What a script may use up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["MAX_SECONDS", "Limits"]

MAX_SECONDS: Final = 2**40
"""The longest time that can be given: what is longer is `None`."""

# The whole numbers among the limits, and their ranges.
_WHOLE: Final = {
    "memory_bytes": (4 * 1024**2, 4 * 1024**3 - 65536),
    "source_bytes": (1, 2**30),
    "message_bytes": (1, 2**30),
    "result_bytes": (1, 2**30),
    "console_bytes": (0, 2**26),
    "calls": (0, 2**32 - 1),
    "calls_in_flight": (1, 2**30),
    "open_bytes": (1, 2**30),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one interpreter may use up. Reaching a limit raises a `LimitError` that names it.

    Attributes:
        memory_bytes: Size of the guest's whole linear memory: engine, stack, heap and messages,
            so that many small allocations count as much as one large. At least 4 MiB.
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

    memory_bytes: int = 64 * 1024**2
    step_timeout_s: float | None = 5.0
    script_timeout_s: float | None = None
    wall_timeout_s: float | None = 300.0
    source_bytes: int = 1024**2
    message_bytes: int = 16 * 1024**2
    result_bytes: int = 16 * 1024**2
    console_bytes: int = 64 * 1024
    console_cut: bool = True
    calls: int | None = 256
    calls_in_flight: int = 1024
    open_bytes: int = 12 * 1024**2

    def __post_init__(self) -> None:
        """Checks every limit.

        Raises:
            ValueError: If a limit is of the wrong type or out of range; the message names it.
        """
        for name, (least, most) in _WHOLE.items():
            value = getattr(self, name)
            if value is None and name == "calls":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                what = f"a whole number from {least} to {most}"
                what += ", or None" if name == "calls" else ""
                raise ValueError(f"{name} must be {what}; not {value!r}")
        for name in ("step_timeout_s", "script_timeout_s", "wall_timeout_s"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (number and 0 < value <= MAX_SECONDS):
                raise ValueError(
                    f"{name} must be a number of seconds above 0 and up to 2**40, or None; not "
                    f"{value!r:.100}"
                )
        if not isinstance(self.console_cut, bool):
            raise ValueError(f"console_cut must be True or False; not {self.console_cut!r}")
