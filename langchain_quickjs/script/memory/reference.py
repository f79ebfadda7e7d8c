"""What a paused script's state holds of its memory, if that is too large to stand there itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.interpreter.storage.packed import packed, unpacked
from langchain_quickjs.script.state import ChainSizes

__all__ = ["MemoryReference"]

_MAGIC: Final = b"QJSP\x01"
_ANCHOR_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class MemoryReference:
    """Which records the memory of a paused script is, and the rest of its interpreter.

    It is sealed with the script, and an id covers all records below it. So whoever can write to the
    database can take records away, and change none.

    Attributes:
        rest: The interpreter without its memory.
        id: The id of the newest record.
        anchor: The checkpoint that the chain stands at.
        sizes: How much the chain takes.
        of_thread: Whether the chain is that of the thread's variables.
        root: The checkpoint of the outermost graph without which the chain is of no use; empty if
            there is none.
    """

    rest: bytes
    id: bytes
    anchor: str
    sizes: ChainSizes
    of_thread: bool
    root: str

    @staticmethod
    def is_in(stored: bytes) -> bool:
        """Whether what is stored of a script is such a reference."""
        return stored.startswith(_MAGIC)

    def pack(self) -> bytes:
        """Packs the reference."""
        anchor = uuid.UUID(self.anchor).bytes
        fields = [self.rest, self.id, anchor, *self.sizes, self.of_thread, self.root]
        return _MAGIC + packed(fields)

    @classmethod
    def unpack(cls, stored: bytes) -> MemoryReference:
        """Reads what `pack` made.

        Raises:
            SnapshotError: If it is damaged.
        """
        match unpacked(stored[len(_MAGIC) :]):
            case [
                bytes(rest),
                bytes(newest),
                bytes(anchor),
                int(full_bytes),
                int(delta_bytes),
                int(deltas),
                bool(of_thread),
                str(root),
            ] if len(anchor) == _ANCHOR_BYTES:
                place = str(uuid.UUID(bytes=anchor))
                sizes = ChainSizes(full_bytes, delta_bytes, deltas)
                return cls(rest, newest, place, sizes, of_thread, root)
        raise SnapshotError("the reference to it is damaged")
