"""The interpreter: a script as a value that can be started, paused, stored and resumed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from langchain_quickjs.errors import SetupError
from langchain_quickjs.interpreter import display, replay
from langchain_quickjs.interpreter.advice.excerpts import with_place
from langchain_quickjs.interpreter.advice.fences import among_words, without_fences
from langchain_quickjs.interpreter.advice.limit_errors import out_of_wall_time
from langchain_quickjs.interpreter.advice.syntax_errors import explained, is_refused
from langchain_quickjs.interpreter.guest.instance import load
from langchain_quickjs.interpreter.guest.machine import Machine
from langchain_quickjs.interpreter.limits import Limits, checked_limits
from langchain_quickjs.interpreter.one_thread import OneThreadAtATime
from langchain_quickjs.interpreter.outcomes import Call, CallResult, Failed, Outcome, Suspended
from langchain_quickjs.interpreter.script_state import ScriptState
from langchain_quickjs.interpreter.steps import give_up, take_step
from langchain_quickjs.interpreter.wire.protocol import (
    GuestRefusalError,
    checked_seed,
    explain_refusal,
    resume_message,
    start_message,
)
from langchain_quickjs.quoting import value_text

if TYPE_CHECKING:
    from langchain_quickjs.interpreter.storage.heap_records import Heap

__all__ = ["Interpreter"]


class Interpreter:
    """Runs scripts, one at a time, on one heap.

    Between two steps an interpreter is a value: an image of the guest's memory and the calls that
    are open. Nothing has to be closed. A step that reaches a limit never happened. One thread at a
    time can use it: others get an `InterpreterStateError`.

    Args:
        limits: What scripts may use up.
        seed: 32 bytes that all randomness of the scripts comes from; drawn when omitted.
        clock: Gives the time that scripts see, in seconds since the epoch.
        transcript: Whether what is stored has all that the scripts were told, up to 1 MiB. Where
            the guest is gone that they stood in, they are run again then, without making any call.

    Example:
        ```python
        interpreter = Interpreter()
        outcome = interpreter.start("await tools.ask({q: 'Shall I?'})", tools=["ask"])
        stored = interpreter.snapshot()  # some kilobytes; any process can go on from them
        later = Interpreter.restore(stored)
        later.resume({outcome.calls[0].id: Returned("yes")})  # Completed(value='yes', ...)
        ```
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        seed: bytes | None = None,
        clock: Callable[[], float] = time.time,
        transcript: bool = False,
    ) -> None:
        self._limits = checked_limits(limits)
        self._clock = clock
        self._seed: bytes | None = checked_seed(seed) or os.urandom(32)
        make = replay.machines.new_machine if transcript else Machine
        self._machine = make(load(), self._limits.memory_bytes)
        self._one_thread = OneThreadAtATime()
        self._state = ScriptState()
        self._source: str | None = None  # of the running script, if it was started here

    def __repr__(self) -> str:
        show = display.interpreters.interpreter_text
        return show(self.running, self.open_calls, self.memory_bytes)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        memory, spent_s = self.memory_bytes, self.spent_s
        show = display.interpreters.interpreter_bundle
        return show(self.running, self.open_calls, memory, spent_s, self._limits)

    @property
    def limits(self) -> Limits:
        """What scripts may use up."""
        return self._limits

    @property
    def running(self) -> bool:
        """Whether a script has been started and has neither completed nor failed."""
        return self._state.running

    @property
    def open_calls(self) -> tuple[Call, ...]:
        """The calls that the running script made and that are not answered, by id."""
        return tuple(self._state.open_calls.values())

    @property
    def spent_s(self) -> float:
        """How long the running script, or else the last one, has computed, in seconds."""
        return self._state.spent_s

    @property
    def memory_bytes(self) -> int:
        """How large the guest's linear memory is: engine, stack, heap and messages."""
        return self._machine.memory_bytes

    def eval(self, source: str) -> Any:
        """Runs a script that needs nothing from the host but time.

        Args:
            source: JavaScript. `await` and `return` are allowed at its top level.

        Returns:
            The value of its last expression, or of a top-level `return`.

        Raises:
            ScriptError: If it threw.
            LimitError: If it reached a limit.
            InterpreterStateError: If another script is running.
        """
        began_s, limit_s = time.monotonic(), self._limits.wall_timeout_s
        outcome = self.start(source)
        while isinstance(outcome, Suspended):
            wait_s = outcome.wake_after_s or 0.0
            if limit_s is not None and time.monotonic() - began_s + wait_s > limit_s:
                self.abort()
                raise out_of_wall_time(self._limits)
            time.sleep(wait_s)
            outcome = self.resume({})
        if isinstance(outcome, Failed):
            raise outcome.error
        return outcome.value

    def start(
        self,
        source: str,
        *,
        tools: Sequence[str] = (),
        functions: Sequence[str] = (),
        located: Collection[str] = (),
    ) -> Outcome:
        """Starts a script and runs it until it ends or waits.

        Args:
            source: JavaScript. `await` and `return` are allowed at its top level; what it declares
                there stays for later scripts, which may declare it again.
            tools: Names it may call as `tools.<name>(...)`.
            functions: Names it may call as `<name>(...)`.
            located: Those of these names whose calls have a line and a column, which takes time.

        Returns:
            How it ended, or the calls that it made and waits for.

        Raises:
            InterpreterStateError: If another script is running.
            LimitError: If it reached a limit; it has not been started then.
            ToolNameError: If a name is no JavaScript identifier.
            SetupError: If the source is no text, a name is located and not granted, or the clock
                gives no time that a Date can have.
        """
        self._one_thread.enter()
        try:
            self._state.require_idle()
            if not isinstance(source, str):
                raise SetupError(f"A script must be text; it is {value_text(source)}.")
            outcome = self._start(without_fences(source), source, tools, functions, located)
            if not isinstance(outcome, Failed):
                return outcome
            if is_refused(outcome) and (program := among_words(source)) is not None:
                outcome = self._start(program, source, tools, functions, located)
            return explained(outcome, source) if isinstance(outcome, Failed) else outcome
        finally:
            self._one_thread.leave()

    def _start(self, program: str, source: str, *names: Any) -> Outcome:
        limits, now_s = self._limits, self._clock()
        message = start_message(program, *names, now_s=now_s, seed=self._seed, limits=limits)
        granted = frozenset((*names[0], *names[1]))
        outcome, self._state, _ = take_step(
            self._machine, self._state, message, limits, begins_with=granted, source=source
        )
        self._seed, self._source = None, source
        return outcome

    def resume(
        self,
        results: Mapping[int, CallResult],
        *,
        entropy: bytes | None = None,
    ) -> Outcome:
        """Delivers results of calls to the running script and lets it go on.

        Args:
            results: By call id; some or all of the open calls. Empty when only time has passed.
            entropy: 32 bytes that all further randomness of the script depends on too. Without it,
                two interpreters made of one snapshot draw the same numbers.

        Returns:
            How the script ended, or the new calls that it made.

        Raises:
            InterpreterStateError: If no script is running, or an id is not that of an open call.
            SetupError: If a result is neither `Returned` nor `Raised`.
            ValueTransferError: If a result cannot become a JavaScript value.
            LimitError: If the script reached a limit. It then waits as it did before.
        """
        return self._resumed(results, entropy)[0]

    def _resumed(
        self, results: Mapping[int, CallResult], entropy: bytes | None, brief: bool = False
    ) -> tuple[Outcome, tuple[bytes, bytes, ScriptState, float]]:
        """The same, with what a step is made of: message, reply, the state then, and the time."""
        self._one_thread.enter()
        try:
            self._state.require_open(results.keys())
            now_s, entropy, limits = self._clock(), checked_seed(entropy), self._limits
            message = resume_message(results, now_s=now_s, entropy=entropy, limits=limits)
            try:
                how: Any = {"answered": results.keys(), "source": self._source, "brief": brief}
                outcome, self._state, reply = take_step(
                    self._machine, self._state, message, limits, **how
                )
            except GuestRefusalError:
                explain_refusal(results)
                raise
            if isinstance(outcome, Failed):
                with_place(outcome.error, self._source)
            return outcome, (message, reply, self._state, now_s)
        finally:
            self._one_thread.leave()

    def abort(self) -> None:
        """Gives the running script up; what it and earlier scripts declared stays."""
        with self._one_thread:
            if (state := self._state).running:
                self._state = give_up(self._machine, state, self._clock(), self._limits)

    def cancel(self) -> None:
        """Stops the step that is running in another thread, or else the next one. Thread-safe.

        That step raises `ScriptCancelledError` within about ten milliseconds, and never happened.
        """
        self._machine.cancel()

    def snapshot(self, *, with_memory: bool = True) -> bytes:
        """Gives the interpreter as bytes, a few kilobytes for a small script.

        Returns:
            What `restore` takes, in any process with this version of the package or a later one;
            without memory, `heap` is to be stored beside it.
        """
        with self._one_thread:
            return replay.stood.snapshot_of(self._machine, self._state, with_memory)

    @classmethod
    def restore(
        cls,
        snapshot: bytes,
        *,
        memory: Heap | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Makes an interpreter from a snapshot. Each one made goes its own way.

        Args:
            snapshot: What `snapshot` gave.
            memory: What `heap` gave, for a snapshot without memory.
            limits: What scripts may use up; inside the guest those of a running one stay.
            clock: Gives the time that scripts see, in seconds since the epoch.

        Raises:
            SnapshotError: If the snapshot is damaged.
            BuildGoneError: If its guest is not here any more, and it cannot be run again.
        """
        self = cls(limits=limits, clock=clock)
        stood = replay.stood.restored(snapshot, self._limits, memory)
        (self._machine, self._state), self._seed = stood, None
        return self

    def fork(self) -> Self:
        """Makes an interpreter that stands where this one stands, and goes its own way from there.

        It draws the same random numbers as this one, unless `resume` is given other entropy.
        """
        with self._one_thread:
            other = type(self)(limits=self._limits, clock=self._clock)
            other._machine = replay.machines.forked(self._machine, self._limits.memory_bytes)
            other._seed, other._state, other._source = self._seed, self._state, self._source
            return other

    def __copy__(self) -> Self:
        return self.fork()

    def __deepcopy__(self, memo: object) -> Self:
        return self.fork()

    def heap(self, *, of_running: bool = False) -> Heap:
        """Gives what scripts have declared, as a value that can be stored as it changes.

        Raises:
            InterpreterStateError: If a script is running.
        """
        with self._one_thread:
            if not of_running:
                self._state.require_idle()
            return replay.stood.heap_of(self._machine, self._state)

    @classmethod
    def with_heap(
        cls,
        heap: Heap,
        *,
        limits: Limits | None = None,
        seed: bytes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Makes an interpreter whose scripts see what those before them have declared.

        Args:
            heap: What they have declared.
            limits: What scripts may use up.
            seed: 32 bytes that all further randomness depends on, beside what was drawn on the heap
                before; drawn when omitted. So two interpreters with one heap draw other numbers.
            clock: Gives the time that scripts see, in seconds since the epoch.
        """
        self = cls(limits=limits, seed=seed, clock=clock)
        self._machine = replay.stood.on_heap(heap, self._limits)
        self._state = ScriptState(heap.next_id)
        return self
