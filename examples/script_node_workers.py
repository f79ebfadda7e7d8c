"""A script as a node of a graph on PostgreSQL: workers run it to where it waits for a person.

    python examples/script_node_workers.py               # starts a PostgreSQL server for itself
    python examples/script_node_workers.py --dsn "..."   # or uses yours, in a schema of its own

Each order is a job, and each job a thread. Two workers take jobs from a table and run each one to
its question; then they are gone. This process decides. Another worker goes on, and is killed after
it has paid a refund, while it writes to the customer. Two others finish. Read the table at the end:
every call has ended once, whoever made it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import psycopg
from langchain.tools import InjectedToolCallId
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from psycopg.types.json import Jsonb

from langchain_quickjs import create_script_graph

SCHEMA = "script_node_workers"
TABLES = f"""
    DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}; SET search_path = {SCHEMA};
    CREATE TABLE jobs (thread text PRIMARY KEY, state text NOT NULL DEFAULT 'ready',
                       questions jsonb, answers jsonb, result text);
    CREATE TABLE calls (number serial PRIMARY KEY, id text, tool text, order_id text, worker text,
                        ended boolean NOT NULL DEFAULT false);
"""

# The same for every order; a model could write one for each.
PROGRAM = """\
const order = await tools.lookUp({ order_id: "ORDER" });
let said;
try {
  said = await tools.refund({ order_id: order.id, amount: order.price });
} catch (error) {
  said = `not refunded: ${error.message}`;
}
await tools.writeToCustomer({ order_id: order.id, text: said });
said
"""


class Job(TypedDict, total=False):
    """The state of the graph. The script node takes `source`, and gives `outcome` and `updates`."""

    source: str
    outcome: Any
    updates: list[Any]
    result: str


def connected(dsn: str) -> psycopg.Connection:
    """A connection on which each statement is stored at once."""
    return psycopg.connect(dsn, autocommit=True, options=f"-csearch_path={SCHEMA}")


def order_tools(dsn: str, worker: str, slow_s: float) -> list[BaseTool]:
    """The shop's tools. Each call is noted when it begins, and when it has ended."""

    @contextlib.contextmanager
    def noted(name: str, order_id: str, call_id: str) -> Iterator[None]:
        row = "INSERT INTO calls (id, tool, order_id, worker) VALUES (%s, %s, %s, %s)"
        with connected(dsn) as database:
            values = (call_id, name, order_id, worker)
            number = database.execute(f"{row} RETURNING number", values).fetchone()
            yield
            database.execute("UPDATE calls SET ended = true WHERE number = %s", number)

    @tool
    def look_up(order_id: str, call_id: Annotated[str, InjectedToolCallId]) -> dict[str, Any]:
        """Looks an order up."""
        with noted("look_up", order_id, call_id):
            return {"id": order_id, "price": 10.0 * int(order_id[-2:])}

    @tool
    def refund(order_id: str, amount: float, call_id: Annotated[str, InjectedToolCallId]) -> str:
        """Pays money back for an order."""
        with noted("refund", order_id, call_id):
            return f"{amount:.2f} refunded"

    @tool
    def write_to_customer(
        order_id: str,
        text: str,  # noqa: ARG001 - nobody reads it here
        call_id: Annotated[str, InjectedToolCallId],
    ) -> None:
        """Writes to the customer, over a line that may be slow."""
        with noted("write_to_customer", order_id, call_id):
            time.sleep(slow_s)

    return [look_up, refund, write_to_customer]


def sum_up(state: Job) -> Job:
    """A node of your own, after the script."""
    outcome: Any = state.get("outcome")
    return {"result": str(outcome.get("value"))}


def refund_graph(tools: list[BaseTool], checkpointer: PostgresSaver) -> Any:
    """The graph of a job."""
    script = create_script_graph(
        tools,
        interrupt_on={"refund": {"allowed_decisions": ["approve", "reject"]}},
        # The end of each call is stored at once: what has ended is never made again.
        durability="call",
    )
    graph = StateGraph(Job)
    graph.add_node("script", script)
    graph.add_node("sum_up", sum_up)
    graph.add_edge(START, "script")
    graph.add_edge("script", "sum_up")
    graph.add_edge("sum_up", END)
    return graph.compile(checkpointer=checkpointer)


def work(dsn: str, worker: str, slow_s: float) -> None:
    """Takes one job after the other, until none is left."""
    with connected(dsn) as queue, connected(dsn) as database:
        saver = PostgresSaver(database)  # type: ignore[arg-type]  # it sets the row factory itself
        graph = refund_graph(order_tools(dsn, worker, slow_s), saver)
        take = "SELECT thread, answers FROM jobs WHERE state = 'ready' ORDER BY thread"
        while queue.execute("SELECT 1 FROM jobs WHERE state = 'ready'").fetchone():
            # The row stays locked while its job is worked on. If this process dies, so does its
            # connection, and with that the lock: the job is there for the next worker.
            with queue.transaction():
                taken = queue.execute(f"{take} LIMIT 1 FOR UPDATE SKIP LOCKED").fetchone()
                if taken is not None:
                    done = do(graph, *taken)
                    queue.execute(
                        "UPDATE jobs SET state = %s, questions = %s, result = %s WHERE thread = %s",
                        (*done, taken[0]),
                    )
            if taken is None:
                time.sleep(0.05)


