"""Errors that teach: the script's own place, its causes, and what to do instead."""

# ruff: noqa: E501  (the scripts are written as models write them)

from __future__ import annotations

import pytest

from langchain_quickjs.errors import ScriptError
from langchain_quickjs.interpreter import Interpreter, Limits
from langchain_quickjs.interpreter.advice.syntax_errors import with_excerpt
from tests.helpers.scripts import failure, run


def test_the_stack_has_the_frames_of_the_script_only() -> None:
    source = """function inner() { null.x }
const outer = () => [1].map(() => structuredClone({ get a() { inner() } }));
outer()"""
    error = failure(source)
    assert (error.name, error.line) == ("TypeError", 1)
    assert [frame.split("(")[0].strip() for frame in error.stack.splitlines()] == [
        "at inner", "at get a", "at script.js:2:35", "at outer", "at script.js:3:1"
    ]  # fmt: skip
    assert "prelude" not in error.stack
    assert "native" not in error.stack


def test_a_deep_stack_is_cut() -> None:
    source = "Error.stackTraceLimit = 1000; function f(n) { if (!n) throw new Error('deep'); f(n - 1) } f(100)"
    assert len(failure(source).stack.splitlines()) == 10


def test_causes_are_told() -> None:
    source = """
function read() { throw new TypeError('inner') }
async function work() { try { read() } catch (e) { throw new Error('outer', { cause: e }) } }
await work()
"""
    lines = failure(source).stack.splitlines()
    assert [line.strip().split(" (")[0] for line in lines] == [
        "at work", "at script.js:4:7", "[cause]: TypeError: inner", "at read", "at work",
        "at script.js:4:7",
    ]  # fmt: skip


def test_a_circle_of_causes_ends() -> None:
    source = "const a = new Error('a'), b = new Error('b', { cause: a }); a.cause = b; throw a"
    assert "(seen above)" in failure(source).stack


def test_the_errors_of_an_aggregate_are_told() -> None:
    source = "await Promise.any([Promise.reject(new RangeError('one')), Promise.reject('two')])"
    error = failure(source)
    assert error.name == "AggregateError"
    assert "[errors][0]: RangeError: one\n      at script.js:1:" in error.stack
    assert "[errors][1]: 'two'" in error.stack


def test_what_is_no_error_is_shown() -> None:
    assert failure("throw { code: 5 }").message == "Uncaught { code: 5 }"
    assert failure("throw 'text'").message == "Uncaught 'text'"
    assert failure("throw undefined").message == "Uncaught undefined"


def test_errors_of_the_script_s_own_classes() -> None:
    source = """class NotFound extends Error { get name() { return 'NotFound' } }
throw new NotFound('gone')"""
    error = failure(source)
    assert (error.name, error.message, error.line) == ("NotFound", "gone", 2)


def test_what_was_printed_before_is_kept() -> None:
    done = run("console.log('before'); nowhere.to.be.found")
    assert done.console == "before\n"
    assert done.error is not None


def test_a_failed_call_is_placed_where_it_was_awaited() -> None:
    def fails() -> None:
        raise KeyError("no such order")

    error = failure(
        "async function load() {\n  return await tools.fails();\n}\nawait load()", {"fails": fails}
    )
    assert (error.name, error.line) == ("KeyError", 2)


def test_a_rejection_that_nobody_handles_is_printed() -> None:
    done = run("Promise.reject(new Error('lost')); 'on'")
    assert done.value == "on"
    assert done.console.startswith("Uncaught (in promise) Error: lost\n    at script.js:1:")


def test_the_stack_that_scripts_see_begins_with_the_message() -> None:
    source = """class Bad extends Error {}
try { structuredClone(() => 1) } catch (e) { var clone = e.stack }
const renamed = Object.assign(new Bad('x'), { name: 'Renamed' });
[renamed.stack.split('\\n')[0], clone.split('\\n').length]"""
    assert run(source).value == ["Renamed: x", 2]


