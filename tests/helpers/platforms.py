"""Runs pytest as on another platform: `python -m tests.helpers.platforms NAME ARGUMENTS...`.

What another kernel, C library or machine would give is forced before the package is imported. The
last line says, as JSON, what the package has made of it.
"""

from __future__ import annotations

import builtins
import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import pytest

__all__ = ["PLATFORMS", "run_on"]

ROOT: Final = Path(__file__).parent.parent.parent
PAGE_MAP: Final = "/proc/self/pagemap"
CACHE: Final = "LANGCHAIN_QUICKJS_CACHE_DIR"
STACK_BYTES: Final = 1024 * 1024  # what musl gives threads

Run = Callable[[], int]


def run_on(platform: str, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Runs pytest on a platform, in a process of its own.

    Returns:
        The code that pytest ended with, what the package found, and all that was printed.
    """
    command = [sys.executable, "-m", "tests.helpers.platforms", platform, *arguments]
    pipe, both = subprocess.PIPE, subprocess.STDOUT
    found = subprocess.run(command, cwd=ROOT, stdout=pipe, stderr=both, text=True, check=False)
    last = found.stdout.splitlines()[-1] if found.stdout else ""
    with contextlib.suppress(ValueError):
        return found.returncode, json.loads(last), found.stdout
    return found.returncode, {}, found.stdout


@contextlib.contextmanager
def _patched(name: str, function: Callable[..., Any], of: Any = os) -> Iterator[None]:
    original = getattr(of, name)
    setattr(of, name, lambda *args, **kwargs: function(original, *args, **kwargs))
    yield
    setattr(of, name, original)


def _no_page_map(open_: Any, path: Any, *args: Any, **kwargs: Any) -> int:
    if path == PAGE_MAP:
        raise FileNotFoundError(path)
    return int(open_(path, *args, **kwargs))


def _zeros(pread: Any, file: int, size: int, at: int) -> bytes:
    read: bytes = pread(file, size, at)
    return bytes(len(read)) if os.readlink(f"/proc/self/fd/{file}").endswith("/pagemap") else read


def _large_pages(sysconf: Any, name: Any) -> int:
    return 65536 if name == "SC_PAGE_SIZE" else int(sysconf(name))


def _no_shipped_code(open_: Any, path: Any, *args: Any, **kwargs: Any) -> Any:
    if str(path).endswith("guest.cwasm"):
        raise FileNotFoundError(path)
    return open_(path, *args, **kwargs)


@contextlib.contextmanager
def _cache(*, writable: bool) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "cache"
        if not writable:
            folder.write_text("A file, where no folder can be made.")
        os.environ[CACHE] = str(folder)
        with _patched("open", _no_shipped_code, builtins):
            yield


@contextlib.contextmanager
def _as_it_is() -> Iterator[None]:
    yield


def _here(run: Run) -> int:
    return run()


def _in_a_small_thread(run: Run) -> int:
    codes: list[int] = []
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=lambda: codes.append(run()))
    thread.start()
    thread.join()
    return codes[0]


def _in_a_fork(run: Run) -> int:
    from langchain_quickjs import Interpreter  # noqa: PLC0415 - a platform is made before it

    Interpreter().eval("1 + 1")  # The engine's threads run, and are not there in the child.
    child = os.fork()
    if child == 0:
        code = run()
        sys.stdout.flush()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _started(method: str) -> Callable[[Run], int]:
    def start(_run: Run) -> int:
        context: Any = multiprocessing.get_context(method)
        process = context.Process(target=_exit, args=(sys.argv[2:],))
        process.start()
        process.join()
        return int(process.exitcode)

    return start


PLATFORMS: Final[
    dict[str, tuple[Callable[[], AbstractContextManager[None]], Callable[[Run], int]]]
] = {
    "no page map": (lambda: _patched("open", _no_page_map), _here),
    "a page map of zeros": (lambda: _patched("pread", _zeros), _here),
    "larger pages": (lambda: _patched("sysconf", _large_pages), _here),
    "small stacks": (_as_it_is, _in_a_small_thread),
    "cold cache": (lambda: _cache(writable=True), _here),
    "no cache": (lambda: _cache(writable=False), _here),
    "fork": (_as_it_is, _in_a_fork),
    "forkserver": (_as_it_is, _started("forkserver")),
    "spawn": (_as_it_is, _started("spawn")),
}


def _pytest(arguments: list[str]) -> int:
    from langchain_quickjs.interpreter.guest import (  # noqa: PLC0415 - as above
        instance,
        native_stack,
    )
    from langchain_quickjs.interpreter.guest.native import machine_code  # noqa: PLC0415 - as above

    stack_bytes = native_stack.wasm_stack_bytes()  # before some test sets it to another
    # Enabled once the engine has begun, the fault handler would take the signals of its traps.
    code = int(pytest.main(["-p", "no:cacheprovider", "-p", "no:faulthandler", *arguments]))
    cache = machine_code.cache_dir()
    found = {
        "tells": instance.load().kernel_tells,
        "wasm_stack_bytes": stack_bytes,
        "cached": cache.is_dir() and any(cache.iterdir()),
        "method": multiprocessing.current_process().name,
    }
    print(json.dumps(found), flush=True)
    return code


def _exit(arguments: list[str]) -> None:
    sys.exit(_pytest(arguments))


def main() -> int:
    name, *arguments = sys.argv[1:]
    forced, runs = PLATFORMS[name]
    with forced():
        return runs(lambda: _pytest(arguments))


if __name__ == "__main__":
    sys.exit(main())
