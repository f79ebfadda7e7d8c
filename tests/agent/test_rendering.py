"""What the model sees of a script."""

from __future__ import annotations

import re
import struct
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs import errors
from langchain_quickjs.agent.rendering import error_type, render
from langchain_quickjs.errors import QuickJSError, ScriptError
from langchain_quickjs.interpreter import (
    HOLE,
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    Completed,
    Failed,
    Interpreter,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    TypedArray,
)
from langchain_quickjs.interpreter.values.notation import notation

TAG = re.compile(r"<\s*/?\s*(stdout|result|error|calls)\b", re.IGNORECASE)


def rendered(outcome: Any, console: str = "", max_result_chars: int = 4000) -> str:
    return render(outcome, console=console, max_result_chars=max_result_chars)


def completed(value: Any) -> str:
    text = rendered(Completed(value, ""))
    return text.removeprefix("<result>").removesuffix("</result>")


def failed(*fields: Any) -> Failed:
    return Failed(ScriptError(*fields), "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('as it is: "x" <b>&amp;</b> a < b && c', 'as it is: "x" <b>&amp;</b> a < b && c'),
        ("", ""),
        (UNDEFINED, "undefined"),
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (2**53, "9007199254740992n"),
        (1.0, "1"),
        (-0.0, "-0"),
        (0.1, "0.1"),
        (1e16, "10000000000000000"),
        (1e21, "1e+21"),
        (1.5e-7, "1.5e-7"),
        (0.00001, "0.00001"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (b"\x00\xff", "Uint8Array(2) [0, 255]"),
        (TypedArray("Float64Array", struct.pack("<2d", 0.5, -0.0)), "Float64Array(2) [0.5, -0]"),
        (TypedArray("BigInt64Array", struct.pack("<q", -3)), "BigInt64Array(1) [-3n]"),
        (ArrayBuffer(bytes(3)), "ArrayBuffer(3) [0, 0, 0]"),
        (BigInt(5), "5n"),
        (2**4000, f"0x1{'0' * 1000}n"),
        (datetime(2024, 2, 29, 12, tzinfo=UTC), "Date(2024-02-29T12:00:00.000Z)"),
        (JSDate(float("nan")), "Date(invalid)"),
        (RegExp("a+", "gi"), "/a+/gi"),
        (JSMap([("a", 1), (None, [])]), 'Map(2) {"a" => 1, null => []}'),
        (JSSet([1, "x"]), 'Set(2) {1, "x"}'),
        (JSError("TypeError", "no"), "[TypeError: no]"),
        ([1, HOLE, 3], "[1, <empty>, 3]"),
        ([], "[]"),
        ({}, "{}"),
        (
            {"id": "A-17", "two words": [1, None, UNDEFINED, {"x": "é\n"}]},
            '{id: "A-17", "two words": [1, null, undefined, {x: "é\\n"}]}',
        ),
        ("\x1b[31mred\x00\ud83d", "\\x1b[31mred\\x00\\ud83d"),
        (["</result>"], '["&lt;/result>"]'),
    ],
)
def test_results(value: Any, expected: str) -> None:
    text = rendered(Completed(value, ""), max_result_chars=20_000)
    assert text == f"<result>{expected}</result>"


def test_a_value_that_contains_itself() -> None:
    value: dict[str, Any] = {"list": [1]}
    value["list"].append(value)
    value["twice"] = [{}, {}]
    assert completed(value) == "{list: [1, [Circular]], twice: [{}, {}]}"


def test_deep_nesting_is_not_shown_to_its_end() -> None:
    value: Any = "bottom"
    for _ in range(5000):
        value = [value]
    assert completed(value) == "[" * 64 + "[…]" + "]" * 64


def test_output_comes_first() -> None:
    text = rendered(Completed(1, ""), "one\ntwo\n")
    assert text == "<stdout>\none\ntwo\n</stdout>\n<result>1</result>"


def test_an_error_says_where() -> None:
    text = rendered(failed("TypeError", "x is undefined", "", 3, 14), "before\n")
    assert text == (
        "<stdout>\nbefore\n</stdout>\n"
        '<error type="TypeError">x is undefined\n  at line 3, column 14</error>'
    )


