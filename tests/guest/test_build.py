"""The guest module itself, and how it is built."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
import wasmtime

ROOT = Path(__file__).parent.parent.parent


def guest() -> bytes:
    return resources.files("langchain_quickjs").joinpath("guest.wasm").read_bytes()


def test_the_guest_imports_nothing() -> None:
    module = wasmtime.Module(wasmtime.Engine(), guest())
    assert module.imports == []


def test_the_guest_exports_its_memory_and_four_functions() -> None:
    module = wasmtime.Module(wasmtime.Engine(), guest())
    functions = {"mailbox", "step", "tidy", "where"}
    assert {export.name for export in module.exports} == {"memory", *functions}


def test_the_guest_carries_no_path_of_the_machine_that_built_it() -> None:
    assert str(Path.home()).encode() not in guest()
    assert str(ROOT).encode() not in guest()
    assert b"/tmp/" not in guest()


def test_two_builds_in_two_places_give_the_same_bytes(tmp_path: Path, full: bool) -> None:
    if not full:
        pytest.skip("builds the engine twice, which takes minutes; run with --full")
    digests = set()
    for place in ("one", "another/place"):
        work = tmp_path / place
        command = [sys.executable, str(ROOT / "wasm" / "build.py"), str(work / "guest.wasm")]
        environment = {"ZIG_GLOBAL_CACHE_DIR": str(work / "cache"), "PATH": "", "HOME": str(work)}
        subprocess.run([*command, "--work", str(work / "w")], check=True, env=environment)
        digests.add(hashlib.sha256((work / "guest.wasm").read_bytes()).hexdigest())
    assert digests == {hashlib.sha256(guest()).hexdigest()}
