"""Records of heaps: the laws of `langchain_quickjs.interpreter.storage.heap_records`."""

from __future__ import annotations

import contextlib
import functools
import random
import struct
import tracemalloc
from collections.abc import Callable, Sequence

import msgpack
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.errors import InterpreterStateError, SnapshotError
from langchain_quickjs.interpreter import (
    Heap,
    Interpreter,
    StoredHeap,
    fold,
    pack_record,
    record_id,
    unfold,
)
from langchain_quickjs.interpreter.guest.image import BLOCK_BYTES, PAGE_BYTES, Image, page_at
from langchain_quickjs.interpreter.guest.instance import load
from langchain_quickjs.interpreter.storage.heap_records import MOST_RECORDS
from tests.helpers.mutation import Mutator

MEMORY_BYTES = 64 * 1024 * 1024
BLOCKS = 40
ROOM = BLOCKS * BLOCK_BYTES // PAGE_BYTES


def image_of(changes: dict[int, int], blocks: int = BLOCKS) -> Image:
    """An image with random bytes in some pages; as ever, no page that is as it was at boot."""
    boot = load().boot
    pages = {n: random.Random(seed).randbytes(PAGE_BYTES) for n, seed in changes.items() if seed}
    return Image(blocks, {n: page for n, page in pages.items() if page != page_at(boot, n)})


def heaps() -> st.SearchStrategy[Heap]:
    # Seed 0 stands for a page that is as it was at boot: pages come and go.
    changes = st.dictionaries(st.integers(0, ROOM - 1), st.integers(0, 3), max_size=200)
    return st.builds(
        lambda c, n: Heap(image_of(c), n, load().build), changes, st.integers(1, 2**40)
    )


def chain_of(heaps: Sequence[Heap]) -> list[bytes]:
    """The first in full, the others as what changed."""
    records: list[bytes] = []
    stored: StoredHeap | None = None
    for heap in heaps:
        records.append(pack_record(heap, stored))
        stored = StoredHeap(record_id(records[-1]), heap)
    return records


def folded(base: StoredHeap | None, record: bytes) -> StoredHeap:
    return fold(base, record, memory_bytes=MEMORY_BYTES)


@given(heaps())
def test_a_full_record_gives_the_heap(heap: Heap) -> None:
    record = pack_record(heap)
    assert folded(None, record) == StoredHeap(record_id(record), heap)


@given(st.lists(heaps(), min_size=1, max_size=5))
def test_a_chain_gives_what_a_full_record_gives(states: list[Heap]) -> None:
    chain = chain_of(states)
    start: StoredHeap | None = None
    last = functools.reduce(folded, chain, start)
    assert last is not None
    assert last.heap == folded(None, pack_record(states[-1])).heap == states[-1]

    by_id = {record_id(record): record for record in reversed(chain)}
    assert unfold(by_id, last.id, memory_bytes=MEMORY_BYTES) == last


@given(st.lists(heaps(), min_size=3, max_size=3))
def test_a_wrong_base_is_refused(states: list[Heap]) -> None:
    first, second, third = states
    one, two = folded(None, pack_record(first)), folded(None, pack_record(second))
    on_one = pack_record(third, one)
    assert folded(one, on_one).heap == third
    wrong = [None, folded(one, on_one), *([] if two.id == one.id else [two])]
    for base in wrong:
        with pytest.raises(SnapshotError, match="another heap"):
            folded(base, on_one)
    with pytest.raises(SnapshotError, match="another heap"):
        folded(one, pack_record(third))


@given(st.lists(heaps(), min_size=4, max_size=4))
def test_two_deltas_of_one_base_do_not_mix(states: list[Heap]) -> None:
    base = folded(None, pack_record(states[0]))
    left = pack_record(states[1], base)
    right = pack_record(states[2], base)
    assert folded(base, left).heap == states[1]
    assert folded(base, right).heap == states[2]
    if left != right:
        with pytest.raises(SnapshotError):
            folded(folded(base, left), right)


def test_a_missing_and_a_changed_record_are_found() -> None:
    chain = chain_of([Heap(image_of({1: 1, 600: n}), n, load().build) for n in (1, 2, 3)])
    by_id = {record_id(record): record for record in chain}
    head = record_id(chain[-1])
    for record in chain:
        number = record_id(record)
        without = {n: r for n, r in by_id.items() if n != number}
        with pytest.raises(SnapshotError, match="missing"):
            unfold(without, head, memory_bytes=MEMORY_BYTES)
        with pytest.raises(SnapshotError, match="damaged"):
            unfold({**by_id, number: record + b"\0"}, head, memory_bytes=MEMORY_BYTES)


@pytest.fixture(scope="module")
def real() -> list[bytes]:
    """A chain as programs make it."""
    states = []
    interpreter = Interpreter(seed=bytes(32))
    for source in ("let a = 1", "const f = (x) => x + a; f(1)", "a = 'x'.repeat(5000)"):
        interpreter.eval(source)
        states.append(interpreter.heap())
        interpreter = Interpreter.with_heap(states[-1])
    return chain_of(states)


