"""The guest's instances: messages in, replies out, and their memory as an image.

The module comes compiled with the package (`native.shipped_code`), or is compiled once per machine
(`native.machine_code`). It is prepared once per process.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from langchain_quickjs.errors import (
    HostMemoryError,
    MemoryLimitError,
    ProtocolError,
    SetupError,
)
from langchain_quickjs.interpreter.builds.releases import PROTOCOL, protocol_of
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
from langchain_quickjs.interpreter.guest.page_lines import LinePages, lines_of, write_lines
from langchain_quickjs.interpreter.guest.reuse.dirty_pages import (
    kernel_tells_of_writes,
    written_runs,
)
from langchain_quickjs.interpreter.guest.ticker import Cancellation

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
        protocol: What the guest speaks.
    """

    build_id: bytes
    mailbox: int = 0
    boot: Sequence[bytes] = field(default=(), repr=False)
    kernel_tells: bool = False
    protocol: int = PROTOCOL

    @property
    def build(self) -> bytes:
        """What the build is known by in all that is stored of its memory."""
        return self.build_id[:16]


_load_lock = threading.Lock()
_earlier_lock = threading.Lock()


def load(build: bytes | None = None) -> Module:
    """Gives the guest of a build, which is loaded once per process.

    Args:
        build: The first 16 bytes of the module's SHA-256; `None` for today's guest.

    Raises:
        BuildGoneError: If there is no such guest here.
    """
    with _load_lock:
        newest = _load(None)
    if build is None or build == newest.build:
        return newest
    with _earlier_lock:  # It may have to be compiled, and most scripts need not wait for that.
        return _load(build)


@functools.cache
def _load(build: bytes | None) -> Module:
    compiled, build_id = _installed() if build is None else _kept(build)
    module = Module(
        compiled.engine,
        compiled.prepared,
        compiled.ticker,
        build_id,
        protocol=protocol_of(build_id),
    )
    tried = Instance(module, _MOST_BYTES)
    boot: Sequence[bytes]
    try:
        boot = Instance(module, _MOST_BYTES).lasting_pages()
    except HostMemoryError:  # There are addresses for one guest, which scripts need.
        boot = tuple(page for _, page in tried.pages())
    mailbox, kernel_tells = tried.mailbox(1), tried.kernel_tells()
    return replace(module, mailbox=mailbox, boot=boot, kernel_tells=kernel_tells)


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


def _kept(build: bytes) -> tuple[CompiledModule, bytes]:
    """Gives an earlier guest and its build id."""
    import hashlib  # noqa: PLC0415 - as above

    from langchain_quickjs.interpreter.builds.places import kept_guest  # noqa: PLC0415 - as above

    wasm = kept_guest(build)
    build_id = hashlib.sha256(wasm).digest()
    return compile_module(wasm, build_id), build_id


if hasattr(os, "register_at_fork"):
    # A forked child has neither the ticker's thread nor the engine's own: it starts afresh.
    os.register_at_fork(after_in_child=_load.cache_clear)


class Instance(WasmInstance):
    """One guest with its linear memory. Not thread-safe; to be dropped after any error."""

    __slots__ = ("module",)

    def __init__(
        self, module: Module, memory_bytes: int, cancellation: Cancellation | None = None
    ) -> None:
        super().__init__(module, memory_bytes, cancellation)
        self.module = module

    def is_fresh_again(self) -> bool:
        """Makes the memory that of a fresh instance again, for somebody else, if that can be done.

        All of it is the boot image then: a page that the kernel does not say was written to is the
        boot image's own. What else an instance has is its stack pointer, which is where it was
        before as soon as every call has returned. One that trapped, or whose memory has grown, as
        nothing undoes that, serves nobody again.
        """
        module = self.module
        boot, pages = module.boot, self._measure() // PAGE_BYTES
        if not (self._whole and module.kernel_tells and isinstance(boot, MemoryPages)):
            return False
        if pages != len(boot) or (runs := written_runs(self._address, 0, pages)) is None:
            return False
        boot.copy(runs, self._view)
        return True

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
        mailbox = self.module.mailbox
        self._start_clock(timeout_s)
        try:
            if size > _SMALL_MESSAGE_BYTES:
                mailbox = self.mailbox(size)
            end = mailbox + size
            if end > self._size and not self._has_grown_to(end):
                raise ProtocolError("the guest's mailbox lies outside its memory")
            self._view[mailbox:end] = message
            packed = self._call("step", size) & 0xFFFFFFFFFFFFFFFF
        finally:
            self._ticker.running.discard(self)
        address, length = packed >> 32, packed & 0xFFFFFFFF
        end = address + length
        if length > max_reply_bytes or (end > self._size and not self._has_grown_to(end)):
            raise ProtocolError(
                f"the guest's reply of {length} bytes at {address} is out of bounds"
            )
        return self._view[address:end].tobytes()

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
            self._ticker.running.discard(self)

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """Gives the pages of the memory as it is now, with their numbers."""
        boot = self.module.boot
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
        if self._measure() != self._size:
            self._look()
        boot, view, size = self.module.boot, self._view, self._size
        blocks, runs = size // BLOCK_BYTES, None
        if self.module.kernel_tells:
            runs = written_runs(self._address, _STACK_PAGES, size // PAGE_BYTES)
        if runs is not None and isinstance(boot, MemoryPages):
            with contextlib.suppress(HostMemoryError):
                lines = lines_of(boot, view, runs)
                return Image(blocks, LinePages(boot, lines), lines)
        pages = (page for page in self.pages() if page[0] >= _STACK_PAGES)
        return difference(boot, blocks, pages)

    def load(self, image: Image) -> None:
        """Makes a fresh instance's memory that of `image`.

        Raises:
            MemoryLimitError: If the image is larger than this instance may become.
        """
        missing = image.blocks - self._size // BLOCK_BYTES
        if missing > 0:
            self._grow(missing)
        boot, view = self.module.boot, self._view
        if image.lines is not None and isinstance(boot, MemoryPages):
            write_lines(boot, image.lines, view)
            return
        for number, page in image.pages.items():
            view[number * PAGE_BYTES : (number + 1) * PAGE_BYTES] = page
