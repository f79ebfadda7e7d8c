"""A program that waits for people three times, watched in every way that LangGraph has."""

from __future__ import annotations

import asyncio
import dataclasses
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypedDict

from langchain.agents import create_agent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tools import BaseTool, tool
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Interrupt, interrupt
from pydantic import BaseModel

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from tests.helpers.models import programs

__all__ = [
    "KINDS",
    "WAITS",
    "WAYS",
    "Kind",
    "bare_graph_of",
    "graph_of",
    "runs_below",
    "text_of",
    "watched",
]

Kind = Literal["agent", "node"]
Watch = Callable[[Any, Any], AsyncIterator[Any]]

KINDS: Final[tuple[Kind, ...]] = ("agent", "node")
WAITS: Final = 3
THREAD: Final[Any] = {"configurable": {"thread_id": "1"}}

# Twenty calls, three of which wait. The heap holds numbers that hardly compress.
_SOURCE: Final = """
const noise = Array.from({ length: NOISE }, () => Math.random());
let total = 0;
for (let i = 0; i < 20; i++) {
  if (i % 7 !== 5) total += await tools.lookUp({ key: i });
  else console.log(await tools.pay({ to: `p${i}`, amount: i }));
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


_TOOLS: Final[Sequence[BaseTool]] = (look_up, pay)


class _State(TypedDict, total=False):
    source: str
    outcome: Any
    updates: Any


def graph_of(kind: Kind, source: str) -> Any:
    """An agent that runs a program, or a graph with a node that does."""
    gates = {"pay": True}
    if kind == "agent":
        middleware = CodeInterpreterMiddleware(ptc=_TOOLS, interrupt_on=gates)
        return create_agent(programs(source), middleware=[middleware], checkpointer=InMemorySaver())
    graph = StateGraph(_State)
    graph.add_node("script", create_script_graph(_TOOLS, interrupt_on=gates))
    graph.add_edge(START, "script")
    graph.add_edge("script", END)
    return graph.compile(checkpointer=InMemorySaver())


@tool("eval")
def _ask(code: str) -> str:
    """Asks as often as the program does, and does nothing else."""
    for amount in range(WAITS):
        interrupt({"action_requests": [amount]})
    return code


def _bare_script(state: _State) -> _State:
    """Asks as often as the program does, and does nothing else."""
    return {"outcome": _ask.invoke(state["source"])}


def bare_graph_of(kind: Kind, source: str) -> Any:
    """The same with LangGraph's `interrupt` in place of a program: what a wait costs at least."""
    if kind == "agent":
        return create_agent(programs(source), tools=[_ask], checkpointer=InMemorySaver())
    graph = StateGraph(_State)
    inner = StateGraph(_State)
    inner.add_node("run", _bare_script)
    inner.add_edge(START, "run")
    inner.add_edge("run", END)
    graph.add_node("script", inner.compile())
    graph.add_edge(START, "script")
    graph.add_edge("script", END)
    return graph.compile(checkpointer=InMemorySaver())


def _inputs(kind: Kind, source: str) -> Iterator[Any]:
    """What begins the program, and answers each of its waits."""
    yield {"messages": [("user", "go")]} if kind == "agent" else {"source": source}
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


def runs_below(run: Any) -> Iterator[Any]:
    """A run of a trace, and all below it."""
    yield run
    for child in run.child_runs:
        yield from runs_below(child)


def _stream(mode: str, *, subgraphs: bool) -> Watch:
    return lambda graph, given: graph.astream(given, THREAD, stream_mode=mode, subgraphs=subgraphs)


def _events(version: str) -> Watch:
    return lambda graph, given: graph.astream_events(given, THREAD, version=version)


async def _events_v3(graph: Any, given: Any) -> AsyncIterator[Any]:
    async for event in await graph.astream_events(given, THREAD, version="v3"):
        yield event


async def _callbacks(graph: Any, given: Any) -> AsyncIterator[Any]:
    handler = _Payloads()
    await graph.ainvoke(given, {**THREAD, "callbacks": [handler]})
    for item in handler.seen:
        yield item


async def _trace(graph: Any, given: Any) -> AsyncIterator[Any]:
    """The runs that a tracer records, but for tracebacks, which hold the code of all packages."""
    handler = RunCollectorCallbackHandler()
    await graph.ainvoke(given, {**THREAD, "callbacks": [handler]})
    for root in handler.traced_runs:
        for run in runs_below(root):
            yield run.name, run.inputs, run.outputs, run.extra, run.events, run.serialized


async def _states(graph: Any, given: Any) -> AsyncIterator[Any]:
    """What the state of the thread is then, with those of the graphs inside."""
    await graph.ainvoke(given, THREAD)
    yield await graph.aget_state(THREAD, subgraphs=True)


_STREAMS: Final = (
    "values",
    "updates",
    "messages",
    "custom",
    "tools",
    "tasks",
    "checkpoints",
    "debug",
)

WAYS: Final[Mapping[str, Watch]] = {
    **{mode: _stream(mode, subgraphs=False) for mode in _STREAMS},
    **{f"{mode}, subgraphs": _stream(mode, subgraphs=True) for mode in _STREAMS},
    "astream_events v1": _events("v1"),
    "astream_events v2": _events("v2"),
    "astream_events v3": _events_v3,
    "callbacks": _callbacks,
    "tracer": _trace,
    "get_state, subgraphs": _states,
}
"""All ways to watch a graph."""


def watched(
    kind: Kind, way: str, *, noise: int = 20_000, make: Callable[[Kind, str], Any] = graph_of
) -> list[list[str]]:
    """What came in each leg of the program: up to each wait, and from the last one to the end.

    Args:
        kind: What runs the program.
        way: How it is watched.
        noise: How many random numbers the program has in its memory.
        make: What makes the graph.

    Returns:
        For each leg, each thing that came, as text without what people are asked.
    """
    source = _SOURCE.replace("NOISE", str(noise))

    async def collect() -> list[list[str]]:
        graph = make(kind, source)
        return [
            [text_of(item) async for item in WAYS[way](graph, given)]
            for given in _inputs(kind, source)
        ]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The first version of events is old, the third is new.
        return asyncio.run(collect())


def text_of(item: Any, above: tuple[int, ...] = ()) -> str:
    """All that an item holds, as text: whoever sends or stores it may write as much."""
    if isinstance(item, Interrupt) or (isinstance(item, Mapping) and "action_requests" in item):
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
        return text_of({key: getattr(item, key) for key in type(item).model_fields}, inside)
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        fields = {field.name: getattr(item, field.name, None) for field in dataclasses.fields(item)}
        return text_of(fields, inside)
    return str(item)
