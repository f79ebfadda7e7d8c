"""A shadow of a program, which is given nothing of what strangers may have written.

Secure multi-execution (Devriese and Piessens, 2010), with two runs: the program, and from the first
such result on a copy of it with the same randomness and clock that is given redacted results. What
comes out the same in both does not depend on strangers: neither by values nor by the way that the
program took. A shadow that goes another way is given up, and everything after that depends.

The two are compared where anything leaves a program: calls with their arguments, what is printed,
and how it ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgpack

from langchain_quickjs.errors import QuickJSError
from langchain_quickjs.interpreter import (
    Call,
    CallResult,
    Completed,
    Failed,
    Interpreter,
    Limits,
    Outcome,
    Suspended,
)

__all__ = ["WHOLE", "Moment", "Shadow"]

WHOLE: Final = "*"
"""In the place of an argument's name: all of the call depends."""

# A shadow that does the same as its program takes as long, but for what else the machine does.
_TIMES: Final = 3
_MORE_S: Final = 1.0
_LEAST_S: Final = 0.001


class Moment:
    """A clock that a program and its shadow share: the shadow sees what the program has seen."""

    def __init__(self) -> None:
        self.now_s: float = 0.0

    def __call__(self) -> float:
        """The time, which the shadow then sees too."""
        self.now_s = time.time()
        return self.now_s

    def last(self) -> float:
        """The time that the program has seen last."""
        return self.now_s


@dataclass(slots=True)
class Shadow:
    """The shadow of one program.

    Attributes:
        limits: What the program may use up.
        moment: The clock of both.
        interpreter: The shadow; `None` before there is need of one, and when it was given up.
        lost: Whether it was given up: then all that the program does depends on strangers.
        differs: Whether anything that was printed, or the end, depends.
        fields: For each call of the last steps that depends, the arguments that do.
    """

    limits: Limits
    moment: Moment = field(default_factory=Moment)
    interpreter: Interpreter | None = None
    lost: bool = False
    differs: bool = False
    fields: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def begin(self, program: Interpreter) -> None:
        """Begins where the program stands, which has seen nothing of strangers so far."""
        if self.interpreter is None and not self.lost:
            self.interpreter = program.fork(clock=self.moment.last)

    def follow(
        self,
        results: Mapping[int, CallResult],
        outcome: Outcome,
        redact: Callable[[int, CallResult], CallResult],
        entropy: bytes | None = None,
        spent_s: float = 0.0,
    ) -> None:
        """Does the step that the program has just done, and compares what came of it.

        Args:
            results: What the program was given.
            outcome: What came of it.
            redact: Makes of a result what the shadow is given.
            entropy: What the program's randomness depends on from there on.
            spent_s: How long the program has computed.
        """
        self.fields = {}
        if self.interpreter is not None:
            given = {number: redact(number, result) for number, result in results.items()}
            left_s = self._may_spend_s(spent_s) - self.interpreter.spent_s
            try:
                other = self.interpreter.resume(
                    given, entropy=entropy, timeout_s=max(left_s, _LEAST_S)
                )
            except QuickJSError:
                other = None
            self._compare(outcome, other)
        if self.lost and isinstance(outcome, Suspended):
            self.fields = {call.id: (WHOLE,) for call in outcome.calls}
        self.differs = self.differs or self.lost

    def _may_spend_s(self, program_s: float) -> float:
        """How long it may compute in all: it ends where the program does, or it is given up.

        What is redacted may keep it in a loop that the program never enters.
        """
        wall_s = self.limits.wall_timeout_s
        more_s = _MORE_S if wall_s is None else min(_MORE_S, wall_s / 4)
        return _TIMES * program_s + more_s

    def _compare(self, outcome: Outcome, other: Outcome | None) -> None:
        if other is None or type(other) is not type(outcome):
            self.give_up()
            return
        self.differs = self.differs or outcome.console != other.console
        match outcome, other:
            case Suspended(), Suspended():
                same = [(call.id, call.name) for call in outcome.calls] == [
                    (call.id, call.name) for call in other.calls
                ]
                if not same or outcome.wake_after_s != other.wake_after_s:
                    self.give_up()
                    return
                for mine, theirs in zip(outcome.calls, other.calls, strict=True):
                    if depends := _fields_that_differ(mine, theirs):
                        self.fields[mine.id] = depends
            case Completed(), Completed():
                self.differs = self.differs or not _same(outcome.value, other.value)
            case Failed(), Failed():
                mine_text = (outcome.error.name, outcome.error.message)
                self.differs = self.differs or mine_text != (other.error.name, other.error.message)

    def cancel(self) -> None:
        """Stops what it does in another thread: it is given up then."""
        if (interpreter := self.interpreter) is not None:
            interpreter.cancel()

    def give_up(self) -> None:
        """Gives the shadow up: from here on everything depends."""
        self.interpreter, self.lost, self.differs = None, True, True

    def pack(self) -> bytes:
        """What is stored of it with a paused program."""
        snapshot = None if self.interpreter is None else self.interpreter.snapshot()
        return bytes(msgpack.packb([snapshot, self.lost, self.differs]))

    @classmethod
    def unpack(cls, packed: object, limits: Limits) -> Shadow:
        """Takes up what `pack` packed; what cannot be read was given up."""
        shadow = cls(limits)
        try:
            match msgpack.unpackb(packed) if isinstance(packed, bytes) else None:
                case [snapshot, bool(lost), bool(differs)] if snapshot is None or isinstance(
                    snapshot, bytes
                ):
                    shadow.lost, shadow.differs = lost, differs
                    if snapshot is not None:
                        clock = shadow.moment.last
                        shadow.interpreter = Interpreter.restore(
                            snapshot, limits=limits, clock=clock
                        )
                    return shadow
        except (TypeError, ValueError, QuickJSError, msgpack.exceptions.UnpackException):
            pass
        shadow.give_up()
        return shadow


def _fields_that_differ(mine: Call, theirs: Call) -> tuple[str, ...]:
    """The arguments of a call that are others in the shadow, by name where they have names."""
    if _same(mine.args, theirs.args):
        return ()
    match mine.args, theirs.args:
        case (dict() as one,), (dict() as other,) if one.keys() == other.keys():
            return tuple(str(key) for key in one if not _same(one[key], other[key]))
    return (WHOLE,)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same to a script; not if that cannot be found out."""
    try:
        return _equal(one, other)
    except RecursionError:
        return False


def _equal(one: Any, other: Any) -> bool:
    """NaN is NaN, 1 is not true, and the order of properties counts."""
    if type(one) is not type(other):
        return False
    match one:
        case dict():
            return list(one) == list(other) and all(_equal(one[key], other[key]) for key in one)
        case list() | tuple():
            return len(one) == len(other) and all(map(_equal, one, other))
        case float():
            return one == other or (one != one and other != other)  # noqa: PLR0124 - NaN
    return bool(one == other)
