"""Prints what paused programs take in a database, beside LangChain's own approvals.

    python -m tests.benchmarks.storage

Ten approvals, in a file of SQLite: of calls of one program, with little in its memory, and with ten
megabytes of random data; and of the same calls that the model makes itself, one after the other,
under `HumanInTheLoopMiddleware`. Latency is the fastest resume of each, with its share of
answers that are taken, calls that are made, and the next question. Where PostgreSQL is installed,
the last table has what is left when a finished thread is pruned.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
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
_WIDTH: Final = 34
_CONFIG: Final[Any] = {"configurable": {"thread_id": "1"}}

Build = Callable[[Any, list[Any]], Any]


def _plain(saver: Any, tools: list[Any]) -> Any:
    gate: Any = HumanInTheLoopMiddleware({"pay": True})
    turns: Any = [[("pay", {"to": f"p{i}", "amount": i})] for i in range(_TIMES)]
    return create_agent(ScriptedModel(turns=turns), tools, middleware=[gate], checkpointer=saver)


def _program(held_bytes: int, **options: Any) -> Build:
    def build(saver: Any, tools: list[Any]) -> Any:
        ours = CodeInterpreterMiddleware(ptc=tools, interrupt_on={"pay": True}, **options)
        model = programs(holding(held_bytes, _TIMES))
        return create_agent(model, middleware=[ours], checkpointer=saver)

    return build


WAYS: Final[Mapping[str, Build]] = {
    "LangChain's approvals": _plain,
    "a program": _program(16),
    'a program, mode="call"': _program(16, mode="call"),
    "a program that holds 10 MB": _program(10 * MB),
    'the same, durability="call"': _program(10 * MB, durability="call"),
}


def main() -> None:
    """Runs each way, and prints a line for it."""
    _print("10 approvals, SQLite", "first pause", "a resume", "finished thread", "resume, fastest")
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, build) in enumerate(WAYS.items()):
            sizes, took_s = _measured(Path(folder) / f"{number}", build)
            later = (sizes[-1] - sizes[0]) / _TIMES
            figures = [write_figure(size, "size") for size in (sizes[0], later, sizes[-1])]
            _print(name, *figures, f"{took_s * 1000:.1f} ms")
    with _postgres() as server:
        if server is None:
            return
        print()
        _print("10 approvals, PostgreSQL", "finished thread", "pruned")
        for name, build in WAYS.items():
            database = server.database()
            sizes, _ = _measured(database, build)
            with databases.opened(database) as saver:
                saver.prune(["1"], strategy="keep_latest")
            left = stored_in(database)
            _print(name, write_figure(sizes[-1], "size"), write_figure(left, "size"))


def _measured(database: Any, build: Build) -> tuple[list[int], float]:
    """How much is stored at each pause and at the end, and how long the fastest resume took."""
    took_s = []
    with tempfile.TemporaryDirectory() as folder, databases.opened(database) as saver:
        agent = build(saver, Shop(Path(folder) / "log").tools())
        state = agent.invoke({"messages": [("user", "go")]}, _CONFIG)
        sizes = [stored_in(database)]
        while asked := state.get("__interrupt__"):
            answers: Any = {one.id: {"decisions": [{"type": "approve"}]} for one in asked}
            began_s = time.perf_counter()
            state = agent.invoke(Command(resume=answers), _CONFIG)
            took_s.append(time.perf_counter() - began_s)
            sizes.append(stored_in(database))
    return sizes, min(took_s)


@contextlib.contextmanager
def _postgres() -> Iterator[databases.Server | None]:
    folder = databases.programs()
    if folder is None:
        yield None
        return
    with databases.server(folder) as server:
        yield server


def _print(name: str, *cells: str) -> None:
    print(f"{name:{_WIDTH}}{''.join(cell.rjust(18) for cell in cells)}", flush=True)


if __name__ == "__main__":
    main()
