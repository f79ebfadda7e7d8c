"""Lines: changed pages as what is stored of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.interpreter.guest.image import LINE_BYTES, PAGE_BYTES, page_at
from langchain_quickjs.interpreter.storage.changed_lines import (
    are_possible_changes,
    changes,
    content_of,
    lines,
    patched_pages,
)

ROOM = 6
BOOT = tuple(bytes([n + 1]) * PAGE_BYTES for n in range(ROOM - 2))


def memory(writes: list[tuple[int, int]]) -> dict[int, bytes]:
    """The pages that a memory holds after these writes."""
    pages: dict[int, bytearray] = {}
    for at, byte in writes:
        number, offset = divmod(at, PAGE_BYTES)
        pages.setdefault(number, bytearray(page_at(BOOT, number)))[offset] = byte
    made = {number: bytes(page) for number, page in pages.items()}
    return {number: page for number, page in made.items() if page != page_at(BOOT, number)}


memories = st.lists(
    st.tuples(st.integers(0, ROOM * PAGE_BYTES - 1), st.integers(0, 255)), max_size=12
).map(memory)


@given(memories, memories)
def test_a_memory_is_another_with_its_lines(
    before: dict[int, bytes], after: dict[int, bytes]
) -> None:
    numbers, masks = changes(before, after, BOOT)
    assert are_possible_changes(numbers, masks, ROOM)
    some = lines(numbers, masks)
    content = content_of(some, after, BOOT)
    assert len(content) == len(some) * LINE_BYTES
    made = {**before, **patched_pages(some, content, before, BOOT)}
    assert {n: p for n, p in made.items() if p != page_at(BOOT, n)} == after


@given(memories)
def test_what_is_equal_has_no_lines(pages: dict[int, bytes]) -> None:
    assert changes(pages, dict(pages), BOOT) == ([], b"")


@given(memories, memories)
def test_only_lines_that_differ_are_stored(
    before: dict[int, bytes], after: dict[int, bytes]
) -> None:
    some = lines(*changes(before, after, BOOT))
    assert all(content_of([line], before, BOOT) != content_of([line], after, BOOT) for line in some)


@pytest.mark.parametrize(
    ("numbers", "masks"),
    [
        ([1, 0], b"\1\1"),
        ([1, 1], b"\1\1"),
        ([ROOM], b"\1"),
        ([-1], b"\1"),
        ([True], b"\1"),
        (["1"], b"\1"),
        ([[]], b"\1"),
        ([1], b""),
        ([], b"\1"),
        ([1], b"\0"),
    ],
)
def test_what_cannot_be_changes_is_refused(numbers: list[Any], masks: bytes) -> None:
    assert not are_possible_changes(numbers, masks, ROOM)
