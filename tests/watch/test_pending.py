"""What waits for people in a thread, whoever asks."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any, TypedDict

import pytest
from deepagents import create_deep_agent
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command, Interrupt, interrupt

from langchain_quickjs import (
    CodeInterpreterMiddleware,
    PendingCall,
    SetupError,
    apending,
    pending,
)
from tests.helpers.conversations import MODES, Mode
from tests.helpers.databases import Database, aopened, opened
from tests.helpers.models import ScriptedModel, programs
from tests.helpers.stories import APPROVE

CONFIG: Any = {"configurable": {"thread_id": "thread"}}
GO: Any = {"messages": [("user", "go")]}


@tool
def pay(to: str, amount: int = 1) -> str:
    """Pays somebody."""
    return f"paid {amount} to {to}"


@tool
def ask(what: str) -> str:
    """Asks a person."""
    return str(interrupt({"what": what}))


PAYS: dict[str, Any] = {
    "program": ("eval", {"code": 'await tools.pay({ to: "ann" })'}),
    "model": ("pay", {"to": "ann"}),
}


def interpreter(*tools: Any) -> CodeInterpreterMiddleware:
    return CodeInterpreterMiddleware(ptc=tools or [pay, ask], interrupt_on={"pay": True})


def agent(model: ScriptedModel, *middleware: Any, saver: Any = None) -> Any:
    return create_agent(
        model, [pay, ask], middleware=middleware, checkpointer=saver or InMemorySaver()
    )


def waiting(graph: Any, mode: Mode, message: Any = GO) -> list[PendingCall]:
    """What waits after a message."""

    async def sent() -> list[PendingCall]:
        await graph.ainvoke(message, CONFIG)
        return await apending(graph, CONFIG)

    if mode == "ainvoke":
        return asyncio.run(sent())
    graph.invoke(message, CONFIG)
    return pending(graph, CONFIG)


def text_of(call: PendingCall) -> str:
    return call._repr_mimebundle_()["text/plain"]


def ids(graph: Any) -> list[str]:
    return [one.id for one in graph.get_state(CONFIG).interrupts]


@pytest.mark.parametrize("mode", MODES)
def test_what_a_program_and_its_tools_ask(mode: Mode) -> None:
    source = 'await Promise.all([tools.pay({ to: "ann" }), tools.ask({ what: "why" }), '
    graph = agent(programs(f'{source}tools.pay({{ to: "bob", amount: 2 }})])'), interpreter())
    first, second, question = waiting(graph, mode)
    assert (first.tool, first.args, first.index) == ("pay", {"to": "ann"}, 0)
    assert (second.tool, second.args, second.index) == ("pay", {"to": "bob", "amount": 2}, 1)
    assert first.interrupt_id == second.interrupt_id != question.interrupt_id
    assert {first.interrupt_id, question.interrupt_id} == set(ids(graph))
    assert first.allowed_decisions == ("approve", "edit", "reject", "respond")
    assert (question.tool, question.args, question.value) == ("", {}, {"what": "why"})
    assert question.allowed_decisions == ()
    assert question.asked_by.startswith("tools:")


@pytest.mark.parametrize("mode", MODES)
def test_what_is_answered_waits_no_longer(mode: Mode) -> None:
    source = 'await Promise.all([tools.pay({ to: "ann" }), tools.ask({ what: "why" })])'
    graph = agent(programs(source), interpreter())
    call, question = waiting(graph, mode)
    (left,) = waiting(graph, mode, Command(resume={question.interrupt_id: "so"}))
    assert left == call
    assert waiting(graph, mode, Command(resume={call.interrupt_id: {"decisions": [APPROVE]}})) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("middleware", [HumanInTheLoopMiddleware({"pay": True}), interpreter()])
def test_what_the_model_asks_itself(middleware: Any, mode: Mode) -> None:
    graph = agent(ScriptedModel(turns=[[("pay", {"to": "ann"})]]), middleware)
    (call,) = waiting(graph, mode)
    assert (call.tool, call.args["to"], call.asked_by) == ("pay", "ann", "model")
    assert (call.tool_call_id, call.source, call.line) == (None, None, None)


@pytest.mark.parametrize("mode", MODES)
def test_what_a_tool_of_the_model_asks(mode: Mode) -> None:
    graph = agent(ScriptedModel(turns=[[("ask", {"what": "why"})]]))
    (call,) = waiting(graph, mode)
    assert (call.tool, call.value) == ("", {"what": "why"})
    assert call.asked_by.startswith("tools:")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("asks", ["model", "program"])
def test_what_subagents_ask(asks: str, mode: Mode) -> None:
    worker = {
        "name": "payer",
        "description": "Pays.",
        "system_prompt": "Pay.",
        "tools": [pay],
        "model": ScriptedModel(turns=[[("pay", {"to": "ann"})]]),
        "interrupt_on": {"pay": True},
    }
    tasks: list[Any] = [("task", {"description": to, "subagent_type": "payer"}) for to in "ab"]
    call = "task({ description: 'a', subagentType: 'payer' })"
    model = programs(f"await Promise.all([{call}, {call}])")
    if asks == "model":
        model = ScriptedModel(turns=[tasks])
    graph = create_deep_agent(
        model,
        subagents=[worker],  # type: ignore[list-item]  # a dict with the keys of one
        middleware=[CodeInterpreterMiddleware()],
        checkpointer=InMemorySaver(),
    )
    first, second = waiting(graph, mode)
    assert first.interrupt_id != second.interrupt_id
    for one in (first, second):
        assert (one.tool, one.args) == ("pay", {"to": "ann"})
        assert one.asked_by.startswith("tools:")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("caller", ["model", "program"])
@pytest.mark.parametrize("asks", ["model", "program"])
def test_which_subagent_asks(asks: str, caller: str, mode: Mode) -> None:
    worker = {
        "name": "payer`s [boss](x)",
        "description": "Pays.",
        "system_prompt": "Pay.",
        "tools": [pay],
        "model": ScriptedModel(turns=[[PAYS[asks]]]),
        "middleware": [interpreter(pay)],
    }
    task = {"description": "a", "subagent_type": worker["name"]}
    turns: dict[str, Any] = {
        "model": [("task", task)],
        "program": [("eval", {"code": f"await task({json.dumps(task)})"})],
    }
    graph = create_deep_agent(
        ScriptedModel(turns=[turns[caller]]),
        subagents=[worker],  # type: ignore[list-item]  # a dict with the keys of one
        middleware=[CodeInterpreterMiddleware()],
        checkpointer=InMemorySaver(),
    )
    (call,) = waiting(graph, mode)
    assert call.agent == worker["name"]
    lines = call.description.splitlines()
    if asks == "program":
        said = 'pay(to: "ann"), asked by a program of the agent ``payer`s [boss](x)``, line 1'
        assert lines[0] == said
        assert "asked by a program of the agent payer`s [boss](x), line 1" in text_of(call)
    else:
        assert lines[2:4] == ["Agent: ``payer`s [boss](x)``", "Tool: pay"]


@pytest.mark.parametrize("asks", ["model", "program"])
@pytest.mark.parametrize("name", [None, "boss"])
def test_the_agent_itself_is_not_named(name: str | None, asks: str) -> None:
    graph = create_agent(
        ScriptedModel(turns=[[PAYS[asks]]]),
        [pay],
        middleware=[interpreter(pay)],
        checkpointer=InMemorySaver(),
        name=name,
    )
    (call,) = waiting(graph, "invoke")
    assert call.agent == ""
    assert "agent" not in call.description.lower()


@pytest.mark.parametrize("mode", MODES)
def test_what_an_agent_asks_that_is_a_node(mode: Mode) -> None:
    inner = create_agent(
        ScriptedModel(turns=[[("pay", {"to": "ann"})]]),
        [pay],
        middleware=[HumanInTheLoopMiddleware({"pay": True})],
    )
    graph: Any = StateGraph(MessagesState)
    graph.add_node("desk", inner)
    graph.add_edge(START, "desk")
    compiled = graph.compile(checkpointer=InMemorySaver())
    (call,) = waiting(compiled, mode)
    assert call.tool == "pay"
    desk, inside = call.asked_by.split("|")
    assert desk.startswith("desk:")
    assert inside.startswith("HumanInTheLoopMiddleware.after_model:")


def test_it_is_read_wherever_it_is_stored(database: Database | None) -> None:
    model = programs('await tools.pay({ to: "ann" })')
    if database is None:
        (call,) = waiting(agent(model, interpreter()), "invoke")
        assert call.args["to"] == "ann"
        return
    with opened(database) as saver:
        (call,) = waiting(agent(model, interpreter(), saver=saver), "invoke")

    async def again() -> list[PendingCall]:
        async with aopened(database) as saver:
            return await apending(agent(model, interpreter(), saver=saver), CONFIG)

    assert asyncio.run(again()) == [call]


class State(TypedDict, total=False):
    value: Any
    answer: Any


def asking(value: Any, saver: Any = None) -> Any:
    """A graph of a node that asks for something."""

    def node(_: State) -> State:
        return {"answer": interrupt(value)}

    graph: Any = StateGraph(State)
    graph.add_node("desk", node)
    graph.add_edge(START, "desk")
    return graph.compile(checkpointer=saver or InMemorySaver())


QUESTION: Any = {
    "action_requests": [
        {"name": "pay", "args": {"to": "ann"}, "description": "pays, line 3"},
        {"name": "tell", "args": {}, "description": "tells, line 5"},
    ],
    "review_configs": [
        {"action_name": "pay", "allowed_decisions": ["approve"]},
        {"action_name": "tell", "allowed_decisions": ["reject"]},
    ],
    "tool_call_id": "call-1",
    "program": {"source": "1\n2\n3", "line": 3, "column": 7, "lines": [3, 5]},
    "calls_so_far": ["done: look_up({})"],
    "asked_at": "2026-01-02T03:04:05+00:00",
    "expires_at": "2026-01-02T04:04:05+00:00",
    "refused": "Decision 1 does not fit.",
}


def test_a_question_of_a_program_tells_the_whole_story() -> None:
    first, second = waiting(asking(QUESTION), "invoke", {})
    assert (first.asked_by, first.tool_call_id) == ("program", "call-1")
    assert (first.source, first.line, first.column) == ("1\n2\n3", 3, 7)
    assert (second.line, second.column) == (5, None)
    assert first.calls_so_far == ("done: look_up({})",)
    assert first.asked_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert first.expires_at == datetime(2026, 1, 2, 4, 4, 5, tzinfo=UTC)
    assert first.refused == "Decision 1 does not fit."
    assert first.description == "pays, line 3"
    assert (first.allowed_decisions, second.allowed_decisions) == (("approve",), ("reject",))


integers = st.integers(-(2**63), 2**63 - 1)  # LangGraph's own serializer takes no others.


def test_a_question_that_has_other_names_for_its_tools_and_a_time_for_each_call() -> None:
    pay_, tell = (dict(one, name="eval", tool=one["name"]) for one in QUESTION["action_requests"])
    reviews = [
        {"action_name": "eval", "allowed_decisions": ["approve"]},
        {
            "action_name": "eval",
            "allowed_decisions": ["reject"],
            "expires_at": "2026-01-02T04:04:05Z",
        },
    ]
    question = {**QUESTION, "action_requests": [pay_, tell], "review_configs": reviews}
    first, second = waiting(asking(question), "invoke", {})
    assert (first.tool, first.allowed_decisions, first.expires_at) == ("pay", ("approve",), None)
    assert (second.tool, second.allowed_decisions) == ("tell", ("reject",))
    assert second.expires_at == datetime(2026, 1, 2, 4, 4, 5, tzinfo=UTC)


anything: Any = st.recursive(
    st.none() | st.booleans() | integers | st.floats() | st.text() | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def with_holes(value: Any) -> Any:
    """A value in which anything may stand at any place."""
    if isinstance(value, dict):
        keys = {key: with_holes(inner) for key, inner in value.items()}
        return anything | st.fixed_dictionaries({}, optional=keys)
    if isinstance(value, list):
        return anything | st.lists(st.one_of([with_holes(inner) for inner in value]), max_size=3)
    return st.just(value) | anything


@given(with_holes(QUESTION))
def test_any_value_can_be_asked_and_shown(value: Any) -> None:
    found = waiting(asking(value), "invoke", {})
    assert found
    for index, call in enumerate(found):
        assert call.index == index
        assert isinstance(call.asked_at, datetime)
        assert all(isinstance(one, str) for one in (call.tool, call.description, call.asked_by))
        assert call.line is None or call.line > 0
    for shown in (found, found[0]):
        bundle: dict[str, str] = shown._repr_mimebundle_()  # type: ignore[union-attr]
        assert all(one.isprintable() or one == "\n" for text in bundle.values() for one in text)
        assert "<script" not in bundle["text/html"]


@pytest.mark.parametrize("planted", [3, "abc", None, [], [7], {"a": 1}, [Interrupt(1, id="x"), 2]])
def test_what_was_planted_in_a_database_does_no_harm(planted: Any) -> None:
    saver = InMemorySaver()
    graph = asking("why", saver)
    assert waiting(graph, "invoke", {})
    address = graph.get_state(CONFIG).config
    task = graph.get_state(CONFIG).tasks[0].id
    saver.put_writes(address, [("__interrupt__", planted)], task)
    assert all(isinstance(one, PendingCall) for one in pending(graph, CONFIG))


def test_a_notebook_shows_what_waits_with_its_line_marked() -> None:
    (call, _) = found = waiting(asking(QUESTION), "invoke", {})
    text = call._repr_mimebundle_()["text/plain"]
    assert text.splitlines()[0] == 'pay(to: "ann")'
    assert "  >    3  3" in text
    assert "asked by a program, line 3, 2026-01-02 03:04:05 UTC" in text
    assert "The last answer did not fit: Decision 1 does not fit." in text
    html = found._repr_mimebundle_()["text/html"]  # type: ignore[attr-defined]  # a list of its own
    assert html.count('class="qjs-card"') == 2
    assert "script" not in html


def test_of_a_long_program_the_part_that_waits_is_shown() -> None:
    program = {"source": "a\nb\nc", "first_line": 400, "line": 401, "lines": [401, 402]}
    (call, _) = waiting(asking({**QUESTION, "program": program}), "invoke", {})
    assert (call.first_line, call.line) == (400, 401)
    assert "  >  401  b" in call._repr_mimebundle_()["text/plain"]


def test_what_one_program_has_done_is_said_once() -> None:
    both = {**QUESTION, "program": {**QUESTION["program"], "lines": [3, 3]}}
    found = waiting(asking(both), "invoke", {})
    text = found._repr_mimebundle_()["text/plain"]  # type: ignore[attr-defined]  # its own list
    assert text.count("look_up") == 1
    assert text.count("  >    3  3") == 1


def test_nothing_waits_in_a_thread_that_nobody_began() -> None:
    found = pending(asking("why"), CONFIG)
    assert found == []
    assert "Nothing waits" in found._repr_mimebundle_()["text/html"]  # type: ignore[attr-defined]


def test_a_graph_without_a_checkpointer_has_nothing_to_show() -> None:
    with pytest.raises(SetupError, match="no checkpointer"):
        pending(create_agent(programs("1")), CONFIG)


@pytest.mark.parametrize("other", [InMemorySaver(), None, "agent", pay])
def test_what_is_no_agent_has_nothing_to_show(other: Any) -> None:
    with pytest.raises(SetupError, match="`agent` must be"):
        pending(other, CONFIG)


@pytest.mark.parametrize(
    "config", [{}, {"configurable": {}}, {"configurable": None}, "thread", None, ["thread"]]
)
def test_the_config_names_the_thread(config: Any) -> None:
    with pytest.raises(SetupError, match="thread_id"):
        pending(asking("why"), config)
