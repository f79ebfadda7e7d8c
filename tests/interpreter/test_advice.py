"""Errors that teach: the script's own place, its causes, and what to do instead."""

# ruff: noqa: E501  (the scripts are written as models write them)

from __future__ import annotations

import pytest

from langchain_quickjs.errors import ScriptError
from langchain_quickjs.interpreter import Failed, Interpreter, Limits
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
    "export * from 'a'": "result",
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


ONLY_IN_ASYNC = "await is allowed at the top level and in async functions only."
WRITE_ASYNC = f"{ONLY_IN_ASYNC} Write async before the function around it."
ALL_OF_MAP = f"{ONLY_IN_ASYNC} Here: await Promise.all(list.map(async (item) => ...))."
WAITS_FOR_NONE = f"{ONLY_IN_ASYNC} {{}} does not wait for async functions: use a for...of loop, or await all first."

AWAIT = {
    "function f() { await g() }": WRITE_ASYNC,
    "function f() { const x = await g(); }": WRITE_ASYNC,
    "function f() { for await (const x of y) {} }": WRITE_ASYNC,
    "function f() { if (a) { await g() } }": WRITE_ASYNC,
    "function f() { try { await g() } catch {} }": WRITE_ASYNC,
    "function f() { return g(await h()) }": WRITE_ASYNC,
    "function f() { return { ...await g() } }": WRITE_ASYNC,
    "function f() { return `a ${await g()}` }": WRITE_ASYNC,
    "function f() { (async () => { await g() })(); await h() }": WRITE_ASYNC,
    "function f() {\n  const a = 1;\n  await g();\n}": WRITE_ASYNC,
    "function f() {\n  return g(await\n    h())\n}": WRITE_ASYNC,
    "function* f() { yield await g() }": WRITE_ASYNC,
    "function f(a = await g()) {}": WRITE_ASYNC,
    "const f = x => await g(x)": WRITE_ASYNC,
    "const f = () => () => await g()": WRITE_ASYNC,
    "const f = function () { return await g() }": WRITE_ASYNC,
    "const o = { m() { await g() } }": WRITE_ASYNC,
    "const o = { get v() { return await g() } }": WRITE_ASYNC,
    "const o = { callback: () => { await g() } }": WRITE_ASYNC,
    "class A { x = await g() }": WRITE_ASYNC,
    "class A { m() { await g() } }": WRITE_ASYNC,
    "class A { get x() { return await g() } }": WRITE_ASYNC,
    "class A { static { await g() } }": WRITE_ASYNC,
    "new Promise(resolve => { await g(); resolve() })": WRITE_ASYNC,
    "setTimeout(() => await x)": WRITE_ASYNC,
    "setTimeout(() => { await x }, 5)": WRITE_ASYNC,
    "const s = 'é漢😀'; function f() { await g() }": WRITE_ASYNC,
    "get('http://a'); function f() { await g() }": WRITE_ASYNC,
    "xs.map(x => await f(x))": ALL_OF_MAP,
    "xs.map(x =>\n  await f(x))": ALL_OF_MAP,
    "xs.map(x => ({ v: await f(x) }))": ALL_OF_MAP,
    "xs.map(x => [await f(x)])": ALL_OF_MAP,
    "xs.map((x) => { const r = await f(x); return r })": ALL_OF_MAP,
    "xs.map(x => await tools.f({ id: x }))": ALL_OF_MAP,
    "xs.forEach(function (x) { await f(x) })": WAITS_FOR_NONE.format("forEach"),
    "xs.filter(x => (await f(x)).ok)": WAITS_FOR_NONE.format("filter"),
    "xs.reduce((a, x) => a + await f(x), 0)": WAITS_FOR_NONE.format("reduce"),
    "xs.sort((a, b) => await f(a) - await f(b))": WAITS_FOR_NONE.format("sort"),
    "async function f(a = await g()) {}": "Await it in the body of the function instead.",
    # This one is parsed: a function named await is called.
    "[1].map(x => await (x))": ONLY_IN_ASYNC,
}


@pytest.mark.parametrize("source", AWAIT)
def test_await_outside_an_async_function(source: str) -> None:
    assert failure(source).message.endswith(f". {AWAIT[source]}")


