"""The machine code in wheels: made by the build hook, for the platform that the wheel says."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from langchain_quickjs.interpreter.guest.native.shipped_code import shipped_code

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "wasm"))

import build_hook  # noqa: E402  (wasm/ is a folder of scripts, not a package)
import ship  # noqa: E402  (the same)

BUILT_OF = ("pyproject.toml", "README.md", "LICENSE", "langchain_quickjs", "wasm")
PROGRAM = """
import sys, langchain_quickjs
assert langchain_quickjs.Interpreter().eval("1 + 1") == 2
print("langchain_quickjs.interpreter.guest.native.machine_code" in sys.modules)
"""
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    told = subprocess.run(
        command, cwd=folder, env={**variables, **environment}, capture_output=True, check=False
    )
    assert told.returncode == 0, told.stderr.decode()
    return told.stdout.decode()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose guest is built already: the one that these tests run on."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in BUILT_OF:
        copy: Callable[..., object] = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    (folder / "langchain_quickjs" / "guest.cwasm").unlink(missing_ok=True)
    (folder / "langchain_quickjs" / "guest.stamp").write_text(build_hook.inputs_digest())
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    into = checkout / "wheels"
    build = (*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", into, checkout)
    run(*build, folder=checkout)
    (made,) = into.iterdir()
    return made


def environment(folder: Path) -> tuple[Path, Path]:
    """A new environment, which finds all but this package where the tests find it."""
    venv.create(folder)
    at = {"base": str(folder)}
    packages = Path(sysconfig.get_path("purelib", vars=at))
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    return Path(sysconfig.get_path("scripts", vars=at)) / "python", packages


def test_a_wheel_has_the_code_and_says_for_which_platform_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        code = content.read("langchain_quickjs/guest.cwasm")
        module = content.read("langchain_quickjs/guest.wasm")
        (told,) = [name for name in content.namelist() if name.endswith(".dist-info/WHEEL")]
        lines = content.read(told).decode().splitlines()
    assert hashlib.sha256(module).digest() in code[-200:]
    assert metadata.version("wasmtime").encode() in code[-200:]
    assert "Root-Is-Purelib: false" in lines
    platforms = ship.platform_tag()
    assert "any" not in platforms.split(".")
    assert {line for line in lines if line.startswith("Tag:")} == {
        f"Tag: py3-none-{one}" for one in platforms.split(".")
    }
    assert wheel.name.endswith(f"-py3-none-{platforms}.whl")


def test_with_the_wheel_nobody_compiles(wheel: Path, tmp_path: Path) -> None:
    python, packages = environment(tmp_path / "venv")
    run(*PIP, "--python", python, "install", "--no-deps", "--no-index", wheel, folder=tmp_path)
    assert shipped_code(str(packages / "langchain_quickjs")) is not None
    cache = tmp_path / "cache"
    said = run(python, "-c", PROGRAM, folder=tmp_path, LANGCHAIN_QUICKJS_CACHE_DIR=str(cache))
    assert said == "False\n"
    assert not cache.exists()


def test_an_editable_install_has_the_code_until_the_guest_is_built_again(checkout: Path) -> None:
    package = checkout / "langchain_quickjs"
    assert shipped_code(str(package)) is None
    hook: Any = build_hook.GuestBuildHook
    build_data: dict[str, Any] = {"force_include": {}}
    hook(str(checkout), {}, None, None, "", "wheel").initialize("editable", build_data)
    assert build_data == {"force_include": {}}
    code = {"PYTHONPATH": str(checkout), "LANGCHAIN_QUICKJS_CACHE_DIR": str(checkout / "cache")}
    assert run(sys.executable, "-c", PROGRAM, folder=checkout, **code) == "False\n"
    assert shipped_code(str(package)) is not None
    (package / "guest.wasm").write_bytes((package / "guest.wasm").read_bytes())
    assert shipped_code(str(package)) is None


def test_where_wasmtime_knows_no_name_for_the_platform_a_wheel_has_no_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "pdp11")
    assert ship.target() is None
    assert not ship.ship(ROOT / "langchain_quickjs" / "guest.wasm", tmp_path / "x", with_time=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("linux", "x86_64", "x86_64-unknown-linux-gnu"),
        ("linux", "aarch64", "aarch64-unknown-linux-gnu"),
        ("darwin", "arm64", "aarch64-apple-darwin"),
        ("win32", "AMD64", "x86_64-pc-windows-msvc"),
        ("win32", "ARM64", "aarch64-pc-windows-msvc"),
        ("emscripten", "wasm32", None),
    ],
)
def test_platforms_have_the_names_that_wasmtime_gives_them(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, expected: str | None
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert ship.target() == expected
