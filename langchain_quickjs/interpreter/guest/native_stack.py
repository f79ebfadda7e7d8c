"""How large the stacks of this machine's threads are, and how much of them a guest may use."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import Final

__all__ = ["wasm_stack_bytes"]

if sys.platform != "win32":
    import resource

# What the guest's own limit (STACK_BYTES in wasm/build.py) needs, so that recursion of scripts is a
# RangeError that they can catch; and what stays for Python on the same thread.
_WASM_STACK_BYTES: Final = 6656 * 1024
_HOST_STACK_BYTES: Final = 1536 * 1024
_LEAST_WASM_STACK_BYTES: Final = 512 * 1024


def _is_glibc() -> bool:
    with contextlib.suppress(ValueError, OSError):  # musl has no such name, or no value for it
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    return False


def _thread_stack_bytes() -> int:
    """Gives the least stack that the threads of this process have, as far as that can be known."""
    if sys.platform == "win32":
        size = 2 * 1024 * 1024  # what python.exe has reserved up to 3.11; later ones twice that
    elif sys.platform == "linux" and not _is_glibc():
        size = 1024 * 1024  # CPython's choice for musl
    else:
        size = resource.getrlimit(resource.RLIMIT_STACK)[0]
        if size == resource.RLIM_INFINITY:
            size = 2 * 1024 * 1024  # glibc's choice for threads then
    chosen = threading.stack_size()
    threading.stack_size(chosen)  # Asking has set it to the system's own choice.
    return min(size, chosen or size)


def wasm_stack_bytes() -> int:
    """Gives how much of a thread's stack WebAssembly may use."""
    spare = _thread_stack_bytes() - _HOST_STACK_BYTES
    return max(_LEAST_WASM_STACK_BYTES, min(_WASM_STACK_BYTES, spare))
