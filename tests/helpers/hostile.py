"""The hostile programs, and the process that runs them: `python -m tests.helpers.hostile`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import pytest

from langchain_quickjs.errors import LimitError, QuickJSError
from langchain_quickjs.interpreter import (
    Completed,
    Failed,
    Interpreter,
    Limits,
    Outcome,
    Returned,
    Suspended,
)

TIMEOUT_S: Final = 0.5


@dataclass(frozen=True)
class _Limits:
    """As `Limits`, where the time is never None."""

    step_timeout_s: float = TIMEOUT_S
    memory_bytes: int = 64 * 1024**2


LIMITS = _Limits()
ENDINGS = ("completed", "failed", "suspended", "limit")
TABLE = pytest.StashKey[str]()

PROGRAMS: dict[str, dict[str, str]] = {
    "time": {
        "endless loop": "while (true) {}",
        "endless promises": (
            "const f = () => Promise.resolve().then(f); await f(); await new Promise(() => {})"
        ),
        "endless microtasks": "const f = () => queueMicrotask(f); f(); await tools.f()",
        "endless do-nothing getter": "const o = {get x() { return this.x2 ?? 1 }}; for (;;) o.x",
        "try around a loop": "try { for (;;) {} } finally { for (;;) {} }",
        "labelled loops": "a: for (;;) b: for (;;) continue a",
        "busy date": "const t = Date.now(); while (Date.now() - t < 1e9) {}",
    },
    "memory": {
        "small objects": "const a = []; for (let i = 0; i < 3e6; i++) a.push({i, s: 'x' + i})",
        "doubling text": "let s = 'x'; for (;;) s += s; s.length",
        "join of a huge array": "new Array(1e9).join('x')",
        "huge typed array": "new Uint8Array(2 ** 31)",
        "many typed arrays": "const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))",
        "fill": "new Array(1e8).fill({})",
        "growing map": "const m = new Map(); for (let i = 0; ; i++) m.set(i, [i])",
        "caught": (
            "const a = []; try { for (;;) a.push(new Array(1000).fill(a.length)) } catch { "
            "a.length }"
        ),
        "closures": (
            "let f = () => 0; for (;;) { const g = f, pad = new Array(100); f = () => [g, pad] }"
        ),
        "resizable buffer": (
            "const b = new ArrayBuffer(1, {maxByteLength: 2 ** 30}); b.resize(2 ** 30)"
        ),
    },
    "stack": {
        "recursion": "const f = () => f() + 1; f()",
        "mutual recursion through a sort": "const f = () => [2, 1].sort(f); f()",
        "recursion through a getter": "const o = {get x() { return o.x }}; o.x",
        "recursion through toString": "const o = {toString() { return '' + o }}; '' + o",
        "nested source": "eval('('.repeat(1e5) + ')'.repeat(1e5))",
        "nested arrays in source": "eval('['.repeat(2e5) + ']'.repeat(2e5))",
        "nested regular expression": "new RegExp('('.repeat(1e5) + ')'.repeat(1e5))",
        "recursion caught all the way": (
            "let n = 0; const f = () => { try { f() } catch { n++; f() } }; f()"
        ),
        "recursion then a call with a deep value": (
            "let v = 1; for (let i = 0; i < 195; i++) v = [v];"
            "const f = () => { try { return f() } catch { return tools.f(v) } }; f(); 1"
        ),
        "recursion then a call with many arguments": (
            "const big = new Array(60000);"
            "const f = () => { try { return f() } catch { return Math.max.apply(null, big) } }; f()"
        ),
        "bind chain": "let f = () => 1; for (let i = 0; i < 1e5; i++) f = f.bind(null); f()",
    },
    "output": {
        "endless console": "for (;;) console.log('x'.repeat(1000))",
        "one huge line": "console.log('x'.repeat(3e7))",
        "wide object": (
            "console.log(Object.fromEntries(Array.from({length: 1e5}, (_, i) => ['k' + i, i])))"
        ),
        "deep object": "let o = {}; for (let i = 0; i < 1e4; i++) o = {o}; console.log(o)",
        "huge table": "console.table(Array.from({length: 1e5}, (_, i) => ({i, j: i})))",
        "hostile inspect": (
            "console.log(new Proxy({}, {get() { for (;;) {} }, ownKeys() { for (;;) {} }}))"
        ),
        "huge result": "'x'.repeat(3e7)",
        "result of many texts": "new Array(3e6).fill('ab')",
        "result of many objects": "Array.from({length: 5e5}, (_, i) => ({i}))",
        "result of many empty arrays": "Array.from({length: 8e5}, () => [])",
        "result of many big numbers": "Array.from({length: 2e6}, (_, i) => i * 1e6 + 0.5)",
    },
    "prototypes and globals": {
        "Object.prototype traps": (
            "Object.defineProperty(Object.prototype, 'value', {get() { for (;;) {} }, "
            "configurable: true}); await tools.f()"
        ),
        "Promise.prototype.then": "Promise.prototype.then = () => { for (;;) {} }; await tools.f()",
        "Array.prototype setters": (
            "Object.defineProperty(Array.prototype, 0, {set() { throw 1 }, configurable: "
            "true}); [tools.f([1, 2])]"
        ),
        "frozen intrinsics": (
            "for (const k of Object.getOwnPropertyNames(globalThis)) try { "
            "Object.freeze(globalThis[k]); Object.freeze(globalThis[k].prototype) } catch {}"
        ),
        "deleted globals": (
            "for (const k of Object.getOwnPropertyNames(globalThis)) try { if (k !== 'kept') "
            "delete globalThis[k] } catch {}"
        ),
        "symbol tampering": (
            "Array.prototype[Symbol.iterator] = function* () { for (;;) yield 1 }; const [a] = "
            "[1]; [...[1]]"
        ),
        "Function.prototype.call": (
            "Function.prototype.call = Function.prototype.apply = () => { throw 1 }; "
            "console.log({a: 1}); ({m: new Map([[1, 2]])})"
        ),
        "species": (
            "Array[Symbol.species] = 1; Object.defineProperty(Promise, Symbol.species, {value: "
            "function () { for (;;) {} }}); await Promise.resolve(1).then(x => x)"
        ),
    },
    "forged calls": {
        "constructor of a tool": (
            "tools.f.constructor('return 1')(); tools.f.call({id: 1}, 2); new tools.f()"
        ),
        "assigning to tools": "'use strict'; tools.rm = () => 1",
        "a name that is not granted": "await tools.rm('/')",
        "thousands of calls": "for (let i = 0; i < 1e6; i++) tools.f(i)",
        "calls in a loop of catches": "for (;;) await tools.f().catch(() => 0)",
        "call with itself": "await tools.f(tools.f)",
        "calls from getters without end": (
            "const o = () => ({get x() { tools.f(o()); return 1 }}); await tools.f(o())"
        ),
        "thenable that never settles": "await {then() {}}; await tools.f()",
    },
    "escaping through errors": {
        "throw a proxy": "throw new Proxy(new Error('x'), {get() { for (;;) {} }})",
        "error with a looping name": (
            "const e = new Error('x'); Object.defineProperty(e, 'name', {get() { for (;;) {} "
            "}}); throw e"
        ),
        "error with an absurd stack": (
            "const e = new Error('x'); e.stack = 'script.js:' + '9'.repeat(1e5) + ':' + "
            "'9'.repeat(1e5); throw e"
        ),
        "endless cause": (
            "const e = () => Object.defineProperty(new Error('x'), 'cause', {get: e}); throw e()"
        ),
        "huge message": "throw new Error('x'.repeat(3e7))",
        "prepareStackTrace": (
            "Error.prepareStackTrace = () => { for (;;) {} }; throw new Error('x')"
        ),
        "throw in toString": "throw {toString() { throw {toString() { for (;;) {} }} }}",
        "thousands of rejections": (
            "for (let i = 0; i < 1e5; i++) Promise.reject(new Error('' + i)); 1"
        ),
    },
    "getters": {
        "growing while it is read": "const f = () => ({get x() { return f() }}); f()",
        "shrinking while it is read": "const a = [{get x() { a.length = 0; return 1 }}, 2, 3]; a",
        "toJSON is not asked": "({toJSON() { for (;;) {} }, x: 1})",
        "looping getter in a result": "({get x() { for (;;) {} }})",
        "getter in an argument": "await tools.f({get x() { for (;;) {} }})",
    },
    "proxies": {
        "endless keys": (
            "new Proxy({}, {ownKeys: () => Array.from({length: 2e6}, (_, i) => 'k' + i)})"
        ),
        "endless length": "tools.f(new Proxy([], {get: (t, k) => k === 'length' ? 2 ** 53 : 1}))",
        "chain": "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x",
        "revoked": "const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); proxy",
        "prototype loop": "const p = new Proxy({}, {getPrototypeOf: () => p}); p instanceof Array",
    },
    "iterators": {
        "spread without end": "[...(function* () { for (;;) yield 1 })()]",
        "return that loops": (
            "const it = {[Symbol.iterator]: () => ({next: () => ({value: 1}), return() { for "
            "(;;) {} }})}; for (const x of it) break"
        ),
        "map from an endless iterator": (
            "new Map((function* () { for (let i = 0; ; i++) yield [i, i] })())"
        ),
        "helpers": "Iterator.from({next: () => ({value: 1})}).filter(() => false).next()",
    },
    "regex": {
        "catastrophic": "/^(a+)+$/.test('a'.repeat(40) + 'b')",
        "catastrophic alternation": "/^(a|a|b?)*$/.test('a'.repeat(35) + 'c')",
        "back-reference": r"/^(.*)\1\1\1$/.test('ab'.repeat(3e4) + 'x')",
        "replace callback": "'x'.repeat(1e5).replace(/x/g, () => 'y'.repeat(1e4))",
        "huge repetition": "/(?:a{1000}){1000}/.test('a'.repeat(1e6))",
        "lookbehind": "/(?<=(a+)+)b/.test('a'.repeat(5e4))",
    },
    "JSON": {
        "nested parse": "JSON.parse('['.repeat(1e6))",
        "nested stringify": "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)",
        "cycle": "const a = []; a.push(a); JSON.stringify(a)",
        "reviver that grows": (
            "JSON.parse('[1]', function (k, v) { this[k + 'x'] = [1]; return [v] })"
        ),
        "indent": "JSON.stringify(Array.from({length: 3e5}, () => [[]]), null, 10)",
        "toJSON recursion": "const o = {toJSON() { return {o} }}; JSON.stringify(o)",
    },
    "sort": {
        "comparator that mutates": (
            "const a = Array.from({length: 1e4}, (_, i) => i); a.sort((x, y) => { a.length = "
            "0; return y - x }); a.length"
        ),
        "comparator that lies": (
            "Array.from({length: 3e5}, (_, i) => i).sort(() => Math.random() - 0.5).length"
        ),
        "comparator that throws": "[3, 2, 1].sort(() => { throw new Error('x') })",
        "huge sparse sort": "const a = []; a.length = 2 ** 32 - 1; a.sort()",
    },
    "strings": {
        "repeat": "'x'.repeat(2 ** 29)",
        "padding": "'x'.padEnd(2 ** 29, 'ab').length",
        "rope": "let s = ''; for (let i = 0; i < 5e6; i++) s += i; s.length",
        "deep rope": "let s = 'x'; for (let i = 0; i < 1e6; i++) s = 'a' + s; s.charCodeAt(5)",
        "split": "'x'.repeat(2e7).split('').length",
        "lone surrogates": "'\\ud800'.repeat(1e6)",
        "normalize": "'\\u0344'.repeat(1e6).normalize('NFKD').length",
    },
    "BigInt": {
        "power": "2n ** 1000000000n",
        "factorial": "let n = 1n; for (let i = 1n; ; i++) n *= i",
        "to text": "(10n ** 300000n).toString().length",
        "as a result": "2n ** 4000000n",
        "shift": "1n << (2n ** 40n)",
    },
    "typed arrays": {
        "shrunk view in a result": (
            "const b = new ArrayBuffer(16, {maxByteLength: 32}), t = new Uint8Array(b, 8); "
            "b.resize(4); [t]"
        ),
        "detached": "const b = new ArrayBuffer(16), t = new Uint8Array(b); b.transfer(); [t, b]",
        "fill that detaches": (
            "const b = new ArrayBuffer(16); new Uint8Array(b).fill({valueOf() { b.transfer(); "
            "return 1 }})"
        ),
        "set from itself": "const t = new Uint8Array(1e6); for (;;) t.set(t.subarray(1))",
        "atomics wait": "Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0)",
    },
    "generators": {
        "self-call": "const g = (function* () { g.next() })(); g.next()",
        "delegation without end": "function* f() { yield* f() } [...f()]",
        "many suspended": (
            "const a = []; for (;;) { const g = (function* () { yield new Array(100) })(); "
            "g.next(); a.push(g) }"
        ),
    },
    "async loops": {
        "await in a loop": "for (;;) await null",
        "async generators": (
            "const g = async function* () { for (;;) yield 1 }; for await (const x of g()) {}"
        ),
        "all of many": "await Promise.all(Array.from({length: 1e6}, () => Promise.resolve()))",
        "timers": (
            "setInterval(() => {}, 0); for (let i = 0; i < 1e5; i++) setTimeout(() => {}, 0); "
            "await tools.f()"
        ),
        "zero timers without end": (
            "const f = () => setTimeout(f, 0); f(); await new Promise(() => {})"
        ),
    },
    "eval and Function": {
        "eval bomb": "const f = s => eval(s); let s = '1'; for (;;) { s = s + '+' + s; f(s) }",
        "Function body": "new Function('while (true) {}')()",
        "indirect eval": "(0, eval)('var kept = 0; for (;;) {}')",
        "with": "new Function('o', 'with (o) { for (;;) {} }')({})",
        "many functions": (
            "const a = []; for (let i = 0; ; i++) a.push(new Function('return ' + i))"
        ),
    },
    "the codec": {
        "nested sets": "let s = 1; for (let i = 0; i < 199; i++) s = new Set([s]); s",
        "nested maps with much in them": (
            "let s = 'x'.repeat(1e7); for (let i = 0; i < 190; i++) s = new Map([[i, s]]); s"
        ),
        "nested errors": (
            "let e = 1; for (let i = 0; i < 199; i++) e = new Error('x', {cause: e}); e"
        ),
        "nested too deeply": "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; a",
        "shared without end": "let a = []; for (let i = 0; i < 199; i++) a = [a, a]; a",
        "huge sparse array": "const a = []; a[4e9] = 1; a",
        "many holes": "new Array(5e6)",
        "cycle through everything": (
            "const m = new Map(), s = new Set([m]), e = new Error('x', {cause: s}); m.set(e, "
            "m); [m, s, e]"
        ),
        "keys that look special": (
            "({__proto__: null, constructor: 1, ['__proto__']: {x: 1}, toString: 2, length: -1})"
        ),
        "many shared objects": "const o = {a: 1}; Array.from({length: 1e6}, () => o)",
    },
}


@dataclass(frozen=True)
class Row:
    """What came of one program.

    Attributes:
        name: Category and name.
        ending: One of `ENDINGS`, or the class of an error that should not be.
        detail: The error, shortened.
        took_s: How long the worst step took, with all that the host does for it.
        peak_bytes: The most memory the process had, beyond what it had at the beginning.
        still_works: Whether the next script saw the variables of the one before.
    """

    name: str
    ending: str
    detail: str
    took_s: float
    peak_bytes: int
    still_works: bool


def names() -> list[str]:
    return [f"{kind}: {name}" for kind, programs in PROGRAMS.items() for name in programs]


def table(rows: Sequence[Row]) -> str:
    lines = [f"{'hostile program':60} {'ending':10} {'ms':>6} {'MB':>5}  how"]
    lines += [
        f"{row.name[:60]:60} {row.ending:10} {row.took_s * 1000:6.0f} {row.peak_bytes >> 20:5} "
        f" {row.detail}{'' if row.still_works else '  NO LONGER WORKS'}"
        for row in rows
    ]
    worst_s, worst = max(row.took_s for row in rows), max(row.peak_bytes for row in rows)
    lines.append(
        f"{len(rows)} programs; limits {TIMEOUT_S * 1000:.0f} ms, {LIMITS.memory_bytes >> 20} MB; "
        f"worst {worst_s * 1000:.0f} ms and {worst >> 20} MB"
    )
    return "\n".join(lines)


# --- the process that runs them ----------------------------------------------------------------


def memory_bytes(field: str) -> int:
    """A figure of this process: VmRSS, what it has, or VmHWM, the most since that was cleared."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    return 0


