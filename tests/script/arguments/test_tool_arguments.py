"""A call from a script is a call that the model could have made: one value for everybody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

import pydantic.v1
import pytest
from deepagents import FilesystemPermission, create_deep_agent
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, HumanInTheLoopMiddleware
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool, Tool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, model_validator

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter import (
    HOLE,
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    TypedArray,
)
from langchain_quickjs.script.arguments.json_values import copied
from langchain_quickjs.script.arguments.tool_arguments import Arguments, arguments_of
from tests.helpers.argument_kinds import CELLS, FIT, KINDS, PROGRAM, TYPES, as_json, tools
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import programs
from tests.helpers.stories import APPROVE
from tests.helpers.tables import table

GO: Any = {"messages": [("user", "go")]}
THREAD: Any = {"configurable": {"thread_id": "1"}}

Gate = Literal["batched", "per_call", "interrupt_on", "when", "denying hook"]
GATES: tuple[Gate, ...] = ("batched", "per_call", "interrupt_on", "when", "denying hook")


@dataclass
class Hook(AgentMiddleware[Any, Any, Any]):
    """Notes the calls that it sees; may deny them all."""

    denies: bool = False
    saw: dict[str, Any] = field(default_factory=dict)

    def wrap_tool_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        return self._denied(request) or handler(request)

    async def awrap_tool_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        return self._denied(request) or await handler(request)

    def _denied(self, request: Any) -> ToolMessage | None:
        call = request.tool_call
        if not call["name"].startswith("take_"):
            return None
        self.saw[call["args"]["cell"]] = json.dumps(call["args"])
        return ToolMessage("denied", tool_call_id=call["id"]) if self.denies else None


def sent(agent: Any, mode: Mode, given: Any) -> dict[str, Any]:
    config = {**THREAD, "max_concurrency": 16}
    if mode == "invoke":
        return dict(agent.invoke(given, config))
    return dict(asyncio.run(agent.ainvoke(given, config)))


def result_of(state: dict[str, Any]) -> str:
    text = next(m.text for m in state["messages"] if isinstance(m, ToolMessage))
    return text.removeprefix("<result>").removesuffix("</result>")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("gate", GATES)
def test_gates_people_and_tools_get_the_same(
    gate: Gate, mode: Mode, pytestconfig: pytest.Config
) -> None:
    """Must show 1 of issue D."""
    got: dict[str, Any] = {}
    asked: dict[str, Any] = {}
    granted = tools(got)
    named: dict[str, Any] = dict.fromkeys([tool.name for tool in granted], True)
    hook = Hook(denies=gate == "denying hook")
    options: dict[str, Any] = {"max_ptc_calls": None, "max_result_chars": 10**6}
    gates: list[Any] = []
    deep: dict[str, Any] = {}
    seen_by_when: dict[str, Any] = {}
    match gate:
        case "batched" | "per_call":
            gates = [HumanInTheLoopMiddleware(named, interrupt_mode=gate)]
        case "interrupt_on":
            deep = {"interrupt_on": named}
        case "when":

            def when(request: Any) -> bool:
                args = request.tool_call["args"]
                seen_by_when[args["cell"]] = json.dumps(args)
                return True

            ask: Any = {"allowed_decisions": ["approve"], "when": when}
            options["interrupt_on"] = dict.fromkeys(named, ask)
    create: Any = create_deep_agent if deep else create_agent
    agent = create(
        model=programs(PROGRAM),
        tools=granted,
        middleware=[CodeInterpreterMiddleware(ptc=list(named), **options), *gates, hook],
        checkpointer=InMemorySaver(),
        **deep,
    )
    state = sent(agent, mode, GO)
    while waiting := state.get("__interrupt__"):
        answers: dict[str, Any] = {}
        for item in waiting:
            requests = item.value.get("action_requests")
            answers[item.id] = {"decisions": [APPROVE] * len(requests or ())}
            if requests is None:
                requests, answers[item.id] = [item.value], APPROVE
            for request in requests:
                asked[request["args"]["cell"]] = json.dumps(request["args"])
        assert not got
        state = sent(agent, mode, Command(resume=answers))
    ends = json.loads(result_of(state))
    assert set(ends) == set(CELLS)
    words = "denied" if hook.denies else "made"
    made = {cell for cell, end in ends.items() if end == words}
    assert made == {f"{kind}|{of}" for of, kinds in FIT.items() for kind in kinds}
    for cell in set(CELLS) - made:
        assert ends[cell].startswith("TypeError: "), (cell, ends[cell])
        assert len(ends[cell]) < 200
    assert hook.saw.keys() == made
    assert got.keys() == (set() if hook.denies else made)
    assert asked.keys() == (set() if hook.denies else made)
    if gate == "when":
        assert seen_by_when == asked
    for cell, args in asked.items():
        assert args == hook.saw[cell]
        assert as_json(got[cell]) == json.loads(args).get("value"), cell
    lines = table(
        pytestconfig, "arguments of scripts", " " * 20 + "".join(f"{of:>10}" for of in TYPES)
    )
    if len(lines) == 1:
        lines += [
            f"{kind:20}"
            + "".join(f"{'same' if f'{kind}|{of}' in made else 'TypeError':>10}" for of in TYPES)
            for kind in KINDS
        ]


# Ways of writing "/secrets/a" that are no text; a tool that took them would make text of them.
DISGUISES = (
    "new Uint8Array([...'/secrets/a'].map((c) => c.charCodeAt(0)))",
    "new Uint8Array([...'/secrets/a'].map((c) => c.charCodeAt(0))).buffer",
    "['/secrets/a']",
    "new Set(['/secrets/a'])",
    "({ path: '/secrets/a' })",
    "new (class extends Array {})('/secrets/a')",
    "new Error('/secrets/a')",
    "null",
    "'/secrets/a\\ud800'",
)


@pytest.mark.parametrize("mode", MODES)
def test_permissions_of_a_deep_agent_see_every_path(mode: Mode) -> None:
    source = f"""
    const refused = [];
    for (const file_path of [{", ".join(DISGUISES)}])
      try {{ await tools.writeFile({{ file_path, content: "x" }}) }} catch (e) {{ refused.push(e) }}
    try {{ await tools.writeFile({{ filePath: "/secrets/a", content: "x" }}) }}
    catch (e) {{ refused.push(e) }}
    await tools.writeFile({{ file_path: "/open", content: "x" }});
    await tools.writeFile({{ file_path: "/secrets/a", content: "x" }}).catch(() => {{}});
    JSON.stringify(refused.map((e) => e.name + " " + e.message))
    """
    secrets = FilesystemPermission(["write"], ["/secrets/**"], "interrupt")
    agent = create_deep_agent(
        model=programs(source),
        middleware=[CodeInterpreterMiddleware(ptc=["write_file"], max_result_chars=10**5)],
        permissions=[secrets],
        checkpointer=InMemorySaver(),
    )
    state = sent(agent, mode, GO)
    (asked,) = state["__interrupt__"]
    (request,) = asked.value["action_requests"]
    assert request["args"] == {"file_path": "/secrets/a", "content": "x"}
    state = sent(agent, mode, Command(resume={asked.id: {"decisions": [{"type": "reject"}]}}))
    assert set(state["files"]) == {"/open"}
    words = json.loads(result_of(state))
    assert len(words) == len(DISGUISES) + 1
    assert all(word.startswith("TypeError writeFile: file_path must be ") for word in words[:-1])
    assert words[-1] == (
        "TypeError writeFile has no `filePath`: write `file_path`; it takes `file_path`, `content`."
    )


class Address(BaseModel):
    street: str
    since: date | None = None


class Order(BaseModel):
    """Has constraints and alternatives."""

    lines: Annotated[list[Annotated[int, Field(ge=1)]], Field(max_length=3)] = [1]
    to: Address | str = ""
    pair: tuple[int, bytes] = (0, b"")
    seen: datetime | bool = False
    sealed: Base64Bytes = b""


class Color(Enum):
    """Its members have other names than values."""

    RED = "red"
    DARK_BLUE = "dark blue"


class Level(IntEnum):
    """Has numbers for values."""

    LOW = 1
    HIGH = 2


class Old(pydantic.v1.BaseModel):
    size: pydantic.v1.PositiveInt


class Unseen(pydantic.v1.BaseModel):
    """LangChain cannot say what it takes."""

    size: int = pydantic.v1.Field(gt=1)

    class Config:
        extra = "allow"


class Thing:
    """Is no JSON value."""


class Open(BaseModel):
    """Takes other names too."""

    model_config = ConfigDict(extra="allow")
    size: int = Field(alias="size-mm", default=0)
    call: Annotated[str, InjectedToolCallId] = Field(alias="call-id", default="")


MCP: dict[str, Any] = {
    "type": "object",
    "properties": {
        "query": {"type": "string"},
        "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "order": {"enum": ["up", "down", 3]},
        "data": {"type": "string", "contentEncoding": "base64"},
        "filter": {"$ref": "#/$defs/filter"},
        "strict": {"type": "object", "properties": {"a": True}, "additionalProperties": False},
        "tags": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        "both": {"allOf": [{"$ref": "#/$defs/filter"}, {"required": ["field"]}]},
        "either": {
            "properties": {"x": True, "y": True},
            "anyOf": [{"required": ["x"]}, {"required": ["y"]}],
        },
        "nothing": False,
    },
    "required": ["query"],
    "$defs": {
        "filter": {
            "type": "object",
            "properties": {
                "field": {"type": "string"},
                "and": {"type": "array", "items": {"$ref": "#/$defs/filter"}},
                "between": {"type": "array", "prefixItems": [{"type": "number"}, {"type": "null"}]},
            },
        }
    },
}


def various(got: list[Any]) -> list[BaseTool]:
    """Tools whose schemas say all kinds of things; they note what they get."""

    @tool
    def place(order: Order) -> None:
        """Places an order."""
        got.append(order)

    def search(**args: Any) -> None:
        got.append(args)

    def one(text: str) -> str:
        got.append(text)
        return text

    @tool(args_schema=Open)
    def measure(**args: Any) -> None:
        """Measures."""
        got.append(args)

    @tool
    def paint(color: Color, level: Level = Level.LOW, only: Literal[0] | None = 0) -> None:
        """Paints."""
        got.append((color, level))

    @tool
    def nothing() -> None:
        """Does nothing."""

    @tool(args_schema=Old)
    def old(size: int) -> None:
        """Has a model of pydantic 1."""
        got.append(size)

    @tool(args_schema=Unseen)
    def unseen(**args: Any) -> None:
        """Has a schema that LangChain cannot write down."""
        got.append(args)

    @tool
    def foreign(thing: Thing, size: int = 0) -> None:
        """Takes what has no JSON Schema."""

    return [
        old,
        unseen,
        foreign,
        place,
        StructuredTool(name="search", description="", args_schema=MCP, func=search),
        Tool("one", one, ""),
        measure,
        paint,
        nothing,
    ]


TAKEN: dict[str, Any] = {
    "place({ order: { to: 'x', pair: new Set([1, 'é']) } })": Order(to="x", pair=(1, "é".encode())),
    "place({ order: new Map([['to', { street: 's', since: new Date(0) }]]) })": Order(
        to=Address(street="s", since=date(1970, 1, 1))
    ),
    "place({ order: { seen: new Date(0) } })": Order(seen=datetime(1970, 1, 1, tzinfo=UTC)),
    "place({ order: { seen: true, sealed: new Uint8Array([255]) } })": Order(
        seen=True, sealed=b"/w=="
    ),
    "search({ query: 'x', limit: 3n, order: 3 })": {"query": "x", "limit": 3, "order": 3},
    "search({ query: '', limit: undefined, data: new Uint8Array([255, 254]) })": {
        "query": "",
        "data": "//4=",
    },
    "search({ query: '', filter: { and: [{ field: 'a', extra: new Date(0) }] } })": {
        "query": "",
        "filter": {"and": [{"field": "a", "extra": "1970-01-01T00:00:00.000Z"}]},
    },
    "search({ query: '', filter: { between: [2 ** 53, null, /* more */ 'x'] } })": {
        "query": "",
        "filter": {"between": [2**53, None, "x"]},
    },
    "search({ query: '', tags: { a: null, b: 'x' }, strict: { a: [1] } })": {
        "query": "",
        "tags": {"a": None, "b": "x"},
        "strict": {"a": [1]},
    },
    "search({ query: '', both: { field: 'x' } })": {"query": "", "both": {"field": "x"}},
    "search({ query: '', either: { y: 1 } })": {"query": "", "either": {"y": 1}},
    "one({ input: 'x' })": "x",
    "one({ anything: 'y' })": "y",
    "measure({ 'size-mm': 1, other: new Date(0) })": {
        "size": 1,
        "call": "",
        "other": "1970-01-01T00:00:00.000Z",
    },
    "old({ size: 1 })": 1,
    "paint({ color: 'dark blue', level: 2.0 })": (Color.DARK_BLUE, Level.HIGH),
    "unseen({ size: 2, more: [new Set([1])] })": {"size": 2, "more": [[1]]},
    "nothing()": None,
    "nothing(null)": None,
}

REFUSED = {
    "place({ order: { lines: [1, 0] } })": "place: order.lines.1: Input should be greater than or",
    "place({ order: { lines: [1, '2'] } })": "order.lines[1] must be an integer, it is text",
    "place({ order: { to: { street: 's', sinse: 1 } } })": (
        "order.to has no `sinse`; it takes `street`, `since`. Did you mean `since`?"
    ),
    "place({ order: { to: { street: 's', since: 5 } } })": (
        "order.to.since must be a Date or ISO text or null, it is an integer"
    ),
    "place({ order: { pair: [1] } })": "place: order.pair.1: Field required",
    "place({ order: { pair: [1, new Uint8Array([255])] } })": (
        "order.pair[1] must be text or bytes, it is a Uint8Array that is no UTF-8"
    ),
    "place({ ordre: {} })": "place has no `ordre`; it takes `order`. Did you mean `order`?",
    "place({ runtime: {} })": "place has no `runtime`; lacks `order`; it takes `order`.",
    "place([])": "takes one object with named arguments",
    "place({}, {})": "takes one object with named arguments",
    "search({})": "search lacks `query`",
    "search({ query: '', queryText: 1 })": "Did you mean `query`?",
    "search({ query: '', zzz: 1 })": "it takes `query`, `limit`, `order`",
    "search({ query: '', limit: '3' })": "limit must be an integer or null, it is text",
    "search({ query: '', order: 'left' })": "order must be one of",
    "search({ query: '', order: true })": 'order must be one of "down", "up", 3, it is a boolean',
    "paint({ color: 'RED' })": 'paint: color must be one of "dark blue", "red"',
    "paint({ color: 'red', level: 'HIGH' })": "level must be one of 1, 2, it is text",
    "paint({ color: 'red', level: 3 })": "level must be one of 1, 2",
    "paint({ color: 0 })": 'color must be one of "dark blue", "red", it is an integer',
    "paint({ color: 'red', only: 'NONE' })": "only must be one of 0, null, it is text",
    "search({ query: '', filter: { and: [{ and: [{ field: 1 }] }] } })": (
        "filter.and[0].and[0].field must be text, it is an integer"
    ),
    "search({ query: '', filter: { between: ['x'] } })": (
        "filter.between[0] must be a number, it is text"
    ),
    "search({ query: '', strict: { b: 1 } })": "strict has no `b`; it takes `a`.",
    "search({ query: '', tags: { 'a b': 1 } })": 'tags["a b"] must be text or null, it is',
    "search({ query: '', both: {} })": "both lacks `field`",
    "search({ query: '', nothing: 1 })": "nothing must be left out",
    "search({ query: '\\ud800' })": "query must be well-formed text",
    "search({ query: 'x', ['\\ud800' + 'y'.repeat(10 ** 6)]: 1 })": "search must be well-formed",
    "search({ query: 'x', ['y'.repeat(10 ** 6)]: 1 })": "search has no `yyy",
    "old({ size: 0 })": "old: size: ensure this value is greater than 0",
    "old({ size: '2' })": "old: size must be an integer, it is text",
    "old({ sise: 2 })": "old has no `sise`; it takes `size`. Did you mean `size`?",
    "foreign({ thing: { x: 1 } })": "foreign: thing: Input should be an instance of Thing",
    "foreign({ thing: {}, sise: 1 })": "foreign has no `sise`; it takes `thing`, `size`.",
    "one({})": "one takes one argument, a text, under any name",
    "one({ a: 'x', b: 'y' })": "one takes one argument, a text, under any name",
    "one({ a: 1 })": "one: a must be text",
    "nothing({ x: 1 })": "nothing has no `x`; it takes no names.",
    "measure({ 'size-mm': 'x', other: 1 })": 'measure: ["size-mm"] must be an integer, it is text',
    "measure({ other: [/x/] })": "other[0] must be a JSON value, it is a RegExp",
    """measure({ deep: (() => {
         const x = {}; let y = x; for (let i = 0; i < 150; i++) y = y['k'.repeat(99)] = {};
         y.end = 1e999; return x; })() })""": "must be a JSON value, it is Infinity",
    """measure({ wide: (() => {
         let x = ['x'.repeat(1000)]; for (let i = 0; i < 15; i++) x = [x, x];
         return x; })() })""": "must be shorter: a call takes 16,777,216 bytes of text",
    """measure({ wide: (() => { let x = []; for (let i = 0; i < 60; i++) x = [x, x]; return x; })()
       })""": "contains itself, or has over 200 levels or 200,000 parts",
}


@pytest.mark.parametrize("mode", MODES)
def test_schemas_of_all_kinds_are_understood(mode: Mode) -> None:
    got: list[Any] = []
    calls = ",\n".join(f"() => tools.{call}" for call in [*TAKEN, *REFUSED])
    source = f"""
    const ends = [];
    for (const call of [{calls}]) {{
      try {{ await call(); ends.push(null); }}
      catch (e) {{ ends.push(`${{e.name}}: ${{e.message}}`); }}
    }}
    ends
    """
    graph = create_script_graph(various(got))
    given: Any = {"source": source}
    state = graph.invoke(given) if mode == "invoke" else asyncio.run(graph.ainvoke(given))
    ends = state["outcome"]["value"]
    assert ends[: len(TAKEN)] == [None] * len(TAKEN)
    assert got == [value for value in TAKEN.values() if value is not None]
    for (call, problem), end in zip(REFUSED.items(), ends[len(TAKEN) :], strict=True):
        assert end is not None, call
        assert end.startswith("TypeError: ")
        assert problem in end
        assert len(end) < 700


class Changing(BaseModel):
    """Changes what it is given."""

    code: str

    @model_validator(mode="before")
    @classmethod
    def _change(cls, data: dict[str, Any]) -> dict[str, Any]:
        data["code"] += "!"
        return data


@pytest.mark.parametrize("gated", [True, False])
def test_who_changes_what_he_is_given_changes_it_for_himself(gated: bool) -> None:
    got: list[str] = []

    @tool
    def seal(item: Changing, tags: list[str]) -> None:
        """Seals."""
        got.append(item.code)
        got.extend(tags)
        tags.append("mine")
        interrupt("really?")

    def when(request: Any) -> bool:
        return bool(request.tool_call["args"]["tags"])

    gate: Any = {"allowed_decisions": ["approve"], "when": when}
    graph = create_script_graph(
        [seal], interrupt_on={"seal": gate} if gated else {}, checkpointer=InMemorySaver()
    )
    source = "await tools.seal({ item: { code: 'x' }, tags: ['a'] }); 'sealed'"
    state = graph.invoke({"source": source}, THREAD)
    if gated:
        request = state["__interrupt__"][0].value["action_requests"][0]
        assert request["args"] == {"item": {"code": "x"}, "tags": ["a"]}
        state = graph.invoke(Command(resume={"decisions": [APPROVE]}), THREAD)
    assert state["__interrupt__"][0].value == "really?"
    state = graph.invoke(Command(resume="yes"), THREAD)
    assert state["outcome"]["value"] == "sealed"
    assert got == ["x!", "a"] * 2


FIELDS = st.sampled_from(["a", "b", "é", "a_b"])
TEXTS = st.text(st.characters(codec=None), max_size=5)
SCALARS = st.one_of(
    st.none(),
    st.sampled_from([UNDEFINED, HOLE, JSDate(float("nan")), RegExp("x"), JSError("E", "m")]),
    st.booleans(),
    st.integers(),
    st.integers(-(2**53), 2**53).map(BigInt),
    st.integers(-(2**66), 2**66),
    st.floats(),
    TEXTS,
    st.datetimes(timezones=st.just(UTC)),
    st.binary(max_size=4),
    st.binary(max_size=4).map(ArrayBuffer),
    st.just(TypedArray("Int8Array", b"ab")),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(JSSet),
        st.dictionaries(FIELDS | TEXTS, inner, max_size=3),
        st.lists(st.tuples(FIELDS | FIELDS | TEXTS | SCALARS, inner), max_size=3).map(JSMap),
    ),
    max_leaves=12,
)
KINDS_OF_JSON = ["string", "integer", "number", "boolean", "array", "object", "null", "odd"]
FORMATS = ["date-time", "date", "binary", "base64", "base64url", "byte", "uuid", 7]
LEAVES = st.one_of(
    st.sampled_from([True, False, {}, None, 3, {"$ref": "#/$defs/x"}, {"$ref": "#/none"}]),
    st.fixed_dictionaries({"type": st.sampled_from(KINDS_OF_JSON)}),
    st.fixed_dictionaries({"type": st.just("string"), "format": st.sampled_from(FORMATS)}),
    st.fixed_dictionaries({"enum": st.lists(st.sampled_from(["a", 1, True, None, [1]]))}),
    st.fixed_dictionaries({"const": st.sampled_from(["a", 1.0, False])}),
    st.fixed_dictionaries({"type": st.lists(st.sampled_from(KINDS_OF_JSON), max_size=3)}),
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({"prefixItems": st.lists(inner, max_size=2)}),
        st.fixed_dictionaries(
            {"properties": st.dictionaries(FIELDS, inner, max_size=3)},
            optional={"additionalProperties": inner, "required": st.lists(FIELDS, max_size=2)},
        ),
        *(
            st.fixed_dictionaries({word: st.lists(inner, max_size=3)})
            for word in ("anyOf", "oneOf", "allOf")
        ),
    ),
    max_leaves=8,
)


TAKING = tools({})


def obeys(arguments: Arguments, given: dict[str, Any]) -> None:
    problem = None
    try:
        made = arguments.value(given, "call")
    except ValueTransferError as error:
        problem = str(error)
    if problem is not None:
        assert len(problem.encode()) < 2_000
        return
    text = json.dumps(made, allow_nan=False)
    assert text.encode()
    assert json.loads(text) == made
    assert json.dumps(arguments.value(made, "call")) == text
    assert json.dumps(copied(made)) == text
    assert type(made) is dict


@given(schema=SCHEMAS, more=SCHEMAS, value=VALUES)
def test_a_taken_value_is_a_json_value_and_is_taken_again(
    schema: Any, more: Any, value: Any
) -> None:
    document = {"properties": {"v": schema}, "$defs": {"x": more}}
    obeys(Arguments.of(document), {"v": value})
    obeys(Arguments.of(document, lambda _: None), {"v": value})


@given(of=st.sampled_from(sorted(TYPES)), value=VALUES)
def test_it_is_so_for_pydantics_schemas_too(of: str, value: Any) -> None:
    takes = {tool.name: tool for tool in TAKING}[f"take_{of}"]
    obeys(arguments_of(takes), {"cell": "", "value": value})
