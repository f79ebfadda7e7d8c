"""Whoever watches a paused program sees a reference to what is stored of it, and never that."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import create_script_graph
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.databases import rewrite
from tests.helpers.shop import Shop
from tests.helpers.stories import AFTER, APPROVE, MEMORY, RESULT
from tests.helpers.watching import KINDS, WAYS, Kind, graph_of, runs_below, watched

MOST_BYTES = 4096
THREAD: Any = {"configurable": {"thread_id": "1"}}
LANGUAGE = "ls_code_input_language"
PAYS = "await tools.pay({ to: 'ann', amount: 1 }); await tools.lookUp({ key: 7 })"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_comes_is_large(kind: Kind, way: str) -> None:
    """A program with 20,000 random numbers in its memory looks like one that has ten of them."""
    large, small = (watched(kind, way, noise=noise) for noise in (20_000, 10))
    assert max((len(item) for leg in large for item in leg), default=0) <= MOST_BYTES
    assert [len(leg) for leg in large] == [len(leg) for leg in small]
    for of_large, of_small in zip(large, small, strict=True):
        assert abs(sum(map(len, of_large)) - sum(map(len, of_small))) < 512


def test_streams_of_graphs_inside_show_a_reference() -> None:
    graph = graph_of("node", PAYS)
    found = list(graph.stream({"source": PAYS}, THREAD, stream_mode="tasks", subgraphs=True))
    shown = next(item for _, item in found if item["name"] == "run" and "result" in item)["result"]
    (inner,) = graph.get_state(THREAD, subgraphs=True).tasks
    assert shown["pause"] == inner.state.values["pause"]
    assert shown["pause"].keys() == {"script_id", "digest", "bytes"}
    assert inner.state.values.keys() <= {"pause", "outcome", "updates"}
    graph.invoke(Command(resume={"decisions": [APPROVE]}), THREAD)
    assert graph.get_state(THREAD).values["outcome"]["value"] == 7


def stored_keys(saver: BaseCheckpointSaver[Any], graph: Any) -> set[str]:
    """What stands in the newest checkpoint of the script graph."""
    config = {"configurable": {"thread_id": "1", "checkpoint_ns": ""}}
    stored = saver.get_tuple(RunnableConfig(**config))  # type: ignore[typeddict-item]  # as above
    assert stored is not None
    return set(stored.checkpoint["channel_values"])


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
def test_what_is_not_shown_is_stored(durability: Any, tmp_path: Path) -> None:
    saver = InMemorySaver()
    tools = Shop(tmp_path / "log").tools()
    graph: Any = create_script_graph(tools, interrupt_on={"pay": True}, checkpointer=saver)
    graph.invoke({"source": MEMORY}, THREAD, durability=durability)
    assert {"paused", "pause"} <= stored_keys(saver, graph)
    assert "paused" not in graph.get_state(THREAD).values


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["create_agent", "graph"])
def test_a_script_goes_on_that_was_stored_without_a_reference(
    kind: Any, mode: Mode, tmp_path: Path
) -> None:
    """As all were that earlier versions have stored."""
    shop = Shop(tmp_path / "log")
    tools, gates = shop.tools(), {"pay": True}
    talk = Conversation(kind, mode, tmp_path / "db", MEMORY, tools, gates)
    talk.start()

    def as_it_was(values: dict[str, Any]) -> None:
        del values["pause"]

    rewrite(tmp_path / "db", as_it_was, "script:%" if kind == "graph" else "tools:%")
    talk.decide(APPROVE)
    assert talk.value == RESULT
    assert shop.counts() == AFTER


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_tracer_has_calls_below_the_program_also_after_a_pause(kind: Kind, mode: Mode) -> None:
    graph = graph_of(kind, PAYS)

    def legs() -> list[Any]:
        begun: Any = {"messages": [("user", "go")]} if kind == "agent" else {"source": PAYS}
        return [begun, Command(resume={"decisions": [APPROVE]})]

    names: list[list[str]] = []
    for given in legs():
        collector = RunCollectorCallbackHandler()
        config: Any = {**THREAD, "callbacks": [collector]}
        if mode == "invoke":
            graph.invoke(given, config)
        else:
            asyncio.run(graph.ainvoke(given, config))
        (root,) = collector.traced_runs
        program = next(r for r in runs_below(root) if r.name == ("eval", "script")[kind == "node"])
        names.append([run.name for run in runs_below(program) if run.run_type == "tool"])
        below = {run.id for run in runs_below(program)}
        assert all(run.parent_run_id in below for run in runs_below(program) if run is not program)
        # LangSmith shows the arguments of such a tool as JavaScript.
        languages = [(run.name, run.metadata.get(LANGUAGE)) for run in runs_below(root)]
        found = [each for each in languages if each[1]]
        assert found == ([("eval", "javascript")] if kind == "agent" else [])
    inside = ["pay", "look_up"]
    assert names == ([["eval"], ["eval", *inside]] if kind == "agent" else [[], inside])


def test_the_command_prints_a_table() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.streams", "updates"]
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    rows = [line for line in ended.stdout.splitlines() if line.startswith("updates")]
    assert len(rows) == len(KINDS), ended.stdout + ended.stderr
