"""The stacks that errors have, and that only errors have."""

from __future__ import annotations

import pytest

from langchain_quickjs import Interpreter

NAMED = "function outer() { return inner(); } function inner() { return new Error('x').stack; }"


@pytest.mark.parametrize(
    ("source", "stack"),
    [
        (f"{NAMED} outer()", ["inner (script.js:1:64)", "outer (script.js:1:27)"]),
        ("[1].map(() => new Error('x').stack)[0]", ["script.js:1:15", "script.js:1:5"]),
        ("try { null.x } catch (error) { error.stack }", ["script.js:1:12"]),
        ("\n\n  try { throw new Error('x') } catch (error) { error.stack }", ["script.js:3:15"]),
        ("try { eval('\\n1 +* 2') } catch (error) { error.stack }", ["script.js:1:7"]),
        (
            "const o = { 'å ä'() { return new Error('x').stack } }; o['å ä']()",
            ["at å ä (script.js"],
        ),
        ("const o = {}; Error.captureStackTrace(o); o.stack", ["<eval> (script.js:1:21)"]),
    ],
)
def test_an_error_says_where_it_was_made(source: str, stack: list[str]) -> None:
    lines = Interpreter().eval(source).splitlines()
    frames = [line for line in lines if line.startswith("    at ")]
    assert len(frames) >= len(stack)
    for frame, part in zip(frames, stack, strict=False):
        assert part in frame


@pytest.mark.parametrize(
    ("thrown", "calls"), [("1", 0), ("{}", 0), ("undefined", 0), ("new Error('x')", 1)]
)
def test_only_errors_are_asked_for_a_stack(thrown: str, calls: int) -> None:
    source = (
        "let calls = 0; Error.prepareStackTrace = () => { calls++; return ''; };"
        f"try {{ throw {thrown} }} catch {{}} calls"
    )
    assert Interpreter().eval(source) == calls


def test_an_error_that_is_thrown_again_keeps_its_stack() -> None:
    source = """
    const error = new Error("x"), stack = error.stack;
    function again() { throw error; }
    try { again(); } catch (caught) { caught.stack === stack && caught === error }
    """
    assert Interpreter().eval(source) is True


# Programs that make an error in `error`; what happens then must not show in its stack.
MADE = {
    "by a function": "function f() { return new Error('x'); } const error = f();",
    "by a method": "const o = { m() { return new TypeError('x'); } }; const error = o.m();",
    "by a class": "class E extends Error { constructor() { super('x'); } } const error = new E();",
    "by a native function": "let error; [1].map(() => { error = new Error('x'); });",
    "by the engine": "let error; try { null.x } catch (caught) { error = caught; }",
    "by the parser of JSON": "let error; try { JSON.parse('{') } catch (e) { error = e; }",
    "by eval": "let error; try { eval('1 +* 2') } catch (caught) { error = caught; }",
    "by an async function": "async function f() { throw new Error('x'); } let error;"
    "try { await f() } catch (caught) { error = caught; }",
    "by a generator": "function* g() { yield new Error('x'); } const [error] = g();",
    "by a deep call": "const f = (n) => n ? f(n - 1) : new Error('x'); const error = f(50);",
    "with a name that ends early": "const o = { 'a\\0b'() { return Error('x') } };"
    "const error = o['a\\0b']();",
}
MEANWHILE = {
    "a name that is changed": "for (const f of [globalThis.f, globalThis.o?.m])"
    "if (f) Object.defineProperty(f, 'name', { value: 'other' });",
    "another limit": "Error.stackTraceLimit = 0;",
    "a function that prepares stacks": "Error.prepareStackTrace = () => 'other';",
    "more calls": "(() => new Error('y').stack)();",
    "garbage": "for (let i = 0; i < 2e4; i++) { const a = {}; a.a = a; }",
}


@pytest.mark.parametrize("meanwhile", MEANWHILE.values(), ids=MEANWHILE)
@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_a_stack_is_that_of_the_moment_whenever_it_is_read(made: str, meanwhile: str) -> None:
    at_once = Interpreter().eval(f"{made}\nerror.stack")
    later = Interpreter()
    later.eval(made)
    later.eval(meanwhile)
    restored = Interpreter.restore(later.snapshot())
    assert restored.eval("error.stack") == at_once
    assert restored.eval("error.stack") == at_once


def test_a_stack_is_made_without_a_limit_that_has_changed() -> None:
    source = "const f = (n) => n ? f(n - 1) : new Error('x'); Error.stackTraceLimit = {limit};"
    for limit, frames in [("2", 2), ("0", 0), ("NaN", 0), ("7", 7), ("'3'", 3)]:
        stack = Interpreter().eval(
            source.replace("{limit}", limit) + "const e = f(20); Error.stackTraceLimit = 5; e.stack"
        )
        assert stack.count("    at ") == frames
