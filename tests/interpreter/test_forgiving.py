"""What models write although it is not quite JavaScript, where its meaning is plain."""

# ruff: noqa: E501  (the programs are written as models write them)

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.interpreter import UNDEFINED, Failed, Interpreter, Shown, Suspended
from langchain_quickjs.interpreter.advice.fences import without_fences
from tests.helpers.scripts import failure, run, value_of

# --- fences -------------------------------------------------------------------------------------

FENCED = {
    "```js\n1 + 1\n```": 2,
    "```\n1 + 1\n```": 2,
    "```javascript\n1 + 1\n```\n": 2,
    "```ts\n1 + 1\n```": 2,
    "~~~js\n1 + 1\n~~~": 2,
    "\n\n  ```js\n  1 + 1\n  ```\n\n": 2,
    "\t``` js\r\n1 + 1\r\n```\r\n": 2,
    "````js\n1 + 1\n````": 2,
    "\ufeff```js\n1 + 1\n```": 2,
    "\ufeff\n```js\n1 + 1": 2,
    "```js\n1 + 1": 2,
    "```js\nreturn `a\n${1}b`\n```": "a\n1b",
    "```js\n{ a: 1 }\n```": {"a": 1},
    "```js\n```": UNDEFINED,
    "```js\n// ``` in a line\nconst t = '```'; t\n```": "```",
}


@pytest.mark.parametrize("source", FENCED)
def test_a_program_in_fences_is_what_stands_in_them(source: str) -> None:
    assert value_of(source) == FENCED[source]


@pytest.mark.parametrize(
    "source", ["```js\n\n  throw new Error('here')\n```", "\n~~~\nnull.x\n~~~"]
)
def test_lines_and_columns_in_fences_are_those_that_were_written(source: str) -> None:
    error = failure(source)
    lines = source.split("\n")
    assert error.line is not None
    assert error.line == next(
        n for n, line in enumerate(lines, 1) if "throw" in line or "x" in line
    )
    assert error.excerpt.splitlines()[0].strip() == lines[error.line - 1].strip()


def test_a_call_in_fences_is_where_it_was_written() -> None:
    outcome = Interpreter().start("\n```js\n  await tools.f()\n```", tools=["f"], located=["f"])
    assert isinstance(outcome, Suspended)
    assert [(call.line, call.column) for call in outcome.calls] == [(3, 15)]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("```js\n1\n```\n\n```js\n2\n```", 5),
        ("```js\n1\n```\n```js\n2\n```\n", 4),
        ("Here is the program:\n\n```js\n1\n```\nor\n```js\n2\n```", 1),
        ("Here is the program:\n\n```js\n1", 1),
    ],
)
def test_more_than_one_program_is_refused_and_not_run(source: str, line: int) -> None:
    error = failure(source.replace("1", "console.log('ran')"))
    assert error.name == "SyntaxError"
    assert error.message.endswith("Send the code alone, without anything around it.")
    assert error.line == line
    assert source.split("\n")[line - 1] in error.stack


@pytest.mark.parametrize(
    "source",
    [
        "```js\nnull.x\n```\nThis prints one.",
        "~~~\nnull.x\n~~~\nand more",
        "Here is the program:\n\n```js\nnull.x\n```",
        "Here it is:\n```ts\nconst a: any = null;\na.x\n```\n\nIt's what you asked for.",
    ],
)
def test_one_program_among_words_is_what_is_meant(source: str) -> None:
    value, lines = source.replace("null.x", "'ran'").replace("a.x", "'ran'"), source.split("\n")
    assert Interpreter().eval(value) == "ran"
    assert failure(source).line == 1 + next(n for n, line in enumerate(lines) if ".x" in line)


HIDDEN = """```js
await tools.remove({ really: true })
```"""


@pytest.mark.parametrize(
    "source",
    [
        f"/* earlier:\n{HIDDEN}\n*/\nconst rows = [1, 2, 3;",
        f"// Here is more:\n{HIDDEN}\nconst rows = [1, 2, 3;",
        f"const report = `# Report\n{HIDDEN}\n`;",
        "const report = `\n~~~js\nawait tools.remove()\n~~~\n`; const rows = [1;",
        f"throw new SyntaxError('row 3')\n/*\n{HIDDEN}\n*/",
        f"let total\n{HIDDEN}",
        f"Result:\n{HIDDEN}",
        f"tools.look('x') fails here\n{HIDDEN}",
        f"{HIDDEN}\ntools.remove()",
        f"{HIDDEN}\n/* and\n{HIDDEN}",
        f"two words\n{HIDDEN}\nx = 1",
    ],
)
def test_nothing_runs_that_stands_in_fences_of_a_program(source: str) -> None:
    outcome = Interpreter().start(source, tools=["remove", "look"])
    called = outcome.calls if isinstance(outcome, Suspended) else ()
    assert isinstance(outcome, Failed) or [call.name for call in called] == ["look"]


