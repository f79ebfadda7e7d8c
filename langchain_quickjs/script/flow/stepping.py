"""The steps of a script: how long they may take, and where they are taken.

What counts is the time in which the script computes, or waits for its timers and nothing else. Time
in which one of its calls runs does not: tools and subagents have limits of their own, and may well
take longer than a program should. Nor does the time in which it waits for people, or for its turn
where others are at work; what counted before a pause counts after it.

A driver takes steps where they hold nobody up, and to hand one over and back takes longer than most
steps do. So what a script does next is tried at once, if its last step was brief. A step that is
not over soon then, or has much to say, never happened: the driver takes it, and all further ones,
and for a while those of other scripts.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from langchain_quickjs.interpreter import CallResult, Limits, Returned
from langchain_quickjs.interpreter.advice.limit_errors import out_of_wall_time
from langchain_quickjs.interpreter.stepped import SteppedInterpreter
from langchain_quickjs.interpreter.steps import SMALL_MEMORY_BYTES, NotBriefError
from langchain_quickjs.interpreter.values.weight import is_large
from langchain_quickjs.script.flow.drivers import Compute

__all__ = ["Patience", "Stepper"]

_T = TypeVar("_T")

# What a step takes in its driver, where it is not seen how much of the time others have taken. It
# counts, so that a script of endless steps that compute next to nothing ends in time too.
_AROUND_STEP_S: Final = 0.0002
# How long a run waits for timers when people are waited for too: one that outlasts this is due when
# the script is resumed.
_BEFORE_PAUSE_S: Final = 5.0
# After a step that took longer, or in a memory that is larger, the next one is not tried at once.
_BRIEF_S: Final = 0.001
# After a trial that took longer than this, nothing is tried for so many times as long: of all
# that an event loop does, what many programs try in vain is a small part.
_LONG_S: Final = 0.004
_REST: Final = 20


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

    def counted(self, compute: Callable[[], _T]) -> Callable[[], _T]:
        """Gives the same, but its time counts: not that in which it waits for its turn."""

        def computed() -> _T:
            began_s = time.monotonic()
            try:
                return compute()
            finally:
                self.spent_s += _AROUND_STEP_S + time.monotonic() - began_s

        return computed

    def waits(self, people: bool) -> bool:
        """Whether to wait for a timer, when no call is running. If so, that time is spent.

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
        self.spent_s += wake_after_s
        return True

    def check(self, wait_s: float = 0.0) -> None:
        """Sees to it that there is that much time left.

        Raises:
            WallTimeLimitError: There is not.
        """
        limit_s = self.limits.wall_timeout_s
        if limit_s is not None and self.spent_s + wait_s > limit_s:
            raise out_of_wall_time(self.limits)


@dataclass(slots=True)
class _Trials:
    """Whether steps are tried at once now, whichever script of the process takes them."""

    off_until_s: float = 0.0

    def on(self) -> bool:
        return time.monotonic() >= self.off_until_s

    def ended(self, began_s: float) -> bool:
        """Learns of a trial, and tells whether it took long."""
        now_s = time.monotonic()
        took_s = now_s - began_s
        if took_s > _LONG_S:
            self.off_until_s = max(self.off_until_s, now_s + _REST * took_s)
        return took_s > _LONG_S


_trials: Final = _Trials()


@dataclass(slots=True)
class Stepper:
    """Has the steps of one script taken.

    Attributes:
        patience: What is left of the script's time.
        cancel: Stops the step that is taken. Thread-safe.
    """

    patience: Patience
    cancel: Callable[[], None]
    _was_brief: bool = True
    _tried_in_vain: bool = False

    def first(
        self, begin: Callable[[], tuple[SteppedInterpreter, _T]]
    ) -> Generator[Compute, Any, tuple[SteppedInterpreter, _T]]:
        """Has the first step taken, which makes the interpreter too.

        Raises:
            QuickJSError: It did not happen.
        """
        interpreter, step = yield Compute(self.patience.counted(begin), self.cancel)
        self._was_brief = interpreter.spent_s < _BRIEF_S
        return interpreter, step

    def next(
        self,
        interpreter: SteppedInterpreter,
        resume: Callable[[bool], _T],
        batch: Mapping[int, CallResult],
        *,
        alone: bool,
    ) -> Generator[Compute, Any, _T]:
        """Has a further step taken.

        Args:
            interpreter: Where the script runs.
            resume: Takes the step; if told so, only if it is brief.
            batch: What is delivered to the script.
            alone: Whether no other step is taken with it, or just before it: between steps, others
                get their turn, and what the script has launched begins.

        Raises:
            QuickJSError: It did not happen.
        """
        before_s = interpreter.spent_s
        tries = alone and self._expects_brief(interpreter, batch)
        step = self._at_once(resume) if tries else None
        if step is None:
            take = functools.partial(resume, False)
            step = yield Compute(self.patience.counted(take), self.cancel)
        self._was_brief = interpreter.spent_s - before_s < _BRIEF_S
        return step

    def _at_once(self, resume: Callable[[bool], _T]) -> _T | None:
        began_s = time.monotonic()
        try:
            return self.patience.counted(functools.partial(resume, True))()
        except NotBriefError:
            self._tried_in_vain = True
            return None
        finally:
            self._tried_in_vain |= _trials.ended(began_s)

    def _expects_brief(
        self, interpreter: SteppedInterpreter, batch: Mapping[int, CallResult]
    ) -> bool:
        if self._tried_in_vain or not self._was_brief or not _trials.on():
            return False
        if interpreter.memory_bytes > SMALL_MEMORY_BYTES:
            return False
        given = [one.value if isinstance(one, Returned) else one.message for one in batch.values()]
        return not is_large(given)
