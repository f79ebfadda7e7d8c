"""Text as it crosses: UTF-8 in which halves of surrogate pairs are encoded as well (WTF-8).

Python's own error handler for that, `surrogatepass`, is called for every half while nothing else
of the process can run: half a second for 16 MB of them. This one decodes pieces, and between them
other threads have their turn.
"""

from __future__ import annotations

import codecs
from typing import Final

__all__ = ["SURROGATES"]

SURROGATES: Final = "langchain_quickjs.surrogates"  # as `errors`, when bytes are decoded
_PIECE_BYTES: Final = 64 * 1024


def _piece(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    data = error.object
    end = min(error.start + _PIECE_BYTES, len(data))
    while end < len(data) and data[end] & 0xC0 == 0x80 and end - error.start < _PIECE_BYTES + 3:
        end += 1
    return data[error.start : end].decode("utf-8", "surrogatepass"), end


codecs.register_error(SURROGATES, _piece)
