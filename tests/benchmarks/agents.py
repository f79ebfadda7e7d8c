"""Whole agent turns. The same code for both packages: they share the names."""

from __future__ import annotations

import asyncio
import gc
import statistics
import threading
import time
from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import CodeInterpreterMiddleware
from tests.benchmarks import programs
from tests.benchmarks.scripted import one_call
from tests.benchmarks.timing import Samples

_TURNS = 3
_CONVERSATIONS = 64
_INPUT = {"messages": [{"role": "user", "content": "go"}]}


@tool
async def lookup(id: int) -> int:  # noqa: A002 - the programs call it so
    """Look something up."""
    return programs.lookup(id)


@tool
def two() -> str:
    """The trivial tool that an `eval` of `1 + 1` is compared with."""
    return "2"


def scripting(source: str) -> Any:
    return create_agent(
        one_call("eval", {"code": source}),
        tools=[lookup],
        middleware=[CodeInterpreterMiddleware(ptc=["lookup"], timeout=60)],
        checkpointer=InMemorySaver(),
    )


def _plain() -> Any:
    tools: Sequence[BaseTool] = [two, lookup]
    return create_agent(one_call("two", {}), tools=tools, checkpointer=InMemorySaver())


def _thread(name: str) -> Any:
    return {"configurable": {"thread_id": name}}


async def turn(agent: Any, thread: str, expected: str) -> float:
    start = time.perf_counter()
    state = await agent.ainvoke(_INPUT, _thread(thread))
    seconds = time.perf_counter() - start
    content = state["messages"][-2].content
    assert expected in content, content
    return seconds


def turn_small(runs: int) -> Samples:
    """What `1 + 1` adds to a turn: in the first turn of a conversation, and in the third."""

    async def measure() -> Samples:
        ours, plain = scripting(programs.ONE_PLUS_ONE), _plain()
        added: list[list[float]] = [[] for _ in range(_TURNS)]
        for run in range(runs + 1):
            for index in range(_TURNS):
                bare = await turn(plain, f"{run}", "2")
                whole = await turn(ours, f"{run}", "<result>2</result>")
                if run:  # the first conversation warms up
                    added[index].append(whole - bare)
        return {"first_s": added[0], "third_s": added[-1]}

    return asyncio.run(measure())


def turn_sequential(runs: int) -> Samples:
    return _turn_calls(programs.sequential(100), runs)


def turn_parallel(runs: int) -> Samples:
    return _turn_calls(programs.parallel(100), runs)


def _turn_calls(source: str, runs: int) -> Samples:
    expected = f"<result>{programs.expected_sum(100)}</result>"

    async def measure() -> Samples:
        agent = scripting(source)
        times = [await turn(agent, f"{run}", expected) for run in range(runs + 1)]
        return {"s": times[1:]}

    return asyncio.run(measure())


def turn_nested(runs: int) -> Samples:
    async def measure() -> Samples:
        agent = scripting(programs.NESTED)
        times = [await turn(agent, f"{run}", "order0") for run in range(runs + 1)]
        return {"s": times[1:]}

    return asyncio.run(measure())


def conversations(runs: int) -> Samples:
    """64 conversations at once, five calls each, and how long the event loop stood still."""

    async def measure() -> Samples:
        agent = scripting(programs.sequential(5))
        expected = f"<result>{programs.expected_sum(5)}</result>"
        await turn(agent, "warm", expected)
        at_once, one_by_one, stalls, threads = [], [], [], []
        for run in range(runs):
            # A full collection takes as long as eight turns: each part pays for its own garbage.
            gc.collect()
            beat = asyncio.create_task(_watch())
            start = time.perf_counter()
            await asyncio.gather(
                *(turn(agent, f"{run}-{n}", expected) for n in range(_CONVERSATIONS))
            )
            at_once.append(time.perf_counter() - start)
            beat.cancel()
            stall, most = await beat
            stalls.append(stall)
            threads.append(float(most))
            gc.collect()
            start = time.perf_counter()
            for n in range(_CONVERSATIONS):
                await turn(agent, f"{run}-serial-{n}", expected)
            one_by_one.append(time.perf_counter() - start)
        return {"s": at_once, "serial_s": one_by_one, "stall_s": stalls, "threads": threads}

    return asyncio.run(measure())


async def _watch() -> tuple[float, int]:
    """Until cancelled: the longest stall of the event loop, and the most threads."""
    longest, most = 0.0, 0
    try:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - start - 0.005)
            most = max(most, threading.active_count())
    except asyncio.CancelledError:
        return longest, most


def turn_growth(runs: int) -> Samples:
    """How turns slow down along one conversation: its last ten turns against its first ten."""

    async def measure() -> Samples:
        agent = scripting(programs.ONE_PLUS_ONE)
        first, last = [], []
        for run in range(runs):
            times = [await turn(agent, f"{run}", "<result>2</result>") for _ in range(60)]
            first.append(statistics.median(times[1:11]))
            last.append(statistics.median(times[-10:]))
        return {"first_s": first, "last_s": last}

    return asyncio.run(measure())
