"""Builds `guest.wasm`: QuickJS-NG and our own C, compiled, booted and frozen.

    python wasm/build.py OUTPUT.wasm [--work DIR]

The engine's sources come out of the sdist of `quickjs-ng`, found by pip under its pinned hash; the
compiler is the `ziglang` wheel. The result imports nothing, and the same inputs give the same
bytes on every machine. See wasm/README.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import freeze  # noqa: E402  (this folder is not a package: it must not be one when installed)
import locale_data  # noqa: E402  (the same)
import prelude_order  # noqa: E402  (the same)

ENGINE = "quickjs-ng==0.17.0.2"
ENGINE_SHA256 = "43d2e48272208721a7aaea8e3f02d4b9318f12ef20cc4f5421b59d9a470706ef"
ENGINE_FILES = ("quickjs.c", "dtoa.c", "libregexp.c", "libunicode.c")
STACK_BYTES = 1408 * 1024  # more needs more of the native stack: see engine.py
STACK_RESERVE = 64 * 1024
FLAGS = (
    "-target",
    "wasm32-wasi",
    "-mexec-model=reactor",
    "-O2",
    "-s",
    "-DNDEBUG",
    "-std=gnu23",
    "-ffile-prefix-map=.=guest",
    f"-DGUEST_STACK_BYTES={STACK_BYTES}",
    f"-DGUEST_STACK_RESERVE={STACK_RESERVE}",
    f"-Wl,-z,stack-size={STACK_BYTES}",
)


def apply_patch(patch: Path, folder: Path) -> None:
    """Applies a unified diff: what each hunk replaces must occur exactly once in its file."""
    head, *hunks = re.split(r"^@@ .*\n", patch.read_text(), flags=re.MULTILINE)
    (name,) = re.findall(r"^\+\+\+ (\S+)", head, flags=re.MULTILINE)
    text = (folder / name).read_text()
    for hunk in hunks:
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        if text.count(old) != 1:
            raise SystemExit(f"{patch.name} does not fit: {name} has changed")
        text = text.replace(old, new)
    (folder / name).write_text(text)


def engine_sources(work: Path) -> Path:
    """The engine's sources, unpacked and patched below `work`; fetched when not there yet."""
    downloads = work / "download"
    archives = sorted(downloads.glob("quickjs_ng-*.tar.gz"))
    if not archives:
        requirement = work / "engine.txt"
        requirement.write_text(f"{ENGINE} --hash=sha256:{ENGINE_SHA256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", "quickjs-ng", "--require-hashes"]
        command += ["--dest", str(downloads), "--requirement", str(requirement)]
        subprocess.run(command, check=True)
        archives = sorted(downloads.glob("quickjs_ng-*.tar.gz"))
    (archive,) = archives
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != ENGINE_SHA256:
        raise SystemExit(f"{archive.name}: SHA-256 is {digest}, expected {ENGINE_SHA256}")
    target = work / "engine"
    target.mkdir(exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            folder, name = os.path.split(member.name)
            if member.isfile() and folder.endswith("/upstream-quickjs"):
                source = tar.extractfile(member)
                assert source is not None
                (target / name).write_bytes(source.read())
    for patch in sorted((HERE / "patches").glob("*.patch")):
        apply_patch(patch, target)
    return target


def write_prelude(path: Path) -> None:
    """Joins the parts of the prelude into the one function that the guest calls at boot."""
    parts = {part.stem: part.read_text() for part in sorted((HERE / "prelude").glob("*.js"))}
    prelude_order.check(parts)
    path.write_text("(function (host) {\n'use strict';\n" + "\n".join(parts.values()) + "\n})")


def compile_guest(work: Path) -> bytes:
    """Compiles engine and guest to one WebAssembly module that has not booted yet."""
    engine = engine_sources(work)
    generated = work / "generated"
    generated.mkdir(exist_ok=True)
    write_prelude(generated / "prelude.js")
    (generated / "locale.bin").write_bytes(locale_data.pack(locale_data.records()))
    output = work / "compiled.wasm"
    # The same relative names wherever this runs: no path of the machine gets into the module.
    shutil.rmtree(work / "src", ignore_errors=True)  # what has been renamed since must not be found
    shutil.copytree(HERE / "src", work / "src")
    sources = [path.relative_to(HERE).as_posix() for path in sorted((HERE / "src").rglob("*.c"))]
    sources += [f"{engine.name}/{name}" for name in ENGINE_FILES]
    command = [sys.executable, "-m", "ziglang", "cc", *FLAGS]
    command += ["-I", "engine", "-I", "src", "--embed-dir=generated", *sources, "-o", output.name]
    subprocess.run(command, cwd=work, check=True)
    return output.read_bytes()


def build(output: Path, work: Path) -> str:
    """Builds the module into `output`, with `work` for what is in between; gives its SHA-256."""
    work.mkdir(parents=True, exist_ok=True)
    module = freeze.freeze(compile_guest(work))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(module)
    return hashlib.sha256(module).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the guest module.")
    parser.add_argument("output", type=Path)
    parser.add_argument("--work", type=Path, help="folder to keep what is downloaded and compiled")
    options = parser.parse_args()
    if options.work:
        print(build(options.output, options.work.resolve()))
        return
    with tempfile.TemporaryDirectory() as work:
        print(build(options.output, Path(work)))


if __name__ == "__main__":
    main()