def clear_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def play(interpreter: Interpreter, source: str) -> tuple[Outcome, float]:
    """Runs a script, answering a few of its calls: how it ended, and its slowest step."""
    worst_s = 0.0
    results: dict[int, Returned] | None = None
    for _ in range(5):
        began_s = time.monotonic()
        try:
            if results is None:
                outcome = interpreter.start(source, tools=["f"])
            else:
                outcome = interpreter.resume(results)
        except QuickJSError as error:
            error.add_note(str(max(worst_s, time.monotonic() - began_s)))
            raise
        worst_s = max(worst_s, time.monotonic() - began_s)
        if not isinstance(outcome, Suspended):
            break
        results = {call.id: Returned([1, {"a": "b"}]) for call in interpreter.open_calls[:50]}
    return outcome, worst_s


def ending_of(interpreter: Interpreter, source: str) -> tuple[str, str, float]:
    try:
        outcome, took_s = play(interpreter, source)
    except LimitError as error:
        return "limit", f"{type(error).__name__}", float(error.__notes__[0])
    except QuickJSError as error:
        return type(error).__name__, str(error)[:100], float(error.__notes__[0])
    match outcome:
        case Completed():
            return "completed", "", took_s
        case Failed(thrown):
            return "failed", f"{thrown.name}: {thrown.message}"[:50].replace("\n", " "), took_s
    return "suspended", "", took_s


