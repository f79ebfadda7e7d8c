"""The rows of the table: what is measured, how often, and how a figure is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["time", "size", "number"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        label: What the line says.
        measure: The function of the workers that measures it; rows may share one.
        metric: Which of that function's figures the line shows.
        unit: How to write it.
        runs: How many times a worker repeats it in each round.
        rounds: In how many rounds at most; the sides take turns in each.
        best: Whether the figure of a round is its best sample; else it is the median.
    """

    label: str
    measure: str
    metric: str = "s"
    unit: Unit = "time"
    runs: int = 5
    rounds: int = 5
    best: bool = True


INTERPRETER: Final = (
    Row("new interpreter, first 1 + 1", "new_interpreter", runs=30),
    Row("1 + 1", "small_eval", runs=100),
    Row("100 sequential calls", "calls_sequential", runs=3),
    Row("  with a number, not an object", "numbers_sequential", runs=3),
    Row("100 parallel calls", "calls_parallel", runs=1, rounds=11),
    Row("  with a number, not an object", "numbers_parallel", runs=3),
    Row("object of 1,000 objects out", "nested_out", runs=1, rounds=3),
    Row("fib(25)", "fib", rounds=9),
    Row("loop of 10^6", "loop", rounds=9),
    Row("10,000 errors thrown and caught", "thrown"),
    Row("  of calls of no method", "no_method"),
    Row("5.5 KB of TypeScript", "typescript", runs=20),
    Row("  the same as JavaScript", "typescript", "without_s"),
    Row("  what types cost per KB", "typescript", "per_kilobyte_s"),
    Row("paused script, stored", "pause", "bytes", "size"),
    Row("  snapshot", "pause", "snapshot_s"),
    Row("  snapshot, the first after a step", "pause", "first_snapshot_s"),
    Row("  restore + resume", "pause", "resume_s"),
    Row("round trip of one call", "round_trip", runs=2),
    Row("1 MB of records out", "records_out", runs=3, rounds=1),
    Row("1 MB of records in", "records_in", runs=5, rounds=2),
    Row("1,000 interpreters run and dropped", "thousand", runs=1, rounds=2),
    Row("  memory that stays", "thousand", "grown_bytes", "size"),
)

AGENT_SHORT: Final = (
    Row(
        "agent turn, what 1 + 1 adds: first", "turn_small", "first_s", runs=3, rounds=4, best=False
    ),
    Row("  third turn of a conversation", "turn_small", "third_s", runs=3, rounds=4, best=False),
)

RULED: Final = (
    Row("agent turn, page and 100 calls", "turn_ruled", "none_s", runs=8),
    Row("  rule of two, by program", "turn_ruled", "program_s", runs=8),
    Row("  rule of two, by value", "turn_ruled", "value_s", runs=8),
)

AGENT: Final = (
    Row("agent turn, 100 sequential calls", "turn_sequential", runs=3, rounds=7, best=False),
    Row("agent turn, 100 parallel calls", "turn_parallel", runs=3, rounds=7, best=False),
    Row("agent turn, 1,000 objects out", "turn_nested", runs=1, rounds=2, best=False),
    Row("64 conversations x 5 calls, at once", "conversations", runs=1, rounds=5, best=False),
    Row("  one after the other", "conversations", "serial_s", runs=1, rounds=5, best=False),
    Row(
        "  longest stall of the event loop",
        "conversations",
        "stall_s",
        runs=1,
        rounds=5,
        best=False,
    ),
    Row("  most threads", "conversations", "threads", "number", runs=1, rounds=5, best=False),
    Row("turn 2 to 11 of a conversation", "turn_growth", "first_s", runs=1, rounds=1, best=False),
    Row("  turn 51 to 60", "turn_growth", "last_s", runs=1, rounds=1, best=False),
)

APPROVED: Final = tuple(
    Row(label, "approved", metric, runs=1, rounds=2)
    for label, metric in (
        ("500 conversations, 1 of 6 calls asked", "program_s"),
        ("  LangChain's approvals, a call a turn", "plain_s"),
        ("  longest piece in the event loop", "program_piece_s"),
        ("    LangChain's", "plain_piece_s"),
        ("  longest collection of garbage", "program_collection_s"),
        ("    LangChain's", "plain_collection_s"),
    )
)

# What a new process runs, measured from outside: under which heading, and with which program.
COLD_START: Final = {
    "ours": "from langchain_quickjs.interpreter import Interpreter\n"
    "assert Interpreter().eval('1 + 1') == 2",
    "before": "from langchain_quickjs.interpreter import Interpreter\n"
    "assert Interpreter().eval('1 + 1') == 2",
    "peer": "from quickjs_rs import Runtime\nassert Runtime().new_context().eval('1 + 1') == 2",
    "native": "import quickjs\nassert quickjs.Context().eval('1 + 1') == 2",
    "monty": "import pydantic_monty\n"
    "with pydantic_monty.Monty() as pool, pool.checkout() as session:\n"
    "    assert session.feed_run('1 + 1') == 2",
}


def write_figure(value: float, unit: Unit) -> str:
    """Three digits and a unit."""
    if unit == "number":
        return f"{value:.0f}"
    steps = (
        ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"))
        if unit == "time"
        else ((1e6, "MB"), (1e3, "KB"), (1.0, "B"))
    )
    scale, name = next((step for step in steps if abs(value) >= step[0]), steps[-1])
    return f"{_three_digits(value / scale)} {name}"


def ratio_of(other: float | None, ours: float | None) -> float | None:
    """How many times as much the other side takes."""
    if other is None or ours is None or ours <= 0 or other <= 0:
        return None
    return other / ours


def write_ratio(ratio: float | None) -> str:
    """Three digits and an x."""
    return "" if ratio is None else f"{_three_digits(ratio)}x"


def _three_digits(value: float) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"
