"""Kernels of this interpreter, in processes of their own; nothing has to be installed for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

__all__ = ["ROOT", "kernel", "run_jupyter"]

ROOT = Path(__file__).parent.parent.parent


def _environment(folder: Path) -> dict[str, str]:
    """The environment in which Jupyter finds one kernel, and keeps what it writes in a folder."""
    spec = folder / "share" / "kernels" / "python3"
    spec.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(kernel))
    ours = {
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_PATH": str(folder / "share"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "PYTHONPATH": str(ROOT),
    }
    return {**os.environ, **ours}


def run_jupyter(folder: Path, *command: str) -> None:
    """Runs a command of Jupyter to its end."""
    ended = subprocess.run(
        [sys.executable, "-m", "jupyter", *command],
        capture_output=True,
        check=False,
        text=True,
        env=_environment(folder),
        cwd=folder,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr


@contextmanager
def kernel(folder: Path) -> Iterator[BlockingKernelClient]:
    """A kernel, and what a front-end talks to it with."""
    ours = _environment(folder)
    manager: Any = KernelManager(
        kernel_name="python3",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(folder / "share" / "kernels")]),
        connection_file=str(folder / "connection.json"),
    )
    manager.start_kernel(env=ours, cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
