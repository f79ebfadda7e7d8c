"""A call from a script is a tool call for everything that watches an agent."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain.tools import ToolRuntime
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import EchoModel, programs
from tests.helpers.stories import APPROVE

GO: Any = {"messages": [("user", "go")]}
THREAD: Any = {"configurable": {"thread_id": "1"}}

SOURCE = """
const [a, b] = await Promise.all([tools.add({ a: 1, b: 2 }), tools.add({ a: 3, b: 4 })]);
await tools.say({ text: String(a + b) })
"""


@tool
def add(a: int, b: int) -> int:
    """Adds."""
    return a + b


@tool
def say(text: str, runtime: ToolRuntime) -> str:
    """Has a model say something, and tells of it."""
    runtime.stream_writer({"said": text, "by": runtime.tool_call_id})
    return EchoModel().invoke(text).text


class Runs(BaseCallbackHandler):
    """The tree of runs, as a tracer sees it."""

    run_inline = True

    def __init__(self) -> None:
        self.parents: dict[UUID, UUID | None] = {}
        self.tools: dict[UUID, str] = {}
        self.models: list[UUID] = []
        self.ended: list[UUID] = []

    def on_chain_start(
        self,
        serialized: Any,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        self.parents[run_id] = parent_run_id

    def on_chat_model_start(
        self,
        serialized: Any,
        messages: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        self.parents[run_id] = parent_run_id
        self.models.append(run_id)

    def on_tool_start(
        self,
        serialized: Any,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        self.parents[run_id] = parent_run_id
        self.tools[run_id] = serialized["name"]

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self.ended.append(run_id)

    def tools_above(self, run_id: UUID) -> list[str]:
        """The tools that a run is under, the nearest first."""
        found = []
        above = self.parents[run_id]
        while above is not None:
            if above in self.tools:
                found.append(self.tools[above])
            above = self.parents[above]
        return found


def agent_with(**options: Any) -> Any:
    ours = CodeInterpreterMiddleware(ptc=[add, say], **options)
    return create_agent(model=programs(SOURCE), middleware=[ours], checkpointer=InMemorySaver())


def invoke(agent: Any, mode: Mode, given: Any, **config: Any) -> Any:
    config = {**THREAD, **config}
    if mode == "invoke":
        return agent.invoke(given, config)
    return asyncio.run(agent.ainvoke(given, config))


def stream(agent: Any, mode: Mode, stream_mode: Any, **options: Any) -> list[Any]:
    if mode == "invoke":
        return list(agent.stream(GO, THREAD, stream_mode=stream_mode, **options))

    async def collect() -> list[Any]:
        found = agent.astream(GO, THREAD, stream_mode=stream_mode, **options)
        return [item async for item in found]

    return asyncio.run(collect())


@pytest.mark.parametrize("mode", MODES)
def test_a_tracer_sees_calls_under_the_program(mode: Mode) -> None:
    runs = Runs()
    invoke(agent_with(), mode, GO, callbacks=[runs])
    above = [(name, runs.tools_above(run)) for run, name in runs.tools.items()]
    assert above == [("eval", []), ("add", ["eval"]), ("add", ["eval"]), ("say", ["eval"])]
    assert set(runs.ended) == set(runs.tools)
    assert [runs.tools_above(run) for run in runs.models] == [[], ["say", "eval"], []]


@pytest.mark.parametrize("mode", MODES)
def test_calls_after_a_pause_are_under_the_program_too(mode: Mode) -> None:
    agent = agent_with(interrupt_on={"say": True})
    invoke(agent, mode, GO)
    runs = Runs()
    invoke(agent, mode, Command(resume={"decisions": [APPROVE]}), callbacks=[runs])
    above = [(name, runs.tools_above(run)) for run, name in runs.tools.items()]
    assert above == [("eval", []), ("say", ["eval"])]


@pytest.mark.parametrize("mode", MODES)
def test_calls_show_in_every_stream(mode: Mode) -> None:
    found = stream(agent_with(), mode, ["messages", "updates", "custom", "tools"])
    by_kind: dict[str, list[Any]] = {}
    for kind, item in found:
        by_kind.setdefault(kind, []).append(item)

    events = [(item["event"], item["tool_call_id"]) for item in by_kind["tools"]]
    assert events[0] == ("tool-started", "call-0-0")
    assert events[-1] == ("tool-finished", "call-0-0")
    ids = {number for _, number in events}
    assert len(ids) == 4
    for event in ("tool-started", "tool-finished"):
        assert {number for name, number in events if name == event} == ids

    (said,) = (item for item in by_kind["custom"] if "said" in item)
    assert said["said"] == "10"
    assert said["by"] in ids - {"call-0-0"}
    # Programs add nothing to what the agent's own steps give.
    assert [key for item in by_kind["updates"] for key in item] == ["model", "tools", "model"]
    texts = [message.text for message, _ in by_kind["messages"] if message.text]
    assert texts == ["echo 10", "<result>echo 10</result>", "done"]
    nodes = {m["langgraph_node"] for message, m in by_kind["messages"] if "10" in message.text}
    assert nodes == {"tools"}


def test_calls_show_among_the_events_of_an_agent() -> None:
    async def collect() -> list[Any]:
        found = agent_with().astream_events(GO, THREAD, version="v2")
        return [event async for event in found]

    events = asyncio.run(collect())
    tools = [event for event in events if event["event"].startswith("on_tool")]
    assert [event["name"] for event in tools if event["event"] == "on_tool_start"] == [
        "eval",
        "add",
        "add",
        "say",
    ]
    assert tools[-1]["name"] == "eval"
    program = tools[0]["run_id"]
    assert all(program in event["parent_ids"] for event in tools[1:-1])
    outputs = [e["data"]["output"] for e in tools if e["event"] == "on_tool_end"]
    ids = {output.tool_call_id for output in outputs}
    assert len(ids) == 4
    assert all(number.startswith("call-0-0") for number in ids)


@pytest.mark.parametrize("mode", MODES)
def test_what_a_subagent_says_shows_under_its_call(mode: Mode) -> None:
    echo: Any = {"name": "echo", "description": "e", "system_prompt": "e", "model": EchoModel()}
    source = "await task({ description: 'one', subagentType: 'echo' })"
    agent = create_deep_agent(
        model=programs(source),
        subagents=[echo],
        middleware=[CodeInterpreterMiddleware()],
        checkpointer=InMemorySaver(),
    )
    found = stream(agent, mode, "messages", subgraphs=True)
    said = [(place, m) for place, (message, m) in found if message.text == "echo one"]
    assert len(said) == 1
    place, metadata = said[0]
    assert place[0].startswith("tools:")
    assert place[1].startswith("js:")
    assert metadata["lc_agent_name"] == "echo"
    runs = Runs()
    invoke(agent, mode, GO, callbacks=[runs], configurable={"thread_id": "2"})
    assert sorted(runs.tools_above(run) for run in runs.models) == [[], [], ["task", "eval"]]