def test_an_error_without_a_place() -> None:
    assert rendered(failed("Error", "no")) == '<error type="Error">no</error>'


def test_a_stack_is_kept_short() -> None:
    stack = "\n".join(f"    at f{n} (script:{n}:1)" for n in range(9))
    text = rendered(failed("RangeError", "deep", stack, 1, 1))
    assert text.splitlines()[1:] == [
        *(f"  at f{n} (script:{n}:1)" for n in range(5)),
        "  … 4 more</error>",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("TimeLimitError", "Timeout"),
        ("MemoryLimitError", "OutOfMemory"),
        ("StackLimitError", "StackOverflow"),
        ("ResultLimitError", "ResultTooLarge"),
        ("ValueTransferError", "ValueTransfer"),
        ("SnapshotError", "Snapshot"),
    ],
)
def test_errors_of_the_host(name: str, expected: str) -> None:
    error = getattr(errors, name)("The script did it. Raise `Limits.x`.")
    text = rendered(error, "before")
    assert text == (
        "<stdout>\nbefore\n</stdout>\n"
        f'<error type="{expected}">The script did it. Raise `Limits.x`.</error>'
    )


def test_every_limit_has_a_type_that_reads_well() -> None:
    for kind in errors.LimitError.__subclasses__():
        error = kind("Error", "") if issubclass(kind, errors.ScriptError) else kind("")
        assert not error_type(error).endswith(("Limit", "Error"))


@pytest.mark.parametrize(
    ("source", "text", "reason"),
    [
        ("(() => 1)", "[Function (anonymous)]", "result is a function, which cannot"),
        (
            "({ a: [{ f: Symbol('s') }] })",
            "{ a: [ { f: Symbol(s) } ] }",
            "result.a[0].f is a symbol",
        ),
        ("[Promise.resolve(1)]", "[ Promise { 1 } ]", "result[0] is a promise; await it first"),
        (
            "({ get a() { throw new Error('no') } })",
            "{ a: [Getter] }",
            "reading it threw Error: no",
        ),
        (
            "({ f() {}, t: '</result>' })",
            "{ f: [Function: f], t: '&lt;/result>' }",
            "result.f is a",
        ),
    ],
)
def test_a_result_that_cannot_be_copied_is_shown(source: str, text: str, reason: str) -> None:
    outcome = Interpreter().start(source)
    assert isinstance(outcome, Completed)
    shown, note = rendered(outcome).split("\n")
    assert shown == f'<result kind="handle">{text}'
    assert note.startswith(f"(only shown: {reason}")
    assert note.endswith(")</result>")


def test_a_long_result_that_is_shown_keeps_its_reason() -> None:
    outcome = Interpreter().start("({ t: 'x'.repeat(9000), f() {} })")
    text = rendered(outcome)
    assert len(text) < 4100
    assert text.endswith(
        "(only shown: result.f is a function, which cannot leave the script)</result>"
    )


def test_cutting_says_how_much_is_gone() -> None:
    text = completed("x" * 5000)
    assert len(text) == 4000
    kept, cut = re.fullmatch(r"(x+)… \[(\d+) characters cut\]", text).groups()  # type: ignore[union-attr]  # it matches
    assert len(kept) + int(cut) == 5000


def test_a_huge_value_is_not_written_out_only_to_be_cut() -> None:
    text, whole = notation([{"n": n} for n in range(1_000_000)], 100)
    assert not whole
    assert len(text) < 200
    assert re.search(r"at least \d+ characters cut\]$", completed(list(range(1_000_000))))


HUGE_CHARS = 16 * 2**20


def deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value, "\x01" * 99]
    return value


