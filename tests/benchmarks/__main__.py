"""Prints one table: ours, and the others where their environments are given.

    python -m tests.benchmarks --peer-python path/to/env/bin/python --agents

Figures are medians of several rounds. The sides take turns in each round, and are compared within
it (`x` is the median of that), because a machine that is busy with something else for a while
should slow all of them alike. The figure of a round is its best time where the interpreter runs
alone, as `timeit` advises: whatever else the machine does only adds to it. For whole turns of an
agent it is the median.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.benchmarks.processes import Side, Worker, start_seconds
from tests.benchmarks.rows import (
    AGENT,
    AGENT_SHORT,
    APPROVED,
    COLD_START,
    INTERPRETER,
    RULED,
    Row,
    Unit,
    ratio_of,
    write_figure,
    write_ratio,
)

_WIDTH: Final = 39
Figures = dict[str, float | None]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    options = _parser().parse_args(arguments)
    sides = [Side("ours", sys.executable, ("ours", "agents", "ruled", "approved"))]
    if options.before_python:
        sides.append(Side("before", options.before_python, ("ours", "agents")))
    if options.peer_python:
        sides.append(Side("peer", options.peer_python, ("peer", "agents")))
    if options.native_python:
        sides.append(Side("native", options.native_python, ("native",)))
    if options.monty_python:
        sides.append(Side("monty", options.monty_python, ("monty",)))
    if options.wasi_node:
        sides.append(Side("wasi", *options.wasi_node))
    rows = [*INTERPRETER, *AGENT_SHORT, *RULED, *((*AGENT, *APPROVED) if options.agents else ())]
    if options.only:
        rows = [row for row in rows if any(word in row.measure for word in options.only)]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    _print_head(sides)
    if not options.only or "start" in options.only:
        _measure_starts(sides, 2 if options.quick else 5)
    _measure_rows(sides, rows, quick=options.quick)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--before-python", help="Python of an environment with this package before")
    parser.add_argument("--peer-python", help="Python of an environment with the public package")
    parser.add_argument("--native-python", help="Python of an environment with quickjs-ng")
    parser.add_argument("--monty-python", help="Python of an environment with pydantic-monty")
    parser.add_argument(
        "--wasi-node",
        nargs=2,
        metavar=("NODE", "FOLDER"),
        help="Node.js, and the folder that quickjs-wasi is installed in",
    )
    parser.add_argument("--agents", action="store_true", help="more whole agent turns (minutes)")
    parser.add_argument("--quick", action="store_true", help="one round instead of several")
    parser.add_argument("--only", nargs="+", help="rows whose measurement contains one of these")
    return parser


def _measure_starts(sides: Sequence[Side], rounds: int) -> None:
    with tempfile.TemporaryDirectory() as warm:
        for label, cache in (("new process, first 1 + 1", Path(warm)), ("  nothing cached", None)):
            times: list[Figures] = [
                {side.name: start_seconds(side, COLD_START.get(side.name), cache) for side in sides}
                for _ in range(rounds + 1)
            ]
            _print_row(sides, Row(label, ""), times[1:])  # the first round fills the caches


def _measure_rows(sides: Sequence[Side], rows: Sequence[Row], *, quick: bool) -> None:
    workers = [Worker(side) for side in sides]
    for measure in dict.fromkeys(row.measure for row in rows):
        lines = [row for row in rows if row.measure == measure]
        rounds: list[dict[tuple[str, str], float]] = []
        failed: list[str] = []
        for _ in range(1 if quick else lines[0].rounds):
            rounds.append({})
            for worker in workers:
                if worker.side.name in failed:
                    continue
                try:
                    samples = worker.measure(measure, lines[0].runs)
                except RuntimeError as error:
                    failed.append(worker.side.name)
                    print(f"{worker.side.name}: {measure}: {error}", file=sys.stderr)
                    continue
                choose = min if lines[0].best else statistics.median
                for metric, values in (samples or {}).items():
                    rounds[-1][worker.side.name, metric] = choose(values)
        for row in lines:
            _print_row(sides, row, [_figures(sides, row, figures) for figures in rounds])
    for worker in workers:
        worker.stop()


def _figures(sides: Sequence[Side], row: Row, measured: Mapping[tuple[str, str], float]) -> Figures:
    return {side.name: measured.get((side.name, row.metric)) for side in sides}


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _print_head(sides: Sequence[Side]) -> None:
    cells = ["ours".rjust(10)]
    cells += [f"{side.name.rjust(10)} {'x'.rjust(8)}" for side in sides[1:]]
    print(f"{'':{_WIDTH}}{' '.join(cells)}")


def _print_row(sides: Sequence[Side], row: Row, rounds: Sequence[Figures]) -> None:
    """The median of all rounds; and of how the sides compare within each."""
    cells = [_cell(_median(figures["ours"] for figures in rounds), row.unit)]
    for side in sides[1:]:
        figure = _median(figures[side.name] for figures in rounds)
        ratio = _median(ratio_of(figures[side.name], figures["ours"]) for figures in rounds)
        cells.append(f"{_cell(figure, row.unit)} {write_ratio(ratio).rjust(8)}")
    print(f"{row.label:{_WIDTH}}{' '.join(cells)}", flush=True)


def _cell(figure: float | None, unit: Unit) -> str:
    return ("-" if figure is None else write_figure(figure, unit)).rjust(10)


if __name__ == "__main__":
    main()
