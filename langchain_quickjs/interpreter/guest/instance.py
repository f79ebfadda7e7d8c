"""The guest's instances: messages in, replies out, and their memory as an image.

The module comes compiled with the package (`native.shipped_code`), or is compiled once per machine
(`native.machine_code`). It is prepared once per process.
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from langchain_quickjs.errors import MemoryLimitError, ProtocolError, SetupError
from langchain_quickjs.interpreter.guest.dirty_pages import kernel_tells_of_writes, written_pages
from langchain_quickjs.interpreter.guest.engine import (
    CompiledModule,
    WasmInstance,
    compile_module,
    load_shipped,
)
from langchain_quickjs.interpreter.guest.image import (
    BLOCK_BYTES,
    PAGE_BYTES,
    Image,
    MemoryPages,
    difference,
    page_read_from,
)
from langchain_quickjs.interpreter.guest.native.shipped_code import shipped_code

__all__ = ["Instance", "Module", "load"]

_TIDY_BYTES_PER_S: Final = 64 * 1024 * 1024  # a tenth of what it does
_SMALL_MESSAGE_BYTES: Final = 16384  # small_mailbox in wasm/src/exports.c
# STACK_BYTES in wasm/build.py: it comes first. Nothing on it outlives a step, so no image has it.
_STACK_PAGES: Final = 1408 * 1024 // PAGE_BYTES
_MOST_BYTES: Final = 2**32 - BLOCK_BYTES
_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@dataclass(frozen=True)
class Module(CompiledModule):
    """The guest, compiled, and ready to be instantiated.

    Attributes:
        build_id: SHA-256 of the WebAssembly module; part of every snapshot.
        mailbox: Address of the guest's mailbox for messages of up to `_SMALL_MESSAGE_BYTES`.
        boot: The linear memory of a fresh instance, in pages of `PAGE_BYTES`.
        kernel_tells: Whether the kernel tells which pages of an instance were written to.
    """

    build_id: bytes
    mailbox: int = 0
    boot: Sequence[bytes] = field(default=(), repr=False)
    kernel_tells: bool = False


_load_lock = threading.Lock()


def load() -> Module:
    """Gives the guest, which is loaded once per process."""
    with _load_lock:
        return _load()


@functools.cache
def _load() -> Module:
    compiled, build_id = _installed()
    module = Module(compiled.engine, compiled.prepared, compiled.ticker, build_id)
    tried, fresh = (Instance(module, _MOST_BYTES) for _ in range(2))
    mailbox, kernel_tells = tried.mailbox(1), tried.kernel_tells()
    return replace(module, mailbox=mailbox, boot=fresh.lasting_pages(), kernel_tells=kernel_tells)


def _installed() -> tuple[CompiledModule, bytes]:
    """Gives the guest that was installed with the package, and its build id."""
    shipped = shipped_code(_PACKAGE)
    if shipped is not None and (compiled := load_shipped(shipped)) is not None:
        return compiled, shipped.build_id
    # What takes time to import is so only here, where code has to be found or made.
    import hashlib  # noqa: PLC0415
    import pkgutil  # noqa: PLC0415

    wasm = pkgutil.get_data("langchain_quickjs", "guest.wasm")
    if wasm is None:
        raise SetupError("The package was installed without its guest; install it again.")
    build_id = hashlib.sha256(wasm).digest()
    return compile_module(wasm, build_id), build_id


if hasattr(os, "register_at_fork"):
    # A forked child has neither the ticker's thread nor the engine's own: it starts afresh.
    os.register_at_fork(after_in_child=_load.cache_clear)


class Instance(WasmInstance):
    """One guest with its linear memory. Not thread-safe; to be dropped after any error."""

    __slots__ = ("_module",)

    def __init__(self, module: Module, memory_bytes: int) -> None:
        super().__init__(module, memory_bytes)
        self._module = module

    def step(self, message: bytes, timeout_s: float | None, max_reply_bytes: int) -> bytes:
        """Lets the guest handle a message.

        Args:
            message: What to write into its mailbox.
            timeout_s: How long it may compute, in seconds.
            max_reply_bytes: A longer reply is refused before it is copied.

        Returns:
            Its reply, unread and untrusted.

        Raises:
            TimeLimitError: If it took longer.
            StackLimitError: If the engine recursed too deeply.
            MemoryLimitError: If there is no room for the message.
            ScriptCancelledError: If `cancel` was called.
            ProtocolError: If it crashed, or its reply is not within its memory.
        """
        size = len(message)
        mailbox = self._module.mailbox
        self._start_clock(timeout_s)
        try:
            if size > _SMALL_MESSAGE_BYTES:
                mailbox = self.mailbox(size)
            if not self._is_in_memory(mailbox, size):
                raise ProtocolError("the guest's mailbox lies outside its memory")
            ctypes.memmove(self._address + mailbox, message, size)
            packed = self._call("step", size) & 0xFFFFFFFFFFFFFFFF
        finally:
            self._stop_clock()
        address, length = packed >> 32, packed & 0xFFFFFFFF
        if length > max_reply_bytes or not self._is_in_memory(address, length):
            raise ProtocolError(
                f"the guest's reply of {length} bytes at {address} is out of bounds"
            )
        return ctypes.string_at(self._address + address, length)

    def mailbox(self, size: int) -> int:
        """Lets the guest make room for a message of `size` bytes, and gives the address.

        Raises:
            MemoryLimitError: If there is no room.
        """
        address = self._call("mailbox", size) & 0xFFFFFFFF
        if not address:
            raise MemoryLimitError("out of memory")
        return address

    def tidy(self) -> None:
        """Collects garbage, so that the image has less in it.

        Raises:
            TimeLimitError: If that takes far longer than it can.
            ProtocolError: If the guest crashed.
        """
        self._start_clock(1.0 + self._measure() / _TIDY_BYTES_PER_S)
        try:
            self._call("tidy")
        finally:
            self._stop_clock()

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """Gives the pages of the memory as it is now, with their numbers."""
        boot = self._module.boot
        for number in range(self._measure() // PAGE_BYTES):
            yield number, page_read_from(self._address + number * PAGE_BYTES, boot, number)

    def lasting_pages(self) -> Sequence[bytes]:
        """Gives the pages as they are now, for as long as nothing runs in this instance."""
        return MemoryPages(self._address, self._measure() // PAGE_BYTES, self)

    def kernel_tells(self) -> bool:
        """Tells whether the kernel tells which pages of this fresh instance were written to."""
        return kernel_tells_of_writes(self._address, self._measure() // PAGE_BYTES)

    def image(self) -> Image:
        """Makes the image of the memory as it is now, without its stack."""
        size, written = self._measure(), None
        if self._module.kernel_tells:
            written = written_pages(self._address, _STACK_PAGES, size // PAGE_BYTES)
        if written is None:
            pages = (page for page in self.pages() if page[0] >= _STACK_PAGES)
        else:
            memory = memoryview((ctypes.c_char * size).from_address(self._address))
            pages = ((n, bytes(memory[n * PAGE_BYTES : (n + 1) * PAGE_BYTES])) for n in written)
        return difference(self._module.boot, size // BLOCK_BYTES, pages)

    def load(self, image: Image) -> None:
        """Makes a fresh instance's memory that of `image`.

        Raises:
            MemoryLimitError: If the image is larger than this instance may become.
        """
        missing = image.blocks - self._size // BLOCK_BYTES
        if missing > 0:
            self._grow(missing)
        for number, page in image.pages.items():
            ctypes.memmove(self._address + number * PAGE_BYTES, page, PAGE_BYTES)
