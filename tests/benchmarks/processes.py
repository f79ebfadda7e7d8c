"""The processes that are measured, one per side."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.timing import Samples

_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Side:
    """A package to measure.

    Attributes:
        name: `"ours"`, `"before"`, `"peer"`, `"native"`, `"monty"` or `"wasi"`.
        program: The Python of the environment that it is installed in; or else Node.js.
        modules: The modules of `tests.benchmarks` that measure it; or else the folder that it is
            installed in.
    """

    name: str
    program: str
    modules: tuple[str, ...] | str

    def command(self, program: str) -> list[str]:
        """Runs a program where `tests.benchmarks` and this side's package can be imported.

        The checkout comes last: it holds a package of the peer's import name, which must not hide
        the one that is installed in the peer's environment.
        """
        add = f"sys.path.append({str(_ROOT)!r})"
        boot = f"import sys, warnings; warnings.simplefilter('ignore'); {add}\n{program}"
        return [self.program, "-I", "-c", boot]

    def worker(self) -> list[str]:
        """Runs what answers with measurements."""
        if isinstance(self.modules, str):
            return [self.program, str(_ROOT / "tests" / "benchmarks" / "wasi.mjs"), self.modules]
        modules = ", ".join(map(repr, self.modules))
        return self.command(f"from tests.benchmarks.worker import main; main({modules})")


class Worker:
    """A process that measures one side for as long as it is asked to."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._process = subprocess.Popen(
            side.worker(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measure(self, name: str, runs: int) -> Samples | None:
        """Asks for a measurement; `None` where this side has no such thing.

        Raises:
            RuntimeError: The measurement failed; the message is the worker's traceback.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"measure": name, "runs": runs}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The worker for {self.side.name} ended: {self._process.wait()}")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        samples: Samples | None = reply["samples"]
        return samples

    def stop(self) -> None:
        """Lets the process end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def start_seconds(side: Side, program: str | None, cache: Path | None) -> float | None:
    """How long a new process takes for a program, from outside.

    Args:
        side: Whose environment it runs in.
        program: What it runs; `None` where there is no such thing.
        cache: The user's cache directory; `None` for an empty one.

    Returns:
        The seconds, or `None` where the program failed.
    """
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as empty:
        home = str(cache or empty)
        environment = {**os.environ, "HOME": home, "XDG_CACHE_HOME": home, "LOCALAPPDATA": home}
        start = time.perf_counter()
        ended = subprocess.run(side.command(program), env=environment, check=False)
        return time.perf_counter() - start if ended.returncode == 0 else None
