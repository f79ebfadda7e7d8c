"""What a person has decided so far, as the command that resumes the agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from langgraph.types import Command

from langchain_quickjs.errors import DecisionError
from langchain_quickjs.watch.pending import PendingCall

__all__ = ["ANSWER", "Choices", "kinds_for"]

ANSWER: Final = "answer"
"""What is decided about a question that a tool asks by itself: any value."""


def kinds_for(call: PendingCall) -> tuple[str, ...]:
    """The kinds of decisions that a person may take about a call."""
    return call.allowed_decisions if call.tool else (ANSWER,)


class Choices:
    """The decisions about the calls that wait, each of which can be taken again.

    Args:
        waiting: The calls, as `pending` lists them.
    """

    def __init__(self, waiting: Sequence[PendingCall]) -> None:
        self.waiting = tuple(waiting)
        self._chosen: list[dict[str, Any] | None] = [None] * len(self.waiting)

    @property
    def done(self) -> bool:
        """Whether everything is decided."""
        return None not in self._chosen

    @property
    def left(self) -> int:
        """How many are not decided."""
        return self._chosen.count(None)

    def of(self, number: int) -> dict[str, Any] | None:
        """The decision about a call by its place in `waiting`, or `None` if there is none yet."""
        return self._chosen[number]

    def decide(
        self,
        kind: str,
        *,
        call: int | None = None,
        args: Mapping[str, Any] | None = None,
        message: str | None = None,
        value: Any = None,
    ) -> int:
        """Takes a decision, and gives the place of the call that it is about.

        Args:
            kind: One of `kinds_for` the call.
            call: Its place in `waiting`; the first one that is not decided when omitted.
            args: The arguments, for `"edit"`.
            message: The reason, for `"reject"`, or the reply, for `"respond"`.
            value: For `"answer"`.

        Raises:
            DecisionError: There is no such call, or it cannot be decided so.
        """
        number = self._place(call)
        asked = self.waiting[number]
        if kind not in kinds_for(asked):
            raise DecisionError(
                f"{kind!r} is not allowed for {asked.tool or 'this question'}: use one of "
                f"{list(kinds_for(asked))}."
            )
        if kind == ANSWER:
            self._chosen[number] = {"type": ANSWER, "value": value}
        else:
            self._chosen[number] = _decision(kind, asked, args, message)
        return number

    @property
    def decisions(self) -> dict[str, Any]:
        """The answers that are complete, by the ids of their interrupts."""
        answers: dict[str, Any] = {}
        incomplete: set[str] = set()
        for call, chosen in zip(self.waiting, self._chosen, strict=True):
            if chosen is None:
                incomplete.add(call.interrupt_id)
            elif chosen["type"] == ANSWER:
                answers[call.interrupt_id] = chosen["value"]
            else:
                answer = answers.setdefault(call.interrupt_id, {"decisions": []})
                answer["decisions"].append(chosen)
        return {name: answer for name, answer in answers.items() if name not in incomplete}

    @property
    def command(self) -> Command[Any]:
        """What the agent is invoked with: the complete answers; the others wait on.

        Raises:
            DecisionError: There is none yet.
        """
        if answers := self.decisions:
            return Command(resume=answers)
        if not self.waiting:
            raise DecisionError("Nothing waits for a decision in this thread.")
        names = ", ".join(call.tool or "a question" for call in self.waiting)
        raise DecisionError(
            f"Nothing is decided yet ({names}): press the buttons of the form, or call its "
            "`decide`. What is asked in one question is answered together."
        )

    def _place(self, call: int | None) -> int:
        if call is None:
            undecided = [n for n, one in enumerate(self._chosen) if one is None]
            if not undecided:
                raise DecisionError(
                    "Nothing is left to decide; name the call to change a decision: call=0."
                )
            return undecided[0]
        if not 0 <= call < len(self.waiting):
            raise DecisionError(f"There is no call {call}: {len(self.waiting)} wait, from 0.")
        return call


def _decision(
    kind: str, asked: PendingCall, args: Mapping[str, Any] | None, message: str | None
) -> dict[str, Any]:
    decision: dict[str, Any] = {"type": kind}
    if kind == "edit":
        if not isinstance(args, Mapping):
            raise DecisionError("An edit needs the arguments, all of them: args={...}.")
        decision["edited_action"] = {"name": asked.tool, "args": dict(args)}
    elif args is not None:
        raise DecisionError(f"Arguments belong to an edit; {kind!r} has none.")
    if kind == "respond" and message is None:
        raise DecisionError('A reply is needed: message="...".')
    if message is not None:
        decision["message"] = message
    return decision