def test_a_long_line_that_is_nearly_a_fence_takes_no_time() -> None:
    for line in (
        "```" + " " * 10**6 + "!",
        " " * 999 + "`" * 10**6 + "!",
        "```\n" + "`" * 10**6 + "!",
    ):
        assert without_fences(line) in (line, line.removeprefix("```"))


@pytest.mark.parametrize(
    "source", ["Program:\n```js\n1\n```", "'use strict'\n```js\n1\n```\n```js\n2\n```"]
)
def test_markdown_that_parses_is_refused_as_well(source: str) -> None:
    error = failure(source)
    assert error.message.endswith("Send the code alone, without anything around it.")
    assert error.line == 2


@pytest.mark.parametrize(
    "source",
    ["```js\nlet a = ;\n```", "```js\nlet a = ;\nf(\n)\n```", "const t = '```';\nlet a = ;"],
)
def test_an_error_in_the_program_is_one_all_the_same(source: str) -> None:
    error = failure(source)
    assert error.message == "unexpected token in expression: ';'"
    assert error.line == 2


@pytest.mark.parametrize(
    "source",
    ["", "1", "~~~1", "const x = 5\n~~~x", "~~~\nx", "``", "`a`", "```js 1```", "` ```\n`"],
)
def test_what_is_in_no_fences_is_left_alone(source: str) -> None:
    assert without_fences(source) is source


BLANKS = st.text(" \t", max_size=3)
CODE = st.lists(
    st.sampled_from(["const a = 1;", "", "  foo(`b`)", "'```'", "// ``` x", "a"]), max_size=5
)


