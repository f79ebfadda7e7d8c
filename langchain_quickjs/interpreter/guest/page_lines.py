"""Lines: in what a memory differs from the boot image, found and put back faster than Python can.

    memory = boot | LinePages(boot, lines_of(boot, memory, runs))

A line is an eighth of a page. What it differs by is its XOR with the boot image, which is mostly
zeros. Python has nothing that XORs bytes in bulk, so a small WebAssembly module of our own does it,
in an instance that no script has to do with. `storage.changed_lines` says the same in Python.
"""

from __future__ import annotations

import array
import functools
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, pairwise
from typing import Final

from langchain_quickjs.errors import HostMemoryError
from langchain_quickjs.interpreter.guest.engine import CompiledModule, WasmInstance, compile_text
from langchain_quickjs.interpreter.guest.image import (
    BLOCK_BYTES,
    LINE_BYTES,
    PAGE_BYTES,
    AnyLines,
    Lines,
    MemoryPages,
    page_at,
)
from langchain_quickjs.interpreter.guest.reuse.dirty_pages import Run

__all__ = ["LinePages", "lines_of", "write_lines"]

# Where things lie in the module's memory. So many pages are looked at in one go.
_AT_ONCE: Final = 256
_NUMBERS, _MASKS, _BOOT_PAGES, _PAGES = 0, 4 * _AT_ONCE, 5 * _AT_ONCE, BLOCK_BYTES
_MOST_IDLE: Final = 2  # of five megabytes each
_OUT: Final = _PAGES + _AT_ONCE * PAGE_BYTES
_BOOT: Final = _OUT + _AT_ONCE * PAGE_BYTES

_WORD: Final = """
(local.set $x (v128.xor
  (v128.load offset={at} (local.get $page)) (v128.load offset={at} (local.get $boot))))
(v128.store offset={at} (local.get $to) (local.get $x))
(local.set $any (v128.or (local.get $any) (local.get $x)))
"""
_BLOCK: Final = 64  # of so many bytes each round of the loop
_FURTHER: Final = f"(local.set {{0}} (i32.add (local.get {{0}}) (i32.const {_BLOCK})))"
_XOR: Final = f"""
(loop $words
  {"".join(_WORD.format(at=at) for at in range(0, _BLOCK, 16))}
  {"".join(map(_FURTHER.format, ("$page", "$boot", "$to")))}
  (br_if $words (i32.and (local.get $to) (i32.const {LINE_BYTES - 1}))))
"""
_DIFFER: Final = f"""
(local.set $any (v128.const i64x2 0 0))
{_XOR}
(if (v128.any_true (local.get $any))
  (then (local.set $mask (i32.or (local.get $mask) (local.get $line))))
  (else (local.set $to (i32.sub (local.get $to) (i32.const {LINE_BYTES})))))
"""
_PATCH: Final = f"""
(if (i32.and (local.get $mask) (local.get $line))
  (then {_XOR})
  (else
    (memory.copy (local.get $to) (local.get $boot) (i32.const {LINE_BYTES}))
    (local.set $boot (i32.add (local.get $boot) (i32.const {LINE_BYTES})))
    (local.set $to (i32.add (local.get $to) (i32.const {LINE_BYTES})))))
"""
# For each of `$count` pages, and for each of its lines: `differ` writes it down if it differs, and
# which do; `patch` gives the line that differs so, or the boot image's own. What comes behind the
# boot image is a page of zeros. Returned is where what was written ends.
_EACH_LINE: Final = """
(func (export "{name}") (param $count i32) (result i64)
  (local $boot i32) (local $page i32) (local $to i32) (local $line i32) (local $mask i32)
  (local $at i32) (local $number i32) (local $last i32) (local $x v128) (local $any v128)
  (local.set $page (i32.const {pages}))
  (local.set $to (i32.const {out}))
  (local.set $last (i32.load (i32.const {boot_pages})))
  (block $done (loop $each
    (br_if $done (i32.ge_u (local.get $at) (local.get $count)))
    (local.set $number (i32.load (i32.shl (local.get $at) (i32.const 2))))
    (local.set $boot (i32.add (i32.const {boot}) (i32.mul (i32.const {page_bytes}) (select
      (local.get $number) (local.get $last)
      (i32.lt_u (local.get $number) (local.get $last))))))
    (local.set $mask (i32.load8_u offset={masks} (local.get $at)))
    (local.set $line (i32.const 1))
    (loop $lines
      {one_line}
      (local.set $line (i32.shl (local.get $line) (i32.const 1)))
      (br_if $lines (i32.lt_u (local.get $line) (i32.const 256))))
    (i32.store8 offset={masks} (local.get $at) (local.get $mask))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br $each)))
  (i64.extend_i32_u (local.get $to)))
"""


