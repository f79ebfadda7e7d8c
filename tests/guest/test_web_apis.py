"""The platform's part of what models write: timers, URLs, encodings, clones, events, locales.

The expected values are those of the WHATWG standards; where Node 20 is at hand they were compared.
"""

# ruff: noqa: E501  (the scripts are written as models write them)

from __future__ import annotations

import json
from typing import Any

import idna
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langchain_quickjs.interpreter import Interpreter, Suspended
from tests.helpers.scripts import SEED, Clock, run, value_of

URLS = {
    "new URL('http://EXAMPLE.com:80/a/../b/./c?x=1#y')": "http://example.com/b/c?x=1#y",
    "new URL('//foo/bar', 'https://a.b/c')": "https://foo/bar",
    "new URL('../x?y', 'http://a/b/c/d?e#f')": "http://a/b/x?y",
    "new URL('?q', 'http://a/b?c')": "http://a/b?q",
    "new URL('#h', 'http://a/b?c')": "http://a/b?c#h",
    "new URL('', 'http://a/b?c#d')": "http://a/b?c",
    "new URL('http://0x7f.1')": "http://127.0.0.1/",
    "new URL('http://[1:2:0:0:5:0:0:0]:8080')": "http://[1:2:0:0:5::]:8080/",
    "new URL('http://[::ffff:1.2.3.4]')": "http://[::ffff:102:304]/",
    "new URL('http://user:pa ss@host:99/p')": "http://user:pa%20ss@host:99/p",
    "new URL('mailto:a@b.c?subject=x y')": "mailto:a@b.c?subject=x%20y",
    "new URL('file:///C:/a/../..')": "file:///C:/",
    "new URL('\\\\x\\\\y', 'http://a')": "http://a/x/y",
    "new URL('http://a/%41 é?é=d&\\'#é')": "http://a/%41%20%C3%A9?%C3%A9=d&%27#%C3%A9",
    "new URL('  ht\\ntp://a/\\tb ')": "http://a/b",
    "new URL('foo://h/p/../q')": "foo://h/q",
    "new URL('x', 'foo://h/a/b')": "foo://h/a/x",
    "new URL('https://a:443')": "https://a/",
    "new URL('http://Bücher.example/ä')": "http://xn--bcher-kva.example/%C3%A4",
    "new URL('http://faß.de')": "http://xn--fa-hia.de/",
    "new URL('http://ΒΌΛΟΣ.gr')": "http://xn--nxasmq6b.gr/",
    "new URL('http://βόλος.com')": "http://xn--nxasmm1c.com/",
    "new URL('http://日本語。ＪＰ')": "http://xn--wgv71a119e.jp/",
    "new URL('http://xn--bcher-kva.example')": "http://xn--bcher-kva.example/",
    "new URL('http://b%C3%BCcher.example')": "http://xn--bcher-kva.example/",
    "new URL('http://☃.net')": "http://xn--n3h.net/",
    "new URL('http://１２７.0.0.１')": "http://127.0.0.1/",
    "new URL('http://soft\\u00adhyphen')": "http://softhyphen/",
    "new URL('http://क्\\u200dष.in')": "http://xn--11b2ezcw70k.in/",
    "new URL('foo://é/')": "foo://%C3%A9/",
    "new URL('web+demo:/.//not-a-host/')": "web+demo:/.//not-a-host/",
}
NO_URLS = [
    "'a'", "''", "'http://'", "'http://a b/'", "'http://host:99999'", "'http://:80'",
    "'http://256.1.1.1'", "'http://[:::1]'", "'x', 'foo:b'", "'1http://x'", "'http://a', 'b'",
    "'http://xn--a/'", "'http://xn--/'", "'http://\\u0301a.de'", "'http://a\\u200db.de'",
    "'http://אa.de'", "'http://1.אב'", "'http://ﷺ.de/'", "'http://a．．b／c'", "'http://\\ufffd.de'",
]  # fmt: skip


@pytest.mark.parametrize("source", URLS)
def test_a_url_is_parsed(source: str) -> None:
    assert value_of(f"{source}.href") == URLS[source]


