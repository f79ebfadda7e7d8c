"""Interrupts that called tools, graphs and subagents raise: they reach people as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import BaseTool, tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Interrupt, interrupt
from pydantic import BaseModel, ValidationError

from langchain_quickjs import CodeInterpreterMiddleware, SetupError
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.models import parallel_programs, programs
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE


class Size(BaseModel):
    """What a person answers to `order`."""

    cm: int


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


def asking_tools(shop: Shop) -> list[BaseTool]:
    """The shop's tools, and tools that ask people by themselves."""

    @tool
    def order(what: str) -> dict[str, Any]:
        """Orders something, after two questions."""
        color = interrupt(f"What color of {what}?")
        size = interrupt(f"What size of {what}?", response_schema=Size)
        shop.note(f"order {what}")
        return {"what": what, "color": color, "cm": size.cm}

    def first(state: MessagesState) -> dict[str, Any]:
        shop.note("first step")
        return {}

    def second(state: MessagesState) -> dict[str, Any]:
        answer = interrupt({"ask": state["messages"][0].text})
        shop.note(f"second step {answer}")
        return {"messages": [("ai", str(answer))]}

    graph = StateGraph(MessagesState)
    graph.add_node("first", first)
    graph.add_node("second", second)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    graph.add_edge("second", END)
    inner = graph.compile()

    @tool
    def consult(question: str) -> str:
        """Asks a graph two things, one after the other."""
        answers = []
        for part in (question, f"{question} again"):
            state = inner.invoke({"messages": [HumanMessage(part)]})
            answers.append(state["messages"][-1].text)
        return ", ".join(answers)

    @tool
    async def aconsult(question: str) -> str:
        """The same without blocking."""
        state = await inner.ainvoke({"messages": [HumanMessage(question)]})
        return str(state["messages"][-1].text)

    return [*shop.tools(), order, consult, aconsult]


def talk_with(shop: Shop, source: str, kind: Kind, mode: Mode, **gates: Any) -> Conversation:
    return Conversation(
        kind, mode, shop.log.with_name("db"), source, asking_tools(shop), gates or None
    )


def asked(talk: Conversation) -> dict[str, Interrupt]:
    """What people are asked now, by the text of it."""
    found = {}
    for item in talk.last.get("__interrupt__", ()):
        value = item.value
        if isinstance(value, dict) and "action_requests" in value:
            value = ", ".join(str(request["args"]) for request in value["action_requests"])
        elif isinstance(value, dict):
            value = value.get("ask") or value["args"]
        found[str(value)] = item
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_tool_may_ask_more_than_once(kind: Kind, mode: Mode, shop: Shop) -> None:
    source = """
    const found = await tools.lookUp({ key: "abc" });
    const hat = await tools.order({ what: "hat" });
    JSON.stringify({ found, hat })
    """
    talk = talk_with(shop, source, kind, mode)
    talk.start()
    (first,) = asked(talk).values()
    assert first.value == "What color of hat?"
    talk.send(None)  # Nothing was answered, so nothing happens.
    assert asked(talk) == {"What color of hat?": first}
    talk.answer("red")
    (second,) = asked(talk).values()
    assert second.value == "What size of hat?"
    assert second.id != first.id
    assert isinstance(second.response_schema, dict)
    assert second.response_schema["properties"]["cm"]["type"] == "integer"
    talk.send(None)  # The first answer is not taken for one to the second question.
    assert asked(talk) == {"What size of hat?": second}
    with pytest.raises(ValidationError):
        talk.answer("large")
    assert talk.pending() == (second,)
    talk.answer({"cm": 58})
    assert talk.value == {
        "found": {"key": "abc", "price": 3},
        "hat": {"what": "hat", "color": "red", "cm": 58},
    }
    assert shop.counts() == {"look_up abc": 1, "order hat": 1}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_graphs_inside_a_tool_go_on_where_they_asked(kind: Kind, mode: Mode, shop: Shop) -> None:
    name = "aconsult" if mode == "ainvoke" else "consult"
    talk = talk_with(shop, f"await tools.{name}({{ question: 'why' }})", kind, mode)
    talk.start()
    assert list(asked(talk)) == ["why"]
    talk.answer("because")
    if mode == "invoke":
        assert list(asked(talk)) == ["why again"]
        talk.answer("so")
        assert "because, so" in talk.text
        # As anywhere in LangGraph, the tool's own body starts again, the graph's steps do not.
        assert shop.counts() == {"first step": 2, "second step because": 1, "second step so": 1}
    else:
        assert "because" in talk.text
        assert shop.counts() == {"first step": 1, "second step because": 1}


