"""Which call's failure ended a script: told by what was thrown itself, never by its text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from langchain_quickjs.interpreter import (
    Completed,
    Failed,
    Interpreter,
    Outcome,
    Raised,
    Returned,
    Shown,
    Suspended,
)

CAUGHT = "let e; try {{ await tools.fail() }} catch (x) {{ e = x }} {}"

# The very object that the promise was rejected with, whatever the script did to it and to itself.
SAME = [
    "await tools.fail()",
    "return tools.fail()",
    "tools.fail()",
    "await Promise.all([tools.ok(), tools.fail()])",
    "await Promise.race([tools.fail(), new Promise(() => {})])",
    "await new Promise((_, reject) => tools.fail().catch(reject))",
    "const f = async () => { for (;;) await tools.fail() }; await f()",
    CAUGHT.format("throw e"),
    CAUGHT.format("await null; throw e"),
    CAUGHT.format("await tools.ok(); throw e"),
    CAUGHT.format("e.name = 'TypeError'; e.message = 'other'; delete e.stack; throw e"),
    CAUGHT.format("Object.setPrototypeOf(e, null); throw e"),
    CAUGHT.format("Object.freeze(e); throw e"),
    "try { await tools.fail() } finally { await tools.ok() }",
]

# Errors of the script's own, however much they look like it.
OTHERS = [
    "throw Object.assign(new Error('no'), { name: 'ToolError' })",
    "const f = (e) => { throw Object.assign(new Error('no'), e) }; await tools.fail().catch(f)",
    "await Promise.any([tools.fail(), tools.fail()])",
    CAUGHT.format("throw new Error('no', { cause: e })"),
    CAUGHT.format("throw new AggregateError([e], 'no')"),
    CAUGHT.format("throw new Proxy(e, {})"),
    CAUGHT.format("throw new Proxy(new Error('no'), { getOwnPropertyDescriptor: () => ({}) })"),
    CAUGHT.format("throw new Proxy(new Error('no'), { get: (_, key) => e[key] })"),
    CAUGHT.format("throw Object.create(e)"),
    CAUGHT.format("throw Object.setPrototypeOf(new Error('no'), e)"),
    CAUGHT.format("throw structuredClone(e)"),
    CAUGHT.format("throw { ...e, name: e.name, message: e.message }"),
    CAUGHT.format("throw Object.assign(new Error('no'), e)"),
    CAUGHT.format(
        "throw Object.defineProperties(new Error('no'), Object.getOwnPropertyDescriptors(e))"
    ),
    CAUGHT.format(
        "const c = new Error('no'); for (const k of Reflect.ownKeys(e)) c[k] = e[k]; throw c"
    ),
    CAUGHT.format("throw Reflect.construct(Error, ['no'], function () {}.bind())"),
    CAUGHT.format("throw String(e)"),
    CAUGHT.format("throw [e]"),
    "await tools.fail.call.call()",
]


def answers(outcome: Outcome) -> dict[int, Any]:
    assert isinstance(outcome, Suspended)
    fails = Raised("ToolError", "no")
    return {call.id: fails if call.name == "fail" else Returned(call.id) for call in outcome.calls}


def steps(interpreter: Interpreter, source: str) -> Iterator[Outcome]:
    outcome = interpreter.start(source, tools=["fail", "ok"])
    while isinstance(outcome, Suspended):
        yield outcome
        outcome = interpreter.resume(answers(outcome))
    yield outcome


def end(source: str, interpreter: Interpreter | None = None) -> Outcome:
    *_, last = steps(interpreter or Interpreter(), source)
    return last


def culprit(source: str, interpreter: Interpreter | None = None) -> int | None:
    outcome = end(source, interpreter)
    assert isinstance(outcome, Failed), outcome
    return outcome.call_id


@pytest.mark.parametrize("source", SAME)
def test_the_failure_of_a_call(source: str) -> None:
    failing = 2 if "ok(), tools.fail" in source else 1
    assert culprit(source) == failing


@pytest.mark.parametrize("source", OTHERS)
def test_an_error_of_the_scripts_own(source: str) -> None:
    assert culprit(source) is None


@pytest.mark.parametrize("source", [s for s in SAME if "ok()" in s or s.startswith("let")])
def test_it_is_known_in_another_process_too(source: str) -> None:
    """A snapshot after every step: what tells the error is in the guest's memory."""
    interpreter = Interpreter()
    outcome = interpreter.start(source, tools=["fail", "ok"])
    while isinstance(outcome, Suspended):
        interpreter = Interpreter.restore(interpreter.snapshot())
        outcome = interpreter.resume(answers(outcome))
    assert isinstance(outcome, Failed)
    assert outcome.call_id == (2 if "ok(), tools.fail" in source else 1)


@pytest.mark.parametrize("stored", [False, True])
def test_the_failure_of_an_earlier_scripts_call_is_not_this_ones(stored: bool) -> None:
    interpreter = Interpreter()
    assert isinstance(
        end("let kept; try { await tools.fail() } catch (e) { kept = e }", interpreter), Completed
    )
    if stored:
        interpreter = Interpreter.with_heap(interpreter.heap())
    assert culprit("throw kept", interpreter) is None
    assert culprit("await tools.ok(); throw kept", interpreter) is None
    assert culprit("await tools.ok().then(() => { throw kept })", interpreter) is None
    assert culprit("await tools.fail()", interpreter) == 4


def test_the_mark_is_nothing_that_a_script_could_see() -> None:
    seen = """
    JSON.stringify([Reflect.ownKeys(e).map(String), Object.keys(e), { ...e },
      Object.isFrozen(Object.freeze(e)), Object.getOwnPropertySymbols(e).length])
    """
    outcome = end(CAUGHT.format(seen))
    assert isinstance(outcome, Completed)
    assert outcome.value == '[["name","message"],[],{},true,0]'


@pytest.mark.parametrize(
    ("source", "completes"),
    [
        ("({ f() {} })", True),
        ("Symbol()", True),
        ("[Promise.resolve(1)]", True),
        ("({ get a() { throw new Error('x') } })", True),
        (CAUGHT.format("({ get value() { throw e } })"), True),
        ("throw new TypeError('result is a function, which cannot leave the script')", False),
        ("tools.ok(Symbol())", False),
        ("throw Symbol()", False),
    ],
)
def test_a_script_whose_result_cannot_be_copied_has_not_failed(
    source: str, completes: bool
) -> None:
    outcome = end(source)
    assert isinstance(outcome, Completed if completes else Failed)
    assert not completes or isinstance(outcome.value, Shown)  # type: ignore[union-attr]  # it completed
