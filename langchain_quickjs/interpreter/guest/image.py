"""Images: the guest's linear memory as a value, kept as its difference to the boot image.

    memory = apply(boot, difference(boot, memory))

Booting is deterministic, and a small script touches little of the 1.5 MB that it starts with, so
the difference is two orders of magnitude smaller than the memory.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, overload

__all__ = [
    "BLOCK_BYTES",
    "BOOT",
    "PAGE_BYTES",
    "Image",
    "MemoryPages",
    "difference",
    "page_at",
    "page_read_from",
]

BLOCK_BYTES: Final = 65536
"""Size of a WebAssembly page; memory grows by it."""

PAGE_BYTES: Final = 4096
"""The unit in which a difference is kept."""

_ZERO_PAGE: Final = bytes(PAGE_BYTES)

_memcmp: Any = None
if os.name == "posix":  # Elsewhere everything is copied before it is compared.
    _memcmp = ctypes.CDLL(None).memcmp
    _memcmp.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    _memcmp.restype = ctypes.c_int


@dataclass(frozen=True, slots=True)
class Image:
    """A linear memory.

    Attributes:
        blocks: Its length in blocks of `BLOCK_BYTES`; 0 for the boot image itself.
        pages: The pages that differ from the boot image (beyond its end: from zeros), by number.
    """

    blocks: int
    pages: dict[int, bytes] = field(repr=False)

    @property
    def memory_bytes(self) -> int:
        """How large the memory is."""
        return self.blocks * BLOCK_BYTES

    @property
    def held_bytes(self) -> int:
        """How much of it the image holds."""
        return len(self.pages) * PAGE_BYTES


BOOT: Final = Image(0, {})
"""The image of a guest that has booted and run nothing."""


class MemoryPages(Sequence[bytes]):
    """A memory that does not change, as its pages: each is copied when it is first asked for.

    Most of a boot image never is.

    Args:
        address: Where the memory begins.
        count: How many pages it has.
        owner: Whose the memory is; it lives as long as this.
    """

    __slots__ = ("_address", "_known", "_owner")

    def __init__(self, address: int, count: int, owner: object) -> None:
        self._address = address
        self._known: list[bytes | None] = [None] * count
        self._owner = owner

    def __len__(self) -> int:
        return len(self._known)

    @overload
    def __getitem__(self, number: int) -> bytes: ...

    @overload
    def __getitem__(self, number: slice) -> list[bytes]: ...

    def __getitem__(self, number: int | slice) -> bytes | list[bytes]:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        page = self._known[number]
        if page is None:
            at = self._address + number % len(self) * PAGE_BYTES
            page = self._known[number] = ctypes.string_at(at, PAGE_BYTES)
        return page


def page_at(boot: Sequence[bytes], number: int) -> bytes:
    """Gives a page of the boot image, which is zeros beyond its end."""
    return boot[number] if number < len(boot) else _ZERO_PAGE


def page_read_from(address: int, boot: Sequence[bytes], number: int) -> bytes:
    """Gives the page at an address, or the boot image's own where they are equal, as most are.

    That saves copying megabytes for every image.
    """
    before = page_at(boot, number)
    if _memcmp is not None and _memcmp(address, before, PAGE_BYTES) == 0:
        return before
    return ctypes.string_at(address, PAGE_BYTES)


def difference(boot: Sequence[bytes], blocks: int, pages: Iterable[tuple[int, bytes]]) -> Image:
    """Makes the image of a memory.

    Args:
        boot: The boot image, in pages.
        blocks: The length of the memory.
        pages: Its pages, by number; at least those that differ from the boot image.
    """
    return Image(blocks, {n: page for n, page in pages if page != page_at(boot, n)})
