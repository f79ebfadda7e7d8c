"""Many paused conversations cost bytes in the database, and nothing else."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Command, interrupt

from langchain_quickjs import CodeInterpreterMiddleware, Interpreter
from langchain_quickjs.interpreter.guest.machine import Machine
from langchain_quickjs.script.settings import Mode
from tests.helpers.models import programs
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

CONVERSATIONS = 64
LIMIT_BYTES = 20_000
GO: Any = {"messages": [("user", "go")]}

PROGRAM = """
const orders = await Promise.all([1, 2, 3].map((n) => tools.lookUp({ key: "k" + n })));
const total = orders.reduce((sum, order) => sum + order.price, 0);
await tools.pay({ to: "ann", amount: total });
"""
BUSY = "await tools.lookUp({ key: 'busy' }); for (;;);"


def thread_config(number: int) -> Any:
    return {"configurable": {"thread_id": str(number)}}


def stored_bytes(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        (checkpoints,) = connection.execute(
            "select sum(length(checkpoint) + length(metadata)) from checkpoints"
        ).fetchone()
        (writes,) = connection.execute("select sum(length(value)) from writes").fetchone()
    finally:
        connection.close()
    return int(checkpoints + writes)


def asking_tool() -> BaseTool:
    """What the agent would have without us: a tool that asks a person, and keeps nothing."""

    @tool("eval")
    def ask(code: str) -> str:
        """Asks."""
        return str(interrupt({"action_requests": [{"name": "pay", "args": {}}]}))

    return ask


def build(
    create: Any, shop: Shop, saver: Any, program: str = PROGRAM, mode: Mode = "thread"
) -> Any:
    middleware = CodeInterpreterMiddleware(ptc=shop.tools(), interrupt_on={"pay": True}, mode=mode)
    return create(model=programs(program), middleware=[middleware], checkpointer=saver)


@pytest.mark.parametrize("create", [create_agent, create_deep_agent])
def test_a_paused_conversation_is_small(create: Any, tmp_path: Path) -> None:
    shop = Shop(tmp_path / "log")
    sizes = []
    for name in ("without", "with"):
        with SqliteSaver.from_conn_string(str(tmp_path / name)) as saver:
            if name == "with":
                agent = build(create, shop, saver)
            else:
                agent = create(model=programs(PROGRAM), tools=[asking_tool()], checkpointer=saver)
            assert agent.invoke(GO, thread_config(1))["__interrupt__"]
            sizes.append(stored_bytes(tmp_path / name))
    without, ours = sizes
    print(f"{create.__name__}: {ours - without} bytes beyond {without}")
    assert ours - without < LIMIT_BYTES


@pytest.mark.parametrize("mode", ["thread", "turn", "call"])
def test_a_script_that_does_not_pause_stores_its_variables_only(tmp_path: Path, mode: Mode) -> None:
    with SqliteSaver.from_conn_string(str(tmp_path / "db")) as saver:
        agent = build(create_agent, Shop(tmp_path / "log"), saver, "1 + 1", mode)
        agent.invoke(GO, thread_config(1))
        stored = [c.config["configurable"]["checkpoint_ns"] for c in saver.list(thread_config(1))]
    spaces = [space.partition("/")[0] for space in stored if space]
    assert spaces == ([] if mode == "call" else ["quickjs_heap"])


def live() -> set[int]:
    gc.collect()
    return {id(o) for o in gc.get_objects() if isinstance(o, Interpreter | Machine)}


def test_many_paused_conversations_hold_nothing(tmp_path: Path) -> None:
    """64 conversations at once: paused, then resumed; another one computes meanwhile."""
    shop = Shop(tmp_path / "log")
    database = tmp_path / "db"
    before, others = live(), threading.enumerate()  # Cells of notebooks have a thread, once run.

    async def main() -> None:
        async with AsyncSqliteSaver.from_conn_string(str(database)) as saver:
            agent = build(create_agent, shop, saver)
            states = await asyncio.gather(
                *(agent.ainvoke(GO, thread_config(n)) for n in range(CONVERSATIONS))
            )
            assert all(state["__interrupt__"] for state in states)
            assert live() <= before
            print(f"{threading.active_count()} threads while {CONVERSATIONS} are paused")
            assert threading.active_count() < 16  # The event loop's and the database's.

            # The event loop goes round many times while a program computes, until that is stopped.
            busy = build(create_agent, shop, saver, BUSY)
            computing = asyncio.create_task(busy.ainvoke(GO, thread_config(1000)))
            while not shop.counts()["look_up busy"]:
                await asyncio.sleep(0.005)
            for _ in range(100):
                await asyncio.sleep(0.005)
            assert not computing.done()
            computing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await computing

            answer: Command[Any] = Command(resume={"decisions": [APPROVE]})
            await asyncio.gather(
                *(agent.ainvoke(answer, thread_config(n)) for n in range(CONVERSATIONS))
            )

    asyncio.run(main())
    assert live() <= before
    for _ in range(100):  # The engine's clock ends by itself when nothing runs.
        ours = [t for t in threading.enumerate() if t.name.startswith(("quickjs", "asyncio"))]
        left = [thread for thread in ours if thread not in others]
        if not left:
            break
        time.sleep(0.05)
    assert not left
    counts = shop.counts()
    assert counts.pop("look_up busy") == 1
    assert counts["pay ann 6"] == CONVERSATIONS
    assert set(counts.values()) == {CONVERSATIONS}