@pytest.mark.parametrize("arguments", NO_URLS)
def test_what_is_no_url_is_refused(arguments: str) -> None:
    source = f"try {{ new URL({arguments}) }} catch (e) {{ [e.name, e.code, URL.canParse({arguments})] }}"
    assert value_of(source) == ["TypeError", "ERR_INVALID_URL", False]


NAMES = st.lists(
    st.text(
        "abcxyz-019äöüßÄÖéñçøåŒαβγςσΣωабвЖёЯ日本語例한국어가나אבגابتไทยＡＢｃﬁ",
        min_size=1,
        max_size=7,
    ),
    min_size=1,
    max_size=3,
).map(".".join)


@given(NAMES)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_international_names_are_those_of_python(name: str) -> None:
    """The package refuses more: hyphens at the ends. It looks at directions label by label."""
    try:
        expected = idna.encode(name, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return
    labels = expected.split(".")
    letters = [idna.decode(label)[0] for label in labels]
    right = any(letter in "אבגابت" for letter in letters)
    if labels[-1].isdigit() or (right and not all(letter.isalpha() for letter in letters)):
        return
    assert value_of(f"new URL('http://' + {json.dumps(name)}).hostname") == expected


def test_the_parts_of_a_url() -> None:
    source = """
const u = new URL('https://me:pw@h.example:8443/p/q?a=1&a=2#f');
['origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash']
  .map((part) => u[part])
"""
    assert value_of(source) == [
        "https://h.example:8443", "https:", "me", "pw", "h.example:8443", "h.example", "8443",
        "/p/q", "?a=1&a=2", "#f",
    ]  # fmt: skip


SETTERS = {
    ("protocol", "https"): "https://u:p@a.com:90/b?c#d",
    ("protocol", "foo"): "http://u:p@a.com:90/b?c#d",
    ("host", "b.com:81"): "http://u:p@b.com:81/b?c#d",
    ("host", "a b"): "http://u:p@a.com:90/b?c#d",
    ("hostname", "[::2]"): "http://u:p@[::2]:90/b?c#d",
    ("port", "80"): "http://u:p@a.com/b?c#d",
    ("port", "9x"): "http://u:p@a.com:9/b?c#d",
    ("pathname", "x y/../z?#"): "http://u:p@a.com:90/z%3F%23?c#d",
    ("search", "?a=b c"): "http://u:p@a.com:90/b?a=b%20c#d",
    ("search", ""): "http://u:p@a.com:90/b#d",
    ("hash", ""): "http://u:p@a.com:90/b?c",
    ("username", "x:"): "http://x%3A:p@a.com:90/b?c#d",
    ("href", "http://new/"): "http://new/",
}


@pytest.mark.parametrize(("part", "text"), SETTERS)
def test_a_part_of_a_url_is_set(part: str, text: str) -> None:
    source = (
        f"const u = new URL('http://u:p@a.com:90/b?c#d'); u.{part} = {json.dumps(text)}; u.href"
    )
    assert value_of(source) == SETTERS[part, text]


def test_query_parameters_are_live() -> None:
    source = """
const u = new URL('http://a/?x=1');
u.searchParams.append('y', 'a b&c');
const first = u.href;
u.search = '?z=2';
const z = u.searchParams.get('z');
u.searchParams.delete('z');
[first, z, u.href, JSON.stringify({ u })]
"""
    assert value_of(source) == [
        "http://a/?x=1&y=a+b%26c", "2", "http://a/", '{"u":"http://a/"}'
    ]  # fmt: skip


def test_query_parameters() -> None:
    source = """
const p = new URLSearchParams('?a=1&b=2&a=3&c=%20+x&d&=e&%zz=%C3%A9');
const seen = [p.toString(), p.getAll('a'), p.get('%zz'), p.get('none'), p.has('d'), p.has('a', '9'), p.size];
p.set('a', '9'); p.append('é', "~!()'*-._ &="); p.delete('b'); p.sort();
const entries = [...p], keys = [...p.keys()];
let each = ''; p.forEach((value, key) => { each += key; });
[...seen, String(p), entries.length, keys[0], each, Object.fromEntries(new URLSearchParams({ m: 1 })),
 String(new URLSearchParams([['k', 'v']])), String(new URLSearchParams(new Map([['m', 'n']])))]
"""
    assert value_of(source) == [
        "a=1&b=2&a=3&c=++x&d=&=e&%25zz=%C3%A9", ["1", "3"], "é", None, True, False, 7,
        "=e&%25zz=%C3%A9&a=9&c=++x&d=&%C3%A9=%7E%21%28%29%27*-._+%26%3D", 6, "", "%zzacdé",
        {"m": "1"}, "k=v", "m=n",
    ]  # fmt: skip


def test_timers_run_in_the_order_of_their_time() -> None:
    source = """
const order = [];
setTimeout(() => order.push('20'), 20); setTimeout(() => order.push('10'), 10);
setTimeout((a, b) => order.push(a + b), 15, 'x', 'y');
setImmediate(() => order.push('soon'));
clearTimeout(setTimeout(() => order.push('never'), 5));
let ticks = 0;
const every = setInterval(() => { order.push('tick'); if (++ticks === 2) clearInterval(every); }, 12);
queueMicrotask(() => order.push('micro'));
await new Promise((done) => setTimeout(done, 50));
order
"""
    assert value_of(source) == ["micro", "soon", "10", "tick", "xy", "20", "tick"]


def test_a_timer_survives_a_pause_in_another_interpreter() -> None:
    clock = Clock()
    first = Interpreter(seed=SEED, clock=clock)
    outcome = first.start(
        "const begun = performance.now(); await new Promise((r) => setTimeout(r, 60_000)); "
        "performance.now() - begun"
    )
    assert isinstance(outcome, Suspended)
    assert outcome.wake_after_s == 60
    clock.now_s += 3600
    second = Interpreter.restore(first.snapshot(), clock=clock)
    assert getattr(second.resume({}), "value", None) == 3_600_000


def test_what_a_timer_throws_is_printed_and_the_script_goes_on() -> None:
    done = run("setTimeout(() => { null.x }, 1); await new Promise((r) => setTimeout(r, 5)); 'on'")
    assert done.value == "on"
    assert done.console.startswith("Uncaught (in a timer) TypeError: ")
    assert "script.js:1:" in done.console


def test_structured_clone() -> None:
    source = """
const o = {
  date: new Date(5), map: new Map([[{ k: 1 }, new Set([1])]]), re: /x/gi, error: new RangeError('z', { cause: 1 }),
  bytes: new Uint8Array([1, 2, 3]), none: null, un: undefined, big: 5n, sparse: [1, , 3], view: new DataView(new ArrayBuffer(4), 1, 2),
};
o.self = o; o.shared = o.bytes; o.onSameBuffer = new Uint8Array(o.bytes.buffer, 1);
const c = structuredClone(o);
c.onSameBuffer[0] = 9;
[c !== o, c.self === c, c.shared === c.bytes, c.bytes !== o.bytes, c.bytes[1], o.bytes[1], c.date.getTime(),
 c.error instanceof RangeError, c.error.message, c.error.cause, 1 in c.sparse, [...c.map.keys()][0].k,
 String(c.re), 'un' in c, c.big === 5n, c.view.byteLength, structuredClone({ get g() { return 7 } }).g]
"""
    assert value_of(source) == [
        True, True, True, True, 9, 2, 5, True, "z", 1, False, 1, "/x/gi", True, True, 2, 7
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value", ["() => 1", "Symbol('q')", "{ a: { b() {} } }", "new WeakMap()", "Promise.resolve()",
              "new Proxy({}, {})", "new URL('http://a')", "tools"]
)  # fmt: skip
def test_what_cannot_be_cloned(value: str) -> None:
    source = f"try {{ structuredClone({value}) }} catch (e) {{ [e.name, e.code, e instanceof DOMException] }}"
    expected: Any = {} if value == "tools" else ["DataCloneError", 25, True]
    assert value_of(source) == expected


