"""Processes that are killed: children forked from one that has imported everything already.

A child is a whole process, killed with SIGKILL, but takes a fraction of the time to start.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Nursery:
    """Starts children that call a function of a test module."""

    process: subprocess.Popen[str]

    def live(self, *args: Any, kill_after_s: float = 60.0) -> Any:
        """Calls the function in a new process, and kills that.

        Args:
            args: The function's arguments, as JSON can hold them.
            kill_after_s: How long the process lives if the function does not return before.

        Returns:
            What it returned; `None` if it was killed before.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"args": args, "kill_after_s": kill_after_s}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        report = json.loads(self.process.stdout.readline())
        assert report["signal"] == signal.SIGKILL, report
        said = report["said"]
        assert not (said and "error" in said), said["error"]
        return said and said["value"]


@contextlib.contextmanager
def nursery(function: str) -> Iterator[Nursery]:
    """A nursery for a function, given as `module:name`."""
    command = [sys.executable, "-m", "tests.helpers.nursery", function]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    module, name = sys.argv[1].split(":")
    function = getattr(importlib.import_module(module), name)
    for line in sys.stdin:
        order = json.loads(line)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            try:
                said = {"value": function(*order["args"])}
            except Exception:
                said = {"error": traceback.format_exc()}
            os.write(write, json.dumps(said).encode())
            os.close(write)
            time.sleep(600)  # until it is killed
        os.close(write)
        select.select([read], [], [], order["kill_after_s"])
        heard = b""
        while select.select([read], [], [], 0)[0] and (part := os.read(read, 65536)):
            heard += part
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(read)
        report = {"signal": os.WTERMSIG(status), "said": json.loads(heard) if heard else None}
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
