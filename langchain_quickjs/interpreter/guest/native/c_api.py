"""wasmtime's C library: the functions of it that the guest needs, with their types.

The wheel `wasmtime` brings the library. Its own Python layer declares seven hundred more functions,
which takes a new process longer than everything else before its first program. It is imported only
where the library is not found where it mostly is. That the types here are those of the library is
tested against that layer.

Source: https://docs.wasmtime.dev/c-api/
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterable
from ctypes import c_bool, c_int64, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p
from importlib.util import find_spec
from typing import Any, Final

__all__ = [
    "SIGNATURES",
    "EpochCallback",
    "Extern",
    "Function",
    "Instance",
    "Memory",
    "Owned",
    "RawValue",
    "WasmtimeError",
    "call",
    "call_briefly",
    "checked",
    "compiled",
    "ffi",
    "installed_version",
    "loaded",
    "mapped",
    "new_engine",
    "wasm_of",
    "wasmtime_folder",
]

_OPTIMISED_FOR_SPEED: Final = 1  # WASMTIME_OPT_LEVEL_SPEED


class _Bytes(ctypes.Structure):
    _fields_ = (("size", c_size_t), ("data", c_void_p))


class Function(ctypes.Structure):
    """`wasmtime_func_t`."""

    _fields_ = (("store_id", c_uint64), ("private", c_void_p))


class _MemoryPlace(ctypes.Structure):
    _fields_ = (("store_id", c_uint64), ("private", c_uint32))


class Memory(ctypes.Structure):
    """`wasmtime_memory_t`."""

    _fields_ = (("place", _MemoryPlace), ("private", c_uint32))


class _OfExtern(ctypes.Union):
    _fields_ = (("func", Function), ("memory", Memory), ("others", c_uint64 * 3))


class Extern(ctypes.Structure):
    """`wasmtime_extern_t`: what an instance exports."""

    _fields_ = (("kind", c_uint8), ("of", _OfExtern))


class Instance(ctypes.Structure):
    """`wasmtime_instance_t`."""

    _fields_ = (("store_id", c_uint64), ("private", c_size_t))


class RawValue(ctypes.Union):
    """`wasmtime_val_raw_t`: an argument or a result."""

    _fields_ = (("i64", c_int64), ("others", c_uint8 * 16))


EpochCallback: Final = ctypes.CFUNCTYPE(c_size_t, c_size_t, c_size_t, c_size_t)
"""What a store calls at its deadline: with the addresses of its context, of data, and of the number
of ticks for which it goes on. It gives that of an error that ends the step, or 0. (There is another
argument, to say in what way it goes on; there is but one without asyncio of wasmtime's own.)"""

# Every pointer is one to void: those to what only wasmtime knows, to bytes, and to structures.
_P: Final = c_void_p
SIGNATURES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "wasm_byte_vec_delete": (None, (_P,)),
    "wasm_config_new": (_P, ()),
    "wasm_engine_delete": (None, (_P,)),
    "wasm_engine_new_with_config": (_P, (_P,)),
    "wasm_trap_delete": (None, (_P,)),
    "wasmtime_config_async_stack_size_set": (None, (_P, c_size_t)),
    "wasmtime_config_cranelift_flag_enable": (None, (_P, _P)),
    "wasmtime_config_cranelift_opt_level_set": (None, (_P, c_uint8)),
    "wasmtime_config_epoch_interruption_set": (None, (_P, c_bool)),
    "wasmtime_config_max_wasm_stack_set": (None, (_P, c_size_t)),
    "wasmtime_config_memory_guard_size_set": (None, (_P, c_uint64)),
    "wasmtime_config_memory_may_move_set": (None, (_P, c_bool)),
    "wasmtime_config_memory_reservation_set": (None, (_P, c_uint64)),
    "wasmtime_config_parallel_compilation_set": (None, (_P, c_bool)),
    "wasmtime_config_target_set": (_P, (_P, _P)),
    "wasmtime_context_set_epoch_deadline": (None, (_P, c_uint64)),
    "wasmtime_engine_increment_epoch": (None, (_P,)),
    "wasmtime_error_delete": (None, (_P,)),
    "wasmtime_error_message": (None, (_P, _P)),
    "wasmtime_error_new": (_P, (_P,)),
    "wasmtime_func_call_unchecked": (_P, (_P, _P, _P, c_size_t, _P)),
    "wasmtime_instance_export_get": (c_bool, (_P, _P, _P, c_size_t, _P)),
    "wasmtime_instance_pre_delete": (None, (_P,)),
    "wasmtime_instance_pre_instantiate": (_P, (_P, _P, _P, _P)),
    "wasmtime_linker_delete": (None, (_P,)),
    "wasmtime_linker_instantiate_pre": (_P, (_P, _P, _P)),
    "wasmtime_linker_new": (_P, (_P,)),
    "wasmtime_memory_data": (_P, (_P, _P)),
    "wasmtime_memory_data_size": (c_size_t, (_P, _P)),
    "wasmtime_memory_grow": (_P, (_P, _P, c_uint64, _P)),
    "wasmtime_module_delete": (None, (_P,)),
    "wasmtime_module_deserialize": (_P, (_P, _P, c_size_t, _P)),
    "wasmtime_module_deserialize_file": (_P, (_P, _P, _P)),
    "wasmtime_module_new": (_P, (_P, _P, c_size_t, _P)),
    "wasmtime_module_serialize": (_P, (_P, _P)),
    "wasmtime_store_context": (_P, (_P,)),
    "wasmtime_store_delete": (None, (_P,)),
    "wasmtime_store_epoch_deadline_callback": (None, (_P, EpochCallback, _P, _P)),
    "wasmtime_store_limiter": (None, (_P, c_int64, c_int64, c_int64, c_int64, c_int64)),
    "wasmtime_store_new": (_P, (_P, _P, _P)),
    "wasmtime_trap_code": (c_bool, (_P, _P)),
    "wasmtime_wat2wasm": (_P, (_P, c_size_t, _P)),
}
"""By name: the type of what a function gives, and those of what it takes."""

