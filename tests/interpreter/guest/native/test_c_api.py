"""What is declared of wasmtime's C library is what its own Python layer, made of the headers, has.

A wrong type there is memory that is read wrongly, so this is the first thing to run on another
release of wasmtime.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import wasmtime
from wasmtime import _bindings, _ffi

from langchain_quickjs.interpreter.guest import engine
from langchain_quickjs.interpreter.guest.native import c_api

SIMPLE = (
    ctypes.c_bool,
    ctypes.c_int64,
    ctypes.c_size_t,
    ctypes.c_uint8,
    ctypes.c_uint64,
)
STRUCTURES = {
    c_api.Extern: _bindings.wasmtime_extern,
    c_api.Function: _bindings.wasmtime_func,
    c_api.Memory: _bindings.wasmtime_memory,
    c_api.Instance: _bindings.wasmtime_instance,
    c_api.RawValue: _bindings.wasmtime_val_raw,
    c_api._Bytes: _bindings.wasm_byte_vec_t,
}


def kind(of: Any) -> str:
    """What a type is as an argument or a result: by its name, or that it is a pointer."""
    return "nothing" if of is None else of.__name__ if of in SIMPLE else "a pointer"


@pytest.mark.parametrize("name", c_api.SIGNATURES)
def test_a_function_has_the_types_of_the_library(name: str) -> None:
    gives, takes = c_api.SIGNATURES[name]
    theirs = getattr(_bindings, f"_{name}")
    assert kind(gives) == kind(theirs.restype)
    assert list(map(kind, takes)) == list(map(kind, theirs.argtypes))


@pytest.mark.parametrize("ours", STRUCTURES, ids=lambda ours: ours.__name__)
def test_a_structure_is_laid_out_as_in_the_library(ours: Any) -> None:
    theirs = STRUCTURES[ours]
    assert ctypes.sizeof(ours) == ctypes.sizeof(theirs)
    assert ctypes.alignment(ours) == ctypes.alignment(theirs)
    for name in ("store_id", "kind", "of", "func", "memory", "i64", "size", "data"):
        if hasattr(ours, name):
            assert getattr(ours, name).offset == getattr(theirs, name).offset
            assert getattr(ours, name).size == getattr(theirs, name).size


def test_the_callback_has_the_types_of_the_library() -> None:
    _, theirs, *_ = _bindings._wasmtime_store_epoch_deadline_callback.argtypes
    ours: Any = c_api.EpochCallback
    assert kind(ours._restype_) == kind(theirs._restype_)
    # All are addresses; the last argument is left out, as C allows.
    assert set(map(kind, theirs._argtypes_)) == {"a pointer"}
    assert ours._argtypes_ == (ctypes.c_size_t,) * (len(theirs._argtypes_) - 1)
    assert ctypes.sizeof(ctypes.c_size_t) == ctypes.sizeof(ctypes.c_void_p)


def test_the_numbers_are_those_of_the_library() -> None:
    assert wasmtime.TrapCode.STACK_OVERFLOW.value == engine._STACK_OVERFLOW


def test_the_library_is_found_without_its_python_layer() -> None:
    code = (
        "import sys; from langchain_quickjs.interpreter.guest.native import c_api\n"
        "print(c_api.ffi._name, [name for name in sys.modules if name.startswith('wasmtime')])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == f"{_ffi.filename} []\n"


def test_it_is_found_by_its_python_layer_where_it_lies_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(c_api, "wasmtime_folder", lambda: None)
    assert c_api._library() == str(_ffi.filename)


def test_the_version_is_that_of_the_installed_wasmtime(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    version = metadata.version("wasmtime")
    assert c_api.installed_version() == version
    monkeypatch.setattr(c_api, "wasmtime_folder", lambda: None)
    assert c_api.installed_version() == version
    monkeypatch.setattr(c_api, "wasmtime_folder", lambda: str(tmp_path / "wasmtime"))
    assert c_api.installed_version() == version
    (tmp_path / "wasmtime-50.7.0.dist-info").mkdir()
    assert c_api.installed_version() == "50.7.0"
    (
        tmp_path / "wasmtime-50.7.1.dist-info"
    ).mkdir()  # One is a leftover; which, is not ours to say.
    assert c_api.installed_version() == version


@pytest.mark.parametrize("code", [b"", b"no machine code", b"\x7fELF" + bytes(1000)])
def test_what_is_no_machine_code_is_refused(code: bytes, tmp_path: Path) -> None:
    (tmp_path / "code").write_bytes(code)
    made = c_api.new_engine()
    with pytest.raises(c_api.WasmtimeError):
        c_api.loaded(made, code)
    with pytest.raises(c_api.WasmtimeError):
        c_api.mapped(made, str(tmp_path / "code"))


def test_what_cannot_be_compiled_is_refused_with_the_reason() -> None:
    with pytest.raises(c_api.WasmtimeError, match="magic header"):
        c_api.compiled(c_api.new_engine(), b"no module")
    with pytest.raises(c_api.WasmtimeError, match="nowhere"):
        c_api.new_engine(target="nowhere")