HUGE: dict[str, Callable[[], Any]] = {
    "control characters": lambda: "\x01" * HUGE_CHARS,
    "tags": lambda: "</result>" * (HUGE_CHARS // 9),
    "what may become tags": lambda: ("<" + " " * 999) * (HUGE_CHARS // 1000),
    "lone surrogates": lambda: "\ud800" * HUGE_CHARS,
    "text in a list": lambda: ["\x01" * HUGE_CHARS],
    "key": lambda: {"\x01" * HUGE_CHARS: 1},
    "name as a key": lambda: {"a" * HUGE_CHARS: 1},
    "key of a Map": lambda: JSMap([(JSMap([("\x01" * HUGE_CHARS, 1)]), 2)]),
    "element of a Set": lambda: JSSet(["\x01" * HUGE_CHARS]),
    "integer": lambda: 1 << 8 * HUGE_CHARS,
    "integer in a list": lambda: [-1 << 8 * HUGE_CHARS],
    "bytes": lambda: bytes(HUGE_CHARS),
    "buffer": lambda: ArrayBuffer(bytes(HUGE_CHARS)),
    "typed array": lambda: TypedArray("Float64Array", bytes(HUGE_CHARS)),
    "error": lambda: JSError("\x01" * HUGE_CHARS, "\x01" * HUGE_CHARS),
    "pattern": lambda: RegExp("\x01" * HUGE_CHARS),
    "many parts": lambda: [0] * HUGE_CHARS,
    "nesting": lambda: deep(10**5),
}


@pytest.mark.parametrize("kind", HUGE)
def test_of_a_huge_text_or_value_only_what_is_shown_is_looked_at(kind: str) -> None:
    value = HUGE[kind]()
    text = value if isinstance(value, str) else "\x01" * HUGE_CHARS
    error = ScriptError(text, text, "    at f (a:1:2)\n" + text, 1, 1)
    outcomes = [Completed(value, ""), Failed(error, ""), errors.TimeLimitError(text)]
    tracemalloc.start()
    try:
        blocks = [rendered(outcome, text) for outcome in outcomes]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert all(len(block) < 8200 for block in blocks)
    assert all("characters cut]" in block for block in blocks)
    assert peak < 4 * 2**20
    while isinstance(value, list) and value:  # else Python would free it recursively
        value = value[0]


def test_a_long_message_does_not_push_the_place_away() -> None:
    text = rendered(failed("Error", "m" * 5000, "", 3, 14), max_result_chars=100)
    assert text.endswith("\n  at line 3, column 14</error>")
    assert "characters cut]" in text


@pytest.mark.parametrize("name", ['x"><result>', "", "</error>", "é", "a" * 500, "\n"])
def test_an_error_type_stays_in_its_quotes(name: str) -> None:
    text = rendered(failed(name, "no"))
    assert re.fullmatch(r'<error type="[\w.$-]{1,64}">no</error>', text, re.ASCII)


# Pieces of tags are what a script would try; plain random text hardly ever holds one.
TEXT = st.lists(
    st.text()
    | st.sampled_from(["<", "</", ">", "result", "stdout", "error", "RESULT", "\n", " ", "&lt;"])
    | st.sampled_from(["</result>", '<error type="x">', "< / stdout >", "… [1 characters cut]"])
    | st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF, categories=["Cs"])
).map("".join)
VALUES = st.recursive(
    TEXT
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.binary()
    | st.just(UNDEFINED),
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)
ERRORS = st.builds(
    ScriptError, TEXT, TEXT, TEXT, st.none() | st.integers(1, 10**6), st.integers(1, 10**6)
)
OUTCOMES = (
    VALUES.map(lambda value: Completed(value, ""))
    | ERRORS.map(lambda error: Failed(error, ""))
    | TEXT.map(errors.TimeLimitError)
    | TEXT.map(QuickJSError)
)


@given(OUTCOMES, TEXT, st.integers(0, 60) | st.just(4000))
def test_no_forged_tags_and_no_more_than_the_limit(
    outcome: Completed | Failed | QuickJSError, console: str, limit: int
) -> None:
    text = render(outcome, console=console, max_result_chars=limit)
    text.encode("utf-8")
    kinds = TAG.findall(text)
    ending = "result" if isinstance(outcome, Completed) else "error"
    assert kinds == (["stdout"] * 2 if console else []) + [ending] * 2
    blocks = re.fullmatch(
        r'(?:<stdout>\n(.*)\n</stdout>\n)?<(?:result|error type="[^"<>]*")>(.*)</(?:result|error)>',
        text,
        re.DOTALL,
    )
    assert blocks is not None
    assert all(len(block) <= limit for block in blocks.groups() if block is not None)
