"""What a flow is given: rules, where the script stands, calls that begin, and what they give."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Never, Protocol, TypeAlias

from langchain.agents.middleware.human_in_the_loop import DecisionType
from langchain_core.tools import BaseTool
from langgraph.types import Interrupt

from langchain_quickjs.errors import MessageLimitError, SetupError
from langchain_quickjs.interpreter import (
    Call,
    CallResult,
    Interpreter,
    Limits,
    Outcome,
    Raised,
    Returned,
    Suspended,
)
from langchain_quickjs.interpreter.values.weight import weight
from langchain_quickjs.script.flow.call_ids import CallNames
from langchain_quickjs.script.labels.taint import CLEAN, Reviewed, Rule, Taint
from langchain_quickjs.script.state import (
    AskMode,
    CallMade,
    OpenCall,
    PausedScript,
    Refusal,
    StateUpdate,
)

__all__ = [
    "Answer",
    "Blocked",
    "Done",
    "Instead",
    "Launched",
    "Manner",
    "Resumed",
    "Reviewed",
    "Rules",
    "Started",
    "Step",
    "Takes",
    "made_of",
    "new_seed",
]


@dataclass(frozen=True, slots=True)
class Manner:
    """How people are asked.

    Attributes:
        ask: How calls are asked about that wait at the same time.
        asks_again: Whether a question stands when an answer did not fit, instead of an error.
        request_name: What requests are called in place of the tool that they are about; empty for
            the tool's own name.
        clock: Tells the time in seconds since the epoch, for when a question expires.
    """

    ask: AskMode = "together"
    asks_again: bool = True
    request_name: str = ""
    clock: Callable[[], float] = time.time


class Takes(Protocol):
    """What a tool takes, as JSON values that are the same for everybody."""

    def of_call(self, call: Call, max_bytes: int) -> dict[str, Any] | Raised:
        """The arguments of a script's call, or the error for the script."""
        ...

    def value(self, given: dict[str, Any], name: str) -> dict[str, Any]:
        """Arguments that a person has written, as the tool takes them.

        Raises:
            ValueTransferError: The tool does not take them.
        """
        ...


