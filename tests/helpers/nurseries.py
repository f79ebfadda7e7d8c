"""Processes that are killed: children forked from one that has imported everything already.

A child is a whole process, killed with SIGKILL, but takes a fraction of the time to start.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.helpers.conversations import MODES, Conversation
from tests.helpers.models import ScriptedModel

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Children:
    """Processes that call one function of a test module, one child for each call."""

    nursery: subprocess.Popen[str]
    function: Callable[..., Any]

    def live(self, *args: Any, kill_after_s: float = 60.0) -> Any:
        """Calls the function in a new process, and kills that.

        Args:
            args: The function's arguments, as JSON can hold them.
            kill_after_s: How long the process lives if the function does not return before.

        Returns:
            What it returned; `None` if it was killed before.
        """
        (result,) = self.live_at_once([args], kill_after_s=kill_after_s)
        return result

    def live_at_once(
        self, args_of_each: Sequence[Sequence[Any]], kill_after_s: float = 60.0
    ) -> list[Any]:
        """The same for several processes that run side by side."""
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        name = f"{self.function.__module__}:{self.function.__name__}"
        order = {"function": name, "args_of_each": args_of_each, "kill_after_s": kill_after_s}
        self.nursery.stdin.write(json.dumps(order) + "\n")
        self.nursery.stdin.flush()
        reports = json.loads(self.nursery.stdout.readline())
        for report in reports:
            assert report["signal"] == signal.SIGKILL, report
            assert "error" not in report["said"], report["said"]["error"]
        return [report["said"].get("value") for report in reports]


@dataclass(frozen=True)
class Nursery:
    """The process that children are forked from."""

    process: subprocess.Popen[str]

    def of(self, function: Callable[..., Any]) -> Children:
        """Children that call a function, which has to stand in a module."""
        return Children(self.process, function)


@contextlib.contextmanager
def started() -> Iterator[Nursery]:
    """A nursery; it takes a second to start, and so one does for all tests."""
    command, pipe = [sys.executable, "-m", "tests.helpers.nurseries"], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield Nursery(process)


# --- the process itself ------------------------------------------------------------------------


def _warm_up() -> None:
    """Does what each child would have to do anew: what is imported and built on first use.

    No program runs here, so that each child starts the engine itself.
    """
    model = ScriptedModel(turns=[])
    for mode in MODES:
        Conversation("create_deep_agent", mode, None, "", [], model=model).start()
    gc.collect()
    gc.freeze()  # Children would copy what a collection looks at.


def _fork(function: Callable[..., Any], args: Sequence[Any]) -> tuple[int, int]:
    """A child's number, and the pipe on which it says what the function has returned."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    os.close(read)
    try:
        said = {"value": function(*args)}
    except Exception:
        said = {"error": traceback.format_exc()}
    with os.fdopen(write, "w") as pipe:
        json.dump(said, pipe)
    time.sleep(600)  # until it is killed
    os._exit(1)


def _kill(child: int, read: int, kill_after_s: float) -> dict[str, Any]:
    """How a child ended, and what it said before; nothing if it was still at work."""
    heard = ""
    with os.fdopen(read) as pipe:
        if select.select([pipe], [], [], kill_after_s)[0]:
            heard = pipe.read()
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return {"signal": os.WTERMSIG(status), "said": json.loads(heard) if heard else {}}


def main() -> None:
    """Takes orders, one a line."""
    _warm_up()
    for line in sys.stdin:
        order = json.loads(line)
        module, name = order["function"].split(":")
        function = getattr(importlib.import_module(module), name)
        children = [_fork(function, args) for args in order["args_of_each"]]
        reports = [_kill(*child, order["kill_after_s"]) for child in children]
        print(json.dumps(reports), flush=True)


if __name__ == "__main__":
    main()
