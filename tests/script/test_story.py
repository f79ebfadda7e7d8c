"""One program that uses a Deep Agent's tools in every way, on both sides of a pause."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import pytest
from deepagents import DeepAgentState
from langchain.agents.middleware import AgentMiddleware, TodoListMiddleware
from langchain.tools import InjectedState, InjectedStore, InjectedToolCallId, ToolRuntime
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, tool
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.store.base import BaseStore
from langgraph.store.sqlite import SqliteStore
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

STORY: Final = r"""
const todo = (status) => tools.writeTodos({ todos: [{ content: "ship", status }] });
const write = (file_path, content) => tools.writeFile({ file_path, content });
const read = async (file_path) => (await tools.readFile({ file_path })).trim().split(/\s+/).at(-1);

await todo("pending");
await write("/a.txt", "one");
await tools.mark({ words: ["a", "b"] });
const before = { a: await read("/a.txt"), report: await tools.report() };
before.price = (await tools.lookUp({ key: "shoe" })).price;
before.page = await tools.fetch({ page: "first" });

const paid = await tools.pay({ to: "ann", amount: before.price });

const kept = { a: await read("/a.txt"), report: await tools.report() };
await todo("completed");
await Promise.all([write("/a.txt", "two"), write("/b.txt", kept.a)]);
await tools.mark({ words: ["c"] });
const after = { a: await read("/a.txt"), b: await read("/b.txt"), report: await tools.report() };
after.price = (await tools.lookUp({ key: "coat" })).price;
after.page = await tools.fetch({ page: "second" });
JSON.stringify({ before, paid, kept, after })
"""

# The calls that STORY makes before and after its pause, in order.
BEFORE: Final = ["write_todos", "write_file", "mark", "read_file", "report", "look_up", "fetch"]
AFTER: Final = [
    *("pay", "read_file", "report", "write_todos", "write_file", "write_file"),
    *("mark", "read_file", "read_file", "report", "look_up", "fetch"),
]


class StoryState(DeepAgentState):
    words: Annotated[list[str], operator.add]


@dataclass(frozen=True)
class Context:
    """What a run is given; every process gives its own."""

    process: str


class Hooks(AgentMiddleware[Any, Any, Any]):
    """Sees every call, changes what is looked up and what paying says, tries again what fails."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self.shop = shop

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Any]
    ) -> Any:
        request = self._changed(request)
        try:
            result = handler(request)
        except ConnectionError:
            result = handler(request)
        return self._booked(result)

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Any]]
    ) -> Any:
        request = self._changed(request)
        try:
            result = await handler(request)
        except ConnectionError:
            result = await handler(request)
        return self._booked(result)

    def _changed(self, request: ToolCallRequest) -> ToolCallRequest:
        call = request.tool_call
        self.shop.note(f"saw {call['name']} {call['id']}")
        if call["name"] != "look_up":
            return request
        return request.override(tool_call={**call, "args": {"key": f"new {call['args']['key']}"}})

    def _booked(self, result: Any) -> Any:
        if isinstance(result, ToolMessage) and result.name == "pay":
            return result.model_copy(update={"content": f"{result.text}, booked"})
        return result


class Ledger(BaseCallbackHandler):
    """Notes every run of a tool, also of those that are not ours."""

    run_inline = True

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def on_tool_start(self, serialized: dict[str, Any], input_str: str, **kwargs: Any) -> None:
        self.shop.note(f"ran {serialized['name']}")


def story_tools(shop: Shop) -> list[BaseTool]:
    """The shop's tools, and some that use all that an agent gives to its tools."""

    @tool
    def mark(words: list[str], tool_call_id: Annotated[str, InjectedToolCallId]) -> list[Any]:
        """Adds words to the agent's state, each in an update of its own."""
        shop.note(f"mark {' '.join(words)}")
        updates: list[Any] = [Command(update={"words": [word]}) for word in words]
        return [*updates, ToolMessage("marked", tool_call_id=tool_call_id)]

    @tool
    def report(
        words: Annotated[list[str], InjectedState("words")],
        state: Annotated[dict[str, Any], InjectedState],
        store: Annotated[BaseStore, InjectedStore()],
        tool_call_id: Annotated[str, InjectedToolCallId],
        runtime: ToolRuntime[Context, Any],
    ) -> dict[str, Any]:
        """Tells what it is given, and counts its visits in the store."""
        shop.note("report")
        item = store.get(("visits",), "ann")
        visits = item.value["count"] + 1 if item else 1
        store.put(("visits",), "ann", {"count": visits})
        assert runtime.state["words"] == state["words"] == words
        return {
            "words": words,
            "todos": [todo["status"] for todo in state["todos"]],
            "files": {path: file["content"] for path, file in state["files"].items()},
            "visits": visits,
            "process": runtime.context.process,
            "ids": [tool_call_id, runtime.tool_call_id],
        }

    @tool
    def fetch(page: str) -> str:
        """Fetches a page; the first time it fails."""
        shop.note(f"fetch {page}")
        if shop.counts()[f"fetch {page}"] == 1:
            raise ConnectionError(page)
        return f"page {page}"

    return [*shop.tools(), mark, report, fetch]


