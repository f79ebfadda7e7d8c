"""Which threads of a checkpointer wait for people."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt

from langchain_quickjs import (
    CodeInterpreterMiddleware,
    PendingThread,
    SetupError,
    apending_threads,
    pending,
    pending_threads,
)
from tests.helpers.conversations import MODES, Mode
from tests.helpers.databases import Database, aopened, opened
from tests.helpers.models import programs
from tests.helpers.stories import APPROVE


@tool
def pay(to: str) -> str:
    """Pays somebody."""
    return f"paid {to}"


@tool
def ask(what: str) -> str:
    """Asks a person."""
    return str(interrupt(what))


SOURCE = 'await Promise.all([tools.pay({ to: "ann" }), tools.ask({ what: "why" })])'


class Unknown(BaseCheckpointSaver[str]):
    """A checkpointer of somebody's own: it lists all it has, the oldest first."""

    def __init__(self, behind: InMemorySaver) -> None:
        super().__init__(serde=behind.serde)
        self.behind = behind

    def list(self, config: Any, **options: Any) -> Iterator[Any]:
        yield from reversed(list(self.behind.list(config, **options)))

    async def alist(self, config: Any, **options: Any) -> Any:
        for stored in self.list(config, **options):
            yield stored


def config(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


def agent_with(saver: Any) -> Any:
    middleware = CodeInterpreterMiddleware(ptc=[pay, ask], interrupt_on={"pay": True})
    return create_agent(programs(SOURCE), middleware=[middleware], checkpointer=saver)


async def fill(agent: Any) -> None:
    """Threads that wait, have waited, wait for less than before, and never waited."""
    for thread in ("first", "second", "third"):
        await agent.ainvoke({"messages": [("user", "go")]}, config(thread))
    state = await agent.aget_state(config("first"))
    answers = {
        one.id: {"decisions": [APPROVE]} if isinstance(one.value, dict) else "so"
        for one in state.interrupts
    }
    await agent.ainvoke(Command(resume=answers), config("first"))
    state = await agent.aget_state(config("second"))
    (question,) = [one.id for one in state.interrupts if not isinstance(one.value, dict)]
    await agent.ainvoke(Command(resume={question: "so"}), config("second"))
    await agent.ainvoke({"messages": [("user", "go"), ("ai", "x"), ("user", "y")]}, config("none"))


async def afound(database: Database | None, limit: int | None) -> list[PendingThread]:
    async with aopened(database) as saver:  # type: ignore[arg-type]  # the caller has looked
        return await apending_threads(saver, limit=limit)


def found(
    database: Database | None, memory: InMemorySaver, mode: Mode, limit: int | None = None
) -> list[PendingThread]:
    if database is None and mode == "ainvoke":
        return asyncio.run(apending_threads(memory, limit=limit))
    if database is None:
        return pending_threads(memory, limit=limit)
    if mode == "ainvoke":
        return asyncio.run(afound(database, limit))
    with opened(database) as saver:
        return pending_threads(saver, limit=limit)


@pytest.mark.parametrize("mode", MODES)
def test_threads_that_wait_are_listed(database: Database | None, mode: Mode) -> None:
    memory = InMemorySaver()
    assert found(database, memory, mode) == []

    async def filled() -> dict[str, set[str]]:
        if database is None:
            return await fill_and_look(memory)
        async with aopened(database) as saver:
            return await fill_and_look(saver)

    async def fill_and_look(saver: Any) -> dict[str, set[str]]:
        agent = agent_with(saver)
        await fill(agent)
        return {
            thread: {one.id for one in (await agent.aget_state(config(thread))).interrupts}
            for thread in ("second", "third")
        }

    waiting = asyncio.run(filled())
    threads = found(database, memory, mode)
    assert {one.thread_id: set(one.interrupt_ids) for one in threads} == waiting
    assert [one.since for one in threads] == sorted((t.since for t in threads), reverse=True)
    (newest,) = found(database, memory, mode, limit=1)
    assert newest == threads[0]
    assert found(database, memory, mode, limit=2) == threads


@pytest.mark.parametrize("mode", MODES)
def test_a_checkpointer_of_somebodys_own_is_read_whole(mode: Mode) -> None:
    memory = InMemorySaver()
    asyncio.run(fill(agent_with(memory)))
    saver = Unknown(memory)
    threads = pending_threads(saver) if mode == "invoke" else asyncio.run(apending_threads(saver))
    assert threads == pending_threads(memory)


def test_of_a_checkpointer_of_langgraph_only_what_waits_is_read(tmp_path: Path) -> None:
    memory = InMemorySaver()
    asyncio.run(fill(agent_with(memory)))
    read = []

    class Counting(InMemorySaver):
        def list(self, *args: Any, **options: Any) -> Iterator[Any]:
            for stored in super().list(*args, **options):
                read.append(stored)
                yield stored

    counting: Any = copy.copy(memory)
    counting.__class__ = Counting
    assert len(pending_threads(counting)) == len(read) == 2
    assert len(list(memory.list(None))) > 10


def test_what_a_thread_waits_for_is_what_its_calls_wait_for() -> None:
    memory = InMemorySaver()
    agent = agent_with(memory)
    agent.invoke({"messages": [("user", "go")]}, config("1"))
    (thread,) = pending_threads(memory)
    calls = pending(agent, config("1"))
    assert thread.interrupt_ids == tuple(call.interrupt_id for call in calls)
    # The question is made before it is stored, and says so to the millisecond.
    assert (
        timedelta(0) <= thread.since - min(call.asked_at for call in calls) < timedelta(minutes=1)
    )


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "3"])
def test_a_limit_is_a_number_of_threads(limit: Any) -> None:
    with pytest.raises(SetupError, match="1 or more"):
        pending_threads(InMemorySaver(), limit=limit)
