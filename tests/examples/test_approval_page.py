"""The approval page does what it says: a real browser, a server in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, interrupt
from playwright.sync_api import Browser, Locator, Page, expect

from examples.approval_page import articles, shop
from examples.approval_page.desk import Desk, config_of
from examples.approval_page.questions import CHOICES
from langchain_quickjs import AskMode, pending
from tests.helpers import chromium, databases
from tests.helpers.models import programs

ROOT = Path(__file__).parent.parent.parent
HOSTILE = (
    "</code></script><script>hacked = 1</script><img src=x onerror='hacked = 1'>\u202e```\u2028"
)


@dataclass
class Served:
    """A page on which people decide, and the means to let programs wait there.

    Attributes:
        url: Where it is.
        database: Where what waits is stored.
        log: What the tools of its agent write to.
        before: What they had done before the test.
    """

    url: str
    database: databases.Database
    log: Path
    before: Counter[str] = field(default_factory=Counter)

    def agent(self, checkpointer: Any, *sources: str, ask: AskMode = "together") -> Any:
        """The agent of the page in this process; with sources, its model writes these programs."""
        model: BaseChatModel = programs(*sources) if sources else shop.ScriptedModel()
        return shop.shop_agent(model, self.log, checkpointer, ask)

    def begin(
        self, request: str, *sources: str, name: str = "thread", ask: AskMode = "together"
    ) -> str:
        """Lets a program come to a question; gives the thread."""
        thread_id = f"{name}-{secrets.token_hex(4)}"
        with databases.opened(self.database) as checkpointer:
            agent = self.agent(checkpointer, *sources, ask=ask)
            agent.invoke({"messages": [("user", request)]}, config_of(thread_id))
        return thread_id

    def answer_elsewhere(self, thread_id: str, *decisions: dict[str, Any]) -> None:
        """Answers in this process what waits in a thread."""
        with databases.opened(self.database) as checkpointer:
            agent, config = self.agent(checkpointer), config_of(thread_id)
            interrupt_id = pending(agent, config)[0].interrupt_id
            answer = {interrupt_id: {"decisions": list(decisions)}}
            agent.invoke(Command(resume=answer), config)

    def waiting(self, thread_id: str) -> list[tuple[str, dict[str, Any]]]:
        """What waits in a thread."""
        with databases.opened(self.database) as checkpointer:
            calls = pending(self.agent(checkpointer), config_of(thread_id))
            return [(call.tool, dict(call.args)) for call in calls]

    def effects(self) -> Counter[str]:
        """What the tools have done, and how often."""
        return Counter(self.log.read_text().splitlines() if self.log.exists() else ()) - self.before


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = chromium.program()
    if executable is None:
        pytest.skip("Chromium is not installed")
    with chromium.browser(executable) as launched:
        yield launched


MODULE, FOLDER = ("-m", "examples.approval_page"), (str(ROOT / "examples" / "approval_page"),)


@contextlib.contextmanager
def serving(
    database: databases.Database | None, folder: Path, started: Sequence[str] = MODULE
) -> Iterator[Served]:
    """The page in a process of its own, in which nothing may go wrong."""
    log, errors = folder / "log", folder / "errors"
    command = [sys.executable, "-W", "error", *started, "--port", "0", "--log", str(log)]
    if database is not None:
        command += ["--db", str(database)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run: Any = {"cwd": folder, "env": environment, "text": True, "stdout": subprocess.PIPE}
    with errors.open("w") as told, subprocess.Popen(command, stderr=told, **run) as process:
        said = process.stdout.readline() if process.stdout else ""
        try:
            found = re.search(r"http://\S+", said)
            assert found, said + errors.read_text()
            yield Served(found[0], database or folder / "approvals.sqlite", log)
        finally:
            process.terminate()
    assert not errors.read_text()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The page for a database, with which all tests begin."""
    folder = tmp_path_factory.mktemp("approvals")
    database: databases.Database = folder / "approvals.sqlite"
    if request.param == "postgres":
        database = request.getfixturevalue("postgres").database()
    with serving(database, folder) as made:
        yield made


