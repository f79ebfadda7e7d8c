"""The order of the programs in one message of the model.

LangGraph runs the tool calls of a message at the same time, each as a task of its own. Programs
that share a heap have to come one after the other, in the order of the message, and none may come
after one that waits for people. A program that comes later waits here for those before it, which
are found among the tasks of the same step: they may run in this process now, may have ended in
another run of the same step, or may be stopped by somebody before they begin.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from typing import Any, Final

from langchain_quickjs.errors import NotRunError
from langchain_quickjs.script.flow.drivers import Await, Driven
from langchain_quickjs.script.langgraph_internals.superstep import Superstep

__all__ = ["Line"]

# How often to look whether a task has ended that nobody says it of.
_GLANCE_S: Final = 0.02
_LOOK_S: Final = 0.25

_WAITING: Final = (
    "This program was not run, because an earlier one of the same message has to wait for a "
    "person. Nothing in it has happened. Run it again if it is still needed."
)


class Line:
    """The programs of one step that have begun in this process, and where they have come to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[str, Future[bool]] = {}

    def begin(self, task_id: str) -> None:
        """A program is about to wait for its turn."""
        with self._lock:
            self._begun.setdefault(task_id, Future())

    def end(self, task_id: str, *, waits: bool) -> None:
        """A program has ended, or now waits for people."""
        with self._lock:
            future = self._begun.setdefault(task_id, Future())
            if not future.done():
                future.set_result(not waits)

    def turn(self, step: Superstep, earlier: Iterable[str]) -> Generator[Driven, Any, None]:
        """Waits until all programs before this one have ended.

        Args:
            step: The step that they are in.
            earlier: Their tasks.

        Raises:
            NotRunError: One of them waits for people.
        """
        for task_id in earlier:
            while True:
                begun = self._begun.get(task_id)
                if begun is not None and begun.done():
                    if not begun.result():
                        raise NotRunError(_WAITING)
                    break
                status = step.status(task_id, seen=begun is not None)
                if status == "stopped":
                    raise NotRunError(_WAITING)
                if status == "ended":
                    break
                yield Await(begun or Future(), _GLANCE_S if begun is None else _LOOK_S)