MadeCall: TypeAlias = tuple[Call, dict[str, Any] | CallResult, str]
"""A call of a script, with its arguments as the tool takes them, and what its name is made of."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step's outcome, and the calls that it made."""

    outcome: Outcome
    calls: tuple[MadeCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What a script may do, as far as its flow has to know.

    Attributes:
        script_id: The start of its calls' ids.
        tools: What it may call, by the names that it uses.
        limits: What it may use up.
        takes: Tells what a tool takes.
        place: Tells it from scripts with the same id elsewhere in the thread.
        functions: What it may call as a global function, by the names that it uses.
        decided: The tools about whose calls people may decide, with the decisions they may take.
        expiries: After how many seconds a question about a call of a tool expires, where it does.
        manner: How people are asked.
        subagent: The name of the tool that runs subagents; empty if there is none.
        subagents_at_once: How many subagents may run at once; others wait.
        keeps: Whether it is stored whenever calls have ended, and before others begin.
        raises: Whether a tool's exception that it does not catch goes to whoever runs the graph.
        last_step: Is given the interpreter after the last step, in the thread that computed it.
        lookups: What it may ask about what it may call, by name; nothing is kept of such calls.
        rule: Which calls need a person because of what was touched before; `None` for none.
        declared: Tells which fields a tool declares for what it returns.
        beside: Is told what it has touched, and tells what those beside it have.
        reads_state: Tells whether a tool may read the agent's state.
        agent: The name of the agent inside another one whose program it is; empty for others.
    """

    script_id: str
    tools: Mapping[str, BaseTool]
    limits: Limits
    takes: Callable[[BaseTool], Takes]
    place: str = ""
    functions: Mapping[str, BaseTool] = field(default_factory=dict)
    decided: Mapping[str, Sequence[DecisionType]] = field(default_factory=dict)
    expiries: Mapping[str, float] = field(default_factory=dict)
    manner: Manner = field(default_factory=Manner)
    subagent: str = ""
    subagents_at_once: int = 0
    keeps: bool = False
    raises: bool = True
    last_step: Callable[[Interpreter], None] | None = None
    lookups: Mapping[str, Callable[[Call], CallResult]] = field(default_factory=dict)
    rule: Rule | None = None
    declared: Callable[[str], frozenset[str]] = lambda _: frozenset()
    beside: Callable[[Taint], Taint] = lambda mine: mine
    reads_state: Callable[[str], bool] = lambda _: True
    agent: str = ""

    @property
    def located(self) -> list[str]:
        """The names whose calls people may be asked about, who want to know where they are made."""
        granted = {**self.tools, **self.functions}
        return [name for name, tool in granted.items() if self._may_ask(tool.name)]

    def _may_ask(self, name: str) -> bool:
        return name in self.decided or (self.rule is not None and self.rule.may_apply(name))

    def begin_now(
        self, launched: Sequence[Launched], running: Iterable[OpenCall]
    ) -> list[Launched]:
        """Which calls begin now: subagents beyond their number wait until others have ended."""
        if not self.subagent:
            return list(launched)
        room = self.subagents_at_once - sum(call["name"] == self.subagent for call in running)
        tasks = [one.id for one in launched if one.tool.name == self.subagent]
        waiting = set(tasks[max(room, 0) :])
        return [one for one in launched if one.id not in waiting]

    def require_room(self, batch: Mapping[int, CallResult]) -> None:
        """Checks that replies can cross together, before they are even packed.

        Raises:
            MessageLimitError: They are too large.
        """
        most = self.limits.message_bytes
        values = [reply.value for reply in batch.values() if isinstance(reply, Returned)]
        if len(batch) > 1 and weight(values, most) > most:
            raise MessageLimitError("the results are too large together", value=most)

    def called(self, call: Call) -> BaseTool:
        """The tool that a script's call calls.

        Raises:
            SetupError: It was granted when the script began, and is not here.
        """
        return self.tools.get(call.name) or self.functions.get(call.name) or _refuse(call.name)

    def own_name(self, name: str) -> str:
        """The own name of the tool that a script calls by this name; empty if it calls none."""
        tool = self.tools.get(name) or self.functions.get(name)
        return "" if tool is None else tool.name

    def step(self, interpreter: Interpreter, outcome: Outcome, names: CallNames) -> Step:
        """What an interpreter has just done, with its calls as tools take them."""
        if isinstance(outcome, Suspended):
            return Step(outcome, tuple(self._made(call, names) for call in outcome.calls))
        if self.last_step is not None:
            self.last_step(interpreter)
        return Step(outcome)

    def _made(self, call: Call, names: CallNames) -> MadeCall:
        if (lookup := self.lookups.get(call.name)) is not None:
            return call, lookup(call), ""
        tool = self.called(call)
        args = self.takes(tool).of_call(call, self.limits.message_bytes)
        return call, args, "" if isinstance(args, Raised) else names.kind(tool.name, args)

    def named(self, name: str) -> BaseTool:
        """The tool with this name of its own.

        Raises:
            SetupError: It was granted when the script began, and is not here.
        """
        granted = (*self.tools.values(), *self.functions.values())
        return next((tool for tool in granted if tool.name == name), None) or _refuse(name)


def _refuse(name: str) -> Never:
    raise SetupError(
        f"The program goes on with a call of {name!r}, which it is not granted here. What people "
        "have answered is kept: grant the tool again, and deliver the answer again or go on with "
        "`invoke(None, config)`."
    )


@dataclass(frozen=True, slots=True)
class Blocked:
    """A call was interrupted, and has to be made again when people have answered.

    Attributes:
        interrupts: What people are asked; empty if an answer did not fit what they were asked.
        answers: What they have answered to the tool itself so far.
        refused: The error of the answer that did not fit.
    """

    interrupts: tuple[Interrupt, ...] = ()
    answers: tuple[Any, ...] = ()
    refused: Exception | None = None


Instead: TypeAlias = Callable[[], Returned | None]
"""Makes what a script gets in place of a value that cannot cross; `None` if there is nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gives back.

    Attributes:
        reply: What the script gets, unless the call was interrupted.
        updates: What the agent's state gets.
        instead: Makes what the script gets if `reply` cannot cross into JavaScript.
        error: What was raised, if the script gets an error for it.
        touched: What was touched inside of the call, beyond what its tool says.
    """

    reply: Returned | Raised | Blocked
    updates: tuple[StateUpdate, ...] = ()
    instead: Instead | None = None
    error: Exception | None = None
    touched: Taint = CLEAN


def new_seed() -> bytes:
    """What all randomness of one script can come from."""
    return os.urandom(32)


@dataclass(frozen=True, slots=True)
class Done:
    """What is known of calls that a script made in a run that was cut off.

    Attributes:
        ends: How they have ended, by their names.
        begun: The approved calls that had begun, as the ledger knows them.
    """

    ends: Mapping[str, Answer] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Started:
    """Begin a script.

    Attributes:
        source: The script.
        seed: What all its randomness comes from.
        again: Whether this has been tried before, and was cut off.
        done: What is known of calls that it made then.
    """

    source: str
    seed: bytes
    again: bool = False
    done: Done = field(default_factory=Done)


@dataclass(frozen=True, slots=True)
class Resumed:
    """Go on with a script that was stored.

    Attributes:
        paused: The script.
        answers: What people answered, by the ids of the interrupts; decisions for questions.
        again: Whether this has been tried before, and was cut off.
        done: What is known of calls that it made since it was stored.
        entropy: 32 bytes that its randomness depends on from here on, other ones in each branch.
        refusals: Why answers to questions that stand did not fit, by the ids of the interrupts.
    """

    paused: PausedScript
    answers: Mapping[str, Any]
    again: bool = False
    done: Done = field(default_factory=Done)
    entropy: bytes | None = None
    refusals: Mapping[str, Refusal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Launched:
    """A call that is to run now.

    Attributes:
        call: The call.
        tool: The tool.
        resumed: Whether it goes on after an interrupt, with what was answered.
        again: Whether it may have begun before: then graphs inside go on where they were.
        touched: What the script had touched when it made the call; `None` without a rule.
    """

    call: OpenCall
    tool: BaseTool
    resumed: bool = False
    again: bool = False
    touched: Taint | None = None

    @property
    def id(self) -> int:
        """The call's number in the script."""
        return self.call["id"]


def made_of(call: Call, began_s: float) -> CallMade:
    """When a call was made, and where in the script if that is known."""
    made = CallMade(began_s=began_s)
    if call.line is not None and call.column is not None:
        made["line"], made["column"] = call.line, call.column
    return made
