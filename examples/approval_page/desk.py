"""Reads what waits, takes answers, and lets the agent go on with them in the background."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal, cast

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from langchain_quickjs import (
    AlreadyAnsweredError,
    PendingCall,
    QuickJSError,
    pending,
    pending_threads,
    timeline,
)

from .questions import Fields, Question, read_answer

MOST_NOTES = 4

NoteState = Literal["at work", "ended", "waits again", "asked again", "not used", "failed"]


@dataclass
class Note:
    """An answer that was given here, and what came of it.

    Attributes:
        thread_id: The thread that was answered.
        said: The answer in a few words.
        at: When it was given.
        state: How it stands.
        text: What came of it.
    """

    thread_id: str
    said: str
    at: datetime
    state: NoteState
    text: str = "The agent goes on in the background."


@dataclass
class _Run:
    """Answers of one thread, with which the agent goes on one after the other.

    Attributes:
        asked: What the thread asked before.
        turn: Whose turn it is.
        answered: The notes of answers to questions, by what was seen of these.
        left: How many answers are not through.
    """

    asked: list[Question]
    turn: threading.Lock = field(default_factory=threading.Lock)
    answered: dict[str, Note] = field(default_factory=dict[str, Note])
    left: int = 0


class Desk:
    """Reads what waits, takes answers, and lets the agent go on with them in the background."""

    def __init__(self, agent: Any, checkpointer: BaseCheckpointSaver[Any]) -> None:
        self._agent = agent
        self._checkpointer = checkpointer
        self._pool = ThreadPoolExecutor(max_workers=8)
        self._lock = threading.Lock()
        self._notes: deque[Note] = deque(maxlen=MOST_NOTES)
        self._runs: dict[str, _Run] = {}
        self._sent: set[str] = set()

    def waiting(self) -> Iterator[tuple[str, list[Question] | QuickJSError]]:
        """The threads that wait, each with what it asks, or with why that cannot be read."""
        with self._lock:
            # While the agent is at work, what a thread asks is in motion.
            asked = {thread_id: run.asked for thread_id, run in self._runs.items()}
        threads = pending_threads(self._checkpointer)
        for thread_id in dict.fromkeys([*(one.thread_id for one in threads), *asked]):
            try:
                yield thread_id, asked.get(thread_id) or self._asked_in(thread_id)
            except QuickJSError as error:
                yield thread_id, error

    def request(self, thread_id: str) -> str:
        """What the agent was asked to do."""
        messages = self._agent.get_state(config_of(thread_id)).values.get("messages", [])
        asked = [one.text for one in messages if isinstance(one, HumanMessage)]
        return asked[-1] if asked else ""

    def drawing(self, thread_id: str, program: str) -> str:
        """The timeline of a program, as SVG."""
        drawn: str = timeline(self._agent, config_of(thread_id), tool_call_id=program).to_svg()
        return drawn

    def call(self, thread_id: str, interrupt_id: str, index: str) -> PendingCall | None:
        """One call that waits."""
        calls = pending(self._agent, config_of(thread_id))
        wanted = (interrupt_id, index)
        return next((one for one in calls if (one.interrupt_id, str(one.index)) == wanted), None)

    def notes(self) -> list[Note]:
        """The answers that were given here, the newest first."""
        with self._lock:
            return list(self._notes)

    def at_work_on(self, question: Question) -> Note | None:
        """The answer with which the agent is at work, if a question has one."""
        with self._lock:
            run = self._runs.get(question.first.thread_id)
        return run.answered.get(question.seen) if run else None

    def answer(self, fields: Fields) -> Future[None] | None:
        """Takes an answer, once however often it is sent; a note says what came of it.

        Returns:
            What ends when the agent has gone on; `None` if nothing is done with the answer.

        Raises:
            UnfitError: It is no decision yet.
        """
        thread_id, seen, form = (fields.get(name, "") for name in ("thread", "seen", "form"))
        with self._lock:
            if form in self._sent:
                return None  # the second half of a double click
            run = self._runs.get(thread_id)
        asked = run.asked if run else self._asked_in(thread_id)
        question = next((one for one in asked if one.seen == seen), None)
        resume, said = read_answer(question, fields) if question else (None, "Your answer")
        with self._lock:
            if form in self._sent:
                return None
            self._sent.add(form)
            run = self._runs.get(thread_id)
            other = run.answered.get(seen) if run else None
            if question is None or other is not None:
                self._note(thread_id, said, "not used", already_answered(other))
                return None
            note = self._note(thread_id, said)
            run = self._begin(thread_id, asked)
            run.answered[seen] = note
        command: Command[Any] = Command(resume={question.first.interrupt_id: resume})
        return self._pool.submit(self._go_on, note, run, command, question)

    def go_on(self, thread_id: str) -> Future[None]:
        """Lets the agent go on where nobody answers in time, or has, in a process that died."""
        asked = self._asked_in(thread_id)
        with self._lock:
            note = self._note(thread_id, "Go on")
            run = self._begin(thread_id, asked)
        return self._pool.submit(self._go_on, note, run)

    def _asked_in(self, thread_id: str) -> list[Question]:
        calls = pending(self._agent, config_of(thread_id))
        return [Question(list(each)) for _, each in groupby(calls, lambda call: call.interrupt_id)]

    def _note(self, thread_id: str, said: str, state: NoteState = "at work", *text: str) -> Note:
        self._notes.appendleft(Note(thread_id, said, datetime.now(UTC), state, *text))
        return self._notes[0]

    def _begin(self, thread_id: str, asked: list[Question]) -> _Run:
        run = self._runs.setdefault(thread_id, _Run(asked))
        run.left += 1
        return run

    def _go_on(
        self,
        note: Note,
        run: _Run,
        command: Command[Any] | None = None,
        question: Question | None = None,
    ) -> None:
        state: NoteState
        with run.turn:
            try:
                asked = [one.seen for one in self._asked_in(note.thread_id)]
                if question is not None and question.seen not in asked:
                    state, text = "not used", already_answered(None)
                else:
                    result = self._agent.invoke(command, config_of(note.thread_id))
                    state, text = outcome(result, question)
            except AlreadyAnsweredError as error:
                state, text = "not used", str(error)
            except Exception as error:  # whatever it is, a person waits to be told
                state, text = "failed", f"{type(error).__name__}: {error}"
        with self._lock:
            note.text, note.state = text, state
            run.left -= 1
            if not run.left:
                del self._runs[note.thread_id]


def already_answered(other: Note | None) -> str:
    """What a person is told whose answer came too late."""
    when = "meanwhile, or asks something else now"
    if other is not None:
        when = f"{(datetime.now(UTC) - other.at).total_seconds():.0f} s ago ({other.said})"
    return f"This question was answered {when}. Nothing was done with the answer that came now."


def outcome(result: Mapping[str, Any], question: Question | None) -> tuple[NoteState, str]:
    """What a run of the agent came to, and the same in words."""
    asked = result.get("__interrupt__", ())
    for one in asked:
        told: object = one.value
        refused = cast("dict[str, Any]", told).get("refused") if isinstance(told, dict) else None
        if refused and question is not None and one.id == question.first.interrupt_id:
            return "asked again", f"The answer did not fit: {refused}"
    if asked:
        return "waits again", "It waits for what is asked below."
    messages = result.get("messages")
    return "ended", messages[-1].text if messages else str(result)


def config_of(thread_id: str) -> RunnableConfig:
    """The config of a thread."""
    return {"configurable": {"thread_id": thread_id}}