@pytest.mark.parametrize(
    "source",
    [
        "const s = 'await'; let a = ;",
        "const s = 'please await'\nlet a b",
        "// await x\nlet a = ;",
        "let a = ( // await\n;",
        "let a = ; const t = `await`",
        "async function f() { await g() } let a = ;",
        "let await1 = ;",
        "let a = o.await b",
    ],
)
def test_another_error_has_no_hint_about_await(source: str) -> None:
    assert "async" not in failure(source).message


SLIPS = {
    "x = None": "It is written null, or undefined.",
    "if (x === True) 1; var x = True": "It is written true.",
    "print(1)": "use console.log",
    "len([1])": "list.length",
    "str(1)": "String(value)",
    "range(3)": "Array.from",
    'const t = f"a {x}"': "${value}",
    "# what it does\n1": "begins with //",
    "1 # what it is": "begins with //",
    "def f(x):\n  return x": "function name(a, b)",
    "const f = lambda x: x": "(a, b) => ...",
    "if x > 1:\n  y": "if (...)",
    "if (x) { 1 }\nelif (y) { 2 }": "else if (...)",
    "const a = not b": "written !",
    "const a = b and c": "written &&",
    "const a = b or c": "written ||",
    '{"a": 1}.a': "({ ... })",
    '{"a": 1, "b": }': "({ ... })",
    "Tools.lookup({})": "await tools.name(",
    "functions.lookup({})": "await tools.name(",
    "require.resolve('x')": "granted tools",
    "const { readFile } = require('fs')": "granted tools",
    "exports.a = 1": "return a value",
    "const fs = await import('fs')": "There are no modules",
    "import { a } from 'b'\na": "nothing to import",
}


@pytest.mark.parametrize("source", SLIPS)
def test_what_belongs_to_another_language_says_how_it_is_written(source: str) -> None:
    assert SLIPS[source] in failure(source).message


@pytest.mark.parametrize(
    "source",
    [
        '["a": 1]',
        "const c = { 'a': 1, 'b' 2 }",
        "class A {\n  #x = 1;\n  #y = ;\n}",
        "class A { m() { return this.#y } }",
        "// if\nfoo bar",
        "let android = 'and' 1",
    ],
)
def test_an_error_that_only_looks_like_a_slip_has_no_hint(source: str) -> None:
    assert ". " not in failure(source).message


def test_the_caret_stands_below_the_place_also_behind_wide_characters() -> None:
    shown, caret, _ = failure("const s = 'é漢😀'; let a = ;").stack.splitlines()
    assert shown[len(caret) - 1] == ";"
    assert caret.strip() == "^"
    assert caret.index("^") == len(shown) - 1
    lines = failure("const s = 'é漢😀'; foo.x").excerpt.splitlines()
    assert lines[0][lines[1].index("^") :] == "foo.x"


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
    "const o = {}; o['by-text'](o['n'])": "by-text",
    # A variable.
    "let f; f()": "f",
    "const o = {}; o.a?.(); let f; 1 + f()": "f",
    "const { gone } = {}; await gone(1)": "gone",
    "const call = (a, b, c, d, e, f) => f(1); call()": "f",
    "function k() { let a, b, c, d, e, f; return (() => f(1))() } k()": "f",
    "{ let a, b, c, d, e, f; f([1].map(String)) }": "f",
    "var v; v()": "v",
    "w = 1; w()": "w",
    "let f; f(1, f(2))": "f",
    "class C { x = y() } let y; new C()": "y",
    "const x = 5; x`a`": "x",
    # What else may stand where a method stood is called by no other's name.
    "const o = {}; o.a?.(); (void 0)()": None,
    "const o = {}; o.a?.(); o[`b${1}`]()": None,
    "(() => 1)()()": None,
    "new ({}).x()": None,
    "[1].map(undefined)": None,
}


@pytest.mark.parametrize("source", NO_METHOD)
def test_a_method_that_is_not_there_is_named(source: str) -> None:
    name = NO_METHOD[source]
    assert failure(source).message == (f"{name} is not a function" if name else "not a function")


