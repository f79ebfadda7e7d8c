"""The host trusts nothing: whatever a compromised guest replies is an outcome or a refusal.

Replies of real steps are damaged and read; guests written to lie are run in place of the real one;
and the real one runs on with garbage all over its memory.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import random
import struct
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgpack
import pytest
import wasmtime  # its Python layer, for the text format
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.errors import MessageLimitError, ProtocolError, QuickJSError, TimeLimitError
from langchain_quickjs.interpreter import (
    HOLE,
    UNDEFINED,
    ArrayBuffer,
    Call,
    Completed,
    Failed,
    Interpreter,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    Limits,
    Outcome,
    RegExp,
    Returned,
    Suspended,
    TypedArray,
)
from langchain_quickjs.interpreter import interpreter as interpreter_module
from langchain_quickjs.interpreter.guest.engine import module_of_code
from langchain_quickjs.interpreter.guest.image import PAGE_BYTES, Image
from langchain_quickjs.interpreter.guest.instance import Instance, Module, load
from langchain_quickjs.interpreter.guest.machine import Machine
from langchain_quickjs.interpreter.guest.native.c_api import compiled, new_engine
from langchain_quickjs.interpreter.values.kinds import Ext
from langchain_quickjs.interpreter.wire.protocol import (
    GuestMemoryError,
    abort_message,
    max_reply_bytes,
    read_reply,
    resume_message,
    start_message,
)
from tests.helpers.mutation import Mutator

LIMITS = Limits(step_timeout_s=0.5, calls=1000)
GRANTED = frozenset({"look", "send", "task"})
SEED = bytes(range(32))
LEAVES = (
    type(None),
    bool,
    int,
    float,
    str,
    bytes,
    datetime,
    ArrayBuffer,
    JSDate,
    RegExp,
    TypedArray,
)


# --- what real steps reply ---------------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """A reply, and what the host knew when it came."""

    reply: bytes
    next_id: int = 1
    open_calls: int = 0


SCRIPTS = (
    "1 + 1",
    "console.log('one'); console.error('zwei ü 三'); ({a: [1, 2.5, -3, 'x', null, undefined]})",
    "throw new TypeError('no')",
    "null.x",
    "const x = {}; x.self = x; x.map = new Map([[x, new Set([x, 1n, 'k'])]]); x",
    "[new Date(5), new Date(NaN), /a+b/gi, 2n ** 80n, -1n, [1, , 3], new Float64Array([1, NaN])]",
    "({e: new Error('a', {cause: [1]}), g: new AggregateError([new Error('b')]), u: undefined})",
    "[new Uint8Array(300), new ArrayBuffer(5), 'y'.repeat(70000), NaN, -0, 2 ** 60]",
    "await Promise.all([tools.look({id: 1}), tools.look({id: 2}), task('x', [1, 2])])",
    "for (let i = 0; i < 5; i++) await tools.send({n: i, text: 'z'.repeat(i * 40)}); 'end'",
    "await new Promise(done => setTimeout(done, 1500)); await tools.look(new Map([['k', 1]]))",
    "await Promise.race([tools.look('a'), tools.look('b'), tools.send()])",
    "console.log('p'.repeat(100000))",
)


def record(source: str) -> Iterator[Recorded]:
    instance = Instance(load(), LIMITS.memory_bytes)
    bound = max_reply_bytes(LIMITS)
    message = start_message(
        source,
        now_s=1e9,
        seed=SEED,
        tools=("look", "send"),
        functions=("task",),
        located=("send", "task"),
        limits=LIMITS,
    )
    next_id, open_ids, now_s = 1, list[int](), 1e9
    while True:
        one = Recorded(instance.step(message, 5.0, bound), next_id, len(open_ids))
        yield one
        outcome = read(one)
        if not isinstance(outcome, Suspended):
            return
        next_id += len(outcome.calls)
        open_ids += [call.id for call in outcome.calls]
        now_s += 2.0
        results = {open_ids.pop(0): Returned({"ok": [1, "two"]})} if open_ids else {}
        message = resume_message(results, now_s=now_s, limits=LIMITS)


@functools.cache
def recorded() -> tuple[Recorded, ...]:
    return tuple(one for source in SCRIPTS for one in record(source))


# --- what may come of a reply ------------------------------------------------------------------


def read(one: Recorded) -> Outcome:
    return read_reply(
        one.reply, next_id=one.next_id, open_calls=one.open_calls, granted=GRANTED, limits=LIMITS
    )


def read_as(expected: Recorded, reply: bytes) -> Outcome:
    return read(dataclasses.replace(expected, reply=reply))


def parts_of(value: Any) -> list[Any]:
    match value:
        case dict():
            assert all(type(key) is str for key in value), "a key that is no text"
            return list(value.values())
        case list():
            return value
        case JSMap():
            return [part for entry in value.entries for part in entry]
        case JSSet():
            return list(value.elements)
        case JSError():
            assert {type(value.name), type(value.message), type(value.stack)} == {str}
            return [value.cause, value.errors]
    is_leaf = isinstance(value, LEAVES) or value is UNDEFINED or value is HOLE
    assert is_leaf, f"not a value: {value!r}"
    return []


def assert_valid_value(value: Any) -> None:
    seen, pending = set[int](), [value]
    while pending:
        one = pending.pop()
        if id(one) not in seen:
            seen.add(id(one))
            pending += parts_of(one)


def assert_valid(outcome: Outcome, one: Recorded) -> None:
    assert type(outcome.console) is str
    assert len(outcome.console) <= LIMITS.console_bytes + 64
    match outcome:
        case Completed(value):
            assert not one.open_calls
            assert_valid_value(value)
        case Failed(error, _, call_id):
            assert call_id is None or 0 < call_id < one.next_id
            assert {type(error.name), type(error.message), type(error.stack)} == {str}
            assert error.line is None or error.line >= 0
        case Suspended(calls, _, wake_after_s):
            assert [call.id for call in calls] == list(range(one.next_id, one.next_id + len(calls)))
            assert {call.name for call in calls} <= GRANTED
            assert len(calls) + one.open_calls <= LIMITS.calls_in_flight
            assert_valid_value([list(call.args) for call in calls])
            assert wake_after_s is None or 0 <= wake_after_s < math.inf


def verdict(one: Recorded) -> Outcome | None:
    """The outcome, checked; None for a refusal. Anything else fails the test."""
    try:
        outcome = read(one)
    except (ProtocolError, MessageLimitError, GuestMemoryError):
        return None
    assert_valid(outcome, one)
    return outcome


# --- damaged replies ---------------------------------------------------------------------------


def test_recorded_replies_are_what_they_should_be() -> None:
    outcomes = [verdict(one) for one in recorded()]
    kinds = {type(outcome) for outcome in outcomes}
    assert kinds == {Completed, Failed, Suspended}


def test_a_reply_cut_short_anywhere_is_refused() -> None:
    for one in recorded():
        step = 1 + len(one.reply) // 500
        for length in range(0, len(one.reply), step):
            cut = dataclasses.replace(one, reply=one.reply[:length])
            assert verdict(cut) is None


def test_a_reply_with_more_after_it_is_refused() -> None:
    for one in recorded():
        assert verdict(dataclasses.replace(one, reply=one.reply + b"\xc0")) is None


def test_mutated_replies_are_outcomes_or_refused(full: bool) -> None:
    corpus = recorded()
    mutator = Mutator(random.Random(7), [one.reply for one in corpus if len(one.reply) < 5000])
    for _ in range(100_000 if full else 2_000):
        one = mutator.rng.choice(corpus)
        verdict(dataclasses.replace(one, reply=mutator.mutate(one.reply)))


@given(st.binary(max_size=200))
def test_any_bytes_are_an_outcome_or_refused(reply: bytes) -> None:
    verdict(Recorded(reply))


items = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.builds(msgpack.ExtType, st.integers(0, 20), st.binary(max_size=9))
    | st.builds(msgpack.Timestamp, st.integers(0, 2**33), st.integers(0, 999_999_999)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3) | st.binary(max_size=3) | st.integers(0, 9), inner)
        | st.builds(
            lambda code, part: msgpack.ExtType(code, msgpack.packb(part)), st.integers(0, 12), inner
        )
    ),
    max_leaves=8,
)


@given(st.lists(items, max_size=7))
def test_any_message_is_an_outcome_or_refused(parts: list[Any]) -> None:
    verdict(Recorded(msgpack.packb(parts)))


@given(
    st.sampled_from([0, 1, 2, 3, 7]),
    st.text(max_size=5),
    st.integers(-1, 2),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["look", "evil"]), st.lists(items))),
    items,
    st.none() | st.floats() | st.integers(-1, 5),
    st.integers(0, 2),
)
def test_any_reply_of_the_right_shape_is_an_outcome_or_refused(
    status: int, console: str, dropped: int, calls: list[Any], value: Any, wake: Any, open_: int
) -> None:
    posted = [part for call in calls for part in call]
    reply = msgpack.packb([status, console, dropped, posted, value, wake])
    verdict(Recorded(reply, open_calls=open_))


# --- one lie at a time -------------------------------------------------------------------------


def pack(
    *,
    status: Any = 2,
    console: Any = "",
    dropped: Any = 0,
    calls: Any = (),
    value: Any = None,
    wake: Any = None,
) -> bytes:
    posted = [part for call in calls for part in call]
    packed: bytes = msgpack.packb(
        [status, console, dropped, posted, value, wake], unicode_errors="surrogatepass"
    )
    return packed


def ext(code: int, payload: Any = None, *, raw: bytes | None = None) -> msgpack.ExtType:
    return msgpack.ExtType(code, msgpack.packb(payload) if raw is None else raw)


def nested_exts(levels: int, inner: bytes) -> bytes:
    data = inner
    for _ in range(levels):
        data = b"\x91\xc9" + struct.pack(">IB", len(data), Ext.SET) + data
    return data


FAR_LINE = "    at f (script.js:" + "9" * 5000 + ":1)"
LIES = {
    "an id twice": pack(calls=[[1, "look", []], [1, "look", []]]),
    "an id that was never issued": pack(calls=[[2, "look", []]]),
    "an id out of order": pack(calls=[[2, "look", []], [1, "look", []]]),
    "an id below zero": pack(calls=[[-1, "look", []]]),
    "an id that is a float": pack(calls=[[1.0, "look", []]]),
    "an id that is true": pack(calls=[[True, "look", []]]),
    "an id beyond 32 bits": pack(calls=[[2**32 + 1, "look", []]]),
    "a name that was not granted": pack(calls=[[1, "rm", []]]),
    "a name with another case": pack(calls=[[1, "Look", []]]),
    "a name that is bytes": pack(calls=[[1, b"look", []]]),
    "a name that is a list": pack(calls=[[1, ["look"], []]]),
    "arguments that are a map": pack(calls=[[1, "look", {}]]),
    "arguments that are missing": pack(calls=[[1, "look"]]),
    "a call without a name": pack(calls=[[1, []], [2, "look", []]]),
    "a call that is a list": pack(calls=[[[1, "look", []]]]),
    "calls that are a map": msgpack.packb([2, "", 0, {}, None, None]),
    "calls by a script that completed": pack(status=0, calls=[[1, "look", []]]),
    "calls by a script that failed": pack(status=1, value=["E", "m", ""], calls=[[1, "look", []]]),
    "a timer of a script that completed": pack(status=0, wake=1.0),
    "a timer that is NaN": pack(wake=math.nan),
    "a timer that is infinite": pack(wake=math.inf),
    "a timer in the past": pack(wake=-1.0),
    "a timer that is a text": pack(wake="1"),
    "a timer that is true": pack(wake=True),
    "less than nothing dropped": pack(dropped=-1),
    "dropped that is NaN": pack(dropped=math.nan),
    "dropped that is true": pack(dropped=True),
    "too much dropped": pack(dropped=2**60),
    "a console that is too long": pack(console="x" * (LIMITS.console_bytes + 2)),
    "a console that is bytes": pack(console=b"x"),
    "a status that is unknown": pack(status=9),
    "a status that is negative": pack(status=-1),
    "a status that is a float": pack(status=2.5),
    "a status that is true": pack(status=True, value=["E", "m", ""]),
    "an error that is a text": pack(status=1, value="boom"),
    "an error of two parts": pack(status=1, value=["E", "m"]),
    "an error whose name is a number": pack(status=1, value=[1, "m", ""]),
    "an error of a call that was never made": pack(status=1, value=["E", "m", ""], wake=1),
    "an error of call zero": pack(status=1, value=["E", "m", ""], wake=0),
    "an error of a call that is true": pack(status=1, value=["E", "m", ""], wake=True),
    "an error of a call that is a float": pack(status=1, value=["E", "m", ""], wake=1.0),
    "a shown result, and calls": pack(status=7, value=["text", "why"], calls=[[1, "look", []]]),
    "a shown result that is a text": pack(status=7, value="boom"),
    "a shown result without a reason": pack(status=7, value=["text"]),
    "a shown result whose reason is a number": pack(status=7, value=["text", 1]),
    "a shown result that is an error": pack(status=7, value=["E", "m", ""]),
    "text that is no UTF-8": b"\x96\x00\xa1\xff\x00\x90\xc0\xc0",
    "text that is half a character": b"\x96\x00\xa1\xc3\x00\x90\xc0\xc0",
    "more elements than bytes": b"\x96\x00\xa0\x00\xdd\xff\xff\xff\xff\xc0\xc0",
    "more entries than bytes": b"\x96\x00\xa0\x00\x90\xdf\xff\xff\xff\xff\xc0",
    "a text longer than the reply": b"\x96\x00\xdb\xff\xff\xff\xff\x00\x90\xc0\xc0",
    "an extension longer than the reply": b"\x96\x00\xa0\x00\x90\xc9\xff\xff\xff\xff\x03\xc0",
    "lists nested without end": b"\x96\x00\xa0\x00\x90" + b"\x91" * 100_000 + b"\xc0\xc0",
    "sets nested without end": b"\x96\x00\xa0\x00\x90" + nested_exts(300, b"\x90")[1:] + b"\xc0",
    "an unknown extension": pack(status=0, value=ext(99)),
    "undefined with a payload": pack(status=0, value=ext(Ext.UNDEFINED, raw=b"x")),
    "a BigInt of no digits": pack(status=0, value=ext(Ext.BIGINT, raw=b"")),
    "a BigInt of letters": pack(status=0, value=ext(Ext.BIGINT, raw=b"xyz")),
    "a date of seven bytes": pack(status=0, value=ext(Ext.DATE, raw=b"1234567")),
    "a Map of three": pack(status=0, value=ext(Ext.MAP, [1, 2, 3])),
    "a Map that is a number": pack(status=0, value=ext(Ext.MAP, 1)),
    "a Set that is a text": pack(status=0, value=ext(Ext.SET, "abc")),
    "a RegExp of numbers": pack(status=0, value=ext(Ext.REGEXP, [1, 2])),
    "an Error of one part": pack(status=0, value=ext(Ext.ERROR, ["E"])),
    "a typed array of no kind": pack(status=0, value=ext(Ext.TYPED, raw=b"")),
    "a typed array of kind 200": pack(status=0, value=ext(Ext.TYPED, raw=b"\xc8ab")),
    "an empty graph": pack(status=0, value=ext(Ext.GRAPH, [])),
    "a graph that is a map": pack(status=0, value=ext(Ext.GRAPH, {})),
    "a node that was not sent": pack(
        status=0, value=ext(Ext.GRAPH, [[ext(Ext.REF, raw=b"\0\0\0\7")]])
    ),
    "a node that is a reference": pack(
        status=0, value=ext(Ext.GRAPH, [ext(Ext.REF, raw=b"\0\0\0\0")])
    ),
    "a reference outside of a graph": pack(status=0, value=ext(Ext.REF, raw=b"\0\0\0\0")),
    "a reference too deep in a node": pack(
        status=0, value=ext(Ext.GRAPH, [[[ext(Ext.REF, raw=b"\0\0\0\0")]]])
    ),
    "a key that is a number": pack(status=0, value={1: 2}),
    "a key that is bytes": pack(status=0, value={b"k": 2}),
    "a key that is nil": b"\x96\x00\xa0\x00\x90\x81\xc0\xc0\xc0",
    **{
        f"a call at {place!r}": pack(calls=[[place, "look", []]])
        for place in (
            [],
            [1],
            [1, 2],
            [1, 2, 3, 4],
            [1, 0, 1],
            [1, 1, 0],
            [1, -1, 1],
            [1, 1.0, 1],
            [1, "1", 1],
            [1, True, 1],
            [1, None, 1],
            [1, 1, 2**31],
            [1, 2**31, 1],
            [1, 2**64 - 1, 1],
            [2, 1, 1],
            [[1], 1, 1],
            ["1", 1, 1],
            [True, 1, 1],
        )
    },
    "nothing": b"",
    "a reply of five parts": msgpack.packb([0, "", 0, [], None]),
    "a reply that is a map": msgpack.packb({"status": 0}),
    "a refusal": b"\x91\x05",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_refused(lie: str) -> None:
    with pytest.raises(ProtocolError):
        read(Recorded(LIES[lie]))


def test_a_place_of_a_call_is_two_numbers_in_bounds() -> None:
    one = Recorded(pack(calls=[[[1, 2**31 - 1, 1], "look", []]]))
    assert read(one) == Suspended((Call(1, "look", (), 2**31 - 1, 1),))


def test_a_timestamp_of_msgpack_is_a_number_and_nothing_else() -> None:
    one = Recorded(pack(status=0, value=msgpack.Timestamp(2**40, 500_000_000)))
    assert verdict(one) == Completed(2**40 + 0.5)


def test_a_value_is_nested_as_deeply_as_a_script_may_and_no_deeper() -> None:
    def nested(levels: int, filler: int) -> Recorded:
        value = b"\x91" * levels + b"\xdc" + struct.pack(">H", filler) + b"\x90" * filler
        return Recorded(b"\x96\x00\xa0\x00\x90" + value + b"\xc0")

    for filler in (0, 300):
        assert verdict(nested(200, filler)) is not None
        assert verdict(nested(210, 300)) is None


def test_collections_in_collections_are_read_without_recursion() -> None:
    source = """
        let all = 'x'
        for (let i = 0; i < 199; i++) all = i % 2 ? new Set([all]) : new Map([[i, all]])
        all"""
    results: list[Any] = []
    threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: results.append(Interpreter().eval(source)))
        thread.start()
    finally:
        threading.stack_size(0)
    thread.join()
    value, depth = results[0], 0
    while not isinstance(value, str):
        value = value.elements[0] if isinstance(value, JSSet) else value.entries[0][1]
        depth += 1
    assert depth == 199


def test_a_graph_of_a_few_bytes_may_have_more_paths_than_there_are_atoms() -> None:
    value = Interpreter().eval("let a = []; for (let i = 0; i < 199; i++) a = [a, a]; a")
    assert value[0] is value[1]


def test_a_script_cannot_complete_while_calls_are_open() -> None:
    for status, value in ((0, None), (3, None), (7, ["text", "why"])):
        with pytest.raises(ProtocolError):
            read(Recorded(pack(status=status, value=value), next_id=2, open_calls=1))


def test_more_calls_in_flight_than_the_limit_are_refused() -> None:
    calls = [[9 + n, "look", []] for n in range(LIMITS.calls_in_flight)]
    with pytest.raises(ProtocolError):
        read(Recorded(pack(calls=calls), next_id=9, open_calls=1))


def test_an_error_whose_stack_names_an_absurd_line_is_still_an_error() -> None:
    outcome = verdict(Recorded(pack(status=1, value=["E", "m", FAR_LINE])))
    assert isinstance(outcome, Failed)


def test_what_is_printed_may_be_half_a_pair() -> None:
    outcome = verdict(Recorded(pack(status=0, console="\ud800\n")))
    assert outcome is not None
    outcome.console.encode()


BOMBS = {
    "extensions inside extensions": b"\x96\x00\xa0\x00\x90"
    + nested_exts(190, b"\xc6\x00\x10\x00\x00" + bytes(2**20))[1:]
    + b"\xc0",
    "empty maps": pack(status=0, value=[{}])[:-3] + b"\xdd\x00\x10\x00\x00" + b"\x80" * 2**20,
    "a huge BigInt": pack(status=0, value=ext(Ext.BIGINT, raw=b"f" * 2**20)),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_a_reply_becomes_is_bounded(bomb: str) -> None:
    """Whatever a reply of a megabyte says, it does not become more than a hundred."""
    one = Recorded(BOMBS[bomb])
    tracemalloc.start()
    try:
        verdict_only(one)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * 2**20


def verdict_only(one: Recorded) -> None:
    try:
        read(one)
    except (ProtocolError, MessageLimitError, GuestMemoryError):
        return


# --- guests that were written to lie -----------------------------------------------------------

LIAR = """
(module
  (memory (export "memory") 2)
  (func (export "mailbox") (param $size i32) (result i32) {mailbox})
  (func (export "step") (param $size i32) (result i64) {step})
  (func (export "where") (result i64) {where})
  (func (export "tidy") {tidy}))
