"""What the module finds is what Python finds, and is put back as Python would."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.errors import HostMemoryError
from langchain_quickjs.interpreter.guest import page_lines
from langchain_quickjs.interpreter.guest.image import PAGE_BYTES, MemoryPages, page_at
from langchain_quickjs.interpreter.guest.instance import load
from langchain_quickjs.interpreter.guest.page_lines import LinePages, lines_of, write_lines
from langchain_quickjs.interpreter.storage.changed_lines import changes, content_of, lines


def boot_image() -> MemoryPages:
    boot = load().boot
    assert isinstance(boot, MemoryPages)
    return boot


BOOT = boot_image()
PAGES = len(BOOT) + 40  # of a memory that has grown

WRITES = st.dictionaries(
    st.integers(0, PAGES * PAGE_BYTES - 1) | st.integers(0, PAGES - 1).map(PAGE_BYTES.__mul__),
    st.integers(0, 255),
    max_size=30,
)
RUNS = st.lists(st.integers(0, PAGES), max_size=12, unique=True).map(
    lambda ends: [(first, end) for first, end in zip(*[iter(sorted(ends))] * 2, strict=False)]
)


def written(writes: dict[int, int]) -> bytearray:
    memory = bytearray().join(page_at(BOOT, number) for number in range(PAGES))
    for at, byte in writes.items():
        memory[at] = byte
    return memory


def pages_in(memory: bytearray, runs: list[tuple[int, int]]) -> dict[int, bytes]:
    numbers = (number for run in runs for number in range(*run))
    return {n: bytes(memory[n * PAGE_BYTES : (n + 1) * PAGE_BYTES]) for n in numbers}


def xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


@given(WRITES, RUNS)
def test_it_finds_the_same_as_python(writes: dict[int, int], runs: list[tuple[int, int]]) -> None:
    memory = written(writes)
    after = pages_in(memory, runs)
    found = lines_of(BOOT, memoryview(memory), runs)
    assert (found.numbers, found.masks) == changes({}, after, BOOT)
    some = lines(found.numbers, found.masks)
    assert found.content == xor(content_of(some, after, BOOT), content_of(some, {}, BOOT))
    different = {n: page for n, page in after.items() if page != page_at(BOOT, n)}
    assert LinePages(BOOT, found) == different
    boot = written({})
    write_lines(BOOT, found, memoryview(boot))
    assert boot == bytearray().join(different.get(n, page_at(BOOT, n)) for n in range(PAGES))


@pytest.mark.parametrize("runs", [[(0, PAGES)], [(n, n + 1) for n in range(0, PAGES, 2)]])
def test_more_pages_than_are_looked_at_in_one_go(runs: list[tuple[int, int]]) -> None:
    memory = written({})
    memory[:] = random.Random(5).randbytes(len(memory))
    found = lines_of(BOOT, memoryview(memory), runs)
    assert len(found.content) == len(found.numbers) * PAGE_BYTES
    assert LinePages(BOOT, found) == pages_in(memory, runs)


def test_nothing_is_nothing() -> None:
    assert lines_of(BOOT, memoryview(b""), []) == ([], b"", b"")
    assert lines_of(BOOT, memoryview(written({})), [(0, PAGES)]) == ([], b"", b"")
    assert LinePages(BOOT, lines_of(BOOT, memoryview(b""), [])) == {}


@given(WRITES)
def test_where_the_module_cannot_be_python_does_it(writes: dict[int, int]) -> None:
    memory = written(writes)
    found = lines_of(BOOT, memoryview(memory), [(0, PAGES)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_lines, "_taken", refuse)
        boot = written({})
        write_lines(BOOT, found, memoryview(boot))
    assert boot == memory


def refuse(_: object) -> None:
    raise HostMemoryError("there is no memory")
