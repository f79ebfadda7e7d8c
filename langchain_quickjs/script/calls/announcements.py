"""What whoever watches is told of the calls of one run of a script, at the moment it happens.

A call that is known to have ended, from a run that was cut off, is not made and not told of.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from langchain.agents.middleware.human_in_the_loop import ActionRequest, ReviewConfig

from langchain_quickjs.quoting import error_text
from langchain_quickjs.script.flow.decisions import Decision, ReplyInstead, outcome_of_decision
from langchain_quickjs.script.flow.inputs import (
    Answer,
    Blocked,
    Launched,
    Resumed,
    Reviewed,
    Started,
)
from langchain_quickjs.script.state import AwaitingCall, OpenCall, PausedScript
from langchain_quickjs.script.telling.program_events import ProgramEvents, value_in_short

__all__ = ["Announcer"]


_QUESTIONS_SHOWN: Final = 3


@dataclass(slots=True)
class Announcer:
    """Tells how the calls of one run of a script get on.

    Attributes:
        events: What is told, and to whom.
        waiting: The names of calls that are known to wait.
        answered: For each call by its number that a person has let go on: the name that it waited
            under, and the kind of the decision.
        printed: How much has been told of what the script has printed.
    """

    events: ProgramEvents
    waiting: set[str] = field(default_factory=set)
    answered: dict[int, tuple[str, str]] = field(default_factory=dict)
    printed: int = 0

    def taken_up(self, entry: Started | Resumed) -> None:
        """The script begins, or goes on with what people have answered."""
        if isinstance(entry, Started):
            return
        self.printed = len(entry.paused["console"])
        self.waiting.update(call["tool_call_id"] for call in entry.paused["awaiting"])
        for asked in entry.paused["questions"]:
            decisions = entry.answers.get(asked["interrupt"].id)
            if decisions is None:
                self.waiting.update(call["tool_call_id"] for call in asked["calls"])
                continue
            for call, decision in zip(asked["calls"], decisions, strict=True):
                self._decided(call, decision)

    def _decided(self, call: AwaitingCall, decision: Decision) -> None:
        outcome = outcome_of_decision(decision, call)
        if not isinstance(outcome, ReplyInstead):
            # It is told of when it goes on. It may have ended before, in a run that was cut off.
            self.answered[call["id"]] = call["tool_call_id"], decision["type"]
            return
        name, action = call["tool_call_id"], call["action"]
        self.events.call_resumes(name, action["name"], action["args"], decision["type"])
        self.events.call_ends(name, action["name"], outcome.reply)

    def prints(self, console: str) -> None:
        """The script has printed something; this is all of it so far."""
        if len(console) > self.printed:
            self.events.prints(console[self.printed :])
            self.printed = len(console)

    def reviewed(self, calls: Iterable[OpenCall], asked: Iterable[Reviewed | None]) -> None:
        """It is known which of these new calls wait for people."""
        for call, review in zip(calls, asked, strict=True):
            if review is not None:
                self._waits(call["tool_call_id"], *review[:2])

    def paused(self, script: PausedScript) -> None:
        """The script has paused: calls wait, and some may do so without having been reviewed."""
        for call in (call for asked in script["questions"] for call in asked["calls"]):
            if call["tool_call_id"] not in self.waiting:
                self._waits(call["tool_call_id"], call["action"], call["review"])

    def _waits(self, name: str, action: ActionRequest, review: ReviewConfig) -> None:
        self.waiting.add(name)
        decisions = ", ".join(review["allowed_decisions"])
        self.events.call_waits(name, action["name"], action["args"], decisions)

    def begins(self, launched: Launched) -> float:
        """A call begins or goes on; gives when, for `ends`."""
        call = launched.call
        name, tool, args = call["tool_call_id"], call["name"], call["args"]
        if (waited := self.answered.pop(launched.id, None)) is not None:
            self.events.call_resumes(waited[0], tool, args, waited[1], runs_as=name)
        elif call["interrupts"] or call["approved"]:
            self.events.call_resumes(name, tool, args)
        else:
            self.events.call_starts(name, tool, args)
        return time.monotonic()

    def ends(self, launched: Launched, answer: Answer, began_s: float) -> None:
        """A call that began or went on then has ended, or waits for people."""
        call = launched.call
        name, tool, reply = call["tool_call_id"], call["name"], answer.reply
        if isinstance(reply, Blocked):
            self.events.call_waits(name, tool, call["args"], _asked_in_short(reply))
        else:
            self.events.call_ends(name, tool, reply, began_s)


def _asked_in_short(blocked: Blocked) -> str:
    if blocked.refused is not None:
        return error_text(blocked.refused)
    return ", ".join(value_in_short(one.value) for one in blocked.interrupts[:_QUESTIONS_SHOWN])
