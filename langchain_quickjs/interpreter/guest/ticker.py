"""The clock by which running guests are stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["Cancellation", "Ticker", "Watch"]

_TICK_S: Final = 0.01
_IDLE_TICKS: Final = 50


class Cancellation:
    """Whether somebody wants the steps of a guest stopped. It outlives the guest's instances."""

    __slots__ = ("wanted",)

    def __init__(self) -> None:
        self.wanted = False


@dataclass(slots=True)
class Watch:
    """What a running step looks at on every tick.

    Attributes:
        cancellation: That of whoever has the instance now.
        deadline_s: Until when the step may run.
        stopped: Whether it was to be stopped when it last looked.
        shielded: Whether what handlers of signals raise is kept.
        raised: What one has raised.
    """

    cancellation: Cancellation
    deadline_s: float | None = None
    stopped: bool = False
    shielded: bool = False
    raised: BaseException | None = None

    def expired(self) -> bool:
        """Tells whether the step is to be stopped."""
        late = self.deadline_s is not None and time.monotonic() >= self.deadline_s
        self.stopped = self.cancellation.wanted or late
        return self.stopped or self.raised is not None


class Ticker:
    """Advances the epoch while guests run, so that they look at their deadlines.

    Its thread ends by itself when nothing has run for half a second.

    Args:
        advance: Advances the epoch. Thread-safe.

    Attributes:
        running: Who runs a guest now. Adding to a set, and taking from it, need no lock.
        alive: Whether the thread is there. Who has put a guest into `running` and sees that it is
            not calls `revive`.
    """

    def __init__(self, advance: Callable[[], object]) -> None:
        self.running = set[object]()
        self._advance = advance
        self._lock = threading.Lock()
        self.alive = False

    def revive(self) -> None:
        """Has the thread be there again."""
        if self._revived():
            threading.Thread(target=self._tick, name="quickjs-ticker", daemon=True).start()

    def _revived(self) -> bool:
        """Tells whether the thread was dead, and the caller is who makes it live again."""
        with self._lock:
            was_alive, self.alive = self.alive, True
        return not was_alive

    def _tick(self) -> None:
        idle = 0
        while True:
            time.sleep(_TICK_S)
            self._advance()
            idle = 0 if self.running else idle + 1
            if idle > _IDLE_TICKS:
                idle, self.alive = 0, False
                # Who came just before has seen it alive, so it must be; who comes now makes it so.
                if not self.running or not self._revived():
                    return
