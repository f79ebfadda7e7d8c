"""Works, and the two drivers that do them: with threads for `invoke`, with asyncio for `ainvoke`.

A work is a generator. It yields what is to be done, and is sent what came of it:

    Compute(step)   compute something                         -> what `step` returned
    Invoke(call)    call what may have to be awaited          -> what it returned
    Ask(...)        call a method, or its awaited twin        -> what it returned
    Await(...)      wait for something elsewhere              -> None
    Spawn(works)    start works, do not wait                  -> None
    Collect(time)   wait until a spawned work has ended       -> {number: what it returned, ...}
    Abandon()       drop what was spawned and has not begun   -> its numbers

Both drivers do that and nothing else, and there is no other difference between graphs that run
synchronously and those that do not. Neither leaves anything behind: however a work ends, what it
has spawned has ended when `drive` or `adrive` returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar, cast

__all__ = [
    "Abandon",
    "Ask",
    "Asking",
    "Await",
    "Collect",
    "Compute",
    "Driven",
    "Invoke",
    "Spawn",
    "Work",
    "adrive",
    "drive",
]

_DEFAULT_AT_ONCE: Final = 32

_Finished = tuple[int, Any, BaseException | None]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Compute:
    """Compute something, where it does not hold up an event loop.

    Attributes:
        step: Computes it.
        cancel: Stops it from another thread.
    """

    step: Callable[[], Any]
    cancel: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Spawn:
    """Start works without waiting for them.

    Attributes:
        works: The works, by numbers.
        at_once: How many may run at once where threads run them.
    """

    works: Mapping[int, Work[Any]]
    at_once: int | None = None


@dataclass(frozen=True, slots=True)
class Collect:
    """Wait until a running work ends or the time is over; take all that have ended by then."""

    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Abandon:
    """Drop what was spawned and has not begun: nobody needs it any more.

    Attributes:
        kept: The numbers of works that are to be done all the same.
    """

    kept: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Ask:
    """Call `method` of something; where graphs run asynchronously, `a{method}`, and await it.

    If it gives an iterator, `each` takes each item.
    """

    target: Any
    method: str
    args: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    each: Callable[[Any], None] | None = None


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call something; where graphs run asynchronously, what it gives is awaited."""

    call: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until something has happened elsewhere or the time is over."""

    event: Future[Any]
    timeout_s: float


_Performed: TypeAlias = Compute | Spawn | Collect | Abandon | Ask | Await
Driven: TypeAlias = Invoke | _Performed
Work: TypeAlias = Generator[Driven, Any, _T]
"""Something that a driver can do by itself."""
Asking: TypeAlias = Generator[Ask, Any, _T]
"""Something that needs the checkpointer and nothing else."""


def drive(work: Work[_T]) -> _T:
    """Does a work in the calling thread, and what it spawns in threads that end with it.

    Returns:
        What the work returned.
    """
    threads: _Threads | None = None  # Most works only call something.
    advance: Callable[[Any], Driven] = work.send
    result: Any = None
    try:
        while True:
            try:
                effect = advance(result)
            except StopIteration as end:
                return cast("_T", end.value)
            except RuntimeError as error:
                if isinstance(result, StopIteration) and error.__cause__ is result:
                    raise result from None  # A tool raised it, and generators cannot.
                raise
            advance, result = work.send, None  # It may be large: nothing else is to hold it.
            try:
                if isinstance(effect, Invoke):
                    result = effect.call()
                elif threads is None and isinstance(effect, Compute):
                    result = effect.step()
                else:
                    threads = threads or _Threads()
                    result = threads.perform(effect)
            except Exception as error:  # the work decides about it
                advance, result = work.throw, error
            del effect
    finally:
        result = None  # An error, and this frame, would keep each other alive.
        if threads is not None:
            threads.close()
        work.close()


async def adrive(work: Work[_T]) -> _T:
    """Does a work on the event loop: what it spawns in tasks, what it computes in a worker thread.

    Returns:
        What the work returned.
    """
    tasks: _Tasks | None = None  # Most works only call something.
    advance: Callable[[Any], Driven] = work.send
    result: Any = None
    try:
        while True:
            try:
                effect = advance(result)
            except StopIteration as end:
                return cast("_T", end.value)
            advance, result = work.send, None  # It may be large: nothing else is to hold it.
            try:
                if isinstance(effect, Invoke):
                    result = await effect.call()
                else:
                    tasks = tasks or _Tasks()
                    result = await tasks.perform(effect)
            except Exception as error:  # the work decides about it
                advance, result = work.throw, error
            del effect
    finally:
        result = None  # as above
        if tasks is not None:
            await tasks.close()
        work.close()


class _Threads:
    """What one work has spawned, in threads. Most works spawn nothing, and make no thread."""

    __slots__ = ("_at_once", "_done", "_pool", "_running", "_waiting")

    def __init__(self) -> None:
        self._at_once = _DEFAULT_AT_ONCE
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: dict[int, Work[Any]] = {}
        self._running: dict[int, Future[None]] = {}
        self._done: queue.SimpleQueue[_Finished] | None = None

    def perform(self, effect: _Performed) -> Any:
        if isinstance(effect, Compute):
            self._begin()
            return effect.step()
        if isinstance(effect, Ask):
            answer = getattr(effect.target, effect.method)(*effect.args, **effect.options)
            return answer if effect.each is None else [*map(effect.each, answer)]
        if isinstance(effect, Spawn):
            self._at_once = effect.at_once or _DEFAULT_AT_ONCE
            self._waiting.update(effect.works)
            return None
        if isinstance(effect, Await):
            return wait([effect.event], effect.timeout_s)
        return self._collect(effect) if isinstance(effect, Collect) else self._abandon(effect.kept)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _collect(self, effect: Collect) -> dict[int, Any]:
        if effect.timeout_s is None and not self._running and len(self._waiting) == 1:
            # Nothing else can happen meanwhile, so a lone work needs no thread.
            number, work = self._waiting.popitem()
            return {number: contextvars.copy_context().run(drive, work)}
        self._begin()
        if self._done is None:
            self._done = queue.SimpleQueue()  # Nothing comes: this waits for the time alone.
        finished = []
        with contextlib.suppress(queue.Empty):
            finished.append(self._done.get(timeout=effect.timeout_s))
            while True:
                finished.append(self._done.get_nowait())
        return _results(finished, self._running)

    def _abandon(self, kept: frozenset[int]) -> frozenset[int]:
        dropped = self._waiting.keys() - kept
        for number in dropped:
            del self._waiting[number]
        for number in self._running.keys() - kept:
            if self._running[number].cancel():
                dropped.add(number)
                del self._running[number]
        return frozenset(dropped)

    def _begin(self) -> None:
        if not self._waiting:
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._at_once, "quickjs-call")
        if self._done is None:
            self._done = queue.SimpleQueue()
        for number, work in self._waiting.items():
            context, done = contextvars.copy_context(), self._done
            self._running[number] = self._pool.submit(context.run, _run, number, work, done)
        self._waiting.clear()


def _run(number: int, work: Work[Any], done: queue.SimpleQueue[_Finished]) -> None:
    try:
        done.put((number, drive(work), None))
    except BaseException as error:  # raised again by `_results`
        done.put((number, None, error))


class _Tasks:
    """What one work has spawned, as asyncio tasks."""

    __slots__ = ("_done", "_running")

    def __init__(self) -> None:
        self._running: dict[int, asyncio.Task[None]] = {}
        self._done: asyncio.Queue[_Finished] | None = None

    async def perform(self, effect: _Performed) -> Any:
        if isinstance(effect, Compute):
            return await self._compute(effect)
        if isinstance(effect, Ask):
            answer = getattr(effect.target, f"a{effect.method}")(*effect.args, **effect.options)
            if (each := effect.each) is None:
                return await answer
            return [each(item) async for item in answer]
        if isinstance(effect, Spawn):
            for number, work in effect.works.items():
                self._running[number] = asyncio.create_task(self._run(number, work))
            return None
        if isinstance(effect, Collect):
            return await self._collect(effect)
        if isinstance(effect, Await):
            return await asyncio.wait([asyncio.wrap_future(effect.event)], timeout=effect.timeout_s)
        return frozenset()  # Every task has begun by the time its script fails: none to drop.

    async def close(self) -> None:
        if self._running:
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

    async def _collect(self, effect: Collect) -> dict[int, Any]:
        queue_ = self._queue()
        finished = []
        with contextlib.suppress(TimeoutError, asyncio.QueueEmpty):
            finished.append(await asyncio.wait_for(queue_.get(), effect.timeout_s))
            while True:
                finished.append(queue_.get_nowait())
        return _results(finished, self._running)

    async def _run(self, number: int, work: Work[Any]) -> None:
        try:
            self._queue().put_nowait((number, await adrive(work), None))
        except BaseException as error:  # raised again by `_results`
            self._queue().put_nowait((number, None, error))

    def _queue(self) -> asyncio.Queue[_Finished]:
        if self._done is None:
            self._done = asyncio.Queue()
        return self._done


def _results(finished: list[_Finished], running: dict[int, Any]) -> dict[int, Any]:
    """What works returned that run no longer. An error of one ends the work that spawned it."""
    for number, _, _ in finished:
        del running[number]
    for _, _, error in finished:
        if error is not None:
            raise error
    return {number: result for number, result, _ in finished}
