"""wasmtime, set up for the guest. The only module that knows it.

What the guest's exports mean, and what is in its memory, is known in `instance`.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import time
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final

import wasmtime
from wasmtime import _bindings as ffi
from wasmtime._ffi import dll

from langchain_quickjs.errors import (
    HostMemoryError,
    MemoryLimitError,
    ProtocolError,
    ScriptCancelledError,
    StackLimitError,
    TimeLimitError,
)
from langchain_quickjs.interpreter.guest.machine_code import code_file, read_code, write_code
from langchain_quickjs.interpreter.guest.native_stack import wasm_stack_bytes
from langchain_quickjs.interpreter.guest.ticker import Ticker

__all__ = ["Cancellation", "CompiledModule", "WasmInstance", "compile_module"]

_FUNCTIONS: Final = ("mailbox", "step", "tidy", "where")
_WHERE_S: Final = 0.05
_MOST_LINES: Final = 2**30
_CONTINUE: Final = 0  # WASMTIME_UPDATE_DEADLINE_CONTINUE


class Cancellation:
    """Whether somebody wants the steps of a guest stopped. It outlives the guest's instances."""

    __slots__ = ("wanted",)

    def __init__(self) -> None:
        self.wanted = False


@dataclass(slots=True)
class _Watch:
    """What a running step looks at on every tick."""

    cancellation: Cancellation
    deadline_s: float | None = None
    stopped: bool = False

    def expired(self) -> bool:
        late = self.deadline_s is not None and time.monotonic() >= self.deadline_s
        self.stopped = self.cancellation.wanted or late
        return self.stopped


_EpochCallback = ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    ctypes.POINTER(ffi.wasmtime_context_t),
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.POINTER(ffi.wasmtime_update_deadline_kind_t),
)
_RawValues = ffi.wasmtime_val_raw_t * 1
# As `wasmtime._bindings` has it, but with addresses for pointers: to check their types and to wrap
# them takes longer than the call.
_call_unchecked: Final = ctypes.CFUNCTYPE(
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_void_p,
)(("wasmtime_func_call_unchecked", dll))
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


def _address_of(pointer: Any) -> int:
    return ctypes.cast(pointer, ctypes.c_void_p).value or 0


@dataclass(frozen=True)
class CompiledModule:
    """A WebAssembly module without imports, compiled and ready to be instantiated.

    Attributes:
        engine: Holds the machine code.
        prepared: Makes instances.
        ticker: Stops the instances of the engine that run too long.
    """

    engine: wasmtime.Engine
    prepared: wasmtime.InstancePre
    ticker: Ticker


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


def compile_module(wasm: bytes, build_id: bytes) -> CompiledModule:
    """Compiles a module, unless this user has done so before with the same wasmtime.

    Args:
        wasm: The module.
        build_id: Its hash, under which the machine code is kept.
    """
    engine = wasmtime.Engine(_config())
    module = _machine_code(engine, wasm, build_id)
    prepared = wasmtime.Linker(engine).instantiate_pre(module)
    return CompiledModule(engine, prepared, Ticker(engine.increment_epoch))


def _machine_code(engine: wasmtime.Engine, wasm: bytes, build_id: bytes) -> wasmtime.Module:
    file = code_file(build_id, metadata.version("wasmtime"))
    if (code := read_code(file)) is not None:
        with contextlib.suppress(wasmtime.WasmtimeError):  # of another machine or version
            return wasmtime.Module.deserialize(engine, code)
    module = wasmtime.Module(engine, wasm)
    write_code(bytes(module.serialize()), file)
    return module


