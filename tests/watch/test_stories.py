"""Timelines of programs that real agents have run, read from what is stored of their threads."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, TypedDict
from xml.etree import ElementTree as ET

import pytest
from langchain.agents import create_agent
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from langchain_quickjs import (
    CodeInterpreterMiddleware,
    NoStoryError,
    SetupError,
    SnapshotError,
    Timeline,
    atimeline,
    create_script_graph,
    timeline,
)
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.databases import aopened, opened
from tests.helpers.models import parallel_programs, programs
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

CONFIG: Any = {"configurable": {"thread_id": "thread"}}
GO: Any = {"messages": [("user", "go")]}
SOURCE = """const found = await tools.lookUp({ key: "abc" });
console.log(found.price);
await tools.pay({ to: "ann", amount: found.price });"""


def seen(talk: Conversation, **named: Any) -> Timeline:
    """The timeline, read as another process would."""

    async def asynchronously() -> Timeline:
        async with aopened(talk.database) as saver:  # type: ignore[arg-type]  # it has one
            return await atimeline(talk.build(saver), talk.config, **named)

    if talk.mode == "ainvoke":
        return asyncio.run(asynchronously())
    with opened(talk.database) as saver:  # type: ignore[arg-type]  # it has one
        return timeline(talk.build(saver), talk.config, **named)


def calls(made: Timeline) -> list[tuple[str, str]]:
    return [(call["tool"], call["fate"]) for call in made.story["calls"]]


@pytest.mark.parametrize("key", [None, "a secret of the tests"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_program_that_waits_and_then_ends(
    kind: Kind, mode: Mode, key: str | None, tmp_path: Path
) -> None:
    shop, options = Shop(tmp_path / "log"), {"snapshot_signing_key": key}
    talk = Conversation(
        kind, mode, tmp_path / "db", SOURCE, shop.tools(), {"pay": True}, options=options
    )
    talk.start()
    made = seen(talk)
    assert made.story["status"] == "waiting"
    assert calls(made) == [("look_up", "done"), ("pay", "waiting")]
    assert made.story["calls"][1]["line"] == 3
    assert ET.fromstring(made.to_svg()).get("role") == "img"
    if kind != "graph":
        assert made.tool_call_id == "call-0-0"
        assert seen(talk, tool_call_id="call-0-0").story == made.story
    talk.decide(APPROVE)
    made = seen(talk)
    assert made.story["status"] == "completed"
    assert calls(made) == [("look_up", "done"), ("pay", "done")]
    assert made.story["calls"][1]["decision"] == "approve"
    assert "3" in str(made)


@pytest.mark.parametrize("kind", KINDS)
def test_what_somebody_else_has_signed_is_not_shown(kind: Kind, tmp_path: Path) -> None:
    shop, options = Shop(tmp_path / "log"), {"snapshot_signing_key": "a secret of the tests"}
    talk = Conversation(
        kind, "invoke", tmp_path / "db", SOURCE, shop.tools(), {"pay": True}, options=options
    )
    talk.start()
    talk.options = {"snapshot_signing_key": "another secret of the tests"}
    with pytest.raises(SnapshotError, match="signature"):
        seen(talk)


def agent(model: Any, shop: Shop, saver: Any = None, **options: Any) -> Any:
    middleware = CodeInterpreterMiddleware(
        ptc=shop.tools(), interrupt_on={"pay": True}, mode="call", **options
    )
    return create_agent(model, middleware=[middleware], checkpointer=saver)


def test_one_of_several_programs_is_named(tmp_path: Path) -> None:
    model = parallel_programs(['await tools.lookUp({ key: "a" })', SOURCE])
    made = agent(model, Shop(tmp_path / "log"), InMemorySaver())
    made.invoke(GO, CONFIG)
    assert timeline(made, CONFIG).tool_call_id == "call-0-1"
    with pytest.raises(NoStoryError, match="'call-0-2'"):
        timeline(made, CONFIG, tool_call_id="call-0-2")


def test_of_programs_that_have_ended_the_last_one_is_shown(tmp_path: Path) -> None:
    look = 'await tools.lookUp({ key: "a" });'
    model = programs(look, f"{look} throw new TypeError('no')")
    made = agent(model, Shop(tmp_path / "log"), InMemorySaver())
    made.invoke(GO, CONFIG)
    last, first = timeline(made, CONFIG), timeline(made, CONFIG, tool_call_id="call-0-0")
    assert (last.tool_call_id, last.story["status"]) == ("call-1-0", "failed")
    assert (first.story["status"], calls(first)) == ("completed", [("look_up", "done")])


class State(TypedDict, total=False):
    source: str
    outcome: Any
    updates: Any


def test_a_script_graph_by_itself(tmp_path: Path) -> None:
    script = create_script_graph(
        Shop(tmp_path / "log").tools(),
        interrupt_on={"pay": True},
        snapshot_signing_key="a secret of the tests",
        checkpointer=InMemorySaver(),
    )
    script.invoke({"source": SOURCE}, CONFIG)
    assert calls(timeline(script, CONFIG)) == [("look_up", "done"), ("pay", "waiting")]


def test_an_agent_that_is_a_node(tmp_path: Path) -> None:
    inner = agent(
        programs(SOURCE), Shop(tmp_path / "log"), snapshot_signing_key="a secret of the tests"
    )
    graph: Any = StateGraph(MessagesState)
    graph.add_node("desk", inner)
    graph.add_edge(START, "desk")
    outer = graph.compile(checkpointer=InMemorySaver())
    outer.invoke(GO, CONFIG)
    made = timeline(outer, CONFIG)
    assert (made.tool_call_id, made.story["status"]) == ("call-0-0", "waiting")


@pytest.mark.parametrize("mode", MODES)
def test_a_thread_without_a_program_has_no_timeline(mode: Mode, tmp_path: Path) -> None:
    made = agent(programs("1"), Shop(tmp_path / "log"), InMemorySaver())

    def shown() -> Timeline:
        return timeline(made, CONFIG) if mode == "invoke" else asyncio.run(atimeline(made, CONFIG))

    with pytest.raises(NoStoryError, match="'thread' has no program"):
        shown()


def test_a_graph_without_a_checkpointer_has_no_timeline(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no checkpointer"):
        timeline(agent(programs("1"), Shop(tmp_path / "log")), CONFIG)
