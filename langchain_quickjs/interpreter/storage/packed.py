"""Short things of our own, packed as MessagePack, that others may have written to since."""

from __future__ import annotations

from typing import Any

import msgpack

__all__ = ["packed", "unpacked"]


def packed(fields: list[Any]) -> bytes:
    """Packs plain values."""
    return bytes(msgpack.packb(fields))


def unpacked(stored: object) -> Any:
    """Reads what `packed` packed, or what stands in its place; `None` if that cannot be read."""
    try:
        return msgpack.unpackb(stored) if isinstance(stored, bytes) else None
    except (TypeError, ValueError, msgpack.exceptions.UnpackException):
        return None
