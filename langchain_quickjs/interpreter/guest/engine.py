"""wasmtime, set up for the guest: its module, and the instances of that.

What the guest's exports mean, and what is in its memory, is known in `instance`.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import sys
import time
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from langchain_quickjs.errors import (
    HostMemoryError,
    MemoryLimitError,
    ProtocolError,
    ScriptCancelledError,
    StackLimitError,
    TimeLimitError,
)
from langchain_quickjs.interpreter.guest.image import memory_at
from langchain_quickjs.interpreter.guest.native.c_api import (
    EpochCallback,
    Extern,
    Instance,
    Owned,
    RawValue,
    WasmtimeError,
    call,
    call_briefly,
    checked,
    compiled,
    ffi,
    installed_version,
    loaded,
    mapped,
    new_engine,
    wasm_of,
)
from langchain_quickjs.interpreter.guest.native.shipped_code import ShippedCode
from langchain_quickjs.interpreter.guest.native_stack import wasm_stack_bytes
from langchain_quickjs.interpreter.guest.ticker import Cancellation, Ticker, Watch, require_room

__all__ = [
    "CompiledModule",
    "WasmInstance",
    "compile_module",
    "compile_text",
    "load_shipped",
    "module_of_code",
]

_WHERE_S: Final = 0.05
_MOST_LINES: Final = 2**30
_STACK_OVERFLOW: Final = 0  # WASMTIME_TRAP_CODE_STACK_OVERFLOW


def _place(of: Any) -> ctypes.c_void_p:
    return ctypes.c_void_p(ctypes.addressof(of))


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


def compile_text(text: bytes, most_bytes: int) -> CompiledModule:
    """Compiles a small module of our own that is written as text.

    Args:
        text: The module.
        most_bytes: How large its memory may become, which has few addresses more than that.

    Raises:
        HostMemoryError: The system has no memory for it.
    """
    try:
        engine = new_engine(wasm_stack_bytes(), most_bytes=most_bytes)
        return _prepared(engine, loaded(engine, compiled(engine, wasm_of(text))))
    except WasmtimeError as error:
        raise HostMemoryError.because(error) from None


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
        cancellation: What stops its steps.

    Raises:
        HostMemoryError: The system has no memory for another instance.
    """

    functions: ClassVar[tuple[str, ...]] = ("mailbox", "step", "tidy", "where")
    brief: ClassVar[bool] = False  # whether all of them are over soon, whatever memory holds
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
        "_value",
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
        require_room()  # What has been made by then could not be given back either.
        self._ticker = compiled.ticker
        store = ffi.wasmtime_store_new(compiled.engine.pointer, None, None)
        self._store = Owned(store, ffi.wasmtime_store_delete)
        self.limit(memory_bytes)
        self._watch = Watch(cancellation or Cancellation())
        self._have_looks()
        self._context = ffi.wasmtime_store_context(store)
        ffi.wasmtime_context_set_epoch_deadline(self._context, 1)
        self._value, self._trap = RawValue(), ctypes.c_void_p()
        instance = self._instantiated(compiled.prepared)
        memory, *functions = (self._export(instance, name) for name in ("memory", *self.functions))
        self._externs = (memory, *functions)  # what is made of them here points to them
        self._memory = ctypes.byref(memory.of.memory)
        # In the form that ctypes takes as it is: no call has to make it of numbers again.
        context, one = ctypes.c_void_p(self._context), ctypes.c_size_t(1)
        value, trap = _place(self._value), _place(self._trap)
        made = functools.partial(call_briefly if self.brief else call, context)
        self._calls = {
            name: functools.partial(made, _place(function.of.func), value, one, trap)
            for name, function in zip(self.functions, functions, strict=True)
        }
        self._address = int(ffi.wasmtime_memory_data(self._context, self._memory))
        self._whole = True
        self._look()

    def _have_looks(self) -> None:
        """Has a running guest look at its watch on every tick, until it is stopped."""
        stop = Owned(ffi.wasmtime_error_new(b"stopped by the host"), ffi.wasmtime_error_delete)
        try:
            self._callback = EpochCallback(self._watch.on_tick(stop.pointer, stop.give_away))
        except MemoryError:
            raise HostMemoryError.because("of callbacks") from None
        store, at = self._store.pointer, stop.pointer
        ffi.wasmtime_store_epoch_deadline_callback(store, self._callback, at, None)

    def limit(self, memory_bytes: int) -> None:
        """Says how large the memory may become from now on."""
        ffi.wasmtime_store_limiter(self._store.pointer, memory_bytes, -1, -1, -1, -1)
        self._memory_bytes = memory_bytes

    def _instantiated(self, prepared: Owned) -> Instance:
        instance, trap = Instance(), ctypes.byref(self._trap)
        try:
            checked(
                ffi.wasmtime_instance_pre_instantiate(
                    prepared.pointer, self._context, ctypes.byref(instance), trap
                )
            )
        except WasmtimeError as error:  # No code of the guest runs then.
            raise HostMemoryError.because(error) from None
        if self._trap:
            self._raise_trap(None)
        return instance

    def _export(self, instance: Any, name: str) -> Any:
        found = Extern()
        if not ffi.wasmtime_instance_export_get(
            self._context, ctypes.byref(instance), name.encode(), len(name), ctypes.byref(found)
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
            self.limit(memory_bytes)
        self._watch.cancellation = cancellation

    def _measure(self) -> int:
        return int(ffi.wasmtime_memory_data_size(self._context, self._memory))

    def _look(self) -> None:
        """Finds the memory as large as it is now. It never moves (`new_engine`)."""
        self._size = self._measure()
        self._view = memory_at(self._address, self._size)

    def _has_grown_to(self, end: int) -> bool:
        """Tells whether the memory, which may have grown since it was measured, reaches so far."""
        self._look()
        return end <= self._size

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
        """Calls an export: at most one i32 in, at most one i32 or i64 out."""
        value = self._value
        value.i64 = argument
        self._whole = False
        require_room()
        if (error := self._calls[name]()) or self._trap or self._watch.raised is not None:
            self._raise_trap(error)
        self._whole = True
        result: int = value.i64
        return result

    def _raise_trap(self, error: int | None) -> None:
        """Raises the error that a trap means, or what a look has raised."""
        code = ctypes.c_uint8()
        trap = self._taken_trap(error)
        known = trap is not None and ffi.wasmtime_trap_code(trap, ctypes.byref(code))
        overflow = known and code.value == _STACK_OVERFLOW
        if trap is not None:
            ffi.wasm_trap_delete(trap)
        late = TimeLimitError("out of time") if self._watch.stopped else None
        if late is not None and not self._watch.cancellation.wanted:
            late.line, late.column = self._last_place() or (None, None)
        if self._watch.raised is not None:
            raise self._watch.raised
        if self._watch.cancellation.wanted:
            raise ScriptCancelledError("the host cancelled the step; it never happened")
        if late is not None:
            raise late
        if overflow:
            raise StackLimitError("out of stack")
        raise ProtocolError(f"the guest crashed (trap {code.value if known else 'unknown'})")

    def _taken_trap(self, error: int | None) -> int | None:
        """Gives the last call's trap, which is the caller's from now on, and frees its error."""
        if error:
            ffi.wasmtime_error_delete(error)
        trap, self._trap.value = self._trap.value, None
        return trap

    def _last_place(self) -> tuple[int, int] | None:
        """Gives line and column where a step that was stopped was last known to be.

        A trap leaves the memory as it is. What the guest makes of that is a hint: it may be wrong,
        and is within bounds.
        """
        self._watch.deadline_s = time.monotonic() + _WHERE_S
        self._have_looks()
        if (error := self._calls["where"]()) or self._trap:
            if (trap := self._taken_trap(error)) is not None:
                ffi.wasm_trap_delete(trap)
            return None
        place = int(self._value.i64) & 0xFFFFFFFFFFFFFFFF
        line, column = place >> 32, place & 0xFFFFFFFF
        return (line, column) if 0 < line < _MOST_LINES and 0 < column < _MOST_LINES else None

    def _start_clock(self, timeout_s: float | None) -> None:
        self._watch.deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        ticker = self._ticker
        ticker.running.add(self)
        if not ticker.alive:
            ticker.revive()
