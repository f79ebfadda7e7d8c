"""A guest whose every step either happens or does not.

A live guest is only a cache of its image. When a step runs out of time or memory, when the guest
crashes, or when its reply is not to be believed, the guest is dropped, and the state before the
step is made again: from the last image, by handling the messages since then once more. That gives
the same state, because a guest knows nothing but its messages.

So a machine that has not taken a step for a while can give its instance up (`reuse.pool`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from langchain_quickjs.errors import QuickJSError, ScriptCancelledError
from langchain_quickjs.interpreter.guest.image import BOOT, PAGE_BYTES, Image
from langchain_quickjs.interpreter.guest.instance import Instance, Module
from langchain_quickjs.interpreter.guest.reuse.pool import Lease, Pool
from langchain_quickjs.interpreter.guest.ticker import Cancellation

__all__ = ["Machine"]

_T = TypeVar("_T")

# What may have to be handled once more is kept below the cost that a user would notice.
_REPLAY_S: Final = 0.05
_IMAGE_BYTES_PER_S: Final = 100 * 1024**2  # an image of a large memory is a cost too
_REPLAY_MESSAGES: Final = 2000
_REPLAY_BYTES: Final = 4 * 1024**2
# Of a machine that gives its instance up: what takes less than to make an image and to load it.
_SLEEP_REPLAY_S: Final = 0.001
_SLEEP_REPLAY_BYTES: Final = 64 * 1024

_POOL: Final = Pool()


def _image_s(live: Instance) -> float:
    return live.size_bytes / _IMAGE_BYTES_PER_S


class Machine:
    """Takes steps, and undoes those that fail.

    Args:
        module: The compiled guest.
        memory_bytes: How large its linear memory may become.
        image: The state to begin with.
        pool: Where its instances come from; that of the process if omitted.
    """

    def __init__(
        self, module: Module, memory_bytes: int, image: Image = BOOT, pool: Pool = _POOL
    ) -> None:
        self._module = module
        self._memory_bytes = memory_bytes
        self._image = image
        self._pool = pool
        self._lease: Lease | None = None
        self._busy = threading.Lock()  # a step is taken, or the instance given up
        self._cancellation = Cancellation()
        self._bytes_before = 0  # how large the memory was when the instance was given up
        self._forget_log()

    def _forget_log(self) -> None:
        self._log: list[tuple[bytes, int]] = []  # messages since the image, and reply bounds
        self._log_s = 0.0
        self._log_bytes = 0

    def _live_instance(self, *, waits: bool = True) -> Instance:
        if (lease := self._lease) is not None:
            return lease.instance
        whose = (self, self._module, self._memory_bytes, self._cancellation)
        lease = self._pool.lend(*whose, waits=waits)
        self._lease, instance = lease, lease.instance
        instance.load(self._image)
        for message, max_reply_bytes in self._log:
            instance.step(message, None, max_reply_bytes)
        return instance

    def _lose_instance(self) -> None:
        """Drops an instance that is not in the state that is known."""
        lease, self._lease = self._lease, None
        if lease is not None:
            self._pool.forget(lease)

    def step(
        self,
        message: bytes,
        timeout_s: float | None,
        max_reply_bytes: int,
        read: Callable[[bytes], _T],
        memory_bytes: int | None = None,
    ) -> tuple[_T, bytes, float]:
        """Lets the guest handle a message: one transaction.

        Args:
            message: What it gets.
            timeout_s: How long it may compute, in seconds.
            max_reply_bytes: How long its reply may be.
            read: Reads the reply. When it raises, the step never happened.
            memory_bytes: How large the memory may become in this step, which then waits for no
                instance either; as large as ever if omitted.

        Returns:
            What `read` gave, what it read, and how long the guest computed, in seconds.

        Raises:
            HostMemoryError: The system has no memory for an instance.
        """
        with self._busy:
            try:
                if (lease := self._lease) is None:
                    live = self._live_instance(waits=memory_bytes is None)
                else:
                    self._pool.used(lease)
                    live = lease.instance
                if memory_bytes is not None:
                    live.limit(memory_bytes)
                begun_s = time.monotonic()
                reply = live.step(message, timeout_s, max_reply_bytes)
                outcome = read(reply)
                if memory_bytes is not None:
                    live.limit(self._memory_bytes)
            except BaseException as error:
                self._undo(error)
                raise
            took_s = time.monotonic() - begun_s
            self._log.append((message, max_reply_bytes))
            self._log_s += took_s
            self._log_bytes += len(message)
            if (
                (self._log_s > _REPLAY_S and self._log_s > _REPLAY_S + _image_s(live))
                or self._log_bytes > _REPLAY_BYTES
                or len(self._log) > _REPLAY_MESSAGES
            ):
                self._take_image(live)
            return outcome, reply, took_s

    def _undo(self, error: BaseException) -> None:
        self._lose_instance()
        if isinstance(error, ScriptCancelledError):
            self._cancellation = Cancellation()

    def _take_image(self, live: Instance) -> None:
        self._image = live.image()
        self._forget_log()

    def image(self) -> Image:
        """Makes the image of the present state, with as little in it as possible."""
        with self._busy:
            if self._log:
                try:
                    live = self._live_instance()
                    live.tidy()
                except BaseException as error:
                    self._undo(error)
                    raise
                self._take_image(live)
            return self._image

    def give_up(self) -> bool:
        """Gives the instance up, so that another machine can have one, unless a step is taken.

        Returns:
            Whether there was one to give up.
        """
        if not self._busy.acquire(blocking=False):
            return False
        try:
            if (lease := self._lease) is None:
                return False
            self._bytes_before = lease.instance.size_bytes
            try:
                if self._log_s > _SLEEP_REPLAY_S or self._log_bytes > _SLEEP_REPLAY_BYTES:
                    lease.instance.tidy()
                    self._take_image(lease.instance)
            except BaseException as error:
                self._lose_instance()
                if not isinstance(error, QuickJSError):  # else the messages since the image stay
                    raise
            else:
                self._lease = None
                self._pool.take_back(lease)
            return True
        finally:
            self._busy.release()

    @property
    def module(self) -> Module:
        """The compiled guest."""
        return self._module

    @property
    def is_at_hand(self) -> bool:
        """Whether it has an instance, or one is to be had without another machine's."""
        return self._lease is not None or self._pool.has_room

    @property
    def memory_bytes(self) -> int:
        """How large the guest's memory is, or was in the last image if no guest is alive."""
        if (lease := self._lease) is not None:
            return lease.instance.size_bytes
        boot_bytes = len(self._module.boot) * PAGE_BYTES
        return max(self._image.memory_bytes, boot_bytes, self._bytes_before)

    def cancel(self) -> None:
        """Stops the step that another thread takes, or else the next one. Thread-safe."""
        self._cancellation.wanted = True
