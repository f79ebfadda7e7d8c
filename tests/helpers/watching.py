"""A program that waits for people three times, watched in every way that LangGraph has."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final, Literal, TypedDict

from langchain.agents import create_agent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tools import tool
from langchain_core.tracers import BaseTracer, Run
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Interrupt
from pydantic import BaseModel

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from tests.helpers.models import programs

__all__ = ["KINDS", "MODES", "WAITS", "Kind", "legs_of", "text_of", "watched", "ways"]

Kind = Literal["agent", "node"]
KINDS: Final[tuple[Kind, ...]] = ("agent", "node")
MODES: Final = (
    "values",
    "updates",
    "messages",
    "custom",
    "tools",
    "tasks",
    "checkpoints",
    "debug",
)
WAITS: Final = 3
THREAD: Final[Any] = {"configurable": {"thread_id": "1"}}

# Twenty calls, three of which wait; the heap holds what hardly compresses.
SOURCE: Final = """
const noise = Array.from({ length: 20000 }, () => Math.random());
let total = 0;
for (let i = 0; i < 20; i++) {
  if (i % 7 === 5) { await tools.pay({ to: `p${i}`, amount: i }); console.log(`paid ${i}`); }
  else total += await tools.lookUp({ key: i });
}
total
"""


@tool
def look_up(key: int) -> int:
    """Looks something up."""
    return key


@tool
def pay(to: str, amount: int) -> str:
    """Pays somebody."""
    return f"paid {amount} to {to}"


class _State(TypedDict, total=False):
    source: str
    outcome: Any
    updates: Any


def graph_of(kind: Kind) -> Any:
    """An agent that runs the program, or a graph with a node that does."""
    gates = {"pay": True}
    if kind == "agent":
        middleware = CodeInterpreterMiddleware(ptc=[look_up, pay], interrupt_on=gates)
        return create_agent(programs(SOURCE), middleware=[middleware], checkpointer=InMemorySaver())
    graph = StateGraph(_State)
    graph.add_node("script", create_script_graph([look_up, pay], interrupt_on=gates))
    graph.add_edge(START, "script")
    graph.add_edge("script", END)
    return graph.compile(checkpointer=InMemorySaver())


def inputs_of(kind: Kind) -> Iterator[Any]:
    """What begins the program, and answers each of its waits."""
    yield {"messages": [("user", "go")]} if kind == "agent" else {"source": SOURCE}
    for _ in range(WAITS):
        yield Command(resume={"decisions": [{"type": "approve"}]})


class _Payloads(BaseCallbackHandler):
    """Notes all that callbacks are given."""

    run_inline = True

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("on_"):
            return super().__getattribute__(name)
        return lambda *args, **kwargs: self.seen.append((name, args, kwargs))


class _Tracer(BaseTracer):
    """Keeps the runs as LangSmith's tracer sends them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def _persist_run(self, run: Run) -> None:
        self.seen.append(run)


Watch = Callable[[Any, Any], AsyncIterator[Any]]


def _stream(mode: str, *, subgraphs: bool) -> Watch:
    return lambda graph, given: graph.astream(given, THREAD, stream_mode=mode, subgraphs=subgraphs)


def _events(version: str) -> Watch:
    return lambda graph, given: graph.astream_events(given, THREAD, version=version)


async def _events_v3(graph: Any, given: Any) -> AsyncIterator[Any]:
    async for event in await graph.astream_events(given, THREAD, version="v3"):
        yield event


def _handler(make: Callable[[], Any]) -> Watch:
    async def watch(graph: Any, given: Any) -> AsyncIterator[Any]:
        handler = make()
        await graph.ainvoke(given, {**THREAD, "callbacks": [handler]})
        for item in handler.seen:
            yield item

    return watch


def ways() -> dict[str, Watch]:
    """All ways to watch a graph, by name."""
    found = {mode: _stream(mode, subgraphs=False) for mode in MODES}
    found |= {f"{mode} + subgraphs": _stream(mode, subgraphs=True) for mode in MODES}
    found |= {f"astream_events {version}": _events(version) for version in ("v1", "v2")}
    found["astream_events v3"] = _events_v3
    return {**found, "callbacks": _handler(_Payloads), "tracer": _handler(_Tracer)}


def watched(kind: Kind, way: Watch) -> list[list[Any]]:
    """What came in each leg of the program: up to each wait, and from the last one to the end."""

    async def collect() -> list[list[Any]]:
        graph = graph_of(kind)
        return [[item async for item in way(graph, given)] for given in inputs_of(kind)]

    return asyncio.run(collect())


def legs_of(kind: Kind, way: Watch) -> list[list[str]]:
    """The same, each item as text without what people are asked."""
    return [[text_of(item) for item in leg] for leg in watched(kind, way)]


def text_of(item: Any, above: tuple[int, ...] = ()) -> str:
    """All that an item holds, as text: whoever sends or stores it may write as much."""
    if isinstance(item, Interrupt) or (isinstance(item, Mapping) and item.keys() == _ASKED):
        return "?"
    if id(item) in above:
        return "^"
    inside = (*above, id(item))
    if isinstance(item, Mapping):
        return "".join(f"{key}:{text_of(value, inside)}," for key, value in item.items())
    if isinstance(item, list | tuple | set | frozenset):
        return "".join(f"{text_of(each, inside)}," for each in item)
    if isinstance(item, bytes | bytearray):
        return item.decode("latin-1")
    if isinstance(item, BaseException):
        return type(item).__name__ + text_of(item.args, inside)
    if isinstance(item, BaseModel):
        return text_of({k: getattr(item, k) for k in type(item).model_fields}, inside)
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return text_of(
            {f.name: getattr(item, f.name, None) for f in dataclasses.fields(item)}, inside
        )
    return str(item)


_ASKED: Final = {"value", "id"}
