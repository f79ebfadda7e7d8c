"""The life of one script as a flow without I/O.

`script_flow` is a generator. It decides everything and does nothing: it yields what is to be done
(`effects.py`) and is sent what came of it. Others do it (`run.py`, `drivers.py`), with threads or
with asyncio, so there is one flow and no second version to keep equal.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from langchain_quickjs.errors import (
    BuildGoneError,
    LimitError,
    MessageLimitError,
    NotRunError,
    ProtocolError,
    QuickJSError,
    ValueTransferError,
)
from langchain_quickjs.interpreter import (
    UNDEFINED,
    CallResult,
    Completed,
    Failed,
    Heap,
    Raised,
    Returned,
    Suspended,
)
from langchain_quickjs.interpreter.advice.for_models import text_for_model
from langchain_quickjs.interpreter.console import with_printed
from langchain_quickjs.interpreter.stepped import SteppedInterpreter
from langchain_quickjs.script.flow.call_ids import CallNames
from langchain_quickjs.script.flow.drivers import Abandon, Collect, Compute
from langchain_quickjs.script.flow.effects import (
    Ended,
    FindLabels,
    FindMemory,
    FindVariables,
    Flow,
    Keep,
    KeepLabels,
    KeepMemory,
    KeepVariables,
    Launch,
    Leave,
    MarkVariables,
    Paused,
    Present,
    Printed,
    RestoreVariables,
    Review,
    Withdraw,
    Write,
)
from langchain_quickjs.script.flow.inputs import (
    Answer,
    Blocked,
    Instead,
    Resumed,
    Rules,
    Started,
    Step,
)
from langchain_quickjs.script.flow.open_calls import OpenCalls
from langchain_quickjs.script.flow.stepping import Patience, Stepper
from langchain_quickjs.script.labels.program import ProgramLabels
from langchain_quickjs.script.model_texts import GIVEN_UP_AT_PAUSE
from langchain_quickjs.script.state import PausedScript, StateUpdate
from langchain_quickjs.script.telling.endings import Ending
from langchain_quickjs.script.telling.story import StorySoFar, has_countable_lines

__all__ = ["script_flow"]

_with_transcript: Final = functools.partial(SteppedInterpreter, transcript=True)
# Faults of the script, or of what it was given: the model hears of them. All else is the host's.
_SCRIPT_FAULTS: Final = (LimitError, ProtocolError, ValueTransferError)


def script_flow(rules: Rules, entry: Started | Resumed) -> Flow[Ended | Paused]:
    """Runs a script until it ends or can only wait for people.

    Raises:
        SnapshotError: The paused script cannot be restored.
        Exception: What a tool raised, if nothing in the script caught it.
    """
    names = CallNames(rules.script_id, rules.place)
    of_tools = (rules.declared, rules.own_name, rules.beside, rules.reads_state)
    labels = ProgramLabels(rules.rule, rules.limits, *of_tools)
    calls = OpenCalls(rules, names, entry.done, entry.again, labels=labels)
    script = _Script(rules, calls, Patience(rules.limits))
    try:
        if isinstance(entry, Started):
            return (yield from script.start(entry))
        return (yield from script.go_on(entry))
    except Exception:
        fresh = {name: end for name, end in script.ended.items() if name not in entry.done.ends}
        yield Leave(fresh, script.seed, script.told, labels.taint)
        raise


@dataclass(slots=True)
class _Script:
    """What is known of a script between its steps."""

    rules: Rules
    calls: OpenCalls
    patience: Patience
    interpreter: SteppedInterpreter | None = None
    console: str = ""
    updates: list[StateUpdate] = field(default_factory=list)
    raised: dict[int, Exception] = field(default_factory=dict)
    ended: dict[str, Answer] = field(default_factory=dict)
    instead: dict[int, Instead] = field(default_factory=dict)
    seed: bytes | None = None
    entropy: bytes | None = None
    told: Any = None
    one_by_one: bool = False
    delivered: bool = False
    story: StorySoFar = field(default_factory=StorySoFar)
    stepper: Stepper = field(init=False)

    def __post_init__(self) -> None:
        self.stepper = Stepper(self.patience, self._cancel)

    def start(self, entry: Started) -> Flow[Ended | Paused]:
        self.seed = entry.seed
        self.story = StorySoFar.of_source(entry.source, self.rules.manner.clock())
        try:
            heap: Heap | None = yield FindVariables()
            if self.rules.rule is not None:
                self.calls.labels.found((yield FindLabels()))
        except NotRunError as error:
            return (yield from self._end(error))
        try:
            begin = functools.partial(self._begin, entry, heap)
            interpreter, step = yield from self.stepper.first(begin)
        except _SCRIPT_FAULTS as error:
            return (yield from self._end(error))
        return (yield from self._run(interpreter, step))

    def _begin(self, entry: Started, heap: Heap | None) -> tuple[SteppedInterpreter, Step]:
        make = functools.partial(SteppedInterpreter.with_heap, heap) if heap else _with_transcript
        self.interpreter = interpreter = make(limits=self.rules.limits, seed=entry.seed)
        outcome = interpreter.start(
            entry.source,
            tools=(*self.rules.tools, *self.rules.lookups),
            functions=tuple(self.rules.functions),
            located=self.rules.located if has_countable_lines(entry.source) else [],
        )
        return interpreter, self.rules.step(interpreter, outcome, self.calls.names)

    def _cancel(self) -> None:
        if self.interpreter is not None:
            self.interpreter.cancel()
        self.calls.labels.cancel()

    def go_on(self, entry: Resumed) -> Flow[Ended | Paused]:
        paused = entry.paused
        self.story = StorySoFar.of_paused(paused, self.rules.manner.clock())
        yield RestoreVariables(paused["heap"])
        self.console, self.updates = paused["console"], [*paused["updates"]]
        yield Write(paused["updates"])
        self.patience.spent_s, self.entropy = paused["waited_s"], entry.entropy
        self.patience.wake_after_s = 0.0 if paused.get("timers", True) else None
        self.calls.restore(entry)
        yield from self._settle()
        try:
            self.interpreter = interpreter = yield FindMemory.of(paused)
        except BuildGoneError as error:  # It will not come back, and nobody is to wait for it.
            return (yield from self._end(error))
        return (yield from self._run(interpreter, None))

    def _run(self, interpreter: SteppedInterpreter, step: Step | None) -> Flow[Ended | Paused]:
        """Calls and steps in turn, until the script ends or can only wait for people."""
        while True:
            if step is not None:
                if printed := step.outcome.console:
                    self.console = with_printed(self.console, printed, self.rules.limits)
                    yield Printed(self.console)
                if not isinstance(step.outcome, Suspended):
                    return (yield from self._end(step.outcome))
                self.patience.wake_after_s = step.outcome.wake_after_s
                yield from self._admit(step)
            # What is stored has to hold everything, so what can be delivered is delivered first.
            if not (self.rules.keeps and self.calls.replies):
                if self.rules.keeps and (self.calls.launch or self.delivered):
                    yield Keep((yield from self._stored(interpreter)))
                    self.delivered = False
                if due := self.calls.due():
                    yield Launch(due)
            timers_may_be_due = step is None and self.patience.wake_after_s is not None
            waits, labels = not (self.calls.replies or timers_may_be_due), self.calls.labels
            try:
                if waits and not (yield from self._collect()):
                    return (yield from self._pause(interpreter))
                self.patience.check()
                step = yield from self._deliver(interpreter, alone=waits and not labels.lags)
            except _SCRIPT_FAULTS as error:
                return (yield from self._end(error))

    def _admit(self, step: Step) -> Flow[None]:
        """Takes a step's new calls up: they run, wait for people, or are refused."""
        opened = [made for call in step.calls if (made := self.calls.open(*call)) is not None]
        gated = [call for call in opened if self.calls.may_be_asked_about(call)]
        asked: dict[int, Any] = {}
        if gated:
            reviewed = yield Review(tuple(gated))
            asked = {call["id"]: one for call, one in zip(gated, reviewed, strict=True)}
        for call in opened:
            self.calls.admit(call, asked.get(call["id"]))
        yield from self._settle()

    def _collect(self) -> Flow[bool]:
        """Waits for what may come next; gives whether anything can, other than from people.

        Raises:
            WallTimeLimitError: The script's time would be over before.
            ProtocolError: Nothing can come, and there is nobody to wait for.
        """
        wake_s = self.patience.wake_after_s
        if self.calls.running:
            self._take((yield Collect(wake_s)))
        elif self.patience.waits(people := self.calls.wait_for_people):
            yield Collect(wake_s)
        elif people:
            return False
        else:
            raise ProtocolError("the script waits, but for nothing that could come")
        return True

    def _deliver(self, interpreter: SteppedInterpreter, *, alone: bool) -> Flow[Step]:
        """Hands replies to the script: all at once, or singly while one of them cannot cross."""
        while True:
            replies = self.calls.replies
            first = next(iter(replies), 0)
            batch = {first: replies[first]} if self.one_by_one else dict(replies)
            try:
                resume = functools.partial(self._resume, interpreter, batch)
                step: Step = yield from self.stepper.next(interpreter, resume, batch, alone=alone)
            except (ValueTransferError, MessageLimitError) as error:
                too_large = isinstance(error, MessageLimitError)
                if len(batch) > 1:
                    self.one_by_one = True
                elif first in self.instead and not too_large:
                    replies[first] = (yield Compute(self.instead.pop(first))) or replies[first]
                elif isinstance(batch.get(first), Returned):
                    name = "RangeError" if too_large else "TypeError"
                    replies[first] = Raised(name, text_for_model(error))
                else:
                    raise
                continue
            for call_id in batch:
                del replies[call_id]
                self.instead.pop(call_id, None)
            self.entropy = None
            self.one_by_one = self.one_by_one and bool(replies)
            self.delivered = bool(batch)
            return step

    def _resume(
        self, interpreter: SteppedInterpreter, batch: Mapping[int, CallResult], brief: bool
    ) -> Step:
        self.rules.require_room(batch)
        outcome = self.calls.labels.resume(interpreter, batch, self.entropy, brief=brief)
        return self.rules.step(interpreter, outcome, self.calls.names)

    def _settle(self) -> Flow[None]:
        """Takes what is known of calls that a run which was cut off has made."""
        settled, self.calls.settled = self.calls.settled, {}
        for answer in settled.values():
            yield Write(answer.updates)
        self._take(settled)

    def _take(self, answers: Mapping[int, Answer]) -> None:
        for call_id, answer in answers.items():
            call = self.calls.running.pop(call_id)
            if isinstance(answer.reply, Blocked):
                self.calls.block(call, answer.reply, answer.touched)
                continue
            self.calls.ended(call, answer.reply, answer.touched, writes=bool(answer.updates))
            self.ended[call["tool_call_id"]] = answer
            self.updates.extend(answer.updates)
            if answer.instead is not None:
                self.instead[call_id] = answer.instead
            if answer.error is not None:
                self.raised[call_id] = answer.error

    def _pause(self, interpreter: SteppedInterpreter) -> Flow[Ended | Paused]:
        self.calls.ask(self.story.program(self.rules.script_id, self.calls.report, self.console))
        stored = yield from self._stored(interpreter, waits=True)
        yield Withdraw()
        notes, listing = tuple(self.calls.notes), self.calls.listing_if_over()
        told = yield Present(Ending(NotRunError(GIVEN_UP_AT_PAUSE), self.console, notes, listing))
        return Paused(stored, self.calls.refused, told, self.calls.labels.taint)

    def _stored(
        self, interpreter: SteppedInterpreter, *, waits: bool = False
    ) -> Flow[PausedScript]:
        """The script as it stands. Calls that are about to begin count as running."""
        return {
            "snapshot": (yield from self._kept(interpreter)),
            "console": self.console,
            "updates": list(self.updates),
            "waited_s": self.patience.spent_s,
            "heap": (yield MarkVariables(waits)),
            "timers": self.patience.wake_after_s is not None,
            **self.calls.pack(),
            **self.story.pack(waits_from_s=self.rules.manner.clock() if waits else None),
        }

    def _kept(self, interpreter: SteppedInterpreter) -> Flow[Any]:
        if (labels := self.calls.labels).lags:
            yield Compute(lambda: labels.catch_up(interpreter), self._cancel)
        return (yield KeepMemory(interpreter))

    def _end(self, outcome: Completed | Failed | QuickJSError) -> Flow[Ended | Paused]:
        # A script that failed may have left calls running. They are part of what it did.
        if self.calls.running:
            # A person's yes to a call is not taken back by the error of another one.
            running = self.calls.running.items()
            for call_id in (yield Abandon(frozenset(n for n, call in running if call["approved"]))):
                self.calls.drop(self.calls.running.pop(call_id))
        while self.calls.running:
            self._take((yield Collect()))
        self.calls.abandon()
        raised = None
        if isinstance(outcome, Failed) and outcome.call_id is not None and self.rules.raises:
            raised = self.raised.get(outcome.call_id)  # What a tool raised, and nothing caught.
        self.calls.notes.extend((yield KeepVariables(self.interpreter, raised is not None)))
        touched, failed = None, not isinstance(outcome, Completed)
        if self.rules.rule is not None:
            shown = getattr(outcome, "value", None) is not UNDEFINED or bool(self.console)
            touched = yield KeepLabels(self.calls.labels.left(shown=shown, failed=failed))
        notes = (*self.calls.notes, *self.story.notes(outcome))
        now_s, report, console = self.rules.manner.clock(), self.calls.report, self.console
        story = self.story.ended("failed" if failed else "completed", report, console, now_s)
        told = yield Present(Ending(outcome, console, notes, report.listing(), story, touched))
        if raised is not None:
            self.told = told
            raise raised
        return Ended(told, self.updates)
