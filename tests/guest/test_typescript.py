"""TypeScript runs where it stands: results, positions, what is refused, and what stays JavaScript."""

# ruff: noqa: E501  (the programs are written as models write them)

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings

from langchain_quickjs.errors import QuickJSError, ScriptError, TimeLimitError
from langchain_quickjs.interpreter import Interpreter, Limits, Returned, Suspended
from tests.benchmarks import typed as benchmark
from tests.helpers.annotated import Annotated, programs
from tests.helpers.programs import PROGRAMS, Program
from tests.helpers.scripts import failure, run
from tests.helpers.typescript import CONSTRUCTS, TYPES, Construct

TYPED = "type Typed = 1; "
GOES_ON = [each for each in CONSTRUCTS if not each.source.startswith("return")]


def blank(source: str) -> str:
    """The same lines, as JavaScript that is nothing."""
    return re.sub(r"[^\n]", " ", source)


def place(error: ScriptError) -> tuple[Any, ...]:
    return error.name, error.message, error.line, error.column


def name_of(construct: Construct) -> str:
    return construct.source[:60]


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=name_of)
def test_a_construct_gives_its_value(construct: Construct) -> None:
    done = run(construct.source)
    assert done.error is None, (done.error, done.error.stack)
    assert done.value == construct.value


def test_there_are_enough() -> None:
    assert len({each.source for each in CONSTRUCTS}) == len(CONSTRUCTS) >= 150


def test_a_long_program_gives_what_it_gives_as_javascript() -> None:
    typed, plain = benchmark.TYPESCRIPT, benchmark.JAVASCRIPT
    assert 5000 < len(typed) < 6000
    assert run(typed + ";summaryB").value == run(plain + ";summaryB").value


@pytest.mark.parametrize("fault", ["; null.x", "\n;null.x", "; [1 2]", "\n;\n foo bar", ";'"])
@pytest.mark.parametrize("construct", GOES_ON, ids=name_of)
def test_an_error_behind_stands_where_it_was_written(construct: Construct, fault: str) -> None:
    assert place(failure(construct.source + fault)) == place(
        failure(blank(construct.source) + fault)
    )


@pytest.mark.parametrize("written", TYPES)
def test_an_error_beside_a_type_stands_where_it_was_written(written: str) -> None:
    space = blank(written)
    typed = f"function f(a: {written}, b?: {written}): {written} {{ let c: {written} = "
    plain = f"function f(a  {space}, b   {space})  {space} {{ let c  {space} = "
    for rest in ("null.x }; f()", "1; undefined.y }; f()", ") }; f()"):
        assert place(failure(typed + rest)) == place(failure(plain + rest))
    head = typed.rstrip("= ") + " "
    error = failure(head + "%= 1 }; f()")
    assert (error.line, error.column) == (len(head.split("\n")), len(head.split("\n")[-1]) + 1)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_javascript_in_a_typed_program_means_the_same(program: Program) -> None:
    done = run(TYPED + program.source, program.tools)
    assert done.error is None, (done.error, done.error.stack)
    assert done.value == program.value
    if program.console is not None:
        assert done.console == program.console


JAVASCRIPT: dict[str, Any] = {
    "let a = 1, b = 2, c = 0; (a < b) > (c)": True,
    "let f = 1, x = 2; [f < x, x > (1)]": [True, True],
    "let as = 1; as\nlet type = 2\ntype\nas": 1,
    "let async = 1; async < 2": True,
    "let a = 1, b = 2; a\n! b": False,
    "let a = 1; a ? (2) : x => 3": 2,
    "let type = { a: 1 }; type: for (;;) break type\ntype.a": 1,
    "var interface = 1, declare = 2, abstract = 3; interface + declare + abstract": 6,
    "let x = 9, g = 3; x / g > 2 ? /[<>]/.test('>') : 1": True,
    "let satisfies = 1; satisfies\nsatisfies": 1,
    "let namespace = 1\nnamespace\nlet module = 2\nmodule": 2,
    "class A { readonly = 1; declare = 2; abstract() { return 3 } static static = 4 } new A().readonly": 1,
    "let enumerable = 1, readonly = 2; ({ enum: 1, type: 2, as: readonly, get: 4, async: 5 }).as": 2,
    "let i = 1; i-->0 ? 'down' : 0": "down",
}


