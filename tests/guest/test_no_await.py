"""Programs that await nothing are no async functions: nothing but their cost differs."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_quickjs import Failed, Interpreter, Raised, Returned, Suspended
from tests.helpers.scripts import Clock

PROGRAMS = [
    "1 + 1",
    "let x = 1; { let x = 2; globalThis.f = () => x } f()",
    "var q = 1; const w = 2; class C {} function g() { return q + w } g()",
    "throw new Error('x')",
    "throw 1",
    "try { throw 1 } finally { console.log('f') }",
    "const d = () => d() + 1; d()",
    "Promise.resolve(5)",
    "Promise.reject(new Error('x'))",
    "Promise.reject(1); 2",
    "globalThis.p = Promise.reject(new Error('late')); 1",
    "Promise.resolve(Promise.reject(3))",
    "new Promise(() => {})",
    "({ then(done) { done(5) } })",
    "[Promise.resolve(1)]",
    "async function f() { return 9 } f()",
    "async function f() { await null; throw new Error('x') } f()",
    "(async () => { await tools.f(1); console.log('later') })(); 7",
    "queueMicrotask(() => console.log('m')); console.log('a'); 'v'",
    "queueMicrotask(() => console.log('m')); throw new TypeError('q')",
    "queueMicrotask(() => { throw 1 }); 2",
    "setTimeout(() => console.log('t'), 5); 1",
    "new Promise((_, no) => setTimeout(() => no(new Error('timer')), 3))",
    "tools.f(1)",
    "tools.f(1); 2",
    "tools.f(1).then((x) => console.log(x)); 3",
    "tools.f(1); throw new Error('z')",
    "Promise.all([tools.f(1), tools.f(2)])",
    "tools.g(1)",
    "tools.g(1).catch((e) => e.message)",
    "tools.f(1).total",
    "using r = { [Symbol.dispose]() { console.log('d') } }; 4",
    "eval('let z = 3; z')",
    "this === globalThis",
    "function* g() { yield 1 } [...g()]",
    "enum E { A, B } E.B",
    "{ a: 1 }",
    "{ a: tools.f(1) }",
    "if (1) return 5",
    "return Promise.resolve(6)",
    "const f = (n) => n ? f(n - 1) : new Error('q').stack.split('\\n').length; f(3)",
]


def ended(interpreter: Interpreter, source: str) -> list[Any]:
    """What a program comes to, step by step."""
    outcome = interpreter.start(source, tools=["f", "g"])
    steps: list[Any] = []
    for _ in range(5):
        if isinstance(outcome, Failed):
            return [*steps, outcome.error.name, outcome.error.message, outcome.console]
        if not isinstance(outcome, Suspended):
            return [*steps, outcome]
        steps.append([(call.name, call.args) for call in outcome.calls])
        answers: dict[int, Any] = {
            call.id: Returned({"of": call.args[0]}) if call.name == "f" else Raised("Error", "bad")
            for call in interpreter.open_calls
        }
        outcome = interpreter.resume(answers)
    interpreter.abort()  # it waits for a time that does not come
    return steps


def without_places(steps: list[Any]) -> str:
    return "".join(part for part in repr(steps).split("\\n") if not part.startswith("    at "))


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_await_changes_nothing(program: str) -> None:
    plain, waiting = Interpreter(clock=Clock()), Interpreter(clock=Clock())
    for _ in range(2):  # on a new heap, and on one that has run it
        found = without_places(ended(plain, program))
        assert found == without_places(ended(waiting, f"await 0;\n{program}"))


def test_what_belongs_to_one_program_ends_with_it() -> None:
    interpreter = Interpreter(clock=Clock())
    for source in ["1", "console.group(); console.time('a'); console.log('x')", "1"]:
        interpreter.eval(source)
        assert interpreter.start("console.log('y'); console.timeEnd('a')").console == (
            "y\nWarning: No such label 'a' for console.timeEnd()\n"
        )
    interpreter.start("setTimeout(() => console.log('late'), 5); throw 1")
    assert interpreter.eval("performance.now()") == 0
    outcome: Any = interpreter.start("new Promise(() => {})")
    assert outcome.error.name == "Deadlock"


def test_an_empty_grant_after_another_is_empty() -> None:
    interpreter = Interpreter()
    for tools, functions in [([], []), ([], []), (["f"], []), ([], []), ([], ["h"]), ([], [])]:
        interpreter.start(
            "[Object.keys(tools), typeof h, Object.isFrozen(tools)]",
            tools=tools,
            functions=functions,
        )
        outcome: Any = interpreter.start(
            "[Object.keys(tools), typeof h]", tools=tools, functions=functions
        )
        assert outcome.value == [tools, "function" if functions else "undefined"]
