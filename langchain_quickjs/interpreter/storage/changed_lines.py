"""Lines: what is stored of pages that differ, which mostly differ in little.

    numbers, masks = changes(before, after)
    before | patched(lines(numbers, masks), joined(lines(numbers, masks), after), before) == after

A line is an eighth of a page. For each page with any that differ, a byte says which. Pages that a
memory does not hold are the boot image's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from langchain_quickjs.interpreter.guest.image import PAGE_BYTES, page_at

__all__ = ["LINE_BYTES", "Line", "are_changes", "changes", "joined", "lines", "patched"]

LINE_BYTES: Final = PAGE_BYTES // 8

_LINES: Final = tuple(slice(at, at + LINE_BYTES) for at in range(0, PAGE_BYTES, LINE_BYTES))
_OF_MASK: Final = tuple(
    tuple(line for bit, line in enumerate(_LINES) if mask >> bit & 1) for mask in range(256)
)

Line = tuple[int, slice]
"""The number of a page, and where in it the line is."""


def changes(
    before: Mapping[int, bytes], after: Mapping[int, bytes], boot: Sequence[bytes]
) -> tuple[list[int], bytes]:
    """The numbers of the pages that differ, in order, and for each the lines that do."""
    numbers, masks = [], bytearray()
    for number in sorted(before.keys() | after.keys()):
        if mask := _mask(_page(before, number, boot), _page(after, number, boot)):
            numbers.append(number)
            masks.append(mask)
    return numbers, bytes(masks)


def are_changes(numbers: Sequence[Any], masks: bytes, pages: int) -> bool:
    """Whether that could be the changes of a memory of so many pages; both are untrusted."""
    return (
        all(type(number) is int and 0 <= number < pages for number in numbers)
        and sorted(set(numbers)) == numbers
        and len(masks) == len(numbers)
        and all(masks)
    )


def lines(numbers: Sequence[int], masks: bytes) -> list[Line]:
    """The lines that masks stand for."""
    pairs = zip(numbers, masks, strict=True)
    return [(number, line) for number, mask in pairs for line in _OF_MASK[mask]]


def joined(some: Sequence[Line], pages: Mapping[int, bytes], boot: Sequence[bytes]) -> bytes:
    """What stands in lines of a memory."""
    return b"".join([_page(pages, number, boot)[line] for number, line in some])


def patched(
    some: Sequence[Line], content: bytes, pages: Mapping[int, bytes], boot: Sequence[bytes]
) -> dict[int, bytes]:
    """The pages with these lines, once they have this content."""
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
