"""A small web page on which people decide what programs may do.

    python examples/approval_page.py                          # two programs wait; open the page
    python examples/approval_page.py --db approvals.sqlite    # what waits in a database
    python examples/approval_page.py --db postgresql://... --model openai:gpt-5

It shows what each call would do, where in its program it stands and what the program has done so
far, takes the decision, lets the agent go on in the background, and shows what came of it. What
waits needs no process: the page can be stopped and started at any time.

All that is shown was written by a model, or by whoever talks to it. So whatever becomes HTML is
escaped, characters that hide or reorder others are spelt out, and only the page's own script runs.
The page knows no users: whoever can open it can decide. It listens on this machine alone unless
told otherwise; in front of it belongs a proxy that lets only the right people in (`--origin`).

The agent is the one at the end of this file, scripted, or real with `--model`. For an agent of your
own, serve `approval_page(agent, checkpointer, origins)`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import html
import json
import re
import secrets
import socket
import threading
import unicodedata
from collections import Counter, deque
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import uvicorn
from deepagents import create_deep_agent
from langchain.agents.middleware import InterruptOnConfig
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from langchain_quickjs import (
    AlreadyAnsweredError,
    AskMode,
    CallReview,
    CodeInterpreterMiddleware,
    PendingCall,
    QuickJSError,
    pending,
    pending_threads,
    timeline,
)

Fields = Mapping[str, str]
"""What a person has sent with a form."""

MOST_NOTES = 4
MOST_FORM_BYTES = 4_000_000
# What is longer is shown from its beginning, and whole on a page of its own.
MOST_CHARS = 10_000
MOST_EDITED_CHARS = 100_000
# How many lines of a long program are shown around those that wait.
NEAR_LINES = 8
SHORT_PROGRAM_LINES = 30
# How long a browser waits for what came of an answer before it is told that the agent is at work.
PATIENCE_S = 1.0


# --------------------------------------------------------------- what waits, and what is answered


@dataclass(frozen=True)
class Question:
    """One interrupt. The calls that it asks about are decided one by one and answered together.

    Attributes:
        calls: The calls, at least one.
    """

    calls: Sequence[PendingCall]

    @property
    def first(self) -> PendingCall:
        """The first of the calls, which has what they have in common."""
        return self.calls[0]

    @property
    def seen(self) -> str:
        """What a person was shown who answers it: an answer to anything else counts for nothing."""
        asked = [[one.tool, one.args, one.allowed_decisions, one.refused] for one in self.calls]
        freely = None if self.first.tool else self.first.value
        return digest(self.first.thread_id, self.first.interrupt_id, asked, freely)


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


class UnfitError(Exception):
    """What a person has sent is no decision yet.

    Attributes:
        index: The position of the call that it is about.
    """

    def __init__(self, index: int, text: str) -> None:
        super().__init__(text)
        self.index = index


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


def read_answer(question: Question, fields: Fields) -> tuple[Any, str]:
    """What the agent is resumed with, and the same in a few words.

    Raises:
        UnfitError: It is no decision yet.
    """
    if not question.first.tool:
        text = words(fields, "0.respond")
        if not text:
            raise UnfitError(0, "An answer is to be given, and there is none yet.")
        return text, f"Answer “{in_short(text)}”"
    decisions = [read_decision(call, fields) for call in question.calls]
    said = [
        f"{CHOICES[decision['type']]} {call_in_short(call, decision)}"
        for call, decision in zip(question.calls, decisions, strict=True)
    ]
    return {"decisions": decisions}, "; ".join(said)


def read_decision(call: PendingCall, fields: Fields) -> dict[str, Any]:
    """What a person has decided about one call, as LangChain writes it.

    Raises:
        UnfitError: It is no decision yet.
    """
    kind = fields.get(f"{call.index}.decision", "")
    if kind not in call.allowed_decisions:
        raise UnfitError(call.index, "Nothing is decided about this call yet.")
    if kind == "edit":
        args = read_arguments(call, fields.get(f"{call.index}.edit", ""))
        return {"type": kind, "edited_action": {"name": call.tool, "args": args}}
    said = words(fields, f"{call.index}.{kind}")
    if kind == "respond" and not said:
        raise UnfitError(call.index, "An answer is to be given, and there is none yet.")
    return {"type": kind, "message": said} if said else {"type": kind}


def read_arguments(call: PendingCall, text: str) -> dict[str, Any]:
    """The arguments that a person has put in the place of others.

    Raises:
        UnfitError: They are no arguments, or the same as before.
    """

    def refuse(constant: str) -> float:
        raise ValueError(f"{constant} is no number")

    try:
        args: Any = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise UnfitError(call.index, f"This is not JSON: {error}.") from None
    if not isinstance(args, dict):
        raise UnfitError(call.index, 'The arguments must be an object in JSON: {"name": value}.')
    edited = cast("dict[str, Any]", args)
    if edited == call.args:
        raise UnfitError(call.index, "Nothing is changed. If the call may be made, approve it.")
    return edited


def words(fields: Fields, name: str) -> str:
    """What a person has typed."""
    return fields.get(name, "").replace("\r\n", "\n").strip()


def config_of(thread_id: str) -> RunnableConfig:
    """The config of a thread."""
    return {"configurable": {"thread_id": thread_id}}


def digest(*parts: object) -> str:
    """A short name for what is given."""
    text = json.dumps(parts, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


# ------------------------------------------------------------------------------------------- HTML


class Html(str):
    """Text that is HTML. Any other text is escaped where it becomes a part of one."""

    __slots__ = ()


NOTHING = Html("")
ODD = re.compile(r"[^\x20-\x7e\n\t]")
# Nothing is seen of these, although they count as letters or marks.
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
VOID = ("img", "input", "link", "meta")
CHOICES = {"approve": "Approve", "edit": "Edit", "reject": "Reject", "respond": "Answer"}


def tag(kind: str, /, *inside: str, **attributes: str | bool) -> Html:
    """An element. Of its attributes, `class_` is written `class`, and `data_x` `data-x`."""
    opening = f"<{kind}"
    for key, value in attributes.items():
        written = key.rstrip("_").replace("_", "-")
        if value is True:
            opening += f" {written}"
        elif value is not False:
            opening += f' {written}="{html.escape(value)}"'
    return Html(f"{opening}>") if kind in VOID else Html(f"{opening}>{joined(inside)}</{kind}>")


def joined(parts: Iterable[str]) -> Html:
    """Many pieces as one."""
    return Html("".join(one if isinstance(one, Html) else visible(one) for one in parts))


def visible(text: str) -> Html:
    """A text as HTML. What cannot be seen in it, or reorders what can, is spelt out."""

    def shown(found: re.Match[str]) -> str:
        char = found[0]
        return f'<span class="odd">U+{ord(char):04X}</span>' if is_hidden(char) else char

    return Html(ODD.sub(shown, html.escape(text)))


def is_hidden(char: str) -> bool:
    """Whether a character cannot be seen, or changes how others are shown."""
    return unicodedata.category(char)[0] in "CZ" or UNSEEN.match(char) is not None


def as_json(value: object, indent: int | None = 2) -> str:
    """A value in JSON, all characters of which can be seen."""

    def shown(found: re.Match[str]) -> str:
        return json.dumps(found[0])[1:-1] if is_hidden(found[0]) else found[0]

    return ODD.sub(shown, json.dumps(value, ensure_ascii=False, indent=indent, default=repr))


def versioned(name: str, key: str, *inside: str, form: Fields | None = None, **rest: str) -> Html:
    """An element that the page's script replaces when anything in it has changed."""
    body = joined(inside)
    return tag(name, hidden(form or {}), body, id=key, data_version=digest(body), **rest)


