"""Prints what paused programs take in a database, beside LangChain's own approvals.

    python -m tests.benchmarks.storage

Ten approvals, each after a call that needs none: of calls of one program, with little in its
memory, and with ten megabytes of random data; and of the same calls that the model makes itself,
one after the other, under `HumanInTheLoopMiddleware`. The rows "at once" have the approvals alone.
A resume is timed from an answer to the next question: the fastest, the median, and that beside
LangChain's. The model answers at once; a turn of a real one comes on top where it makes the calls.
Where PostgreSQL is installed, there is a table of it too, with what is left of a pruned thread.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware
from tests.benchmarks.rows import write_figure
from tests.helpers import databases
from tests.helpers.live_data import MB, holding, stored_in
from tests.helpers.models import ScriptedModel, programs
from tests.helpers.shop import Shop

_TIMES: Final = 10
_ROUNDS: Final = 5  # of what takes little; the ways take turns, so that a busy moment is shared
_WIDTH: Final = 40
_CONFIG: Final[Any] = {"configurable": {"thread_id": "1"}}

Build = Callable[[Any, list[Any]], Any]


def _plain(*, looks_up: bool = True) -> Build:
    def build(saver: Any, tools: list[Any]) -> Any:
        gate: Any = HumanInTheLoopMiddleware({"pay": True})
        turns: Any = []
        for i in range(_TIMES):
            if looks_up:
                turns.append([("look_up", {"key": f"k{i}"})])
            turns.append([("pay", {"to": f"p{i}", "amount": i})])
        model = ScriptedModel(turns=turns)
        return create_agent(model, tools, middleware=[gate], checkpointer=saver)

    return build


def _program(source: str, **options: Any) -> Build:
    def build(saver: Any, tools: list[Any]) -> Any:
        ours = CodeInterpreterMiddleware(ptc=tools, interrupt_on={"pay": True}, **options)
        return create_agent(programs(source), middleware=[ours], checkpointer=saver)

    return build


_SMALL: Final = holding(16, _TIMES)
_LARGE: Final = holding(10 * MB, _TIMES)
_AT_ONCE: Final = f"""
const paid = [];
for (let i = 0; i < {_TIMES}; i++) paid.push(await tools.pay({{ to: `p${{i}}`, amount: i }}));
paid.length
"""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to make the calls.

    Attributes:
        build: Makes the agent.
        beside: The way of LangChain's that makes the same calls.
        is_large: Whether it takes long, so that one round is enough.
    """

    build: Build
    beside: str
    is_large: bool = False


_PLAIN: Final = "LangChain's approvals"
_PLAIN_AT_ONCE: Final = "LangChain's approvals, at once"
WAYS: Final[Mapping[str, Way]] = {
    _PLAIN: Way(_plain(), _PLAIN),
    "a program": Way(_program(_SMALL), _PLAIN),
    'a program, mode="call"': Way(_program(_SMALL, mode="call"), _PLAIN),
    "a program that holds 10 MB": Way(_program(_LARGE), _PLAIN, is_large=True),
    'the same, durability="call"': Way(_program(_LARGE, durability="call"), _PLAIN, is_large=True),
    _PLAIN_AT_ONCE: Way(_plain(looks_up=False), _PLAIN_AT_ONCE),
    "a program, at once": Way(_program(_AT_ONCE), _PLAIN_AT_ONCE),
}


@dataclass(slots=True)
class _Measured:
    """What was measured of a way.

    Attributes:
        sizes: How much was stored at each pause and at the end.
        pruned: How much was left when the thread was pruned.
        took_s: How long resumes took.
    """

    sizes: list[int] = field(default_factory=list)
    pruned: int = 0
    took_s: list[float] = field(default_factory=list)


def main() -> None:
    """Runs each way on each database, and prints a line for it."""
    with tempfile.TemporaryDirectory() as folder:
        names = (Path(folder) / f"{number}" for number in itertools.count())
        _table("SQLite", lambda: next(names))
    with _postgres() as server:
        if server is not None:
            print()
            _table("PostgreSQL", server.database)


def _table(kind: str, new_database: Callable[[], Any]) -> None:
    found: dict[str, _Measured] = {name: _Measured() for name in WAYS}
    for number in range(_ROUNDS):
        for name, way in WAYS.items():
            if number == 0 or not way.is_large:
                _measure(new_database(), way, found[name])
    has_prune = any(one.pruned for one in found.values())
    sizes = ("first pause", "a resume", "finished thread", *(("pruned",) if has_prune else ()))
    _print(f"10 approvals, {kind}", *sizes, "fastest resume", "median", "to LangChain's")
    for name, one in found.items():
        later = (one.sizes[-1] - one.sizes[0]) // _TIMES
        stored = [one.sizes[0], later, one.sizes[-1], *((one.pruned,) if has_prune else ())]
        median_s = statistics.median(one.took_s)
        ratio = median_s / statistics.median(found[WAYS[name].beside].took_s)
        times = [f"{took_s * 1000:.1f} ms" for took_s in (min(one.took_s), median_s)]
        _print(name, *(write_figure(size, "size") for size in stored), *times, f"{ratio:.2f}")


def _measure(database: Any, way: Way, found: _Measured) -> None:
    with tempfile.TemporaryDirectory() as folder, databases.opened(database) as saver:
        agent = way.build(saver, Shop(Path(folder) / "log").tools())
        state = agent.invoke({"messages": [("user", "go")]}, _CONFIG)
        sizes = [stored_in(database)]
        while asked := state.get("__interrupt__"):
            answers: Any = {one.id: {"decisions": [{"type": "approve"}]} for one in asked}
            began_s = time.perf_counter()
            state = agent.invoke(Command(resume=answers), _CONFIG)
            took_s = time.perf_counter() - began_s
            if state.get("__interrupt__"):
                found.took_s.append(took_s)
            sizes.append(stored_in(database))
        found.sizes = sizes
        if isinstance(database, str):
            saver.prune(["1"], strategy="keep_latest")
            found.pruned = stored_in(database)


@contextlib.contextmanager
def _postgres() -> Iterator[databases.Server | None]:
    folder = databases.programs()
    if folder is None:
        yield None
        return
    with databases.server(folder) as server:
        yield server


def _print(name: str, *cells: str) -> None:
    print(f"{name:{_WIDTH}}{''.join(cell.rjust(16) for cell in cells)}", flush=True)


if __name__ == "__main__":
    main()
