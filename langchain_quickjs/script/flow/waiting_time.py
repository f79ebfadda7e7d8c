"""How long a script may last, on the clock on the wall.

What counts is the time in which the script computes, or waits for its timers and nothing else. Time
in which one of its calls runs does not: tools and subagents have limits of their own, and may well
take longer than a program should. Nor does the time in which it waits for people; what counted
before a pause counts after it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from langchain_quickjs.interpreter import Limits
from langchain_quickjs.interpreter.advice.limit_errors import out_of_wall_time

__all__ = ["Patience"]

# How long a run waits for timers when people are waited for too: one that outlasts this is due when
# the script is resumed.
_BEFORE_PAUSE_S: Final = 5.0


@dataclass(slots=True)
class Patience:
    """What is left of a script's time.

    Attributes:
        limits: What it may use up.
        spent_s: What has been spent, before pauses too.
        before_pause_s: How long this run has waited for timers.
        wake_after_s: When the next timer is due, after the last step; `None` if there is none.
    """

    limits: Limits
    spent_s: float = 0.0
    before_pause_s: float = 0.0
    wake_after_s: float | None = None

    @contextlib.contextmanager
    def spending(self, least_s: float = 0.0) -> Iterator[None]:
        """Counts the time that what is inside takes, or at least so much."""
        began_s = time.monotonic()
        try:
            yield
        finally:
            self.spent_s += max(least_s, time.monotonic() - began_s)

    def waits(self, people: bool) -> bool:
        """Whether to wait for a timer, when no call is running.

        Args:
            people: Whether the script waits for people too, and can be stored meanwhile.

        Raises:
            WallTimeLimitError: The script's time would be over before.
        """
        if (wake_after_s := self.wake_after_s) is None:
            return False
        if people and self.before_pause_s + wake_after_s > _BEFORE_PAUSE_S:
            return False
        self.before_pause_s += wake_after_s
        self.check(wake_after_s)
        return True

    def check(self, wait_s: float = 0.0) -> None:
        """Sees to it that there is that much time left.

        Raises:
            WallTimeLimitError: There is not.
        """
        limit_s = self.limits.wall_timeout_s
        if limit_s is not None and self.spent_s + wait_s > limit_s:
            raise out_of_wall_time(self.limits)
