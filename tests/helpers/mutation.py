"""Damage to bytes, of the kinds that find mistakes in readers; seeded, so it can be had again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

# First bytes of MessagePack items, and the ends of the ranges of integers.
TAGS = bytes([0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, *range(0xC0, 0x100)])
WORDS = (bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b"\x00\x00\x00\x01")


@dataclass(frozen=True)
class Mutator:
    """Changes bytes a little.

    Attributes:
        rng: Where all choices come from.
        corpus: Where bytes are taken from that are put into others.
    """

    rng: random.Random
    corpus: Sequence[bytes]

    def mutate(self, data: bytes) -> bytes:
        """One to four changes."""
        for _ in range(self.rng.choice((1, 1, 1, 2, 3, 4))):
            data = self._once(bytearray(data))
        return data

    def _once(self, data: bytearray) -> bytes:
        rng = self.rng
        # Most changes near the start, where the structure is.
        bound = len(data) if rng.random() < 0.6 else min(len(data), 32)
        at = rng.randrange(bound) if bound else 0
        match rng.randrange(9):
            case 0 if data:
                data[at] ^= 1 << rng.randrange(8)
            case 1 if data:
                data[at] = rng.randrange(256)
            case 2 if data:
                data[at] = rng.choice(TAGS)
            case 3:
                data[at : at + 4] = rng.choice(WORDS)
            case 4:
                del data[at:]
            case 5:
                del data[at : at + rng.randint(1, 16)]
            case 6:
                data[at:at] = rng.randbytes(rng.randint(1, 8))
            case 7:  # a piece of itself, once more
                length = rng.randint(1, 64)
                data[at:at] = data[at : at + length]
            case _:  # a piece of another
                other = rng.choice(self.corpus)
                begin = rng.randrange(len(other))
                piece = other[begin : begin + rng.randint(1, 64)]
                data[at : at + rng.choice((0, len(piece)))] = piece
        return bytes(data)
