"""What scripts print: as Node 20 prints it, without running code of the script, and bounded."""

# ruff: noqa: E501  (the scripts are written as models write them)

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from langchain_quickjs.interpreter import Interpreter, Limits
from tests.helpers.scripts import Clock, printed, run

# Expression -> what `console.log` prints for it; every line was compared with Node 20.20.
SHOWN = {
    "'text', 1, -0, 5n, null, undefined, true": "text 1 -0 5n null undefined true",
    "['text', \"it's\", 'a\"b', '`\\'\"']": "[ 'text', \"it's\", 'a\"b', '`\\'\"' ]",
    "['\\n\\t\\x1b\\x7f\\\\', '\\ud800', '😀']": "[ '\\n\\t\\x1B\\x7F\\\\', '\\ud800', '😀' ]",
    "{ a: 1, 'b-c': 2, $d: 3, é: 4, [Symbol('s')]: 5 }": (
        "{ a: 1, 'b-c': 2, '$d': 3, 'é': 4, [Symbol(s)]: 5 }"
    ),
    "{ a: { b: { c: {} } } }": "{ a: { b: { c: {} } } }",
    "{ a: { b: { c: { d: 1 } } } }": "{ a: { b: { c: [Object] } } }",
    "{ a: { b: { c: [1], d: [], e: new Map([[1, 2]]) } } }": (
        "{ a: { b: { c: [Array], d: [], e: [Map] } } }"
    ),
    "[undefined, null, , 3, , ,]": "[ undefined, null, <1 empty item>, 3, <2 empty items> ]",
    "Object.assign([1], { extra: true })": "[ 1, extra: true ]",
    "new Map([['k', { a: 1 }], [{}, 'v']])": "Map(2) { 'k' => { a: 1 }, {} => 'v' }",
    "new Set([1, 'a', [2]])": "Set(3) { 1, 'a', [ 2 ] }",
    "new Map([['a', 1]]).keys()": "[Map Iterator] { 'a' }",
    "new Map([['a', 1]]).entries()": "[Map Entries] { [ 'a', 1 ] }",
    "new Set([1, 2]).values()": "[Set Iterator] { 1, 2 }",
    "[1].values(), (function* () {})()": "Object [Array Iterator] {} Object [Generator] {}",
    "new Date(0), new Date(NaN), /a\\/b/gi": "1970-01-01T00:00:00.000Z Invalid Date /a\\/b/gi",
    "function named() {}, () => 1, async () => 1": (
        "[Function: named] [Function (anonymous)] [AsyncFunction (anonymous)]"
    ),
    "function* g() {}, async function* h() {}": (
        "[GeneratorFunction: g] [AsyncGeneratorFunction: h]"
    ),
    "class A {}, class extends Map {}, class B extends Array { static x = 1 }": (
        "[class A] [class (anonymous) extends Map] [class B extends Array] { x: 1 }"
    ),
    "new (class Point { x = 1 })(), new (class Empty {})()": "Point { x: 1 } Empty {}",
    "new (class Stack extends Array {})(), new (class Bag extends Map {})()": (
        "Stack(0) [] Bag(0) [Map] {}"
    ),
    "Object.create(null), Object.create({})": "[Object: null prototype] {} {}",
    "Object.assign(Object.create(null), { a: 1 })": "[Object: null prototype] { a: 1 }",
    "{ get a() { return 1 }, get b() { return 1 }, set b(v) {}, set c(v) {} }": (
        "{ a: [Getter], b: [Getter/Setter], c: [Setter] }"
    ),
    "Symbol('x'), new Number(3), new String('ab'), new Boolean(false), Object(1n)": (
        "Symbol(x) [Number: 3] [String: 'ab'] [Boolean: false] [BigInt: 1n]"
    ),
    "new Uint8Array(3), new Float64Array([1.5])": "Uint8Array(3) [ 0, 0, 0 ] Float64Array(1) [ 1.5 ]",
    "new ArrayBuffer(2)": "ArrayBuffer { [Uint8Contents]: <00 00>, byteLength: 2 }",
    "Promise.resolve(4), new Promise(() => {})": "Promise { 4 } Promise { <pending> }",
    "new WeakMap(), new WeakSet(), Math": (
        "WeakMap { <items unknown> } WeakSet { <items unknown> } Object [Math] {}"
    ),
    "(function () { return arguments })(1)": "[Arguments] { '0': 1 }",
    "[1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 200]": (
        "[\n  1.5, 2, 3, 4,  5,\n    6, 7, 8, 9, 10,\n  200\n]"
    ),
    "{ id: 1, title: 'x'.repeat(40), tags: ['a', 'b'], done: false }": (
        "{\n  id: 1,\n  title: '" + "x" * 40 + "',\n  tags: [ 'a', 'b' ],\n  done: false\n}"
    ),
    "{ t: 'one line\\nand another that is rather long, so that the text is broken in two' }": (
        "{\n  t: 'one line\\n' +\n    'and another that is rather long, so that the text is broken in two'\n}"
    ),
    "new URLSearchParams('a=1&b=2')": "URLSearchParams { 'a' => '1', 'b' => '2' }",
    "new AbortController()": "AbortController { signal: AbortSignal { aborted: false } }",
    "'%s is %d, %i, %f, %j, %O%c %%', 'x', '42', 4.9, '1.5', { a: 1 }, { b: 2 }, 'css'": (
        'x is 42, 4, 1.5, {"a":1}, { b: 2 } %'
    ),
    "'%s %s', 'a', 'b', 'rest', { x: 1 }": "a b rest { x: 1 }",
    "'%s', { a: { b: 1 } }": "{ a: [Object] }",
    "'%s %s', 'a'": "a %s",
    "'100%', '%x'": "100% %x",
    "'%%'": "%%",
}


