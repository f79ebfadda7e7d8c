"""Calls that a failing program leaves behind, and failures that outlive a crash."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphBubbleUp

from langchain_quickjs import (
    create_script_graph,
)
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.reports import OutOfStockError, shop_tools, told
from tests.helpers.shop import Shop


def test_calls_that_never_began_were_not_made(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "log")
    source = """
    const failing = tools.boom({ what: 'x' });
    for (let i = 0; i < 9; i++) tools.lookUp({ key: `k${i}`, delay_s: 0.02 });
    await failing;
    """
    graph = create_script_graph(shop_tools(shop), on_tool_error="return")
    given: Any = {"source": source}
    outcome = graph.invoke(given, {"max_concurrency": 1})["outcome"]
    made = shop.counts()
    fates = {
        call["args"].split('"')[3]: (call["fate"], call["detail"])
        for call in outcome["calls"]
        if call["tool"] == "look_up"
    }
    dropped = ("not made", "the program ended before")
    assert len(fates) + outcome["calls_omitted"] == 9
    assert dropped in fates.values()
    for key, fate in fates.items():
        assert fate == (("done", "") if made[f"look_up {key}"] else dropped)


class Crash(BaseException):
    """What ends a process."""


class CrashingSaver(InMemorySaver):
    """Crashes when a running script is to be stored for the second time."""

    kept = 0

    def put_writes(self, config: Any, writes: Any, task_id: str, task_path: str = "") -> None:
        if any(isinstance(value, dict) and "script_id" in value for _, value in writes):
            self.kept += 1
            if self.kept == 2:
                raise Crash
        super().put_writes(config, writes, task_id, task_path)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("how", ["raise", "return"])
def test_a_failure_that_goes_nowhere_else_is_the_end_of_a_call(how: str, mode: Mode) -> None:
    tries: list[str] = []

    @tool
    def act(fails: bool) -> str:
        """Does something."""
        tries.append("fail" if fails else "ok")
        if fails:
            raise OutOfStockError("hats")
        return "ok"

    source = """
    try { await tools.act({ fails: true }) } catch {}
    await tools.act({ fails: false });
    throw new Error("own");
    """
    options = {"durability": "call", "on_tool_error": how}
    talk = Conversation("create_agent", mode, None, source, [act], options=options)
    talk.memory = CrashingSaver()
    with pytest.raises(Crash):
        talk.start()
    talk.send(None)
    # Who is given an exception and runs the agent again means that call.
    assert tries == (["fail", "ok"] if how == "return" else ["fail", "fail", "ok"])
    failed = 'failed: act({"fails": true}): "OutOfStockError: hats"'
    assert told(talk) == ("Error", [failed, 'done: act({"fails": false})'], 0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("how", ["raise", "return"])
def test_what_is_langgraphs_goes_through(how: str, mode: Mode) -> None:
    class Signal(GraphBubbleUp):
        """One of LangGraph's own."""

    @tool
    def leave() -> None:
        """Leaves."""
        raise Signal

    source, options = "try { await tools.leave() } catch {}", {"on_tool_error": how}
    talk = Conversation("graph", mode, None, source, [leave], options=options)
    with pytest.raises(Signal):
        talk.start()


class Watched(InMemorySaver):
    """Says when the end of a call has been stored."""

    def __init__(self) -> None:
        super().__init__()
        self.stored = asyncio.Event()

    async def aput_writes(
        self, config: Any, writes: Any, task_id: str, task_path: str = ""
    ) -> None:
        await super().aput_writes(config, writes, task_id, task_path)
        if any(isinstance(value, dict) and "tool_call_id" in value for _, value in writes):
            self.stored.set()


async def test_a_call_that_had_begun_before_is_not_told_as_never_made() -> None:
    """Nobody knows whether it has taken effect: the run in which it began was cancelled."""
    begun: list[str] = []

    async def slow() -> str:
        """Begins, and comes to no end the first time."""
        begun.append("slow")
        await asyncio.sleep(0 if len(begun) > 1 else 3600)
        return "slow"

    async def quick() -> str:
        """Ends at once."""
        return "quick"

    saver = Watched()
    graph = create_script_graph([slow, quick], checkpointer=saver, durability="call")
    config: Any = {"configurable": {"thread_id": "t"}}
    source: Any = {"source": "tools.slow({}); await tools.quick({}); throw new Error('mine')"}
    run = asyncio.create_task(graph.ainvoke(source, config))
    await saver.stored.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    outcome = (await graph.ainvoke(None, config))["outcome"]
    fates = {call["tool"]: call["fate"] for call in outcome["calls"]}
    assert fates == {"slow": "done" if len(begun) > 1 else "result unknown", "quick": "done"}