def _text() -> str:
    where = {"pages": _PAGES, "out": _OUT, "masks": _MASKS, "boot": _BOOT}
    sizes = {"boot_pages": _BOOT_PAGES, "page_bytes": PAGE_BYTES}
    functions = [
        _EACH_LINE.format(name=name, one_line=one_line, **where, **sizes)
        for name, one_line in (("differ", _DIFFER), ("patch", _PATCH))
    ]
    return f'(module (memory (export "memory") {_BOOT // BLOCK_BYTES}) {" ".join(functions)})'


@functools.cache
def _module(memory_bytes: int) -> CompiledModule:
    return compile_text(_text().encode(), memory_bytes)


class _Lines(WasmInstance):
    """The module's instance for one boot image."""

    functions = ("differ", "patch")
    brief = True
    __slots__ = ()

    def __init__(self, boot: MemoryPages) -> None:
        pages = len(boot)
        blocks = pages * PAGE_BYTES // BLOCK_BYTES + 1
        memory_bytes = _BOOT + blocks * BLOCK_BYTES
        super().__init__(_module(memory_bytes), memory_bytes)
        self._grow(blocks)
        boot.copy([(0, pages)], self._view[_BOOT:])
        self._view[_BOOT_PAGES : _BOOT_PAGES + 4] = pages.to_bytes(4, "little")

    def _put_numbers(self, numbers: Sequence[int]) -> None:
        self._view[_NUMBERS : _NUMBERS + 4 * len(numbers)] = array.array("I", numbers).tobytes()

    def differing(self, numbers: Sequence[int]) -> tuple[bytes, bytes]:
        """Compares the pages that were put there, and gives their masks and what they differ by."""
        count, view = len(numbers), self._view
        self._put_numbers(numbers)
        view[_MASKS : _MASKS + count] = bytes(count)
        end = self._call("differ", count)
        return bytes(view[_MASKS : _MASKS + count]), bytes(view[_OUT:end])

    def put_pages(self, memory: memoryview, runs: Iterable[Run]) -> list[int]:
        """Puts pages of a memory there, and gives their numbers."""
        view, begin = self._view, _PAGES
        numbers: list[int] = []
        for first, behind in runs:
            end = begin + (behind - first) * PAGE_BYTES
            view[begin:end] = memory[first * PAGE_BYTES : behind * PAGE_BYTES]
            numbers += range(first, behind)
            begin = end
        return numbers

    def patched(self, numbers: Sequence[int], masks: bytes, content: memoryview) -> memoryview:
        """Gives the pages that differ by that, one after the other, until it is asked again."""
        count, view = len(numbers), self._view
        self._put_numbers(numbers)
        view[_MASKS : _MASKS + count] = masks
        view[_PAGES : _PAGES + len(content)] = content
        return view[_OUT : self._call("patch", count)]


_idle: weakref.WeakKeyDictionary[MemoryPages, list[_Lines]] = weakref.WeakKeyDictionary()


def _taken(boot: MemoryPages) -> _Lines:
    """Gives an instance that nobody else uses until it is put back; after an error, it is not."""
    idle = _idle.setdefault(boot, [])
    try:
        return idle.pop()
    except IndexError:
        return _Lines(boot)


def _put_back(boot: MemoryPages, instance: _Lines) -> None:
    idle = _idle.setdefault(boot, [])
    idle.append(instance)
    del idle[_MOST_IDLE:]


