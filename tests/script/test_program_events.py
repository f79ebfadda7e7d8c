"""The custom stream tells how the calls of a program get on, in texts that are short."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any, NotRequired, get_args, get_origin, get_type_hints

import pytest
from deepagents import create_deep_agent
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from langchain_quickjs import (
    PROGRAM_STREAM_EVENT_TYPE,
    CodeInterpreterMiddleware,
    ProgramCallEndEvent,
    ProgramCallErrorEvent,
    ProgramCallResumedEvent,
    ProgramCallStartEvent,
    ProgramCallWaitingEvent,
    ProgramConsoleEvent,
    ProgramStreamEvent,
    Raised,
    Returned,
    create_script_graph,
)
from langchain_quickjs.script.telling.program_events import ProgramEvents
from tests.helpers.conversations import MODES, GraphState, Mode
from tests.helpers.models import EchoModel, programs
from tests.helpers.stories import APPROVE

GO: Any = {"messages": [("user", "go")]}
THREAD: Any = {"configurable": {"thread_id": "1"}}
WAIT_S = 20

KINDS: dict[str, Any] = {
    "start": ProgramCallStartEvent,
    "waiting": ProgramCallWaitingEvent,
    "resumed": ProgramCallResumedEvent,
    "end": ProgramCallEndEvent,
    "error": ProgramCallErrorEvent,
    "console": ProgramConsoleEvent,
}


@tool
def look_up(key: str) -> dict[str, int]:
    """Looks something up."""
    if key == "nothing":
        raise LookupError("nothing is known of nothing")
    return {"price": len(key)}


@tool
def pay(to: str, amount: float) -> str:
    """Pays somebody."""
    return f"paid {amount:g} to {to}"


@tool
def choose(what: str) -> str:
    """Has a person choose."""
    return str(interrupt({"which": what}))


TOOLS: list[BaseTool] = [look_up, pay, choose]


def agent_of(*sources: str, saver: Any = None, tools: Any = TOOLS, **options: Any) -> Any:
    options.setdefault("interrupt_on", {"pay": True})
    middleware = CodeInterpreterMiddleware(ptc=tools, **options)
    saver = saver or InMemorySaver()
    return create_agent(programs(*sources), middleware=[middleware], checkpointer=saver)


def node_of(source: str, **options: Any) -> Any:
    script = create_script_graph(TOOLS, interrupt_on={"pay": True}, **options)
    graph = StateGraph(GraphState)
    graph.add_node("script", script)
    graph.add_edge(START, "script")
    graph.add_edge("script", END)
    return graph.compile(checkpointer=InMemorySaver())


def items(graph: Any, mode: Mode, given: Any, *, stream_mode: Any = "custom") -> list[Any]:
    """What comes of all graphs, each with its place."""
    options: Any = {"stream_mode": stream_mode, "subgraphs": True}
    if mode == "invoke":
        return list(graph.stream(given, THREAD, **options))

    async def collect() -> list[Any]:
        return [item async for item in graph.astream(given, THREAD, **options)]

    return asyncio.run(collect())


def events(graph: Any, mode: Mode, given: Any = GO) -> list[Any]:
    """The events about programs, each of a type that is exported."""
    found = [event for _, event in items(graph, mode, given)]
    for event in found:
        fields = get_type_hints(KINDS[event["phase"]], include_extras=True)
        required = {key for key, kind in fields.items() if get_origin(kind) is not NotRequired}
        assert required <= event.keys() <= fields.keys()
        assert event["type"] == PROGRAM_STREAM_EVENT_TYPE
    return found


def told(found: list[Any]) -> list[str]:
    """Events in short."""
    return [
        " ".join(
            str(event[key]) for key in ("phase", "tool", "args", "detail", "text") if key in event
        )
        for event in found
    ]


def test_every_kind_of_event_is_exported() -> None:
    assert set(get_args(ProgramStreamEvent)) == set(KINDS.values())


SOURCE = """
console.log("looking");
const found = await tools.lookUp({ key: "shoes" });
try { await tools.lookUp({ key: "nothing" }) } catch {}
await tools.pay({ to: "ann", amount: found.price });
console.log("paid");
"""
FIRST = [
    "console looking\n",
    'start look_up {"key": "shoes"}',
    'end look_up {"price": 5}',
    'start look_up {"key": "nothing"}',
    "error look_up LookupError: nothing is known of nothing",
    'waiting pay {"to": "ann", "amount": 5} approve, edit, reject, respond',
]
SECOND = [
    'resumed pay {"to": "ann", "amount": 5} approve',
    'end pay "paid 5 to ann"',
    "console paid\n",
]


@pytest.mark.parametrize("mode", MODES)
def test_an_agent_tells_of_its_program(mode: Mode) -> None:
    saver = InMemorySaver()
    first = events(agent_of(SOURCE, saver=saver), mode)
    assert told(first) == FIRST
    assert {event["tool_call_id"] for event in first} == {"call-0-0"}
    # Another agent goes on, as another process would.
    answer: Any = Command(resume={"decisions": [APPROVE]})
    second = events(agent_of(SOURCE, saver=saver), mode, answer)
    assert told(second) == SECOND
    assert second[0]["id"] == second[1]["id"] == first[-1]["id"]
    assert all(event["id"].startswith("call-0-0") for event in first if "id" in event)
    assert all(event["duration_ms"] >= 0 for event in first if event["phase"] in ("end", "error"))


@pytest.mark.parametrize("mode", MODES)
def test_a_node_tells_of_its_script(mode: Mode) -> None:
    graph = node_of(SOURCE)
    first = events(graph, mode, {"source": SOURCE})
    assert told(first) == FIRST
    second = events(graph, mode, Command(resume={"decisions": [APPROVE]}))
    assert told(second) == SECOND
    assert second[0]["id"] == first[-1]["id"]
    assert len({event["tool_call_id"] for event in first + second}) == 1


@pytest.mark.parametrize("mode", MODES)
def test_all_events_of_a_program_come_from_one_place(mode: Mode) -> None:
    """Whether it has paused or not: the graph inside is nobody's business."""
    agent, node = agent_of(SOURCE), node_of(SOURCE)
    answer: Any = Command(resume={"decisions": [APPROVE]})
    assert {place for given in (GO, answer) for place, _ in items(agent, mode, given)} == {()}
    found = {p for given in ({"source": SOURCE}, answer) for p, _ in items(node, mode, given)}
    assert [[part.partition(":")[0] for part in place] for place in found] == [["script"]]