MEANT = {
    "await tools.lookupOrdr({})": "tools.lookupOrdr is not a function. Did you mean lookupOrder?",
    "await tools.lookup_order({})": "tools.lookup_order is not a function. Did you mean lookupOrder?",
    "await tools['lookup-order']({})": "tools.lookup-order is not a function. Did you mean lookupOrder?",
    "await tools?.LookupOrder({})": "tools.LookupOrder is not a function. Did you mean lookupOrder?",
    "(await tools.lookupOrders({})).total": "tools.lookupOrders is not a function. Did you mean lookupOrder?",
    "tools.lookup({})": "tools.lookup is not a function. Did you mean lookupOrder?",
    "tools.getOrders({})": "tools.getOrders is not a function. Did you mean lookupOrder, searchOrders?",
    "await tools.sendEmail({}); tools.orderLookup()": "tools.orderLookup is not a function. Did you mean lookupOrder?",
    "tools.zzz({})": "tools.zzz is not a function. There are: lookupOrder, searchOrders, sendEmail.",
    "tools['x-y']({})": "tools.x-y is not a function. There are: lookupOrder, searchOrders, sendEmail.",
    "await lookupOrder({})": "lookupOrder is not defined. Did you mean tools.lookupOrder?",
    "await lookup_order({})": "lookup_order is not defined. Did you mean tools.lookupOrder?",
    "await LookupOrders({})": "LookupOrders is not defined. Did you mean tools.lookupOrder?",
    "zzz({})": "zzz is not defined",
    "const { lookupOrders } = tools; lookupOrders({})": "lookupOrders is not a function. Did you mean tools.lookupOrder?",
    "let lookupOrder = 1; lookupOrder({})": "lookupOrder is not a function",
    "const o = {}; o.lookupOrder()": "lookupOrder is not a function",
    "const o = {}; o.lookupOrdr()": "lookupOrdr is not a function. Did you mean tools.lookupOrder?",
    "throw new Error('x'.repeat(101) + ' is not defined')": f"{'x' * 101} is not defined",
}


def test_a_name_whose_declaration_has_not_run_is_told_with_what_to_do() -> None:
    told = "x is not initialized. Its declaration has not run: move it up, or declare it again if an earlier script ended before."
    assert failure("x; const x = 1").message == told
    interpreter = Interpreter()
    with pytest.raises(ScriptError, match="over"):
        interpreter.eval("const a = 1; if (a) throw new Error('over'); const x = 2;")
    with pytest.raises(ScriptError, match="declare it again"):
        interpreter.eval("x")
    assert interpreter.eval("const x = 3; a + x") == 4
    assert failure("throw new Error('x is not initialized')").message == "x is not initialized"


@pytest.mark.parametrize("source", MEANT)
def test_a_name_that_is_nearly_a_tool_s(source: str) -> None:
    tools = {name: lambda _: None for name in ("lookupOrder", "searchOrders", "sendEmail")}
    error = run(source, tools).error
    assert error is not None
    assert error.message == MEANT[source]


def test_names_of_tools_are_not_listed_where_they_are_many() -> None:
    tools = {f"tool{n}": lambda: None for n in range(50)}
    error = run("tools.zzz()", tools).error
    assert error is not None
    assert error.message.endswith(
        "None of the 50 tools has a name like that: see Object.keys(tools)."
    )
    assert failure("tools.zzz()").message == "tools.zzz is not a function. There are no tools."


def test_a_function_that_is_no_tool_is_told_so() -> None:
    outcome = Interpreter().start("tools.task({})", tools=["look"], functions=["task"])
    assert isinstance(outcome, Failed)
    assert outcome.error.message == "tools.task is not a function. Did you mean task?"


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


@pytest.mark.parametrize(
    "filler", ["function{}f() {{ throw Error('x') }}", "/*{}*/function f() {{ throw Error('x') }}"]
)
@pytest.mark.parametrize("what", [" ", "zz(", "zz (", "function *", "class "])
def test_a_long_source_is_looked_through_once(filler: str, what: str) -> None:
    """Where an error was is looked up in the source, by the host: it is not to take long."""
    if filler.startswith("function") and what.strip():
        pytest.skip("that is no function")
    source = filler.format(what * (400_000 // len(what)))
    failure(f"{source}; Object.defineProperty(f, 'name', {{ value: 'zz' }}); f()")
