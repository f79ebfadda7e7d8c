"""Values cross without loss: one property for each row of the table in docs/values.md."""

from __future__ import annotations

import array
import dataclasses
import enum
import math
import re
import tracemalloc
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter import (
    HOLE,
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    Completed,
    Interpreter,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    Limits,
    RegExp,
    Returned,
    Shown,
    Suspended,
    TypedArray,
)
from langchain_quickjs.interpreter.wire.decode import decode
from langchain_quickjs.interpreter.wire.encode import encode, find_fault

ECHO = Interpreter(limits=Limits(calls=None, step_timeout_s=30))


def through(value: Any, script: str = "return await tools.get()") -> Any:
    """What comes back of a value that goes into a script and out again."""
    if ECHO.running:
        ECHO.abort()
    outcome = ECHO.start(script, tools=["get"])
    assert isinstance(outcome, Suspended)
    outcome = ECHO.resume({outcome.calls[0].id: Returned(value)})
    assert isinstance(outcome, Completed), outcome
    return outcome.value


def same(a: Any, b: Any) -> bool:
    """Equality that tells apart what JavaScript does: -0, NaN, types."""
    if isinstance(a, float) and isinstance(b, float):
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        return a == b and math.copysign(1, a) == math.copysign(1, b)
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, JSMap) and isinstance(b, JSMap):
        return same([list(e) for e in a.entries], [list(e) for e in b.entries])
    if isinstance(a, JSSet) and isinstance(b, JSSet):
        return same(a.elements, b.elements)
    if isinstance(a, JSError) and isinstance(b, JSError):
        fields = [f.name for f in dataclasses.fields(JSError)]
        return all(same(getattr(a, name), getattr(b, name)) for name in fields)
    return type(a) is type(b) and bool(a == b)


SAFE = 2**53 - 1
# Two halves of a pair, side by side, are a character to JavaScript.
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
texts = st.text(st.characters(), max_size=20).filter(lambda s: not PAIR.search(s))
# A float with an integral value in the safe range is a Number like any other and comes back as int.
floats = st.floats().filter(
    lambda x: not (x.is_integer() and abs(x) <= SAFE) or (x == 0 and math.copysign(1, x) < 0)
)
datetimes = st.datetimes(timezones=st.just(UTC)).map(
    lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000)
)
# An object's keys that are array indices come first and in order, as in every JavaScript object.
keys = texts.filter(lambda k: not k.isdecimal())

ROWS: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "undefined": st.just(UNDEFINED),
    "boolean": st.booleans(),
    "integer": st.integers(-SAFE, SAFE),
    "float": floats,
    "large integer": st.integers(SAFE + 1) | st.integers(max_value=-SAFE - 1),
    "small BigInt": st.integers(-SAFE, SAFE).map(BigInt),
    "string": texts,
    "string with lone surrogates": st.text(
        st.characters(categories=["Cs", "Lu"]), max_size=5
    ).filter(lambda s: not PAIR.search(s)),
    "bytes": st.binary(),
    "ArrayBuffer": st.binary().map(ArrayBuffer),
    "typed array": st.binary(max_size=4).map(lambda b: TypedArray("Int16Array", b * 2)),
    "Date": datetimes,
    "Date beyond datetime": st.sampled_from([JSDate(8.64e15), JSDate(-8.64e15)]),
    "RegExp": st.sampled_from([RegExp("a+", "gi"), RegExp("(?<y>\\d{4})\\/", "u"), RegExp("x")]),
}


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Leaves inside of every kind of container."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner | st.just(HOLE), max_size=4),
            st.dictionaries(keys, inner, max_size=4),
            st.lists(st.tuples(texts, inner), max_size=3, unique_by=lambda e: e[0]).map(JSMap),
            st.lists(texts, max_size=3, unique=True).map(JSSet),
            st.builds(JSError, texts, texts, texts, inner),
        ),
        max_leaves=6,
    )


values = nested(st.one_of(*ROWS.values()))
BATCH = 25


