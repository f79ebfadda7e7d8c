"""The two drivers of a script's flow: with threads for `invoke`, with asyncio for `ainvoke`.

Both do what the flow yields and nothing else. Neither leaves anything behind: however a flow ends,
its running calls have ended when `drive` or `adrive` returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import queue
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar, cast

from langchain_quickjs.script.flow.effects import (
    Answer,
    Ask,
    Asking,
    Await,
    Collect,
    Compute,
    Effect,
    Ended,
    Flow,
    Keep,
    Launch,
    Launched,
    Leave,
    Paused,
)

__all__ = ["acarry_out", "adrive", "carry_out", "drive"]

_DEFAULT_WORKERS: Final = 32

_Done = tuple[int, Answer | BaseException]
_T = TypeVar("_T")


def carry_out(asking: Asking[_T]) -> _T:
    """Asks the checkpointer what is to be asked, and gives the result."""
    try:
        ask = next(asking)
        while True:
            ask = asking.send(_asked(ask))
    except StopIteration as end:
        return cast("_T", end.value)


async def acarry_out(asking: Asking[_T]) -> _T:
    """The same for graphs that run asynchronously."""
    try:
        ask = next(asking)
        while True:
            ask = asking.send(await _aasked(ask))
    except StopIteration as end:
        return cast("_T", end.value)


def _asked(ask: Ask) -> Any:
    return getattr(ask.saver, ask.method)(*ask.args)


def _aasked(ask: Ask) -> Awaitable[Any]:
    asked: Awaitable[Any] = getattr(ask.saver, f"a{ask.method}")(*ask.args)
    return asked


def drive(
    flow: Flow,
    call: Callable[[Launched], Answer],
    keep: Callable[[Keep | Leave], None],
    *,
    max_workers: int | None = None,
) -> Ended | Paused:
    """Runs a flow in the calling thread, its calls in threads that end with it.

    Args:
        flow: The flow.
        call: Runs one call to its end.
        keep: Stores the script as it stands, or how its calls have ended.
        max_workers: How many calls may run at once.

    Returns:
        What the flow returned.
    """
    threads = _Threads(call, keep, max_workers or _DEFAULT_WORKERS)
    advance: Callable[[], Effect] = functools.partial(flow.send, None)
    try:
        while True:
            try:
                effect = advance()
            except StopIteration as end:
                return cast("Ended | Paused", end.value)
            try:
                advance = functools.partial(flow.send, threads.perform(effect))
            except Exception as error:  # the flow decides about it
                advance = functools.partial(flow.throw, error)
    finally:
        threads.close()


async def adrive(
    flow: Flow,
    call: Callable[[Launched], Awaitable[Answer]],
    keep: Callable[[Keep | Leave], Awaitable[None]],
) -> Ended | Paused:
    """Runs a flow on the event loop: calls as tasks, steps of the interpreter in a worker thread.

    Args:
        flow: The flow.
        call: Runs one call to its end.
        keep: Stores the script as it stands, or how its calls have ended.

    Returns:
        What the flow returned.
    """
    tasks = _Tasks(call, keep)
    advance: Callable[[], Effect] = functools.partial(flow.send, None)
    try:
        while True:
            try:
                effect = advance()
            except StopIteration as end:
                return cast("Ended | Paused", end.value)
            try:
                advance = functools.partial(flow.send, await tasks.perform(effect))
            except Exception as error:  # the flow decides about it
                advance = functools.partial(flow.throw, error)
    finally:
        await tasks.close()


class _Threads:
    """The calls of one script, in threads."""

    def __init__(
        self,
        call: Callable[[Launched], Answer],
        keep: Callable[[Keep | Leave], None],
        max_workers: int,
    ) -> None:
        self._call = call
        self._keep = keep
        self._max_workers = max_workers
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: list[Launched] = []
        self._running: dict[int, Future[None]] = {}
        self._done: queue.SimpleQueue[_Done] = queue.SimpleQueue()

    def perform(self, effect: Effect) -> Any:
        if isinstance(effect, Compute):
            self._begin()
            return effect.step()
        if isinstance(effect, Launch):
            self._waiting.extend(effect.calls)
            return None
        if isinstance(effect, Keep | Leave):
            return self._keep(effect)
        if isinstance(effect, Ask):
            return _asked(effect)
        if isinstance(effect, Await):
            return wait([effect.event], effect.timeout_s)
        return self._collect(effect) if isinstance(effect, Collect) else self._abandon()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _collect(self, effect: Collect) -> dict[int, Answer]:
        if effect.timeout_s is None and not self._running and len(self._waiting) == 1:
            # Nothing else can happen meanwhile, so a lone call needs no thread.
            only = self._waiting.pop()
            return {only.id: contextvars.copy_context().run(self._call, only)}
        self._begin()
        finished = []
        with contextlib.suppress(queue.Empty):
            finished.append(self._done.get(timeout=effect.timeout_s))
            while True:
                finished.append(self._done.get_nowait())
        for call_id, _ in finished:
            del self._running[call_id]
        return _answers(finished)

    def _abandon(self) -> frozenset[int]:
        dropped = {launched.id for launched in self._waiting}
        self._waiting.clear()
        for call_id, future in list(self._running.items()):
            if future.cancel():
                dropped.add(call_id)
                del self._running[call_id]
        return frozenset(dropped)

    def _begin(self) -> None:
        if not self._waiting:
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._max_workers, "quickjs-call")
        for launched in self._waiting:
            run = functools.partial(contextvars.copy_context().run, self._run, launched)
            self._running[launched.id] = self._pool.submit(run)
        self._waiting.clear()

    def _run(self, launched: Launched) -> None:
        try:
            self._done.put((launched.id, self._call(launched)))
        except BaseException as error:  # raised again by `_answers`
            self._done.put((launched.id, error))


class _Tasks:
    """The calls of one script, as asyncio tasks."""

    def __init__(
        self,
        call: Callable[[Launched], Awaitable[Answer]],
        keep: Callable[[Keep | Leave], Awaitable[None]],
    ) -> None:
        self._call = call
        self._keep = keep
        self._running: dict[int, asyncio.Task[None]] = {}
        self._done: asyncio.Queue[_Done] = asyncio.Queue()

    async def perform(self, effect: Effect) -> Any:
        if isinstance(effect, Compute):
            return await self._compute(effect)
        if isinstance(effect, Launch):
            for launched in effect.calls:
                self._running[launched.id] = asyncio.create_task(self._run(launched))
            return None
        if isinstance(effect, Collect):
            return await self._collect(effect)
        if isinstance(effect, Keep | Leave):
            return await self._keep(effect)
        if isinstance(effect, Ask):
            return await _aasked(effect)
        if isinstance(effect, Await):
            return await asyncio.wait([asyncio.wrap_future(effect.event)], timeout=effect.timeout_s)
        return frozenset()  # Every task has begun by the time its script fails: none to drop.

    async def close(self) -> None:
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _compute(self, effect: Compute) -> Any:
        step = asyncio.get_running_loop().run_in_executor(None, effect.step)
        try:
            return await asyncio.shield(step)
        except asyncio.CancelledError:
            if effect.cancel is not None:
                effect.cancel()
            await asyncio.wait([step])
            if not step.cancelled():
                step.exception()  # Nobody else looks at it, and asyncio would complain in the log.
            raise

    async def _collect(self, effect: Collect) -> dict[int, Answer]:
        finished = []
        with contextlib.suppress(TimeoutError, asyncio.QueueEmpty):
            finished.append(await asyncio.wait_for(self._done.get(), effect.timeout_s))
            while True:
                finished.append(self._done.get_nowait())
        for call_id, _ in finished:
            del self._running[call_id]
        return _answers(finished)

    async def _run(self, launched: Launched) -> None:
        try:
            self._done.put_nowait((launched.id, await self._call(launched)))
        except BaseException as error:  # raised again by `_answers`
            self._done.put_nowait((launched.id, error))


def _answers(finished: list[_Done]) -> dict[int, Answer]:
    """The answers of finished calls; an error of the host's ends the flow."""
    answers = {}
    for call_id, answer in finished:
        if isinstance(answer, BaseException):
            raise answer
        answers[call_id] = answer
    return answers