def do(graph: Any, thread: str, answers: dict[str, Any] | None) -> tuple[str, Jsonb, str | None]:
    """Runs one job as far as it goes: to its end, or to where it waits for a person."""
    config = {"configurable": {"thread_id": thread}}
    if answers is not None:
        given: Any = Command(resume=answers)  # By id: delivered twice, they count once.
    else:
        begun = graph.get_state(config).next
        given = None if begun else {"source": PROGRAM.replace("ORDER", thread)}
    graph.invoke(given, config)
    state = graph.get_state(config)
    questions = {asked.id: asked.value for asked in state.interrupts}
    return "waiting" if questions else "done", Jsonb(questions), state.values.get("result")


@contextlib.contextmanager
def workers(dsn: str, *names: str, slow_s: float = 0.0) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Starts processes that work; waits for them at the end."""
    command = [sys.executable, __file__, "--dsn", dsn, "--slow", str(slow_s), "--worker"]
    started = [subprocess.Popen([*command, name]) for name in names]
    try:
        yield started
    finally:
        for process in started:
            process.wait()


def kill_while_it_writes(worker: subprocess.Popen[bytes], database: psycopg.Connection) -> None:
    """Kills a worker as soon as it writes to a customer."""
    writing = "SELECT order_id FROM calls WHERE tool = 'write_to_customer' AND NOT ended"
    while (found := database.execute(writing).fetchone()) is None:
        if worker.poll() is not None:
            raise SystemExit("The worker has ended before it wrote to a customer.")
        time.sleep(0.02)
    worker.kill()
    print(f"The worker that writes about {found[0]} is killed.")


def decide(number: int) -> dict[str, Any]:
    """What the person decides about a refund: every third one is rejected."""
    if number % 3 == 2:
        return {"type": "reject", "message": "Ask the carrier first."}
    return {"type": "approve"}


def answer_all(database: psycopg.Connection) -> None:
    """Decides about everything that waits."""
    waiting = "SELECT thread, questions FROM jobs WHERE state = 'waiting' ORDER BY thread"
    for number, (thread, questions) in enumerate(database.execute(waiting).fetchall()):
        decision = decide(number)
        for question in questions.values():
            for action in question["action_requests"]:
                print(f"{action['name']} {action['args']}: {decision['type']}")
        answers = {name: {"decisions": [decision]} for name in questions}
        row = "UPDATE jobs SET state = 'ready', answers = %s WHERE thread = %s"
        database.execute(row, (Jsonb(answers), thread))


def report(database: psycopg.Connection) -> None:
    """Prints who did what, and whether anything was done twice."""
    calls = "SELECT order_id, tool, worker, ended FROM calls ORDER BY order_id, number"
    for order_id, name, worker, ended in database.execute(calls):
        print(f"{order_id}  {name:18} {worker}{'' if ended else '  cut off'}")
    for thread, result in database.execute("SELECT thread, result FROM jobs ORDER BY thread"):
        print(f"{thread}: {result}")
    twice = "SELECT order_id, tool FROM calls WHERE ended GROUP BY 1, 2 HAVING count(*) > 1"
    again = [" ".join(row) for row in database.execute(twice)]
    print(f"Done twice: {', '.join(again)}" if again else "Every call has ended once.")


def run(dsn: str, jobs: int) -> None:
    """Submits jobs, and sees them through."""
    with psycopg.connect(dsn, autocommit=True) as database:
        database.execute(TABLES.encode())
        PostgresSaver(database).setup()  # type: ignore[arg-type]  # it sets the row factory itself
        for number in range(1, jobs + 1):
            database.execute("INSERT INTO jobs (thread) VALUES (%s)", (f"A-10{number:02}",))
        with workers(dsn, "w1", "w2"):
            pass
        answer_all(database)
        with workers(dsn, "w3", slow_s=60.0) as (slow,):
            kill_while_it_writes(slow, database)
        with workers(dsn, "w4", "w5"):
            pass
        report(database)


@contextlib.contextmanager
def own_postgres() -> Iterator[str]:
    """Runs a PostgreSQL server on a socket in a temporary folder; gives what to connect with."""
    found = [shutil.which("initdb"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    if not (programs := [Path(path).parent for path in found if path]):
        raise SystemExit("PostgreSQL is not installed here. Install it, or pass --dsn.")
    # It refuses to be root, so then it is the user that its package has made.
    owner = "postgres" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        if owner is not None:
            shutil.chown(made, owner)
        quiet: Any = {"user": owner, "cwd": made, "stdout": subprocess.DEVNULL}
        initdb = [str(programs[-1] / "initdb"), "-D", "data", "-U", "postgres", "-A", "trust"]
        subprocess.run([*initdb, "--no-sync"], check=True, **quiet)
        server = [str(programs[-1] / "pg_ctl"), "-D", "data", "-l", "log", "-w"]
        options = f"-k {made} -c listen_addresses= -c fsync=off"
        subprocess.run([*server, "-o", options, "start"], check=True, **quiet)
        try:
            yield f"host={made} user=postgres dbname=postgres"
        finally:
            subprocess.run([*server, "-m", "immediate", "stop"], check=True, **quiet)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dsn", help="a PostgreSQL database, as psycopg connects to it")
    parser.add_argument("--jobs", type=int, default=6, help="how many orders to deal with")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--slow", type=float, default=0.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.dsn, options.worker, options.slow)
        return
    with contextlib.nullcontext(options.dsn) if options.dsn else own_postgres() as dsn:
        run(dsn, options.jobs)


if __name__ == "__main__":
    main()
