"""Prints what comes of a paused program to whoever watches it, and how much.

    python -m tests.benchmarks.streams [WAY...]

The program makes twenty calls, three of which wait for people, and has 20,000 random numbers in
its memory. What people are asked is not counted. The last column is a wait of the same graph with
LangGraph's `interrupt` in place of the program, and no calls in between.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from tests.benchmarks.rows import write_figure
from tests.helpers.watching import KINDS, WAYS, bare_graph_of, watched

_WIDTH: Final = 24


def main(ways: Sequence[str] = ()) -> None:
    """Watches in these ways, or all, and prints a line for each."""
    heads = ("to the first wait", "a wait later", "the largest", "to the end", "interrupt() alone")
    for kind in KINDS:
        print(f"{kind:{_WIDTH}}{''.join(head.rjust(20) for head in heads)}")
        for way in ways or WAYS:
            first, second, third, last = watched(kind, way)
            largest = max(map(len, (*second, *third)), default=0)
            size = write_figure(largest, "size")
            bare = watched(kind, way, make=bare_graph_of)[1]
            cells = _sum(first), _sum(second), size, _sum(last), _sum(bare)
            print(f"{way:{_WIDTH}}{''.join(cell.rjust(20) for cell in cells)}", flush=True)
        print()


def _sum(leg: Sequence[str]) -> str:
    return f"{len(leg)}: {write_figure(sum(map(len, leg)), 'size')}"


if __name__ == "__main__":
    main(sys.argv[1:])
