"""A shadow of a program, which is given nothing of what strangers may have written.

Secure multi-execution (Devriese and Piessens, 2010), with two runs: the program, and from the first
such result on a copy of it with the same randomness and clock that is given redacted results. What
comes out the same in both does not depend on strangers: neither by values nor by the way that the
program took. A shadow that goes another way is given up, and everything after that depends.

The shadow stays behind while nobody has to know what depends, and then takes many steps at once,
which is a fraction of the work of taking each one between two calls.

The two are compared where anything leaves a program: calls with their arguments, what is printed,
and how it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias, cast

from langchain_quickjs.errors import QuickJSError
from langchain_quickjs.interpreter import (
    Call,
    CallResult,
    Completed,
    Failed,
    Limits,
    Outcome,
    Returned,
    Suspended,
)
from langchain_quickjs.interpreter.stepped import SteppedInterpreter
from langchain_quickjs.interpreter.steps import Taken
from langchain_quickjs.interpreter.storage.packed import packed, unpacked
from langchain_quickjs.interpreter.values.js_values import JSError, JSMap, JSSet
from langchain_quickjs.interpreter.values.kinds import KIND_OF

__all__ = ["NOT_KNOWN", "WHOLE", "Delivered", "Shadow"]

WHOLE: Final = "*"
"""In the place of an argument's name: all of the call depends."""

# A shadow that does the same as its program takes as long, but for what else the machine does.
_TIMES: Final = 3
_MORE_S: Final = 1.0
_LEAST_S: Final = 0.001
# So far it may stay behind; what is kept of long steps would take room.
_MOST_BEHIND: Final = 256
_LONG_BYTES: Final = 16 * 1024


class Delivered(NamedTuple):
    """What is known of what a call came to.

    Attributes:
        tool: The name of the tool.
        strange: Whether strangers may have written it.
    """

    tool: str
    strange: bool


NOT_KNOWN: Final = Delivered("", strange=False)
"""Of a call that nobody has made."""


_Step: TypeAlias = tuple[Taken, Mapping[int, Delivered]]
"""A step that the program has taken, and what is known of the results that it was given."""