@given(
    fence=st.sampled_from(["```", "````", "~~~", "~~~~~"]),
    language=st.sampled_from(["", "js", " ts", "c++", "javascript "]),
    code=CODE,
    before=st.lists(BLANKS, max_size=3),
    after=st.lists(BLANKS, max_size=3),
    margin=BLANKS,
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_fences_of_all_kinds(
    fence: str,
    language: str,
    code: list[str],
    before: list[str],
    after: list[str],
    margin: str,
    end: str,
) -> None:
    lines = [*before, f"{margin}{fence}{language}", *code, f"{margin}{fence}", *after]
    left = without_fences(end.join(lines)).split("\n")
    assert [line.rstrip("\r") for line in left[len(before) + 1 :]] == code
    assert not "".join(left[: len(before) + 1]).strip()


# --- objects ------------------------------------------------------------------------------------

OBJECTS = {
    "{ a: 1 }": {"a": 1},
    "{}": {},
    '{"a": 1}': {"a": 1},
    '{ "a": 1, "b": [2] }': {"a": 1, "b": [2]},
    "const sum = 3, n = 2;\n{ sum, n }": {"sum": 3, "n": 2},
    "const x = 1; { x }": {"x": 1},
    "const x = 1\n{ x }": {"x": 1},
    "const x = { a: 1 }; { ...x, b: 2 }": {"a": 1, "b": 2},
    "const k = 'q'; { [k]: 1 }": {"q": 1},
    "{ a: 1, }": {"a": 1},
    "{ a: { b: 1 } };": {"a": {"b": 1}},
    "{ a: 1 };; /* the\nend */ // of it\n": {"a": 1},
    "'use strict'; { a: 1 }": {"a": 1},
    "function f() { return 1 }\n{ value: f() }": {"value": 1},
    "{ value: await Promise.resolve(1) }": {"value": 1},
    "{ async: 1, get: 2, of: 3 }": {"async": 1, "get": 2, "of": 3},
    "{ get a() { return 1 } }": {"a": 1},
    "{ a: 1 } { b: 2 }": {"b": 2},
}

BLOCKS = {
    "{ 1 }": 1,
    "{ 'a' }": "a",
    "const f = () => 4; { f() }": 4,
    "let z = 1; { z++; z }": 2,
    "{ let a = 1; a + 1 }": 2,
    "{ const a = 1 }": UNDEFINED,
    "{ a = 5 }": 5,
    "{ return 5 }": 5,
    "{ a: 1; b: 2 }": 2,
    "{ loop: for (const i of [1, 2, 3]) { if (i === 2) break loop; i } }": UNDEFINED,
    "{ if (true) { 7 } }": 7,
    "{ a: 1 }\n2": 2,
    "{ a: 1 }\n[5]": [5],
    "if (1) { a: 1 }": 1,
    "eval('{ a: 1 }')": 1,
    "{ throw_: { 3 } }": 3,
}


@pytest.mark.parametrize("source", OBJECTS)
def test_a_last_statement_that_is_an_object(source: str) -> None:
    assert value_of(source) == OBJECTS[source]


@pytest.mark.parametrize("source", BLOCKS)
def test_a_last_statement_that_is_a_block(source: str) -> None:
    assert value_of(source) == BLOCKS[source]


def test_nothing_is_run_twice() -> None:
    done = run("console.log('once'); const { a } = await tools.f(); { a }", {"f": lambda: {"a": 1}})
    assert (done.value, done.console, len(done.calls)) == ({"a": 1}, "once\n", 1)


def test_what_is_declared_before_an_object_stays() -> None:
    interpreter = Interpreter()
    assert interpreter.eval("let n = 1; { n }") == {"n": 1}
    assert interpreter.eval("n + 1") == 2


@pytest.mark.parametrize("source", ["{ x: 1,, }", "{", "{ a: 1 }.a", "{ a: 1 }}", "foo(\n{ a: 1 }"])
def test_what_is_neither_is_the_error_that_it_was(source: str) -> None:
    error = failure(source)
    assert error.name == "SyntaxError"
    assert "it is not the end" not in error.message


KEYS = st.text("abc", min_size=1, max_size=3) | st.text(max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.sampled_from(["", ";", "\n// end", " ;;\n"]))
def test_an_object_is_what_it_is_in_brackets(value: dict[str, Any], end: str) -> None:
    source = json.dumps(value)
    interpreter = Interpreter()
    assert interpreter.eval(source + end) == interpreter.eval(f"({source})")


# --- results that cannot be copied --------------------------------------------------------------

SHOWN = {
    "() => 1": ("[Function (anonymous)]", "result is a function, which cannot leave the script"),
    "({ a: 1, f() {} })": ("{ a: 1, f: [Function: f] }", "result.f is a function, which cannot leave the script"),
    "[1, Symbol('x')]": ("[ 1, Symbol(x) ]", "result[1] is a symbol, which cannot leave the script"),
    "[Promise.resolve(1)]": ("[ Promise { 1 } ]", "result[0] is a promise; await it first"),
    "({ a: tools.f() })": ("{ a: Promise { 5 } }", "result.a is a promise; await it first"),
    "new WeakMap()": ("WeakMap { <items unknown> }", "result is a weak collection, which cannot leave the script"),
    "new Map([[1, 2]]).keys()": ("[Map Iterator] { 1 }", "result is an iterator; make an array of it first: [...iterator]"),
    "(function* () {})()": ("Object [Generator] {}", "result is an iterator; make an array of it first: [...iterator]"),
    "class A { x = 1; f = () => 2 } new A()": ("A { x: 1, f: [Function: f] }", "result.f is a function, which cannot leave the script"),
    "({ get a() { throw new RangeError('no') } })": ("{ a: [Getter] }", "reading it threw RangeError: no"),
    "({ get a() { throw 'no' } })": ("{ a: [Getter] }", "reading it threw Error: Uncaught 'no'"),
    "new Proxy({ a: 1 }, { ownKeys() { throw new Error('no') } })": ("{ a: 1 }", "reading it threw Error: no"),
    "const a = [() => 1]; a.push(a); a": ("<ref *1> [ [Function (anonymous)], [Circular *1] ]", "result[0] is a function, which cannot leave the script"),
    "({ a: { b: { c: { d: { e: () => 1 } } } } })": ("{\n  a: {\n    b: { c: { d: { e: [Function: e] } } }\n  }\n}", "result.a.b.c.d.e is a function, which cannot leave the script"),
}  # fmt: skip


@pytest.mark.parametrize("source", SHOWN)
def test_a_result_that_cannot_be_copied_is_shown(source: str) -> None:
    assert run(source, {"f": lambda: 5}).value == Shown(*SHOWN[source])


def test_instances_whose_parts_can_be_copied_are() -> None:
    assert value_of("class A { x = 1; m() {} } [new A(), new Proxy({ a: 1 }, {})]") == [
        {"x": 1},
        {"a": 1},
    ]


HOSTILE = {
    "endless recursion": "({ get a() { return this.a } })",
    "endless depth": "let o = { f() {} }; for (let i = 0; i < 1e5; i++) o = { o }; o",
    "many functions": "Array.from({ length: 1e5 }, () => () => 1)",
    "huge texts": "[() => 1, ...Array(50).fill('x'.repeat(1e5))]",
    "tampered prototypes": "Array.prototype[Symbol.iterator] = Object.prototype.toString = null; [() => 1]",
    "a growing object": "const o = { f() {} }; Object.defineProperty(o, 'g', { enumerable: true, get() { o['x' + Math.random()] = 1; throw 1 } }); o",
    "calls while it is read": "({ get a() { tools.f(); throw new Error('x') } })",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_result_is_shown_within_bounds(name: str) -> None:
    interpreter = Interpreter()
    done = run(HOSTILE[name], {"f": lambda: 5}, interpreter=interpreter)
    assert isinstance(done.value, Shown)
    assert len(done.value.text) < 8_000_000
    assert len(done.value.reason) < 9_000
    assert not done.calls
    assert interpreter.eval("1 + 1") == 2


@pytest.mark.parametrize(
    "statement",
    [
        "{ if (go) { total = 5 } }",
        "{ for (;;) { total = 5; break } }",
        "{ while (go) { total = 5; go = false } }",
        "{\n  switch (go) { case true: total = 5 }\n}",
        "{ if (go) total = 5 };",
    ],
)
def test_a_block_of_a_control_statement_runs(statement: str) -> None:
    interpreter = Interpreter()
    interpreter.eval(f"let go = true, total = 0;\n{statement}")
    assert interpreter.eval("total") == 5
