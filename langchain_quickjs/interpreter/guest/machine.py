"""A guest whose every step either happens or does not.

A live guest is only a cache of its image. When a step runs out of time or memory, when the guest
crashes, or when its reply is not to be believed, the guest is dropped, and the state before the
step is made again: from the last image, by handling the messages since then once more. That gives
the same state, because a guest knows nothing but its messages.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from langchain_quickjs.interpreter.guest.image import BOOT, PAGE_BYTES, Image
from langchain_quickjs.interpreter.guest.instance import Instance, Module

__all__ = ["Machine"]

_T = TypeVar("_T")

# What may have to be handled once more is kept below the cost that a user would notice.
_REPLAY_S: Final = 0.05
_IMAGE_BYTES_PER_S: Final = 100 * 1024**2  # an image of a large memory is a cost too
_REPLAY_MESSAGES: Final = 2000
_REPLAY_BYTES: Final = 4 * 1024**2


class Machine:
    """Takes steps, and undoes those that fail.

    Args:
        module: The compiled guest.
        memory_bytes: How large its linear memory may become.
        image: The state to begin with.
    """

    def __init__(self, module: Module, memory_bytes: int, image: Image = BOOT) -> None:
        self._module = module
        self._memory_bytes = memory_bytes
        self._image = image
        self._instance: Instance | None = None
        self._forget_log()

    def _forget_log(self) -> None:
        self._log: list[tuple[bytes, int]] = []  # messages since the image, and reply bounds
        self._log_s = 0.0
        self._log_bytes = 0

    def _live_instance(self) -> Instance:
        if self._instance is None:
            instance = Instance(self._module, self._memory_bytes)
            instance.load(self._image)
            for message, max_reply_bytes in self._log:
                instance.step(message, None, max_reply_bytes)
            self._instance = instance
        return self._instance

    def step(
        self,
        message: bytes,
        *,
        timeout_s: float | None,
        max_reply_bytes: int,
        read: Callable[[bytes], _T],
    ) -> tuple[_T, float]:
        """Lets the guest handle a message: one transaction.

        Args:
            message: What it gets.
            timeout_s: How long it may compute, in seconds.
            max_reply_bytes: How long its reply may be.
            read: Reads the reply. When it raises, the step never happened.

        Returns:
            What `read` gave, and how long the guest computed, in seconds.
        """
        try:
            live = self._live_instance()
            begun_s = time.monotonic()
            outcome = read(live.step(message, timeout_s, max_reply_bytes))
        except BaseException:
            self._instance = None
            raise
        took_s = time.monotonic() - begun_s
        self._log.append((message, max_reply_bytes))
        self._log_s += took_s
        self._log_bytes += len(message)
        if (
            (self._log_s > _REPLAY_S and self._log_s > self._image_s(live))
            or self._log_bytes > _REPLAY_BYTES
            or len(self._log) > _REPLAY_MESSAGES
        ):
            self._take_image(live)
        return outcome, took_s

    @staticmethod
    def _image_s(live: Instance) -> float:
        """How long may have to be computed once more before an image is worth its time."""
        return _REPLAY_S + live.size_bytes / _IMAGE_BYTES_PER_S

    def _take_image(self, live: Instance) -> None:
        self._image = live.image()
        self._forget_log()

    def image(self) -> Image:
        """Makes the image of the present state, with as little in it as possible."""
        if self._log:
            try:
                live = self._live_instance()
                live.tidy()
            except BaseException:
                self._instance = None
                raise
            self._take_image(live)
        return self._image

    @property
    def memory_bytes(self) -> int:
        """How large the guest's memory is, or was in the last image if no guest is alive."""
        live = self._instance
        boot_bytes = len(self._module.boot) * PAGE_BYTES
        return max(self._image.memory_bytes, boot_bytes) if live is None else live.size_bytes

    def cancel(self) -> None:
        """Stops the step that another thread takes, or else the next one. Thread-safe."""
        instance = self._instance
        if instance is not None:
            instance.cancel()
