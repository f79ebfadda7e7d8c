"""Interpreters that wait in one process: `python -m tests.benchmarks.many [COUNT]`.

All are started, and then all go on; half of them have been stored and restored in between. Run it
below `ulimit -v 6000000` to see that it is only slower where there are addresses for one guest.
"""

from __future__ import annotations

import collections
import gc
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from langchain_quickjs.interpreter import Completed, Interpreter, Returned, Suspended

SCRIPT = """
const orders = new Map([[1, "whole"], [2, "broken"]]);
const text = "x".repeat(1000);
const answer = await tools.ask({ about: orders.get(2), number: %d });
answer + text.length
"""


def start(number: int) -> Interpreter:
    """One that waits for a person."""
    interpreter = Interpreter()
    assert isinstance(interpreter.start(SCRIPT % number, tools=["ask"]), Suspended)
    return interpreter


def go_on(interpreter: Interpreter) -> None:
    """Its answer comes, and it ends."""
    (call,) = interpreter.open_calls
    number = call.args[0]["number"]
    assert interpreter.resume({call.id: Returned(number)}) == Completed(number + 1000)


def main(count: int) -> None:
    """Prints one line a phase."""
    print(f"{'':28}{'each':>10}{'memory':>12}{'addresses':>12}{'mappings':>10}")
    interpreters: list[Interpreter] = []
    _report("before", lambda: None, 1)
    _report(f"{count} started", lambda: interpreters.extend(map(start, range(count))), count)
    _report("half of them restored", lambda: _restore(interpreters, range(0, count, 2)), count // 2)
    _report(f"{count} resumed", lambda: collections.deque(map(go_on, interpreters), 0), count)
    _report("gone", interpreters.clear, count)


def _restore(interpreters: list[Interpreter], which: Iterable[int]) -> None:
    for number in which:
        interpreters[number] = Interpreter.restore(interpreters[number].snapshot())


def _own_bytes() -> float:
    """The memory that is this process's alone (Linux; elsewhere it reads 0).

    The pages of the boot image that nobody has written to are there once, however many see them.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(float(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def _report(phase: str, action: Callable[[], object], count: int) -> None:
    begun = time.perf_counter()
    action()
    each_s = (time.perf_counter() - begun) / count
    maps = Path("/proc/self/maps")
    gc.collect()
    mappings = len(maps.read_text().splitlines()) if maps.exists() else 0
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[0]) if statm.exists() else 0
    print(
        f"{phase:28}{each_s * 1e3:7.2f} ms{_own_bytes() / 1e6:9.0f} MB"
        f"{pages * 4096 / 1e9:9.0f} GB{mappings:10}",
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
