"""Where the guest of a build lies.

    guest.wasm          today's guest, in the package
    guests/BUILD.diff   earlier releases' in the package, each as its difference to the next one
    FOLDER/*.wasm       guests that the user has kept, in the folders of LANGCHAIN_QUICKJS_GUESTS

A build is the first 16 bytes of the SHA-256 of a module. Whatever is found is only used if it has
that hash, so a file may have any name.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Final

from langchain_quickjs.errors import BuildGoneError
from langchain_quickjs.interpreter.builds.difference import base_of, build_of, unpack
from langchain_quickjs.interpreter.builds.releases import release_of

__all__ = ["FOLDERS_VARIABLE", "installed_guest", "kept_guest", "require_guest"]

FOLDERS_VARIABLE: Final = "LANGCHAIN_QUICKJS_GUESTS"
"""The environment variable with folders of guests, separated like those of `PATH`."""

_MOST_BYTES: Final = 2**26
_MOST_STEPS: Final = 64
_PACKAGE: Final = "langchain_quickjs"


def installed_guest() -> bytes:
    """Gives the module of today's guest."""
    return resources.files(_PACKAGE).joinpath("guest.wasm").read_bytes()


def kept_guest(build: bytes) -> bytes:
    """Gives the module of an earlier build.

    Args:
        build: The first 16 bytes of its SHA-256.

    Raises:
        BuildGoneError: It is not here.
    """
    for wasm in _modules(build):
        if build_of(wasm) == build:
            return wasm
    release = release_of(build)
    raise BuildGoneError(build.hex(), "" if release is None else release.name)


@functools.cache
def require_guest(build: bytes) -> None:
    """Checks that the guest of a build is here, without loading it.

    Raises:
        BuildGoneError: It is not.
    """
    if build != build_of(installed_guest()):
        kept_guest(build)


def _modules(build: bytes) -> Iterator[bytes]:
    """Lists modules that may be a build's: first what the package says it is."""
    if (carried := _carried(build)) is not None:
        yield carried
    for folder in filter(None, os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep)):
        for path in sorted(Path(folder).glob("*.wasm")):
            if path.is_file() and path.stat().st_size <= _MOST_BYTES:
                yield path.read_bytes()


def _carried(build: bytes) -> bytes | None:
    """Gives what the package carries as a build's module, by way of those that came after it."""
    folder, chain = resources.files(_PACKAGE).joinpath("guests"), list[bytes]()
    today = installed_guest()
    newest, wanted = build_of(today), build
    while wanted != newest:
        file = folder.joinpath(f"{wanted.hex()}.diff")
        if not file.is_file() or len(chain) > _MOST_STEPS:
            return None
        chain.append(file.read_bytes())
        wanted = base_of(chain[-1])
    module = today
    try:
        for packed in reversed(chain):
            module = unpack(packed, module)
    except ValueError:
        return None
    return module
