"""Where errors are said to be: lines and columns, whatever stands before them.

The mark « stands before the place. Those of `AS_ELSEWHERE` are the ones that Node.js 20
gives for the same programs, character by character.
"""

from __future__ import annotations

import json
import re
from typing import Final

import pytest

from langchain_quickjs import Interpreter, ScriptError
from tests.helpers.places import units

MARK: Final = "«"

AS_ELSEWHERE: Final = [
    "throw «new Error('x')",
    "var e = «new Error('x'); throw e",
    "var n = null; n.«foo",
    "var n = {a: null}; n.a.«foo",
    "var n = {a: {b: null}}; n.a.b.«c.d",
    "var n = null; n«['foo']",
    "var n = null, i = 1; n«[i + 1]",
    "var n = null; n.foo «= 1",
    "var n = null; n[1] «= 1",
    "«undefinedVar",
    "1 + «undefinedVar",
    "«undefinedVar(1)",
    "String(1, «undefinedVar)",
    "var n = {}; «n()",
    "var n = {}; n.«foo()",
    "var n = {}; n.«foo(1, 2, 'abc')",
    "var n = {a: {}}; n.a.«foo()",
    "var n = {}; n['foo']«()",
    "var n = {}; (n.foo)«()",
    "var f = () => 1; f()«()",
    "var n = {}; «new n()",
    "var n = {}; «new n.foo()",
    "[1].«map(3)",
    "String([1].«map(3))",
    "JSON.«parse('{')",
    "1 + JSON.«parse('{')",
    "const c = 1; c «= 2",
    "(() => { «q; let q })()",
    "var {«a} = null",
    "(({«a}) => a)(null)",
    "[...«1]",
    "for (const x of «1) {}",
    "1 «instanceof 1",
    "'a' «in 1",
    "1n «+ 1",
    "Symbol() «+ ''",
    "`${«Symbol()}`",
    "class A {}; class B extends A { constructor() { «this.x = 1 } }; new B()",
    "class A { #x; static f(o) { return o.«#x } }; A.f({})",
    "var o = { get a() { throw «new Error('x') } }; o.a",
    "function f() { throw «new Error('x') }; f()",
    "function f() { throw «new Error('x') }; 1 + f(2)",
    "var o = { m() { throw «new Error('x') } }; o.m(1)",
    "function g() { null.«x }; function f() { return g() }; f()",
    "var f = () => null.«x; f()",
    "true ? null.«x : 1",
    "true && null.«x",
    "1 + 2 * null.«x",
    "if (null.«x) {}",
    "while (null.«x) {}",
    "switch (null.«x) {}",
    "switch (1) { case null.«x: }",
    "(function () { return null.«x })()",
    "var v = null.«x",
    "var v = { a: 1, b: null.«x }",
    "var v = [1, null.«x]",
    "String(1, null.«x)",
    "(function (a = null.«x) {})()",
    "var v = { [null.«x]: 1 }",
    "class A { a = null.«x }; new A()",
    "class A { static { null.«x } }",
    "typeof null.«x",
    "void null.«x",
    "!null.«x",
    "-null.«x",
    "await null.«x",
    "await Promise.reject(«new Error('x'))",
    "var n = null; n?.a; n.«b",
    "1, null.«x",
    "function* g() { yield null.«x }; [...g()]",
    "a: null.«x",
    "var n = {};\nn.«foo(\n 1,\n 2)",
    "[1]\n .map(x => x)\n .«foo()",
    "1 +\n 2 +\n null.«x",
    "/* a\n b */ null.«x",
    "`a\nb` + null.«x",
    "'\u2028'; null.«x",
    "1;\r2;\r\n null.«x",
    "new (class { constructor() { throw «new Error('x') } })(1)",
    "throw Object.assign(«new TypeError('x'), { a: 1 })",
    "Object.«setPrototypeOf(1)",
    "var o = {}; o.o = o; JSON.«stringify(o)",
    "«new RegExp('(')",
    "«new Array(-1)",
    "(1).«toFixed(1000)",
    "[1,2].sort(() => { throw «new Error('x') })",
]