MISSING = {
    "fetch('https://a')": "use the granted tools instead",
    "await (async () => new XMLHttpRequest())()": "use the granted tools instead",
    "new WebSocket('ws://a')": "use the granted tools instead",
    "require('fs')": "granted tools",
    "module.exports = 1": "return a value",
    "process.env.HOME": "put what you need into the script",
    "Buffer.from('a')": "Uint8Array",
    "WebAssembly.compile": "write it in JavaScript",
    "await import('fs')": "There are no modules",
    "window.x": "globalThis",
    "new WeakRef({})": "memory",
    "import fs from 'fs'": "nothing to import",
    "export const a = 1": "result",
}


@pytest.mark.parametrize("source", MISSING)
def test_what_is_missing_says_what_to_do(source: str) -> None:
    message = failure(source).message
    assert MISSING[source] in message
    assert ".." not in message


def test_what_is_missing_is_undefined_for_those_who_ask() -> None:
    names = ["fetch", "require", "process", "XMLHttpRequest", "WebSocket", "Buffer",
             "WebAssembly", "module", "window", "navigator", "SharedArrayBuffer", "WeakRef"]  # fmt: skip
    assert run(f"[{', '.join(f'typeof {name}' for name in names)}]").value == ["undefined"] * len(
        names
    )


def test_a_name_of_one_s_own_gets_no_advice() -> None:
    assert failure("ftech('x')").message == "ftech is not defined"


SYNTAX = {
    "let a = ;": ("let a = ;", 9),
    "const ok = 1;\n\tconst b = a b;": ("\tconst b = a b;", 14),
    "call(1,\n  2": ("  2", 4),
}


@pytest.mark.parametrize("source", SYNTAX)
def test_a_syntax_error_shows_its_line_and_a_caret(source: str) -> None:
    error = failure(source)
    line, column = SYNTAX[source]
    shown, caret, frame = error.stack.splitlines()
    assert error.name == "SyntaxError"
    assert shown == "    " + line
    assert len(caret) == 4 + column
    assert caret.strip() == "^"
    assert caret.startswith("    \t") == line.startswith("\t")
    assert frame.startswith("    at script.js:")


def test_await_outside_an_async_function() -> None:
    message = failure("function f() { const x = await g(); }").message
    assert message.endswith("await is allowed at the top level and in async functions only.")


def test_a_long_line_is_cut_around_the_caret() -> None:
    source = "'" + "x" * 500 + "'; let y = ; " + "z" * 500
    shown, caret, _ = failure(source).stack.splitlines()
    assert len(shown) == 84
    assert shown[len(caret) - 1] == ";"


def test_other_errors_have_no_excerpt() -> None:
    for error in (
        ScriptError("TypeError", "m", "    at script.js:1:1", 1, 1),
        ScriptError("SyntaxError", "m", "    at f (script.js:1:1)", 1, 1),
        ScriptError("SyntaxError", "m", "    at script.js:9:1", 9, 1),
        ScriptError("SyntaxError", "m", ""),
    ):
        assert with_excerpt(error, "source") is error


