"""Workers are killed at random while they start threads and deliver answers: nothing is lost.

    python -m examples.workers.chaos                    # 60 threads, on a PostgreSQL of its own
    python -m examples.workers.chaos --threads 10000    # in full, for both durabilities
    python -m examples.workers.chaos --dsn "..."        # in a schema of its own in yours

Every thread looks an order up, asks a person, pays, writes, and closes the case in a program of its
own. First all threads come to their question; then each answer is delivered three times. All the
while a worker out of four is killed every half second, and another one takes its place.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import multiprocessing
import os
import random
import time
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg

from examples.script_node_workers import own_postgres

from .jobs import MOST_TRIES
from .worker import set_up, work

HEAD = (
    "durability  threads  paused after  kills  redelivered  asked again  effects  "
    "made again, same id  twice, new id  lost  given up  seconds"
)
TOOLS = 4
COPIES = 3

START = """
    INSERT INTO jobs (thread, kind, body) SELECT 'thread ' || number, 'start', %s::jsonb
    FROM generate_series(1, %s) AS number
"""
# The person: says yes to everything that is asked, and says so several times.
ANSWER = """
    WITH asked AS (UPDATE questions SET answered = true WHERE NOT answered RETURNING id, thread)
    INSERT INTO jobs (thread, kind, body)
    SELECT thread, 'answer', jsonb_build_object('question', id, 'answer',
        '{"decisions": [{"type": "approve"}]}'::jsonb)
    FROM asked, generate_series(1, %s)
"""
LEFT = "SELECT count(*) FROM jobs WHERE done_at IS NULL AND tries < %s"
FIGURES = """
    SELECT (SELECT sum(tries) - count(*) FROM jobs), (SELECT count(*) FROM questions),
           (SELECT count(*) FROM effects), (SELECT count(*) FROM effects WHERE times > 1),
           (SELECT count(DISTINCT (thread, tool)) FROM effects),
           (SELECT count(*) FROM jobs WHERE done_at IS NULL)
"""


class Workers:
    """Processes that work, forked from this one, which has imported everything already."""

    def __init__(self, number: int, lease_s: float) -> None:
        self._forks = multiprocessing.get_context("fork")
        self._lease_s = lease_s
        self._running = [self._started() for _ in range(number)]

    def kill_one(self) -> None:
        """Kills a worker, wherever it is, and starts another one."""
        place = random.randrange(len(self._running))  # noqa: S311 - no secret
        self._running[place].kill()
        self._running[place].join()
        self._running[place] = self._started()

    def stop(self) -> None:
        """Lets all end after the jobs that they have at hand."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.join()

    def _started(self) -> Any:
        process = self._forks.Process(target=work, args=(self._lease_s,))
        process.start()
        return process


@contextlib.contextmanager
def database() -> Iterator[psycopg.Connection]:
    """A connection for a moment: none may be open here when a worker is forked."""
    with psycopg.connect(os.environ["WORKERS_DSN"], autocommit=True) as connection:
        yield connection


def run(options: argparse.Namespace, durability: str) -> str:
    """Has it done with one durability, in a new schema; gives a row of the table."""
    schema = f"workers_{uuid.uuid4().hex}"
    with psycopg.connect(options.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    os.environ["WORKERS_DSN"] = f"{options.dsn} options=-csearch_path={schema}"
    os.environ["WORKERS_DURABILITY"] = durability
    set_up()
    said = '{"messages": [{"role": "user", "content": "A-1001 arrived broken. Refund it."}]}'
    with database() as connection:
        connection.execute(START, (said, options.threads))
    kills, paused_s, began = 0, 0.0, time.monotonic()
    workers = Workers(options.workers, options.lease)
    try:
        while True:
            time.sleep(options.kill_every)
            workers.kill_one()
            kills += 1
            with database() as connection:
                (left,) = connection.execute(LEFT, (MOST_TRIES,)).fetchone() or (0,)
                if paused_s or not left:
                    paused_s = paused_s or time.monotonic() - began
                    # Killed while it paid, it asks again: so it may ask to the very end.
                    if not connection.execute(ANSWER, (COPIES,)).rowcount and not left:
                        break
    finally:
        workers.stop()
    seconds = time.monotonic() - began
    with database() as connection:
        figures = connection.execute(FIGURES).fetchone() or ()
        again, asked, effects, same, found, given_up = map(int, figures)
        connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())
    cells = (
        *(durability, options.threads, f"{paused_s:.1f} s", kills, again, asked - options.threads),
        *(effects, same, effects - found, TOOLS * options.threads - found, given_up),
        f"{seconds:.1f}",
    )
    titles = HEAD.split("  ")
    widths = [len(title) for title in titles]
    return "  ".join(f"{cell!s:>{width}}" for cell, width in zip(cells, widths, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dsn", help="a PostgreSQL database, as psycopg connects to it")
    parser.add_argument("--threads", type=int, default=60, help="how many threads wait")
    parser.add_argument("--workers", type=int, default=4, help="how many work at a time")
    parser.add_argument("--kill-every", type=float, default=0.5, help="in seconds")
    parser.add_argument("--lease", type=float, default=5.0, help="of a job, in seconds")
    parser.add_argument("--durability", choices=["pause", "call"], help="only this one")
    options = parser.parse_args()
    gc.freeze()  # Workers would copy what a collection looks at.
    with contextlib.nullcontext(options.dsn) if options.dsn else own_postgres() as dsn:
        options.dsn = dsn
        print(HEAD, flush=True)
        for durability in [options.durability] if options.durability else ["pause", "call"]:
            print(run(options, durability), flush=True)


if __name__ == "__main__":
    main()
