"""Lines: what is stored of pages that differ, which mostly differ in little.

    some = lines(*changes(before, after))
    before | patched_pages(some, content_of(some, after), before) == after

A line is an eighth of a page. For each page with any that differ, a byte says which. Pages that a
memory does not hold are the boot image's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from langchain_quickjs.interpreter.guest.image import LINE_BYTES, PAGE_BYTES, page_at

__all__ = [
    "Line",
    "are_possible_changes",
    "changes",
    "content_of",
    "lines",
    "patched_pages",
]

_LINES: Final = tuple(slice(at, at + LINE_BYTES) for at in range(0, PAGE_BYTES, LINE_BYTES))
_OF_MASK: Final = tuple(
    tuple(line for bit, line in enumerate(_LINES) if mask >> bit & 1) for mask in range(256)
)

Line = tuple[int, slice]
"""The number of a page, and where in it the line is."""


def changes(
    before: Mapping[int, bytes], after: Mapping[int, bytes], boot: Sequence[bytes]
) -> tuple[list[int], bytes]:
    """Finds the pages that differ: their numbers, in order, and for each the lines that do."""
    numbers, masks = [], bytearray()
    for number in sorted(before.keys() | after.keys()):
        if mask := _mask(_page(before, number, boot), _page(after, number, boot)):
            numbers.append(number)
            masks.append(mask)
    return numbers, bytes(masks)


def are_possible_changes(numbers: Sequence[Any], masks: bytes, pages: int) -> bool:
    """Tells whether these could be the changes of a memory of so many pages.

    Both are untrusted.
    """
    if not {*map(type, numbers)} <= {int} or sorted({*numbers}) != numbers:
        return False
    within = not numbers or (numbers[0] >= 0 and numbers[-1] < pages)
    return within and len(masks) == len(numbers) and all(masks)


def lines(numbers: Sequence[int], masks: bytes) -> list[Line]:
    """Lists the lines that masks stand for."""
    pairs = zip(numbers, masks, strict=True)
    return [(number, line) for number, mask in pairs for line in _OF_MASK[mask]]


def content_of(some: Sequence[Line], pages: Mapping[int, bytes], boot: Sequence[bytes]) -> bytes:
    """Gives what stands in some lines of a memory."""
    return b"".join([_page(pages, number, boot)[line] for number, line in some])


def patched_pages(
    some: Sequence[Line], content: bytes, pages: Mapping[int, bytes], boot: Sequence[bytes]
) -> dict[int, bytes]:
    """Makes the pages of some lines as they are once the lines have this content."""
    made: dict[int, bytearray] = {}
    for index, (number, line) in enumerate(some):
        if number not in made:
            made[number] = bytearray(_page(pages, number, boot))
        made[number][line] = content[index * LINE_BYTES : (index + 1) * LINE_BYTES]
    return {number: bytes(page) for number, page in made.items()}


def _mask(before: bytes, after: bytes) -> int:
    if before == after:
        return 0
    return sum(1 << bit for bit, line in enumerate(_LINES) if before[line] != after[line])


def _page(pages: Mapping[int, bytes], number: int, boot: Sequence[bytes]) -> bytes:
    page = pages.get(number)
    return page_at(boot, number) if page is None else page