"""
ECHO = """(i64.or (i64.shl (i64.const 1024) (i64.const 32)) (i64.extend_i32_u (local.get $size)))"""
LOOP = "(loop $l (br $l))"


def liar(
    *,
    mailbox: str = "(i32.const 1024)",
    step: str = ECHO,
    tidy: str = "",
    where: str = "(i64.const -1)",
) -> Module:
    """A guest with its mailbox at 1024, which replies with the message that it got."""
    text = LIAR.format(mailbox=mailbox, step=step, tidy=tidy, where=where)
    wasm = bytes(wasmtime.wat2wasm(text))
    module = module_of_code(compiled(new_engine(), wasm))
    parts = {field.name: getattr(module, field.name) for field in dataclasses.fields(module)}
    boot = (bytes(65536), bytes(65536))
    return dataclasses.replace(load(), **parts, mailbox=1024, boot=boot)


def take_step(guest: Module, message: bytes) -> Outcome:
    machine = Machine(guest, LIMITS.memory_bytes)
    try:
        outcome, *_ = machine.step(
            message,
            timeout_s=0.2,
            max_reply_bytes=max_reply_bytes(LIMITS),
            read=lambda reply: read(Recorded(reply)),
        )
    finally:
        machine.image()  # the state before or after: there is one
    return outcome


def reply_at(address: int, length: int) -> str:
    return f"(i64.const {(address << 32 | length) - (1 << 64 if address >> 31 else 0)})"


@pytest.mark.parametrize(
    ("address", "length"),
    [
        (131072, 1),
        (131071, 2),
        (0, 131073),
        (0, 2**32 - 1),
        (2**32 - 1, 1),
        (2**32 - 1, 2**32 - 1),
        (2**31, 2**31),
        (0, max_reply_bytes(LIMITS) + 1),
    ],
)
def test_a_reply_outside_of_the_memory_is_refused(address: int, length: int) -> None:
    with pytest.raises(ProtocolError):
        take_step(liar(step=reply_at(address, length)), b"x")


@pytest.mark.parametrize("address", [131072, 130000, 2**32 - 1, 2**31])
def test_a_mailbox_outside_of_the_memory_is_refused(address: int) -> None:
    signed = address - 2**32 if address >> 31 else address
    with pytest.raises(ProtocolError):
        take_step(liar(mailbox=f"(i32.const {signed})"), bytes(20_000))
    moved = dataclasses.replace(liar(), mailbox=address)
    with pytest.raises(ProtocolError):
        take_step(moved, bytes(2000))


def test_a_guest_without_room_for_a_message_is_out_of_memory() -> None:
    with pytest.raises(QuickJSError, match="memory"):
        take_step(liar(mailbox="(i32.const 0)"), bytes(20_000))


def test_a_guest_that_crashes_is_refused() -> None:
    for crash in (
        "unreachable",
        "(i64.load (i32.const -8))",
        "(i64.div_u (i64.const 1) (i64.const 0))",
    ):
        with pytest.raises(ProtocolError):
            take_step(liar(step=crash), b"x")


def test_a_guest_that_never_answers_is_stopped() -> None:
    for module in (liar(step=LOOP + "(i64.const 0)"), liar(mailbox=LOOP + "(i32.const 0)")):
        with pytest.raises(TimeLimitError):
            take_step(module, bytes(20_000))


def test_a_guest_that_never_tidies_up_is_stopped() -> None:
    with pytest.raises(TimeLimitError):
        Instance(liar(tidy=LOOP), LIMITS.memory_bytes).tidy()


def test_a_guest_that_takes_all_memory_stays_within_its_limit() -> None:
    grow = "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))"
    with pytest.raises(ProtocolError):
        take_step(liar(step=grow + reply_at(LIMITS.memory_bytes, 1)), b"x")


def test_whatever_reply_a_live_guest_gives_is_an_outcome_or_refused(full: bool) -> None:
    corpus = [one for one in recorded() if len(one.reply) < 5000]
    mutator = Mutator(random.Random(8), [one.reply for one in corpus])
    guest = liar()
    for _ in range(5_000 if full else 200):
        one = mutator.rng.choice(corpus)
        reply = mutator.mutate(one.reply)
        machine = Machine(guest, LIMITS.memory_bytes)
        checked = dataclasses.replace(one, reply=reply)
        try:
            outcome, *_ = machine.step(
                reply,
                timeout_s=1.0,
                max_reply_bytes=max_reply_bytes(LIMITS),
                read=functools.partial(read_as, checked),
            )
        except (ProtocolError, GuestMemoryError):
            continue
        assert_valid(outcome, checked)


def test_an_interpreter_on_a_lying_guest_knows_only_package_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The guest replies with the start message itself: nonsense, at every level of the host."""
    monkeypatch.setattr(interpreter_module, "load", liar)
    interpreter = Interpreter(limits=LIMITS)
    for _ in range(2):
        with pytest.raises(ProtocolError):
            interpreter.start("1", tools=["look"])
        assert not interpreter.running
        assert interpreter.open_calls == ()


