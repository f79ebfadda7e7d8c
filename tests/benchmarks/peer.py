"""The public package's interpreter, measured inside its own environment.

What it offers below its middleware is a runtime with a context in it; host functions are
coroutines that the context awaits.
"""

from __future__ import annotations

import asyncio
from typing import Any

from quickjs_rs import Runtime, Snapshot  # type: ignore[import-not-found]  # in its own environment

from tests.benchmarks import programs
from tests.benchmarks.timing import Samples, resident_bytes, time_each


class Open:
    """One context with the granted calls in it."""

    def __init__(self) -> None:
        self.runtime = Runtime()
        self.context: Any = self.runtime.new_context(timeout=600)
        self.loop = asyncio.new_event_loop()

        async def lookup(argument: dict[str, Any] | int) -> int:
            return programs.lookup(argument)

        async def records(_: dict[str, Any]) -> list[dict[str, Any]]:
            return programs.records()

        self.context.register("lookup", lookup, is_async=True)
        self.context.register("records", records, is_async=True)
        self.context.eval("globalThis.tools = { lookup, records }; undefined")

    def run(self, source: str) -> Any:
        # A context keeps top-level names, and here a second `let` of the same name is an error.
        wrapped = f"await (async () => {{ {_with_return(source)} }})()"
        return self.loop.run_until_complete(self.context.eval_async(wrapped))

    def close(self) -> None:
        self.loop.close()
        self.runtime.close()


def _with_return(source: str) -> str:
    head, _, last = source.strip().rpartition(";")
    return f"{head}; return ({last.strip()})" if head else f"return ({last.strip()})"


def new_interpreter(runs: int) -> Samples:
    runtimes = []

    def create() -> None:
        runtime = Runtime()
        runtime.new_context().eval(programs.ONE_PLUS_ONE)
        runtimes.append(runtime)

    times = time_each(create, runs)
    for runtime in runtimes:
        runtime.close()
    return {"s": times}


def small_eval(runs: int) -> Samples:
    opened = Open()
    times = time_each(lambda: opened.context.eval(programs.ONE_PLUS_ONE), runs)
    opened.close()
    return {"s": times}


def calls_sequential(runs: int) -> Samples:
    return _program(programs.sequential(100), programs.expected_sum(100), runs)


def numbers_sequential(runs: int) -> Samples:
    source = programs.sequential(100, programs.NUMBER)
    return _program(source, programs.expected_sum(100), runs)


def numbers_parallel(runs: int) -> Samples:
    source = programs.parallel(100, programs.NUMBER)
    return _program(source, programs.expected_sum(100), runs)


def calls_parallel(runs: int) -> Samples:
    return _program(programs.parallel(100), programs.expected_sum(100), runs)


def _program(source: str, expected: Any, runs: int) -> Samples:
    opened = Open()

    def once() -> None:
        assert opened.run(source) == expected

    times = time_each(once, runs)
    opened.close()
    return {"s": times}


def nested_out(runs: int) -> Samples:
    opened = Open()

    def once() -> None:
        assert len(opened.context.eval(programs.NESTED)) == 1000

    times = time_each(once, runs)
    opened.close()
    return {"s": times}


def records_out(runs: int) -> Samples:
    opened = Open()
    opened.context.eval(programs.RECORDS_MADE)

    def once() -> None:
        assert len(opened.context.eval(programs.RECORDS_OUT)) == 5000

    times = time_each(once, runs)
    opened.close()
    return {"s": times}


def records_in(runs: int) -> Samples:
    return _program(programs.RECORDS_IN, 5000, runs)


def fib(runs: int) -> Samples:
    opened = Open()
    times = time_each(lambda: opened.context.eval(programs.FIB), runs)
    opened.close()
    return {"s": times}


def loop(runs: int) -> Samples:
    opened = Open()
    times = time_each(lambda: opened.context.eval(programs.LOOP), runs)
    opened.close()
    return {"s": times}


def thrown(runs: int) -> Samples:
    opened = Open()
    times = time_each(lambda: opened.context.eval(programs.THROWN), runs)
    opened.close()
    return {"s": times}


def no_method(runs: int) -> Samples:
    opened = Open()
    times = time_each(lambda: opened.context.eval(programs.NO_METHOD), runs)
    opened.close()
    return {"s": times}


def pause(runs: int) -> Samples:
    """It cannot store a script that waits; its nearest thing is the whole heap between scripts."""
    opened = Open()
    opened.context.eval("globalThis.found = new Map([[1, 2], [2, 3]]); undefined")
    taken: list[bytes] = []
    snapshot = time_each(lambda: taken.append(opened.context.create_snapshot().to_bytes()), runs)

    def once() -> None:
        runtime = Runtime()
        context: Any = runtime.new_context()
        runtime.restore_snapshot(Snapshot.from_bytes(taken[-1]), context)
        assert context.eval("found.get(1)") == 2
        runtimes.append(runtime)

    runtimes: list[Runtime] = []
    restore = time_each(once, runs)
    for runtime in runtimes:
        runtime.close()
    opened.close()
    return {
        "bytes": [float(len(each)) for each in taken],
        "snapshot_s": snapshot,
        "resume_s": restore,
    }


def thousand(runs: int) -> Samples:
    def once() -> None:
        for _ in range(1000):
            runtime = Runtime()
            assert runtime.new_context().eval(programs.ONE_PLUS_ONE) == 2
            runtime.close()

    before = resident_bytes()
    times = time_each(once, runs)
    return {"s": times, "grown_bytes": [resident_bytes() - before]}