@pytest.mark.parametrize("typed", ["", TYPED], ids=["alone", "typed"])
@pytest.mark.parametrize("source", JAVASCRIPT)
def test_javascript_stays_javascript(source: str, typed: str) -> None:
    if typed and "> (" in source:
        pytest.skip("in TypeScript this is a call with a type argument")
    assert run(typed + source).value == JAVASCRIPT[source]


REFUSED = {
    "let a = 1;\n  namespace A { }": ("namespaces", 2, 3),
    "module A.B { }": ("namespaces", 1, 1),
    "declare const a: 1; module 'x' { }": ("namespaces", 1, 21),
    "export namespace A { }": ("namespaces", 1, 8),
    "@dec class A { }": ("decorators", 1, 1),
    "export @dec class A { }": ("decorators", 1, 8),
    "class A { @dec x = 1 }": ("decorators", 1, 11),
    "class A { private @dec() x() { } }": ("decorators", 1, 19),
    "class A { f(@dec a: B) { } }": ("decorators", 1, 13),
    "class A { accessor x = 1 }": ("accessor fields", 1, 11),
    "import a from 'a'": ("nothing to import", 1, 1),
    "import 'a'": ("nothing to import", 1, 1),
    "import * as a from 'a'": ("nothing to import", 1, 1),
    "import { type A, b } from 'a'": ("nothing to import", 1, 1),
    "import type from 'a'": ("nothing to import", 1, 1),
    "import type, { a } from 'a'": ("nothing to import", 1, 1),
    "{ import a from 'a' }": ("nothing to import", 1, 3),
    "let x: 1;\nimport a = require('a')": ("import = require()", 2, 1),
    "import type a = require('a')": ("import = require()", 1, 1),
    "export = 1": ("export =", 1, 1),
    "export * from 'a'": ("export * from", 1, 1),
    "export { a } from 'a'": ("export * from", 1, 14),
    "{ export const a = 1 }": ("at the top level", 1, 3),
    "enum A { B } enum A { C }": ("declared twice", 1, 19),
    "function f(public a: number) { }": ("parameter of a constructor", 1, 12),
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_cannot_run_is_refused_by_name(source: str) -> None:
    words, line, column = REFUSED[source]
    error = failure(source)
    assert (error.name, error.line, error.column) == ("SyntaxError", line, column)
    assert words in error.message
    assert "^" in error.stack


FURTHER = {
    "let a: number = 1;\nfoo bar": (2, 5),
    "let a: = 1": (1, 8),
    "foo bar; let a: number = 1": (1, 5),
    "type A = [1, 2": (1, 15),
    "interface A { a: }": (1, 18),
    "function f(a: number)\nfoo()": (2, 1),
    "class A { f(a: number)\n g() { } }": (2, 2),
    "enum A { B = 'b', C }": (1, 21),
    "let a = b as": (1, 13),
    "tools.f(a: 1)": (1, 10),
}


@pytest.mark.parametrize("source", FURTHER)
def test_the_error_that_is_further_on_is_shown(source: str) -> None:
    error = failure(source)
    assert (error.name, error.line, error.column) == ("SyntaxError", *FURTHER[source])


def test_a_program_that_does_not_compile_declares_nothing() -> None:
    interpreter = Interpreter()
    interpreter.eval("let a = 1; enum E { A = 5 }")
    with pytest.raises(ScriptError):
        interpreter.eval("let a: number = 2; let b: number = 3; enum E { A = 6 } var c; d e")
    assert interpreter.eval("[a, E.A, typeof b, typeof c]") == [1, 5, "undefined", "undefined"]


def test_names_live_on_and_may_be_declared_again() -> None:
    interpreter = Interpreter()
    interpreter.eval("enum E { A, B }\nclass P { constructor(public x: number) { } }")
    interpreter = Interpreter.restore(interpreter.snapshot())
    assert interpreter.eval("[E.B, E[1], new P(3).x]") == [1, "B", 3]
    assert interpreter.eval("enum E { C = 'c' }\nE.C") == "c"


def test_only_programs_are_typescript() -> None:
    for source in ("eval('let a: 1')", "(0, eval)('let a: 1')", "Function('a: 1', '')"):
        assert failure(source).name == "SyntaxError"


def test_calls_say_where_they_are_made() -> None:
    source = "type A = 1;\nconst f = async <T,>(a: T): Promise<T> =>\n  await tools.pay<T>({ a } as any);\nawait f<number>(1)"
    interpreter = Interpreter()
    outcome = interpreter.start(source, tools=["pay"], located=["pay"])
    assert isinstance(outcome, Suspended)
    (call,) = outcome.calls
    assert (call.line, call.column) == (3, 15)
    resumed: Any = Interpreter.restore(interpreter.snapshot()).resume({call.id: Returned(2)})
    assert resumed.value == 2


@settings(max_examples=200, deadline=None)
@given(programs())
def test_types_change_nothing(program: Annotated) -> None:
    plain, typed = run(program.plain), run(program.typed)
    assert typed.value == plain.value
    assert (typed.error is None) == (plain.error is None), typed.error


HOSTILE = {
    "less": "a<", "parentheses": "(", "annotated": "(a:(", "true branch": "a?(b):c=>", "call": "a<b>(",
    "object": "a<{b:", "generic arrow": "<T>(", "assertion": "<a>", "as": "a as ", "tuple": "type A=[",
    "function type": "type A=()=>", "conditional": "type A=B extends ", "conditions": "A extends B?C:",
    "template": "type A=`${", "infer": "infer A extends ", "overloads": "function f(a:b):c;",
    "methods": "class A{f(a:b):c;", "defaults": "function f(a:b=function g(c:d=", "import": "import{type A,",
    "enum": "enum A{a=", "not null": "a!", "heritage": "class A<T> extends B<", "lines": "a\n<b\n", "turns": "a<b>c;",
    "async": "async <", "colons": "a?(b):c,", "declare": "declare class A{", "nested": "((a:b):c=>", "index": "a[b<",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_types_end_in_time(name: str) -> None:
    interpreter = Interpreter(limits=Limits(step_timeout_s=30))
    interpreter.eval("const kept = 1")
    for head in ("", "let a: b; ", "type A = "):
        with pytest.raises(QuickJSError) as caught:
            interpreter.eval(head + HOSTILE[name] * (300_000 // len(HOSTILE[name])) + "\n:x y")
        assert not isinstance(caught.value, TimeLimitError)
    assert interpreter.eval("kept") == 1


GENERIC_CALLS = {
    "new Set<string>(['a']).size": 1,
    "[1, 2].reduce<number>((a, b) => a + b, 0)": 3,
    "class T {}\nconst f = x => x;\nf<T>(3)": 3,
    "const o = { f: (x) => x };\no.f<number>(4)": 4,
    "const f = async (x) => x;\nawait f<number>(5)": 5,
    "let a = 1, b = 2, c = 0;\n[a < b && c > (b), (a < b) > (c), a < b > c]": [False, True, True],
}


@pytest.mark.parametrize("source", GENERIC_CALLS)
def test_a_generic_call_is_no_comparison_where_nothing_else_is_typescript(source: str) -> None:
    assert Interpreter().eval(source) == GENERIC_CALLS[source]


@pytest.mark.parametrize("kind", ["", "static ", "readonly "])
def test_a_private_field_of_a_derived_class_is_there(kind: str) -> None:
    owner = "B" if kind == "static " else "this"
    source = (
        f"class A {{}}\nclass B extends A {{ {kind}#x: number;\n"
        f"  set() {{ {owner}.#x = 5; return {owner}.#x }} }}\nnew B().set()"
    )
    assert Interpreter().eval(source) == 5