def test_every_change_of_a_record_is_refused(
    real: list[bytes], request: pytest.FixtureRequest
) -> None:
    """By its id always; and without an id, nothing but `SnapshotError` ever comes of it."""
    rounds = 20_000 if request.config.getoption("--full") else 1_500
    mutator = Mutator(random.Random(7), real)
    bases = [None, *(folded(None, real[0]),)]
    bases.append(folded(bases[1], real[1]))
    by_id = {record_id(record): record for record in real}
    accepted = 0
    for number in range(rounds):
        at = number % len(real)
        changed = mutator.mutate(real[at])
        if changed == real[at]:
            continue
        damaged = {**by_id, record_id(real[at]): changed}
        with pytest.raises(SnapshotError):
            unfold(damaged, record_id(real[-1]), memory_bytes=MEMORY_BYTES)
        with contextlib.suppress(SnapshotError):
            accepted += folded(bases[at], changed) is not None
    print(f"{rounds} changed records, {accepted} of them still records, of another id")


def forged(fields: bytes, base: bytes = bytes(32)) -> bytes:
    """A record of this build with any content."""
    return b"QJSR\x02" + load().build_id[:16] + base + fields


def record_of(numbers: list[int], masks: bytes, parts: list[bytes]) -> bytes:
    return forged(msgpack.packb([1, BLOCKS, numbers, masks, parts]))


def frame(content_size: int, window: bytes = b"") -> bytes:
    """A zstandard frame that says how much is in it, or has to be kept, and holds nothing."""
    head = b"\xc0" + window if window else b"\xe0"
    return b"\x28\xb5\x2f\xfd" + head + struct.pack("<Q", content_size) + b"\1\0\0"


FORGED: dict[str, Callable[[], bytes]] = {
    "ten million pages": lambda: record_of([0] * 10**7, b"", []),
    "as many pages as fit, again and again": lambda: record_of([1] * ROOM, bytes(ROOM), []),
    "ten million parts": lambda: forged(b"\x95\1\1\x90\xc4\0\xdd" + struct.pack(">I", 10**7)),
    "an array that is not there": lambda: forged(b"\xdd\xff\xff\xff\xff"),
    "lists": lambda: forged(b"\xdc\x3f\xff" + b"\x90" * 2**14),
    "lists in lists": lambda: forged(b"\xdc\x3f\xff" * 400 + b"\xc0" * 2**20),
    "maps": lambda: forged(b"\xdc\x3f\xff" + b"\x80" * 2**14),
    "extensions": lambda: forged(b"\xdc\x3f\xff" + b"\xd4\0\0" * 2**14),
    "a frame of a terabyte": lambda: record_of([0], b"\1", [frame(2**40)]),
    "a frame of another size": lambda: record_of([0], b"\1", [frame(2**20)]),
    "a frame that wants a large window": lambda: record_of([0], b"\1", [frame(512, b"\xa8")]),
    "a frame of zeros": lambda: record_of(
        [0], b"\1", [zstandard.ZstdCompressor().compress(bytes(64 * 2**20))]
    ),
    "other bytes": lambda: forged(b"\xc1" * 1000),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_record_is_refused_before_it_takes_memory(kind: str) -> None:
    record = FORGED[kind]()
    tracemalloc.start()
    try:
        with pytest.raises(SnapshotError):
            folded(None, record)
        with pytest.raises(SnapshotError):
            unfold({record_id(record): record}, record_id(record), memory_bytes=MEMORY_BYTES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Lists in lists are made before they are filled; most of that is never touched.
    assert peak < (MEMORY_BYTES if kind == "lists in lists" else 2**20 + 2 * len(record))


def test_a_chain_that_no_program_makes_is_refused_before_it_is_unpacked() -> None:
    heap = Heap(image_of({1: 1}), 1, load().build)
    records = [pack_record(heap)]
    for n in range(5000):
        records.append(forged(msgpack.packb([n + 2, BLOCKS, [], b"", []]), record_id(records[-1])))
    by_id = {record_id(record): record for record in records}
    with pytest.raises(SnapshotError, match="parts"):
        unfold(by_id, record_id(records[-1]), memory_bytes=MEMORY_BYTES)
    kept = unfold(by_id, record_id(records[MOST_RECORDS - 1]), memory_bytes=MEMORY_BYTES)
    assert kept.heap.image == heap.image


def test_other_builds_and_formats_say_so(real: list[bytes]) -> None:
    record = real[0]
    with pytest.raises(SnapshotError, match="engine build"):
        folded(None, record[:5] + bytes(16) + record[21:])
    with pytest.raises(SnapshotError, match="format 9"):
        folded(None, record[:4] + b"\x09" + record[5:])
    with pytest.raises(SnapshotError, match="no record"):
        folded(None, b"")
    with pytest.raises(SnapshotError, match="bytes of memory"):
        fold(None, record, memory_bytes=1024 * 1024)


def test_a_heap_is_what_scripts_declared() -> None:
    interpreter = Interpreter()
    assert interpreter.heap().empty
    interpreter.eval("let count = 1; class Point { x = count }; const add = () => ++count")
    heap = interpreter.heap()
    assert not heap.empty
    for _ in range(2):
        other = Interpreter.with_heap(heap)  # Each goes its own way.
        assert other.eval("add(); new Point().x") == 2
    assert interpreter.eval("count") == 1


def test_ids_of_calls_go_on_counting() -> None:
    interpreter = Interpreter()
    outcome = interpreter.start("tools.f()", tools=["f"])
    with pytest.raises(InterpreterStateError, match="running"):
        interpreter.heap()
    interpreter.abort()
    again = Interpreter.with_heap(interpreter.heap()).start("tools.f()", tools=["f"])
    assert again.calls[0].id == outcome.calls[0].id + 1  # type: ignore[union-attr]  # it paused
