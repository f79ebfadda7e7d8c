"""A LangGraph API server: `langgraph dev` in a folder, on this machine only."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent.parent
# So that nothing leaves the machine.
QUIET = {
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    "LANGSMITH_TRACING": "false",
}
_MOST_LOOKS = 1200


@contextlib.contextmanager
def served(folder: Path, ended_by: signal.Signals = signal.SIGTERM) -> Iterator[str]:
    """Serves the `langgraph.json` of a folder, and gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n-jobs-per-worker", "8"]
    environment = {**os.environ, **QUIET, "PYTHONPATH": str(ROOT)}
    said = folder / "test.log"
    with (
        said.open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log) as server,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, server, said)
            yield url
        finally:
            server.send_signal(ended_by)


def _wait(url: str, server: subprocess.Popen[bytes], said: Path) -> None:
    for _ in range(_MOST_LOOKS):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/ok").is_success:
                return
        assert server.poll() is None, said.read_text()
        time.sleep(0.05)
    raise TimeoutError(said.read_text())
