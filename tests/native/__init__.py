"""The guest's own C on this machine, with address and undefined-behaviour sanitizers.

`build()` compiles engine and guest with the machine's C compiler into three programs: `cases` (one
function for each case), `fuzz` (mutated messages) and `heap` (the allocator). What was compiled is
kept under the hash of all that goes into it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
WASM = HERE.parent.parent / "wasm"
sys.path.insert(0, str(WASM))

import build as guest_build  # noqa: E402  (wasm/ is a folder of scripts, not a package)
import locale_data  # noqa: E402  (the same)

IN_LINEAR_MEMORY = frozenset({"exports.c", "heap.c", "libc.c"})  # they make sense there only
GUEST = tuple(p for p in sorted((WASM / "src").rglob("*.c")) if p.name not in IN_LINEAR_MEMORY)
PROGRAMS = {"cases": ("harness.c", "cases.c"), "fuzz": ("harness.c", "fuzz.c")}
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
FLAGS = ("-g1", *SANITIZE, "-fno-omit-frame-pointer", "-D_GNU_SOURCE", "-DGUEST_NATIVE")
# Compiling the engine takes 13 s so, and more than 40 s with -O1.
ENGINE_FLAGS = ("-O0", "-w", "-DENABLE_DUMPS")
OWN_FLAGS = ("-O1", "-Wall", "-Wextra", "-Werror", "-Wno-sign-compare", "-Wno-unused-parameter")
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1"}


def compiler() -> str | None:
    """The C compiler that has the sanitizers; None when there is none."""
    for name in filter(None, (os.environ.get("CC"), "gcc", "clang", "cc")):
        path = shutil.which(name)
        if path and _compiles(path):
            return path
    return None


def _compiles(path: str) -> bool:
    command = [path, *SANITIZE, "-x", "c", "-", "-o", os.devnull]
    try:
        return (
            subprocess.run(
                command, input=b"int main(void) { return 0; }", capture_output=True, check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:20]


def _contents(folder: Path, pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob(pattern))]


def _standard(cc: str) -> str:
    """C23, by the name that this compiler has for it."""
    command = [cc, "-std=gnu23", "-x", "c", "-E", os.devnull]
    known = subprocess.run(command, capture_output=True, check=False).returncode == 0
    return "-std=gnu23" if known else "-std=gnu2x"


def _compile(cc: str, jobs: Sequence[tuple[Path, Path, Sequence[str]]]) -> None:
    """Compiles (source, object, flags), two at a time."""

    def one(job: tuple[Path, Path, Sequence[str]]) -> None:
        source, output, flags = job
        partial = output.with_suffix(f".{os.getpid()}.o")
        subprocess.run([cc, *flags, "-c", str(source), "-o", str(partial)], check=True)
        partial.replace(output)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, jobs))


def _engine(cc: str, work: Path) -> tuple[Path, list[Path]]:
    """The folder of the engine's sources, and its objects."""
    internals = _contents(WASM / "src" / "engine", "*")
    inputs = [*_contents(WASM / "patches", "*.patch"), *internals, guest_build.ENGINE.encode()]
    inputs += [" ".join((cc, *FLAGS, *ENGINE_FLAGS)).encode()]
    folder = work / f"engine-{_digest(inputs)}"
    objects = [folder / f"{name}.o" for name in guest_build.ENGINE_FILES]
    folder.mkdir(parents=True, exist_ok=True)
    if not all(path.exists() for path in objects):
        downloads = work / "download"
        downloads.mkdir(exist_ok=True)
        if not (folder / "download").exists():
            (folder / "download").symlink_to(downloads, target_is_directory=True)
        sources = guest_build.engine_sources(folder)
        flags = [_standard(cc), *FLAGS, *ENGINE_FLAGS, "-I", str(sources), "-I", str(WASM / "src")]
        names = guest_build.ENGINE_FILES
        _compile(cc, [(sources / n, o, flags) for n, o in zip(names, objects, strict=True)])
    return folder / "engine", objects


def _own(cc: str, folder: Path, engine: Path, sources: Sequence[Path]) -> list[Path]:
    guest_build.write_prelude(folder / "prelude.js")
    text = (folder / "prelude.js").read_bytes()
    (folder / "prelude.inc").write_text(",".join(map(str, text)))
    texts = locale_data.pack(locale_data.records())
    (folder / "locale.inc").write_text(",".join(map(str, texts)))
    flags = [_standard(cc), *FLAGS, *OWN_FLAGS, f"-I{HERE}", f"-I{WASM / 'src'}"]
    flags += [f"-I{folder}", "-isystem", str(engine)]
    objects = [folder / f"{path.stem}.o" for path in sources]
    _compile(cc, [(s, o, flags) for s, o in zip(sources, objects, strict=True)])
    return objects


def build(cc: str, work: Path) -> Path:
    """Compiles what has changed.

    Args:
        cc: The compiler.
        work: Where to keep what is compiled.

    Returns:
        The folder with the programs `cases`, `fuzz` and `heap`.
    """
    engine, engine_objects = _engine(cc, work)
    inputs = [*_contents(WASM / "src", "**/*.*"), *_contents(WASM / "prelude", "*.js")]
    inputs += [*_contents(WASM, "*_data.py")]
    inputs += [*_contents(HERE, "*.[ch]"), Path(__file__).read_bytes(), str(engine).encode()]
    folder = work / f"programs-{_digest(inputs)}"
    done = folder / "done"
    if done.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    sources = [*GUEST]
    sources += [HERE / name for name in ("harness.c", "cases.c", "fuzz.c")]
    objects = {path.name: path for path in _own(cc, folder, engine, sources)}
    common = [*engine_objects, *(objects[f"{path.stem}.o"] for path in GUEST)]
    for program, names in PROGRAMS.items():
        own = [objects[f"{Path(name).stem}.o"] for name in names]
        command = [cc, *SANITIZE, *map(str, [*own, *common]), "-o", str(folder / program)]
        subprocess.run([*command, "-lm", "-lpthread"], check=True)
    heap = [cc, _standard(cc), *FLAGS, *OWN_FLAGS, "-fno-builtin", f"-I{WASM / 'src'}"]
    subprocess.run([*heap, str(HERE / "heap.c"), "-o", str(folder / "heap")], check=True)
    done.touch()
    return folder


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs one of the programs; what the sanitizers say is in `stderr`."""
    return subprocess.run(
        [str(program), *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=os.environ | ENVIRONMENT,
    )
