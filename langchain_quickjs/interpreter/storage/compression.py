"""Compression, with zstandard as it suits little content."""

from __future__ import annotations

import threading
from typing import Final

import zstandard

__all__ = ["compress", "unpack", "unpack_at_most", "zstd_dictionary"]

# With little to compress, a higher level's larger tables cost more than they save.
_LEVEL: Final = 3
_SMALL_LEVEL: Final = 1
_SMALL_BYTES: Final = 64 * 1024


class _Kept(threading.local):
    """What compresses and unpacks little content: making one takes as long as using it.

    One thread at a time may use it. What was unpacked last is kept too, because a snapshot is read
    when it is checked, and again when its script goes on, mostly at once.
    """

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_SMALL_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()
        self.last = b"", b""


_kept: Final = _Kept()


def compress(content: bytes, known: bytes = b"") -> bytes:
    """Compresses content into one frame.

    Args:
        content: What to compress.
        known: What is at hand where it is unpacked too, and may be like it.
    """
    if len(content) <= _SMALL_BYTES and not known:
        return _kept.compressor.compress(content)
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _SMALL_LEVEL if len(content) <= _SMALL_BYTES else _LEVEL,
        source_size=len(content),
        dict_size=len(known),
    )
    data = zstd_dictionary(known) if known else None
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=data).compress(content)


def unpack(packed: bytes, known: bytes = b"") -> bytes:
    """Unpacks a frame, of which the header has been looked at, and what comes behind is refused.

    Args:
        packed: The frame.
        known: What `compress` was given.

    Raises:
        zstandard.ZstdError: It is none, or damaged.
    """
    if not known:
        last, content = _kept.last
        if last is not packed:
            content = _kept.decompressor.decompress(packed, allow_extra_data=False)
            if len(content) <= _SMALL_BYTES:
                _kept.last = packed, content
        return content
    unpacker = zstandard.ZstdDecompressor(dict_data=zstd_dictionary(known))
    return unpacker.decompress(packed, allow_extra_data=False)


def unpack_at_most(packed: bytes, most_bytes: int) -> bytes:
    """Unpacks a frame of which nothing is known yet.

    Args:
        packed: The frame.
        most_bytes: How large its content may be.

    Raises:
        ValueError: It is larger, or does not say how large it is.
        zstandard.ZstdError: It is none, or damaged.
    """
    # zstandard believes what a frame says of its size, so it is checked first.
    if not 0 < zstandard.get_frame_parameters(packed).content_size <= most_bytes:
        raise ValueError("its size is out of range")
    return zstandard.ZstdDecompressor().decompress(packed, allow_extra_data=False)


def zstd_dictionary(known: bytes) -> zstandard.ZstdCompressionDict:
    """Makes what was at hand into what a decompressor takes."""
    return zstandard.ZstdCompressionDict(known, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
