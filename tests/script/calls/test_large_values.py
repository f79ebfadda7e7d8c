"""Values of 16 MB in the worst shapes: what they cost the host, and that they do not stop it."""

from __future__ import annotations

import asyncio
import resource
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware
from tests.helpers.databases import aopened
from tests.helpers.models import programs
from tests.helpers.nurseries import Children, Nursery
from tests.helpers.tables import table

MB = 10**6

RESULTS: dict[str, Any] = {
    "control characters": lambda: "\x01" * (16 * MB),
    "control characters in a list": lambda: ["\x01" * (16 * MB)],
    "lone surrogates": lambda: "\ud800" * (5 * MB),
    "huge keys": lambda: {"\x01" * 4 * MB: {"k" * 4 * MB: {"\x02" * 4 * MB: {"l" * 4 * MB: 1}}}},
    "records": lambda: [{"id": n, "name": f"name {n}", "tags": ["a", "b"]} for n in range(200_000)],
    "numbers": lambda: [0.5] * (MB * 16 // 9),
    "what cannot cross, under huge keys": lambda: {"\x01" * 8 * MB: {"k" * 8 * MB: object()}},
    "too large": lambda: "x" * (60 * MB),
    "bytes": lambda: bytes(16 * MB),
}

HUGE = {
    "control characters": "'\\x01'.repeat(15e6)",
    "lone surrogates": "'\\ud800'.repeat(3e6)",
    "maps with huge keys": "new Map([['\\x01'.repeat(7e6), new Map([['k'.repeat(8e6), 1]])]])",
    "objects with huge keys": "({ ['\\x01'.repeat(7e6)]: { ['k'.repeat(8e6)]: [1] } })",
    "records": "Array.from({ length: 5e4 }, (_, id) => ({ id, name: 'n' + id, tags: ['a', 'b'] }))",
    "a BigInt": "2n ** 1000000n",
    "bytes": "new Uint8Array(15e6)",
}

PROGRAMS: dict[str, str] = {
    **{
        f"result: {kind}": f"await tools.give({{ kind: '{kind}' }}).then(() => 1)"
        for kind in RESULTS
    },
    **{
        f"argument: {kind}": f"await tools.take({{ value: {code} }}).then(() => 1, (e) => e.name)"
        for kind, code in HUGE.items()
    },
    **{f"program's result: {kind}": code for kind, code in HUGE.items()},
    "program's error: control characters": "throw new Error('\\x01'.repeat(15e6))",
    "program's output: control characters": "console.log('\\x01'.repeat(15e6))",
    "ten results of 16 MB at a time": """
        const give = () => tools.give({ kind: "control characters" });
        (await Promise.all(Array.from({ length: 10 }, () => give().then((t) => t.length)))).join()
    """,
    "forty gated calls of 7 MB": """
        const big = "\\x01".repeat(7e6), told = [];
        for (let n = 0; n < 40; n++) {
            tools.gated({ n, value: big }).then(() => told.push("done"), (e) => told.push(e.name));
            await new Promise((r) => setTimeout(r, 0));
        }
        while (told.length < 40) await tools.gated({ n: told.length, value: "last" });
        ["done", "RangeError"].map((how) => told.filter((t) => t === how).length)
    """,
}


class Watch:
    """Sees for how long the event loop stands still at most."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self.invoked_s = 0.0

    async def look(self) -> None:
        while True:
            began_s = time.perf_counter()
            await asyncio.sleep(0.002)
            self.longest_s = max(self.longest_s, time.perf_counter() - began_s - 0.002)


SPENT_S = [0.0]  # by the tool itself


@tool
def give(kind: str) -> Any:
    """Gives a value."""
    began_s = time.perf_counter()
    value = RESULTS[kind]()
    SPENT_S[0] += time.perf_counter() - began_s
    return value


@tool
def take(value: Any) -> int:
    """Takes a value."""
    return 1


@tool
def gated(n: int, value: str) -> int:
    """Needs a person."""
    return n


async def converse(source: str, watch: Watch, database: Path) -> tuple[str, int]:
    """Runs a program to its end; approves whatever it asks."""
    async with aopened(database) as saver:
        return await _converse(source, watch, saver)


async def _converse(source: str, watch: Watch, saver: Any) -> tuple[str, int]:
    ours = CodeInterpreterMiddleware(ptc=[give, take, gated], interrupt_on={"gated": True})
    agent = create_agent(model=programs(source), middleware=[ours], checkpointer=saver)
    config: Any = {"configurable": {"thread_id": "t"}}
    given: Any = {"messages": [("user", "go")]}
    looking = asyncio.create_task(watch.look())
    pauses = 0
    while True:
        began_s = time.perf_counter()
        state = await agent.ainvoke(given, config)
        watch.invoked_s = max(watch.invoked_s, time.perf_counter() - began_s)
        if "__interrupt__" not in state:
            looking.cancel()
            return next(m.text for m in state["messages"] if isinstance(m, ToolMessage)), pauses
        pauses += 1
        asked = {i.id: i.value["action_requests"] for i in state["__interrupt__"]}
        answers = {n: {"decisions": [{"type": "approve"}] * len(a)} for n, a in asked.items()}
        del asked, state
        given = Command(resume=answers)


def live(kind: str, folder: str) -> dict[str, Any]:
    """What one program costs, in a process of its own."""
    asyncio.run(
        converse("await tools.give({ kind: 'bytes' }).then(() => 1)", Watch(), Path(folder) / "0")
    )
    base_bytes = psutil.Process().memory_info().rss
    SPENT_S[0] = 0.0
    watch = Watch()
    began_s = time.perf_counter()
    text, pauses = asyncio.run(converse(PROGRAMS[kind], watch, Path(folder) / "1"))
    took_s = time.perf_counter() - began_s - SPENT_S[0]
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "text": text,
        "pauses": pauses,
        "took_s": took_s,
        "peak_mb": (peak_kb * 1024 - base_bytes) / MB,
        "process_mb": peak_kb * 1024 / MB,
        "still_s": watch.longest_s,
        "invoked_s": watch.invoked_s,
    }


@pytest.fixture
def lives(nursery: Nursery) -> Children:
    return nursery.of(live)


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_huge_value_costs_what_it_must(
    kind: str, lives: Children, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    done = lives.live(kind, str(tmp_path))
    head = f"{'':50}{'s':>6}{'longest run':>13}{'MB more':>9}{'in all':>8}{'loop still for ms':>19}"
    times = f"{done['took_s']:6.2f}{done['invoked_s']:13.2f}"
    sizes = f"{done['peak_mb']:9.0f}{done['process_mb']:8.0f}"
    table(request.config, "values of 16 MB", head).append(
        f"{kind:50}{times}{sizes}{1000 * done['still_s']:19.0f}"
    )
    assert done["text"], done
    assert len(done["text"]) < 5000
    if kind.startswith("forty"):
        assert done["text"] == "<result>[1, 39]</result>"
        assert done["pauses"] >= 1
    assert done["peak_mb"] < 600  # 300 is what it is to be; this is for machines that differ
