"""Pausing anywhere equals running through: the same calls, the same output, the same result.

Programs are made at random, of everything that keeps state across an `await`. Each runs straight,
and again with the interpreter stored and restored at every step, in this process or in a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langchain_quickjs.interpreter import (
    CallResult,
    Completed,
    Failed,
    Interpreter,
    Outcome,
    Raised,
    Returned,
    Suspended,
)
from tests.helpers.nurseries import Children, Nursery

HEAD = """
const seen = new Map(), log = [];
let total = 0;
class Counter { #n = 0; next() { return ++this.#n } }
const counter = new Counter();
const note = (x) => { log.push(x); total += Number(x) || 0; return x };
function* naturals() { let n = 0; for (;;) yield n++ }
const naturalNumbers = naturals();
async function twice(x) { const a = await tools.f(x); return [a, await tools.g(a)] }
"""
TAIL = """
({log, total, seen: [...seen], n: counter.next(), r: Math.random(), next: naturalNumbers.next()})
"""

numbers = st.integers(0, 9).map(str)
atoms = st.one_of(
    numbers,
    st.sampled_from(["total", "counter.next()", "Math.random()", "naturalNumbers.next().value"]),
    st.sampled_from(["'text'", "log.length", "Date.now()", "[...seen.keys()].length"]),
)
calls = st.one_of(
    atoms.map(lambda a: f"await tools.f({a})"),
    atoms.map(lambda a: f"(await twice({a}))[1]"),
    st.lists(atoms, min_size=1, max_size=3).map(
        lambda xs: f"(await Promise.all([{', '.join(f'tools.g({x})' for x in xs)}])).length"
    ),
    st.lists(atoms, min_size=2, max_size=3).map(
        lambda xs: f"await Promise.race([{', '.join(f'tools.f({x})' for x in xs)}])"
    ),
    atoms.map(lambda a: f"await tools.fails({a}).catch((e) => e.message.length)"),
    atoms.map(lambda a: f"(await Promise.allSettled([tools.fails({a}), tools.f(1)])).length"),
)


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map("\n".join)
    return st.one_of(
        body.map(lambda b: f"for (let i = 0; i < 2; i++) {{ seen.set(i, total); {b} }}"),
        body.map(lambda b: f"try {{ {b} }} finally {{ note('finally') }}"),
        body.map(lambda b: f"if (total % 2) {{ {b} }} else {{ note(0) }}"),
        body.map(lambda b: f"await (async () => {{ const kept = total; {b} note(kept) }})();"),
        body.map(lambda b: f"for await (const x of [1, 2]) {{ note(x); {b} }}"),
        body.map(lambda b: f"switch (await tools.g(1)) {{ default: {b} }}"),
    )


simple = st.one_of(
    calls.map(lambda c: f"note({c});"),
    calls.map(lambda c: f"console.log({c});"),
    calls.map(lambda c: f"seen.set(counter.next(), {c});"),
    calls.map(lambda c: f"try {{ note({c}); await tools.fails(1) }} catch (e) {{ note(e.name) }}"),
    st.just("await new Promise((resolve) => setTimeout(resolve, 10)); note('timer');"),
    st.just("await tools.fails('uncaught');"),
)
statements = st.recursive(simple, blocks, max_leaves=4)
programs = st.lists(statements, min_size=1, max_size=5).map(lambda s: HEAD + "\n".join(s) + TAIL)


@dataclass
class Clock:
    """Time that moves only with the steps, so that both runs see the same."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        self.now_s += 1.0
        return self.now_s


def answer(name: str, args: tuple[Any, ...]) -> CallResult:
    if name == "fails":
        return Raised("ToolError", f"failed with {args!r}"[:20])
    return Returned({"f": len(repr(args)), "g": list(args)}[name])


Trace = tuple[list[tuple[int, str, str]], str, str]


def finish(outcome: Outcome, trace: list[tuple[int, str, str]], console: str) -> Trace:
    assert isinstance(outcome, Completed | Failed)
    end = repr(outcome.value) if isinstance(outcome, Completed) else str(outcome.error)
    return trace, console + outcome.console, end


def run(program: str, *, restoring: bool) -> Trace:
    clock = Clock()
    interpreter = Interpreter(seed=bytes(range(32)), clock=clock)
    outcome = interpreter.start(program, tools=["f", "g", "fails"])
    trace: list[tuple[int, str, str]] = []
    console = ""
    while isinstance(outcome, Suspended):
        trace += [(call.id, call.name, repr(call.args)) for call in outcome.calls]
        console += outcome.console
        if restoring:
            interpreter = Interpreter.restore(interpreter.snapshot(), clock=clock)
        results = {call.id: answer(call.name, call.args) for call in interpreter.open_calls[:1]}
        outcome = interpreter.resume(results)
    return finish(outcome, trace, console)


def test_restoring_at_every_step_changes_nothing(full: bool) -> None:
    @settings(max_examples=5_000 if full else 100, suppress_health_check=list(HealthCheck))
    @given(programs)
    def check(program: str) -> None:
        assert run(program, restoring=True) == run(program, restoring=False)

    check()


def step(snapshot: str, now_s: float) -> dict[str, Any]:
    """A process of its own: one step of a stored interpreter."""
    interpreter = Interpreter.restore(bytes.fromhex(snapshot), clock=Clock(now_s))
    calls = interpreter.open_calls[:1]
    outcome = interpreter.resume({call.id: answer(call.name, call.args) for call in calls})
    end = None
    if not isinstance(outcome, Suspended):
        end = repr(outcome.value) if isinstance(outcome, Completed) else str(outcome.error)
    return {
        "console": outcome.console,
        "calls": [(call.id, call.name, repr(call.args)) for call in getattr(outcome, "calls", ())],
        "end": end,
        "snapshot": interpreter.snapshot().hex(),
    }


def run_in_new_processes(program: str, children: Children) -> Trace:
    clock = Clock()
    interpreter = Interpreter(seed=bytes(range(32)), clock=clock)
    outcome = interpreter.start(program, tools=["f", "g", "fails"])
    if not isinstance(outcome, Suspended):
        return finish(outcome, [], "")
    trace = [(call.id, call.name, repr(call.args)) for call in outcome.calls]
    console, snapshot = outcome.console, interpreter.snapshot()
    while True:
        done = children.live(snapshot.hex(), clock.now_s)
        clock()
        trace += [(number, name, args) for number, name, args in done["calls"]]
        console += done["console"]
        if done["end"] is not None:
            return trace, console, done["end"]
        snapshot = bytes.fromhex(done["snapshot"])


def test_a_new_process_for_every_step_changes_nothing(nursery: Nursery, full: bool) -> None:
    @settings(max_examples=100 if full else 5, suppress_health_check=list(HealthCheck))
    @given(programs)
    def check(program: str) -> None:
        assert run_in_new_processes(program, nursery.of(step)) == run(program, restoring=False)

    check()