class WasmInstance:
    """One instance of the module, with its linear memory.

    It is not thread-safe, and is to be dropped after any error.

    Args:
        compiled: The module.
        memory_bytes: How large the memory may become.
        cancellation: What stops its steps.

    Raises:
        HostMemoryError: The system has no memory for another instance.
    """

    __slots__ = (
        "_address",
        "_callback",
        "_calls",
        "_context",
        "_externs",
        "_memory",
        "_memory_bytes",
        "_size",
        "_store",
        "_ticker",
        "_trap",
        "_values",
        "_view",
        "_watch",
        "_whole",
    )

    def __init__(
        self,
        compiled: CompiledModule,
        memory_bytes: int,
        cancellation: Cancellation | None = None,
    ) -> None:
        self._ticker = compiled.ticker
        self._store = wasmtime.Store(compiled.engine)
        self._store.set_limits(memory_size=memory_bytes)
        self._memory_bytes = memory_bytes
        self._watch = _Watch(cancellation or Cancellation())
        self._callback = _epoch_callback(self._watch)
        ffi.wasmtime_store_epoch_deadline_callback(
            self._store.ptr(), self._callback, None, _NO_FINALIZER
        )
        self._store.set_epoch_deadline(1)
        self._context = self._store._context()
        try:
            instance = compiled.prepared.instantiate(self._store)._instance
        except wasmtime.WasmtimeError as error:  # no code of the guest runs then
            raise HostMemoryError(
                f"the system has no memory for another guest, which takes 4 GiB of addresses and "
                f"some mappings ({error}): allow the process more (`ulimit -v`, "
                f"vm.max_map_count), or run fewer scripts at once"
            ) from None
        memory, *functions = (self._export(instance, name) for name in ("memory", *_FUNCTIONS))
        self._externs = (memory, *functions)  # what is made of them here points to them
        self._memory = ctypes.byref(memory.of.memory)
        self._values, self._trap = _RawValues(), ctypes.c_void_p()
        self._calls = {
            name: functools.partial(
                _call_unchecked,
                _address_of(self._context),
                ctypes.addressof(function.of.func),
                ctypes.addressof(self._values),
                1,
                ctypes.addressof(self._trap),
            )
            for name, function in zip(_FUNCTIONS, functions, strict=True)
        }
        self._address = _address_of(ffi.wasmtime_memory_data(self._context, self._memory))
        self._whole = True
        self._look()

    def _export(self, instance: Any, name: str) -> Any:
        """Gives one export; `wasmtime.Instance.exports` finds out about all, and their types."""
        found = ffi.wasmtime_extern_t()
        encoded = ctypes.create_string_buffer(name.encode())
        if not ffi.wasmtime_instance_export_get(
            self._context, ctypes.byref(instance), encoded, len(name), ctypes.byref(found)
        ):
            raise ProtocolError(f"the guest does not export {name!r}")
        return found

    @property
    def size_bytes(self) -> int:
        """Length of the linear memory."""
        return self._measure()

    def begin_again(self, memory_bytes: int, cancellation: Cancellation) -> None:
        """Has the instance serve somebody else, once its memory is that of a fresh one."""
        if memory_bytes != self._memory_bytes:
            self._store.set_limits(memory_size=memory_bytes)
            self._memory_bytes = memory_bytes
        self._watch.cancellation = cancellation

    def _measure(self) -> int:
        return int(ffi.wasmtime_memory_data_size(self._context, self._memory))

    def _look(self) -> None:
        """Finds the memory as large as it is now. It never moves (`_config`)."""
        self._size = self._measure()
        self._view = memoryview((ctypes.c_char * self._size).from_address(self._address)).cast("B")

    def _is_in_memory(self, address: int, length: int) -> bool:
        """Tells whether that lies in the memory, which may have grown since it was measured."""
        if address + length > self._size:
            self._look()
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
        self._look()

    def _call(self, name: str, argument: int = 0) -> int:
        """Calls an export: at most one i32 in, at most one i32 or i64 out.

        `wasmtime.Func.__call__` looks up the function's type each time, which takes longer than
        most steps.
        """
        value = self._values[0]
        value.i64 = argument
        self._whole = False
        if (error := self._calls[name]()) or self._trap:
            self._raise_trap(error)
        self._whole = True
        result: int = value.i64
        return result

    def _raise_trap(self, error: int | None) -> None:
        """Raises the error that a trap means."""
        code = ffi.wasmtime_trap_code_t()
        trap = self._taken_trap(error)
        known = bool(trap) and ffi.wasmtime_trap_code(trap, ctypes.byref(code))
        overflow = known and code.value == wasmtime.TrapCode.STACK_OVERFLOW.value
        if trap:
            ffi.wasm_trap_delete(trap)
        if self._watch.cancellation.wanted:
            raise ScriptCancelledError("the host cancelled the step; it never happened")
        if self._watch.stopped:
            late = TimeLimitError("out of time")
            late.line, late.column = self._last_place() or (None, None)
            raise late
        if overflow:
            raise StackLimitError("out of stack")
        raise ProtocolError(f"the guest crashed (trap {code.value if known else 'unknown'})")

    def _taken_trap(self, error: int | None) -> Any:
        """Gives the last call's trap, which is the caller's from now on, and frees its error."""
        if error:
            ffi.wasmtime_error_delete(ctypes.cast(error, ctypes.POINTER(ffi.wasmtime_error_t)))
        trap = ctypes.cast(self._trap, ctypes.POINTER(ffi.wasm_trap_t))
        self._trap.value = None
        return trap

    def _last_place(self) -> tuple[int, int] | None:
        """Gives line and column where a step that was stopped was last known to be.

        A trap leaves the memory as it is. What the guest makes of that is a hint: it may be wrong,
        and is within bounds.
        """
        self._watch.deadline_s = time.monotonic() + _WHERE_S
        if (error := self._calls["where"]()) or self._trap:
            if trap := self._taken_trap(error):
                ffi.wasm_trap_delete(trap)
            return None
        place = int(self._values[0].i64) & 0xFFFFFFFFFFFFFFFF
        line, column = place >> 32, place & 0xFFFFFFFF
        return (line, column) if 0 < line < _MOST_LINES and 0 < column < _MOST_LINES else None

    def _start_clock(self, timeout_s: float | None) -> None:
        self._watch.deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        ticker = self._ticker
        ticker.running.add(self)
        ticker.wake()

    def _stop_clock(self) -> None:
        self._ticker.running.discard(self)
