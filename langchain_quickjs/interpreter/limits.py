"""What a script may use up."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]

_MAX_MEMORY_BYTES = 4 * 1024**3 - 65536
_MIN_MEMORY_BYTES = 4 * 1024**2


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
    open_bytes: int = 16 * 1024**2

    def __post_init__(self) -> None:
        """Checks every limit.

        Raises:
            ValueError: If a limit is out of range; the message names it.
        """
        if not _MIN_MEMORY_BYTES <= self.memory_bytes <= _MAX_MEMORY_BYTES:
            raise ValueError(
                f"memory_bytes must be from {_MIN_MEMORY_BYTES} to {_MAX_MEMORY_BYTES}, "
                f"not {self.memory_bytes}"
            )
        for name in ("step_timeout_s", "script_timeout_s", "wall_timeout_s"):
            seconds = getattr(self, name)
            if seconds is not None and not seconds > 0:
                raise ValueError(f"{name} must be more than 0, or None; not {seconds}")
        sizes = ("source_bytes", "message_bytes", "result_bytes", "open_bytes", "calls_in_flight")
        for name in sizes:
            if not 1 <= getattr(self, name) <= 2**30:
                raise ValueError(f"{name} must be from 1 to 2**30, not {getattr(self, name)}")
        if not 0 <= self.console_bytes <= 2**26:
            raise ValueError(f"console_bytes must be from 0 to 2**26, not {self.console_bytes}")
        if self.calls is not None and not 0 <= self.calls < 2**32:
            raise ValueError(f"calls must be from 0 to 2**32 - 1, or None; not {self.calls}")
