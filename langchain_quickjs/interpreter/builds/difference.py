"""A module as what differs from another one, which takes a fifth of what it takes by itself.

A difference begins with the build that it is one to.

    difference = magic, build, zstd(module, with the other one as dictionary)
    unpack(pack(module, other), other) == module
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

import zstandard

__all__ = ["base_of", "build_of", "pack", "unpack"]

_MAGIC: Final = b"QJSD"
_HEAD: Final = struct.Struct("<4s16s")
_LEVEL: Final = 19
_WINDOW_LOG: Final = 23  # Both modules have to be within the window.
_MOST_BYTES: Final = 2**_WINDOW_LOG


def build_of(wasm: bytes) -> bytes:
    """Gives what a module is known by in everything that its memory is stored in."""
    return hashlib.sha256(wasm).digest()[:16]


def pack(wasm: bytes, base: bytes) -> bytes:
    """Makes the difference of a module to another one."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _LEVEL, window_log=_WINDOW_LOG, source_size=len(wasm), dict_size=len(base)
    )
    packer = zstandard.ZstdCompressor(compression_params=parameters, dict_data=_dictionary(base))
    return _HEAD.pack(_MAGIC, build_of(base)) + packer.compress(wasm)


def base_of(packed: bytes) -> bytes:
    """Gives the build that a difference is one to; nothing if it is none."""
    if len(packed) < _HEAD.size or not packed.startswith(_MAGIC):
        return b""
    return bytes(_HEAD.unpack_from(packed)[1])


def unpack(packed: bytes, base: bytes) -> bytes:
    """Makes the module of a difference.

    Raises:
        ValueError: It is damaged, or one to another module.
    """
    if base_of(packed) != build_of(base):
        raise ValueError("it is no difference to this module")
    frame = packed[_HEAD.size :]
    try:
        if not 0 < zstandard.get_frame_parameters(frame).content_size <= _MOST_BYTES:
            raise ValueError("its size is out of range")
        unpacker = zstandard.ZstdDecompressor(dict_data=_dictionary(base))
        return unpacker.decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ValueError(f"it does not unpack: {error}") from error


def _dictionary(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