def test_utf8_there_and_back() -> None:
    source = """
const text = 'aé日😀\\ud800x';
const decoder = new TextDecoder();
const bytes = new TextEncoder().encode(text);
const damaged = new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff, 0xe2, 0x82, 0x41, 0xed, 0xa0, 0x80, 0xc0]);
[bytes, decoder.decode(bytes), decoder.decode(damaged), new TextDecoder('utf-8', { ignoreBOM: true }).decode(damaged).length,
 new TextEncoder().encodeInto('aé日', new Uint8Array(4))]
"""
    assert value_of(source) == [
        "aé日😀\ufffdx".encode(), "aé日😀\ufffdx", "a\ufffd\ufffdA" + "\ufffd" * 4, 9,
        {"read": 2, "written": 3},
    ]  # fmt: skip


@pytest.mark.parametrize("step", range(1, 6))
def test_a_decoder_takes_bytes_in_pieces(step: int) -> None:
    text = "日本😀é!\ufeffz"
    encoded = [(text.encode(), "utf-8"), (text.encode("utf-16-le"), "utf-16le")]
    for data, name in encoded:
        source = f"""
const bytes = new Uint8Array({list(data)}), decoder = new TextDecoder('{name}');
let text = '';
for (let i = 0; i < bytes.length; i += {step}) text += decoder.decode(bytes.subarray(i, i + {step}), {{ stream: true }});
text + decoder.decode()
"""
        assert value_of(source) == text


