"""The form: what it shows, what its buttons do, and that an agent goes on from what it gives."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import ipywidgets
import pytest
from langchain.agents import create_agent
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from langchain_quickjs import CodeInterpreterMiddleware, DecisionError
from langchain_quickjs.notebook import ApprovalForm, aapproval_form, approval_form
from langchain_quickjs.watch.pending import PendingCall
from tests.helpers.markup import Markup
from tests.helpers.models import programs

CONFIG: RunnableConfig = {"configurable": {"thread_id": "1"}}
PROGRAM = """\
const paid = await Promise.all([1, 2].map((n) => tools.pay({ amount: n })));
paid.join(" and ")
"""
KINDS = ["approve", "edit", "reject", "respond"]
HOSTILE = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>\u202e$x^2$"


@pytest.fixture
def agent() -> Any:
    """An agent that waits for two decisions about calls of one program."""

    def pay(amount: int) -> str:
        """Pays."""
        return f"paid {amount}"

    asking: Any = {"pay": {"allowed_decisions": KINDS}}
    made: Any = create_agent(
        programs(PROGRAM),
        [],
        middleware=[CodeInterpreterMiddleware(ptc=[pay], interrupt_on=asking)],
        checkpointer=InMemorySaver(),
    )
    made.invoke({"messages": [("user", "pay")]}, CONFIG)
    return made


def waiting_call(**fields: Any) -> PendingCall:
    """A call that waits, with whatever others can fill in."""
    given: dict[str, Any] = {
        "thread_id": "1",
        "interrupt_id": "i1",
        "index": 0,
        "tool": "pay",
        "args": {"amount": 3},
        "description": "pay(amount: 3)",
        "allowed_decisions": tuple(KINDS),
        "asked_by": "program",
        "tool_call_id": "c1",
        "source": "await tools.pay({amount: 3})",
        "line": 1,
        "column": 7,
        "calls_so_far": (),
        "asked_at": datetime(2030, 1, 2, 3, 4, tzinfo=UTC),
        "expires_at": None,
        "refused": "",
        "value": None,
    }
    return PendingCall(**{**given, **fields})


def within(widget: Any) -> Iterator[Any]:
    """A widget and all below it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from within(child)


def widgets(form: ApprovalForm, kind: type) -> list[Any]:
    return [one for one in within(form.widget) if isinstance(one, kind)]


def press(form: ApprovalForm, text: str, call: int = 0) -> None:
    """Presses a button, as a person does."""
    buttons = [one for one in widgets(form, ipywidgets.Button) if one.description == text]
    buttons[call].click()


def said(form: ApprovalForm) -> str:
    """All that the widgets say."""
    return " ".join(Markup(one.value).text for one in widgets(form, ipywidgets.HTML))


def last_reply(agent: Any, form: ApprovalForm) -> str:
    state = agent.invoke(form.command, CONFIG)
    return str(state["messages"][-2].text)


def test_buttons_decide_and_the_next_cell_goes_on(agent: Any) -> None:
    form = approval_form(agent, CONFIG)
    assert [call.tool for call in form.waiting] == ["pay", "pay"]
    assert not form.done
    press(form, "Approve", 0)
    assert form.decisions == {}
    widgets(form, ipywidgets.Textarea)[1].value = '{"amount": 7}'
    press(form, "Run as edited", 1)
    assert form.done
    assert "paid 1 and paid 7" in last_reply(agent, form)
    assert approval_form(agent, CONFIG).waiting == ()


async def test_a_form_is_made_asynchronously_too(agent: Any) -> None:
    form = await aapproval_form(agent, CONFIG)
    assert len(form.waiting) == 2


def test_words_go_with_a_rejection_and_are_a_reply(agent: Any) -> None:
    form = approval_form(agent, CONFIG)
    fields = widgets(form, ipywidgets.Text)
    fields[0].value, fields[1].value = " Too much. ", "paid by hand"
    press(form, "Reject", 0)
    press(form, "Respond", 1)
    (answer,) = form.decisions.values()
    assert answer == {
        "decisions": [
            {"type": "reject", "message": "Too much."},
            {"type": "respond", "message": "paid by hand"},
        ]
    }
    assert "Too much." in last_reply(agent, form)


def test_without_words_there_is_no_reason(agent: Any) -> None:
    form = approval_form(agent, CONFIG)
    press(form, "Reject")
    press(form, "Reject", 1)
    (answer,) = form.decisions.values()
    assert answer["decisions"] == [{"type": "reject"}] * 2


