"""A call whose `await` was forgotten: who takes its promise for its result is told so."""

# ruff: noqa: E501  (the programs are written as models write them)

from __future__ import annotations

import pytest

from langchain_quickjs.interpreter import Failed, Interpreter, Returned, Suspended
from tests.helpers.scripts import run

TOOLS = {"x": lambda *_: {"total": 3, "items": [1, 2]}}
A_CALL = "tools.x(...) is a promise; await it first: "
READ = f"{A_CALL}(await tools.x(...))"
TAKEN = f"{A_CALL}await tools.x(...)"
OTHER = ": this is a promise of tool calls; await it first: (await promise)."

FORGOTTEN = {
    "tools.x({}).total": f"{READ}.total",
    "tools.x({})?.total": f"{READ}.total",
    "tools.x({}).items.length": f"{READ}.items",
    "tools.x({}).map((y) => y)": f"{READ}.map",
    "tools.x({}).length": f"{READ}.length",
    "tools.x({})[0]": f"{READ}[0]",
    "tools.x({})['a b']": TAKEN,
    "const r = tools.x({}); r.total": f"{READ}.total",
    "const get = () => tools.x({}); get().total": f"{READ}.total",
    "if (tools.x({}).ok) 1": f"{READ}.ok",
    "const { total } = tools.x({})": f"{READ}.total",
    "const { total = 5 } = tools.x({})": f"{READ}.total",
    "const { ...rest } = tools.x({})": TAKEN,
    "const [first] = tools.x({})": TAKEN,
    "for (const y of tools.x({})) y": TAKEN,
    "for await (const y of tools.x({})) y": TAKEN,
    "[...tools.x({})]": TAKEN,
    "({ ...tools.x({}) })": TAKEN,
    "Object.assign({}, tools.x({}))": TAKEN,
    "Array.from(tools.x({}))": TAKEN,
    "new Set(tools.x({}))": TAKEN,
    "await Promise.all(tools.x({}))": TAKEN,
    "JSON.stringify(tools.x())": TAKEN,
    "JSON.stringify({ deep: [tools.x()] })": TAKEN,
    "`${tools.x()}`": TAKEN,
    "'sum: ' + tools.x()": TAKEN,
    "tools.x() > 3": TAKEN,
    "tools.x() == 3": TAKEN,
    "Number(tools.x())": TAKEN,
    "f({}).total": "f(...) is a promise; await it first: (await f(...)).total",
    "const p = tools.x(); await p; p.total": f"total{OTHER}total",
    "tools.x().then((r) => r).total": f"total{OTHER}total",
    "const all = Promise.all([1, 2].map((n) => tools.x({ n }))); all.length": f"length{OTHER}length",
    "Promise.race([tools.x()]).total": f"total{OTHER}total",
    "const get = async (id) => tools.x({ id }); get().total": f"total{OTHER}total",
    "const get = async () => Promise.all([tools.x()]); get().map(1)": f"map{OTHER}map",
    "Promise.allSettled([tools.x()]).filter(1)": f"filter{OTHER}filter",
    "const get = async () => { const r = await tools.x(); return r }; get().total": f"total{OTHER}total",
    "const get = async () => (await tools.x()).a; const also = async () => await get(); also().b": f"b{OTHER}b",
    "const get = async () => await tools.x(); [...get()]": "await: this is a promise of tool calls; await it first: await promise, or await Promise.all(list)",
    f"tools.x().{'n' * 100}": TAKEN,
    "tools.x().é": TAKEN,
}  # fmt: skip


@pytest.mark.parametrize("source", FORGOTTEN)
def test_a_forgotten_await_says_so(source: str) -> None:
    interpreter = Interpreter()
    outcome = interpreter.start(source, tools=["x"], functions=["f"])
    while isinstance(outcome, Suspended):
        outcome = interpreter.resume({call.id: Returned([]) for call in outcome.calls})
    assert isinstance(outcome, Failed)
    assert (outcome.error.name, outcome.error.line) == ("TypeError", 1)
    assert outcome.error.message == FORGOTTEN[source]


