"""Customers complain to an agent on a LangGraph server; people approve refunds over its API.

    python examples/langgraph_server/client.py    # says what the agent wants to do, and exits
    python examples/langgraph_server/client.py    # asks you, goes on in the middle of each program

Both start the server in `agent.py` with `langgraph dev`, on this machine only, and stop it at the
end: between the two nothing is alive. With `--url` they talk to a server that you have started.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

HERE = Path(__file__).parent
LOG = HERE / "log.txt"
GRAPH = "refunds"  # Its name in langgraph.json.


@contextlib.contextmanager
def langgraph_server(model: str | None, at_once: int) -> Iterator[str]:
    """Runs `langgraph dev` in this folder, and gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n-jobs-per-worker", str(at_once)]
    quiet = {
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
        "LANGGRAPH_NO_VERSION_CHECK": "true",
        "LANGSMITH_TRACING": "false",
    }
    environment = {**os.environ, **quiet, "REFUNDS_MODEL": model or ""}
    url, said = f"http://127.0.0.1:{port}", HERE / "server.log"
    with (
        said.open("wb") as log,
        subprocess.Popen(command, cwd=HERE, env=environment, stdout=log, stderr=log) as server,
    ):
        try:
            while not is_up(url):
                if server.poll() is not None:
                    raise SystemExit(f"The server did not start: {said.read_text()}")
                time.sleep(0.1)
            yield url
        finally:
            server.terminate()


def is_up(url: str) -> bool:
    """Whether the server answers."""
    try:
        return httpx.get(f"{url}/ok").is_success
    except httpx.TransportError:
        return False


def thread_of(order: str) -> str:
    """The thread in which the agent deals with an order, by an id that both runs find."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"refunds/{order}"))


async def waiting(client: LangGraphClient, order: str) -> list[Any]:
    """What the agent waits for in the thread of an order."""
    # The thread's state is in SQLite. The server's own list of threads may not have survived.
    await client.threads.create(thread_id=thread_of(order), graph_id=GRAPH, if_exists="do_nothing")
    state = await client.threads.get_state(thread_of(order))
    return list(state["interrupts"])


async def complain(client: LangGraphClient, order: str) -> None:
    """Lets the agent begin; it comes back when it waits for a person, or is done."""
    said: Any = {
        "role": "user",
        "content": f"The order {order} arrived broken. Refund its full price.",
    }
    await client.runs.wait(thread_of(order), GRAPH, input={"messages": [said]})


async def go_on(client: LangGraphClient, order: str, answers: dict[str, Any]) -> None:
    """Lets the agent go on where it waits.

    By id: the same answer, delivered twice, must not decide what is asked next.
    """
    await client.runs.wait(thread_of(order), GRAPH, command={"resume": answers})


async def last_words(client: LangGraphClient, order: str) -> str:
    """What the agent has said at the end."""
    state: Any = await client.threads.get_state(thread_of(order))
    return str(state["values"]["messages"][-1]["content"])


def ask() -> str:
    """Asks a person at the terminal, who may come back later."""
    try:
        return input("approve, edit:AMOUNT or reject:WORDS? ")
    except (EOFError, KeyboardInterrupt):
        raise SystemExit("\nNothing was decided; the program still waits.") from None


def decide(action: dict[str, Any], answer: str | None) -> dict[str, Any]:
    """Turns a person's answer into a decision. Whether that fits is for the server to say."""
    said = ask() if answer is None else answer
    kind, _, detail = said.strip().partition(":")
    if kind == "edit":
        with contextlib.suppress(ValueError):
            return edit(action, float(detail))
        return edit(action, detail)
    return {"type": kind, "message": detail} if kind == "reject" else {"type": kind}


def edit(action: dict[str, Any], amount: float | str) -> dict[str, Any]:
    """The decision to refund another amount."""
    args = {**action["args"], "amount": amount}
    return {"type": "edit", "edited_action": {"name": action["name"], "args": args}}


def show(asked: Any) -> None:
    """Prints one thing that the agent waits for, and why the last answer to it did not count."""
    if refused := asked["value"].get("refused"):
        print(f"Your answer was not taken: {refused}")
    for action in asked["value"]["action_requests"]:
        print(f"The agent wants to call {action['name']} with {action['args']}.")


def answer(asked: Any, given: str | None) -> dict[str, Any]:
    """One decision for each thing that was asked about."""
    show(asked)
    return {"decisions": [decide(action, given) for action in asked["value"]["action_requests"]]}


def report() -> None:
    """Prints the log, and whether anything was done twice."""
    lines = LOG.read_text().splitlines()
    twice = [line for line, times in Counter(lines).items() if times > 1]
    print("The log:", *lines, sep="\n  ")
    print(f"Done twice: {', '.join(twice)}" if twice else "Every line is there once.")


async def talk(url: str, orders: list[str], decision: str | None) -> None:
    """Begins if nothing waits; else answers everything that waits, and lets all go on at once."""
    async with get_client(url=url) as client:
        asked = await asyncio.gather(*(waiting(client, order) for order in orders))
        if not any(asked):
            LOG.unlink(missing_ok=True)
            await asyncio.gather(*(complain(client, order) for order in orders))
        else:
            answers = {
                order: {one["id"]: answer(one, decision) for one in each}
                for order, each in zip(orders, asked, strict=True)
                if each
            }
            await asyncio.gather(*(go_on(client, *answered) for answered in answers.items()))

        left = await asyncio.gather(*(waiting(client, order) for order in orders))
        for order, each in zip(orders, left, strict=True):
            for one in each:
                show(one)
            if not each:
                print(await last_words(client, order))
    if any(left):
        print("It waits in the middle of its program. Run this again to decide.")
    else:
        report()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", help="a real model for the server, as provider:name")
    parser.add_argument("--url", help="a server that runs already, instead of one of our own")
    parser.add_argument("--decision", help="approve, edit:AMOUNT or reject:WORDS, without asking")
    parser.add_argument("--orders", nargs="+", default=["A-1001", "A-1002"], help="complained of")
    options = parser.parse_args()
    orders = options.orders
    with (
        contextlib.nullcontext(options.url)
        if options.url
        else langgraph_server(options.model, at_once=len(orders)) as url
    ):
        asyncio.run(talk(url, orders, options.decision))


if __name__ == "__main__":
    main()
