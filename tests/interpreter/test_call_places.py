"""Lines of calls in programs of every kind, for the interpreter and for people who decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents import create_agent
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import Call, CodeInterpreterMiddleware, Interpreter, Returned, Suspended
from tests.helpers.models import programs
from tests.helpers.places import PLACES, units
from tests.helpers.scripts import Clock
from tests.helpers.shop import Shop

MARK: Final = "«"
PAY: Final = f"tools.{MARK}pay({{ to: 'a', amount: 1 }})"
LATER: Final = "await new Promise((done) => setTimeout(done, 9))"
QUOTED: Final = 'tools.pay({ to: "a", amount: 1 })'

# Programs with a mark where the call is made; without one, if that is no line of theirs.
KINDS: Final[dict[str, str]] = {
    "an async function": f"async function f() {{\n  await 1;\n  return {PAY};\n}}\nawait f()",
    "an arrow in a map": f"await Promise.all(['a'].map((to) =>\n  {PAY}\n))",
    "a callback of sort": (
        f"let p;\n[2, 1].sort(() => {{\n  p ??= {PAY};\n  return 1;\n}});\nawait p"
    ),
    "a callback of replace": f"let p;\n'b'.replace(/b/, () => {{\n  p = {PAY};\n}});\nawait p",
    "a callback of Array.fromAsync": f"await Array.fromAsync(['a'], async () =>\n  {PAY})",
    "a reviver": f"let p;\nJSON.parse('1', () => {{\n  p = {PAY};\n}});\nawait p",
    "toJSON": f"let p;\nJSON.stringify({{ toJSON() {{\n  p = {PAY};\n}} }});\nawait p",
    "valueOf": f"let p;\n+{{ valueOf() {{\n  p = {PAY};\n  return 1;\n}} }};\nawait p",
    "a proxy": f"const x = new Proxy({{}}, {{ get: () =>\n  {PAY} }});\n\nawait x.y",
    "a generator": (
        f"function* g() {{\n  yield 1;\n  yield {PAY};\n}}\nfor (const x of g()) await x"
    ),
    "an async generator": (
        f"async function* g() {{\n  yield await {PAY};\n}}\nfor await (const x of g());"
    ),
    "an iterator": (
        f"const it = {{ *[Symbol.iterator]() {{\n  yield {PAY};\n}} }};\nawait [...it][0]"
    ),
    "a static method": f"class A {{\n  static f() {{\n    return {PAY};\n  }}\n}}\nawait A.f()",
    "a static block": f"class A {{\n  static {{\n    A.p = {PAY};\n  }}\n}}\nawait A.p",
    "a field": f"class A {{\n  p = {PAY};\n}}\n\nawait new A().p",
    "a constructor": (
        f"class A {{\n  constructor() {{\n    this.p = {PAY};\n  }}\n}}\nawait new A().p"
    ),
    "a default": f"const f = (\n  x = {PAY},\n) => x;\n\nawait f()",
    "a recursion": f"const f = (n) => n\n  ? f(n - 1)\n  : {PAY};\nawait f(50)",
    "a function that is returned at once": (
        f"const f = () => {PAY};\nconst g = () => f();\nawait g()"
    ),
    "finally": f"try {{\n  throw 1;\n}} catch {{\n}} finally {{\n  await {PAY};\n}}",
    "a thenable": f"await {{ then(done) {{\n  {PAY}.then(done);\n}} }}",
    "a microtask": f"queueMicrotask(() => {{\n  {PAY};\n}});\n{LATER}",
    "a timer in a timer": f"setTimeout(() => setTimeout(() =>\n  {PAY}, 1), 1);\n{LATER};{LATER}",
    "an optional call": f"\nawait tools?.{MARK}pay?.({{ to: 'a', amount: 1 }})",
    "a computed name": f"\nconst n = 'pay';\nawait tools[n]{MARK}({{ to: 'a', amount: 1 }})",
    "apply": f"\nawait tools.pay.{MARK}apply(null, [{{ to: 'a', amount: 1 }}])",
    "Reflect.apply": f"\nawait Reflect.{MARK}apply(tools.pay, null, [{{ to: 'a', amount: 1 }}])",
    "new Function": (
        f"const f = new Function('tools', '\\n\\n\\nreturn {QUOTED}');\n\nawait {MARK}f(tools)"
    ),
    "new Function by itself": (
        f"globalThis.till = {{ tools }};\n"
        f"setTimeout(new Function('\\n\\ntill.{QUOTED}'), 1);\n{LATER}"
    ),
    "eval": f"\nawait {MARK}eval('\\n\\n\\n\\n{QUOTED}')",
    "a function of eval": (
        f"const f = eval('\\n(() => {QUOTED})');\n\nawait Promise.resolve().then(f)"
    ),
    "a bound tool": "\nawait Promise.resolve().then(tools.pay.bind(null, { to: 'a', amount: 1 }))",
    "after a text of several lines": f"const x = `a\n\nb\n${{1}}\n`;\nawait {PAY}",
    "in a text of several lines": f"const x = `a\nb\n${{await {PAY}}}\n`",
    "lines that end in CR LF": f"1;\r\n\r\n  await {PAY}\r\n",
    "lines before it without anything": f"\n\n   \n\t\nawait {PAY}",
    "a comment of several lines": f"/* a\n b\n*/ await {PAY} // c",
    "many bytes in few characters": f"const x = 1;\nconst y = '\U0001f600é€'; await {PAY}",
    "characters of every size": f"'\U0001f600'; /* é */ await {PAY}",
}
MARKED: Final = {
    **KINDS,
    **{
        kind: "\n".join(
            row[: place[1] - 1] + MARK + row[place[1] - 1 :] if place and place[0] == at else row
            for at, row in enumerate(source.split("\n"), 1)
        )
        for kind, (source, place) in PLACES.items()
        # It is given more than a tool takes.
        if kind != "the tool itself as a callback" and not set(source) & set("\r\u2028\u2029")
    },
}


def place_of(marked: str) -> tuple[str, int | None, str]:
    """A program, the line of its mark, and what stands before the mark in that line."""
    before, mark, after = marked.partition(MARK)
    line = before.count("\n") + 1 if mark else None
    return before + after, line, before.rpartition("\n")[2] if mark else ""


def waits(interpreter: Interpreter, outcome: Any, clock: Clock) -> tuple[Call, ...]:
    while isinstance(outcome, Suspended) and not outcome.calls:
        clock.now_s += outcome.wake_after_s or 0.0
        outcome = interpreter.resume({})
    assert isinstance(outcome, Suspended), outcome
    return outcome.calls


@pytest.mark.parametrize("later", [False, True], ids=["at once", "restored"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_interpreter_tells_the_place(kind: str, later: bool) -> None:
    source, line, before = place_of(KINDS[kind])
    column, clock = units(before) + 1 if line else None, Clock()
    interpreter = Interpreter(clock=clock)
    first = "await tools.look();\n" if later else ""
    granted: Any = {"tools": ["pay", "look"], "located": ["pay"]}
    calls = waits(interpreter, interpreter.start(f"{first}{source}", **granted), clock)
    if later:
        assert calls == (Call(1, "look", ()),)
        interpreter = Interpreter.restore(interpreter.snapshot(), clock=clock)
        calls = waits(interpreter, interpreter.resume({1: Returned(None)}), clock)
        line = line + 1 if line else None
    (call,) = calls
    assert (call.line, call.column) == (line, column)
    assert Interpreter.restore(interpreter.snapshot()).open_calls == (call,)


@pytest.mark.parametrize("kind", KINDS)
def test_calls_that_nobody_wants_to_locate_have_no_place(kind: str) -> None:
    interpreter, clock = Interpreter(), Clock()
    outcome = interpreter.start(place_of(KINDS[kind])[0], tools=["pay", "look"], located=["look"])
    (call,) = waits(interpreter, outcome, clock)
    assert (call.line, call.column) == (None, None)


CONFIG: Any = {"configurable": {"thread_id": "thread"}}


def agent(folder: Path, *sources: str) -> Any:
    tools = Shop(folder / "log").tools()
    middleware = CodeInterpreterMiddleware(ptc=tools, interrupt_on={"pay": True})
    return create_agent(programs(*sources), middleware=[middleware], checkpointer=InMemorySaver())


def asked(made: Any, given: Any) -> dict[str, Any]:
    state = made.invoke(given, CONFIG)
    assert "__interrupt__" in state, state["messages"][-1].text
    (interrupt,) = state["__interrupt__"]
    value: dict[str, Any] = interrupt.value
    return value


@pytest.mark.parametrize("kind", MARKED)
def test_people_are_told_the_place(kind: str, tmp_path: Path) -> None:
    source, line, before = place_of(MARKED[kind])
    value = asked(agent(tmp_path, source), {"messages": [("user", "go")]})
    program = value["program"]
    assert program["source"] == source
    assert (program["line"], program["lines"]) == (line, [line])
    assert program["column"] == (len(before) + 1 if line else None)
    description = value["action_requests"][0]["description"]
    said = f"asked by a program, line {line}\n" if line else "asked by a program\n"
    assert said in description
    marked = [row for row in description.split("\n") if row.startswith("▶")]
    assert [int(row[1:].split()[0]) for row in marked] == ([line] if line else [])


@pytest.mark.parametrize("end", ["\r", "\u2028", "\u2029"])
def test_nobody_is_told_a_line_that_others_would_count_otherwise(end: str, tmp_path: Path) -> None:
    source = f"const x = `{end}`;\nawait {PAY}".replace(MARK, "")
    value = asked(agent(tmp_path, source), {"messages": [("user", "go")]})
    assert value["program"]["line"] is None
    assert "▶" not in value["action_requests"][0]["description"]


def test_a_function_of_an_earlier_program_has_no_line_in_this_one(tmp_path: Path) -> None:
    earlier = f"\n\n\n\nglobalThis.later = (to) => {PAY};\n0".replace(MARK, "")
    made = agent(tmp_path, earlier, "1;\nawait Promise.resolve('a').then(later)")
    value = asked(made, {"messages": [("user", "go")]})
    assert (value["program"]["line"], value["program"]["lines"]) == (None, [None])
    assert "▶" not in value["action_requests"][0]["description"]


LINES: Final = st.lists(
    st.sampled_from(
        [
            "",
            "  ",
            "1;",
            "// a",
            "/* a */",
            "'\U0001f600é';",
            "`a\nb`;",
            "{ 1 }",
            "if (0) {}",
            "\t1;",
        ]
    ),
    max_size=30,
)
AROUND: Final = st.sampled_from(
    [
        f"await {PAY};",
        f"  '\U0001f600'; await {PAY};",
        f"await (async () => {{ await 1; return {PAY} }})();",
        f"for (const x of [1]) await {PAY};",
        f"await Promise.all([1].map(() => {PAY}));",
    ]
)


@given(LINES, AROUND, LINES, st.sampled_from(["\n", "\r\n"]))
def test_a_line_anywhere(above: list[str], call: str, below: list[str], end: str) -> None:
    source, line, before = place_of(end.join([*above, call, *below]))
    interpreter = Interpreter()
    outcome = interpreter.start(source, tools=["pay"], located=["pay"])
    (made,) = waits(interpreter, outcome, Clock())
    assert (made.line, made.column) == (line, units(before) + 1)


@given(st.lists(AROUND, min_size=1, max_size=8), LINES)
def test_lines_of_calls_in_turn(calls: list[str], between: list[str]) -> None:
    rows = [row for call in calls for row in (*between, call)]
    marked = "\n".join(rows)
    lines = [marked[:at].count("\n") + 1 for at, char in enumerate(marked) if char == MARK]
    interpreter = Interpreter()
    outcome = interpreter.start(marked.replace(MARK, ""), tools=["pay"], located=["pay"])
    found = []
    while isinstance(outcome, Suspended):
        found += [call.line for call in outcome.calls]
        outcome = interpreter.resume({call.id: Returned(None) for call in outcome.calls})
    assert found == lines
