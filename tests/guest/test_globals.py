"""What script code can reach is what wasm/GLOBALS.md lists; tampering misleads nobody else."""

# ruff: noqa: E501  (the scripts are written as models write them)

from __future__ import annotations

import re
from pathlib import Path

from langchain_quickjs.interpreter import Completed, Interpreter, Returned, Suspended
from tests.helpers.scripts import Clock, run, value_of

HELPERS = Path(__file__).parent.parent / "helpers"
INVENTORY = (HELPERS / "inventory.js").read_text()
TAMPER = (HELPERS / "tamper.js").read_text()
LISTED = Path(__file__).parent.parent.parent / "wasm" / "GLOBALS.md"


def listed() -> list[str]:
    (block,) = re.findall(r"```text\n(.*?)```", LISTED.read_text(), re.DOTALL)
    return str(block).splitlines()


def test_what_scripts_can_reach_is_what_the_documentation_lists() -> None:
    assert value_of(INVENTORY) == listed()


def test_tools_are_the_only_addition() -> None:
    interpreter = Interpreter()
    outcome = interpreter.start(INVENTORY, tools=["lookup"], functions=["task"])
    assert isinstance(outcome, Completed)
    added = {line.partition(": ")[0]: line for line in outcome.value if line not in listed()}
    (before,) = [line for line in listed() if line.startswith("globalThis: ")]
    assert set(added) == {"globalThis"}
    assert set(added["globalThis"].split()) - set(before.split()) == {"task<>"}
    source = "[Reflect.ownKeys(tools), Object.getPrototypeOf(tools), Object.isExtensible(tools)]"
    assert run(source, {"lookup": str}).value == [["lookup"], None, False]


def test_globals_are_not_enumerable_and_look_native() -> None:
    source = """
const made = Object.getOwnPropertyNames(globalThis).filter((name) => typeof globalThis[name] === 'function' && name !== 'made');
[Object.keys(globalThis).filter((name) => name !== 'made'),
 made.filter((name) => globalThis[name].name !== name),
 made.filter((name) => !/\\[native code\\]/.test(Function.prototype.toString.call(globalThis[name]))),
 ['setTimeout', 'structuredClone', 'queueMicrotask', 'clearTimeout'].filter((name) => {
   try { new globalThis[name](() => 1); return true } catch (e) { return !(e instanceof TypeError) }
 }),
 [URL.length, URLSearchParams.length, setTimeout.length, structuredClone.length, Number.prototype.toLocaleString.length]]
"""
    assert value_of(source) == [[], [], [], [], [1, 0, 1, 2, 0]]


def test_classes_cannot_be_called_and_brands_are_checked() -> None:
    source = """
const attempts = [
  () => URL('http://a'), () => URLSearchParams(), () => new AbortSignal(), () => TextEncoder(),
  () => URL.prototype.href, () => URLSearchParams.prototype.get.call({}, 'a'),
  () => AbortSignal.prototype.aborted, () => TextDecoder.prototype.decode.call({}),
  () => Event.prototype.type, () => EventTarget.prototype.dispatchEvent.call({}, new Event('x')),
];
attempts.map((attempt) => { try { attempt(); return 'no error' } catch (e) { return e.name } })
"""
    assert set(value_of(source)) == {"TypeError"}


AFTERWARDS = """
log({ list: [1, 'x', { b: map }], when, pattern, set }, 'text', 12n, -0, [1, 2, 3, 4, 5, 6, 7, 8]);
log('%s is %d and %j', 'x', 5, 6);
log(error);
table([{ a: 1, b: 'x' }]);
const url = new Url('http://User@EXAMPLE.com:80/a/../b?x=1&y=2#z');
log(url, new Params('a=1&b=%20'));
log(money(), day(), compare('b'), decode(encode('é')), clone(map), clone({ n: [1, when, pattern] }));
log(typeof uuid());
wait(log, 5, 'timer');
group('group');
"""
PRINTED = """\
{
  list: [ 1, 'x', { b: [Map] } ],
  when: 1970-01-01T00:00:00.000Z,
  pattern: /x/g,
  set: Set(2) { 1, 2 }
} text 12n -0 [
  1, 2, 3, 4,
  5, 6, 7, 8
]
x is 5 and 6
Error: first
    at script.js {
  [cause]: TypeError: why
      at script.js
}
┌─────────┬───┬─────┐
│ (index) │ a │ b   │
├─────────┼───┼─────┤
│ 0       │ 1 │ 'x' │
└─────────┴───┴─────┘
URL {
  href: 'http://User@example.com/b?x=1&y=2#z',
  origin: 'http://example.com',
  protocol: 'http:',
  username: 'User',
  password: '',
  host: 'example.com',
  hostname: 'example.com',
  port: '',
  pathname: '/b',
  search: '?x=1&y=2',
  searchParams: URLSearchParams { 'x' => '1', 'y' => '2' },
  hash: '#z'
} URLSearchParams { 'a' => '1', 'b' => ' ' }
1,234.5 1/1/1970, 12:00:00 AM -1 é Map(1) { 'a' => { b: 1 } } { n: [ 1, 1970-01-01T00:00:00.000Z, /x/g ] }
string
group
  timer
"""


def test_a_script_that_breaks_every_built_in_still_prints_and_waits_as_before() -> None:
    clock = Clock()
    interpreter = Interpreter(clock=clock)
    started = interpreter.start(TAMPER + AFTERWARDS + "tools.ask();", tools=["ask"])
    assert isinstance(started, Suspended)
    clock.now_s += 1
    waiting = interpreter.resume({})
    assert isinstance(waiting, Suspended)
    ended = interpreter.resume({started.calls[0].id: Returned(None)})
    assert isinstance(ended, Completed)
    console = started.console + waiting.console
    assert re.sub(r"(script\.js):\d+:\d+", r"\1", console) == PRINTED


def test_the_next_scripts_calls_and_results_are_not_misled() -> None:
    interpreter = Interpreter()
    assert run(TAMPER + "1", interpreter=interpreter).error is None
    value = {"map": [1, "é", None], "when": 1.5}
    source = "[await tools.echo({ a: [1, 2], pattern, map, set, when }), 5n]"
    done = run(source, {"echo": lambda _: value}, interpreter=interpreter)
    assert done.error is None
    assert done.value == [value, 5]
    (sent,) = done.calls[0][1]
    assert sent["a"] == [1, 2]
    assert (sent["pattern"].source, sent["pattern"].flags) == ("x", "g")
    assert dict(sent["map"].items()) == {"a": {"b": 1}}
    assert sorted(sent["set"]) == [1, 2]
    failed = run("nowhere", interpreter=interpreter).error
    assert failed is not None
    assert (failed.name, failed.line) == ("ReferenceError", 1)
