"""Scripts are run again from their transcripts, on a guest that is not the one they stood in.

A build is made to be gone by its name in what is stored: then nothing of its memory is looked at.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs import (
    BuildGoneError,
    Completed,
    Failed,
    Interpreter,
    Limits,
    Raised,
    Returned,
    SnapshotError,
    Suspended,
)
from langchain_quickjs.interpreter import StoredHeap, fold, pack_record, record_id
from langchain_quickjs.interpreter.replay.stood import heap_again, why_gone
from langchain_quickjs.interpreter.storage.snapshot import transcript_of_snapshot
from langchain_quickjs.interpreter.storage.transcript import (
    MOST_BYTES,
    MOST_BYTES_OF_HEAP,
    Transcript,
    unpack_transcript,
)

GONE = bytes(range(16))
_MOST_STEPS = 50
LIMITS = Limits()


def of_gone_build(stored: bytes) -> bytes:
    """The same, said to be of a build that is not here."""
    return stored[:5] + GONE + stored[21:]


def again(interpreter: Interpreter) -> Interpreter:
    """The same interpreter, run again."""
    return Interpreter.restore(of_gone_build(interpreter.snapshot()))


PROGRAM = """
let n = 0;
class Box { #inner; constructor(x) { this.#inner = x; } get x() { return this.#inner; } }
const boxes = new WeakMap(), key = {}, when = Date.now(), drawn = [Math.random()];
boxes.set(key, new Box(1));
for await (const each of (async function* () { for (let i = 0; i < COUNT; i++) yield i; })()) {
  try {
    drawn.push(await tools.ask({ each, drawn: drawn.at(-1), when: new Date() }));
  } catch (error) {
    drawn.push(`${error.name}: ${error.message}`);
  }
  await new Promise((done) => setTimeout(done, 5));
  n++;
}
[n, boxes.get(key).x, when, Date.now(), drawn, Math.random()]
"""
ANSWERS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False), st.text()
)
RESULTS = st.lists(
    st.one_of(
        ANSWERS.map(Returned),
        st.lists(ANSWERS, max_size=3).map(Returned),
        st.dictionaries(st.text(max_size=3), ANSWERS, max_size=3).map(Returned),
        st.binary(max_size=9).map(Returned),
        st.text(max_size=9).map(lambda text: Raised("SomeError", text)),
    ),
    min_size=1,
    max_size=4,
)


def run(
    seed: bytes, results: list[Any], pauses: set[int], entropy: list[bytes | None]
) -> list[Any]:
    """Runs the program to its end, and again from its transcript at each of the pauses."""
    steps: list[Any] = []

    def clock() -> float:
        return 2000.0 + len(steps)

    one = Interpreter(seed=seed, clock=clock, transcript=True)
    steps.append(one.start(PROGRAM.replace("COUNT", str(len(results))), tools=["ask"]))
    while isinstance(steps[-1], Suspended) and len(steps) < _MOST_STEPS:
        if len(steps) in pauses:
            one = Interpreter.restore(of_gone_build(one.snapshot()), clock=clock)
        given = {call.id: results[call.args[0]["each"]] for call in one.open_calls}
        steps.append(one.resume(given, entropy=entropy[len(steps) % len(entropy)]))
    return steps


@given(
    RESULTS,
    st.sets(st.integers(1, 8)),
    st.binary(min_size=32, max_size=32),
    st.lists(st.none() | st.binary(min_size=32, max_size=32), min_size=1, max_size=3),
)
def test_what_is_run_again_goes_on_as_it_would_have(
    results: list[Any], pauses: set[int], seed: bytes, entropy: list[bytes | None]
) -> None:
    plain, with_pauses = (run(seed, results, each, entropy) for each in (set[int](), pauses))
    assert isinstance(plain[-1], Completed)
    assert repr(with_pauses) == repr(plain)


def test_variables_of_earlier_scripts_are_there_again() -> None:
    one = Interpreter(transcript=True)
    one.eval("let n = 1; const f = () => ++n; f()")
    assert isinstance(one.start("throw new Error(String(f()))"), Failed)
    one.start("f(); await tools.wait()", tools=["wait"])
    one.abort()
    one.start("const got = await tools.wait(); got + f()", tools=["wait"])
    outcome = again(one).resume({2: Returned(10)})
    assert outcome == one.resume({2: Returned(10)}) == Completed(15, "")


def test_a_step_that_never_happened_is_not_taken_again() -> None:
    one = Interpreter(limits=Limits(step_timeout_s=0.05), transcript=True)
    one.eval("let n = 1")
    with pytest.raises(Exception, match="step_timeout_s"):
        one.eval("n = 2; while (true);")
    assert again(one).eval("n") == 1


def test_a_fork_and_what_is_restored_can_be_run_again_too() -> None:
    one = Interpreter(transcript=True)
    one.eval("let n = 1")
    fork = one.fork()
    fork.eval("n = 2")
    assert again(again(fork)).eval("n") == 2
    assert again(one).eval("n") == 1
    assert again(Interpreter.restore(fork.snapshot())).eval("n") == 2


def test_without_a_transcript_it_is_gone() -> None:
    one = Interpreter()
    one.eval("let n = 1")
    with pytest.raises(BuildGoneError, match=GONE.hex()):
        again(one)
    assert GONE.hex() in why_gone(of_gone_build(one.snapshot()))
    assert why_gone(one.snapshot()) == ""
    assert why_gone(of_gone_build(Interpreter(transcript=True).snapshot())) == ""


def test_a_transcript_is_bounded() -> None:
    one = Interpreter(transcript=True)
    one.start("let n = 0; while (true) n += (await tools.read()).length", tools=["read"])
    small = len(one.snapshot())
    for number in range(1, 7):
        assert again(one).open_calls[0].id == number
        one.resume({number: Returned(chr(96 + number) * (MOST_BYTES // 6))})
    with pytest.raises(BuildGoneError):
        again(one)
    assert len(one.snapshot()) < small + 5000  # All of it is gone, not only what was too much.


def test_a_heap_hands_on_a_short_transcript_only() -> None:
    one = Interpreter(transcript=True)
    one.eval("let a = 1")
    assert again(Interpreter.with_heap(one.heap())).eval("a") == 1
    one.eval(f"a = '{'x' * MOST_BYTES_OF_HEAP}'.length")
    assert again(one).eval("a") == MOST_BYTES_OF_HEAP
    with pytest.raises(BuildGoneError):
        again(Interpreter.with_heap(one.heap()))


def chain(*programs: str) -> tuple[dict[bytes, bytes], bytes]:
    """The records of a heap of a build that is gone, and the last one's id."""
    one, base, records = Interpreter(transcript=True), None, dict[bytes, bytes]()
    last = bytes(32)
    for program in programs:
        one.eval(program)
        record = pack_record(one.heap(), base)
        base = fold(base, record, memory_bytes=LIMITS.memory_bytes)
        one = Interpreter.with_heap(base.heap)
        record = record[:5] + GONE + last + record[53:]
        last = record_id(record)
        records[last] = record
    return records, last


def test_a_heap_is_made_again() -> None:
    records, head = chain("let a = [1]", "a.push(Math.random())", "const f = () => a.length")
    heap = heap_again(records, head, LIMITS)
    assert Interpreter.with_heap(heap).eval("f()") == 2
    assert heap.transcript is not None
    assert len(heap.transcript.steps) == 3


def test_a_heap_of_which_a_part_is_not_known_is_not_made_again() -> None:
    one = Interpreter(transcript=True)
    one.eval("let a = 1")
    full = pack_record(one.heap())
    base = fold(None, full, memory_bytes=LIMITS.memory_bytes)
    unknown = StoredHeap(base.id, Interpreter.restore(one.snapshot()).heap())
    object.__setattr__(unknown.heap, "transcript", None)
    later = Interpreter.with_heap(unknown.heap)
    later.eval("a = 2")
    records = {}
    last = bytes(32)
    for record in (full, pack_record(later.heap(), unknown)):
        changed = record[:5] + GONE + last + record[53:]
        last = record_id(changed)
        records[last] = changed
    with pytest.raises(BuildGoneError):
        heap_again(records, last, LIMITS)


def paused() -> Interpreter:
    one = Interpreter(seed=bytes(32), clock=lambda: 1.0, transcript=True)
    one.start("const a = await tools.ask({ q: 1 }); await tools.tell({ a })", tools=["ask", "tell"])
    one.resume({1: Returned("yes")})
    return one


def with_transcript(snapshot: bytes, transcript: Transcript) -> bytes:
    """A snapshot of a gone build with another transcript, as somebody without a key could store."""
    head = struct.Struct("<4sB16sII16s")
    magic, form, _, length, body, _ = head.unpack_from(snapshot)
    packed, told = snapshot[head.size :][:length], transcript.pack()
    checksum = hashlib.blake2b(packed + told, digest_size=16).digest()
    return head.pack(magic, form, GONE, length, body, checksum) + packed + told


def test_other_calls_are_refused() -> None:
    snapshot = paused().snapshot()
    transcript = transcript_of_snapshot(snapshot)
    assert transcript is not None
    start, deliver = transcript.steps
    assert Interpreter.restore(with_transcript(snapshot, transcript)).open_calls[0].name == "tell"
    for steps in (
        (start._replace(message=start.message.replace(b"q: 1", b"q: 2")), deliver),
        (start._replace(message=start.message.replace(b"tell({", b"ask({ ")), deliver),
        (start, deliver._replace(message=deliver.message.replace(b"yes", b"yea"))),
        (start, deliver._replace(mark=b"c")),
        (start._replace(mark=b"s"), deliver),
    ):
        forged = with_transcript(snapshot, Transcript(steps))
        with pytest.raises(BuildGoneError, match="makes other calls"):
            Interpreter.restore(forged)


def test_running_again_has_an_end() -> None:
    snapshot = paused().snapshot()
    with pytest.raises(BuildGoneError, match="wall_timeout_s"):
        Interpreter.restore(of_gone_build(snapshot), limits=Limits(wall_timeout_s=1e-9))


def test_steps_that_cannot_follow_are_refused() -> None:
    snapshot = paused().snapshot()
    transcript = transcript_of_snapshot(snapshot)
    assert transcript is not None
    start, deliver = transcript.steps
    for steps in (
        (deliver,),
        (start, start),
        (start, deliver, deliver),
        (start._replace(message=b"\xc1"),),
        (start._replace(message=b""),),
        (start, deliver._replace(message=deliver.message[:-1])),
        (
            start,
            deliver._replace(message=b"\x94\x01\xcb" + bytes(8) + b"\xc0\x93\xd4\x00\x00\x00\x00"),
        ),
    ):
        with pytest.raises(BuildGoneError, match="cannot be taken again"):
            Interpreter.restore(with_transcript(snapshot, Transcript(steps)))


@given(st.data())
def test_damaged_transcripts_are_refused(data: st.DataObject) -> None:
    transcript = transcript_of_snapshot(paused().snapshot())
    assert transcript is not None
    packed = bytearray(transcript.pack())
    assert unpack_transcript(bytes(packed)) == transcript
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(packed), bytes(packed[:at])):
        try:
            unpack_transcript(damaged)
        except SnapshotError:
            continue


def test_a_snapshot_covers_its_transcript() -> None:
    snapshot = paused().snapshot()
    for damaged in (snapshot[:-1], snapshot + b"x", snapshot[:-1] + bytes([snapshot[-1] ^ 1])):
        for stored in (damaged, of_gone_build(damaged)):
            with pytest.raises(SnapshotError, match=r"checksum|should have"):
                Interpreter.restore(stored)