_LONG: Final = frozenset(
    {
        "wasmtime_func_call_unchecked",
        "wasmtime_module_deserialize",
        "wasmtime_module_deserialize_file",
        "wasmtime_module_new",
        "wasmtime_module_serialize",
        "wasmtime_wat2wasm",
    }
)
"""What other threads of Python run beside. All else is over sooner than one gets the lock of the
interpreter back that has let others have it: with many conversations at once, that took longer than
the functions themselves."""


def wasmtime_folder() -> str | None:
    """Gives the folder of the installed package `wasmtime`, without importing it."""
    found = find_spec("wasmtime")
    places = found.submodule_search_locations if found is not None else None
    return next(iter(places), None) if places is not None else None


def _library() -> str:
    folder = wasmtime_folder()
    names = {"linux": "_libwasmtime.so", "darwin": "_libwasmtime.dylib"}
    if folder is not None and sys.platform in names:
        machine = os.uname().machine.replace("arm64", "aarch64")
        path = os.path.join(folder, f"{sys.platform}-{machine}", names[sys.platform])
        if os.path.exists(path):
            return path
    from wasmtime import _ffi  # noqa: PLC0415 - see above

    return str(_ffi.filename)


def _declared(path: str) -> ctypes.PyDLL:
    library, unlocked = ctypes.PyDLL(path), ctypes.CDLL(path)
    for name, (gives, takes) in SIGNATURES.items():
        function = getattr(unlocked if name in _LONG else library, name)
        function.restype, function.argtypes = gives, takes
        setattr(library, name, function)
    return library


ffi: Final = _declared(_library())
"""The library, with the functions of `SIGNATURES`."""


def _untyped_call(library: type[ctypes.CDLL]) -> Any:
    function = library(ffi._name).wasmtime_func_call_unchecked
    function.restype, _ = SIGNATURES["wasmtime_func_call_unchecked"]
    return function


call: Final = _untyped_call(ctypes.CDLL)
"""Calls code. Its arguments are all to be ctypes' own: those it takes as they are, and does not go
through them once more as it would if it knew their types."""

call_briefly: Final = _untyped_call(ctypes.PyDLL)
"""The same for code of our own that is over soon: no other thread of Python runs beside it."""


class WasmtimeError(Exception):
    """wasmtime refused something; the text is its own."""


class Owned:
    """Something that wasmtime has made for us, and deletes when nobody here has it any more.

    Attributes:
        pointer: Where it is.
    """

    __slots__ = ("_delete", "pointer")

    def __init__(self, pointer: Any, delete: Callable[[Any], object]) -> None:
        self.pointer = pointer
        self._delete = delete

    def give_away(self) -> None:
        """Leaves it to wasmtime, which deletes it."""
        self._delete = bool  # which does nothing

    def __del__(self) -> None:
        self._delete(self.pointer)


def checked(error: int | None) -> None:
    """Raises what a function gave as its error, if it gave one.

    Raises:
        WasmtimeError: It did.
    """
    if error:
        text = _Bytes()
        ffi.wasmtime_error_message(error, ctypes.byref(text))
        message = ctypes.string_at(text.data, text.size).decode("utf-8", "replace")
        ffi.wasm_byte_vec_delete(ctypes.byref(text))
        ffi.wasmtime_error_delete(error)
        raise WasmtimeError(message)