@pytest.fixture
def served(server: Served) -> Served:
    return replace(server, before=server.effects())


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page in a browser with or without JavaScript, in which only its own script may run."""
    context = browser.new_context(java_script_enabled=request.param)
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("console", lambda said: wrong.append(said.text))
    made.on("dialog", lambda dialog: wrong.append(dialog.message))
    yield made
    context.close()
    assert [one for one in wrong if "422" not in one] == []


def has_script(page: Page) -> bool:
    return page.locator("noscript p").count() == 0


def article(page: Page, thread_id: str) -> Locator:
    return page.locator("article", has_text=thread_id)


MOST_RELOADS = 100


def choose(call: Locator, kind: str, text: str | None = None) -> None:
    """Chooses what becomes of a call."""
    call.locator(".choices label").filter(has_text=CHOICES[kind]).click()
    if text is not None:
        call.locator(f".{kind} textarea").fill(text)


def send(shown: Locator) -> None:
    shown.locator(".send").click()


def note(page: Page, thread_id: str, state: str) -> Locator:
    """Waits for what came of the newest answer in a thread."""
    shown = page.locator(".note", has_text=thread_id).first
    for _ in range(MOST_RELOADS):
        if has_script(page) or "at work" not in shown.inner_text():
            break
        page.reload()
    try:
        expect(shown.locator(".state")).to_have_text(state)
    except AssertionError:
        # A second click may have brought the page back to where the agent was still at work.
        if has_script(page) or "at work" not in shown.inner_text():
            raise
        page.reload()
        expect(shown.locator(".state")).to_have_text(state)
    return shown


def test_two_programs_wait_and_are_decided(served: Served, page: Page) -> None:
    refunds, restock = served.begin(shop.REFUNDS), served.begin(shop.RESTOCK)
    page.goto(served.url)
    shown, other = article(page, refunds), article(page, restock)
    assert "wants to call issue_refund 2 times" in shown.inner_text()
    assert shop.REFUNDS in shown.inner_text()
    assert [one.inner_text() for one in shown.locator("dd").all()] == [
        '"A-1002"', "80", '"A-1004"', "45.5",
    ]  # fmt: skip

    choose(shown.locator("fieldset").nth(0), "approve")
    choose(shown.locator("fieldset").nth(1), "edit", '{"order_id": "A-1004", "amount": 40}')
    send(shown)
    assert "A-1004: 40.00 refunded" in note(page, refunds, "ended").inner_text()

    choose(other, "approve")
    send(other)
    note(page, restock, "waits again")
    choose(other, "respond", "On Tuesday.\nBefore noon.")
    send(other)
    assert r"On Tuesday.\nBefore noon." in note(page, restock, "ended").inner_text()
    expect(shown).to_have_count(0)
    assert served.effects() == Counter(
        [
            *(f"looked up A-100{number}" for number in (1, 2, 3, 4)),
            *(f"asked {supplier} for mirror" for supplier in shop.QUOTES),
            "refunded 80.00 for A-1002",
            "refunded 40.00 for A-1004",
            "ordered 40 mirror from Glassworks for 1060.00",
        ]
    )


def refund(order_id: str, amount: float = 5) -> str:
    """A program that wants to pay money back."""
    return f"await tools.issueRefund({json.dumps({'order_id': order_id, 'amount': amount})})"


def test_a_rejection_reaches_the_program_with_its_reason(served: Served, page: Page) -> None:
    source = f"try {{ {refund('R-1')} }} catch (error) {{ error.message }}"
    thread_id = served.begin("Pay.", source)
    page.goto(served.url)
    shown = article(page, thread_id)
    choose(shown, "reject", "Not this <b>customer</b>.")
    send(shown)
    assert "Not this <b>customer</b>." in note(page, thread_id, "ended").inner_text()
    assert served.effects() == Counter()


def test_nothing_is_chosen_for_a_person(served: Served, page: Page) -> None:
    thread_id = served.begin("Pay.", refund("N-1"))
    page.goto(served.url)
    shown = article(page, thread_id)
    send(shown)
    assert page.locator(".note", has_text=thread_id).count() == 0
    assert shown.locator("input:invalid").count() > 0
    assert served.waiting(thread_id) == [("issue_refund", {"order_id": "N-1", "amount": 5})]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"order_id": ', "This is not JSON"),
        ('{"order_id": "J-1", "amount": NaN}', "This is not JSON"),
        ('["J-1", 4]', "must be an object"),
        ('{"amount": 5, "order_id": "J-1"}', "Nothing is changed"),
    ],
)
def test_what_is_no_edit_is_told_and_kept(served: Served, page: Page, text: str, told: str) -> None:
    thread_id = served.begin("Pay.", refund("J-1"))
    page.goto(served.url)
    shown = article(page, thread_id)
    choose(shown, "edit", text)
    send(shown)
    area = shown.locator(".edit textarea")
    if has_script(page) and "not JSON" in told:
        assert told in area.evaluate("area => area.validationMessage")
    else:
        expect(shown.get_by_role("alert")).to_contain_text(told)
    expect(area).to_have_value(text)
    expect(shown.locator("[value=edit]")).to_be_checked()
    area.fill('{"order_id": "J-1", "amount": 4}')
    send(shown)
    note(page, thread_id, "ended")
    assert served.effects() == Counter(["refunded 4.00 for J-1"])


def test_what_does_not_fit_is_asked_again_with_the_reason(served: Served, page: Page) -> None:
    thread_id = served.begin("Pay.", refund("U-1"))
    page.goto(served.url)
    shown = article(page, thread_id)
    choose(shown, "edit", '{"order_id": "U-1", "amount": "much"}')
    send(shown)
    assert "amount" in note(page, thread_id, "asked again").inner_text()
    assert "The last answer did not fit" in shown.locator(".alert").inner_text()
    choose(shown, "edit", '{"order_id": "U-1", "amount": 4}')
    send(shown)
    note(page, thread_id, "ended")
    assert served.effects() == Counter(["refunded 4.00 for U-1"])


def test_separate_questions_are_answered_alone(served: Served, page: Page) -> None:
    calls = ", ".join(refund(order_id).removeprefix("await ") for order_id in ("E-1", "E-2"))
    thread_id = served.begin("Pay.", f"await Promise.all([{calls}])", ask="each")
    page.goto(served.url)
    first, second = article(page, thread_id).locator("form.question").all()
    if has_script(page):
        choose(second, "edit", '{"order_id": "E-2", "amount": 4}')
    choose(first, "approve")
    send(first)
    note(page, thread_id, "waits again")
    left = article(page, thread_id).locator("form.question")
    expect(left).to_have_count(1)
    if not has_script(page):
        choose(left, "edit", '{"order_id": "E-2", "amount": 4}')
    send(left)
    note(page, thread_id, "ended")
    assert served.effects() == Counter(["refunded 5.00 for E-1", "refunded 4.00 for E-2"])


def test_what_nobody_has_decided_in_time_goes_on_as_rejected(
    served: Served, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop, "DECIDED_IN_S", 0.001)
    thread_id = served.begin(shop.RESTOCK)
    page.goto(served.url)
    shown = article(page, thread_id)
    assert "Nobody has decided in time about place_order" in shown.inner_text()
    shown.get_by_role("button", name="Let it go on").click()
    told = note(page, thread_id, "ended").inner_text()
    assert "Nobody decided by" in told
    assert not [line for line in served.effects() if "ordered" in line]


def test_a_stale_page_is_told_so_and_does_nothing(served: Served, page: Page) -> None:
    thread_id = served.begin("Pay.", refund("S-1"))
    page.goto(served.url)
    shown = article(page, thread_id)
    choose(shown, "edit", '{"order_id": "S-1", "amount": 500}')
    served.answer_elsewhere(thread_id, {"type": "approve"})
    if has_script(page):
        expect(shown.get_by_role("alert")).to_contain_text("answered meanwhile")
        expect(shown.locator(".send")).to_be_disabled()
        expect(shown.locator(".edit textarea")).to_have_value(re.compile("500"))
        shown.get_by_role("button", name="Close").click()
        expect(shown).to_have_count(0)
    else:
        send(shown)
        told = note(page, thread_id, "not used").inner_text()
        assert "This question was answered meanwhile" in told
        assert "Nothing was done with the answer that came now." in told
    assert served.effects() == Counter(["refunded 5.00 for S-1"])


@dataclass
class Gate:
    """A log that tools cannot write to before they may.

    Attributes:
        log: The log.
        reached: Whether a tool wants to.
        is_open: Whether it may.
    """

    log: Path
    reached: threading.Event = field(default_factory=threading.Event)
    is_open: threading.Event = field(default_factory=threading.Event)

    def open(self, mode: str) -> Any:
        self.reached.set()
        self.is_open.wait()
        return self.log.open(mode)


def test_an_answer_while_another_process_is_at_work_is_told_so(served: Served, page: Page) -> None:
    thread_id, gate = served.begin("Pay.", refund("W-1")), Gate(served.log)
    page.goto(served.url)
    shown = article(page, thread_id)
    choose(shown, "edit", '{"order_id": "W-1", "amount": 500}')
    with ThreadPoolExecutor() as pool:
        here = replace(served, log=cast("Path", gate))
        answering = pool.submit(here.answer_elsewhere, thread_id, {"type": "approve"})
        try:
            gate.reached.wait()
            send(shown)
            told = note(page, thread_id, "not used").inner_text()
        finally:
            gate.is_open.set()
        answering.result()
    assert "may still be working on it. Nothing was done with the answer that came now" in told
    assert served.effects() == Counter(["refunded 5.00 for W-1"])


def test_a_double_click_counts_once(served: Served, page: Page) -> None:
    thread_id = served.begin("Pay.", refund("D-1"))
    page.goto(served.url)
    shown = article(page, thread_id)
    choose(shown, "approve")
    shown.locator(".send").dblclick(no_wait_after=True)
    note(page, thread_id, "ended")
    assert page.locator(".note", has_text=thread_id).count() == 1
    expect(shown).to_have_count(0)
    assert served.effects() == Counter(["refunded 5.00 for D-1"])


def test_what_is_new_comes_without_loss_of_what_is_typed(served: Served, page: Page) -> None:
    thread_id = served.begin("Pay.", refund("L-1"))
    page.goto(served.url)
    if not has_script(page):
        pytest.skip("a page without its script does not change")
    shown = article(page, thread_id)
    choose(shown, "reject", "Because I am typ")
    later = served.begin("Pay.", refund("L-2"))
    expect(article(page, later)).to_be_visible()
    expect(shown.locator(".reject textarea")).to_have_value("Because I am typ")
    expect(shown.locator(".reject textarea")).to_be_focused()
    served.answer_elsewhere(later, {"type": "reject"})
    expect(article(page, later)).to_have_count(0)
    expect(shown.locator("[value=reject]")).to_be_checked()
    assert served.effects() == Counter()


def test_nothing_of_a_hostile_program_is_more_than_text(served: Served, page: Page) -> None:
    text = json.dumps(HOSTILE)
    call = f"tools.issueRefund({{ order_id: {text}, amount: 5 }})"
    source = f"// {HOSTILE}\nconsole.log({text});\nawait {call}; {text}"
    thread_id = served.begin(HOSTILE, source, name=HOSTILE)
    page.goto(served.url)
    key = thread_id.rpartition("-")[2]
    shown = article(page, key)
    assert shown.locator("dd").first.inner_text() == text
    for hidden in "\u202e\u2028":
        assert hidden not in page.locator("body").inner_text()
    assert "U+202E" in shown.inner_text()
    assert shown.locator("script, img:not([src^='/timeline.svg'])").count() == 0
    choose(shown, "edit")
    expect(shown.locator(".edit textarea")).to_have_value(re.compile(r"\\u202e"))
    choose(shown, "approve")
    send(shown)
    told = note(page, key, "ended")
    assert "<script>hacked = 1</script>" in told.inner_text()
    assert told.locator("script, img").count() == 0
    if has_script(page):
        assert page.evaluate("typeof hacked") == "undefined"


def test_a_program_shows_where_it_waits_and_when(served: Served, browser: Browser) -> None:
    thread_id = served.begin(shop.RESTOCK)
    page = browser.new_page()
    page.goto(served.url)
    shown = article(page, thread_id)
    assert "A program wants to call place_order" in shown.inner_text()
    marked = shown.locator(".line.waits").inner_text()
    assert "const order = await tools.placeOrder({" in marked
    assert "waits here" in marked
    picture = shown.locator(".timeline img")
    picture.scroll_into_view_if_needed()
    page.wait_for_function("one => one.complete", arg=picture.element_handle())
    assert picture.evaluate("one => one.naturalWidth") > 0
    drawn = page.goto(urllib.parse.urljoin(served.url, picture.get_attribute("src") or ""))
    assert drawn is not None
    assert "default-src 'none'" in drawn.headers["content-security-policy"]
    page.close()


def post(served: Served, fields: dict[str, str], **headers: str) -> int:
    """Sends a form without a browser; gives the status of the answer."""
    body = urllib.parse.urlencode(fields).encode()
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    request = urllib.request.Request(f"{served.url}/answer", body, named)
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def form_of(page: Page, thread_id: str) -> dict[str, str]:
    """What the form of a thread sends, with its calls approved."""
    inputs = article(page, thread_id).locator("form.question [type=hidden]").all()
    fields = {one.get_attribute("name"): one.get_attribute("value") for one in inputs}
    return {**cast("dict[str, str]", fields), "0.decision": "approve"}


def test_only_the_page_itself_can_answer(served: Served, page: Page) -> None:
    thread_id = served.begin("Pay.", refund("C-1"))
    page.goto(served.url)
    fields, port = form_of(page, thread_id), urllib.parse.urlsplit(served.url).port
    evil = f"http://evil.example:{port}"
    assert post(served, fields) == 403
    assert post(served, fields, Origin=evil) == 403
    assert post(served, fields, Origin="null") == 403
    assert post(served, fields, Origin=evil, Host=f"evil.example:{port}") == 403
    assert post(served, fields, Origin=served.url, Sec_Fetch_Site="cross-site") == 403
    assert post(served, {**fields, "token": "guessed"}, Origin=served.url) == 403
    assert post(served, {**fields, "0.reject": "x" * 5_000_000}, Origin=served.url) == 403
    assert post(served, {}, Origin=served.url) == 403

    inputs = "".join(f'<input name="{key}" value="{fields[key]}">' for key in fields)
    other = page.context.new_page()
    other.set_content(f'<form method="post" action="{served.url}/answer">{inputs}<button>')
    other.get_by_role("button").click()
    expect(other.locator("body")).to_contain_text("This form does not come from this page.")
    assert served.effects() == Counter()

    assert post(served, fields, Origin=served.url, Sec_Fetch_Site="same-origin") == 200
    page.goto(served.url)
    note(page, thread_id, "ended")
    assert served.effects() == Counter(["refunded 5.00 for C-1"])


def test_a_form_sent_many_times_at_once_counts_once(served: Served, browser: Browser) -> None:
    thread_id = served.begin("Pay.", refund("M-1"))
    page = browser.new_page()
    page.goto(served.url)
    fields = form_of(page, thread_id)
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(post, served, fields, Origin=served.url) for _ in range(8)]
        assert {one.result() for one in sent} == {200}
    note(page, thread_id, "ended")
    assert page.locator(".note", has_text=thread_id).count() == 1
    assert served.effects() == Counter(["refunded 5.00 for M-1"])
    page.close()


def asking(value: object) -> Desk:
    """Where a graph waits in memory that asks something, whatever it is."""

    def ask(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage(f"It was {interrupt(value)!r}.")]}

    graph = StateGraph(MessagesState)
    graph.add_node("ask", ask)
    graph.add_edge(START, "ask")
    saver = InMemorySaver()
    agent = graph.compile(saver)
    agent.invoke({"messages": [HumanMessage("Ask.")]}, config_of("thread"))
    return Desk(agent, saver)


def test_what_a_graph_asks_by_itself_is_answered_in_words() -> None:
    desk = asking({"question": "<b>Which?</b>"})
    [(thread_id, asked)] = desk.waiting()
    assert isinstance(asked, list)
    title, body = articles.page_body(desk, articles.Form("token", {}))
    assert title == "(1) Approvals"
    assert "&lt;b&gt;Which?&lt;/b&gt;" in body
    fields = {"thread": thread_id, "seen": asked[0].seen, "form": "1", "0.respond": "This\r\none."}
    going_on = desk.answer(fields)
    assert going_on is not None
    going_on.result()
    assert [(note.state, note.text) for note in desk.notes()] == [
        ("ended", r"It was 'This\none.'."),
    ]
    assert list(desk.waiting()) == []


def test_no_question_takes_the_page_away_from_the_others() -> None:
    desk = asking({(1, 2): "No JSON has such a key."})
    _, body = articles.page_body(desk, articles.Form("token", {}))
    assert "What waits here cannot be shown" in body


def test_a_program_is_shown_with_the_line_that_waits(browser: Browser) -> None:
    lines = [f"line({number});" for number in range(1, 101)]
    lines[4] = f"// {HOSTILE}"
    asked = {
        "action_requests": [{"name": "pay", "args": {}, "description": ""}],
        "review_configs": [{"action_name": "pay", "allowed_decisions": ["approve"]}],
        "tool_call_id": HOSTILE,
        "program": {"source": "\n".join(lines), "first_line": 101, "line": 151, "lines": [151]},
        "calls_so_far": [f"done: {HOSTILE} -> 1"],
    }
    page = browser.new_page()
    page.set_content(articles.page_body(asking(asked), articles.Form("token", {}))[1])
    assert page.locator("h2").inner_text() == "A program wants to call pay"
    program = page.locator("div.program")
    marked = program.locator(".waits")
    assert [one.inner_text() for one in marked.locator("span, code").all()] == ["151", "line(51);"]
    near = program.locator(":scope > .line > span").all_inner_texts()
    assert near == [str(number) for number in range(143, 160)]
    folded = program.locator("summary").all_inner_texts()
    assert folded == ["… 42 lines …", "… 41 lines …"]
    program.locator("summary").first.click()
    assert "U+202E" in program.locator(".line").nth(4).inner_text()
    assert page.locator("li b").all_inner_texts() == ["done"]
    assert page.locator("script, img[src=x]").count() == 0
    page.close()


@pytest.mark.parametrize("started", [MODULE, FOLDER], ids=["module", "folder"])
def test_one_command_shows_it_all(browser: Browser, tmp_path: Path, started: Sequence[str]) -> None:
    with serving(None, tmp_path, started) as served:
        page = browser.new_page()
        page.goto(served.url)
        assert page.title() == "(3) Approvals"
        assert page.locator("article").count() == 2
        page.close()