def test_other_encodings_and_fatal_decoders() -> None:
    source = """
const names = ['latin1', 'ascii', 'UTF8 ', 'utf-16'].map((label) => new TextDecoder(label).encoding);
const failures = [];
for (const attempt of [
  () => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])),
  () => new TextDecoder('utf-16le', { fatal: true }).decode(new Uint8Array([0, 0xd8])),
  () => new TextDecoder('no such'),
]) try { attempt() } catch (e) { failures.push(e.name) }
[names, new TextDecoder('latin1').decode(new Uint8Array([0x61, 0x80, 0xe9])), failures,
 new TextDecoder().decode(new Uint16Array([0x4141]).buffer), btoa('hé'), atob(' aGVs bG8= ')]
"""
    assert value_of(source) == [
        ["windows-1252", "windows-1252", "utf-8", "utf-16le"], "a€é",
        ["TypeError", "TypeError", "RangeError"], "AA", "aOk=", "hello",
    ]  # fmt: skip


def test_abort_signals() -> None:
    source = """
const controller = new AbortController(), log = [];
const any = AbortSignal.any([new AbortController().signal, controller.signal]);
controller.signal.addEventListener('abort', (e) => log.push(e.type, e.target === controller.signal));
controller.signal.onabort = () => log.push('handler');
controller.abort('why'); controller.abort('again');
const late = AbortSignal.timeout(5);
await new Promise((done) => late.addEventListener('abort', done, { once: true }));
let thrown; try { controller.signal.throwIfAborted() } catch (e) { thrown = e }
const plain = new AbortController(); plain.abort();
[log, any.aborted, any.reason, thrown, late.reason.name, plain.signal.reason.name, AbortSignal.abort(1).reason,
 (() => { try { new AbortSignal() } catch (e) { return e.name } })()]
"""
    assert value_of(source) == [
        ["abort", True, "handler"], True, "why", "why", "TimeoutError", "AbortError", 1, "TypeError"
    ]  # fmt: skip


def test_event_targets() -> None:
    source = """
class Bus extends EventTarget {}
const bus = new Bus(), log = [], stop = new AbortController();
const listener = { handleEvent(event) { log.push(event.type); event.preventDefault(); } };
bus.addEventListener('a', listener); bus.addEventListener('a', listener);
bus.addEventListener('a', () => log.push('once'), { once: true });
bus.addEventListener('b', () => log.push('never'), { signal: stop.signal });
stop.abort();
bus.addEventListener('c', () => { throw new Error('listener') });
bus.addEventListener('c', () => log.push('after'));
[bus.dispatchEvent(new Event('a', { cancelable: true })), bus.dispatchEvent(new Event('a')),
 bus.dispatchEvent(new Event('b')), bus.dispatchEvent(new Event('c')), log]
"""
    done = run(source)
    assert done.value == [False, True, True, True, ["a", "once", "a", "after"]]
    assert "Uncaught (in an event listener) Error: listener" in done.console


def test_random_and_time_are_the_hosts() -> None:
    source = """
[crypto.randomUUID(), [...crypto.getRandomValues(new Uint32Array(3))], Math.random(), Date.now(), performance.now()]
"""
    first, second = value_of(source), value_of(source)
    assert first == second
    assert first[0][14] == "4"
    assert first[0][19] in "89ab"
    assert len(first[0]) == 36
    other = run(source, interpreter=Interpreter(seed=bytes(32), clock=Clock())).value
    assert other[:3] != first[:3]
    assert first[3:] == [1_700_000_000_000, 0]


