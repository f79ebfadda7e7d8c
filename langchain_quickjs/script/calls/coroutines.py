"""Tools that have only a coroutine, where a graph runs synchronously.

Their coroutines run on an event loop in a thread of its own, one for the whole process: what such a
tool keeps between calls, a pool of connections for example, belongs to the loop that it was made
on, and a loop for each call would close it. The calling thread waits, so calls that run in several
threads run concurrently here.

A coroutine may call what runs a graph synchronously, and so wait for another call. That one runs on
the loop of the next level: its own loop would wait for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar, copy_context
from typing import Any, Final, TypeVar, cast

from langchain_quickjs.errors import SetupError

__all__ = ["wait_for"]

_T = TypeVar("_T")

_level: ContextVar[int] = ContextVar("langchain_quickjs_coroutine_level", default=0)
_loops: Final[dict[tuple[int, int], asyncio.AbstractEventLoop]] = {}
_making: Final = threading.Lock()

# What asyncio says of something that was made on another event loop.
_ELSEWHERE: Final = (
    "attached to a different loop",
    "bound to a different event loop",
    "belongs to a different loop",
)


def wait_for(make: Callable[[], Awaitable[_T]], name: str) -> _T:
    """Runs a coroutine of a tool to its end, with the context variables of the calling thread.

    Whatever stops the calling thread meanwhile cancels the coroutine, and waits for its end.

    Args:
        make: Makes the coroutine; called on the event loop.
        name: The tool's name.

    Returns:
        What the coroutine returned.

    Raises:
        SetupError: It needs the event loop on which something of it was made, or was cancelled.
    """
    level, context = _level.get(), copy_context()
    context.run(_level.set, level + 1)
    loop = _loop(level)
    running: list[asyncio.Task[_T]] = []  # The event loop itself forgets tasks.
    # Not a future: a KeyboardInterrupt in the wrong moment would leave its lock locked for ever.
    ended = queue.SimpleQueue[asyncio.Task[_T] | None]()

    def start() -> None:
        task = loop.create_task(_awaited(make))  # in the context that `start` itself runs in
        task.add_done_callback(ended.put)
        running.append(task)

    def stop() -> None:
        for task in running:
            task.add_done_callback(_forget)
            task.add_done_callback(ended.put)  # again: the interrupt may have taken what came
            task.cancel()
        if not running:  # It was not even started.
            ended.put(None)

    try:
        loop.call_soon_threadsafe(start, context=context)
        task = ended.get()
    except BaseException:  # a KeyboardInterrupt, say
        loop.call_soon_threadsafe(stop)
        ended.get()
        raise
    return _result_of(cast("asyncio.Task[_T]", task), name)


async def _awaited(made: Callable[[], Awaitable[_T]]) -> _T:
    return await made()


def _forget(task: asyncio.Task[Any]) -> None:
    """Looks at an error that nobody else looks at: asyncio would complain of it in the log."""
    if not task.cancelled():
        task.exception()


def _result_of(task: asyncio.Task[_T], name: str) -> _T:
    if task.cancelled():
        raise SetupError(f"The coroutine of the tool {name!r} was cancelled.")
    try:
        return task.result()
    except (RuntimeError, ValueError) as error:
        if any(words in str(error) for words in _ELSEWHERE):
            raise SetupError(
                f"The tool {name!r} has only a coroutine, and uses what was made on another event "
                "loop. Run the agent with `ainvoke` there, or have the tool make it in each call."
            ) from error
        raise


def _loop(level: int) -> asyncio.AbstractEventLoop:
    """The event loop of a level. A process that was forked has none of its parent's threads."""
    key = os.getpid(), level
    if (running := _loops.get(key)) is not None:
        return running
    with _making:
        if key not in _loops:
            _loops[key] = loop = asyncio.new_event_loop()
            name = f"quickjs-coroutines-{level}"
            threading.Thread(target=_run, args=(loop,), name=name, daemon=True).start()
        return _loops[key]


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    while True:
        # A coroutine that raises one of these has ended; asyncio raises it here too.
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            loop.run_forever()
