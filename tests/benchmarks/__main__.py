"""Prints one table: ours, and the others where their environments are given.

    python -m tests.benchmarks --peer-python path/to/env/bin/python --agents

Medians of several rounds; the sides take turns in each round, because a machine that is busy with
something else for a while should slow all of them alike.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.benchmarks.processes import Side, Worker, start_seconds
from tests.benchmarks.rows import (
    AGENT,
    AGENT_SHORT,
    COLD_START,
    INTERPRETER,
    Row,
    Unit,
    write_figure,
    write_ratio,
)

_WIDTH: Final = 37
Figures = dict[str, float | None]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    options = _parser().parse_args(arguments)
    sides = [Side("ours", sys.executable, ("ours", "agents"))]
    if options.peer_python:
        sides.append(Side("peer", options.peer_python, ("peer", "agents")))
    if options.native_python:
        sides.append(Side("native", options.native_python, ("native",)))
    rows = [*INTERPRETER, *AGENT_SHORT, *(AGENT if options.agents else ())]
    if options.only:
        rows = [row for row in rows if any(word in row.measure for word in options.only)]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    _print_head(sides)
    if not options.only or "start" in options.only:
        _measure_starts(sides, 2 if options.quick else 5)
    _measure_rows(sides, rows, quick=options.quick)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--peer-python", help="Python of an environment with the public package")
    parser.add_argument("--native-python", help="Python of an environment with quickjs-ng")
    parser.add_argument("--agents", action="store_true", help="more whole agent turns (minutes)")
    parser.add_argument("--quick", action="store_true", help="one round instead of several")
    parser.add_argument("--only", nargs="+", help="rows whose measurement contains one of these")
    return parser


def _measure_starts(sides: Sequence[Side], rounds: int) -> None:
    with tempfile.TemporaryDirectory() as warm:
        for label, cache in (("new process, first 1 + 1", Path(warm)), ("  nothing cached", None)):
            times: dict[str, list[float]] = {side.name: [] for side in sides}
            for round_ in range(rounds + 1):
                for side in sides:
                    seconds = start_seconds(side, COLD_START[side.name], cache)
                    if round_ and seconds is not None:  # the first round fills the caches
                        times[side.name].append(seconds)
            _print_row(sides, label, "time", {name: _median(each) for name, each in times.items()})


def _measure_rows(sides: Sequence[Side], rows: Sequence[Row], *, quick: bool) -> None:
    workers = [Worker(side) for side in sides]
    for measure in dict.fromkeys(row.measure for row in rows):
        lines = [row for row in rows if row.measure == measure]
        collected: dict[tuple[str, str], list[float]] = {}
        failed: list[str] = []
        for _ in range(1 if quick else lines[0].rounds):
            for worker in workers:
                if worker.side.name in failed:
                    continue
                try:
                    samples = worker.measure(measure, lines[0].runs)
                except RuntimeError as error:
                    failed.append(worker.side.name)
                    print(f"{worker.side.name}: {measure}: {error}", file=sys.stderr)
                    continue
                for metric, values in (samples or {}).items():
                    collected.setdefault((worker.side.name, metric), []).extend(values)
        for row in lines:
            figures = {
                side.name: _median(collected.get((side.name, row.metric), [])) for side in sides
            }
            _print_row(sides, row.label, row.unit, figures)
    for worker in workers:
        worker.stop()


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _print_head(sides: Sequence[Side]) -> None:
    cells = ["ours".rjust(10)]
    cells += [f"{side.name.rjust(10)} {'x'.rjust(8)}" for side in sides[1:]]
    print(f"{'':{_WIDTH}}{' '.join(cells)}")


def _print_row(sides: Sequence[Side], label: str, unit: Unit, figures: Figures) -> None:
    ours = figures["ours"]
    cells = [_cell(ours, unit)]
    for side in sides[1:]:
        figure = figures[side.name]
        cells.append(f"{_cell(figure, unit)} {write_ratio(figure, ours).rjust(8)}")
    print(f"{label:{_WIDTH}}{' '.join(cells)}", flush=True)


def _cell(figure: float | None, unit: Unit) -> str:
    return ("-" if figure is None else write_figure(figure, unit)).rjust(10)


if __name__ == "__main__":
    main()