@pytest.mark.parametrize("source", SHOWN, ids=range(len(SHOWN)))
def test_a_value_shows_as_in_node(source: str) -> None:
    assert printed(f"console.log({source})") == SHOWN[source] + "\n"


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.parametrize("source", SHOWN, ids=range(len(SHOWN)))
def test_node_agrees(source: str) -> None:
    version = _node("console.log(process.versions.node)")
    if not version.startswith("20."):
        pytest.skip("another version of Node prints some of these otherwise")
    assert _node(f"console.log({source})") == SHOWN[source] + "\n"


def _node(source: str) -> str:
    done = subprocess.run(["node", "-e", source], capture_output=True, text=True, check=True)
    return done.stdout


def test_what_contains_itself_is_marked() -> None:
    source = "const a = { b: {} }; a.b.a = a; a.list = [a.b]; console.log(a)"
    assert (
        printed(source) == "<ref *1> { b: { a: [Circular *1] }, list: [ { a: [Circular *1] } ] }\n"
    )


def test_long_arrays_and_texts_are_cut() -> None:
    shown = printed("console.log(Array(120).fill(7)); console.log(['x'.repeat(10005)])")
    assert "  ... 20 more items\n]" in shown
    assert "'... 5 more characters ]" in shown.replace("\n", " ")


def test_an_error_shows_with_its_place_its_cause_and_its_fields() -> None:
    source = """
class HttpError extends Error {
  constructor(status, options) {
    super('no luck', options);
    this.name = 'HttpError';
    this.status = status;
  }
}
console.log(new HttpError(404, { cause: new TypeError('inner') }));
"""
    assert printed(source) == (
        "HttpError: no luck\n"
        "    at script.js:9:13 {\n"
        "  status: 404,\n"
        "  [cause]: TypeError: inner\n"
        "      at script.js:9:41\n"
        "}\n"
    )


def test_table() -> None:
    source = "console.table([{ a: 1, b: 'x' }, { a: 2, c: [1, 2, 3, 4] }]); console.table(['p'])"
    assert printed(source) == (
        "┌─────────┬───┬─────┬──────────────────────────────┐\n"
        "│ (index) │ a │ b   │ c                            │\n"
        "├─────────┼───┼─────┼──────────────────────────────┤\n"
        "│ 0       │ 1 │ 'x' │                              │\n"
        "│ 1       │ 2 │     │ [ 1, 2, 3, ... 1 more item ] │\n"
        "└─────────┴───┴─────┴──────────────────────────────┘\n"
        "┌─────────┬────────┐\n"
        "│ (index) │ Values │\n"
        "├─────────┼────────┤\n"
        "│ 0       │ 'p'    │\n"
        "└─────────┴────────┘\n"
    )


def test_table_of_chosen_columns_and_of_a_map() -> None:
    shown = printed("console.table([{ a: 1, b: 2 }], ['b']); console.table(new Map([['k', 'v']]))")
    assert "│ (index) │ b │" in shown
    assert "│ (iteration index) │ Key │ Values │" in shown
    assert "│ 0                 │ 'k' │ 'v'    │" in shown


def test_groups_indent_every_line_and_end_with_the_script() -> None:
    interpreter = Interpreter()
    first = run(
        "console.group('g'); console.log('a\\nb'); console.group(); console.warn({ x: 1 })",
        interpreter=interpreter,
    )
    assert first.console == "g\n  a\n  b\n    { x: 1 }\n"
    assert run("console.log('out')", interpreter=interpreter).console == "out\n"


