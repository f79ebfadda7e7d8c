"""Machine code that the package was installed with, beside the guest that it is the code of.

    file = code, foot
    foot = magic, build id, lengths of code and module, time of the module, wasmtime's version

The wheel's build hook makes it, for the machines of the wheel's platform. It is trusted as what it
lies beside is: whoever can change it can change this module. So it is mapped, not read, and there
is no digest of it; and like any library it is replaced, never written over. Whether it fits is
checked: that it is whole, of the module that is here, and of the installed wasmtime, which itself
looks at platform, processor and settings.

The module is not read for that. In a checkout, where it may be built again by hand, it must be as
old as when it was compiled, as Python has it with the sources of modules. A wheel says no time,
because installing a file makes it new.
"""

from __future__ import annotations

import os
import struct
from typing import Final, NamedTuple

__all__ = ["ShippedCode", "shipped_code", "with_foot"]

_MAGIC: Final = b"QJSHIP\x01\0"
_FOOT: Final = struct.Struct("<8s32sQQQ24s")
_CODE: Final = "guest.cwasm"
_WASM: Final = "guest.wasm"


class ShippedCode(NamedTuple):
    """Machine code in a file, of the guest beside it.

    Attributes:
        path: The file; the code is at its beginning.
        build_id: SHA-256 of the guest's module.
        version: The version of wasmtime that compiled it.
    """

    path: str
    build_id: bytes
    version: str


def with_foot(code: bytes, build_id: bytes, version: str, wasm_bytes: int, wasm_ns: int) -> bytes:
    """Gives the content of a file of machine code.

    Args:
        code: The machine code.
        build_id: SHA-256 of the module.
        version: The version of wasmtime that compiled it.
        wasm_bytes: The length of the module.
        wasm_ns: When the file of the module was last changed; 0 if that is not to be looked at.
    """
    foot = (_MAGIC, build_id, len(code), wasm_bytes, wasm_ns, version.encode())
    return code + _FOOT.pack(*foot)


def shipped_code(folder: str) -> ShippedCode | None:
    """Finds the machine code of the guest in a folder, if it is there and the guest's."""
    path = os.path.join(folder, _CODE)
    try:
        with open(path, "rb") as file:
            size = file.seek(-_FOOT.size, os.SEEK_END)
            magic, build_id, length, wasm_bytes, wasm_ns, version = _FOOT.unpack(file.read())
        wasm = os.stat(os.path.join(folder, _WASM))
    except (OSError, struct.error):
        return None
    if magic != _MAGIC or length != size or wasm_bytes != wasm.st_size:
        return None
    if wasm_ns and wasm_ns != wasm.st_mtime_ns:
        return None
    return ShippedCode(path, build_id, version.rstrip(b"\0").decode("ascii", "replace"))
