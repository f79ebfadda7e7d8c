"""The life of one script as a flow without I/O.

`script_flow` is a generator. It decides everything and does nothing: it yields what is to be done
(`effects.py`) and is sent what came of it. The drivers in `drivers.py` do it, one with threads and
one with asyncio, so there is one flow and no second version to keep equal.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from langchain.agents.middleware.human_in_the_loop import Decision
from langchain_core.messages import ToolCall
from langchain_core.tools import BaseTool

from langchain_quickjs.errors import (
    LimitError,
    MessageLimitError,
    ProtocolError,
    QuickJSError,
    SetupError,
    TimeLimitError,
    ValueTransferError,
)
from langchain_quickjs.interpreter import (
    Call,
    CallResult,
    Completed,
    Failed,
    Interpreter,
    Limits,
    Outcome,
    Raised,
    Returned,
    Suspended,
)
from langchain_quickjs.script.approvals import Approvals, edit_note, rejection
from langchain_quickjs.script.calls import Answer, ToolPath, tool_arguments
from langchain_quickjs.script.effects import (
    Abandon,
    Collect,
    Compute,
    Effect,
    Ended,
    Flow,
    Launch,
    Launched,
    Paused,
    Resumed,
    Started,
)
from langchain_quickjs.script.state import (
    AwaitingCall,
    Ending,
    StateUpdate,
    outcome_of,
)

__all__ = ["ScriptHost", "script_flow"]

# Faults of the script, or of what it was given: the model hears of them. All else is the host's.
_SCRIPT_FAULTS: Final = (LimitError, ProtocolError, ValueTransferError)

# How long a run waits for a script's timers in all, and how long when people are waited for too:
# a timer that outlasts the second is due when the script is resumed.
_MAX_TIMER_WAIT_S: Final = 300.0
_MAX_TIMER_WAIT_BEFORE_PAUSE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class ScriptHost:
    """What one script is given by the world around it.

    Attributes:
        script_id: The start of its calls' ids.
        tools: What it may call, by the names that it uses.
        approvals: Which calls wait for a person.
        limits: What it may use up.
        path: The way that its calls take.
        present: Makes of the script's end what the graph's state keeps.
    """

    script_id: str
    tools: Mapping[str, BaseTool]
    approvals: Approvals
    limits: Limits
    path: ToolPath
    present: Callable[[Ending], Any] = outcome_of


def script_flow(host: ScriptHost, entry: Started | Resumed) -> Flow:
    """Runs a script until it ends or can only wait for people.

    Raises:
        SnapshotError: The paused script cannot be restored.
    """
    script = _Script(host)
    if isinstance(entry, Started):
        return (yield from script.start(entry))
    return (yield from script.go_on(entry))


@dataclass(frozen=True, slots=True)
class _Step:
    """A step's outcome, and the arguments of the calls that it made as tools take them."""

    outcome: Outcome
    calls: tuple[tuple[Call, dict[str, Any] | Raised], ...] = ()

    @property
    def wake_after_s(self) -> float | None:
        return self.outcome.wake_after_s if isinstance(self.outcome, Suspended) else None