OURS: Final = [
    "var n = null; n.«foo += 1",
    "var n = null; n.«foo++",
    "var «[a] = 1",
    "String(...«1)",
    "var o = {}; for (const x of «o.foo) {}",
    "class A extends «1 {}",
    "delete null.«x",
    "var n = {}; «n`x`",
    "var n = {}; n.«foo`x`",
]

SYNTAX: Final = [
    "let a = «;",
    "foo «bar",
    "let x = 1; let «x = 2",
    "(1«",
    "{ a: 1, b«: 2 ",
    "if (1«",
    "«'abc",
    "«`abc",
    "1 +«* 2",
    "const c«",
    "function «(",
    "x = {a «b}",
    "return «}",
    "await«",
    "for (let«",
    "a => {«",
    "«/(/",
    "«0b2",
    "«3x",
    "«\\",
    "«@",
    "let «let = 1",
    "break«",
    "new.«target",
    "super«()",
    "yield «1",
    "class «{ }",
    "try {} «",
    "«import x from 'y'",
    "a ? b«",
    "f(1,«,2)",
    "[1 «2]",
    "x.«.y",
    "if (a) { b } else«",
    "«1 = 2",
    "++1«",
    "«#x",
]

# What stands before a program, in its first line or above it.
BEFORE: Final = {
    "nothing": "",
    "ASCII": "/* abc */ ",
    "Latin-1": "/* åäö */ ",
    "CJK": "/* 日本語 */ ",
    "astral": "/* 😀𝒳 */ ",
    "tabs": "\t\t",
    "a text": "'é€😀'; ",
    "a template": "`😀\n日本`; ",
    "an expression": "/😀é/u.test('日'); ",
    "a line": "'日本語'; // 😀\n",
    "a line of comment": "/* é\r\n日\n\r 😀 */ ",
    "other line ends": "'\u2028'; /* \u2029 */ // \u2028\r",
    "a long line": f"/* {'é😀' * 200} */ ",
    "a function": "const f0 = (a, b) => { return a(`${b}😀`) }; ",
}


def place_of(marked: str) -> tuple[str, int, int, str]:
    """A program, with line and column of its mark, and the rest of that line."""
    before, _, after = marked.partition(MARK)
    *above, head = re.split("\r\n|[\n\r\u2028\u2029]", before)
    return before + after, len(above) + 1, units(head) + 1, re.split("[\n\r\u2028]", after)[0]


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("marked", [*AS_ELSEWHERE, *OURS])
def test_an_error_is_where_it_is_thrown(marked: str, before: str) -> None:
    source, line, column, rest = place_of(before + marked)
    with pytest.raises(ScriptError) as caught:
        Interpreter().eval(source)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert f"script.js:{line}:{column}" in error.stack
    if error.excerpt is not None and error.stack.count("script.js:") == 1:
        shown, caret = error.excerpt.split("\n")
        assert rest.startswith(shown[caret.index("^") :])


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("marked", SYNTAX)
def test_a_syntax_error_is_where_it_is_found(marked: str, before: str) -> None:
    source, line, column, _ = place_of(before + marked)
    with pytest.raises(ScriptError) as caught:
        Interpreter().eval(source)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    "text", ["{«x", '{"é😀": 1, «x}', '{"日": "😀",\n\r\n "ä" «1}', '[{"𝒳":\t"é"\r, «}]']
)
def test_an_error_of_json_says_where(text: str) -> None:
    source, line, column, _ = place_of(text)
    at = units(text.partition(MARK)[0])
    with pytest.raises(ScriptError) as caught:
        Interpreter().eval(f"JSON.parse({json.dumps(source)})")
    assert f"position {at} (line {line} column {column})" in caught.value.message


def test_positions_in_a_long_line_are_found_quickly() -> None:
    """The characters of a line are counted once, not for each token and not for each look ahead."""
    many = 20_000
    source = "".join(f"((a{n}) => [a{n}, '😀'])({n});" for n in range(many)) + " null.x"
    with pytest.raises(ScriptError) as caught:
        Interpreter().eval(source)
    assert caught.value.column == units(source)