def test_get_random_values_is_particular() -> None:
    source = """
[new Float32Array(1), [], new Uint8Array(70_000)].map((a) => { try { crypto.getRandomValues(a) } catch (e) { return e.name } })
"""
    assert value_of(source) == ["TypeMismatchError", "TypeMismatchError", "QuotaExceededError"]


NUMBERS = {
    "(1234567.891).toLocaleString()": "1,234,567.891",
    "(-0.0005).toLocaleString()": "-0.001",
    "(1.005).toLocaleString('en-US', { maximumFractionDigits: 2 })": "1.01",
    "(5).toLocaleString(undefined, { minimumFractionDigits: 2 })": "5.00",
    "(1234.5).toLocaleString('en-US', { style: 'currency', currency: 'USD' })": "$1,234.50",
    "(-3).toLocaleString('en-US', { style: 'currency', currency: 'JPY' })": "-¥3",
    "(0.285).toLocaleString('en-US', { style: 'percent' })": "29%",
    "(1234567).toLocaleString('en-US', { notation: 'compact' })": "1.2M",
    "(123456).toLocaleString('en-US', { maximumSignificantDigits: 2 })": "120,000",
    "(7).toLocaleString('en-US', { minimumIntegerDigits: 2 })": "07",
    "(1e21).toLocaleString()": "1,000,000,000,000,000,000,000",
    "NaN.toLocaleString() + Infinity.toLocaleString()": "NaN∞",
    "(12345678901234567890n).toLocaleString()": "12,345,678,901,234,567,890",
    "[1234.5, 'a'].toLocaleString()": "1,234.5,a",
}
DATES = {
    "d.toLocaleString()": "1/5/2024, 9:07:03 AM",
    "d.toLocaleDateString()": "1/5/2024",
    "d.toLocaleTimeString()": "9:07:03 AM",
    "d.toLocaleDateString('en-US', { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' })": (
        "Friday, January 5, 2024"
    ),
    "d.toLocaleDateString('en-US', { month: 'short', day: 'numeric' })": "Jan 5",
    "d.toLocaleDateString('en-US', { year: 'numeric', month: '2-digit', day: '2-digit' })": "01/05/2024",
    "d.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })": "09:07 AM",
    "d.toLocaleString('en-US', { dateStyle: 'medium', timeStyle: 'short' })": "Jan 5, 2024, 9:07 AM",
    "d.toLocaleString('en-US', { dateStyle: 'long', timeStyle: 'short' })": "January 5, 2024 at 9:07 AM",
    "d.toLocaleString('en-US', { timeZone: 'UTC', hour12: false })": "1/5/2024, 09:07:03",
    "d.toLocaleDateString(undefined, { month: 'long', year: 'numeric' })": "January 2024",
    "new Date(NaN).toLocaleString()": "Invalid Date",
}


@pytest.mark.parametrize("source", NUMBERS)
def test_numbers_read_as_in_the_united_states(source: str) -> None:
    assert value_of(source) == NUMBERS[source]


@pytest.mark.parametrize("source", DATES)
def test_dates_read_as_in_the_united_states(source: str) -> None:
    assert value_of(f"const d = new Date('2024-01-05T09:07:03.045Z'); {source}") == DATES[source]


def test_words_sort_as_people_expect() -> None:
    source = """
const words = ['zebra', 'Zoe', 'éclair', 'apple', 'Apple', 'eclair', 'item 10', 'item 2', '_x', '10', '2', 'résumé', 'resume', 'straße'];
[words.toSorted((a, b) => a.localeCompare(b)), words.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).slice(1, 3),
 'a'.localeCompare('A', undefined, { sensitivity: 'base' }), 'a'.localeCompare('á', undefined, { sensitivity: 'base' })]
"""
    assert value_of(source) == [
        ["_x", "10", "2", "apple", "Apple", "eclair", "éclair", "item 10", "item 2", "resume",
         "résumé", "straße", "zebra", "Zoe"],
        ["2", "10"], 0, 0,
    ]  # fmt: skip