def test_decide_is_what_buttons_do(agent: Any) -> None:
    form = approval_form(agent, CONFIG)
    form.decide("approve")
    form.decide("edit", args={"amount": 9})
    assert form.done
    assert "paid 1 and paid 9" in last_reply(agent, form)


def test_a_decision_can_be_taken_again(agent: Any) -> None:
    form = approval_form(agent, CONFIG)
    press(form, "Approve", 0)
    press(form, "Reject", 0)
    form.decide("approve", call=1)
    (answer,) = form.decisions.values()
    assert [one["type"] for one in answer["decisions"]] == ["reject", "approve"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "The arguments are no JSON"),
        ("[1]", "The arguments must be an object"),
        ("7", "The arguments must be an object"),
    ],
)
def test_arguments_that_are_none_are_told_beside_the_button(text: str, problem: str) -> None:
    form = ApprovalForm([waiting_call()])
    widgets(form, ipywidgets.Textarea)[0].value = text
    press(form, "Run as edited")
    assert not form.done
    assert problem in said(form)
    widgets(form, ipywidgets.Textarea)[0].value = '{"amount": 4}'
    press(form, "Run as edited")
    assert form.done
    assert problem not in said(form)


def test_changed_arguments_are_not_approved_by_mistake() -> None:
    form = ApprovalForm([waiting_call()])
    widgets(form, ipywidgets.Textarea)[0].value = '{"amount": 4}'
    press(form, "Approve")
    assert not form.done
    assert "The arguments were changed" in said(form)


def test_a_reply_needs_words() -> None:
    form = ApprovalForm([waiting_call()])
    press(form, "Respond")
    assert not form.done
    assert "Write the reply" in said(form)


def test_there_are_buttons_for_what_is_allowed_and_no_others() -> None:
    form = ApprovalForm([waiting_call(allowed_decisions=("approve", "reject", "sing"))])
    assert [one.description for one in widgets(form, ipywidgets.Button)] == ["Approve", "Reject"]
    assert widgets(form, ipywidgets.Textarea) == []
    assert "amount: 3" in said(form)
    with pytest.raises(DecisionError, match="'edit' is not allowed for pay"):
        form.decide("edit", args={})


@pytest.mark.parametrize(
    ("kind", "fields", "problem"),
    [
        ("sing", {}, "is not allowed"),
        ("edit", {}, "needs the arguments"),
        ("edit", {"args": [1]}, "needs the arguments"),
        ("approve", {"args": {"amount": 1}}, "Arguments belong to an edit"),
        ("respond", {}, "A reply is needed"),
        ("approve", {"call": 5}, "There is no call 5"),
        ("approve", {"call": -1}, "There is no call -1"),
    ],
)
def test_what_cannot_be_decided_is_an_error(kind: str, fields: Any, problem: str) -> None:
    form = ApprovalForm([waiting_call()])
    with pytest.raises(DecisionError, match=problem):
        form.decide(kind, **fields)
    assert not form.done


def test_nothing_is_left_to_decide() -> None:
    form = ApprovalForm([waiting_call()])
    form.decide("approve")
    with pytest.raises(DecisionError, match="Nothing is left"):
        form.decide("approve")


def test_there_is_no_command_before_a_decision(agent: Any) -> None:
    form = approval_form(agent, CONFIG)
    with pytest.raises(DecisionError, match="Nothing is decided yet"):
        _ = form.command
    form.decide("approve")
    with pytest.raises(DecisionError, match="answered together"):
        _ = form.command


def test_questions_with_ids_of_their_own_are_answered_one_by_one() -> None:
    form = ApprovalForm([waiting_call(), waiting_call(interrupt_id="i2")])
    form.decide("approve", call=1)
    assert form.command.resume == {"i2": {"decisions": [{"type": "approve"}]}}


async def test_nothing_waits() -> None:
    form = ApprovalForm([])
    assert form.done
    assert "Nothing waits" in said(form)
    with pytest.raises(DecisionError, match="Nothing waits"):
        _ = form.command
    with pytest.raises(DecisionError, match="Nothing waits"):
        await form