AS_EVER = {
    "(await tools.x()).total": 3,
    "tools.x()": {"total": 3, "items": [1, 2]},
    "await tools.x().then((r) => r.total)": 3,
    "await tools.x().catch(() => 0).finally(() => 0).then((r) => r.total)": 3,
    "(await Promise.all([tools.x(), 3])).length": 2,
    "(await Promise.race([tools.x(), tools.x()])).total": 3,
    "let n = 0; for await (const r of [tools.x(), tools.x()]) n += r.total; n": 6,
    "typeof tools.x().then": "function",
    "tools.x() instanceof Promise": True,
    "tools.x().constructor === Promise": True,
    "Promise.resolve(tools.x()) instanceof Promise": True,
    "const p = tools.x(); Promise.resolve(p) === p": True,
    "Object.getPrototypeOf(tools.x()) === Promise.prototype": True,
    "tools.x()[Symbol.toStringTag]": "Promise",
    "tools.x()[Symbol('mine')] === undefined": True,
    "Object.prototype.toString.call(tools.x())": "[object Promise]",
    "tools.x().hasOwnProperty('total')": False,
    "'total' in tools.x()": False,
    "Object.keys(tools.x())": [],
    "Reflect.ownKeys(tools.x())": [],
    "Object.getOwnPropertyDescriptor(tools.x(), 'total') === undefined": True,
    "const keys = []; for (const k in tools.x()) keys.push(k); keys": [],
    "const p = tools.x(); p.mine = 1; p.mine++; delete p.mine && 'mine' in p": False,
    "const p = tools.x(); p.mine = 1; p.mine": 1,
    "const p = Object.freeze(tools.x()); p.mine = 1; Object.isFrozen(p)": True,
    "Promise.prototype.mine = 7; tools.x().mine": 7,
    "const p = Object.setPrototypeOf(tools.x(), { total: 8 }); p.total": 8,
    "[].concat(tools.x()).length": 1,
    "tools.x() == null": False,
    "const m = new Map([[tools.x(), 1]]); m.size": 1,
    # Those of a program's own are as they were.
    "[Promise.resolve(1).total, (async () => 1)().total, new Promise(() => 0).total].length": 3,
    "const own = async () => { await null; return 1 }; `${own()}`": "[object Promise]",
}


@pytest.mark.parametrize("source", AS_EVER)
def test_all_else_about_the_promise_of_a_call_is_as_ever(source: str) -> None:
    done = run(source, TOOLS)
    assert done.error is None, done.error
    assert done.value == AS_EVER[source]


def test_it_can_be_printed() -> None:
    done = run("const p = tools.x(); console.log(p, [p]); await p; console.log(p)", TOOLS)
    assert done.console.splitlines() == [
        "Promise { <pending> } [ Promise { <pending> } ]",
        "Promise { { total: 3, items: [ 1, 2 ] } }",
    ]


def test_it_can_be_caught() -> None:
    done = run("try { tools.x().total } catch (e) { e.name }", TOOLS)
    assert done.value == "TypeError"


@pytest.mark.parametrize("in_heap", [False, True])
def test_it_is_known_in_another_process_too(in_heap: bool) -> None:
    source = "globalThis.p = tools.x(); await tools.x();"
    interpreter = Interpreter()
    interpreter.start(source if in_heap else f"{source} p.total", tools=["x"])
    interpreter = Interpreter.restore(interpreter.snapshot())
    outcome = interpreter.resume({2: Returned(1)})
    if in_heap:
        interpreter.resume({1: Returned(1)})
        outcome = Interpreter.with_heap(interpreter.heap()).start("p.total")
        assert isinstance(outcome, Failed)
        assert outcome.error.message == f"total{OTHER}total"
    else:
        assert isinstance(outcome, Failed)
        assert outcome.error.message == f"{READ}.total"