DECISIONS: dict[str, tuple[Any, list[str]]] = {
    "edit": (
        {"type": "edit", "edited_action": {"name": "pay", "args": {"to": "bob", "amount": 1}}},
        ['resumed pay {"to": "bob", "amount": 1} edit', 'end pay "paid 1 to bob"'],
    ),
    "reject": (
        {"type": "reject", "message": "too  much\nmoney"},
        [
            'resumed pay {"to": "ann", "amount": 2} reject',
            "error pay RejectedError: A person rejected this call of `pay`, which was not run: "
            "too much money",
        ],
    ),
    "respond": (
        {"type": "respond", "message": "paid in cash"},
        ['resumed pay {"to": "ann", "amount": 2} respond', 'end pay "paid in cash"'],
    ),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("decision", DECISIONS)
def test_what_a_person_decides_is_told(decision: str, mode: Mode) -> None:
    given, expected = DECISIONS[decision]
    agent = agent_of("try { await tools.pay({ to: 'ann', amount: 2 }) } catch {}")
    (waiting,) = events(agent, mode)
    found = events(agent, mode, Command(resume={"decisions": [given]}))
    assert told(found) == expected
    assert found[0]["id"] == waiting["id"]
    # An edited call is another call: the tool and later events have an id of its own.
    assert found[1]["id"] == found[0].get("runs_as", waiting["id"])
    assert ("runs_as" in found[0]) == (decision == "edit")


@pytest.mark.parametrize("mode", MODES)
def test_a_call_that_waits_is_announced_while_others_run(mode: Mode) -> None:
    announced = threading.Event()

    @tool
    def slow() -> str:
        """Ends when it is known that another call waits."""
        return str(announced.wait(WAIT_S))

    source = "await Promise.all([tools.slow({}), tools.pay({ to: 'ann', amount: 1 })])"
    agent = agent_of(source, tools=[slow, pay])
    options: Any = {"stream_mode": "custom"}
    phases = []

    def note(event: Any) -> None:
        phases.append((event["phase"], event["tool"], event.get("detail")))
        if event["phase"] == "waiting":
            announced.set()

    async def collect() -> None:
        async for event in agent.astream(GO, THREAD, **options):
            note(event)

    if mode == "ainvoke":
        asyncio.run(collect())
    else:
        for event in agent.stream(GO, THREAD, **options):
            note(event)
    assert ("end", "slow", '"True"') in phases


@pytest.mark.parametrize("mode", MODES)
def test_what_a_tool_asks_itself_is_told(mode: Mode) -> None:
    saver = InMemorySaver()
    source = "await tools.choose({ what: 'color' })"
    first = events(agent_of(source, saver=saver), mode)
    assert told(first) == [
        'start choose {"what": "color"}',
        'waiting choose {"what": "color"} {"which": "color"}',
    ]
    second = events(agent_of(source, saver=saver), mode, Command(resume="red"))
    assert told(second) == ['resumed choose {"what": "color"} ', 'end choose "red"']
    assert {event["id"] for event in (*first, *second)} == {first[0]["id"]}


@pytest.mark.parametrize("mode", MODES)
def test_of_several_calls_those_go_on_that_are_answered(mode: Mode) -> None:
    source = """
    await Promise.allSettled([tools.choose({ what: 'a' }), tools.choose({ what: 'b' }),
                              tools.pay({ to: 'ann', amount: 1 })])
    """
    agent = agent_of(source)
    first = events(agent, mode)
    waiting = {event["args"]: event["id"] for event in first if event["phase"] == "waiting"}
    assert len(waiting) == 3
    asked = {
        str(one.value.get("which", "pay")): one.id for one in agent.get_state(THREAD).interrupts
    }
    for number, answer in ((asked["b"], "blue"), (asked["pay"], {"decisions": [APPROVE]})):
        found = events(agent, mode, Command(resume={number: answer}))
        assert [event["phase"] for event in found] == ["resumed", "end"]
        assert {event["id"] for event in found} == {waiting[found[0]["args"]]}


@pytest.mark.parametrize("mode", MODES)
def test_a_run_that_goes_again_tells_of_what_it_does_only(mode: Mode) -> None:
    broken = [True]

    @tool
    def fragile() -> str:
        """Fails the first time."""
        if broken:
            broken.clear()
            raise ConnectionError("gone")
        return "well"

    source = "await tools.lookUp({ key: 'a' }); await tools.fragile({})"
    agent = agent_of(source, tools=[look_up, fragile], interrupt_on=None)
    with pytest.raises(ConnectionError):
        events(agent, mode)
    assert told(events(agent, mode, None)) == ["start fragile {}", 'end fragile "well"']


class Killed(BaseException):
    """Ends a run at once, as the end of its process does."""


def test_an_approved_call_that_was_cut_off_waits_again() -> None:
    made: list[str] = []

    @tool
    def wire(to: str) -> str:
        """Wires something; the process dies before anybody learns of the first time."""
        made.append(to)
        if len(made) == 1:
            raise Killed
        return f"wired to {to}"

    source = "await tools.wire({ to: 'ann' })"
    agent = agent_of(source, tools=[wire], interrupt_on={"wire": True})
    (waiting,) = events(agent, "invoke")
    with pytest.raises(Killed):
        events(agent, "invoke", Command(resume={"decisions": [APPROVE]}))
    (again,) = events(agent, "invoke", None)
    assert again == waiting
    found = events(agent, "invoke", Command(resume={"decisions": [APPROVE]}))
    assert [event["phase"] for event in found] == ["resumed", "end"]
    assert {event["id"] for event in found} == {waiting["id"]}


@pytest.mark.parametrize("mode", MODES)
def test_programs_of_subagents_tell_too(mode: Mode) -> None:
    worker: Any = {
        "name": "worker",
        "description": "works",
        "system_prompt": "work",
        "model": programs("await tools.lookUp({ key: 'inside' })"),
        "middleware": [CodeInterpreterMiddleware(ptc=[look_up])],
    }
    agent = create_deep_agent(
        model=programs("await task({ description: 'work', subagentType: 'worker' })"),
        subagents=[worker],
        middleware=[CodeInterpreterMiddleware()],
        checkpointer=InMemorySaver(),
    )
    found = [
        (len(place), event["phase"], event["tool"])
        for place, event in items(agent, mode, GO)
        if event["type"] == PROGRAM_STREAM_EVENT_TYPE
    ]
    assert found == [
        (0, "start", "task"),
        (2, "start", "look_up"),
        (2, "end", "look_up"),
        (0, "end", "task"),
    ]


def test_a_call_waits_again_where_an_answer_did_not_fit() -> None:
    worker: Any = {
        "name": "worker",
        "description": "works",
        "system_prompt": "work",
        "model": programs("await tools.pay({ to: 'ann', amount: 1 })"),
        "middleware": [CodeInterpreterMiddleware(ptc=[pay], interrupt_on={"pay": True})],
    }
    agent = create_deep_agent(
        model=programs("await task({ description: 'work', subagentType: 'worker' })"),
        subagents=[worker],
        middleware=[CodeInterpreterMiddleware()],
        checkpointer=InMemorySaver(),
    )
    found: list[tuple[str, str]] = []

    def note(given: Any) -> None:
        # What comes before an error is lost in a list.
        streamed: Any = agent.stream(given, THREAD, stream_mode="custom", subgraphs=True)
        for place, event in streamed:
            if not place and event["type"] == PROGRAM_STREAM_EVENT_TYPE:
                found.append((event["phase"], event.get("detail", "")))

    note(GO)
    note(Command(resume={"decisions": []}))
    note(Command(resume={"decisions": [APPROVE]}))
    phases = [phase for phase, _ in found]
    assert phases == ["start", "waiting", "resumed", "waiting", "resumed", "end"]
    assert "pay" in found[1][1]
    assert "The number of decisions (0)" in found[3][1]


@pytest.mark.parametrize("mode", MODES)
def test_the_events_can_be_left_out(mode: Mode) -> None:
    assert items(agent_of(SOURCE, stream_events=False), mode, GO) == []
    assert items(node_of(SOURCE, stream_events=False), mode, {"source": SOURCE}) == []


@pytest.mark.parametrize("mode", MODES)
def test_what_many_steps_print_is_told_once_and_no_more_than_is_kept(mode: Mode) -> None:
    source = """
    for (let i = 0; i < 40; i++) { console.log("x".repeat(4000)); await tools.lookUp({ key: "a" }) }
    """
    found = [e["text"] for e in events(agent_of(source), mode) if e["phase"] == "console"]
    assert max(map(len, found)) == 2000
    assert "".join(found).startswith(("x" * 4000 + "\n") * 10)
    assert 2**16 <= len("".join(found)) < 2**16 + 100


# texts


class Odd(Mapping[str, Any]):
    """Looks like data, and is none."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError(key)

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("iter")

    def __len__(self) -> int:
        raise RuntimeError("len")


def plain() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | st.text()
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )


ODD = (Odd(), object(), "x" * 10**6, [["y"] * 10**5], "\u202e\x1b[2J\ud800")
VALUES = plain() | st.sampled_from(ODD)


@given(args=plain(), value=VALUES, name=st.text(), message=st.text() | st.just("\x1b[2J\n" * 10**5))
@settings(deadline=None)
def test_texts_about_calls_are_short_lines(args: Any, value: Any, name: str, message: str) -> None:
    written: list[Any] = []
    tells = ProgramEvents("program", written.append)
    tells.call_starts("id", name, args)
    tells.call_waits("id", name, args, message)
    tells.call_resumes("id", name, args, "approve")
    tells.call_ends("id", name, Returned(value))
    tells.call_ends("id", name, Raised(name, message))
    for event in written:
        texts = [event[key] for key in ("tool", "args", "detail") if key in event]
        assert all(len(text) <= 201 and text.isprintable() for text in texts), event
        json.dumps(event, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("mode", MODES)
def test_what_is_printed_can_be_sent(mode: Mode) -> None:
    source = 'console.log("\\ud800 \\u202e \\u0000"); console.log("a".repeat(10000))'
    found = events(agent_of(source), mode)
    for event in found:
        json.dumps(event, ensure_ascii=False).encode("utf-8")
    assert "".join(event["text"] for event in found).endswith("a" * 10000 + "\n")


def test_a_subagent_has_events_of_both_kinds() -> None:
    echo: Any = {"name": "echo", "description": "e", "system_prompt": "e", "model": EchoModel()}
    agent = create_deep_agent(
        model=programs("await task({ description: 'one', subagentType: 'echo' })"),
        subagents=[echo],
        middleware=[CodeInterpreterMiddleware()],
    )
    found = [(event["type"], event["phase"]) for _, event in items(agent, "invoke", GO)]
    assert found == [
        ("program", "start"),
        ("subagent", "start"),
        ("subagent", "complete"),
        ("program", "end"),
    ]
