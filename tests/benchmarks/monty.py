"""pydantic-monty: sessions of a Python of its own, which run in a pool of worker processes.

Its programs are Python, of the same shape as ours.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pydantic_monty  # type: ignore[import-not-found]  # in its own environment

from tests.benchmarks import programs
from tests.benchmarks.timing import Samples, time_each, time_once

_PAUSED = """
found = {}
total = 0
for id in [1, 2, 3]:
    price = lookup(id)
    found[id] = price
    total += price
def add(n):
    return total + n
refunded = refund(total)
add(refunded)
"""


@contextlib.contextmanager
def _pool() -> Iterator[Any]:
    with pydantic_monty.Monty() as pool:
        yield pool


def new_interpreter(runs: int) -> Samples:
    with _pool() as pool:

        def once() -> None:
            with pool.checkout() as session:
                assert session.feed_run(programs.ONE_PLUS_ONE) == 2

        return {"s": time_each(once, runs)}


def small_eval(runs: int) -> Samples:
    with _pool() as pool, pool.checkout() as session:
        return {"s": time_each(lambda: session.feed_run(programs.ONE_PLUS_ONE), runs)}


def _paused(session: Any) -> Any:
    snapshot = session.feed_start(_PAUSED)
    while snapshot.function_name == "lookup":
        snapshot = snapshot.resume({"return_value": programs.lookup(snapshot.args[0])})
    return snapshot


def pause(runs: int) -> Samples:
    with _pool() as pool:
        taken: list[bytes] = []
        with pool.checkout() as session:
            paused = _paused(session)
            snapshot = time_each(lambda: taken.append(paused.dump()), runs)

        first = []
        for _ in range(max(runs, 100)):
            with pool.checkout() as session:
                first += time_once(_paused(session).dump)

        def once() -> None:
            with pool.checkout() as session:
                ended = session.load_snapshot(taken[-1]).resume({"return_value": 5})
                assert ended.output == programs.PAUSED_RESULT

        return {
            "bytes": [float(len(each)) for each in taken],
            "snapshot_s": snapshot,
            "first_snapshot_s": first,
            "resume_s": time_each(once, runs),
        }
