"""IPython's real shell, in this process."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

__all__ = ["Shell", "shell"]


class Shell:
    """Runs cells as a person does, and has what was printed."""

    def __init__(self, ipython: Any) -> None:
        self.ipython = ipython

    def run(self, cell: str) -> str:
        """What a cell prints: output, result, error."""
        printed = StringIO()
        with redirect_stdout(printed):
            self.ipython.run_cell(cell, store_history=True)
        return printed.getvalue()

    def value(self, name: str) -> Any:
        """What a variable is."""
        return self.ipython.user_ns[name]


@contextmanager
def shell() -> Iterator[Shell]:
    """A shell, with no history on disk."""
    hooks = sys.displayhook, sys.excepthook
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    ipython: Any = InteractiveShell.instance(config=config)
    try:
        yield Shell(ipython)
    finally:
        ipython.atexit_operations()
        atexit.unregister(ipython.atexit_operations)
        InteractiveShell.clear_instance()
        sys.displayhook, sys.excepthook = hooks