def test_counters_clocks_and_assertions() -> None:
    source = """
console.count(); console.count('x'); console.count(); console.countReset(); console.count();
console.time('t');
await new Promise((done) => setTimeout(done, 1500));
console.timeLog('t', 'so far'); console.timeEnd('t'); console.timeEnd('t');
console.assert(1 === 1, 'never'); console.assert(false, 'sum is %d', 5); console.assert(false);
"""
    assert printed(source).splitlines() == [
        "default: 1",
        "x: 1",
        "default: 2",
        "default: 1",
        "t: 1.500s so far",
        "t: 1.500s",
        "Warning: No such label 't' for console.timeEnd()",
        "Assertion failed: sum is 5",
        "Assertion failed",
    ]


def test_dir_and_trace() -> None:
    source = "const deep = { a: { b: { c: { d: {} } } } };\nconsole.dir(deep, { depth: 0 });\nconsole.dir(deep, { depth: null });\nfunction f() { console.trace('here') }\nf()"
    assert printed(source) == (
        "{ a: [Object] }\n"
        "{\n  a: { b: { c: { d: {} } } }\n}\n"
        "Trace: here\n    at f (script.js:4:24)\n    at script.js:5:1\n"
    )


def test_printing_runs_no_code_of_the_script() -> None:
    source = """
let ran = 0;
const spy = new Proxy({ plain: 1 }, new Proxy({}, { get() { ran++; } }));
const hostile = {
  get a() { ran++; throw 1; }, toString() { ran++; }, toJSON() { ran++; }, [Symbol.toPrimitive]() { ran++; },
  get [Symbol.toStringTag]() { ran++; return 'x'; }, get constructor() { ran++; }, spy,
};
console.log(hostile, [spy], new Map([[spy, hostile]]), Object.create(spy));
console.table([hostile, spy]);
console.dir(hostile);
ran
"""
    done = run(source)
    assert done.error is None
    assert done.value == 0
    assert "{ plain: 1 }" in done.console


def test_a_revoked_proxy_has_a_name() -> None:
    source = "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); console.log([proxy])"
    assert printed(source) == "[ <Revoked Proxy> ]\n"


HUGE = {
    "deep objects": "let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; console.dir(o, { depth: null })",
    "deep arrays": "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; console.dir(a, { depth: null })",
    "wide": "console.log(Array.from({ length: 60 }, () => Array.from({ length: 60 }, () => [1, {}])))",
    "a million items": "console.log(Array.from({ length: 1e6 }, (_, i) => i), new Uint8Array(1e7))",
    "a long gap": "const a = []; a[4e9] = 1; console.log(a)",
    "many keys": "const o = {}; for (let i = 0; i < 5e4; i++) o['k' + i] = i; console.log(o)",
    "a long text": "console.log('x'.repeat(1e7)); console.log(['\\n'.repeat(1e6)])",
    "a proxy of a proxy": "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); console.log(p)",
    "a long chain": "let c = {}; for (let i = 0; i < 1e5; i++) c = Object.create(c); console.log(c)",
    "a long name": "console.log({ ['k'.repeat(1e6)]: 1 }, Object.defineProperty(() => 1, 'name', { value: 'n'.repeat(1e6) }))",
    "long causes": "let e = 1; for (let i = 0; i < 1e4; i++) e = new Error('x', { cause: e }); console.log(e)",
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_values_take_bounded_time_and_space(name: str) -> None:
    interpreter = Interpreter(limits=Limits(console_bytes=10_000))
    done = run(HUGE[name], interpreter=interpreter)
    assert done.error is None
    assert len(done.console.encode()) < 10_200


def test_console_methods_look_native() -> None:
    source = """
[Object.keys(globalThis).includes('console'), typeof console.log, console.log.name,
 /native code/.test(String(console.log)), (() => { try { new console.log() } catch (e) { return e.name } })()]
"""
    assert run(source).value == [False, "function", "log", True, "TypeError"]


def test_durations_are_written_for_people() -> None:
    clock = Clock()
    source = "console.time(); await new Promise((r) => setTimeout(r, {ms})); console.timeEnd()"
    shown: list[Any] = [
        run(source.replace("{ms}", str(ms)), clock=clock).console.strip()
        for ms in (5, 2_000, 62_345, 3_723_000)
    ]
    assert shown == [
        "default: 5ms",
        "default: 2.000s",
        "default: 1:02.345 (m:ss.mmm)",
        "default: 1:02:03 (h:mm:ss)",
    ]
