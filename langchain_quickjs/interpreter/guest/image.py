"""Images: the guest's linear memory as a value, kept as its difference to the boot image.

    memory = apply(boot, difference(boot, memory))

Booting is deterministic, and a small script touches little of the 1.5 MB that it starts with, so
the difference is two orders of magnitude smaller than the memory.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol, overload

__all__ = [
    "BLOCK_BYTES",
    "BOOT",
    "LINE_BYTES",
    "PAGE_BYTES",
    "AnyLines",
    "Image",
    "Lines",
    "MemoryPages",
    "difference",
    "memory_at",
    "page_at",
    "page_read_from",
]

BLOCK_BYTES: Final = 65536
"""Size of a WebAssembly page; memory grows by it."""

PAGE_BYTES: Final = 4096
"""The unit in which a difference is kept."""

LINE_BYTES: Final = PAGE_BYTES // 8
"""Of a page that differs, the unit in which it is stored."""

_ZERO_PAGE: Final = bytes(PAGE_BYTES)

_memcmp: Any = None
if os.name == "posix":  # Elsewhere everything is copied before it is compared.
    _memcmp = ctypes.CDLL(None).memcmp
    _memcmp.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    _memcmp.restype = ctypes.c_int


class AnyLines(Protocol):
    """In what a memory differs from the boot image (`page_lines`).

    Attributes:
        numbers: The pages that differ.
        masks: For each, which of its lines do: a bit each.
        content: For each of those lines, its XOR with the boot image's.
    """

    @property
    def numbers(self) -> list[int]:
        """The pages, in order."""

    @property
    def masks(self) -> bytes:
        """A byte a page."""

    @property
    def content(self) -> bytes | memoryview:
        """One line after the other."""


class Lines(NamedTuple):
    """The same, all of it at hand."""

    numbers: list[int]
    masks: bytes
    content: bytes | memoryview


@dataclass(frozen=True, slots=True)
class Image:
    """A linear memory.

    Attributes:
        blocks: Its length in blocks of `BLOCK_BYTES`; 0 for the boot image itself.
        pages: The pages that differ from the boot image (beyond its end: from zeros), by number.
        lines: The same by lines, where that is at hand.
    """

    blocks: int
    pages: Mapping[int, bytes] = field(repr=False)
    lines: AnyLines | None = field(default=None, repr=False, compare=False)

    @property
    def memory_bytes(self) -> int:
        """How large the memory is."""
        return self.blocks * BLOCK_BYTES

    @property
    def held_bytes(self) -> int:
        """How much of it the image holds."""
        return len(self.pages) * PAGE_BYTES

    def emptied(self) -> Image:
        """A memory of the same length that holds nothing."""
        return Image(self.blocks, {})


BOOT: Final = Image(0, {})
"""The image of a guest that has booted and run nothing."""


def memory_at(address: int, size: int) -> memoryview:
    """Gives what stands at an address, which is there as long as this is used."""
    return memoryview((ctypes.c_char * size).from_address(address)).cast("B")


class MemoryPages(Sequence[bytes]):
    """A memory that does not change, as its pages: each is copied when it is first asked for.

    Most of a boot image never is.

    Args:
        address: Where the memory begins.
        count: How many pages it has.
        owner: Whose the memory is; it lives as long as this.
    """

    __slots__ = ("__weakref__", "_known", "_memory", "_owner")

    def __init__(self, address: int, count: int, owner: object) -> None:
        self._memory = memory_at(address, count * PAGE_BYTES)
        self._known: list[bytes | None] = [None] * count
        self._owner = owner

    def __len__(self) -> int:
        return len(self._known)

    def copy(self, runs: Iterable[tuple[int, int]], memory: memoryview) -> None:
        """Copies pages, from a first one to before another, to where they are in another memory."""
        own = self._memory
        for first, end in runs:
            begin, behind = first * PAGE_BYTES, end * PAGE_BYTES
            memory[begin:behind] = own[begin:behind]

    @overload
    def __getitem__(self, number: int) -> bytes: ...

    @overload
    def __getitem__(self, number: slice) -> list[bytes]: ...

    def __getitem__(self, number: int | slice) -> bytes | list[bytes]:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        page = self._known[number]
        if page is None:
            at = number % len(self) * PAGE_BYTES
            page = self._known[number] = bytes(self._memory[at : at + PAGE_BYTES])
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
