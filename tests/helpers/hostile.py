"""The process that runs hostile programs: `python -m tests.helpers.hostile`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from langchain_quickjs.errors import LimitError, QuickJSError, TimeLimitError
from langchain_quickjs.interpreter import (
    Completed,
    Failed,
    Interpreter,
    Limits,
    Outcome,
    Returned,
    Suspended,
)
from tests.helpers.hostile_programs import PROGRAMS

# What only computes does nothing else in half a second; what fills memory is given that.
TIMEOUT_S: Final = 0.2
LONG_TIMEOUT_S: Final = 0.5
MUCH_BYTES: Final = 8 * 1024**2
MEMORY_BYTES: Final = 64 * 1024**2
ENDINGS = ("completed", "failed", "suspended", "limit")


@dataclass(frozen=True)
class Row:
    """What came of one program.

    Attributes:
        name: Category and name.
        ending: One of `ENDINGS`, or the class of an error that should not be.
        detail: The error, shortened.
        took_s: How long the worst step took, with all that the host does for it.
        peak_bytes: The most memory the process had, beyond what it had at the beginning.
        still_works: Whether the next script saw the variables of the one before.
    """

    name: str
    ending: str
    detail: str
    took_s: float
    peak_bytes: int
    still_works: bool


def names() -> list[str]:
    return [f"{kind}: {name}" for kind, programs in PROGRAMS.items() for name in programs]


HEAD: Final = f"{'hostile program':60} {'ending':10} {'ms':>6} {'MB':>5}  how"


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of a table with that head."""
    for row in rows:
        how = row.detail if row.still_works else f"{row.detail}  NO LONGER WORKS"
        took = f"{row.took_s * 1000:6.0f} {row.peak_bytes >> 20:5}"
        yield f"{row.name[:60]:60} {row.ending:10} {took}  {how}"
    worst_s, worst = max(row.took_s for row in rows), max(row.peak_bytes for row in rows)
    yield (
        f"{len(rows)} programs; limits {TIMEOUT_S * 1000:.0f} ms, {LONG_TIMEOUT_S * 1000:.0f} ms "
        f"for those that take memory, and {MEMORY_BYTES >> 20} MB; "
        f"worst {worst_s * 1000:.0f} ms and {worst >> 20} MB"
    )


# --- the process that runs them ----------------------------------------------------------------


def memory_bytes(field: str) -> int:
    """A figure of this process: VmRSS, what it has, or VmHWM, the most since that was cleared."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


def clear_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def play(interpreter: Interpreter, source: str) -> tuple[Outcome, float]:
    """Runs a script, answering a few of its calls: how it ended, and its slowest step."""
    worst_s = 0.0
    results: dict[int, Returned] | None = None
    for _ in range(5):
        began_s = time.monotonic()
        try:
            if results is None:
                outcome = interpreter.start(source, tools=["f"])
            else:
                outcome = interpreter.resume(results)
        except QuickJSError as error:
            error.add_note(str(max(worst_s, time.monotonic() - began_s)))
            raise
        worst_s = max(worst_s, time.monotonic() - began_s)
        if not isinstance(outcome, Suspended):
            break
        results = {call.id: Returned([1, {"a": "b"}]) for call in interpreter.open_calls[:50]}
    return outcome, worst_s


def ending_of(interpreter: Interpreter, source: str) -> tuple[str, str, float]:
    try:
        outcome, took_s = play(interpreter, source)
    except LimitError as error:
        return "limit", f"{type(error).__name__}", float(error.__notes__[0])
    except QuickJSError as error:
        return type(error).__name__, str(error)[:100], float(error.__notes__[0])
    match outcome:
        case Completed():
            return "completed", "", took_s
        case Failed(thrown):
            return "failed", f"{thrown.name}: {thrown.message}"[:50].replace("\n", " "), took_s
    return "suspended", "", took_s


def run_one(name: str, source: str) -> Row:
    row = run_for(TIMEOUT_S, name, source)
    if row.detail == TimeLimitError.__name__ and row.peak_bytes > MUCH_BYTES:
        return run_for(LONG_TIMEOUT_S, name, source)
    return row


def run_for(timeout_s: float, name: str, source: str) -> Row:
    # A new one for each: what a script does to its own globals is its own affair.
    interpreter = Interpreter(
        limits=Limits(memory_bytes=MEMORY_BYTES, step_timeout_s=timeout_s, calls=100)
    )
    interpreter.eval("let count = 41; const kept = {list: [1, 2], map: new Map([['a', 1]])}; 0")
    base = memory_bytes("VmRSS")
    clear_peak()
    ending, detail, took_s = ending_of(interpreter, source)
    peak = memory_bytes("VmHWM") - base
    if interpreter.running:
        interpreter.abort()
    try:
        seen = interpreter.eval("count++; [count, kept.list[1], kept.map.size]")
        works = seen == [42, 2, 1]
    except QuickJSError as error:
        works, detail = False, f"{detail}; then {error}"
    return Row(name, ending, detail, took_s, peak, works)


def run_all(chosen: Sequence[str]) -> Iterator[Row]:
    Interpreter().eval("[1, {a: 'b'}]")  # compiles, imports
    for kind, programs in PROGRAMS.items():
        for name, source in programs.items():
            if not chosen or f"{kind}: {name}" in chosen:
                yield run_one(f"{kind}: {name}", source)


if __name__ == "__main__":
    for one in run_all(sys.argv[1:]):
        print(json.dumps(asdict(one)), flush=True)
