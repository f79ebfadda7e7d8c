"""The calls of a script that have not ended, and what becomes of them. Bookkeeping, without I/O.

A call is launched at once, or when people have decided about it, and runs until it ends. If it is
interrupted, it is blocked until people have answered, and launched again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from langchain.agents.middleware.human_in_the_loop import ActionRequest, DecisionType, ReviewConfig

from langchain_quickjs.interpreter import Call, CallResult, Raised
from langchain_quickjs.script.flow.call_ids import CallNames, begin_key
from langchain_quickjs.script.flow.decisions import (
    BEGUN_BEFORE,
    Decision,
    ReplyInstead,
    outcome_of_decision,
)
from langchain_quickjs.script.flow.inputs import (
    Answer,
    Blocked,
    Done,
    Launched,
    Resumed,
    Reviewed,
    Rules,
    made_of,
)
from langchain_quickjs.script.labels.program import ProgramLabels
from langchain_quickjs.script.labels.taint import CLEAN, Taint
from langchain_quickjs.script.state import (
    AwaitingCall,
    CallMade,
    Fate,
    Listing,
    OpenCall,
    Question,
    StoredCalls,
    opened,
)
from langchain_quickjs.script.telling.call_report import Report, called_with, result_in_short
from langchain_quickjs.script.telling.descriptions import Program, with_descriptions
from langchain_quickjs.script.telling.questions import (
    grouped,
    question_about,
    timed,
    with_refusal,
)

__all__ = ["OpenCalls"]

_LEAST_DECISIONS: Final[list[DecisionType]] = ["approve", "reject"]
_MAX_NOTES: Final = 20


@dataclass(slots=True)
class OpenCalls:
    """The open calls of one script.

    Attributes:
        rules: What the script may do.
        names: Gives calls their names.
        done: What is known of calls that were made in a run that was cut off.
        again: Whether the script, as far as it goes now, has been run before and was cut off.
        replies: What is to be delivered to the script, by the numbers of the calls.
        notes: What the model is to be told about calls.
        awaiting: Calls that await a decision and nobody was asked about.
        questions: What people were asked about other such calls.
        blocked: Calls that were interrupted.
        launch: Calls that are to begin.
        running: Calls that have begun.
        settled: Calls that need not be made, because it is known how they ended.
        begun_before: Calls that may have begun in a run that was cut off.
        asked: How many questions have been made.
        refused: The error of an answer that did not fit what a tool had asked.
        report: What became of the calls that are open no longer.
        labels: What the script has touched.
    """

    rules: Rules
    names: CallNames
    done: Done = field(default_factory=Done)
    again: bool = False
    replies: dict[int, CallResult] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    awaiting: list[AwaitingCall] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    blocked: list[OpenCall] = field(default_factory=list)
    launch: list[Launched] = field(default_factory=list)
    running: dict[int, OpenCall] = field(default_factory=dict)
    settled: dict[int, Answer] = field(default_factory=dict)
    begun_before: set[int] = field(default_factory=set)
    asked: int = 0
    refused: Exception | None = None
    report: Report = field(default_factory=Report)
    labels: ProgramLabels = field(default_factory=ProgramLabels)

    @property
    def wait_for_people(self) -> bool:
        """Whether there are calls that only people can help."""
        return bool(self.awaiting or self.questions or self.blocked)

    def pack(self) -> StoredCalls:
        """What is stored of them with the script."""
        calls: StoredCalls = {
            "notes": list(self.notes),
            "awaiting": list(self.awaiting),
            "questions": list(self.questions),
            "blocked": list(self.blocked),
            "running": [*self.running.values(), *(launched.call for launched in self.launch)],
            "report": self.report.pack(),
            "names": self.names.pack(),
            "asked": self.asked,
        }
        if self.labels.rule is not None:
            calls["labels"] = self.labels.pack()
        return calls

    def restore(self, entry: Resumed) -> None:
        """Takes up the calls of a stored script: what is answered goes on, the rest waits."""
        paused, answers = entry.paused, entry.answers
        self.names.unpack(paused["names"])
        self.asked = paused["asked"]
        self.notes.extend(paused["notes"])
        self.report = Report(paused["report"])
        self.labels.restore(paused.get("labels"))
        self.awaiting.extend(paused["awaiting"])
        for asked in paused["questions"]:
            interrupt_id = asked["interrupt"].id
            if (decisions := answers.get(interrupt_id)) is None:
                self.questions.append(with_refusal(asked, entry.refusals.get(interrupt_id)))
                continue
            for awaiting, decision in zip(asked["calls"], decisions, strict=True):
                self._apply(decision, awaiting)
        for call in paused["blocked"]:
            ids = {interrupt.id for interrupt in call["interrupts"]} & answers.keys()
            if ids:
                # A graph inside may have taken the answers already, if this was tried before. It
                # says itself what it waits for now.
                given = {interrupt_id: answers[interrupt_id] for interrupt_id in ids}
                self._start({**call, "given": given}, resumed=not entry.again, again=True)
            else:
                self.blocked.append(call)
        for call in paused["running"]:
            self._start(call, again=True)

    def open(self, call: Call, args: dict[str, Any] | CallResult, kind: str) -> OpenCall | None:
        """Gives a new call its name; refuses one whose arguments do not fit.

        Args:
            call: The call.
            args: Its arguments as the tool takes them, or why it does not; of a lookup, the answer.
            kind: What its name is made of.
        """
        if not isinstance(args, dict):
            self._answer(call, args)
            return None
        made = made_of(call, self.rules.manner.clock())
        return opened(call.id, self.names.name(kind), self.rules.called(call).name, args, made)

    def may_be_asked_about(self, call: OpenCall) -> bool:
        """Whether people may have to decide about a call."""
        return call["name"] in self.rules.decided

    def admit(self, call: OpenCall, asked: Reviewed | None) -> None:
        """A new call runs, or waits for a person.

        Args:
            call: The call.
            asked: What the person is asked about it; `None` if it needs nobody.
        """
        now_s = self.rules.manner.clock()
        reviewed = self.labels.reviewed(call["id"], call["name"], call["args"], asked, now_s)
        if reviewed is None:
            self._start(call)
        elif isinstance(reviewed, Raised):
            self.replies[call["id"]] = reviewed
            self._told(call, "not made", said=reviewed.message)
        else:
            self._await(call, *reviewed)

    def _apply(self, decision: Decision, call: AwaitingCall) -> None:
        """Does what a person decided about a call."""
        outcome = outcome_of_decision(decision, call)
        made = CallMade(**call.get("made", CallMade()))
        made["decided_s"], made["decision"] = self.rules.manner.clock(), decision["type"]
        if isinstance(outcome, ReplyInstead):
            self.replies[call["id"]] = outcome.reply
            decided = AwaitingCall(**{**call, "made": made})
            self._told(decided, outcome.fate, said=outcome.said, why=outcome.why)
            self._note(outcome.note)
            return
        name, args, tool_call_id = outcome.name, outcome.args, call["tool_call_id"]
        if outcome.is_another:
            tool_call_id = self.names.name(self.names.kind(name, args))
        runs = opened(call["id"], tool_call_id, name, args, made)
        # What is approved must not begin twice; but a subagent goes on at its own step.
        runs["approved"], runs["rounds"] = name != self.rules.subagent, call["rounds"]
        self._note(outcome.note)
        self._start(runs)

    def _note(self, note: str) -> None:
        if note and len(self.notes) < _MAX_NOTES:
            self.notes.append(note)

    def _ask_again(self, call: OpenCall) -> None:
        """Lets people decide about a call that they approved, and whose end nobody knows."""
        name, args = call["name"], call["args"]
        allowed = self.rules.decided.get(name, _LEAST_DECISIONS)
        review = ReviewConfig(action_name=name, allowed_decisions=list(allowed))
        self._await(call, ActionRequest(name=name, args=args), review, BEGUN_BEFORE)
        self.awaiting[-1]["rounds"] = call["rounds"] + 1

    def _await(
        self, call: OpenCall, action: ActionRequest, review: ReviewConfig, preface: str | None
    ) -> None:
        waiting = AwaitingCall(
            id=call["id"],
            tool_call_id=call["tool_call_id"],
            action=action,
            review=review,
            rounds=0,
            made=call.get("made", {}),
        )
        if preface is not None:
            waiting["preface"] = preface
        self.awaiting.append(waiting)

    def _answer(self, call: Call, reply: CallResult) -> None:
        """Answers what is no call of a tool: it asks about one, or cannot be made."""
        self.replies[call.id] = reply
        if call.name in self.rules.lookups or not isinstance(reply, Raised):
            return
        given: Any = call.args[0] if call.args else {}
        made = made_of(call, self.rules.manner.clock())
        refused = opened(call.id, "", self.rules.called(call).name, given, made)
        self._told(refused, "not made", said=reply.message)

    def ended(
        self, call: OpenCall, reply: CallResult, touched: Taint = CLEAN, *, writes: bool = False
    ) -> None:
        """A call has run to its end, and may have written to the agent's state."""
        self.replies[call["id"]] = reply
        now_s = self.rules.manner.clock()
        self.labels.delivers(call["id"], call["name"], call["args"], now_s, touched)
        if writes:
            self.labels.writes(call["id"])
        if isinstance(reply, Raised):
            self._told(call, "failed", said=f"{reply.name}: {reply.message}")
        else:
            self._told(call, "done", result=result_in_short(reply.value))

    def abandon(self) -> None:
        """The script has ended, and what is open will not go on."""
        for launched in self.launch:
            self.drop(launched.call)
        for waiting in (*self.awaiting, *(c for asked in self.questions for c in asked["calls"])):
            self.drop(waiting, "it was waiting for a person")
        for call in self.blocked:
            self._told(call, "result unknown", why="it had begun, and was waiting for a person")

    def listing_if_over(self) -> Listing:
        """What would be told of the calls if the script ended here."""
        over = replace(self, report=Report(self.report.pack()))
        over.abandon()
        return over.report.listing()

    def drop(self, call: OpenCall | AwaitingCall, why: str = "the program ended before") -> None:
        """A call will not be made, because the script has ended."""
        if call["rounds"] or call["id"] in self.begun_before:
            self._told(call, "result unknown", why="it had begun in a run that was cut off")
        else:
            self._told(call, "not made", why=why)

    def _told(self, call: OpenCall | AwaitingCall, fate: Fate, **words: Any) -> None:
        name, args = called_with(call)
        words.update(made=call.get("made"), ended_s=self.rules.manner.clock())
        self.report.add(call["id"], fate, name, args, decided=name in self.rules.decided, **words)

    def _start(self, call: OpenCall, *, resumed: bool = False, again: bool = False) -> None:
        name = call["name"]
        self.labels.begins(call["id"], name, call["args"], self.rules.manner.clock())
        if (answer := self.done.ends.get(call["tool_call_id"])) is not None:
            self.running[call["id"]] = call
            self.settled[call["id"]] = answer
            return
        if begin_key(call) in self.done.begun:
            self._ask_again(call)
            return
        tool = self.rules.named(name)
        # Where each step is stored, it is known which calls had begun.
        again = again or resumed or (self.again and not self.rules.keeps)
        if again:
            self.begun_before.add(call["id"])
        self.launch.append(Launched(call, tool, resumed, again, self.labels.known))

    def due(self) -> tuple[Launched, ...]:
        """The calls that begin now."""
        due = self.rules.begin_now(self.launch, self.running.values())
        begun = {launched.id for launched in due}
        self.launch = [launched for launched in self.launch if launched.id not in begun]
        self.running.update((launched.id, launched.call) for launched in due)
        return tuple(due)

    def block(self, call: OpenCall, blocked: Blocked, touched: Taint = CLEAN) -> None:
        """Keeps an interrupted call until people have answered."""
        self.labels.brings(call["id"], call["name"], touched)
        if blocked.refused is not None:
            self.refused = blocked.refused  # The same question stands.
            self.blocked.append({**call, "given": {}, "rounds": call["rounds"] + 1})
            return
        self.blocked.append(
            {
                **call,
                "answers": list(blocked.answers),
                "given": {},
                "interrupts": list(blocked.interrupts),
                "rounds": call["rounds"] + 1,
            }
        )

    def ask(self, program: Program) -> None:
        """Makes questions of calls that nobody was asked about, in the manner that was chosen.

        Args:
            program: What is told of the program.
        """
        manner, waiting = self.rules.manner, self.awaiting
        program = replace(program, agent=self.rules.agent)
        groups = grouped(waiting, manner.ask, is_alone=not (self.questions or self.blocked))
        asked_s = manner.clock()
        for calls in groups:
            self.asked += 1
            place = f"{self.rules.place}|{self.rules.script_id}|{self.asked}"
            told = with_descriptions(timed(calls, asked_s, self.rules.expiries), program)
            name, extra = manner.request_name, program.told(told)
            question = question_about(told, place, asked_s, request_name=name, extra=extra)
            self.questions.append(question)
        self.awaiting = waiting[sum(map(len, groups)) :]