@dataclass(slots=True)
class Shadow:
    """The shadow of one program.

    Attributes:
        limits: What the program may use up.
        redact: Makes of a result what the shadow is given, by the name of the tool.
        reads_state: Whether a tool may read the agent's state.
        interpreter: The shadow; `None` before there is need of one, and when it was given up.
        lost: Whether it was given up: then all that the program does depends on strangers.
        differs: Whether anything that was printed, or the end, depends.
        stands: Whether the program has written to the agent's state what strangers may have
            written: then calls that may read the state may bring it back.
        depends: For each open call that depends, the arguments that do.
        behind: What it has still to do: the program's steps, with what is known of their results;
            and what is to be done once it is known what depends.
    """

    limits: Limits
    redact: Callable[[CallResult, str], CallResult] = lambda *_: Returned(None)
    reads_state: Callable[[str], bool] = lambda _: True
    interpreter: SteppedInterpreter | None = None
    lost: bool = False
    differs: bool = False
    stands: bool = False
    depends: dict[int, tuple[str, ...]] = field(default_factory=dict)
    behind: list[_Step | Callable[[], None]] = field(default_factory=list)

    @property
    def any_depends(self) -> bool:
        """Whether anything that was printed, or the end, depends, as far as is known."""
        return bool(self.differs or self.lost or self.behind)

    def depends_of(self, number: int) -> tuple[str, ...]:
        """Which arguments of an open call depend; all of it while that is not known."""
        return (WHOLE,) if self.behind else self.depends.get(number, ())

    def once_known(self, action: Callable[[], None]) -> None:
        """Does something when it is known what depends of what the program has done so far."""
        if self.behind:
            self.behind.append(action)
        else:
            action()

    def resume(
        self,
        program: SteppedInterpreter,
        results: Mapping[int, CallResult],
        entropy: bytes | None,
        delivered: Mapping[int, Delivered],
        needs: Callable[[Sequence[Call]], bool],
    ) -> Outcome:
        """Lets the program take a step, and takes it too when it has to be known what depends.

        Args:
            program: The program.
            results: What it is given.
            entropy: What its randomness depends on from there on.
            delivered: What is known of the results.
            needs: Whether it has to be known of calls.
        """
        if self.interpreter is None and not self.lost:
            if not any(known.strange for known in delivered.values()):
                return program.resume(results, entropy=entropy)
            # It begins where the program stands, which has seen nothing of strangers so far.
            self.interpreter = program.fork()
        steps: list[Taken] = []
        outcome = program.resume(results, entropy=entropy, steps=steps)
        (step,) = steps
        self.behind.append((step, delivered))
        is_long = len(step.message) + len(step.reply) > _LONG_BYTES
        waits = isinstance(outcome, Suspended) and not needs(outcome.calls)
        if not waits or is_long or len(self.behind) >= _MOST_BEHIND:
            self.catch_up(program)
        return outcome

    def catch_up(self, program: SteppedInterpreter) -> None:
        """Takes all steps that the program has taken."""
        behind, self.behind = self.behind, []
        most_s = self._may_spend_s(program.spent_s)
        for one in behind:
            if isinstance(one, tuple):
                self._follow(*one, most_s)
            else:
                one()

    def _follow(self, step: Taken, delivered: Mapping[int, Delivered], most_s: float) -> None:
        """Takes a step that the program has taken, and compares what came of it."""
        if self.interpreter is not None:
            left_s = most_s - self.interpreter.spent_s
            try:
                results = self._results(step, delivered)
                both = self.interpreter.repeat(step, results, max(left_s, _LEAST_S))
            except (QuickJSError, RecursionError):
                self.give_up()
            else:
                if both is not None:
                    self._compare(*both)
        if self.depends:
            for number in step.answered:
                self.depends.pop(number, None)
        if self.lost:
            self.depends = dict.fromkeys(step.after.open_calls, (WHOLE,))

    def _results(
        self, step: Taken, delivered: Mapping[int, Delivered]
    ) -> dict[int, CallResult] | None:
        """What it is given in the place of a step's results; `None` for the same.

        Whatever is answered to a call that depends on strangers may tell what they wrote.
        """
        tools = {
            number: known.tool
            for number in step.answered
            for known in [delivered.get(number, NOT_KNOWN)]
            if known.strange or number in self.depends or self._brings_back(known)
        }
        if not tools:
            return None
        given = step.results()
        return given | {n: self.redact(given[n], tool) for n, tool in tools.items()}

    def _brings_back(self, known: Delivered) -> bool:
        """Whether a result may tell what strangers wrote, and the program wrote to the state."""
        return self.stands and bool(known.tool) and self.reads_state(known.tool)

    def _may_spend_s(self, program_s: float) -> float:
        """How long it may compute in all: it ends where the program does, or it is given up.

        What is redacted may keep it in a loop that the program never enters.
        """
        wall_s = self.limits.wall_timeout_s
        more_s = _MORE_S if wall_s is None else min(_MORE_S, wall_s / 4)
        return _TIMES * program_s + more_s

    def _compare(self, outcome: Outcome, other: Outcome) -> None:
        if type(other) is not type(outcome):
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
                        self.depends[mine.id] = depends
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
        return packed([snapshot, self.lost, self.differs, self.stands])

    @classmethod
    def unpack(
        cls,
        stored: object,
        limits: Limits,
        redact: Callable[[CallResult, str], CallResult],
        reads_state: Callable[[str], bool],
    ) -> Shadow:
        """Takes up what `pack` packed; what cannot be read was given up."""
        shadow = cls(limits, redact, reads_state)
        try:
            match unpacked(stored):
                case [snapshot, bool(lost), bool(differs), bool(stands)] if (
                    snapshot is None or isinstance(snapshot, bytes)
                ):
                    shadow.lost, shadow.differs, shadow.stands = lost, differs, stands
                    if snapshot is not None:
                        shadow.interpreter = SteppedInterpreter.restore(snapshot, limits=limits)
                    return shadow
        except (TypeError, ValueError, QuickJSError):
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
    """NaN is NaN, 1 is not true, also in a Map, and the order of properties counts."""
    if type(one) is not type(other):
        return False
    match one:
        case dict():
            return list(one) == list(other) and all(_equal(one[key], other[key]) for key in one)
        case JSMap() | JSSet() | JSError():
            parts = cast("Callable[[Any], Iterable[Any]]", KIND_OF[type(one)].parts)
            return _equal([*parts(one)], [*parts(other)])
        case list() | tuple():
            return len(one) == len(other) and all(map(_equal, one, other))
        case float():
            return one == other or (one != one and other != other)  # noqa: PLR0124 - NaN
    return bool(one == other)
