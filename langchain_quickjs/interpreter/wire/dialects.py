"""What the guests of earlier releases say and hear otherwise: all of it is here.

Everything else writes and reads what today's guest speaks. A message for an earlier guest is made
of today's, and today's reply of what it says. `builds/releases.py` knows which guest speaks what.

    protocol  what changed with it
    2         a start has the names whose calls are located (part 6)
    3         a completed script whose result cannot leave it shows it (status 7, [text, reason]);
              before, it failed (status 7, [name, message, stack])
"""

from __future__ import annotations

from typing import Final

import msgpack

__all__ = ["as_heard", "as_said"]

_LOCATES: Final = 2
_SHOWS: Final = 3
_LOCATED_PART: Final = 6
_HEAD_OF_START: Final = b"\x99\x00"  # an array of nine that begins with 0
_FAILED_IN_RESULT: Final = b"\x96\x07"  # an array of six that begins with status 7
_FAILED: Final = b"\x96\x01"


def as_heard(message: bytes, protocol: int) -> bytes:
    """Gives a message of today as a guest hears it that speaks this protocol."""
    if protocol >= _LOCATES or not message.startswith(_HEAD_OF_START):
        return message
    parts = msgpack.unpackb(message, unicode_errors="surrogatepass")
    del parts[_LOCATED_PART]
    return bytes(msgpack.packb(parts, unicode_errors="surrogatepass"))


def as_said(reply: bytes, protocol: int) -> bytes:
    """Gives what such a guest replied as today's would say it. It stays untrusted."""
    if protocol < _SHOWS and reply.startswith(_FAILED_IN_RESULT):
        return _FAILED + reply[len(_FAILED) :]
    return reply
