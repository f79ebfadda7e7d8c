"""Hostile programs, by what they attack."""

from __future__ import annotations

from typing import Final

PROGRAMS: Final[dict[str, dict[str, str]]] = {
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
        "indirect eval": "(0, eval)('var mine = 0; for (;;) {}')",
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