class Story(Conversation):
    """The thread, with a ledger."""

    @property
    def config(self) -> Any:
        assert isinstance(self.database, Path)
        return {**super().config, "callbacks": [Ledger(Shop(self.database.with_name("log")))]}


def in_a_process(name: str, mode: Mode, folder: Path, message: Any) -> Story:
    """Sends the thread a message, with an agent that has nothing but what is on disk."""
    shop = Shop(folder / "log")
    granted: list[str | BaseTool] = ["write_todos", "write_file", "read_file", *story_tools(shop)]
    interpreter = CodeInterpreterMiddleware(ptc=granted, interrupt_on={"pay": True})
    talk = Story("create_deep_agent", mode, folder / "db", STORY, [])
    talk.run_options = {"context": Context(name)}
    with SqliteStore.from_conn_string(str(folder / "store")) as store:
        store.setup()
        talk.agent_options = {
            "middleware": [TodoListMiddleware(), interpreter, Hooks(shop)],
            "state_schema": StoryState,
            "context_schema": Context,
            "store": store,
        }
        talk.send(message)
    return talk


def noted(calls: Sequence[str], evals: int, bodies: dict[str, int]) -> Counter[str]:
    """All that is on disk after these calls: each seen once and run once."""
    notes = Counter(f"saw {name}" for name in calls)
    notes.update(f"ran {name}" for name in calls)
    notes["ran fetch"] *= 2  # It fails the first time, and the hook tries again.
    return notes + Counter({"saw eval": evals, "ran eval": evals, **bodies})


def counted(shop: Shop) -> Counter[str]:
    """What is on disk, without the ids of calls: each of them was seen once."""
    counts: Counter[str] = Counter()
    for line, times in shop.counts().items():
        what, _, number = line.partition(" call-0-0")
        counts[what] += times
        assert times == 1 or not number, line
    return counts


@pytest.mark.parametrize("mode", MODES)
def test_a_program_is_at_home_in_a_deep_agent(mode: Mode, tmp_path: Path) -> None:
    go = {"messages": [("user", "go")], "words": ["start"]}
    talk = in_a_process("first", mode, tmp_path, go)
    (asked,) = talk.question["action_requests"]
    assert (asked["name"], asked["args"]) == ("pay", {"to": "ann", "amount": 8})
    # `eval` has not ended: so far, what the program has changed is kept with the program.
    state = talk.values()
    assert (state.get("todos"), state["files"], state["words"]) == (None, {}, ["start"])
    bodies = {"mark a b": 1, "report": 1, "look_up new shoe": 1, "fetch first": 2}
    shop = Shop(tmp_path / "log")
    assert counted(shop) == noted(BEFORE, 1, bodies)

    talk = in_a_process("second", mode, tmp_path, Command(resume={"decisions": [APPROVE]}))
    bodies |= {"pay ann 8": 1, "report": 3, "mark c": 1, "look_up new coat": 1, "fetch second": 2}
    assert counted(shop) == noted([*BEFORE, *AFTER], 2, bodies)
    value = talk.value
    found = [value[part]["report"].pop("ids") for part in ("before", "kept", "after")]
    assert all(injected == in_runtime for injected, in_runtime in found)
    assert len({injected for injected, _ in found}) == 3

    def report(visits: int, process: str, **state: Any) -> dict[str, Any]:
        return {"visits": visits, "process": process, **state}

    first: Any = {"words": ["start", "a", "b"], "todos": ["pending"], "files": {"/a.txt": "one"}}
    files = {"/a.txt": "two", "/b.txt": "one"}
    last: Any = {"words": ["start", "a", "b", "c"], "todos": ["completed"], "files": files}
    before, kept = report(1, "first", **first), report(2, "second", **first)
    after = report(3, "second", **last)
    assert value == {
        "before": {"a": "one", "report": before, "price": 8, "page": "page first"},
        "paid": "paid 8 to ann, booked",
        "kept": {"a": "one", "report": kept},
        "after": {"a": "two", "b": "one", "report": after, "price": 8, "page": "page second"},
    }

    state = talk.values()
    assert state["words"] == last["words"]
    assert state["todos"] == [{"content": "ship", "status": "completed"}]
    assert {path: file["content"] for path, file in state["files"].items()} == files
    assert [message.type for message in state["messages"]] == ["human", "ai", "tool", "ai"]
