"""Machine code that came with the package is used where it fits; elsewhere all is only slower.

Each case is a package of its own in a new process: the sources of this one, with another guest.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wasmtime

import langchain_quickjs
from langchain_quickjs.interpreter.guest.engine import WasmInstance, load_shipped
from langchain_quickjs.interpreter.guest.native import c_api
from langchain_quickjs.interpreter.guest.native.machine_code import read_code, write_code
from langchain_quickjs.interpreter.guest.native.shipped_code import shipped_code, with_foot

SOURCES = Path(langchain_quickjs.__file__).parent
VERSION = c_api.installed_version()
FALLBACK = "langchain_quickjs.interpreter.guest.native.machine_code"  # imported where it is needed
PROGRAM = f"""
import json, sys
from langchain_quickjs.interpreter import Interpreter, pack_record
interpreter = Interpreter(seed=bytes(32), clock=lambda: 0.0)
text = "let all = [3, 1, 2].sort(); `${{all}} ${{Math.random()}} ${{Math.ceil(2.5)}} ${{2 ** .5}}`"
value, heap = interpreter.eval(text), pack_record(interpreter.heap())
kept = Interpreter.restore(interpreter.snapshot()).eval("all.length")
print(json.dumps([[value, kept, heap.hex()], {FALLBACK!r} not in sys.modules]))
"""


class Package:
    """A package with a guest of its own: its module, with machine code beside it."""

    def __init__(self, folder: Path, code: bytes) -> None:
        self.folder = folder / "langchain_quickjs"
        self.folder.mkdir(parents=True)
        for path in SOURCES.iterdir():
            if not path.name.startswith("guest."):
                (self.folder / path.name).symlink_to(path)
        self.wasm, self.file = self.folder / "guest.wasm", self.folder / "guest.cwasm"
        self.wasm.write_bytes((SOURCES / "guest.wasm").read_bytes())
        self.code = code
        self.ship()

    def ship(self, **other: Any) -> None:
        """Writes the machine code, or something that is not quite it."""
        status = self.wasm.stat()
        parts: dict[str, Any] = {
            "code": self.code,
            "build_id": hashlib.sha256(self.wasm.read_bytes()).digest(),
            "version": VERSION,
            "wasm_bytes": status.st_size,
            "wasm_ns": status.st_mtime_ns,
        }
        self.file.write_bytes(with_foot(**{**parts, **other}))

    def change(self, change: Callable[[bytes], bytes]) -> None:
        """Puts another file in its place; who has the one before mapped keeps it."""
        content = change(self.file.read_bytes())
        self.file.unlink()
        self.file.write_bytes(content)

    def run(self, cache: Path) -> tuple[list[Any], bool]:
        """What a program gave in a new process, and whether that used the code of the package."""
        here = self.folder.parent
        names = {"PYTHONPATH": str(here), "LANGCHAIN_QUICKJS_CACHE_DIR": str(cache)}
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=here,
            env={**os.environ, **names},
            capture_output=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr.decode()
        given, shipped = json.loads(ended.stdout)
        return given, shipped


@pytest.fixture(scope="module")
def code() -> bytes:
    wasm = (SOURCES / "guest.wasm").read_bytes()
    return c_api.compiled(c_api.new_engine(), wasm)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def expected(code: bytes, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What the program gives without any such code. From then on, the cache has some."""
    package = Package(tmp_path_factory.mktemp("without"), code)
    package.file.unlink()
    given, shipped = package.run(cache)
    assert not shipped
    return given


@pytest.fixture
def package(tmp_path: Path, code: bytes) -> Package:
    return Package(tmp_path / "Pakete für alle", code)


def of_platform(name: bytes) -> Callable[[Package], None]:
    """The code as if it were for another platform, whose name is as long."""
    here = b"x86_64-unknown-linux-gnu"
    assert len(name) == len(here)

    def change(package: Package) -> None:
        if here not in package.code:
            pytest.skip("it is about code for Linux on x86-64")
        package.ship(code=package.code.replace(here, name, 1))

    return change


