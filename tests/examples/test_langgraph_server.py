"""Agents on a LangGraph API server: the example, and what the API shows of paused programs.

The server raises an error at whatever blocks its event loop.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.helpers.api_server import ROOT, served
from tests.helpers.served_graphs import KEY, PROGRAM
from tests.helpers.shop import Shop

EIGHT = [f"A-10{number:02}" for number in range(1, 9)]
ONE = ["--orders", "A-1003"]


def run(folder: Path, *arguments: str, typed: str = "") -> str:
    command = [sys.executable, "-W", "error", str(folder / "client.py"), *arguments]
    ended = subprocess.run(
        command,
        capture_output=True,
        check=False,
        text=True,
        input=typed,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert ended.returncode == 0, ended.stderr
    assert not ended.stderr
    return ended.stdout


def log(folder: Path) -> list[str]:
    return sorted((folder / "log.txt").read_text().splitlines())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example in a folder of its own, because it keeps there what it knows."""
    example, only = ROOT / "examples" / "langgraph_server", tmp_path / "project"
    only.mkdir()
    for name in ("agent.py", "client.py", "langgraph.json"):
        shutil.copy(example / name, only)
    return only


def test_a_restarted_server_refuses_a_bad_answer_and_takes_a_good_one(project: Path) -> None:
    said = run(project, *ONE)
    assert "wants to call issue_refund with {'order_id': 'A-1003', 'amount': 30}" in said
    assert "Run this again to decide" in said

    said = run(project, *ONE, "--decision", "edit:plenty")
    assert "Your answer was not taken" in said
    assert "amount must be a number" in said
    assert "Run this again to decide" in said
    assert log(project) == ["looked up A-1003"]

    said = run(project, *ONE, typed="edit:25\n")
    assert "approve, edit:AMOUNT or reject:WORDS?" in said
    assert "A-1003: 25.00 refunded" in said
    assert "Every line is there once." in said
    assert log(project) == ["looked up A-1003", "refunded 25.00 for A-1003"]


def test_a_killed_server_forgets_nothing(project: Path) -> None:
    with served(project, ended_by=signal.SIGKILL) as url:
        run(project, *ONE, "--url", url)
    with served(project, ended_by=signal.SIGKILL) as url:
        assert "A-1003: 30.00 refunded" in run(project, *ONE, "--url", url, "--decision", "approve")
    assert log(project) == ["looked up A-1003", "refunded 30.00 for A-1003"]


def test_eight_threads_at_once(project: Path) -> None:
    assert run(project, "--orders", *EIGHT).count("wants to call issue_refund") == len(EIGHT)
    said = run(project, "--orders", *EIGHT, "--decision", "approve").splitlines()
    results = [line for line in said if "The program is through" in line]
    refunds = [f"{10 * number:.2f}" for number in range(1, 9)]
    assert results == [
        f"The program is through: <result>{order}: {refund} refunded</result>"
        for order, refund in zip(EIGHT, refunds, strict=True)
    ]
    assert log(project) == [
        *(f"looked up {order}" for order in EIGHT),
        *sorted(f"refunded {r} for {o}" for o, r in zip(EIGHT, refunds, strict=True)),
    ]


STREAMS: Any = [
    "values", "updates", "messages-tuple", "custom", "events", "debug", "tasks", "checkpoints"
]  # fmt: skip
SECRETS = [KEY, base64.b64encode(KEY.encode()).decode()]
INPUTS: dict[str, Any] = {
    "agent": {"messages": [("user", "Pay them.")]},
    "deep_agent": {"messages": [("user", "Pay them.")]},
    "script": {"source": PROGRAM},
}


async def told(client: LangGraphClient, thread: str, graph: str, **given: Any) -> set[str]:
    """Runs a graph, with all that can be streamed of it; gives the kinds of events."""
    kinds = set()
    async for part in client.runs.stream(
        thread, graph, stream_mode=STREAMS, stream_subgraphs=True, **given
    ):
        text = json.dumps(part.data)
        assert not part.event.startswith("error"), text
        assert not [secret for secret in SECRETS if secret in text], part.event
        kinds.add(part.event.partition("|")[0])
    return kinds