def hidden(fields: Fields) -> Html:
    """What a form sends along."""
    return joined(
        tag("input", type="hidden", name=key, value=value) for key, value in fields.items()
    )


def moment(when: datetime, kind: str = "") -> Html:
    """A time. The page's script adds how far from now it is."""
    at = when.astimezone(UTC)
    text = f"{at.day} {at:%b}, {at:%H:%M} UTC"
    return tag("time", text, datetime=at.isoformat(timespec="seconds"), data_kind=kind)


def in_short(text: str, most: int = 70) -> str:
    """A text in one line, or its beginning."""
    text = " ".join(text[: 4 * most].split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def call_in_short(call: PendingCall, decision: Mapping[str, Any]) -> str:
    """A call, and what is decided about it, in a line."""
    args = ", ".join(f"{name}: {as_json(value, None)}" for name, value in call.args.items())
    text = f"{call.tool}({in_short(args)})"
    if decision["type"] == "edit":
        return f"{text} to {in_short(as_json(decision['edited_action']['args'], None))}"
    return f"{text}: “{in_short(decision['message'])}”" if "message" in decision else text


def cut(text: str, more: str = "") -> Html:
    """A text, or its beginning and where the rest is to be seen."""
    if len(text) <= MOST_CHARS:
        return visible(text)
    left = f"… and {len(text) - MOST_CHARS:,} more characters"
    link = tag("a", "See it whole", href=more, target="_blank") if more else NOTHING
    return joined([text[:MOST_CHARS], tag("strong", left, class_="alert"), link])


# ---------------------------------------------------------------------------------- what is shown


@dataclass(frozen=True)
class Form:
    """What the forms of a page need besides what is asked.

    Attributes:
        token: What proves that a form is of this page.
        typed: What was sent and is no decision yet; it is shown again.
        unfit: What is wrong with it.
    """

    token: str
    typed: Fields
    unfit: UnfitError | None = None

    def of(self, question: Question) -> Form:
        """The same without what was typed for other questions."""
        return self if self.typed.get("seen") == question.seen else Form(self.token, {})


def page_body(desk: Desk, form: Form) -> tuple[str, Html]:
    """The title and the body of the page."""
    articles: list[tuple[float, Html]] = []
    left = 0
    for thread_id, asked in desk.waiting():
        if isinstance(asked, QuickJSError):
            articles.append((0.0, unreadable_article(thread_id, asked)))
            continue
        for _, group in groupby(sorted(asked, key=asked_by), asked_by):
            questions = list(group)
            try:
                articles.append(program_article(desk, questions, form))
                left += sum(len(one.calls) for one in questions if not desk.at_work_on(one))
            except Exception as error:  # no program takes the page away from the others
                articles.append((0.0, unreadable_article(thread_id, error)))
    # The oldest first, so that what comes later moves nothing that a person is reading.
    articles.sort(key=lambda one: one[0])
    notes = [note_line(note, form) for note in desk.notes()]
    heading = f"{counted(left, 'decision')} for you" if left else "Nothing waits for you"
    body = [
        versioned("h1", "heading", heading),
        tag("p", "", id="connection", class_="alert", role="alert", hidden=True),
        tag("noscript", tag("p", tag("a", "Look again", href="/"))),
        versioned("section", "notes", *notes, aria_live="polite"),
        tag("div", *(article for _, article in articles), id="programs", data_group=True),
    ]
    return (f"({left}) Approvals" if left else "Approvals"), joined(body)


def asked_by(question: Question) -> tuple[str, str]:
    """What asks: one program, the model, or something inside."""
    return question.first.asked_by, question.first.tool_call_id or ""


def counted(count: int, what: str) -> str:
    """A number of things."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def note_line(note: Note, form: Form) -> Html:
    """An answer that was given here."""
    came = tag("p", note.text)
    if len(note.text) > 800:
        whole = tag("p", cut(note.text))
        came = tag("details", tag("summary", in_short(note.text, 120)), whole)
    again = NOTHING
    if note.state == "not used" and "invoke(None" in note.text:
        again = go_on_form(note.thread_id, form)
    head = tag("p", tag("b", note.said), " · ", note.thread_id, " · ", moment(note.at))
    state = tag("span", note.state, class_="state")
    kind = note.state.replace(" ", "-")
    return tag("div", state, tag("div", head, came, again), class_=f"note {kind}")


def go_on_form(thread_id: str, form: Form) -> Html:
    """Lets the program go on although nobody answers."""
    fields = hidden({"token": form.token, "thread": thread_id})
    return tag("form", fields, tag("button", "Let it go on"), method="post", action="/go-on")


def unreadable_article(thread_id: str, error: Exception) -> Html:
    """A thread that waits, and cannot be shown."""
    inside = tag("h2", thread_id), tag("p", f"What waits here cannot be shown: {error}")
    return versioned("article", f"u-{digest(thread_id)}", *inside, class_="alert")


WHO = {"program": "A program", "model": "The model"}


def program_article(desk: Desk, questions: Sequence[Question], form: Form) -> tuple[float, Html]:
    """A program, model or graph with all that it asks, and since when it waits."""
    first = questions[0].first
    calls = [call for one in questions for call in one.calls]
    key = digest(first.thread_id, *asked_by(questions[0]))
    since = min(call.asked_at for call in calls)
    who = WHO.get(first.asked_by, "A tool or subagent")
    wanted = Counter(call.tool for call in calls if call.tool)
    names = [
        joined([tag("code", name), f" {count} times" if count > 1 else ""])
        for name, count in wanted.items()
    ]
    what = joined([" wants to call ", Html(", ".join(names))]) if names else " asks"
    facts = [tag("span", first.thread_id), tag("span", "waits since ", moment(since))]
    if ends := [call.expires_at for call in calls if call.expires_at]:
        facts.append(tag("span", "rejected unless decided by ", moment(min(ends), "expires")))
    request = desk.request(first.thread_id)
    why = tag("blockquote", tag("b", "Asked for: "), cut(request)) if request else NOTHING
    head = [tag("p", *facts, class_="facts"), tag("h2", who, what), why]
    asked = [question_form(desk, one, form.of(one)) for one in questions]
    article = tag(
        "article",
        versioned("header", f"h-{key}", *head),
        tag("div", *asked, id=f"f-{key}", class_="questions", data_group=True),
        versioned("div", f"c-{key}", *context(calls), class_="context"),
        versioned("div", f"t-{key}", history(calls), class_="timeline"),
        id=f"a-{key}",
        data_group=True,
    )
    return since.timestamp(), article


def question_form(desk: Desk, question: Question, form: Form) -> Html:
    """One question, to be answered at once."""
    first = question.first
    key = f"q-{digest(first.thread_id, first.interrupt_id)}"
    if (note := desk.at_work_on(question)) is not None:
        sent = tag("p", tag("b", note.said)), tag("p", "The agent goes on with this answer.")
        return versioned("div", key, *sent, class_="question sent")
    if first.expires_at is not None and first.expires_at <= datetime.now(UTC):
        text = f"Nobody has decided in time about {', '.join(one.tool for one in question.calls)}."
        told = tag("p", text, " This counts as rejected.", class_="alert")
        return versioned("div", key, told, go_on_form(first.thread_id, form), class_="question")
    inside = [call_fields(call, form) for call in question.calls]
    if len(inside) > 1:
        text = f"These {len(inside)} calls are decided one by one and answered together."
        inside.insert(0, tag("p", text, class_="together"))
    if first.refused:
        inside.insert(0, tag("p", "The last answer did not fit: ", first.refused, class_="alert"))
    send = "Send decision" if len(question.calls) == 1 else f"Send {len(question.calls)} decisions"
    return versioned(
        "form",
        key,
        *inside,
        tag("button", send, class_="send"),
        form={
            "token": form.token,
            "thread": first.thread_id,
            "seen": question.seen,
            "form": secrets.token_urlsafe(12),
        },
        class_="question",
        method="post",
        action="/answer",
        autocomplete="off",
    )


DETAILS = {
    "edit": "The arguments, in JSON",
    "reject": "Why, for the program and the model (may be empty)",
    "respond": "The answer, which the program gets instead of the tool's",
}


def call_fields(call: PendingCall, form: Form) -> Html:
    """One call, and the choice what becomes of it."""
    unfit = form.unfit if form.unfit and form.unfit.index == call.index else None
    error = tag("p", str(unfit), class_="alert", role="alert") if unfit else NOTHING
    if not call.tool:
        shown = tag("pre", cut(as_json(call.value)))
        return tag("fieldset", shown, detail(call, "respond", form), error, class_="free")
    where = f"line {call.line}" if call.line else ""
    described = NOTHING
    if call.description and not is_told_by_program(call):
        described = tag("pre", cut(call.description), class_="description")
    choices = [
        tag(
            "label",
            tag(
                "input",
                type="radio",
                name=f"{call.index}.decision",
                value=kind,
                required=True,
                checked=form.typed.get(f"{call.index}.decision") == kind,
            ),
            CHOICES[kind],
        )
        for kind in call.allowed_decisions
        if kind in CHOICES
    ]
    return tag(
        "fieldset",
        tag("legend", tag("code", call.tool), tag("span", where)),
        described,
        arguments(call),
        tag("div", *choices, class_="choices"),
        *(detail(call, kind, form) for kind in DETAILS if kind in call.allowed_decisions),
        error,
    )


def is_told_by_program(call: PendingCall) -> bool:
    """Whether the description says nothing that is not shown beside it anyway."""
    begins = call.description.split("\n\n")[: 2 if call.refused else 1]
    return call.source is not None and any(", asked by a program" in one for one in begins)


def detail(call: PendingCall, kind: str, form: Form) -> Html:
    """What a decision needs besides its kind."""
    name = f"{call.index}.{kind}"
    args = as_json(call.args) if kind == "edit" else ""
    text = form.typed.get(name, args if len(args) <= MOST_EDITED_CHARS else "")
    rows = str(min(max(text.count("\n") + 1, 2), 16))
    # A browser leaves the first line break out.
    inside = Html("\n" + html.escape(text))
    area = tag("textarea", inside, name=name, rows=rows, spellcheck="false", maxlength="1000000")
    return tag("label", tag("span", DETAILS[kind]), area, class_=f"detail {kind}")


def arguments(call: PendingCall) -> Html:
    """The arguments of a call, each on a line of its own."""
    if not call.args:
        return tag("p", "without arguments")
    query = {"thread": call.thread_id, "interrupt": call.interrupt_id, "index": str(call.index)}
    whole = f"/arguments?{urlencode(query)}"
    rows: list[Html] = []
    for name, value in call.args.items():
        shown = tag("code", cut(as_json(value), whole))
        if isinstance(value, str) and "\n" in value:
            shown = tag("pre", cut(value, whole))
        rows.append(tag("div", tag("dt", cut(name, whole)), tag("dd", shown)))
    return tag("dl", *rows)


def context(calls: Sequence[PendingCall]) -> list[Html]:
    """Where a program stands, and what it has done."""
    first = calls[0]
    parts: list[Html] = []
    if first.source is not None:
        waiting = {call.line for call in calls if call.line}
        shown = listing(first.source, waiting, first.value["program"].get("first_line", 1))
        parts.append(tag("section", tag("h3", "The program"), shown))
    if first.calls_so_far:
        done = [done_line(one) for one in first.calls_so_far]
        parts.append(tag("section", tag("h3", "What it has done"), tag("ul", *done)))
    described = [tag("pre", cut(call.description)) for call in calls if call.description]
    if first.source is not None and described:
        summary = tag("summary", "All that is told of it")
        parts.append(tag("details", summary, *described))
    return parts


def history(calls: Sequence[PendingCall]) -> Html:
    """What a program has done, as a picture. It is apart from the page, and runs nothing."""
    program = calls[0].tool_call_id
    if program is None:
        return NOTHING
    version = digest([[call.interrupt_id, call.calls_so_far] for call in calls])
    query = {"thread": calls[0].thread_id, "program": program, "version": version}
    source = f"/timeline.svg?{urlencode(query)}"
    return tag("a", tag("img", src=source, alt="The timeline of the program"), href=source)


def done_line(text: str) -> Html:
    """One call that a program has made, as it is reported: `done: tool({...}) -> result`."""
    fate, colon, rest = text.partition(": ")
    return tag("li", tag("b", fate), " ", tag("code", rest)) if colon else tag("li", text)


def listing(source: str, waiting: Collection[int], first: int) -> Html:
    """A program with the lines that wait marked; of a long one, the rest is folded.

    Args:
        source: The program, or the part of it that is known.
        waiting: The numbers of the lines.
        first: The number of the first line of the source.
    """
    lines = source.rstrip("\n").split("\n")
    is_short = len(lines) <= SHORT_PROGRAM_LINES or not waiting

    def is_near(line: tuple[int, str]) -> bool:
        return is_short or any(abs(line[0] - one) <= NEAR_LINES for one in waiting)

    blocks: list[Html] = []
    for near, group in groupby(enumerate(lines, first), is_near):
        shown = [code_line(number, text, waits=number in waiting) for number, text in group]
        if not near:
            summary = tag("summary", f"… {counted(len(shown), 'line')} …")
            shown = [tag("details", summary, *shown)]
        blocks += shown
    return tag("div", *blocks, class_="program")


def code_line(number: int, text: str, *, waits: bool) -> Html:
    """One line of a program."""
    mark = tag("mark", "waits here") if waits else NOTHING
    shown = tag("code", text), mark
    return tag("div", tag("span", str(number)), *shown, class_="line waits" if waits else "line")


# ------------------------------------------------------------------------------------- the server


def approval_page(
    agent: Any, checkpointer: BaseCheckpointSaver[Any], origins: Collection[str]
) -> Starlette:
    """The page for what waits of an agent.

    Args:
        agent: The agent, which keeps its state with the checkpointer.
        checkpointer: The checkpointer.
        origins: The addresses at which browsers find the page, for example
            `http://127.0.0.1:8000`. It answers to no other name, and takes no form from elsewhere.
    """
    page = _Page(Desk(agent, checkpointer))
    routes = [
        Route("/", page.show),
        Route("/answer", page.answer, methods=["POST"]),
        Route("/go-on", page.go_on, methods=["POST"]),
        Route("/arguments", page.arguments),
        Route("/timeline.svg", page.timeline),
        Route("/page.css", _fixed(STYLE, "text/css")),
        Route("/page.js", _fixed(SCRIPT, "text/javascript")),
    ]
    guard = Middleware(BaseHTTPMiddleware, dispatch=_guard(frozenset(origins)))
    return Starlette(routes=routes, middleware=[guard])


Next = Callable[[Request], Awaitable[Response]]


def _guard(origins: Collection[str]) -> Callable[[Request, Next], Awaitable[Response]]:
    hosts = {urlsplit(origin).netloc for origin in origins}

    async def guard(request: Request, call_next: Next) -> Response:
        headers = request.headers
        response: Response
        if headers.get("host") not in hosts:
            # A name of somebody else that leads to this machine would make their page ours.
            response = PlainTextResponse("This page is not known under this name.", 403)
        elif request.method == "POST" and (
            headers.get("origin") not in origins
            or headers.get("sec-fetch-site", "same-origin") != "same-origin"
        ):
            response = PlainTextResponse("This form does not come from this page.", 403)
        else:
            response = await call_next(request)
        response.headers.setdefault(
            "content-security-policy", "default-src 'none'; frame-ancestors 'none'"
        )
        response.headers["cache-control"] = "no-store"
        response.headers["cross-origin-opener-policy"] = "same-origin"
        response.headers["cross-origin-resource-policy"] = "same-origin"
        # With "no-referrer", browsers would not say either where a form comes from.
        response.headers["referrer-policy"] = "same-origin"
        response.headers["x-content-type-options"] = "nosniff"
        return response

    return guard


class _Page:
    """Answers requests."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._token = secrets.token_urlsafe(24)

    async def show(self, _request: Request) -> Response:
        return await self._page(Form(self._token, {}))

    async def answer(self, request: Request) -> Response:
        fields = await self._fields(request)
        if fields is None:
            return _not_ours()
        try:
            going_on = await run_in_threadpool(self._desk.answer, fields)
        except UnfitError as error:
            return await self._page(Form(self._token, fields, error), 422)
        return await _to_the_page(going_on)

    async def go_on(self, request: Request) -> Response:
        fields = await self._fields(request)
        if fields is None:
            return _not_ours()
        return await _to_the_page(
            await run_in_threadpool(self._desk.go_on, fields.get("thread", ""))
        )

    async def arguments(self, request: Request) -> Response:
        query = request.query_params
        wanted = [query.get(name, "") for name in ("thread", "interrupt", "index")]
        call = await run_in_threadpool(self._desk.call, *wanted)
        if call is None:
            return PlainTextResponse("Nothing waits here.", 404)
        return PlainTextResponse(as_json(call.args))

    async def timeline(self, request: Request) -> Response:
        query = request.query_params
        wanted = [query.get(name, "") for name in ("thread", "program")]
        try:
            drawing = await run_in_threadpool(self._desk.drawing, *wanted)
        except QuickJSError as error:
            return PlainTextResponse(str(error), 404)
        # Whatever is in it, a picture loads nothing and runs nothing.
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        return Response(
            drawing, media_type="image/svg+xml", headers={"content-security-policy": policy}
        )

    async def _page(self, form: Form, status: int = 200) -> Response:
        title, body = await run_in_threadpool(page_body, self._desk, form)
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
            "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        head = [
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("link", rel="icon", href="data:,"),
            tag("title", title),
            tag("link", rel="stylesheet", href="/page.css", nonce=nonce),
            tag("script", src="/page.js", nonce=nonce, defer=True),
        ]
        main = tag("main", body, data_token=self._token)
        page = tag("html", tag("head", *head), tag("body", main), lang="en")
        headers = {"content-security-policy": policy}
        return HTMLResponse(f"<!doctype html>\n{page}", status, headers=headers)

    async def _fields(self, request: Request) -> Fields | None:
        """What was sent with a form of this page; `None` if it is none."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_FORM_BYTES:
                return None
        fields = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        token = fields.pop("token", "")
        return fields if hmac.compare_digest(token.encode(), self._token.encode()) else None


def _fixed(text: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def fixed(_request: Request) -> Response:
        return Response(text, media_type=kind)

    return fixed


def _not_ours() -> Response:
    text = "This form is from before the server was started. Reload the page; nothing was done."
    return PlainTextResponse(text, 403)


async def _to_the_page(going_on: Future[None] | None) -> Response:
    """Sends the browser back, with what came of the answer if that is known soon."""
    if going_on is not None:
        await asyncio.wait([asyncio.wrap_future(going_on)], timeout=PATIENCE_S)
    return RedirectResponse("/", 303)


STYLE = """
:root {
  color-scheme: light dark;
  --paper: #f0f2f6; --card: #ffffff; --ink: #1a2230; --soft: #566173; --line: #d8dee6;
  --code: #f7f9fb; --accent: #2b5fa8; --go: #17693d; --stop: #b02a2a; --edit: #87540a;
  --warn: #fdeeee; --here: #fff3c9; --here-ink: #6b4a00;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0c0f14; --card: #12161d; --ink: #e7ebf1; --soft: #9ba6b6; --line: #2d3541;
    --code: #181d26; --accent: #7fb2ef; --go: #62cd95; --stop: #f48a8a; --edit: #e9b65a;
    --warn: #331c20; --here: #3d3312; --here-ink: #ffdb7d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { max-width: 80rem; margin: 0 auto; padding: clamp(1rem, 3vw, 2.5rem); }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -.015em; margin: 0 0 1.25rem; }
h2 { font-size: 1.3rem; line-height: 1.3; letter-spacing: -.01em; margin: .15rem 0 .5rem; }
h2 code { font-size: .95em; }
h3 { font-size: .8rem; color: var(--soft); font-weight: 600; margin: 0 0 .4rem; }
p { margin: 0; }
code, pre, textarea { font-family: var(--mono); font-size: .875rem; font-variant-ligatures: none; }
pre, .line code, dd, blockquote, .note p, li { white-space: pre-wrap; overflow-wrap: anywhere; }
pre, dd, .line code, li code { direction: ltr; unicode-bidi: isolate; }
pre { margin: 0; max-height: 24rem; overflow: auto; }
a { color: var(--accent); }
:focus-visible, label:has(input:focus-visible) {
  outline: 3px solid var(--accent); outline-offset: 2px;
}
.odd {
  font: 600 .75em var(--mono); color: var(--stop); border: 1px solid; border-radius: 3px;
  padding: 0 .25em; margin: 0 .1em; white-space: nowrap;
}
.alert {
  color: var(--stop); background: var(--warn); border-radius: 8px; padding: .5rem .75rem;
  margin: .5rem 0;
}

article {
  background: var(--card); border: 1px solid var(--line); border-radius: 14px; margin: 0 0 1.5rem;
  padding: clamp(1rem, 2.2vw, 1.75rem); display: grid; gap: 1.25rem 2.25rem;
}
@media (min-width: 62rem) {
  article { grid-template-columns: minmax(0, 24rem) minmax(0, 1fr); align-items: start; }
  article > header, .timeline { grid-column: 1 / -1; }
}
.facts { display: flex; flex-wrap: wrap; gap: .1rem 1rem; color: var(--soft); font-size: .875rem; }
.facts span:first-child { font-weight: 600; }
time.soon { color: var(--stop); font-weight: 600; }
blockquote { margin: 0; color: var(--soft); max-width: 60rem; max-height: 9rem; overflow: auto; }
blockquote b { font-weight: 600; }

.questions { display: grid; gap: 1.25rem; }
.question { display: grid; gap: 1rem; }
.question > p { margin: 0; }
.together { font-size: .875rem; color: var(--soft); }
fieldset {
  min-width: 0; margin: 0; padding: .25rem 1rem 1rem; border: 1px solid var(--line);
  border-radius: 10px;
}
fieldset.free { padding-top: 1rem; }
legend { padding: 0 .4rem; margin-left: -.4rem; display: flex; gap: .75rem; align-items: baseline; }
legend code { font-size: 1rem; font-weight: 700; }
legend span { font-size: .8125rem; color: var(--soft); }
legend span:empty { display: none; }
dl { margin: .25rem 0 .9rem; display: grid; gap: .4rem; }
dl div {
  display: grid; grid-template-columns: minmax(4.5rem, max-content) minmax(0, 1fr); gap: .9rem;
  align-items: baseline;
}
dt { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; max-width: 10rem; }
dd { margin: 0; max-height: 18rem; overflow: auto; }
dd code { font-size: 1.0625rem; font-weight: 600; }
dd pre, .description, .free pre { border-left: 3px solid var(--line); padding-left: .75rem; }
.description { margin: .25rem 0 .75rem; }

.choices { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: .5rem; }
.choices label {
  --hue: var(--accent); display: block; text-align: center; padding: .55rem .3rem; cursor: pointer;
  border: 1px solid var(--line); border-radius: 8px; font-weight: 600; color: var(--hue);
}
.choices label:has([value=approve]) { --hue: var(--go); }
.choices label:has([value=edit]) { --hue: var(--edit); }
.choices label:has([value=reject]) { --hue: var(--stop); }
.choices label:hover { border-color: var(--hue); }
.choices label:has(:checked) {
  background: var(--hue); border-color: var(--hue); color: var(--card);
}
.choices input { position: absolute; opacity: 0; pointer-events: none; }
.detail { display: block; margin-top: .75rem; font-size: .875rem; color: var(--soft); }
@supports selector(:has(a)) {
  fieldset:not(.free) .detail { display: none; }
  fieldset:has([value=edit]:checked) .edit,
  fieldset:has([value=reject]:checked) .reject,
  fieldset:has([value=respond]:checked) .respond { display: block; }
}
textarea:invalid { border-color: var(--stop); outline-color: var(--stop); }
textarea {
  display: block; width: 100%; margin-top: .3rem; padding: .6rem .7rem; resize: vertical;
  color: var(--ink); background: var(--code); border: 1px solid var(--soft); border-radius: 8px;
  line-height: 1.5;
}
button {
  font: inherit; font-weight: 600; padding: .7rem 1.1rem; cursor: pointer; border-radius: 8px;
  color: var(--card); background: var(--accent); border: 1px solid transparent;
}
form.question:not(:has(:checked)) fieldset:not(.free) ~ .send {
  background: none; color: var(--soft); border-color: var(--line);
}
button.approve { background: var(--go); }
button.edit { background: var(--edit); }
button.reject { background: var(--stop); }
button:disabled { opacity: .55; cursor: default; }
.sent { border-left: 4px solid var(--go); padding-left: 1rem; }

.context { display: grid; gap: 1.25rem; min-width: 0; }
.context ul {
  list-style: none; margin: 0; padding: 0; display: grid; gap: .3rem; font-size: .9375rem;
}
.context li b { font-weight: 600; color: var(--soft); }
.program {
  background: var(--code); border: 1px solid var(--line); border-radius: 10px; padding: .5rem 0;
  max-height: 60rem; overflow: auto;
}
.line { display: grid; grid-template-columns: 3.25rem minmax(0, 1fr) auto; align-items: baseline; }
.line > span {
  color: var(--soft); text-align: right; padding-right: 1rem; font: .75rem var(--mono);
  user-select: none;
}
.line code {
  unicode-bidi: bidi-override; overflow: clip; tab-size: 2; padding-right: .5rem; min-height: 1.5em;
}
.line.waits { background: var(--here); box-shadow: inset 4px 0 var(--here-ink); }
.line.waits code { font-weight: 700; }
mark {
  background: none; color: var(--here-ink); font-size: .8125rem; font-weight: 700;
  padding-right: .9rem; white-space: nowrap;
}
mark::before { content: "◀ "; }
summary { cursor: pointer; color: var(--soft); font-size: .875rem; }
.program summary { padding: .2rem 1rem; }
.context > details pre {
  margin-top: .5rem; padding: .75rem 1rem; background: var(--code); border: 1px solid var(--line);
  border-radius: 10px;
}
.timeline { overflow-x: auto; }
.timeline:empty { display: none; }
.timeline img { display: block; width: 100%; min-width: 40rem; }

#notes { display: grid; gap: .5rem; margin-bottom: 1.25rem; }
.note {
  display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: .25rem 1rem; font-size: .9375rem;
}
.note p:first-child { color: var(--soft); }
.note b { color: var(--ink); font-weight: 600; }
.note form { margin-top: .4rem; }
.state { font-weight: 600; color: var(--accent); }
.ended .state { color: var(--go); }
.not-used .state, .failed .state, .asked-again .state { color: var(--stop); }
@media (max-width: 40rem) {
  .note { grid-template-columns: minmax(0, 1fr); }
  .line { grid-template-columns: 2.25rem minmax(0, 1fr); }
  .line > span { padding-right: .6rem; }
  .line mark { grid-column: 2; }
  .choices label { padding: .75rem .2rem; }
}
@media (prefers-reduced-motion: no-preference) {
  .choices label, button { transition: background .12s; }
}
"""

SCRIPT = """
"use strict";
const find = (selector, inside = document) => inside.querySelector(selector);
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const chosen = (form) => all("input:checked", form).map((input) => input.value);
const isTouched = (form) =>
  chosen(form).length > 0 || all("textarea", form).some((area) => area.value !== area.defaultValue);

function alerting(text) {
  const told = document.createElement("p");
  told.className = "alert";
  told.setAttribute("role", "alert");
  told.textContent = text;
  return told;
}

// Times are told on the reader's clock, with how far from now they are.
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
function far(minutes) {
  if (minutes === 0) return "now";
  if (Math.abs(minutes) < 60) return relative.format(minutes, "minute");
  if (Math.abs(minutes) < 2880) return relative.format(Math.round(minutes / 60), "hour");
  return relative.format(Math.round(minutes / 1440), "day");
}
function tellTimes() {
  for (const time of all("time")) {
    const at = new Date(time.dateTime), minutes = Math.round((at - Date.now()) / 60000);
    const isToday = at.toDateString() === new Date().toDateString();
    const day = isToday ? {} : { day: "numeric", month: "short" };
    const clock = at.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" });
    time.textContent = `${clock} (${far(minutes)})`;
    time.classList.toggle("soon", time.dataset.kind === "expires" && minutes < 60);
  }
}

// The button says what it is going to do.
const deeds = {
  approve: "Approve this call", edit: "Make the edited call",
  reject: "Reject this call", respond: "Give this answer",
};
function tellDeed(form) {
  const button = find(".send", form), kinds = chosen(form), calls = all(".choices", form).length;
  const count = (kind) => kinds.filter((one) => one === kind).length;
  const told = Object.keys(deeds).filter(count).map((kind) => `${count(kind)} ${kind}`);
  button.dataset.idle ??= button.textContent;
  button.textContent = button.dataset.idle + (kinds.length ? `: ${told.join(", ")}` : "");
  if (calls === 1 && kinds.length) button.textContent = deeds[kinds[0]];
  const isOfOneKind = kinds.length === calls && told.length === 1;
  button.className = isOfOneKind ? `send ${kinds[0]}` : "send";
}
function checkJson(area) {
  const isMeant = find("[value=edit]:checked", area.closest("fieldset")) !== null;
  let wrong = "";
  try {
    JSON.parse(area.value);
  } catch (error) {
    wrong = `This is not JSON: ${error.message}`;
  }
  area.setCustomValidity(isMeant ? wrong : "");
}
document.addEventListener("input", (event) => {
  const form = event.target.closest("form.question");
  if (form === null) return;
  all(".edit textarea", form).forEach(checkJson);
  tellDeed(form);
});

// What is new on the server takes the place of what was shown, except where somebody is typing.
function lock(form) {
  if (form.classList.contains("locked")) return;
  form.classList.add("locked");
  all("button, [type=radio]", form).forEach((one) => { one.disabled = true; });
  all("textarea", form).forEach((one) => { one.readOnly = true; });
  const told = alerting("This was answered meanwhile, or it has changed. Nothing was sent. ");
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => { form.remove(); refresh(); });
  told.append(close);
  form.prepend(told);
}
function merge(old, fresh, sent) {
  const known = new Map([...old.children].map((node) => [node.id, node]));
  let place = old.firstElementChild;
  for (const next of [...fresh.children]) {
    const now = known.get(next.id);
    known.delete(next.id);
    if (now === undefined) {
      old.insertBefore(next, place);
      continue;
    }
    place = now.nextElementSibling;
    if (now.hasAttribute("data-group")) merge(now, next, sent);
    else if (now === sent) now.replaceWith(next);
    else if (now.dataset.version === next.dataset.version) continue;
    else if (isTouched(now)) lock(now);
    else now.replaceWith(next);
  }
  for (const gone of known.values()) {
    const forms = gone.matches("form") ? [gone] : all("form", gone);
    const touched = forms.filter((form) => form !== sent && isTouched(form));
    touched.forEach(lock);
    if (touched.length === 0) gone.remove();
  }
}
function take(text, sent) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  if (find("#programs", fresh) === null) throw new Error(fresh.body.textContent);
  document.title = fresh.title;
  for (const id of ["#heading", "#notes"]) {
    const now = find(id), next = find(id, fresh);
    if (now.dataset.version === next.dataset.version) continue;
    now.replaceWith(next);
  }
  merge(find("#programs"), find("#programs", fresh), sent);
  const token = find("main", fresh).dataset.token;
  all("[name=token]").forEach((input) => { input.value = token; });
  all("form.question").forEach(tellDeed);
  tellTimes();
}

