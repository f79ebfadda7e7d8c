"""A guard that lets one thread at a time use an interpreter."""

from __future__ import annotations

import threading

from langchain_quickjs.errors import InterpreterStateError

__all__ = ["OneThreadAtATime"]


class OneThreadAtATime:
    """Lets one thread in, and refuses others while that one is in."""

    def __init__(self) -> None:
        self._busy = threading.Lock()

    def __enter__(self) -> None:
        if not self._busy.acquire(False):
            raise InterpreterStateError("another thread is using this interpreter")

    def __exit__(self, *_: object) -> None:
        self._busy.release()