def lines_of(boot: MemoryPages, memory: memoryview, runs: Iterable[Run]) -> Lines:
    """Finds in what some pages of a memory differ from those of the boot image.

    Raises:
        HostMemoryError: The system has no memory for the module.
    """
    numbers: list[int] = []
    masks, content = [], []
    instance = _taken(boot)
    for part in _parts(runs):
        looked_at = instance.put_pages(memory, part)
        found, differences = instance.differing(looked_at)
        numbers += compress(looked_at, found)
        masks.append(found.replace(b"\0", b""))
        content.append(differences)
    _put_back(boot, instance)
    return Lines(numbers, b"".join(masks), b"".join(content))


def _parts(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Deals runs out, as many pages as are looked at in one go."""
    part: list[Run] = []
    room = _AT_ONCE
    for begin, end in runs:
        first = begin
        while end - first > room:
            yield [*part, (first, first + room)]
            part, first, room = [], first + room, _AT_ONCE
        part.append((first, end))
        room -= end - first
    if part:
        yield part


def write_lines(boot: MemoryPages, lines: AnyLines, memory: memoryview) -> None:
    """Makes the pages of a memory that differ from the boot image in these lines.

    Args:
        boot: The boot image.
        lines: Page numbers, masks and content that fit each other.
        memory: A memory that is large enough.
    """
    for numbers, pages in _patched(boot, lines):
        for begin, end in _consecutive(numbers):
            at = numbers[begin] * PAGE_BYTES
            some = pages[begin * PAGE_BYTES : end * PAGE_BYTES]
            memory[at : at + len(some)] = some


def _consecutive(numbers: Sequence[int]) -> Iterator[Run]:
    """Gives from where to before where in these numbers each is one more than that before it."""
    begin = 0
    for at, (number, following) in enumerate(pairwise(numbers), 1):
        if following != number + 1:
            yield begin, at
            begin = at
    if numbers:
        yield begin, len(numbers)


def _patched(boot: MemoryPages, lines: AnyLines) -> Iterator[tuple[list[int], memoryview]]:
    """Gives the pages that differ, some at a time: their numbers, and one after the other."""
    numbers, masks, content = lines.numbers, lines.masks, memoryview(lines.content)
    try:
        instance = _taken(boot)
    except HostMemoryError:
        for number, page in _patched_in_python(boot, numbers, masks, content):
            yield [number], memoryview(page)
        return
    begin = 0
    for index in range(0, len(numbers), _AT_ONCE):
        some, which = numbers[index : index + _AT_ONCE], masks[index : index + _AT_ONCE]
        end = begin + sum(map(int.bit_count, which)) * LINE_BYTES
        yield some, instance.patched(some, which, content[begin:end])
        begin = end
    _put_back(boot, instance)


def _patched_in_python(
    boot: MemoryPages, numbers: Sequence[int], masks: bytes, content: memoryview
) -> Iterator[tuple[int, bytes]]:
    begin = 0
    for number, mask in zip(numbers, masks, strict=True):
        page = bytearray(page_at(boot, number))
        which = map(int, reversed(f"{mask:08b}"))
        for at in compress(range(0, PAGE_BYTES, LINE_BYTES), which):
            ours = int.from_bytes(page[at : at + LINE_BYTES], "little")
            theirs = int.from_bytes(content[begin : begin + LINE_BYTES], "little")
            page[at : at + LINE_BYTES] = (ours ^ theirs).to_bytes(LINE_BYTES, "little")
            begin += LINE_BYTES
        yield number, bytes(page)


class LinePages(Mapping[int, bytes]):
    """The pages that differ from the boot image in some lines, made when one is first asked for."""

    __slots__ = ("_boot", "_lines", "_made")

    def __init__(self, boot: MemoryPages, lines: AnyLines) -> None:
        self._boot, self._lines = boot, lines
        self._made: dict[int, bytes] | None = None

    def __getitem__(self, number: int) -> bytes:
        if self._made is None:
            self._made = {
                number: bytes(pages[at * PAGE_BYTES : (at + 1) * PAGE_BYTES])
                for numbers, pages in _patched(self._boot, self._lines)
                for at, number in enumerate(numbers)
            }
        return self._made[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._lines.numbers)

    def __len__(self) -> int:
        return len(self._lines.numbers)
