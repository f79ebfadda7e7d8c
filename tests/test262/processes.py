"""The workers: each in a process of its own, which a test may crash or hold up."""

from __future__ import annotations

import json
import queue
import selectors
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

__all__ = ["Wrong", "run_all"]

_ROOT: Final = Path(__file__).resolve().parents[2]
_TIMEOUT_S: Final = 300.0

Wrong = dict[str, str | None]
"""What was wrong with each run of a test: `None` where nothing was."""


class _Worker:
    """A process that makes runs; started again when one has ended it."""

    def __init__(self, python: str, engine: str, checkout: Path) -> None:
        boot = f"import os, sys; os.nice(10); sys.path.append({str(_ROOT)!r})"
        main = f"from tests.test262.worker import main; main({engine!r}, {str(checkout)!r})"
        self._command = [python, "-c", f"{boot}\n{main}"]
        self._process: subprocess.Popen[str] | None = None

    def run(self, path: str) -> Wrong:
        """Makes the runs of a test."""
        process = self._process or subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT
        )
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(path) + "\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            ready = selector.select(_TIMEOUT_S)
        if line := process.stdout.readline() if ready else "":
            wrong: Wrong = json.loads(line)
            return wrong
        self.stop()
        how = f"the process ended: {process.returncode}" if ready else "out of time"
        return {"any": how}

    def stop(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def run_all(
    paths: Iterable[str], checkout: Path, *, native: str | None, workers: int
) -> Iterator[tuple[str, dict[str, Wrong]]]:
    """Runs tests, some at a time, on one engine or on both.

    Args:
        paths: The tests.
        checkout: Where test262 is.
        native: The Python that has the wheel; `None` to run ours alone.
        workers: How many tests run at a time.

    Yields:
        The path of a test, and by engine what was wrong; in no order.

    Raises:
        OSError: A process could not be started.
    """
    engines = {"ours": sys.executable} | ({"native": native} if native else {})
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[str, dict[str, Wrong]] | Exception | None] = queue.SimpleQueue()
    for path in paths:
        waiting.put(path)

    def work() -> None:
        mine = {name: _Worker(python, name, checkout) for name, python in engines.items()}
        try:
            while True:
                path = waiting.get_nowait()
                done.put((path, {name: worker.run(path) for name, worker in mine.items()}))
        except queue.Empty:
            pass
        except Exception as error:  # a process that cannot be started, say
            done.put(error)
        finally:
            for worker in mine.values():
                worker.stop()
            done.put(None)

    for _ in range(workers):
        threading.Thread(target=work, daemon=True).start()
    for _ in range(workers):
        while (one := done.get()) is not None:
            if isinstance(one, Exception):
                raise one
            yield one
