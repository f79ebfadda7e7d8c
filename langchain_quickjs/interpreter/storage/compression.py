"""Compression, with zstandard as it suits little content."""

from __future__ import annotations

from typing import Final

import zstandard

__all__ = ["compress", "zstd_dictionary"]

# With little to compress, a higher level's larger tables cost more than they save.
_LEVEL: Final = 3
_SMALL_LEVEL: Final = 1
_SMALL_BYTES: Final = 32 * 1024


def compress(content: bytes, known: bytes = b"") -> bytes:
    """Compresses content into one frame.

    Args:
        content: What to compress.
        known: What is at hand where it is unpacked too, and may be like it.
    """
    parameters = zstandard.ZstdCompressionParameters.from_level(
        _SMALL_LEVEL if len(content) <= _SMALL_BYTES else _LEVEL,
        source_size=len(content),
        dict_size=len(known),
    )
    data = zstd_dictionary(known) if known else None
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=data).compress(content)


def zstd_dictionary(known: bytes) -> zstandard.ZstdCompressionDict:
    """Makes what was at hand into what a decompressor takes."""
    return zstandard.ZstdCompressionDict(known, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
