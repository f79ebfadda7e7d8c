"""Where the time of an agent's turn goes whose program makes 100 calls: by package.

    python -m tests.benchmarks.profile

The guest computes in a thread of its own, which is not looked at; the event loop waits then.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
from collections import Counter
from pathlib import Path
from typing import Any

from tests.benchmarks import agents, programs

_TURNS = 5
_PACKAGES = (
    "langchain_quickjs",
    "langgraph",
    "langchain_core",
    "langchain",
    "langsmith",
    "pydantic",
    "asyncio",
)


def main() -> None:
    """Measures and prints."""
    for name, source in (
        ("one after the other", programs.sequential(100)),
        ("at once", programs.parallel(100)),
    ):
        stats = asyncio.run(_profiled(source))
        shares = _by_package(stats)
        whole = sum(shares.values())
        print(f"100 calls, {name}")
        for package, seconds in shares.most_common():
            print(f"  {package:24}{seconds / _TURNS * 1e3:8.1f} ms a turn {seconds / whole:8.0%}")


async def _profiled(source: str) -> pstats.Stats:
    expected = f"<result>{programs.expected_sum(100)}</result>"
    agent = agents.scripting(source)
    await agents.turn(agent, "warm", expected)
    profile = cProfile.Profile()
    profile.enable()
    for number in range(_TURNS):
        await agents.turn(agent, f"{number}", expected)
    profile.disable()
    return pstats.Stats(profile)


def _by_package(stats: pstats.Stats) -> Counter[str]:
    """Each function's own time; that of built-in functions is their callers'."""
    shares: Counter[str] = Counter()
    entries: Any = stats.stats  # type: ignore[attr-defined]  # typeshed does not have it
    for (path, _, name), (_, _, own_s, _, callers) in entries.items():
        if path != "~":
            shares[_package(path)] += own_s
            continue
        if name == "<method 'poll' of 'select.epoll' objects>":
            shares["(the event loop waits)"] += own_s
            continue
        for (caller, _, _), (_, _, called_s, _) in callers.items():
            shares[_package(caller)] += called_s
    return shares


def _package(path: str) -> str:
    parts = Path(path).parts
    return next((name for name in _PACKAGES if name in parts), "Python's own, and others")


if __name__ == "__main__":
    main()