def run_one(name: str, source: str) -> Row:
    # A new one for each: what a script does to its own globals is its own affair.
    interpreter = Interpreter(
        limits=Limits(memory_bytes=LIMITS.memory_bytes, step_timeout_s=TIMEOUT_S, calls=100)
    )
    interpreter.eval("let count = 41; const kept = {list: [1, 2], map: new Map([['a', 1]])}; 0")
    base = memory_bytes("VmRSS")
    clear_peak()
    ending, detail, took_s = ending_of(interpreter, source)
    peak = memory_bytes("VmHWM") - base
    if interpreter.running:
        interpreter.abort()
    try:
        seen = interpreter.eval("count++; [count, kept.list[1], kept.map.size]")
        works = seen == [42, 2, 1]
    except QuickJSError as error:
        works, detail = False, f"{detail}; then {error}"
    return Row(name, ending, detail, took_s, peak, works)


def run_all(chosen: Sequence[str]) -> Iterator[Row]:
    Interpreter().eval("[1, {a: 'b'}]")  # compiles, imports
    for kind, programs in PROGRAMS.items():
        for name, source in programs.items():
            if not chosen or f"{kind}: {name}" in chosen:
                yield run_one(f"{kind}: {name}", source)


if __name__ == "__main__":
    for one in run_all(sys.argv[1:]):
        print(json.dumps(asdict(one)), flush=True)
