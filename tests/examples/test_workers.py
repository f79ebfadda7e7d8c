"""The worker kit: workers that are killed, and the same graph on a LangGraph server."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph_sdk import get_client

from examples.workers import agent, jobs, worker
from langchain_quickjs import PostgresLock
from tests.helpers.api_server import ROOT, served
from tests.helpers.databases import Server
from tests.helpers.tables import table

SAID: Any = {"messages": [{"role": "user", "content": "A-1001 arrived broken. Refund it."}]}
TOOLS = ["close_case", "look_up", "refund", "write_to_customer"]
YES = {"decisions": [{"type": "approve"}]}


@pytest.fixture
def fresh(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A database in which nobody has made anything yet."""
    monkeypatch.setenv("WORKERS_DSN", postgres.database())
    with psycopg.connect(agent.dsn(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def database(fresh: psycopg.Connection) -> psycopg.Connection:
    worker.set_up()
    return fresh


def run(*arguments: str) -> list[str]:
    command = [sys.executable, "-m", "examples.workers.chaos", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, check=False, text=True, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


@pytest.mark.parametrize("durability", ["pause", "call"])
def test_nothing_is_lost_when_workers_are_killed(
    durability: str, postgres: Server, full: bool, pytestconfig: pytest.Config
) -> None:
    """Must show 5. Whatever is made again, because nobody knows of it, has the same id."""
    threads = "10000" if full else "30"
    where = ["--dsn", postgres.address, "--durability", durability]
    head, row = run(*where, "--threads", threads)
    table(pytestconfig, "A worker out of four is killed every half second", head).append(row)
    cells = dict(zip(head.split("  "), row.replace(" s ", "s ").split(), strict=True))
    assert int(cells["kills"]) > 4
    assert cells["threads"] == threads
    assert (cells["lost"], cells["twice, new id"], cells["given up"]) == ("0", "0", "0")
    assert int(cells["effects"]) == len(TOOLS) * int(threads)


def effects(database: psycopg.Connection, thread: str) -> list[str]:
    row = "SELECT tool FROM effects WHERE thread = %s ORDER BY tool"
    return [name for (name,) in database.execute(row, (thread,)).fetchall()]


def work_off(database: psycopg.Connection) -> None:
    """Does all jobs, as a worker does."""
    queue, lock = jobs.Jobs(database), PostgresLock(agent.dsn())
    with PostgresSaver.from_conn_string(agent.dsn()) as saver:
        graph = agent.build(saver)
        while job := queue.take():
            assert worker.run(graph, lock, job)
            queue.done(job)


def test_a_job_that_comes_again(database: psycopg.Connection) -> None:
    queue = jobs.Jobs(database, lease_s=0.0)
    queue.put("thread", "start", SAID)
    first, again = queue.take(), queue.take()
    assert first == again
    assert first is not None
    queue.done(first)
    assert queue.take() is None


def test_a_job_that_another_worker_has(database: psycopg.Connection) -> None:
    queue = jobs.Jobs(database, lease_s=60.0)
    queue.put("thread", "start", SAID)
    job = queue.take()
    assert queue.take() is None
    assert job is not None
    queue.later(job, delay_s=0.0, why="not now")
    assert queue.take() == job


def test_a_thread_of_the_server_is_answered_by_a_worker(
    fresh: psycopg.Connection, tmp_path: Path
) -> None:
    """They share graph and database: one begins, the other goes on, and both may be asked."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("agent.py", "langgraph.json"):
        shutil.copy(ROOT / "examples" / "workers" / name, project)

    async def begin(url: str) -> list[tuple[str, str]]:
        async with get_client(url=url) as client:
            found = []
            for _ in range(2):
                thread: str = (await client.threads.create())["thread_id"]
                await client.runs.wait(thread, "refunds", input=SAID)
                (question,) = (await client.threads.get_state(thread))["interrupts"]
                found.append((thread, question["id"]))
            return found

    async def answer(url: str, thread: str, question: str) -> None:
        async with get_client(url=url) as client:
            await client.runs.wait(thread, "refunds", command={"resume": {question: YES}})

    with served(project) as url:
        (one, its), (other, others) = asyncio.run(begin(url))
        assert effects(fresh, one) == effects(fresh, other) == ["look_up"]
        worker.set_up()
        for _ in range(3):
            jobs.Jobs(fresh).put(one, "answer", {"question": its, "answer": YES})
        work_off(fresh)
        assert effects(fresh, one) == TOOLS
        asyncio.run(answer(url, other, others))
        assert effects(fresh, other) == TOOLS