def test_a_guest_that_will_not_forget_its_script_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever is asked of it, it says that it is suspended on a new call."""
    data = pack(calls=[[1, "look", []]])
    text = "".join(f"\\{byte:02x}" for byte in data)
    step = f'{reply_at(4096, len(data))}) (data (i32.const 4096) "{text}"'
    monkeypatch.setattr(interpreter_module, "load", lambda: liar(step=step))
    interpreter = Interpreter(limits=LIMITS)
    outcome = interpreter.start("1", tools=["look"])
    assert isinstance(outcome, Suspended)
    with pytest.raises(ProtocolError):
        interpreter.resume({1: Returned(None)})
    with pytest.raises(ProtocolError):
        interpreter.abort()
    assert interpreter.open_calls == outcome.calls


# --- the real guest, with garbage in its memory ------------------------------------------------

BUSY = """
const rows = Array.from({length: 50}, (_, i) => ({i, text: 'row ' + i, tags: [i, {deep: [i]}]}));
const byTag = new Map(rows.map(r => [r.i, r]));
async function work(n) { const r = await tools.look({n, row: rows[n]}); console.log(r); return r }
const all = await Promise.all([work(1), work(2), work(3)]);
({all, n: byTag.size, text: rows.map(r => r.text).join()})
"""


@functools.cache
def busy() -> tuple[Image, Recorded]:
    """A suspended guest, and its reply."""
    instance = Instance(load(), LIMITS.memory_bytes)
    message = start_message(
        BUSY, now_s=1e9, seed=SEED, tools=("look", "send"), functions=("task",), limits=LIMITS
    )
    reply = instance.step(message, 5.0, max_reply_bytes(LIMITS))
    return instance.image(), Recorded(reply)


def spoil(rng: random.Random, image: Image) -> Image:
    """Garbage in one to four places of the memory that the script has touched."""
    pages = dict(image.pages)
    for _ in range(rng.randint(1, 4)):
        number = rng.choice(sorted(pages))
        page = bytearray(pages[number])
        at = rng.randrange(PAGE_BYTES // 8) * 8
        match rng.randrange(5):
            case 0:
                page[at] ^= 1 << rng.randrange(8)
            case 1:
                page[at : at + 4] = rng.randbytes(4)
            case 2:
                page[at : at + 8] = rng.choice([b"\xff" * 8, bytes(8), b"\xff\xff\xff\x7f" * 2])
            case 3:
                length = min(rng.choice([16, 64, 512]), PAGE_BYTES - at)
                page[at : at + length] = rng.randbytes(length)
            case _:
                page[:] = pages[rng.choice(sorted(pages))]
        pages[number] = bytes(page)
    return Image(image.blocks, pages)


def test_a_guest_with_garbage_in_its_memory_harms_only_itself(full: bool) -> None:
    image, first = busy()
    started = read(first)
    assert isinstance(started, Suspended)
    next_id = 1 + len(started.calls)
    rng = random.Random(9)
    for _ in range(3_000 if full else 150):
        machine = Machine(load(), LIMITS.memory_bytes, spoil(rng, image))
        open_ids = [call.id for call in started.calls]
        try:
            while True:
                answered = open_ids.pop(rng.randrange(len(open_ids)))
                expected = Recorded(b"", next_id, len(open_ids))
                outcome, *_ = machine.step(
                    resume_message({answered: Returned("r")}, now_s=2e9, limits=LIMITS),
                    timeout_s=0.1,
                    max_reply_bytes=max_reply_bytes(LIMITS),
                    read=functools.partial(read_as, expected),
                )
                assert_valid(outcome, expected)
                if not isinstance(outcome, Suspended) or outcome.calls or not open_ids:
                    break
            machine.image()
            machine.step(
                abort_message(now_s=2e9),
                timeout_s=0.1,
                max_reply_bytes=max_reply_bytes(LIMITS),
                read=functools.partial(read_as, Recorded(b"", next_id)),
            )
        except (QuickJSError, GuestMemoryError):
            continue
