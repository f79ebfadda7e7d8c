"""Which pages of an instance's memory have been written to, as the kernel knows it.

On Linux wasmtime maps the boot image privately, so that the kernel makes a page the process's own
when it is first written to. `/proc/self/pagemap` says which pages those are, in less time than it
takes to compare two of them.

Source: Documentation/admin-guide/mm/pagemap.rst of the Linux kernel: of an entry's 64 bits, 63 is
set where the page is in memory, 62 where it is swapped out, 61 where it is a file's or shared.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from typing import Final

from langchain_quickjs.interpreter.guest.image import PAGE_BYTES

__all__ = ["kernel_tells_of_writes", "written_pages"]

_ENTRY_BYTES: Final = 8
_PRESENT, _SWAPPED, _FILE = 0x80, 0x40, 0x20  # in an entry's last byte
_WRITTEN: Final = bytes(
    bool(flags & _SWAPPED or (flags & _PRESENT and not flags & _FILE)) for flags in range(256)
)


def written_pages(address: int, first: int, count: int) -> list[int] | None:
    """Gives the numbers of the pages that were written to, and maybe of others.

    Args:
        address: Where the memory begins.
        first: The first page to look at.
        count: The number of pages in the memory.

    Returns:
        The numbers, in order, or `None` where the kernel does not say.
    """
    begin, size = (address // PAGE_BYTES + first) * _ENTRY_BYTES, (count - first) * _ENTRY_BYTES
    try:
        # Not kept open: it would go on to tell of this process after a fork.
        file = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        entries = os.pread(file, size, begin)
    except OSError:
        return None
    finally:
        os.close(file)
    if len(entries) != size:
        return None
    written = entries[_ENTRY_BYTES - 1 :: _ENTRY_BYTES].translate(_WRITTEN)
    numbers, at = [], written.find(1)
    while at >= 0:
        numbers.append(first + at)
        at = written.find(1, at + 1)
    return numbers


def kernel_tells_of_writes(address: int, count: int) -> bool:
    """Tells whether the kernel tells of a write to a page of a fresh memory, and of no other."""
    with contextlib.suppress(AttributeError):  # systems without pages of this size
        if os.sysconf("SC_PAGE_SIZE") != PAGE_BYTES:
            return False
    if (before := written_pages(address, 0, count)) is None:
        return False
    chosen = next((page for page in reversed(range(count)) if page not in before), None)
    if chosen is None:
        return False
    place = ctypes.c_char.from_address(address + chosen * PAGE_BYTES)
    place.value = place.value
    return written_pages(address, 0, count) == sorted([*before, chosen])