@pytest.mark.parametrize("row", ROWS)
def test_row_crosses_without_loss(row: str, full: bool) -> None:
    # Values cross in batches: 500 of them, 100,000 in full.
    batches = st.lists(nested(ROWS[row]), min_size=BATCH, max_size=BATCH)

    @settings(
        max_examples=(100_000 if full else 500) // BATCH,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(batches)
    def check(batch: list[Any]) -> None:
        assert same(through(batch), batch)

    check()


def test_nested_values_cross_without_loss(full: bool) -> None:
    @settings(max_examples=20_000 if full else 500, suppress_health_check=list(HealthCheck))
    @given(values)
    @example({"__proto__": {"a": 1}, "constructor": 1, "toString": None})
    @example([[], {}, "", [[]]])
    def check(value: Any) -> None:
        assert same(through(value), value)

    check()


@given(values)
def test_the_host_reads_what_it_writes(value: Any) -> None:
    if not isinstance(value, dict | list | JSMap | JSSet):
        assert same(decode(encode(value)), value)


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("-0", -0.0),
        ("0/0", math.nan),
        ("-1/0", -math.inf),
        ("2 ** 53", float(2**53)),
        ("2 ** 53 - 1", SAFE),
        ("5e9", 5_000_000_000),
        ("7n", BigInt(7)),
        ("-(2n ** 70n)", -(2**70)),
        ("'\\ud83d\\ude00'", "\U0001f600"),
        ("'\\ud83d'", "\ud83d"),
        ("new Date(NaN)", JSDate(math.nan)),
        ("[1, , 3, undefined]", [1, HOLE, 3, UNDEFINED]),
        ("new Array(3)", [HOLE] * 3),
        ("new Float64Array([1.5])", TypedArray("Float64Array", b"\0\0\0\0\0\0\xf8?")),
        ("new Uint8Array([1, 2, 3]).subarray(1)", b"\2\3"),
        ("new Set([1, true])", JSSet([1, True])),
        ("class P { x = 1; #y = 2; get z() { return 3 } } new P()", {"x": 1}),
        ("Object.create({inherited: 1}, {own: {value: 2, enumerable: true}})", {"own": 2}),
        ("({a: 1, [Symbol('s')]: 2})", {"a": 1}),
        ("({2: 'b', 1: 'a', z: 'c'})", {"1": "a", "2": "b", "z": "c"}),
        ("({get computed() { return 42 }})", {"computed": 42}),
        ("Object('boxed')", "boxed"),
        ("[new Number(1.5), new Boolean(false), Object(7n)]", [1.5, False, BigInt(7)]),
        ("Object.assign(new Number(1), { a: 1 })", 1),
        ("const n = new Number(1); [n, n, { n }]", [1, 1, {"n": 1}]),
        ("const u = new URL('https://a.b/ä?c#d'); [u, u]", ["https://a.b/%C3%A4?c#d"] * 2),
        ("const o = { u: new URL('a:b') }; o.o = o; o.u", "a:b"),
        ("new URLSearchParams({ a: '1 2' })", "a=1+2"),
        ("class U extends URL { x = 1 }; new U('a:b')", "a:b"),
        ("URL.prototype.toString = URL.prototype.toJSON = () => 'x'; new URL('a:b')", "a:b"),
    ],
)
def test_a_script_value_becomes(script: str, value: Any) -> None:
    got = Interpreter().eval(f"({script})" if script[0] == "{" else script)
    assert same(got, value) or (isinstance(value, JSDate) and math.isnan(got.ms))


def test_errors_cross_with_cause_and_list() -> None:
    source = "new AggregateError([new TypeError('t')], 'all', {cause: {code: 7}})"
    error = Interpreter().eval(source)
    assert (error.name, error.message, error.cause) == ("AggregateError", "all", {"code": 7})
    assert [(e.name, e.message) for e in error.errors] == [("TypeError", "t")]
    script = (
        "const e = await tools.get(); [e instanceof Error, String(e), e.cause.code, 'cause' in e]"
    )
    assert through(error, script) == [True, "AggregateError: all", 7, True]


def test_cycles_and_shared_references_stay_from_javascript() -> None:
    value = Interpreter().eval(
        "const s = {n: 1}, m = new Map([['s', s]]), a = [s, s, m]; a.push(a); m.set('a', a); a"
    )
    assert value[0] is value[1] is value[2]["s"]
    assert value[3] is value is value[2]["a"]


def test_cycles_and_shared_references_stay_from_python() -> None:
    shared: dict[str, Any] = {"n": 1}
    value: list[Any] = [shared, shared, JSMap([("s", shared)]), (shared,)]
    value.append(value)
    script = (
        "const v = await tools.get();"
        "[v[0] === v[1], v[2].get('s') === v[0], v[3][0] === v[0], v[4] === v, v.length]"
    )
    assert through(value, script) == [True, True, True, True, 5]
    back = through(value)
    assert back[0] is back[1]
    assert back[4] is back


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Order(BaseModel):
    id: int
    placed: date
    lines: list[tuple[str, Decimal]]


@dataclasses.dataclass
class Point:
    x: float
    y: float


