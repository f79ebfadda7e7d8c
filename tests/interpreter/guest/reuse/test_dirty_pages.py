"""What the kernel says of written pages is what a comparison of all pages finds."""

from __future__ import annotations

import ctypes
import dataclasses
import mmap
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs import Limits
from langchain_quickjs.interpreter.guest.image import PAGE_BYTES
from langchain_quickjs.interpreter.guest.instance import Instance, load
from langchain_quickjs.interpreter.guest.reuse import dirty_pages
from langchain_quickjs.interpreter.guest.reuse.dirty_pages import (
    kernel_tells_of_writes,
    written_runs,
)
from langchain_quickjs.interpreter.wire.protocol import start_message

if sys.platform == "linux":
    import resource

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")

PAGES = 64


@pytest.fixture
def memory() -> Iterator[tuple[mmap.mmap, int]]:
    """Private memory that nobody has touched, and its address."""
    with mmap.mmap(-1, PAGES * PAGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as made:
        made.madvise(mmap.MADV_NOHUGEPAGE)
        held = ctypes.c_char.from_buffer(made)
        yield made, ctypes.addressof(held)
        del held


@pytest.fixture(params=["scanned", "read"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways in which the kernel is asked; older ones know one of them."""
    if request.param == "read":
        monkeypatch.setattr(dirty_pages, "_PAGEMAP_SCAN", 0)


@pytest.mark.usefixtures("way")
def test_a_write_shows_and_a_read_does_not(memory: tuple[mmap.mmap, int]) -> None:
    made, address = memory
    assert written_runs(address, 0, PAGES) == []
    for page in (3, 4, PAGES - 1):
        made[page * PAGE_BYTES + 7] = 0
    assert written_runs(address, 0, PAGES) == [(3, 5), (PAGES - 1, PAGES)]
    assert written_runs(address, 4, PAGES) == [(4, 5), (PAGES - 1, PAGES)]
    assert kernel_tells_of_writes(address, PAGES)


def test_more_runs_than_are_asked_for_at_a_time() -> None:
    pages = 4096
    with mmap.mmap(-1, pages * PAGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as made:
        made.madvise(mmap.MADV_NOHUGEPAGE)
        held = ctypes.c_char.from_buffer(made)
        for page in range(0, pages, 2):
            made[page * PAGE_BYTES] = 1
        runs = written_runs(ctypes.addressof(held), 0, pages)
        del held
    assert runs == [(page, page + 1) for page in range(0, pages, 2)]


def test_what_has_been_written_all_over_tells_nothing(memory: tuple[mmap.mmap, int]) -> None:
    made, address = memory
    for page in range(PAGES):
        made[page * PAGE_BYTES] = 1
    assert not kernel_tells_of_writes(address, PAGES)


def test_there_may_be_no_such_memory() -> None:
    assert written_runs(2**62, 0, PAGES) is None


def test_collecting_garbage_leaves_alone_what_no_script_has_written_to() -> None:
    limits, seed = Limits(), bytes(32)
    instance = Instance(load(), limits.memory_bytes)
    message = start_message("1 + 1", now_s=0.0, seed=seed, tools=(), functions=(), limits=limits)
    instance.step(message, 5, 2**20)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    instance.tidy()
    copied_pages = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before
    assert copied_pages < 30  # where everything that is free was written to, it was 70


SOURCES = st.sampled_from(
    [
        "var kept = kept ?? []; kept.push(Math.random()); kept.length",
        "var text = 'x'.repeat(200_000); text.length",
        "text = null",
        "throw new Error('no')",
        "Array.from({ length: 20_000 }, (_, n) => ({ n })).length",
        "function deep(n) { return n ? deep(n - 1) : 0 } deep(2_000)",
        "/a+b/.exec('a'.repeat(1_000) + 'b')[0].length",
    ]
)


@given(st.lists(SOURCES, max_size=5))
def test_an_image_is_the_same_as_by_comparison(sources: list[str]) -> None:
    told = load()
    assert told.kernel_tells
    compared = dataclasses.replace(told, kernel_tells=False)
    limits = Limits()
    # Not machines: when those make an image depends on how long a step takes.
    instances = [Instance(module, limits.memory_bytes) for module in (told, compared)]
    for number, source in enumerate(sources):
        seed = None if number else bytes(32)
        message = start_message(source, now_s=0.0, seed=seed, tools=(), functions=(), limits=limits)
        for instance in instances:
            instance.step(message, 5, 2**20)
        by_kernel, by_comparison = (instance.image() for instance in instances)
        assert by_kernel == by_comparison
