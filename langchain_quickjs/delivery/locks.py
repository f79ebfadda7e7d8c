"""A lock of a thread, held while a delivery runs it.

LangGraph has none: of two workers that run one thread at once, each makes the calls that come next.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncContextDecorator
from typing import Any, TypeAlias

from langchain_quickjs.errors import SetupError
from langchain_quickjs.quoting import value_text
from langchain_quickjs.script.durability.claimants import alone_in
from langchain_quickjs.script.flow.drivers import Invoke, Work, adrive, drive

__all__ = ["Held", "ThreadLock"]

ThreadLock: TypeAlias = Callable[
    [str], AbstractContextManager[Any] | AbstractAsyncContextManager[Any]
]
"""Gives the lock of a thread, by its id, for `with` or, with `adeliver`, for `async with`."""


class Held(AsyncContextDecorator):
    """The lock of a thread while it is held; without a lock, nothing."""

    def __init__(self, lock: ThreadLock | None, thread_id: str) -> None:
        """Takes nothing yet.

        Args:
            lock: Gives the lock.
            thread_id: The thread.

        Raises:
            SetupError: It is no function.
        """
        if lock is not None and not callable(lock):
            raise SetupError(
                "`lock` must be a function that is given the id of a thread and returns its lock, "
                f"or a `PostgresLock`; it is {value_text(lock)}."
            )
        self._wanted = lock is not None
        self._lock: Any = None if lock is None else lock(thread_id)
        self._alone = alone_in(thread_id)

    def __enter__(self) -> None:
        return drive(self._take("__enter__"))

    def __exit__(self, *error: Any) -> None:
        return drive(self._free("__exit__", error))

    async def __aenter__(self) -> None:
        return await adrive(self._take("__aenter__"))

    async def __aexit__(self, *error: Any) -> None:
        return await adrive(self._free("__aexit__", error))

    def _take(self, method: str) -> Work[None]:
        if not self._wanted:
            return
        if (enter := getattr(self._lock, method, None)) is None:
            needed = "with" if method == "__enter__" else "async with"
            raise SetupError(
                f"`lock` must give something that `{needed}` takes, because `deliver` holds it "
                f"with `with` and `adeliver` with `async with`; it gave {value_text(self._lock)}."
            )
        yield Invoke(enter)
        self._alone.__enter__()

    def _free(self, method: str, error: tuple[Any, ...]) -> Work[None]:
        if not self._wanted:
            return
        self._alone.__exit__(None, None, None)
        yield Invoke(lambda: getattr(self._lock, method)(*error))