@dataclass(slots=True)
class _Script:
    """What is known of a script between its steps."""

    host: ScriptHost
    console: str = ""
    notes: list[str] = field(default_factory=list)
    updates: list[StateUpdate] = field(default_factory=list)
    awaiting: list[AwaitingCall] = field(default_factory=list)
    launch: list[Launched] = field(default_factory=list)
    running: set[int] = field(default_factory=set)
    replies: dict[int, CallResult] = field(default_factory=dict)
    instead: dict[int, CallResult] = field(default_factory=dict)
    one_by_one: bool = False
    waited_s: float = 0.0

    def start(self, entry: Started) -> Flow:
        limits, tools = self.host.limits, tuple(self.host.tools)
        interpreter: Interpreter = yield Compute(
            lambda: Interpreter(limits=limits, seed=entry.seed)
        )
        start = functools.partial(interpreter.start, entry.source, tools=tools)
        try:
            step: _Step = yield Compute(functools.partial(self._step, start), interpreter.cancel)
        except _SCRIPT_FAULTS as error:
            return (yield from self._end(error))
        return (yield from self._run(interpreter, step))

    def go_on(self, entry: Resumed) -> Flow:
        paused, limits = entry.paused, self.host.limits
        self.console = paused["console"]
        self.notes.extend(paused["notes"])
        self.updates.extend(paused["updates"])
        if self.host.path.task is not None:
            self.host.path.task.write(paused["updates"])
        for call, decision in zip(paused["awaiting"], entry.decisions, strict=True):
            self._apply(decision, call)
        interpreter: Interpreter = yield Compute(
            lambda: Interpreter.restore(paused["snapshot"], limits=limits)
        )
        return (yield from self._run(interpreter, None))

    def _run(self, interpreter: Interpreter, step: _Step | None) -> Flow:
        """Calls and steps in turn, until the script ends or can only wait for people."""
        while True:
            if step is not None:
                self._print(step.outcome.console)
                if not isinstance(step.outcome, Suspended):
                    return (yield from self._end(step.outcome))
                for call, args in step.calls:
                    self._admit(call, args)
            if self.launch:
                calls, self.launch = tuple(self.launch), []
                self.running.update(call.id for call in calls)
                yield Launch(calls)
            # A script that has just been restored is stepped even without replies: its timers.
            if step is not None and not self.replies:
                if self.running or self._patient(step.wake_after_s):
                    self._take((yield Collect(step.wake_after_s)))
                elif self.awaiting:
                    return (yield from self._pause(interpreter))
                else:
                    return (yield from self._end(_nothing_comes(step.wake_after_s)))
            try:
                step = yield from self._deliver(interpreter)
            except _SCRIPT_FAULTS as error:
                return (yield from self._end(error))

    def _patient(self, wake_after_s: float | None) -> bool:
        """Whether to wait for a timer, when no call is running."""
        if wake_after_s is None:
            return False
        self.waited_s += wake_after_s
        return self.waited_s <= (
            _MAX_TIMER_WAIT_BEFORE_PAUSE_S if self.awaiting else _MAX_TIMER_WAIT_S
        )

    def _deliver(self, interpreter: Interpreter) -> Generator[Effect, Any, _Step]:
        """Hands replies to the script: all at once, or singly while one of them cannot cross."""
        while True:
            first = next(iter(self.replies), 0)
            batch = {first: self.replies[first]} if self.one_by_one else dict(self.replies)
            try:
                resume = functools.partial(interpreter.resume, batch)
                step: _Step = yield Compute(
                    functools.partial(self._step, resume), interpreter.cancel
                )
            except (ValueTransferError, MessageLimitError) as error:
                if len(batch) > 1:
                    self.one_by_one = True
                elif first in self.instead:
                    self.replies[first] = self.instead.pop(first)
                elif isinstance(batch.get(first), Returned):
                    self.replies[first] = Raised("TypeError", str(error))
                else:
                    raise
                continue
            for call_id in batch:
                del self.replies[call_id]
                self.instead.pop(call_id, None)
            self.one_by_one = self.one_by_one and bool(self.replies)
            return step

    def _step(self, run: Callable[[], Outcome]) -> _Step:
        outcome = run()
        if not isinstance(outcome, Suspended):
            return _Step(outcome)
        return _Step(outcome, tuple((call, self._arguments(call)) for call in outcome.calls))

    def _arguments(self, call: Call) -> dict[str, Any] | Raised:
        gated = self.host.tools[call.name].name in self.host.approvals.configs
        return tool_arguments(call, stored=gated)

    def _admit(self, call: Call, args: dict[str, Any] | Raised) -> None:
        """Decides what happens to a new call: it runs, waits for a person, or is refused."""
        if isinstance(args, Raised):
            self.replies[call.id] = args
            return
        tool = self.host.tools[call.name]
        tool_call = self._tool_call(call.id, tool.name, args)
        asked = None
        if tool.name in self.host.approvals.configs:
            asked = self.host.approvals.review(self.host.path.vary(tool_call, tool))
        if asked is None:
            self.launch.append(Launched(call.id, tool_call, tool))
            return
        action, review = asked
        self.awaiting.append({"id": call.id, "action": action, "review": review})

    def _apply(self, decision: Decision, call: AwaitingCall) -> None:
        """Does what a person decided about a call."""
        name, args = call["action"]["name"], call["action"]["args"]
        if decision["type"] == "reject":
            words = rejection(name, decision.get("message"))
            self.replies[call["id"]] = Raised("RejectedError", words)
            return
        if decision["type"] == "respond":
            self.replies[call["id"]] = Returned(decision["message"])
            return
        if decision["type"] == "edit":
            edited = decision["edited_action"]
            self.notes.append(edit_note(call["action"], edited))
            name, args = edited["name"], edited["args"]
        tool = next((tool for tool in self.host.tools.values() if tool.name == name), None)
        if tool is None:
            raise SetupError(
                f"The call of {name!r} was decided, but the script cannot call this tool any more. "
                "Grant it again and resume."
            )
        self.launch.append(Launched(call["id"], self._tool_call(call["id"], name, args), tool))

    def _tool_call(self, call_id: int, name: str, args: dict[str, Any]) -> ToolCall:
        number = f"{self.host.script_id}:{call_id}"
        return ToolCall(name=name, args=args, id=number, type="tool_call")

    def _print(self, text: str) -> None:
        """Keeps what a step printed, up to the limit that each step has."""
        room = self.host.limits.console_bytes - len(self.console)
        if text and room > 0:
            self.console += text if len(text) <= room else f"{text[:room]}… [more printed]\n"

    def _take(self, answers: Mapping[int, Answer]) -> None:
        for call_id, answer in answers.items():
            self.running.discard(call_id)
            self.replies[call_id] = answer.reply
            self.updates.extend(answer.updates)
            if answer.instead is not None:
                self.instead[call_id] = answer.instead

    def _pause(self, interpreter: Interpreter) -> Flow:
        snapshot: bytes = yield Compute(interpreter.snapshot)
        if self.host.path.task is not None:
            self.host.path.task.withdraw()
        return Paused(
            {
                "script_id": self.host.script_id,
                "snapshot": snapshot,
                "console": self.console,
                "awaiting": self.awaiting,
                "notes": self.notes,
                "updates": self.updates,
            }
        )

    def _end(self, outcome: Completed | Failed | QuickJSError) -> Flow:
        # A script that failed may have left calls running. They are part of what it did.
        if self.running:
            self.running -= yield Abandon()
        while self.running:
            self._take((yield Collect()))
        ending = Ending(outcome, self.console, tuple(self.notes))
        presented = yield Compute(functools.partial(self.host.present, ending))
        return Ended(presented, self.updates)


def _nothing_comes(wake_after_s: float | None) -> QuickJSError:
    if wake_after_s is None:
        return ProtocolError("the script waits, but for nothing that could come")
    return TimeLimitError(
        f"the script waits for timers, all in all longer than {_MAX_TIMER_WAIT_S:g} s"
    )