async def begin(client: LangGraphClient, graph: str) -> str:
    """Begins a thread, which then waits; gives the thread."""
    thread: str = (await client.threads.create())["thread_id"]
    kinds = await told(client, thread, graph, input=INPUTS[graph])
    assert kinds >= {"values", "updates", "events", "debug", "tasks", "checkpoints"}
    return thread


async def begin_all(url: str) -> dict[str, str]:
    """Begins a thread of each graph; gives the threads."""
    async with get_client(url=url) as client:
        begun = await asyncio.gather(*(begin(client, graph) for graph in INPUTS))
        waiting = await client.threads.search(status="interrupted")
        assert {one["thread_id"] for one in waiting} == set(begun)
    return dict(zip(INPUTS, begun, strict=True))


async def answer_badly(client: LangGraphClient, thread: str, graph: str) -> str:
    """Answers the first question badly; gives what the client is told."""
    (asked,) = (await client.threads.get_state(thread))["interrupts"]
    command: Any = {"resume": {asked["id"]: {"decisions": "yes"}}}
    said: Any = await client.runs.wait(thread, graph, command=command, raise_error=False)
    error = said.get("__error__", {}).get("message")
    return str(error or said["__interrupt__"][0]["value"]["refused"])


async def approve(client: LangGraphClient, thread: str, graph: str) -> list[int]:
    """Approves until nothing waits; gives about how many calls each round asked."""
    rounds = []
    while asked := (state := await client.threads.get_state(thread))["interrupts"]:
        values: Any = state["values"]
        assert graph == "script" or set(values) <= {"messages", "files"}
        actions = {one["id"]: len(one["value"]["action_requests"]) for one in asked}
        rounds.append(sum(actions.values()))
        if graph != "deep_agent":  # The last of its questions is a subagent's own.
            schemas = [one["response_schema"]["properties"]["decisions"] for one in asked]
            assert [each["minItems"] for each in schemas] == list(actions.values())
        yes = {name: {"decisions": [{"type": "approve"}] * n} for name, n in actions.items()}
        # Two people may approve at once: the server runs one after the other.
        people = 2 if graph == "agent" else 1
        answers = (told(client, thread, graph, command={"resume": yes}) for _ in range(people))
        await asyncio.gather(*answers)
    return rounds


async def answer_all(url: str, threads: dict[str, str]) -> dict[str, list[int]]:
    """Answers all questions, the first one badly at first; gives the rounds of each graph."""
    async with get_client(url=url) as client:
        each = [(client, thread, graph) for graph, thread in threads.items()]
        reasons = await asyncio.gather(*(answer_badly(*one) for one in each))
        # One of them raises, and an API server hides the text of most errors.
        assert all('"decisions"' in why for why in reasons)
        rounds = await asyncio.gather(*(approve(*one) for one in each))
    return dict(zip(threads, rounds, strict=True))


def test_what_the_api_tells_of_programs_is_json_and_no_secret(tmp_path: Path) -> None:
    """All kinds of graphs, in the server's own memory, which it writes to files when it ends."""
    graphs = {graph: f"tests.helpers.served_graphs:{graph}" for graph in INPUTS}
    config = {"dependencies": ["."], "graphs": graphs}
    (tmp_path / "langgraph.json").write_text(json.dumps(config))
    with served(tmp_path) as url:
        threads = asyncio.run(begin_all(url))
    with served(tmp_path) as url:
        rounds = asyncio.run(answer_all(url, threads))
    assert rounds == {"agent": [2, 1], "deep_agent": [2, 1, 1], "script": [2, 1]}
    assert Shop(tmp_path / "shop.log").counts() == Counter(
        {"look_up ann": 3, "pay ann 1": 3, "pay bob 1": 3, "pay eve 3": 3, "pay dan 2": 1}
    )
