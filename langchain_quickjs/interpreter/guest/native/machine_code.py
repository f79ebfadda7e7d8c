"""Machine code that is kept between processes.

    file = magic, SHA-256 of the code, code

Machine code is trusted completely. So it is only taken from a file of this user, in a place where
nobody but this user and root can put another in its stead; what is checked is the file that has
been opened, and what is run is what has been read from it. The digest finds damage.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import Final

__all__ = ["cache_dir", "code_file", "read_code", "write_code"]

_CACHE_VARIABLE: Final = "LANGCHAIN_QUICKJS_CACHE_DIR"
_MAGIC: Final = b"QJMC\x01\0\0\0"
_HEAD_BYTES: Final = len(_MAGIC) + 32
_MOST_BYTES: Final = 256 * 1024**2
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)


def cache_dir() -> Path:
    """Gives the folder in which machine code is kept between processes."""
    if chosen := os.environ.get(_CACHE_VARIABLE):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "langchain_quickjs"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "langchain_quickjs"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "langchain_quickjs"


def code_file(build_id: bytes, runtime: str) -> Path:
    """Gives the file that holds the code of one build of the guest.

    Args:
        build_id: The hash of the WebAssembly module.
        runtime: The version of wasmtime, which reads no other version's code.
    """
    return cache_dir() / f"{build_id.hex()[:32]}-{runtime}.cwasm"


def read_code(path: Path) -> bytes | None:
    """Reads the code in a file; gives `None` if there is none, or none that can be trusted."""
    try:
        if not _is_safe_place(path.parent):
            return None
        with os.fdopen(os.open(path, _FLAGS), "rb") as file:
            status = os.fstat(file.fileno())
            if not _is_ours(status) or not stat.S_ISREG(status.st_mode):
                return None
            content = file.read(_MOST_BYTES)
    except OSError:
        return None
    digest, code = content[len(_MAGIC) : _HEAD_BYTES], content[_HEAD_BYTES:]
    whole = content.startswith(_MAGIC) and hashlib.sha256(code).digest() == digest
    return code if whole else None


def write_code(code: bytes, path: Path) -> None:
    """Keeps code for the next process. A cache that cannot be written is only slower."""
    import tempfile  # noqa: PLC0415 - it takes a while to import, and mostly the code is there

    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_safe_place(path.parent):
            return
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(code).digest() + code)
        os.replace(name, path)


def _is_ours(status: os.stat_result) -> bool:
    """Tells whether a file is this user's, and nobody else can write it."""
    if sys.platform == "win32":
        return True  # the profile directory is the user's own
    return status.st_uid == os.getuid() and not status.st_mode & _OTHERS_WRITE


def _is_safe_place(folder: Path) -> bool:
    """Tells whether only this user and root decide what is found there.

    Raises:
        OSError: It is not there.
    """
    if sys.platform == "win32":
        return True
    place = Path(os.path.realpath(folder))
    return _is_ours(place.stat()) and all(_is_safe_folder(above.stat()) for above in place.parents)


def _is_safe_folder(status: os.stat_result) -> bool:
    """Tells whether nobody else can replace what is in a folder.

    In a sticky folder only the owner of a file can.
    """
    if sys.platform == "win32" or status.st_uid not in (0, os.getuid()):
        return False
    return not status.st_mode & _OTHERS_WRITE or bool(status.st_mode & stat.S_ISVTX)
