"""Which pages of an instance's memory have been written to, as the kernel knows it.

On Linux wasmtime maps the boot image privately, so that the kernel makes a page the process's own
when it is first written to. `/proc/self/pagemap` says which pages those are, in less time than it
takes to compare a few of them.

Source: Documentation/admin-guide/mm/pagemap.rst of the Linux kernel. Of an entry's 64 bits, 63 is
set where the page is in memory, 62 where it is swapped out, 61 where it is a file's or shared.
Since Linux 6.7, PAGEMAP_SCAN finds the runs of such pages itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from typing import Final

from langchain_quickjs.interpreter.guest.image import PAGE_BYTES

if sys.platform == "linux":
    import fcntl

__all__ = ["Run", "kernel_tells_of_writes", "written_runs"]

Run = tuple[int, int]
"""Pages that follow each other: the number of the first, and that after the last."""

_ENTRY_BYTES: Final = 8
_PRESENT, _SWAPPED, _FILE = 0x80, 0x40, 0x20  # in an entry's last byte
_WRITTEN: Final = bytes(
    bool(flags & _SWAPPED or (flags & _PRESENT and not flags & _FILE)) for flags in range(256)
)

_PAGEMAP_SCAN: Final = 0xC0606610  # _IOWR('f', 16, struct pm_scan_arg)
# size, flags, start, end, walk_end, vec, vec_len, max_pages, inverted, all of, any of, returned
_SCAN: Final = struct.Struct("12Q")
_OF_FILE, _IN_MEMORY, _IN_SWAP, _OF_ZEROS = 4, 8, 16, 32
_MOST_RUNS: Final = 512
_Found = ctypes.c_uint64 * (3 * _MOST_RUNS)  # for each run its first address, its end, and flags


def written_runs(address: int, first: int, count: int) -> list[Run] | None:
    """Gives the pages that were written to, and maybe others.

    Args:
        address: Where the memory begins.
        first: The first page to look at.
        count: The number of pages in the memory.

    Returns:
        The runs, in order, or `None` where the kernel does not say.
    """
    try:
        # Not kept open: it would go on to tell of this process after a fork.
        file = os.open("/proc/self/pagemap", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        runs = _scanned(file, address, first, count)
        return _read(file, address, first, count) if runs is None else runs
    except OSError:
        return None
    finally:
        os.close(file)


def _scanned(file: int, address: int, first: int, count: int) -> list[Run] | None:
    """Has the kernel find them; `None` if it cannot, or if there are too many runs."""
    if sys.platform != "linux":
        return None
    found = _Found()
    begin, end = address + first * PAGE_BYTES, address + count * PAGE_BYTES
    not_so, one_of = _OF_FILE | _OF_ZEROS, _IN_MEMORY | _IN_SWAP
    wanted = (0, begin, end, 0, ctypes.addressof(found), _MOST_RUNS, 0, not_so, not_so, one_of, 0)
    try:
        runs = fcntl.ioctl(file, _PAGEMAP_SCAN, bytearray(_SCAN.pack(_SCAN.size, *wanted)))
    except OSError:
        return None
    if runs == _MOST_RUNS:
        return None
    base = address // PAGE_BYTES
    starts, ends = found[: 3 * runs : 3], found[1 : 3 * runs : 3]
    return [
        (start // PAGE_BYTES - base, end // PAGE_BYTES - base)
        for start, end in zip(starts, ends, strict=True)
    ]


def _read(file: int, address: int, first: int, count: int) -> list[Run] | None:
    """Finds them in the entries of all pages."""
    begin, size = (address // PAGE_BYTES + first) * _ENTRY_BYTES, (count - first) * _ENTRY_BYTES
    entries = os.pread(file, size, begin)
    if len(entries) != size:
        return None
    written = entries[_ENTRY_BYTES - 1 :: _ENTRY_BYTES].translate(_WRITTEN)
    runs, at = [], written.find(1)
    while at >= 0:
        end = written.find(0, at)
        end = len(written) if end < 0 else end
        runs.append((first + at, first + end))
        at = written.find(1, end)
    return runs


def kernel_tells_of_writes(address: int, count: int) -> bool:
    """Tells whether the kernel tells of a write to a page of a fresh memory, and of no other."""
    with contextlib.suppress(AttributeError):  # systems without pages of this size
        if os.sysconf("SC_PAGE_SIZE") != PAGE_BYTES:
            return False
    if (before := _written(address, count)) is None:
        return False
    chosen = next((page for page in reversed(range(count)) if page not in before), None)
    if chosen is None:
        return False
    place = ctypes.c_char.from_address(address + chosen * PAGE_BYTES)
    place.value = place.value
    return _written(address, count) == before | {chosen}


def _written(address: int, count: int) -> set[int] | None:
    runs = written_runs(address, 0, count)
    return None if runs is None else {page for run in runs for page in range(*run)}
