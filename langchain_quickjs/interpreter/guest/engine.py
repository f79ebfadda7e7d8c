"""The compiled guest and its instances. The only module that knows wasmtime.

The engine is compiled once per machine: the machine code is kept in the user's cache directory,
under the hash of the module and the version of wasmtime.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import functools
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata, resources
from typing import Any, Final

import wasmtime
from wasmtime import _bindings as ffi

from langchain_quickjs.errors import (
    MemoryLimitError,
    ProtocolError,
    ScriptCancelledError,
    StackLimitError,
    TimeLimitError,
)
from langchain_quickjs.interpreter.guest.dirty_pages import can_tell, written_pages
from langchain_quickjs.interpreter.guest.image import (
    BLOCK_BYTES,
    PAGE_BYTES,
    Image,
    difference,
    page_from,
)
from langchain_quickjs.interpreter.guest.machine_code import cache_dir, keep_code, kept_code
from langchain_quickjs.interpreter.guest.native_stack import wasm_stack_bytes
from langchain_quickjs.interpreter.guest.ticker import Ticker

__all__ = ["Instance", "Module", "load"]

_TIDY_BYTES_PER_S: Final = 64 * 1024 * 1024  # a tenth of what it does
_SMALL_MESSAGE_BYTES: Final = 16384  # small_mailbox in wasm/src/exports.c
# STACK_BYTES in wasm/build.py: it comes first. Nothing on it outlives a step, so no image has it.
_STACK_PAGES: Final = 1408 * 1024 // PAGE_BYTES
_FUNCTIONS: Final = ("mailbox", "step", "tidy", "where")
_WHERE_S: Final = 0.05
_MOST_LINES: Final = 2**30
_CONTINUE: Final = 0  # WASMTIME_UPDATE_DEADLINE_CONTINUE


@dataclass(slots=True)
class _Watch:
    """What a running step looks at on every tick."""

    deadline_s: float | None = None
    cancelled: bool = False
    stopped: bool = False

    def expired(self) -> bool:
        late = self.deadline_s is not None and time.monotonic() >= self.deadline_s
        self.stopped = self.cancelled or late
        return self.stopped


_EpochCallback = ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    ctypes.POINTER(ffi.wasmtime_context_t),
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.POINTER(ffi.wasmtime_update_deadline_kind_t),
)
_RawValues = ffi.wasmtime_val_raw_t * 1
_TrapPointer = ctypes.POINTER(ffi.wasm_trap_t)
_STOPPED = ctypes.create_string_buffer(b"stopped by the host")
_NO_FINALIZER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(0)


def _epoch_callback(watch: _Watch) -> Any:
    def on_tick(_context: Any, _data: Any, delta: Any, kind: Any) -> int:
        if watch.expired():
            error = ffi.wasmtime_error_new(_STOPPED)
            return ctypes.cast(error, ctypes.c_void_p).value or 0
        delta[0] = 1
        kind[0] = _CONTINUE
        return 0

    return _EpochCallback(on_tick)


def _delete(error: Any, trap: Any) -> None:
    if error:
        ffi.wasmtime_error_delete(error)
    if trap:
        ffi.wasm_trap_delete(trap)


@dataclass(frozen=True)
class Module:
    """The guest, compiled, and ready to be instantiated.

    Attributes:
        build_id: SHA-256 of the WebAssembly module; part of every snapshot.
        mailbox: Address of the guest's mailbox for messages of up to `_SMALL_MESSAGE_BYTES`.
        boot: The linear memory of a fresh instance, in pages of `PAGE_BYTES`.
        tells: Whether the kernel tells which pages of an instance were written to.
    """

    engine: wasmtime.Engine
    prepared: wasmtime.InstancePre
    ticker: Ticker
    build_id: bytes
    mailbox: int = 0
    boot: tuple[bytes, ...] = field(default=(), repr=False)
    tells: bool = False


def _config() -> wasmtime.Config:
    config = wasmtime.Config()
    config.epoch_interruption = True
    stack_bytes = wasm_stack_bytes()
    # No stack of this size is made, nothing here is async; but it has to be the larger one.
    ffi.wasmtime_config_async_stack_size_set(config.ptr(), stack_bytes)
    config.max_wasm_stack = stack_bytes
    config.cranelift_opt_level = "speed"
    config.memory_may_move = False  # so an instance's memory has one address
    return config


def _compile(engine: wasmtime.Engine, wasm: bytes, build_id: bytes) -> wasmtime.Module:
    runtime = metadata.version("wasmtime")
    path = cache_dir() / f"{build_id.hex()[:32]}-{runtime}.cwasm"
    if (code := kept_code(path)) is not None:
        with contextlib.suppress(wasmtime.WasmtimeError):  # of another machine or version
            return wasmtime.Module.deserialize(engine, code)
    module = wasmtime.Module(engine, wasm)
    keep_code(bytes(module.serialize()), path)
    return module


_load_lock = threading.Lock()


def load() -> Module:
    """The guest, compiled once per process."""
    with _load_lock:
        return _load()


@functools.cache
def _load() -> Module:
    wasm = resources.files("langchain_quickjs").joinpath("guest.wasm").read_bytes()
    build_id = hashlib.sha256(wasm).digest()
    engine = wasmtime.Engine(_config())
    compiled = _compile(engine, wasm, build_id)
    prepared = wasmtime.Linker(engine).instantiate_pre(compiled)
    module = Module(engine, prepared, Ticker(engine.increment_epoch), build_id)
    fresh = Instance(module, 2**32 - BLOCK_BYTES)
    boot = tuple(page for _, page in fresh.pages())
    return dataclasses.replace(module, mailbox=fresh.mailbox(1), boot=boot, tells=fresh.tells())


if hasattr(os, "register_at_fork"):
    # A forked child has neither the ticker's thread nor the engine's own: it starts afresh.
    os.register_at_fork(after_in_child=_load.cache_clear)


class Instance:
    """One guest with its linear memory. Not thread-safe; to be dropped after any error."""

    __slots__ = (
        "_address",
        "_callback",
        "_context",
        "_functions",
        "_memory",
        "_module",
        "_size",
        "_store",
        "_values",
        "_watch",
    )

    def __init__(self, module: Module, memory_bytes: int) -> None:
        self._module = module
        self._store = wasmtime.Store(module.engine)
        self._store.set_limits(memory_size=memory_bytes)
        self._watch = _Watch()
        self._callback = _epoch_callback(self._watch)
        ffi.wasmtime_store_epoch_deadline_callback(
            self._store.ptr(), self._callback, None, _NO_FINALIZER
        )
        self._store.set_epoch_deadline(1)
        self._context = self._store._context()
        instance = module.prepared.instantiate(self._store)._instance
        self._memory = ctypes.byref(self._export(instance, "memory").memory)
        self._functions = {
            name: ctypes.byref(self._export(instance, name).func) for name in _FUNCTIONS
        }
        self._values = _RawValues()
        data = ffi.wasmtime_memory_data(self._context, self._memory)
        self._address = ctypes.addressof(data.contents)
        self._size = self._measure()

    def _export(self, instance: Any, name: str) -> Any:
        """One export; `wasmtime.Instance.exports` finds out about all of them, and their types."""
        found = ffi.wasmtime_extern_t()
        encoded = ctypes.create_string_buffer(name.encode())
        if not ffi.wasmtime_instance_export_get(
            self._context, ctypes.byref(instance), encoded, len(name), ctypes.byref(found)
        ):
            raise ProtocolError(f"the guest does not export {name!r}")
        return found.of

    @property
    def size_bytes(self) -> int:
        """Length of the linear memory."""
        return self._measure()

    def _measure(self) -> int:
        return int(ffi.wasmtime_memory_data_size(self._context, self._memory))

    def _within(self, address: int, length: int) -> bool:
        """Whether that lies in the memory, which may have grown since it was last measured."""
        if address + length > self._size:
            self._size = self._measure()
        return address + length <= self._size

    def _call(self, name: str, argument: int = 0) -> int:
        """Calls an export: at most one i32 in, at most one i32 or i64 out.

        `wasmtime.Func.__call__` looks up the function's type each time, which takes longer than
        most steps.
        """
        values = self._values
        values[0].i64 = argument
        trap = _TrapPointer()
        error = ffi.wasmtime_func_call_unchecked(
            self._context, self._functions[name], values, 1, ctypes.byref(trap)
        )
        if error or trap:
            self._fail(error, trap)
        return int(values[0].i64)

    def _fail(self, error: Any, trap: Any) -> None:
        """Raises what a trap means."""
        code = ffi.wasmtime_trap_code_t()
        known = bool(trap) and ffi.wasmtime_trap_code(trap, ctypes.byref(code))
        overflow = known and code.value == wasmtime.TrapCode.STACK_OVERFLOW.value
        _delete(error, trap)
        if self._watch.cancelled:
            raise ScriptCancelledError("the host cancelled the step; it never happened")
        if self._watch.stopped:
            late = TimeLimitError("out of time")
            late.line, late.column = self._where() or (None, None)
            raise late
        if overflow:
            raise StackLimitError(
                "the engine's own recursion used up its stack (deeply nested source, JSON or "
                "regular expression); the step never happened. Nest less deeply"
            )
        raise ProtocolError(f"the guest crashed (trap {code.value if known else 'unknown'})")

    def _where(self) -> tuple[int, int] | None:
        """Line and column where a step that was stopped was last known to be.

        A trap leaves the memory as it is. What the guest makes of that is a hint: it may be wrong,
        and is within bounds.
        """
        self._watch.deadline_s = time.monotonic() + _WHERE_S
        values, trap = self._values, _TrapPointer()
        error = ffi.wasmtime_func_call_unchecked(
            self._context, self._functions["where"], values, 1, ctypes.byref(trap)
        )
        if error or trap:
            _delete(error, trap)
            return None
        place = int(values[0].i64) & 0xFFFFFFFFFFFFFFFF
        line, column = place >> 32, place & 0xFFFFFFFF
        return (line, column) if 0 < line < _MOST_LINES and 0 < column < _MOST_LINES else None

    def _begin(self, timeout_s: float | None) -> None:
        self._watch.deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        ticker = self._module.ticker
        ticker.running.add(self)
        ticker.wake()

    def _end(self) -> None:
        self._module.ticker.running.discard(self)

    def cancel(self) -> None:
        """Stops the step that runs in another thread. Thread-safe."""
        self._watch.cancelled = True

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
        self._begin(timeout_s)
        try:
            if size > _SMALL_MESSAGE_BYTES:
                mailbox = self.mailbox(size)
            if not self._within(mailbox, size):
                raise ProtocolError("the guest's mailbox lies outside its memory")
            ctypes.memmove(self._address + mailbox, message, size)
            packed = self._call("step", size) & 0xFFFFFFFFFFFFFFFF
        finally:
            self._end()
        address, length = packed >> 32, packed & 0xFFFFFFFF
        if length > max_reply_bytes or not self._within(address, length):
            raise ProtocolError(
                f"the guest's reply of {length} bytes at {address} is out of bounds"
            )
        return ctypes.string_at(self._address + address, length)

    def mailbox(self, size: int) -> int:
        """Lets the guest make room for a message of `size` bytes: its address.

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
        self._begin(1.0 + self._measure() / _TIDY_BYTES_PER_S)
        try:
            self._call("tidy")
        finally:
            self._end()

    def pages(self) -> Iterator[tuple[int, bytes]]:
        """The pages of the memory as it is now, with their numbers."""
        boot = self._module.boot
        for number in range(self._measure() // PAGE_BYTES):
            yield number, page_from(self._address + number * PAGE_BYTES, boot, number)

    def tells(self) -> bool:
        """Whether the kernel tells which pages of this fresh instance were written to."""
        return can_tell(self._address, self._measure() // PAGE_BYTES)

    def image(self) -> Image:
        """The memory as it is now, without its stack."""
        size, written = self._measure(), None
        if self._module.tells:
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
            grown = ctypes.c_uint64()
            error = ffi.wasmtime_memory_grow(
                self._context, self._memory, missing, ctypes.byref(grown)
            )
            if error:
                ffi.wasmtime_error_delete(error)
                raise MemoryLimitError("out of memory")
        for number, page in image.pages.items():
            ctypes.memmove(self._address + number * PAGE_BYTES, page, PAGE_BYTES)