def installed_version() -> str:
    """Gives the version of the installed wasmtime; machine code is used with no other one.

    wasmtime itself compares no more than the first number, and a later release may compile better.
    """
    if (folder := wasmtime_folder()) is not None:
        beside = os.listdir(os.path.dirname(folder))
        told = [name for name in beside if name.startswith("wasmtime-")]
        if len(told) == 1 and told[0].endswith(".dist-info"):
            return told[0].removeprefix("wasmtime-").removesuffix(".dist-info")
    from importlib import metadata  # noqa: PLC0415 - it takes longer than to start the guest

    return metadata.version("wasmtime")


def new_engine(
    stack_bytes: int | None = None,
    target: str | None = None,
    features: Iterable[str] = (),
    most_bytes: int | None = None,
) -> Owned:
    """Makes an engine with the settings that all machine code of the guest is compiled with.

    Args:
        stack_bytes: How much of a thread's stack the guest may use, if it is to run.
        target: The platform to compile for; if omitted, this very machine.
        features: What processors of that platform must have, by Cranelift's names.
        most_bytes: How large a memory may become, if it is that of a small module, not the guest's.
            Its instances do not take four gigabytes of addresses, and their code is slower: it
            checks each of them.
    """
    config = ffi.wasm_config_new()
    ffi.wasmtime_config_epoch_interruption_set(config, True)
    ffi.wasmtime_config_cranelift_opt_level_set(config, _OPTIMISED_FOR_SPEED)
    ffi.wasmtime_config_memory_may_move_set(config, False)  # an instance's memory has one address
    if most_bytes is not None:
        ffi.wasmtime_config_memory_reservation_set(config, most_bytes)
        ffi.wasmtime_config_memory_guard_size_set(config, 65536)
        # Threads take longer to start than it does, and the process ends where they cannot be.
        ffi.wasmtime_config_parallel_compilation_set(config, False)
    if stack_bytes is not None:
        # No stack of this size is made, nothing here is async; but it has to be the larger one.
        ffi.wasmtime_config_async_stack_size_set(config, stack_bytes)
        ffi.wasmtime_config_max_wasm_stack_set(config, stack_bytes)
    if target is not None:
        checked(ffi.wasmtime_config_target_set(config, target.encode()))
    for feature in features:
        ffi.wasmtime_config_cranelift_flag_enable(config, feature.encode())
    return Owned(ffi.wasm_engine_new_with_config(config), ffi.wasm_engine_delete)


def loaded(engine: Owned, code: bytes) -> Owned:
    """Makes a module of its machine code.

    Raises:
        WasmtimeError: It is none, or of another machine or with other settings.
    """
    made = c_void_p()
    checked(ffi.wasmtime_module_deserialize(engine.pointer, code, len(code), ctypes.byref(made)))
    return Owned(made, ffi.wasmtime_module_delete)


def mapped(engine: Owned, path: str) -> Owned:
    """Makes a module of its machine code in a file, of which only that is read which is needed.

    Raises:
        WasmtimeError: There is none, or it is of another machine or with other settings.
    """
    made = c_void_p()
    checked(
        ffi.wasmtime_module_deserialize_file(engine.pointer, os.fsencode(path), ctypes.byref(made))
    )
    return Owned(made, ffi.wasmtime_module_delete)


def compiled(engine: Owned, wasm: bytes) -> bytes:
    """Compiles a module, and gives its machine code.

    Raises:
        WasmtimeError: It is not valid.
    """
    made, code = c_void_p(), _Bytes()
    checked(ffi.wasmtime_module_new(engine.pointer, wasm, len(wasm), ctypes.byref(made)))
    module = Owned(made, ffi.wasmtime_module_delete)
    checked(ffi.wasmtime_module_serialize(module.pointer, ctypes.byref(code)))
    content = ctypes.string_at(code.data, code.size)
    ffi.wasm_byte_vec_delete(ctypes.byref(code))
    return content


def wasm_of(text: bytes) -> bytes:
    """Gives the binary of a module that is written as text.

    Raises:
        WasmtimeError: It is not valid.
    """
    binary = _Bytes()
    checked(ffi.wasmtime_wat2wasm(text, len(text), ctypes.byref(binary)))
    content = ctypes.string_at(binary.data, binary.size)
    ffi.wasm_byte_vec_delete(ctypes.byref(binary))
    return content