def of_more_than_this_processor(package: Package) -> None:
    """The code as if it needed what hardly any processor has."""
    without, needed = b"has_apx\x02\x00", b"has_apx\x02\x01"
    if without not in package.code:
        pytest.skip("it is about code for x86-64")
    package.ship(code=package.code.replace(without, needed, 1))


def with_other_settings() -> bytes:
    engine = wasmtime.Engine()  # It has no epochs: nothing could stop a script.
    return bytes(wasmtime.Module(engine, (SOURCES / "guest.wasm").read_bytes()).serialize())


def as_new(package: Package) -> None:
    later = package.wasm.stat().st_mtime_ns + 1
    os.utime(package.wasm, ns=(later, later))


def as_folder(package: Package) -> None:
    package.file.unlink()
    package.file.mkdir()


UNFIT: dict[str, Callable[[Package], object]] = {
    "none": lambda package: package.file.unlink(),
    "empty": lambda package: package.change(lambda _: b""),
    "cut short": lambda package: package.change(lambda content: content[:-1]),
    "cut to half": lambda package: package.change(lambda content: content[: len(content) // 2]),
    "longer": lambda package: package.change(lambda content: content + b"\0"),
    "without its beginning": lambda package: package.change(lambda content: content[4096:]),
    "another magic": lambda package: package.change(
        lambda content: content.replace(b"QJSHIP", b"QJSHOP")
    ),
    "text": lambda package: package.ship(code=b"This is no machine code."),
    "code that was cut": lambda package: package.ship(code=package.code[:-100_000]),
    "a folder": as_folder,
    "of a module of another length": lambda package: package.ship(wasm_bytes=1),
    "of a module that was built again": as_new,
    "of another wasmtime": lambda package: package.ship(version="50.0.0"),
    "of another architecture": of_platform(b"s390x-unknown-linux-musl"),
    "of another system": of_platform(b"x86_64-unknown-dragonfly"),
    "of a processor with more": of_more_than_this_processor,
    "with other settings": lambda package: package.ship(code=with_other_settings()),
}


@pytest.mark.parametrize("change", UNFIT)
def test_code_that_does_not_fit_is_not_used(
    change: str, package: Package, expected: list[Any], cache: Path
) -> None:
    UNFIT[change](package)
    assert package.run(cache) == (expected, False)


def test_code_that_fits_is_used_and_gives_the_same(
    package: Package, expected: list[Any], tmp_path: Path
) -> None:
    assert package.run(tmp_path / "cache") == (expected, True)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("with_time", [True, False])
def test_a_guest_that_was_built_again_is_the_one_that_runs(
    with_time: bool, package: Package, cache: Path
) -> None:
    if not with_time:
        package.ship(wasm_ns=0)
    wasm = package.wasm.read_bytes() + b"\0\2\1x"  # a section that means nothing
    package.wasm.write_bytes(wasm)
    (*_, heap), shipped = package.run(cache)
    assert not shipped
    assert hashlib.sha256(wasm).digest()[:16].hex() in heap


def test_code_of_a_wheel_is_used_however_old_the_module_is(
    package: Package, expected: list[Any], cache: Path
) -> None:
    package.ship(wasm_ns=0)
    as_new(package)
    assert package.run(cache) == (expected, True)


@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_it_is_mapped_or_read(
    system: str, package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = shipped_code(str(package.folder))
    assert found is not None
    monkeypatch.setattr(sys, "platform", system)
    module = load_shipped(found)
    assert module is not None
    assert WasmInstance(module, 2**26).size_bytes >= 2**20
    package.change(lambda content: content[:4096])
    assert load_shipped(found) is None
    package.file.unlink()
    assert load_shipped(found) is None


def test_its_build_is_the_one_that_the_module_has(package: Package) -> None:
    found = shipped_code(str(package.folder))
    assert found is not None
    assert found.build_id == hashlib.sha256(package.wasm.read_bytes()).digest()
    assert found.version == VERSION
    assert found.path == str(package.file)


def test_kept_code_is_no_shipped_code(package: Package, tmp_path: Path) -> None:
    write_code(package.code, tmp_path / "kept")
    kept = (tmp_path / "kept").read_bytes()
    package.change(lambda _: kept)
    assert shipped_code(str(package.folder)) is None
    package.ship()
    assert read_code(package.file) is None