PARALLEL = """
const done = [];
const then = async (name, call) => { done.push([name, await call]); return name; };
const all = await Promise.all([
  then("hat", tools.order({ what: "hat" })).then(() => tools.lookUp({ key: "hat" })),
  then("cap", tools.order({ what: "cap" })).then(() => tools.lookUp({ key: "cap" })),
  then("pay", tools.pay({ to: "ann", amount: 1 })).then(() => tools.lookUp({ key: "pay" })),
  then("look", tools.lookUp({ key: "fast" })).then(() => tools.lookUp({ key: "next" })),
]);
const last = await tools.pay({ to: "bob", amount: 2 });
JSON.stringify({ order: done.map(([name]) => name), last })
"""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_pause_may_be_answered_in_part(kind: Kind, mode: Mode, shop: Shop) -> None:
    talk = talk_with(shop, PARALLEL, kind, mode, pay=True)
    talk.start()
    pay = "{'to': 'ann', 'amount': 1}"
    first = asked(talk)
    assert set(first) == {"What color of hat?", "What color of cap?", pay}
    # What nobody is asked about went on meanwhile.
    assert shop.counts() == {"look_up fast": 1, "look_up next": 1}

    talk.answer({first[pay].id: {"decisions": [APPROVE]}})
    now = asked(talk)
    # What was decided went on, and what was not has kept its id.
    assert shop.counts()["pay ann 1"] == shop.counts()["look_up pay"] == 1
    assert now == {text: first[text] for text in first if text != pay}

    talk.answer({now["What color of cap?"].id: "blue"})
    now = asked(talk)
    assert set(now) == {"What color of hat?", "What size of cap?"}
    talk.answer({now["What size of cap?"].id: {"cm": 1}, now["What color of hat?"].id: "red"})
    now = asked(talk)
    assert set(now) == {"What size of hat?"}
    assert shop.counts()["look_up cap"] == 1
    talk.answer({"cm": 2})
    assert set(asked(talk)) == {"{'to': 'bob', 'amount': 2}"}
    talk.decide(APPROVE)
    assert talk.value == {"order": ["look", "pay", "cap", "hat"], "last": "paid 2 to bob"}
    assert set(shop.counts().values()) == {1}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_answer_does_nothing_twice(kind: Kind, mode: Mode, shop: Shop) -> None:
    talk = talk_with(shop, PARALLEL, kind, mode, pay=True)
    talk.start()
    pay = "{'to': 'ann', 'amount': 1}"
    now = asked(talk)
    talk.answer({now["What color of hat?"].id: "red"})
    now = asked(talk)
    size, color = now["What size of hat?"], now["What color of cap?"]

    talk.refuse({now[pay].id: {"decisions": []}}, "number of decisions")
    assert "pay ann 1" not in shop.counts()
    # A wrong answer to a tool: what was decided beside it is done, once, and stays done.
    with pytest.raises(ValidationError):
        talk.answer({now[pay].id: {"decisions": [APPROVE]}, size.id: {"cm": "wide"}})
    assert shop.counts()["pay ann 1"] == 1
    talk.send(None)
    assert asked(talk) == {"What size of hat?": size, "What color of cap?": color}
    with pytest.raises(ValidationError):
        talk.answer({now[pay].id: {"decisions": [APPROVE]}, size.id: "wide"})
    assert shop.counts()["pay ann 1"] == 1
    talk.answer({size.id: {"cm": 3}, color.id: "blue"})
    talk.answer({"cm": 4})
    talk.decide({"type": "reject"})
    assert "person rejected" in talk.text
    assert set(shop.counts().values()) == {1}


@pytest.mark.parametrize("mode", MODES)
def test_scripts_of_one_message_wait_side_by_side(mode: Mode, shop: Shop) -> None:
    sources = [
        f"const x = await tools.order({{ what: '{what}' }});"
        f" await tools.pay({{ to: x.color, amount: x.cm }})"
        for what in ("hat", "cap")
    ]
    talk = talk_with(shop, "", "create_agent", mode, pay=True)
    talk.model = parallel_programs(sources)
    talk.options = {"mode": "call"}  # Where programs share variables, the second would not run.
    talk.options = {"mode": "call"}  # Programs that share variables run one after the other.
    talk.start()
    for _ in range(8):
        answers: dict[str, Any] = {}
        for text, item in asked(talk).items():
            if "color" in text:
                answers[item.id] = text.split()[-1]
            elif "size" in text:
                answers[item.id] = {"cm": len(answers) + 1}
            else:
                answers[item.id] = {"decisions": [APPROVE]}
        if not answers:
            break
        # One at a time, so that the scripts are never in step.
        talk.answer(dict([answers.popitem()]))
    assert not asked(talk)
    assert shop.counts()["order hat"] == shop.counts()["order cap"] == 1
    assert sum(n for what, n in shop.counts().items() if what.startswith("pay")) == 2


@pytest.mark.parametrize("mode", MODES)
def test_scripts_inside_scripts_wait_like_others(mode: Mode, shop: Shop) -> None:
    inner = """
    const name = await tools.order({ what: "hat" });
    (await Promise.all([tools.pay({ to: name.color, amount: 1 }), tools.lookUp({ key: "x" })]))[0]
    """
    tools = asking_tools(shop)
    gates = {"pay": True}
    worker = {
        "name": "worker",
        "description": "Works.",
        "model": programs(inner),
        "middleware": [CodeInterpreterMiddleware(ptc=tools, interrupt_on=gates)],
    }
    outer = """
    const job = () => task({ description: "job", subagentType: "worker" });
    await Promise.all([job(), tools.pay({ to: "me", amount: 2 }), job()]);
    """
    ours = CodeInterpreterMiddleware(ptc=tools, interrupt_on=gates)
    talk = Conversation("create_deep_agent", mode, shop.log.with_name("db"), outer, [])
    talk.agent_options = {"subagents": [worker], "middleware": [ours]}
    talk.start()
    for _ in range(10):
        waiting = talk.last.get("__interrupt__", ())
        if not waiting:
            break
        assert len({item.id for item in waiting}) == len(waiting)
        item = waiting[-1]
        answer: Any = {"decisions": [APPROVE]}
        if isinstance(item.value, str):
            answer = "red" if "color" in item.value else {"cm": 1}
        talk.answer({item.id: answer})
    assert talk.last["messages"][-1].text == "done"
    assert shop.counts() == {"order hat": 2, "pay red 1": 2, "pay me 2": 1, "look_up x": 2}


def test_what_asks_needs_a_checkpointer(shop: Shop) -> None:
    talk = talk_with(shop, "await tools.order({ what: 'hat' })", "create_agent", "invoke")
    talk.database = talk.memory = None
    with pytest.raises(SetupError, match="needs a checkpointer"):
        talk.start()
