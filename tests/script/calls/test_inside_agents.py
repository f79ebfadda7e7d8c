"""Calls of a script inside an agent: its hooks, its state, its subagents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from deepagents import create_deep_agent
from langchain.agents import AgentState, create_agent
from langchain.agents.middleware import AgentMiddleware, TodoListMiddleware
from langchain.tools import InjectedState, InjectedStore, InjectedToolCallId, ToolRuntime
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import EchoModel, ScriptedModel, programs
from tests.helpers.stories import APPROVE

GO: Any = {"messages": [("user", "go")]}
THREAD: Any = {"configurable": {"thread_id": "1"}}


def run_agent(agent: Any, mode: Mode, message: Any = GO) -> dict[str, Any]:
    if mode == "invoke":
        return dict(agent.invoke(message, THREAD))
    return dict(asyncio.run(agent.ainvoke(message, THREAD)))


def text_of(state: dict[str, Any]) -> str:
    return next(m.text for m in state["messages"] if isinstance(m, ToolMessage))


class CountingState(AgentState[Any]):
    counter: int


class Hooks(AgentMiddleware[Any, Any, Any]):
    """Sees script calls, retries one, changes the answer of another."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, str | None]] = []

    def wrap_tool_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        name = self._note(request)
        if name == "flaky":
            try:
                return handler(request)
            except ValueError:
                return handler(request)
        result = handler(request)
        if name == "secret":
            return result.model_copy(update={"content": json.dumps({"hidden": True})})
        return result

    async def awrap_tool_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        name = self._note(request)
        if name == "flaky":
            try:
                return await handler(request)
            except ValueError:
                return await handler(request)
        result = await handler(request)
        if name == "secret":
            return result.model_copy(update={"content": json.dumps({"hidden": True})})
        return result

    def _note(self, request: Any) -> str:
        name: str = request.tool_call["name"]
        self.seen.append((name, request.tool_call["id"]))
        return name


@pytest.mark.parametrize("mode", MODES)
def test_other_hooks_see_retry_and_change_calls(mode: Mode) -> None:
    tries = 0

    @tool
    def flaky() -> int:
        """Fails once."""
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ValueError("once")
        return tries

    @tool
    def secret() -> dict[str, str]:
        """Gives a secret."""
        return {"word": "xyzzy"}

    hooks = Hooks()
    agent = create_agent(
        model=programs("JSON.stringify([await tools.flaky(), await tools.secret()])"),
        middleware=[CodeInterpreterMiddleware(ptc=[flaky, secret]), hooks],
    )
    assert text_of(run_agent(agent, mode)) == '<result>[2,{"hidden":true}]</result>'
    names, ids = zip(*hooks.seen, strict=True)
    assert names == ("eval", "flaky", "secret")
    assert ids[0] == "call-0-0"
    assert len(set(ids)) == 3
    assert all(number.startswith("call-0-0:") for number in ids[1:])


class Cache(AgentMiddleware[Any, Any, Any]):
    """Answers a call that was made before in the tool's place."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, ToolMessage] = {}

    def wrap_tool_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        return self._known(request) or self._keep(request, handler(request))

    async def awrap_tool_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        return self._known(request) or self._keep(request, await handler(request))

    def _known(self, request: Any) -> ToolMessage | None:
        known = self.known.get(request.tool_call["name"])
        return known and known.model_copy(update={"tool_call_id": request.tool_call["id"]})

    def _keep(self, request: Any, result: ToolMessage) -> ToolMessage:
        self.known[request.tool_call["name"]] = result
        return result


@pytest.mark.parametrize("mode", MODES)
def test_what_a_hook_answers_in_a_tools_place_has_the_tools_type(mode: Mode) -> None:
    runs: list[str] = []

    @tool
    def price() -> dict[str, int]:
        """Gives a price."""
        runs.append("price")
        return {"price": 4}

    @tool
    def number() -> str:
        """Gives a number as text."""
        runs.append("number")
        return "007"

    twice = "[await tools.price(), await tools.price(), await tools.number(), await tools.number()]"
    middleware = [CodeInterpreterMiddleware(ptc=[price, number]), Cache()]
    agent = create_agent(model=programs(f"JSON.stringify({twice})"), middleware=middleware)
    assert (
        text_of(run_agent(agent, mode)) == '<result>[{"price":4},{"price":4},"007","007"]</result>'
    )
    assert runs == ["price", "number"]


@pytest.mark.parametrize("mode", MODES)
def test_injected_arguments_and_state_updates(mode: Mode) -> None:
    seen: list[Any] = []

    @tool
    def add(
        n: int,
        counter: Annotated[int, InjectedState("counter")],
        tool_call_id: Annotated[str, InjectedToolCallId],
        store: Annotated[Any, InjectedStore()],
        runtime: ToolRuntime,
    ) -> Command[Any]:
        """Adds to the agent's counter."""
        seen.append((counter, tool_call_id, runtime.tool_call_id, runtime.state["counter"]))
        store.put(("n",), str(n), {"n": n})
        done = ToolMessage(f"now {counter + n}", tool_call_id=tool_call_id)
        return Command(update={"counter": counter + n, "messages": [done]})

    source = """
    let refused;
    try { await tools.add({ n: 2, counter: 100 }) } catch (e) { refused = e.message }
    [await tools.add({ n: 1 }), await tools.add({ n: 2 }), refused]
    """
    agent = create_agent(
        model=programs(source),
        middleware=[CodeInterpreterMiddleware(ptc=[add])],
        state_schema=CountingState,
        store=(store := InMemoryStore()),
    )
    state = run_agent(agent, mode, {**GO, "counter": 10})
    refused = "add has no `counter`; it takes `n`."
    assert text_of(state) == f'<result>["now 11", "now 13", "{refused}"]</result>'
    assert state["counter"] == 13
    (first, second) = (injected for _, injected, _, _ in seen)
    assert seen == [(10, first, first, 10), (11, second, second, 11)]
    assert first != second
    assert {item.key for item in store.search(("n",))} == {"1", "2"}
    assert [m.type for m in state["messages"]] == ["human", "ai", "tool", "ai"]


