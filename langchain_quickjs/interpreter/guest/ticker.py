"""The clock by which running guests are stopped."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Generator
from ctypes import c_uint64
from dataclasses import dataclass
from typing import Final, TypeAlias

__all__ = ["Cancellation", "Ticker", "Watch", "require_room"]

_TICK_S: Final = 0.01
_IDLE_TICKS: Final = 50
# Handlers of so many signals may raise in a single tick, or come to be run in a single one.
_MOST_RAISED: Final = 4
_LOOK_CALLS: Final = 10  # More than there are inside each other in a look.

_Answers: TypeAlias = Generator[bool, int, None]


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
        raised: What was raised when it looked, by the handler of a signal for example.
    """

    cancellation: Cancellation
    deadline_s: float | None = None
    stopped: bool = False
    raised: BaseException | None = None

    def expired(self) -> bool:
        """Tells whether the step is to be stopped."""
        late = self.deadline_s is not None and time.monotonic() >= self.deadline_s
        self.stopped = self.cancellation.wanted or late
        return self.stopped or self.raised is not None

    def on_tick(self, stop: int, give_away: Callable[[], object]) -> Callable[[int, int, int], int]:
        """Makes what wasmtime calls on a tick, and what that gives: 0 or `stop`.

        It is called with the addresses of wasmtime's context, of `stop`, and of the number of ticks
        for which the guest goes on.

        Python has handlers of signals run in its main thread as soon as one of its functions
        begins, and nothing can be raised through wasmtime: ctypes would print it, and give wasmtime
        whatever lies on the stack, which is then taken for an error, and freed. So no function is
        called here, but `min`. It asks a generator about one number after the other, and gives the
        first that does not stand for going on, or else 0. And a generator goes on where it was
        left: in its `try`.

        Args:
            stop: The address of the error that stops it.
            give_away: Leaves that error to wasmtime, whose own it is once it has been given.
        """
        looks = _looks(functools.partial(_answers, self, stop, give_away), self, _MOST_RAISED)
        next(looks)
        return functools.partial(min, 0, key=looks.send)


def require_room(calls: int = _LOOK_CALLS) -> None:
    """Sees to it that there is room for calls on Python's stack: looks cannot do without.

    Raises:
        RecursionError: There is none.
    """
    if calls:
        require_room(calls - 1)


def _looks(answers: Callable[[], _Answers], watch: Watch, most_raised: int) -> _Answers:
    """The answers; what is raised is kept, and seen at the next look, which then comes at once.

    There is no loop here, because Python has handlers of signals run wherever it jumps back, too.
    """
    if most_raised:
        try:
            yield from _looks(answers, watch, most_raised - 1)
        except GeneratorExit:  # Nobody asks any more.
            return
        except BaseException as error:
            watch.raised = error
    yield from answers()


def _answers(watch: Watch, stop: int, give_away: Callable[[], object]) -> _Answers:
    """Tells of each number whether it stands for going on: all but `stop`, when it is time."""
    number = yield True
    while True:
        goes_on, is_stop = True, number == stop
        if is_stop and watch.expired():
            give_away()
            goes_on = False
        number = yield goes_on
        if is_stop:
            c_uint64.from_address(number).value = 1


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
