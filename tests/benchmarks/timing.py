"""Measuring inside a worker process."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_WARM_S: Final = 0.2
_ENOUGH_S: Final = 0.2
_ENOUGH_RUNS: Final = 100

Samples = dict[str, list[float]]


def time_each(action: Callable[[], object], runs: int) -> list[float]:
    """The seconds that each of several runs took, after some that do not count.

    Quick actions are repeated more often than asked, because a median of few is noise, and because
    a process that has waited for its turn is slow at first.
    """
    begun = time.perf_counter()
    action()
    while time.perf_counter() - begun < _WARM_S:
        action()
    gc.collect()
    times: list[float] = []
    while len(times) < runs or (sum(times) < _ENOUGH_S and len(times) < _ENOUGH_RUNS * runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return times


def time_once(action: Callable[[], object]) -> list[float]:
    """The seconds that one run took: of what cannot be done twice."""
    start = time.perf_counter()
    action()
    return [time.perf_counter() - start]


def resident_bytes() -> float:
    """The memory of this process that is really there (Linux; elsewhere it reads 0)."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return 0.0
    gc.collect()
    return float(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