NO_METHOD = {
    "const foo = {}; foo.bar(1)": "bar",
    "[1].mapp((x) => x)": "mapp",
    "'text'.foo()": "foo",
    "const o = { n: 5 }; o.n()": "n",
    "const o = { f() {} }; o.f(o.g())": "g",
    "const o = {}; o.a('x'.trim(), [1].map((n) => n), 1 ? 2 : 3)": "a",
    "const o = {}; o.a(o.b?.())": "a",
    "const o = {}; o.x = { y: {} }; o.x.y.z(1, ...[2].concat(3))": None,  # it is applied
    "const o = {}; await o.later(await 1)": "later",
    "const o = {}; await 1; o?.later()": "later",
    "for (const o of [{}]) { if (o) { o.inside(1 || 2) } }": "inside",
    "const o = {}; for (let i = 0; i < 2; i++) { const f = () => i; o.turn(f() ? 1 : 2) }": "turn",
    "const o = {}; let n = 0; while (n++ < 3) { try { n } finally { o.done(n) } }": "done",
    "const o = {}; try { null.x } catch (e) { o.caught(e.message.length) }": "caught",
    "const o = {}; switch (1) { case 0: o.zero(); break; default: o.other() }": "other",
    "const o = {}; const f = (...a) => o.inner(a.length); f(1, 2)": "inner",
    "class A { #x = {}; m() { return this.#x.hidden() } }; new A().m()": "hidden",
    "const o = {}; for (const a of [[1]]) for (const b of a) { for (const k in { p: 1 }) o.deep(k) }": "deep",
    # What else may stand where a method stood is called by no other's name.
    "const o = {}; o.a?.(); let f; 1 + f()": None,
    "const o = {}; o.a?.(); o['b']()": None,
    "let f; f()": None,
    "new ({}).x()": None,
    "[1].map(undefined)": None,
}


@pytest.mark.parametrize("source", NO_METHOD)
def test_a_method_that_is_not_there_is_named(source: str) -> None:
    name = NO_METHOD[source]
    assert failure(source).message == (f"{name} is not a function" if name else "not a function")


MEANT = {
    "await tools.lookupOrdr({})": "lookupOrdr is not a function. Did you mean lookupOrder?",
    "await tools.lookup_order({})": "lookup_order is not a function. Did you mean lookupOrder?",
    "await tools.sendEmail({}); tools.orderLookup()": "orderLookup is not a function",
    "await lookupOrder({})": "lookupOrder is not defined. Did you mean tools.lookupOrder?",
    "await LookupOrders({})": "LookupOrders is not defined. Did you mean lookupOrder?",
    "const o = {}; o.lookupOrder()": "lookupOrder is not a function",
    "throw new Error('x'.repeat(101) + ' is not defined')": f"{'x' * 101} is not defined",
}


@pytest.mark.parametrize("source", MEANT)
def test_a_name_that_is_nearly_a_tool_s(source: str) -> None:
    tools = {"lookupOrder": lambda _: None, "sendEmail": lambda _: None}
    error = run(source, tools).error
    assert error is not None
    assert error.message == MEANT[source]


HOSTILE = {
    "getters that throw": "throw Object.create(Error.prototype, { name: { get() { throw 1 } }, message: { get() { throw 2 } } })",
    "a proxy": "throw new Proxy(new Error('x'), { get() { throw 1 }, getPrototypeOf() { throw 2 } })",
    "a stack that is no text": "const e = new Error('x'); Object.defineProperty(e, 'stack', { value: { a: 1 } }); throw e",
    "a huge message": "throw new Error('x'.repeat(1e7))",
    "a huge text": "throw 'x'.repeat(1e7)",
    "endless causes": "throw new (class extends Error { get cause() { return new this.constructor('c') } })('x')",
    "endless errors": "const e = new Error('x'); e.errors = new Array(1e9); throw e",
    "frames that are none": "const e = new Error('x'); e.stack = '    at f (script.js:9:9)\\n'.repeat(1e5); throw e",
    "a tampered prototype": "Error.prototype.toString = () => { throw 1 }; delete Error.prototype.name; delete Error.prototype.stack; null.x",
    "prepareStackTrace": "Error.prepareStackTrace = () => { throw 1 }; null.x",
    "a symbol": "throw Symbol('s')",
    "a function": "throw () => {}",
    "an error whose name is a function": "const e = new Error('x'); e.name = () => {}; throw e",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_error_is_described_all_the_same(name: str) -> None:
    interpreter = Interpreter(limits=Limits(message_bytes=100_000))
    error = run(HOSTILE[name], interpreter=interpreter).error
    assert error is not None
    assert len(error.name + error.message + error.stack) < 90_000
    assert run("1 + 1", interpreter=interpreter).value == 2