FIXED_ID = uuid.UUID("12345678123456781234567812345678")


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Point(1.5, 2.0), {"x": 1.5, "y": 2}),
        (
            Order(id=1, placed=date(2026, 1, 2), lines=[("a", Decimal("1.50"))]),
            {"id": 1, "placed": "2026-01-02", "lines": [["a", "1.50"]]},
        ),
        (FIXED_ID, str(FIXED_ID)),
        (PurePosixPath("/tmp/x"), "/tmp/x"),
        (timedelta(minutes=1), 60),
        (
            datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=1))),
            datetime(2026, 1, 2, 2, 4, tzinfo=UTC),
        ),
        ((1, (2, 3)), [1, [2, 3]]),
        (frozenset({1}), JSSet([1])),
        (array.array("d", [1.5]), TypedArray("Float64Array", b"\0\0\0\0\0\0\xf8?")),
        (re.compile("a.b", re.IGNORECASE | re.DOTALL), RegExp("a.b", "is")),
        ({1: "a", "b": 2}, {"1": "a", "b": 2}),
        (range(3), [0, 1, 2]),
        (memoryview(b"ab"), b"ab"),
        (bytearray(b"ab"), b"ab"),
        (type("Buffer", (bytearray,), {})(b"ab"), b"ab"),
    ],
)
def test_what_tools_return_crosses(value: Any, becomes: Any) -> None:
    assert same(through(value), becomes)


def test_messages_and_documents_cross_as_objects() -> None:
    message = through(AIMessage("hello", id="m1"))
    assert (message["type"], message["content"], message["id"]) == ("ai", "hello", "m1")
    document = through(Document("text", metadata={"page": 2}))
    assert (document["page_content"], document["metadata"]) == ("text", {"page": 2})


@pytest.mark.parametrize(
    ("script", "path"),
    [
        ("({items: [0, {callback() {}}]})", "result.items[1].callback is a function"),
        ("[Symbol('x')]", "result[0] is a symbol"),
        ("({p: Promise.resolve()})", "result.p is a promise"),
        ("new Map([['k', () => 1]])", "result[1] is a function"),
        ("let d = []; for (let i = 0; i < 300; i++) d = [d]; d", "is nested too deeply"),
    ],
)
def test_what_cannot_leave_is_named_with_its_path(script: str, path: str) -> None:
    value = Interpreter().eval(script)
    assert isinstance(value, Shown)
    assert path in value.reason


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": [1, {"b": lambda: 1}]}, "value.a[1].b"),
        ([object()], "value[0]"),
        ({"a": {None: 1, "b": print}}, "value.a"),
    ],
)
def test_what_cannot_enter_is_named_with_its_path(value: Any, path: str) -> None:
    with pytest.raises(ValueTransferError, match=re.escape(path)):
        encode(value)


def test_a_key_that_cannot_cross_is_named() -> None:
    for key in ((1, 2), None, 1.5, b"k"):
        with pytest.raises(ValueTransferError, match=r"call \d+\.a cannot .* its key"):
            through({"a": {key: 1}})


@pytest.mark.parametrize(
    "value",
    [
        {"k" * 10**7: {"l" * 10**7: object()}},
        {"k" * 10**7: {(1, "m" * 10**7): 1}},
        {10**5000: {"a": 1}},
        JSMap([("k" * 10**7, object())]),
        [0] * 10**6 + [object()],
    ],
    ids=["huge keys", "huge key of a wrong kind", "huge int", "key of a Map", "far behind"],
)
def test_a_path_is_short_and_made_for_the_fault_alone(value: Any) -> None:
    tracemalloc.start()
    try:
        fault = find_fault(value, "value")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert fault is not None
    assert all(len(text) <= 200 for text in fault)
    assert peak < 2**17


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def test_nesting_is_limited_both_ways() -> None:
    assert same(through(deep(150)), deep(150))
    with pytest.raises(ValueTransferError, match="nested"):
        encode(deep(5000))
    with pytest.raises(ValueTransferError, match="nested"):
        through(deep(300))


HOSTILE: dict[str, tuple[str, Callable[[str], bool]]] = {
    "throwing getter": ("({get a() { throw new RangeError('gotcha') }})", lambda m: "gotcha" in m),
    "throwing proxy": (
        "new Proxy({}, {ownKeys() { throw new Error('trap') }})",
        lambda m: "trap" in m,
    ),
    "growing while read": (
        "const a = []; a.push({get x() { a.push(a[0]); return 1 }}); ({a: [a, {get y() {"
        " for (let i = 0; i < 9; i++) a.push({}); return a }}]})",
        lambda _: True,
    ),
    "toJSON is not called": ("({toJSON() { throw 1 }})", lambda m: "toJSON is a function" in m),
}


@pytest.mark.parametrize(("script", "expected"), HOSTILE.values(), ids=HOSTILE.keys())
def test_reading_a_hostile_value_ends(script: str, expected: Callable[[str], bool]) -> None:
    interpreter = Interpreter(limits=Limits(step_timeout_s=1))
    interpreter.eval("let kept = 5")
    outcome = interpreter.start(script)
    assert not isinstance(outcome, Suspended)
    if isinstance(outcome, Completed):
        assert not isinstance(outcome.value, Shown) or expected(outcome.value.reason)
    else:
        assert expected(outcome.error.message)
    assert interpreter.eval("kept") == 5