@pytest.mark.parametrize(("words", "value"), [("yes", "yes"), ('{"a": 1}', {"a": 1}), ("", "")])
def test_a_tool_may_ask_anything(words: str, value: object) -> None:
    def ask(state: MessagesState) -> dict[str, Any]:
        return {"messages": [("ai", json.dumps(interrupt({"what": "colour"})))]}

    graph: Any = (
        StateGraph(MessagesState)
        .add_node("ask", ask)
        .add_edge(START, "ask")
        .compile(checkpointer=InMemorySaver())
    )
    graph.invoke({"messages": []}, CONFIG)
    form = approval_form(graph, CONFIG)
    assert "colour" in said(form)
    widgets(form, ipywidgets.Text)[0].value = words
    press(form, "Answer")
    state = graph.invoke(form.command, CONFIG)
    assert json.loads(state["messages"][-1].text) == value


async def test_a_form_can_be_awaited(agent: Any) -> None:
    form = approval_form(agent, CONFIG)

    async def wait() -> Any:
        return await form

    waiting = asyncio.create_task(wait())
    stopped = asyncio.create_task(wait())
    await asyncio.sleep(0)
    stopped.cancel()  # as when a cell is interrupted
    press(form, "Approve", 0)
    await asyncio.sleep(0)
    assert not waiting.done()
    # JupyterLab delivers clicks in a thread of their own.
    other = threading.Thread(target=press, args=(form, "Approve", 1))
    other.start()
    command = await waiting
    other.join()
    assert stopped.cancelled()
    state = await agent.ainvoke(command, CONFIG)
    assert "paid 1 and paid 2" in state["messages"][-2].text
    assert await form == command


def test_a_card_says_who_asks_where_and_what_was_done() -> None:
    call = waiting_call(
        source="const a = 1;\nawait tools.pay({amount: 3})",
        line=2,
        calls_so_far=('done: look({"id": 1}) -> 2',),
        description="pay(amount: 3), asked by a program, line 2\n\nMore.",
        expires_at=datetime(2031, 1, 1, tzinfo=UTC),
        refused="Decision 1 must have a type",
    )
    text = said(ApprovalForm([call]))
    assert "asked by a program, line 2, 2030-01-02" in text
    assert "expires 2031-01-01" in text
    assert "▶    2  await tools.pay({amount: 3})" in text
    assert "     1  const a = 1;" in text
    assert 'done: look({"id": 1}) -> 2' in text
    assert "The last answer did not fit: Decision 1 must have a type" in text
    assert "pay(amount: 3), asked by a program, line 2\n\nMore." in text
    assert "not decided (approve, edit, reject, respond)" in text


def test_a_decision_is_seen_in_the_card() -> None:
    form = ApprovalForm([waiting_call(), waiting_call(index=1)])
    form.decide("approve")
    assert "● approved" in said(form)
    assert "1 of 2 to decide" in said(form)
    form.decide("reject")
    assert "● rejected" in said(form)
    assert "Next: agent.invoke(form.command, config)" in said(form)


def test_a_form_is_shown_where_there_are_no_widgets() -> None:
    form = ApprovalForm([waiting_call()])
    bundle = form._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == repr(form)
    assert repr(form).splitlines() == [
        "<ApprovalForm: 1 call, 1 of 1 to decide>",
        '  0: pay({"amount": 3}): not decided (approve, edit, reject, respond)',
    ]
    assert "amount: 3" in Markup(bundle["text/html"]).text


def test_what_others_wrote_is_text() -> None:
    call = waiting_call(
        tool=HOSTILE,
        args={HOSTILE: [HOSTILE]},
        description=f"{HOSTILE}\n\n{HOSTILE}",
        source=HOSTILE,
        calls_so_far=(HOSTILE,),
        asked_by=HOSTILE,
        refused=HOSTILE,
    )
    question = waiting_call(tool="", value={HOSTILE: HOSTILE})
    form = ApprovalForm([call, question])
    for text in (said(form), Markup(form._repr_mimebundle_()["text/html"]).text):
        assert "<script>alert(1)</script>" in text
        assert "\u202e" not in text
    field = widgets(form, ipywidgets.Textarea)[0].value
    assert "\u202e" not in field
    assert json.loads(field) == call.args
    # A label typesets its text, and a description may be markup: neither is used for such texts.
    assert widgets(form, ipywidgets.Label) == []
    assert not any(HOSTILE[:9] in str(one.description) for one in widgets(form, ipywidgets.Text))


def test_arguments_that_are_too_long_to_be_seen_whole_are_not_edited_here() -> None:
    form = ApprovalForm([waiting_call(args={"text": "x" * 10**6})])
    assert "Run as edited" not in [one.description for one in widgets(form, ipywidgets.Button)]
    assert widgets(form, ipywidgets.Textarea) == []
    assert len(said(form)) < 50_000
    form.decide("edit", args={"text": "short"})
    assert form.done
