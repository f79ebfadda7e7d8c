"""The queue of the programs that have begun in one run of the agent, in this process."""

from __future__ import annotations

import threading
from concurrent.futures import Future

__all__ = ["ProgramQueue"]


class ProgramQueue:
    """Knows of each program's task how far it has come.

    A program's future is done once the program has ended, or waits for people; its result is
    whether the next program may begin.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._programs: dict[str, Future[bool]] = {}

    def add(self, task_id: str) -> None:
        """Adds a program that is about to begin, or goes on after a pause."""
        with self._lock:
            self._programs.setdefault(task_id, Future())

    def settle(self, task_id: str, *, next_may_begin: bool) -> None:
        """Notes that a program has ended, or waits for people from now on."""
        with self._lock:
            future = self._programs.setdefault(task_id, Future())
            if not future.done():
                future.set_result(next_may_begin)

    def program(self, task_id: str) -> Future[bool] | None:
        """Gives the future of a program, if the program has begun in this process."""
        return self._programs.get(task_id)
