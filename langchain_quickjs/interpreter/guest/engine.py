"""wasmtime, set up for the guest: its module, and the instances of that.

What the guest's exports mean, and what is in its memory, is known in `instance`.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import time
from dataclasses import dataclass
from typing import Any, Final

from langchain_quickjs.errors import (
    MemoryLimitError,
    ProtocolError,
    ScriptCancelledError,
    StackLimitError,
    TimeLimitError,
)
from langchain_quickjs.interpreter.guest.native.c_api import (
    EpochCallback,
    Extern,
    Instance,
    Owned,
    RawValue,
    WasmtimeError,
    checked,
    compiled,
    ffi,
    installed_version,
    loaded,
    mapped,
    new_engine,
)
from langchain_quickjs.interpreter.guest.native.shipped_code import ShippedCode
from langchain_quickjs.interpreter.guest.native_stack import wasm_stack_bytes
from langchain_quickjs.interpreter.guest.ticker import Ticker

__all__ = ["CompiledModule", "WasmInstance", "compile_module", "load_shipped", "module_of_code"]

_FUNCTIONS: Final = ("mailbox", "step", "tidy", "where")
_WHERE_S: Final = 0.05
_MOST_LINES: Final = 2**30
_CONTINUE: Final = 0  # WASMTIME_UPDATE_DEADLINE_CONTINUE
_STACK_OVERFLOW: Final = 0  # WASMTIME_TRAP_CODE_STACK_OVERFLOW


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


_RawValues = RawValue * 1


def _epoch_callback(watch: _Watch) -> Any:
    def on_tick(_context: Any, _data: Any, delta: Any, kind: Any) -> int:
        if watch.expired():
            return int(ffi.wasmtime_error_new(b"stopped by the host"))
        delta[0] = 1
        kind[0] = _CONTINUE
        return 0

    return EpochCallback(on_tick)


def _delete_native(error: Any, trap: Any) -> None:
    if error:
        ffi.wasmtime_error_delete(error)
    if trap:
        ffi.wasm_trap_delete(trap)


@dataclass(frozen=True)
class CompiledModule:
    """A WebAssembly module without imports, compiled and ready to be instantiated.

    Attributes:
        engine: Holds the machine code.
        prepared: Makes instances.
        ticker: Stops the instances of the engine that run too long.
    """

    engine: Owned
    prepared: Owned
    ticker: Ticker


def compile_module(wasm: bytes, build_id: bytes) -> CompiledModule:
    """Compiles a module, unless this user has done so before with the same wasmtime.

    Args:
        wasm: The module.
        build_id: Its hash, under which the machine code is kept.
    """
    # Only where none was shipped that fits.
    from langchain_quickjs.interpreter.guest.native import machine_code  # noqa: PLC0415

    file = machine_code.code_file(build_id, installed_version())
    if (code := machine_code.read_code(file)) is not None:
        with contextlib.suppress(WasmtimeError):  # of another machine
            return module_of_code(code)
    code = compiled(new_engine(), wasm)
    machine_code.write_code(code, file)
    return module_of_code(code)


def module_of_code(code: bytes) -> CompiledModule:
    """Makes a module of its machine code, which is trusted.

    Raises:
        WasmtimeError: It is none, or another machine's.
    """
    engine = new_engine(wasm_stack_bytes())
    return _prepared(engine, loaded(engine, code))


def load_shipped(shipped: ShippedCode) -> CompiledModule | None:
    """Makes a module of the machine code that the package was installed with, if that fits here."""
    if installed_version() != shipped.version:
        return None
    with contextlib.suppress(WasmtimeError, OSError):  # of another machine
        if sys.platform == "linux":
            engine = new_engine(wasm_stack_bytes())
            return _prepared(engine, mapped(engine, shipped.path))
        # Elsewhere a file that is mapped cannot be replaced, or its pages have to be signed.
        with open(shipped.path, "rb") as file:
            return module_of_code(file.read())
    return None


def _prepared(engine: Owned, module: Owned) -> CompiledModule:
    linker = Owned(ffi.wasmtime_linker_new(engine.pointer), ffi.wasmtime_linker_delete)
    made = ctypes.c_void_p()
    checked(ffi.wasmtime_linker_instantiate_pre(linker.pointer, module.pointer, ctypes.byref(made)))
    prepared = Owned(made, ffi.wasmtime_instance_pre_delete)
    ticker = Ticker(lambda: ffi.wasmtime_engine_increment_epoch(engine.pointer))
    return CompiledModule(engine, prepared, ticker)


class WasmInstance:
    """One instance of the module, with its linear memory.

    It is not thread-safe, and is to be dropped after any error.

    Args:
        compiled: The module.
        memory_bytes: How large the memory may become.
    """

    __slots__ = (
        "_address",
        "_callback",
        "_context",
        "_functions",
        "_memory",
        "_size",
        "_store",
        "_ticker",
        "_values",
        "_watch",
    )

    def __init__(self, compiled: CompiledModule, memory_bytes: int) -> None:
        self._ticker = compiled.ticker
        store = ffi.wasmtime_store_new(compiled.engine.pointer, None, None)
        self._store = Owned(store, ffi.wasmtime_store_delete)
        ffi.wasmtime_store_limiter(store, memory_bytes, -1, -1, -1, -1)
        self._watch = _Watch()
        self._callback = _epoch_callback(self._watch)
        ffi.wasmtime_store_epoch_deadline_callback(store, self._callback, None, None)
        self._context = ffi.wasmtime_store_context(store)
        ffi.wasmtime_context_set_epoch_deadline(self._context, 1)
        instance, trap = Instance(), ctypes.c_void_p()
        prepared, context = compiled.prepared.pointer, self._context
        into, trapped = ctypes.byref(instance), ctypes.byref(trap)
        checked(ffi.wasmtime_instance_pre_instantiate(prepared, context, into, trapped))
        if trap:
            self._raise_trap(None, trap)
        self._memory = ctypes.byref(self._export(instance, "memory").memory)
        self._functions = {
            name: ctypes.byref(self._export(instance, name).func) for name in _FUNCTIONS
        }
        self._values = _RawValues()
        self._address = int(ffi.wasmtime_memory_data(self._context, self._memory))
        self._size = self._measure()

    def _export(self, instance: Any, name: str) -> Any:
        found = Extern()
        if not ffi.wasmtime_instance_export_get(
            self._context, ctypes.byref(instance), name.encode(), len(name), ctypes.byref(found)
        ):
            raise ProtocolError(f"the guest does not export {name!r}")
        return found.of

    @property
    def size_bytes(self) -> int:
        """Length of the linear memory."""
        return self._measure()

    def cancel(self) -> None:
        """Stops the step that runs in another thread. Thread-safe."""
        self._watch.cancelled = True

    def _measure(self) -> int:
        return int(ffi.wasmtime_memory_data_size(self._context, self._memory))

    def _is_in_memory(self, address: int, length: int) -> bool:
        """Tells whether that lies in the memory, which may have grown since it was measured."""
        if address + length > self._size:
            self._size = self._measure()
        return address + length <= self._size

    def _grow(self, blocks: int) -> None:
        """Makes the memory larger by some WebAssembly pages.

        Raises:
            MemoryLimitError: It would be larger than it may become.
        """
        grown = ctypes.c_uint64()
        error = ffi.wasmtime_memory_grow(self._context, self._memory, blocks, ctypes.byref(grown))
        if error:
            ffi.wasmtime_error_delete(error)
            raise MemoryLimitError("out of memory")

    def _call(self, name: str, argument: int = 0) -> int:
        """Calls an export: at most one i32 in, at most one i32 or i64 out."""
        values = self._values
        values[0].i64 = argument
        trap = ctypes.c_void_p()
        error = ffi.wasmtime_func_call_unchecked(
            self._context, self._functions[name], values, 1, ctypes.byref(trap)
        )
        if error or trap:
            self._raise_trap(error, trap)
        return int(values[0].i64)

    def _raise_trap(self, error: Any, trap: Any) -> None:
        """Raises the error that a trap means."""
        code = ctypes.c_uint8()
        known = bool(trap) and ffi.wasmtime_trap_code(trap, ctypes.byref(code))
        overflow = known and code.value == _STACK_OVERFLOW
        _delete_native(error, trap)
        if self._watch.cancelled:
            raise ScriptCancelledError("the host cancelled the step; it never happened")
        if self._watch.stopped:
            late = TimeLimitError("out of time")
            late.line, late.column = self._last_place() or (None, None)
            raise late
        if overflow:
            raise StackLimitError("out of stack")
        raise ProtocolError(f"the guest crashed (trap {code.value if known else 'unknown'})")

    def _last_place(self) -> tuple[int, int] | None:
        """Gives line and column where a step that was stopped was last known to be.

        A trap leaves the memory as it is. What the guest makes of that is a hint: it may be wrong,
        and is within bounds.
        """
        self._watch.deadline_s = time.monotonic() + _WHERE_S
        values, trap = self._values, ctypes.c_void_p()
        error = ffi.wasmtime_func_call_unchecked(
            self._context, self._functions["where"], values, 1, ctypes.byref(trap)
        )
        if error or trap:
            _delete_native(error, trap)
            return None
        place = int(values[0].i64) & 0xFFFFFFFFFFFFFFFF
        line, column = place >> 32, place & 0xFFFFFFFF
        return (line, column) if 0 < line < _MOST_LINES and 0 < column < _MOST_LINES else None

    def _start_clock(self, timeout_s: float | None) -> None:
        self._watch.deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        ticker = self._ticker
        ticker.running.add(self)
        ticker.wake()

    def _stop_clock(self) -> None:
        self._ticker.running.discard(self)
