"""What the page shows: an article for each program that waits, with a form for what it asks."""

from __future__ import annotations

import html
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from urllib.parse import urlencode

from langchain_quickjs import PendingCall, QuickJSError

from .desk import Desk, Note
from .markup import (
    NOTHING,
    Html,
    as_json,
    counted,
    cut,
    digest,
    hidden,
    in_short,
    joined,
    moment,
    tag,
    versioned,
)
from .programs import context, history
from .questions import CHOICES, Fields, Question, UnfitError

MOST_EDITED_CHARS = 100_000


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
