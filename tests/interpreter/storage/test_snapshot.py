"""Snapshots: what is stored is what is restored, and nothing else is."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import random
import struct
import tracemalloc
from collections.abc import Sequence
from typing import Any

import msgpack
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.errors import QuickJSError, SnapshotError
from langchain_quickjs.interpreter import (
    Completed,
    Failed,
    Interpreter,
    Limits,
    Outcome,
    Returned,
    Suspended,
)
from langchain_quickjs.interpreter.guest.image import (
    BLOCK_BYTES,
    PAGE_BYTES,
    Image,
    difference,
    page_at,
)
from langchain_quickjs.interpreter.guest.instance import Instance, load
from langchain_quickjs.interpreter.storage.snapshot import unpack_snapshot
from tests.helpers.mutation import Mutator

MIB = 1024**2
LIMITS = Limits(memory_bytes=8 * MIB, step_timeout_s=0.1)
SEED = bytes(32)
HEADER = struct.Struct("<4sB16sII16s")
SCRIPT = """
let total = 1; const seen = new Map([['a', [1, 2]]])
const first = await tools.look({id: 7})
const both = await Promise.all([tools.look({id: 8}), tools.send('x', new Set([1]))])
;({first, both, total, seen})
"""


@functools.cache
def snapshot() -> bytes:
    """Of a script that waits for its first call."""
    interpreter = Interpreter(limits=LIMITS, seed=SEED, clock=lambda: 1e9)
    interpreter.start(SCRIPT, tools=["look", "send"])
    return interpreter.snapshot()


def open_up(data: bytes) -> tuple[list[Any], bytes]:
    """The fields of a snapshot, and its lines."""
    body_length = HEADER.unpack_from(data)[4]
    plain = zstandard.ZstdDecompressor().decompress(data[HEADER.size :])
    return msgpack.unpackb(plain[:body_length]), plain[body_length:]


def seal(packed: bytes, body_length: int) -> bytes:
    """A header with the right length and checksum before whatever is packed."""
    checksum = hashlib.blake2b(packed, digest_size=16).digest()
    build = HEADER.unpack_from(snapshot())[2]
    return HEADER.pack(b"QJSS", 2, build, len(packed), body_length, checksum) + packed


def forge(fields: bytes, pages: bytes) -> bytes:
    return seal(zstandard.ZstdCompressor().compress(fields + pages), len(fields))


def assert_refused(data: bytes) -> None:
    with pytest.raises(SnapshotError):
        Interpreter.restore(data, limits=LIMITS)


# --- round trips -------------------------------------------------------------------------------


def apply(boot: Sequence[bytes], image: Image) -> bytes:
    memory = bytearray(b"".join(boot).ljust(image.blocks * BLOCK_BYTES, b"\0"))
    for number, page in image.pages.items():
        memory[number * PAGE_BYTES : (number + 1) * PAGE_BYTES] = page
    return bytes(memory)


@given(
    st.lists(st.tuples(st.integers(0, 3 * BLOCK_BYTES - 1), st.integers(0, 255)), max_size=8),
    st.integers(0, 2),
    st.integers(0, 2),
    st.booleans(),
)
def test_a_memory_is_its_difference_applied_to_the_boot_image(
    writes: list[tuple[int, int]], boot_blocks: int, more: int, told: bool
) -> None:
    """Whether all pages are compared, or only those that are said to have been written to."""
    per_block = BLOCK_BYTES // PAGE_BYTES
    boot = tuple(bytes([n + 1]) * PAGE_BYTES for n in range(boot_blocks * per_block))
    memory = bytearray(b"".join(boot) + bytes(more * BLOCK_BYTES))
    for at, byte in writes:
        if at < len(memory):
            memory[at] = byte
    pages = [bytes(memory[i : i + PAGE_BYTES]) for i in range(0, len(memory), PAGE_BYTES)]
    written = {at // PAGE_BYTES for at, _ in writes if at < len(memory)}
    numbers = sorted(written) if told else range(len(pages))
    image = difference(boot, boot_blocks + more, ((n, pages[n]) for n in numbers))
    assert apply(boot, image) == memory
    touched = {at // PAGE_BYTES for at, _ in writes}
    assert image.pages.keys() <= touched
    assert all(page != page_at(boot, number) for number, page in image.pages.items())


def test_the_memory_of_a_real_guest_survives_image_and_load() -> None:
    module = load()
    paused = unpack_snapshot(snapshot(), module.boot, module.build_id, LIMITS)
    one, two = (Instance(module, LIMITS.memory_bytes) for _ in range(2))
    one.load(paused.image)
    assert one.image() == paused.image
    two.load(one.image())
    assert list(two.pages()) == list(one.pages())
    assert b"".join(page for _, page in one.pages()) == apply(module.boot, paused.image)


def test_a_restored_interpreter_gives_the_same_snapshot() -> None:
    assert Interpreter.restore(snapshot(), limits=LIMITS).snapshot() == snapshot()


def test_the_same_script_gives_the_same_memory() -> None:
    module = load()
    first = snapshot()
    snapshot.cache_clear()
    one, two = (
        unpack_snapshot(data, module.boot, module.build_id, LIMITS) for data in (first, snapshot())
    )
    assert one.image == two.image


def test_a_new_interpreter_can_be_stored() -> None:
    stored = Interpreter(limits=LIMITS).snapshot()
    assert len(stored) < 200


def test_what_a_script_allocates_lies_together() -> None:
    (_, _, _, _, _, _, _, pages, _), content = open_up(snapshot())
    assert len(pages) < 30  # there were 50 when it lay in the gaps of what had booted
    assert len(content) < 60 * 512


def finish(interpreter: Interpreter, rng: random.Random) -> Outcome:
    outcome: Outcome = Suspended(())
    for _ in range(20):
        if not interpreter.running:
            return outcome
        calls = rng.sample(interpreter.open_calls, k=min(1, len(interpreter.open_calls)))
        outcome = interpreter.resume({call.id: Returned({"got": call.args}) for call in calls})
    return outcome


def test_every_restored_copy_goes_its_own_way_to_the_same_end() -> None:
    outcomes = [
        finish(Interpreter.restore(snapshot(), limits=LIMITS), random.Random(n)) for n in range(4)
    ]
    assert isinstance(outcomes[0], Completed)
    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_open_calls_budget_and_time_are_restored() -> None:
    interpreter = Interpreter.restore(snapshot(), limits=LIMITS)
    assert [(call.id, call.name, call.args) for call in interpreter.open_calls] == [
        (1, "look", ({"id": 7},))
    ]
    assert interpreter.running
    assert 0 < interpreter.spent_s < 1


# --- damage ------------------------------------------------------------------------------------


def test_every_single_byte_matters() -> None:
    original = snapshot()
    for at in range(len(original)):
        for mask in (1 << at % 8, 0xFF):
            damaged = bytearray(original)
            damaged[at] ^= mask
            assert_refused(bytes(damaged))


def test_every_single_bit_of_the_header_matters() -> None:
    original = snapshot()
    for bit in range(HEADER.size * 8):
        damaged = bytearray(original)
        damaged[bit // 8] ^= 1 << bit % 8
        assert_refused(bytes(damaged))


def test_a_snapshot_cut_short_anywhere_is_refused() -> None:
    original = snapshot()
    for length in range(len(original)):
        assert_refused(original[:length])


def test_a_snapshot_with_more_after_it_is_refused() -> None:
    assert_refused(snapshot() + b"\0")
    assert_refused(snapshot() + snapshot())


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert_refused(data)


def test_mutated_snapshots_are_refused(full: bool) -> None:
    original = snapshot()
    mutator = Mutator(random.Random(3), [original])
    for _ in range(100_000 if full else 2_000):
        damaged = mutator.mutate(original)
        if damaged != original:
            assert_refused(damaged)


def test_what_is_wrong_is_said() -> None:
    original = snapshot()
    other_build = original[:5] + bytes(16) + original[21:]
    for data, words in {
        b"": "no snapshot",
        b"PK" + original: "no snapshot",
        original[:4] + b"\x09" + original[5:]: "format 9",
        other_build: "engine build 0000",
        original[:-1]: "cut short",
        original[:-1] + bytes([original[-1] ^ 1]): "checksum",
    }.items():
        with pytest.raises(SnapshotError, match=words):
            Interpreter.restore(data)


# --- forgery: the checksum is right ------------------------------------------------------------


def outcome_of(interpreter: Interpreter) -> None:
    """Uses what was restored: all that may come of it is outcomes and errors of the package."""
    for _ in range(3):
        if not interpreter.running:
            break
        before = interpreter.open_calls
        outcome = interpreter.resume({call.id: Returned([1]) for call in before[:1]})
        assert isinstance(outcome, Completed | Failed | Suspended)
        if isinstance(outcome, Suspended):
            assert all(call.id > 0 and type(call.name) is str for call in outcome.calls)
            known = {call.id for call in before}
            assert not known & {call.id for call in outcome.calls}
    interpreter.abort()
    interpreter.snapshot()
    interpreter.eval("1 + 1")


def use(data: bytes) -> bool:
    """Whether it could be restored, and did no harm."""
    try:
        interpreter = Interpreter.restore(data, limits=LIMITS)
    except SnapshotError:
        return False
    with contextlib.suppress(QuickJSError):
        outcome_of(interpreter)
    return True


def test_forged_fields_are_refused_or_harmless(full: bool) -> None:
    fields, pages = open_up(snapshot())
    packed = msgpack.packb(fields)
    mutator = Mutator(random.Random(4), [packed])
    for _ in range(20_000 if full else 400):
        use(forge(mutator.mutate(packed), pages))


def test_forged_memory_is_harmless(full: bool) -> None:
    fields, pages = open_up(snapshot())
    packed = msgpack.packb(fields)
    mutator = Mutator(random.Random(5), [pages])
    restored = 0
    for _ in range(5_000 if full else 100):
        damaged = mutator.mutate(pages)[: len(pages)].ljust(len(pages), b"\0")
        restored += use(forge(packed, damaged))
    assert restored


def test_forged_frames_are_refused(full: bool) -> None:
    original = snapshot()
    packed, body_length = original[HEADER.size :], HEADER.unpack_from(original)[4]
    mutator = Mutator(random.Random(6), [packed])
    for _ in range(20_000 if full else 200):
        use(seal(mutator.mutate(packed), body_length))


NEXT_ID, RUNNING, CALLS, GRANTED, SPENT_S, CALLS_MADE, BLOCKS, NUMBERS, MASKS = range(9)
CALL = [1, "look", msgpack.packb([])]
FORGERIES: dict[str, tuple[int, Any]] = {
    "an id below one": (NEXT_ID, 0),
    "an id that is a text": (NEXT_ID, "1"),
    "running that is a number": (RUNNING, 1),
    "a call that is open though no script runs": (RUNNING, False),
    "a call that was not granted": (CALLS, [[1, "rm", msgpack.packb([])]]),
    "a call whose arguments are no list": (CALLS, [[1, "look", msgpack.packb(5)]]),
    "a call whose arguments are no message": (CALLS, [[1, "look", b"\xc1"]]),
    "a call of two parts": (CALLS, [[1, "look"]]),
    "a call with a line and no column": (CALLS, [[*CALL, 1]]),
    "a call with a line below one": (CALLS, [[*CALL, 0, 1]]),
    "a call with a line beyond all": (CALLS, [[*CALL, 2**31, 1]]),
    "a call with a column that is a text": (CALLS, [[*CALL, 1, "1"]]),
    "a call with a later id": (CALLS, [[9, "look", msgpack.packb([])]]),
    "a call with an id below one": (CALLS, [[0, "look", msgpack.packb([])]]),
    "a call twice": (CALLS, [CALL, CALL]),
    "calls that are a map": (CALLS, {}),
    "time that is NaN": (SPENT_S, float("nan")),
    "time that is infinite": (SPENT_S, float("inf")),
    "time below zero": (SPENT_S, -1.0),
    "fewer than no calls made": (CALLS_MADE, -1),
    "a memory of fewer than no blocks": (BLOCKS, -1),
    "a memory beyond the limit": (BLOCKS, LIMITS.memory_bytes // BLOCK_BYTES + 1),
    "a memory beyond all limits": (BLOCKS, 2**63),
    "a page beyond the memory": (NUMBERS, [10**6]),
    "a page below zero": (NUMBERS, [-1]),
    "a page with a number that is a text": (NUMBERS, ["1"]),
    "more pages than are there": (NUMBERS, list(range(100))),
    "fewer pages than are there": (NUMBERS, []),
    "no masks": (MASKS, b""),
    "masks that are a list": (MASKS, [1]),
    "masks without a line": (MASKS, bytes(100)),
    "masks of more lines than are there": (MASKS, b"\xff" * 100),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_refused(forgery: str) -> None:
    fields, pages = open_up(snapshot())
    at, value = FORGERIES[forgery]
    fields[at] = value
    assert_refused(forge(msgpack.packb(fields), pages))


def frame(content_size: int) -> bytes:
    """A frame that says how much is in it, and holds nothing."""
    return b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", content_size) + b"\x01\x00\x00"


def zeros(count: int) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(bytes(count))


BOMBS = {
    "a frame of 16 terabytes": seal(frame(2**44), 10),
    "a frame of 4 gigabytes": seal(frame(2**32 - 1), 10),
    "zeros": seal(zeros(256 * MIB), 10),
    "zeros in place of the fields": seal(zeros(64 * MIB), 64 * MIB),
    "a frame without a size": seal(
        zstandard.ZstdCompressor(write_content_size=False).compress(bytes(256 * MIB)), 10
    ),
    "empty maps": forge(b"\xdd\x00\x40\x00\x00" + b"\x80" * (4 * MIB), b""),
    "empty lists": forge(b"\xdd\x00\x40\x00\x00" + b"\x90" * (4 * MIB), b""),
    "short texts": forge(b"\xdd\x00\x20\x00\x00" + b"\xa1\xff" * (2 * MIB), b""),
    "lists in lists": forge((b"\xdc\x40\x00" * 1000) + b"\xc0" * MIB, b""),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_before_it_takes_memory(bomb: str) -> None:
    data = BOMBS[bomb]
    tracemalloc.start()
    try:
        assert_refused(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * MIB  # most of it, for lists in lists, is never touched


def test_a_restored_memory_stays_within_the_limit() -> None:
    small = Limits(memory_bytes=6 * MIB)  # the least that there may be
    assert Interpreter(limits=small).eval("Array.from({ length: 1e4 }, (_, i) => i).length") == 1e4
    big = Interpreter(limits=LIMITS)
    big.eval("globalThis.kept = new Uint8Array(3e6).fill(7); 0")
    data = big.snapshot()
    with pytest.raises(SnapshotError, match="memory_bytes"):
        Interpreter.restore(data, limits=small)
    assert Interpreter.restore(data, limits=LIMITS).eval("kept[2999999]") == 7
