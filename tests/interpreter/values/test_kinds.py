"""Every kind of value in every place: what one follower of the table forgets is seen here."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter import (
    HOLE,
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    Interpreter,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    Returned,
    Suspended,
    TypedArray,
)
from langchain_quickjs.interpreter.values.js_values import Hole, Undefined
from langchain_quickjs.interpreter.values.kinds import ELEMENTS, KINDS, Ext, Kind
from langchain_quickjs.interpreter.values.weight import is_large
from langchain_quickjs.script.arguments.tool_arguments import Arguments
from tests.helpers.models import programs
from tests.helpers.scripts import printed

WASM = Path(__file__).parents[3] / "wasm"


@dataclass(frozen=True)
class Sample:
    """A value of one kind.

    Attributes:
        js: An element of an array literal.
        python: The same as it arrives.
        shown: As the model sees it in a result.
        plain: As it stands in the state of a script graph.
        printed: As console.log writes it inside of an array.
    """

    js: str
    python: Any
    shown: str
    plain: Any
    printed: str


NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)
HALVES = struct.pack("<2d", 0.5, -0.0)

SAMPLES: Mapping[type, Sample] = {
    type(None): Sample("null", None, "null", None, "null"),
    bool: Sample("true", True, "true", True, "true"),
    int: Sample("2n ** 60n", 2**60, f"{2**60}n", 2**60, f"{2**60}n"),
    float: Sample("0.5", 0.5, "0.5", 0.5, "0.5"),
    str: Sample("'é'", "é", '"é"', "é", "'é'"),
    list: Sample("[1]", [1], "[1]", [1], "[ 1 ]"),
    dict: Sample("{ a: 1 }", {"a": 1}, "{a: 1}", {"a": 1}, "{ a: 1 }"),
    bytes: Sample(
        "new Uint8Array([1, 2])", b"\1\2", "Uint8Array(2) [1, 2]", b"\1\2", "Uint8Array(2) [ 1, 2 ]"
    ),
    Undefined: Sample("undefined", UNDEFINED, "undefined", None, "undefined"),
    Hole: Sample("", HOLE, "<empty>", None, "<1 empty item>"),
    BigInt: Sample("7n", BigInt(7), "7n", 7, "7n"),
    datetime: Sample(
        f"new Date({NOON.timestamp() * 1000})",
        NOON,
        "Date(2024-05-06T12:00:00.000Z)",
        NOON,
        "2024-05-06T12:00:00.000Z",
    ),
    JSDate: Sample(
        "new Date(8.64e15)",
        JSDate(8.64e15),
        "Date(8640000000000000)",
        8.64e15,
        "+275760-09-13T00:00:00.000Z",
    ),
    JSMap: Sample(
        "new Map([[1, 'b']])",
        JSMap([(1, "b")]),
        'Map(1) {1 => "b"}',
        [[1, "b"]],
        "Map(1) { 1 => 'b' }",
    ),
    JSSet: Sample("new Set([1])", JSSet([1]), "Set(1) {1}", [1], "Set(1) { 1 }"),
    RegExp: Sample("/a+/g", RegExp("a+", "g"), "/a+/g", "/a+/g", "/a+/g"),
    JSError: Sample(
        "Object.assign(new TypeError('no'), { stack: '' })",
        JSError("TypeError", "no"),
        "[TypeError: no]",
        "TypeError: no",
        "[TypeError: no]",
    ),
    TypedArray: Sample(
        "new Float64Array([0.5, -0])",
        TypedArray("Float64Array", HALVES),
        "Float64Array(2) [0.5, -0]",
        HALVES,
        "Float64Array(2) [ 0.5, -0 ]",
    ),
    ArrayBuffer: Sample(
        "new Uint8Array([1, 2]).buffer",
        ArrayBuffer(b"\1\2"),
        "ArrayBuffer(2) [1, 2]",
        b"\1\2",
        "ArrayBuffer { [Uint8Contents]: <01 02>, byteLength: 2 }",
    ),
}

# Places in which the array of a sample can stand: source, value, what is shown, plain data.
PLACES: Mapping[str, tuple[str, Any, str, Any]] = {
    "result": ("{}", lambda v: v, "{}", lambda v: v),
    "array": ("[0, {}]", lambda v: [0, v], "[0, {}]", lambda v: [0, v]),
    "object": ("({{ x: {} }})", lambda v: {"x": v}, "{{x: {}}}", lambda v: {"x": v}),
    "value of a Map": (
        "new Map([['k', {}]])",
        lambda v: JSMap([("k", v)]),
        'Map(1) {{"k" => {}}}',
        lambda v: {"k": v},
    ),
    "key of a Map": (
        "new Map([[{}, 0]])",
        lambda v: JSMap([(v, 0)]),
        "Map(1) {{{} => 0}}",
        lambda v: [[v, 0]],
    ),
    "Set": ("new Set([{}])", lambda v: JSSet([v]), "Set(1) {{{}}}", lambda v: [v]),
    "cause of an Error": (
        "Object.assign(new Error('e', {{ cause: {} }}), {{ stack: '' }})",
        lambda v: JSError("Error", "e", cause=v),
        "[Error: e]",
        lambda _: "Error: e",
    ),
}

by_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.python.__name__)
by_place = pytest.mark.parametrize("place", PLACES)


def same(a: Any, b: Any) -> bool:
    """Whether both are of one type and equal."""
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


def seen_by_model(program: str) -> str:
    """What a model is answered that has written this."""
    middleware: list[Any] = [CodeInterpreterMiddleware()]
    agent: Any = create_agent(model=programs(program), tools=[], middleware=middleware)
    state = agent.invoke({"messages": [("user", "go")]})
    return next(message.text for message in state["messages"] if isinstance(message, ToolMessage))


def test_every_kind_has_a_sample_and_every_code_a_kind() -> None:
    types = [kind.python for kind in KINDS]
    assert len(set(types)) == len(types)
    assert set(types) == set(SAMPLES)
    assert all(type(SAMPLES[kind].python) is kind for kind in types)
    # The other two say that some object of a value can be reached in two ways.
    assert {kind.ext for kind in KINDS} - {None} == set(Ext) - {Ext.GRAPH, Ext.REF}


def test_the_guest_has_the_same_codes() -> None:
    header = (WASM / "src/codec/codec.h").read_text()
    codes = {name: int(code) for name, code in re.findall(r"EXT_(\w+) = (\d+),", header)}
    assert codes == {ext.name: ext.value for ext in Ext}
    table = (WASM / "README.md").read_text().partition("| extension |")[2]
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == sorted(Ext)


@by_kind
@by_place
def test_a_result_is_that_value_shown_so_and_stored_so(kind: Kind, place: str) -> None:
    sample = SAMPLES[kind.python]
    source, value, shown, plain = PLACES[place]
    program = source.format(f"[{sample.js},]")
    result = Interpreter().eval(program)
    assert result == value([sample.python])
    if place == "result":
        assert same(result, [sample.python])
    assert seen_by_model(program) == f"<result>{shown.format(f'[{sample.shown}]')}</result>"
    outcome = create_script_graph([]).invoke({"source": program})["outcome"]
    assert outcome["status"] == "completed"
    assert same(outcome["value"], plain([sample.plain]))


@by_kind
@by_place
def test_what_a_tool_returns_arrives_and_comes_back(kind: Kind, place: str) -> None:
    value = PLACES[place][1]([SAMPLES[kind.python].python])
    interpreter = Interpreter()
    waiting = interpreter.start("await tools.get()", tools=["get"])
    assert isinstance(waiting, Suspended)
    outcome = interpreter.resume({waiting.calls[0].id: Returned(value)})
    assert outcome.value == value  # type: ignore[union-attr]  # it has completed


@by_kind
def test_a_subclass_crosses_as_what_it_inherits_from(kind: Kind) -> None:
    if kind.python in (type(None), bool, Undefined, Hole):
        return  # They cannot be inherited from.
    sample = SAMPLES[kind.python].python
    own: Any = type("Own", (kind.python,), {})
    if kind.python is datetime:
        value = own.fromtimestamp(sample.timestamp(), UTC)
    elif kind.python in (int, float, str, list, dict, bytes, BigInt):
        value = own(sample)
    else:
        value = own(*(getattr(sample, name) for name in own.__mro__[1].__slots__))
    interpreter = Interpreter()
    waiting = interpreter.start("[await tools.get()]", tools=["get"])
    assert isinstance(waiting, Suspended)
    outcome = interpreter.resume({waiting.calls[0].id: Returned(value)})
    assert same(outcome.value, [sample])  # type: ignore[union-attr]  # it has completed


@by_kind
def test_the_console_writes_it_as_node_does(kind: Kind) -> None:
    sample = SAMPLES[kind.python]
    text = re.sub(r"\s+", " ", printed(f"console.log([{sample.js},])"))
    assert text.strip() == f"[ {sample.printed} ]"


@by_kind
def test_an_argument_that_does_not_fit_is_named_in_javascripts_words(kind: Kind) -> None:
    never = Arguments.of({"properties": {"v": {"type": "array", "items": {"enum": ["never"]}}}})
    more = {TypedArray: "a Float64Array", JSMap: "a Map with keys that are no text"}
    words = more.get(kind.python, kind.words)
    with pytest.raises(ValueTransferError) as caught:
        never.value({"v": [SAMPLES[kind.python].python]}, "take")
    expected = "" if kind.python is str else f", it is {words}"
    assert str(caught.value) == f'take: v[0] must be "never"{expected}'


def test_an_invalid_date_is_one_everywhere() -> None:
    value = Interpreter().eval("new Date(NaN)")
    assert type(value) is JSDate
    assert math.isnan(value.ms)
    outcome = create_script_graph([]).invoke({"source": "[new Date(NaN)]"})["outcome"]
    assert outcome["value"] == [None]


@pytest.mark.parametrize("text", ["new Error('\\ud800')", "new RegExp('\\ud800')", "'\\ud800'"])
def test_what_is_stored_as_text_can_be_encoded(text: str) -> None:
    (value,) = create_script_graph([]).invoke({"source": f"[{text}]"})["outcome"]["value"]
    assert "?" in value
    assert value.encode()


@by_kind
def test_what_is_in_it_is_weighed(kind: Kind) -> None:
    chars = 100_000
    large: dict[type, Any] = {
        int: 1 << 8 * chars,
        BigInt: BigInt(1 << 8 * chars),
        str: "x" * chars,
        list: [0] * chars,
        dict: {"x" * chars: 0},
        bytes: bytes(chars),
        JSMap: JSMap([("x" * chars, 0)]),
        JSSet: JSSet(["x" * chars]),
        RegExp: RegExp("x" * chars),
        JSError: JSError("Error", "x" * chars),
        TypedArray: TypedArray("Int8Array", bytes(chars)),
        ArrayBuffer: ArrayBuffer(bytes(chars)),
    }
    fixed = {type(None), bool, float, Undefined, Hole, datetime, JSDate}
    assert (kind.python in large) is (kind.python not in fixed)
    assert is_large(large.get(kind.python, SAMPLES[kind.python].python)) is (kind.python in large)


@pytest.mark.parametrize("element", ELEMENTS, ids=lambda element: element.array)
def test_elements_of_typed_arrays_are_those_of_the_engine(element: Any) -> None:
    one = "1n" if element.array.startswith("Big") else "1"
    array = Interpreter().eval(f"[new {element.array}([{one}])]")
    data = struct.pack(f"<{element.code}", 1)
    as_bytes = element.array == "Uint8Array"
    assert array == [data if as_bytes else TypedArray(element.array, data)]
    shown = f"<result>[{element.array}(1) [{one}]]</result>"
    assert seen_by_model(f"[new {element.array}([{one}])]") == shown