FILES = """
await tools.writeFile({ file_path: "/a.txt", content: "one" });
await tools.writeTodos({ todos: [{ content: "x", status: "pending" }] });
await tools.writeTodos({ todos: [{ content: "x", status: "completed" }] });
await tools.ask();
const a = await tools.readFile({ file_path: "/a.txt" });
await tools.writeFile({ file_path: "/b.txt", content: a });
"""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pause", [True, False])
def test_state_of_a_deep_agent_survives_a_pause_and_is_written_once(
    mode: Mode, pause: bool
) -> None:
    @tool
    def ask() -> None:
        """Asks."""

    interpreter = CodeInterpreterMiddleware(
        ptc=["write_file", "read_file", "write_todos", ask], interrupt_on={"ask": pause}
    )
    middleware: list[Any] = [TodoListMiddleware(), interpreter]
    agent = create_deep_agent(
        model=programs(FILES),
        middleware=middleware,
        checkpointer=InMemorySaver(),
    )
    state = run_agent(agent, mode)
    if pause:
        assert not agent.get_state(THREAD).values.get("files")
        state = run_agent(agent, mode, Command(resume={"decisions": [APPROVE]}))
    assert set(state["files"]) == {"/a.txt", "/b.txt"}
    assert "one" in state["files"]["/b.txt"]["content"]
    assert state["todos"] == [{"content": "x", "status": "completed"}]


@pytest.mark.parametrize("mode", MODES)
def test_subagents_before_and_after_a_pause_are_different_ones(mode: Mode) -> None:
    @tool
    def ask() -> None:
        """Asks."""

    source = """
    const echo = (description) => task({ description, subagentType: "echo" });
    const first = await Promise.all([echo("one"), echo("two")]);
    await tools.ask();
    const second = await echo("three");
    await tools.ask();
    JSON.stringify([...first, second, await echo("four")])
    """
    echo = EchoModel()
    worker: Any = {"name": "echo", "description": "e", "system_prompt": "e", "model": echo}
    middleware = [CodeInterpreterMiddleware(ptc=[ask], interrupt_on={"ask": True})]
    agent = create_deep_agent(
        model=programs(source),
        subagents=[worker],
        middleware=middleware,
        checkpointer=InMemorySaver(),
    )
    run_agent(agent, mode)
    run_agent(agent, mode, Command(resume={"decisions": [APPROVE]}))
    state = run_agent(agent, mode, Command(resume={"decisions": [APPROVE]}))
    expected = ["echo one", "echo two", "echo three", "echo four"]
    assert text_of(state) == f"<result>{json.dumps(expected, separators=(',', ':'))}</result>"
    assert sorted(echo.calls) == ["four", "one", "three", "two"]


def test_updates_of_a_graph_of_ones_own_are_handed_over() -> None:
    @tool
    def note(text: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
        """Notes."""
        said = ToolMessage("noted", tool_call_id=tool_call_id)
        return Command(update={"notes": [text], "messages": [said]})

    @tool
    def leave() -> Command[Any]:
        """Goes elsewhere."""
        return Command(goto="elsewhere")

    source = """
    const said = await tools.note({ text: "a" });
    try { await tools.leave(); } catch (e) { said + ": " + e.message }
    """
    state = create_script_graph([note, leave]).invoke({"source": source})
    assert state["updates"] == [("notes", ["a"])]
    assert state["outcome"]["value"].startswith("noted: leave asked for another step")


@tool
def give(kind: str) -> int:
    """Gives a number."""
    return 7


def test_the_model_may_call_tools_beside_scripts() -> None:
    model = ScriptedModel(turns=[[("give", {"kind": "int"}), ("eval", {"code": "1 + 1"})]])
    agent = create_agent(
        model=model, tools=[give], middleware=[CodeInterpreterMiddleware(ptc=["give"])]
    )
    texts = [m.text for m in agent.invoke(GO)["messages"] if isinstance(m, ToolMessage)]
    assert texts == ["7", "<result>2</result>"]