let turn = 0;
async function refresh(sent) {
  const mine = ++turn, told = find("#connection");
  try {
    const text = await (await fetch("/", { cache: "no-store" })).text();
    if (mine === turn) take(text, sent);
    told.hidden = true;
  } catch {
    told.textContent = "The server does not answer. What you see may be out of date.";
    told.hidden = false;
  }
}
document.addEventListener("submit", async (event) => {
  const form = event.target;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  const body = new URLSearchParams(new FormData(form)), mine = ++turn;
  all("button", form).forEach((one) => { one.disabled = true; });
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
    const text = await answer.text();
    if (mine === turn || !answer.ok) take(text, form);
    else await refresh(form);
  } catch (error) {
    all("button", form).forEach((one) => { one.disabled = false; });
    form.append(alerting(`${error.message} Send it again if it is still here: it counts once.`));
  }
  delete form.dataset.sent;
});
setInterval(() => { if (!document.hidden && !find("[data-sent]")) refresh(); }, 2000);
setInterval(tellTimes, 20000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
all("form.question").forEach(tellDeed);
tellTimes();
// Of programs of earlier versions there is no picture.
addEventListener("error", (event) => {
  if (event.target.matches?.("img")) event.target.remove();
}, true);
"""


# -------------------------------------------------------------------------------------- the agent

ORDERS = {
    "A-1001": {"item": "teapot", "price": 35.0, "arrived": "whole"},
    "A-1002": {"item": "mirror", "price": 80.0, "arrived": "broken"},
    "A-1003": {"item": "blanket", "price": 50.0, "arrived": "whole"},
    "A-1004": {"item": "vase", "price": 45.5, "arrived": "broken"},
}
# What is not decided in this time counts as rejected.
DECIDED_IN_S = 8 * 3600.0
QUOTES = {"Clearwater": 31.0, "Glassworks": 26.5, "Northern Mirrors": 29.9}

REFUNDS = (
    "Customers complained about the orders A-1001 to A-1004. Look all of them up in one program, "
    "and refund the full price of those that arrived broken."
)
RESTOCK = (
    "We are out of mirrors. Ask Clearwater, Glassworks and Northern Mirrors for a price, order 40 "
    "from the cheapest, and ask a colleague when they may deliver."
)

# What the scripted model writes; a real model writes its own.
PROGRAMS = {
    REFUNDS: """\
const ids = ["A-1001", "A-1002", "A-1003", "A-1004"];
const orders = await Promise.all(ids.map((id) => tools.lookupOrder({ order_id: id })));
const broken = orders.filter((order) => order.arrived === "broken");
console.log(`${broken.length} of ${orders.length} arrived broken`);
const refunds = await Promise.allSettled(
  broken.map((order) => tools.issueRefund({ order_id: order.id, amount: order.price }))
);
({ checked: orders.length, refunds: refunds.map((one) => one.value ?? one.reason.message) })
""",
    RESTOCK: """\
const suppliers = ["Clearwater", "Glassworks", "Northern Mirrors"];
const quotes = await Promise.all(
  suppliers.map((supplier) => tools.getQuote({ supplier, item: "mirror" }))
);
const [best] = quotes.sort((a, b) => a.price - b.price);
console.log(`${best.supplier} is the cheapest: ${best.price} each`);
const order = await tools.placeOrder({
  supplier: best.supplier, item: "mirror", count: 40, total: 40 * best.price,
});
const delivery = await tools.askColleague({ question: `When may ${best.supplier} deliver?` });
({ order, delivery })
""",
}


def shop_tools(log: Path) -> list[BaseTool]:
    """The shop's tools, which write what they do to a log on disk."""

    def note(line: str) -> None:
        with log.open("a") as file:
            file.write(line + "\n")

    @tool
    def lookup_order(order_id: str) -> dict[str, Any]:
        """Looks up an order: what it was, its price, and how it arrived."""
        note(f"looked up {order_id}")
        return {"id": order_id, **ORDERS[order_id]}

    @tool
    def issue_refund(order_id: str, amount: float) -> str:
        """Pays money back for an order."""
        note(f"refunded {amount:.2f} for {order_id}")
        return f"{order_id}: {amount:.2f} refunded"

    @tool
    def get_quote(supplier: str, item: str) -> dict[str, Any]:
        """Asks a supplier what an item costs."""
        note(f"asked {supplier} for {item}")
        return {"supplier": supplier, "price": QUOTES[supplier]}

    @tool
    def place_order(supplier: str, item: str, count: int, total: float) -> str:
        """Orders from a supplier."""
        note(f"ordered {count} {item} from {supplier} for {total:.2f}")
        return f"{count} {item} ordered from {supplier} for {total:.2f}"

    @tool
    def ask_colleague(question: str) -> str:
        """Asks a colleague, who answers in words."""
        raise NotImplementedError(f"A person answers {question!r} in place of this tool.")

    return [lookup_order, issue_refund, get_quote, place_order, ask_colleague]


class ScriptedModel(BaseChatModel):
    """Stands in for a model: writes one of the programs above, then reports what came of it."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, *_: Any, **__: Any) -> ScriptedModel:
        """Has no need to know the tools."""
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        if isinstance(messages[-1], ToolMessage):
            answer = AIMessage(f"The program is through: {messages[-1].text}")
        else:
            code = PROGRAMS[messages[-1].text]
            call = {"name": "eval", "args": {"code": code}, "id": "program-1"}
            answer = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])


def shop_agent(
    model: BaseChatModel,
    log: Path,
    checkpointer: BaseCheckpointSaver[Any],
    ask: AskMode = "together",
) -> Any:
    """The agent. It may ask for refunds and orders, and people decide."""
    tools = shop_tools(log)
    decided: InterruptOnConfig = {"allowed_decisions": ["approve", "edit", "reject"]}
    soon: CallReview = {
        "allowed_decisions": decided["allowed_decisions"],
        "expires_after_s": DECIDED_IN_S,
    }
    return create_deep_agent(
        model=model,
        tools=tools,
        interrupt_on={
            "issue_refund": decided,
            "place_order": cast("InterruptOnConfig", soon),  # LangChain's has no time.
            "ask_colleague": {"allowed_decisions": ["respond", "reject"]},
        },
        middleware=[CodeInterpreterMiddleware(ptc=[one.name for one in tools], ask=ask)],
        checkpointer=checkpointer,
    )


def make_programs_wait(agent: Any) -> None:
    """Lets the agent begin two tasks, both of which come to a question."""
    for name, request in (("refunds", REFUNDS), ("restock", RESTOCK)):
        thread_id = f"{name}-{secrets.token_hex(2)}"
        agent.invoke({"messages": [("user", request)]}, config_of(thread_id))


@contextmanager
def opened(database: str) -> Generator[BaseCheckpointSaver[Any]]:
    """The checkpointer in a PostgreSQL database, or in a file of SQLite."""
    if database.startswith(("postgresql://", "postgres://")) or "dbname=" in database:
        settings = {"autocommit": True, "row_factory": dict_row}
        with ConnectionPool[Any](database, kwargs=settings, max_size=10) as pool:
            postgres = PostgresSaver(pool)
            postgres.setup()
            yield postgres
    else:
        with SqliteSaver.from_conn_string(database) as sqlite:
            sqlite.setup()
            yield sqlite


def main() -> None:
    """Serves the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--db", help="postgresql://... or a file of SQLite; approvals.sqlite")
    parser.add_argument("--demo", action="store_true", help="make two programs wait first")
    parser.add_argument("--model", help="a real model, as provider:name")
    parser.add_argument("--ask", choices=["together", "each"], default="together")
    parser.add_argument("--log", type=Path, default=Path("approvals.log"), help="what tools did")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--origin", action="append", default=[], help="another address of the page")
    options = parser.parse_args()

    with (
        opened(options.db or "approvals.sqlite") as checkpointer,
        socket.create_server((options.host, options.port)) as listening,
    ):
        model: BaseChatModel = ScriptedModel()
        if options.model:
            model = init_chat_model(str(options.model))
        agent = shop_agent(model, options.log, checkpointer, options.ask)
        if options.demo or not (options.db or pending_threads(checkpointer, limit=1)):
            make_programs_wait(agent)
        port = listening.getsockname()[1]
        origins = [f"http://{host}:{port}" for host in (options.host, "localhost")]
        print(f"What waits for you is at {origins[0]}", flush=True)
        app = approval_page(agent, checkpointer, [*origins, *options.origin])
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
