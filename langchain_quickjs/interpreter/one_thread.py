"""A guard that lets one thread at a time use an interpreter."""

from __future__ import annotations

import threading

from langchain_quickjs.errors import InterpreterStateError

__all__ = ["OneThreadAtATime"]


class OneThreadAtATime:
    """Lets one thread in, and refuses others while that one is in.

    A short step takes little longer than a `with` statement, so these begin and end without one.

    Attributes:
        leave: Ends what `enter` began.
    """

    __slots__ = ("_busy", "leave")

    def __init__(self) -> None:
        self._busy = threading.Lock()
        self.leave = self._busy.release

    def enter(self) -> None:
        """Lets the thread in.

        Raises:
            InterpreterStateError: Another one is in.
        """
        if not self._busy.acquire(False):
            raise InterpreterStateError("another thread is using this interpreter")

    def __enter__(self) -> None:
        self.enter()

    def __exit__(self, *_: object) -> None:
        self.leave()
