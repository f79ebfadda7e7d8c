"""The interpreter: scripts that end, wait, are stored, and go on."""

from __future__ import annotations

import copy
import subprocess
import sys
from typing import Any

import pytest

from langchain_quickjs.errors import (
    InterpreterStateError,
    MemoryLimitError,
    ProtocolError,
    ScriptError,
    SetupError,
    TimeLimitError,
    ValueTransferError,
)
from langchain_quickjs.interpreter import (
    UNDEFINED,
    Completed,
    Failed,
    Interpreter,
    Limits,
    Outcome,
    Raised,
    Returned,
    Suspended,
)


def answer_all(interpreter: Interpreter, outcome: Outcome, answers: dict[str, Any]) -> Outcome:
    while isinstance(outcome, Suspended):
        results = {c.id: Returned(answers[c.name](*c.args)) for c in interpreter.open_calls}
        outcome = interpreter.resume(results)
    return outcome


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1 + 1", 2),
        ("'a' + 'b'", "ab"),
        ("const x = 2; x * 21", 42),
        ("const x = 2", UNDEFINED),
        ("return 7", 7),
        ("if (true) { return 'early' } 'late'", "early"),
        ("await Promise.resolve(3)", 3),
        ("Promise.resolve(4)", 4),
        ("(async () => 5)()", 5),
        ("for (const i of [1, 2]) i", 2),
        ("return", UNDEFINED),
        ("", UNDEFINED),
        ("({value: 1})", {"value": 1}),
        ("await new Promise(r => setTimeout(() => r('woken'), 5))", "woken"),
    ],
)
def test_eval_gives_the_last_expression_or_what_is_returned(source: str, value: object) -> None:
    assert Interpreter().eval(source) == value


def test_declarations_stay_and_may_be_declared_again() -> None:
    interpreter = Interpreter()
    interpreter.eval("let a = 1; const b = 2; function f() { return a } class C {}; var d = 4")
    assert interpreter.eval("[a, b, f(), typeof C, d]") == [1, 2, 1, "function", 4]
    again = "const a = 10; let b = 20; const f = () => a; let C = 30; let d = 40"
    interpreter.eval(again)
    assert interpreter.eval("[a, b, f(), C, d]") == [10, 20, 10, 30, 40]


def test_a_declaration_that_failed_can_be_made_again() -> None:
    interpreter = Interpreter()
    with pytest.raises(ScriptError, match="boom"):
        interpreter.eval("const x = (() => { throw new Error('boom') })()")
    assert interpreter.eval("const x = 1; x") == 1


def test_within_one_script_a_name_is_declared_once() -> None:
    with pytest.raises(ScriptError, match=r"redefinition|redeclaration"):
        Interpreter().eval("let a = 1; let a = 2")


def test_an_uncaught_error_has_name_message_and_position() -> None:
    outcome = Interpreter().start("const a = 1\n  null.x")
    assert isinstance(outcome, Failed)
    assert outcome.error.name == "TypeError"
    assert (outcome.error.line, outcome.error.column) == (2, 8)


def test_calls_carry_native_values_both_ways() -> None:
    interpreter = Interpreter()
    outcome = interpreter.start(
        "const r = await tools.look({id: 7, tags: ['a', null]}, 2); r.total + 1", tools=["look"]
    )
    assert isinstance(outcome, Suspended)
    (call,) = outcome.calls
    assert (call.name, call.args) == ("look", ({"id": 7, "tags": ["a", None]}, 2))
    assert interpreter.resume({call.id: Returned({"total": 41})}) == Completed(42)


def test_results_may_come_one_by_one_and_in_any_order() -> None:
    interpreter = Interpreter()
    outcome = interpreter.start(
        "const seen = []; await Promise.all([1, 2, 3].map(async n => seen.push(await tools.f(n))));"
        "seen",
        tools=["f"],
    )
    assert isinstance(outcome, Suspended)
    first, second, third = outcome.calls
    assert interpreter.resume({second.id: Returned("b")}) == Suspended(())
    assert interpreter.open_calls == (first, third)
    assert interpreter.resume({third.id: Returned("c")}) == Suspended(())
    assert interpreter.resume({first.id: Returned("a")}) == Completed(["b", "c", "a"])


def test_a_raised_result_is_an_error_that_the_script_can_catch() -> None:
    interpreter = Interpreter()
    source = "try { await tools.f() } catch (e) { [e instanceof Error, e.name, e.message] }"
    outcome = interpreter.start(source, tools=["f"])
    assert isinstance(outcome, Suspended)
    result = interpreter.resume({outcome.calls[0].id: Raised("ToolError", "no such order")})
    assert result == Completed([True, "ToolError", "no such order"])


def test_global_functions_can_be_granted_and_are_gone_when_they_are_not() -> None:
    interpreter = Interpreter()
    outcome = interpreter.start("await task('x')", functions=["task"])
    assert answer_all(interpreter, outcome, {"task": lambda x: x + "!"}) == Completed("x!")
    assert interpreter.eval("[typeof task, Object.keys(tools)]") == ["undefined", []]


def test_a_tool_in_a_variable_is_only_called_where_it_is_granted() -> None:
    interpreter = Interpreter()
    interpreter.start("const look = tools.look", tools=["look"])
    with pytest.raises(ProtocolError, match=r"'look'.* a variable of an earlier program"):
        interpreter.start("await look()", tools=["other"])
    outcome = interpreter.start("await look()", tools=["look"])
    assert answer_all(interpreter, outcome, {"look": lambda: 1}) == Completed(1)


@pytest.mark.parametrize(
    "source",
    [
        "await Promise.race([tools.slow(), tools.quick()]); 'done'",
        "tools.slow().catch(() => 0); 'done'",
        "try { tools.slow(); return 'done' } finally { await tools.quick() }",
    ],
)
def test_a_script_completes_only_when_every_call_is_answered(source: str) -> None:
    interpreter = Interpreter()
    outcome = interpreter.start(source, tools=["slow", "quick"])
    assert isinstance(outcome, Suspended)
    quick = [call for call in interpreter.open_calls if call.name == "quick"]
    for call in quick:
        assert interpreter.resume({call.id: Returned(1)}) == Suspended(())
    (slow,) = interpreter.open_calls
    assert interpreter.resume({slow.id: Returned(1)}) == Completed("done")


def test_a_script_fails_at_once_and_its_open_calls_are_forgotten() -> None:
    interpreter = Interpreter()
    outcome = interpreter.start("await Promise.all([tools.f(1), tools.f(2)]); 1", tools=["f"])
    assert isinstance(outcome, Suspended)
    first, second = outcome.calls
    failed = interpreter.resume({first.id: Raised("E", "no")})
    assert isinstance(failed, Failed)
    assert interpreter.open_calls == ()
    with pytest.raises(InterpreterStateError, match="no script is running"):
        interpreter.resume({second.id: Returned(1)})


def test_a_rejection_that_nobody_handles_is_printed() -> None:
    interpreter = Interpreter()
    outcome = interpreter.start("tools.f(); 'fine'", tools=["f"])
    assert isinstance(outcome, Suspended)
    done = interpreter.resume({outcome.calls[0].id: Raised("ToolError", "lost")})
    assert isinstance(done, Completed)
    assert done.value == "fine"
    assert "ToolError: lost" in done.console


def test_waiting_for_nothing_is_a_deadlock() -> None:
    with pytest.raises(ScriptError, match="Deadlock"):
        Interpreter().eval("await new Promise(() => {})")


STATE = """
const counts = new Map([['a', 1]]);
let n = 0;
const next = () => ++n;
class Point { #x; constructor(x) { this.#x = x } get x() { return this.#x } }
const p = new Point(5);
const before = Math.random();
const seen = [];
for (let i = 0; i < 3; i++) {
  next();
  counts.set(i, i * i);
  seen.push(await tools.ask({i}));
}
({seen, n, counts: [...counts], x: p.x, before, after: Math.random(), now: Date.now()})
"""


def test_a_pause_anywhere_changes_nothing() -> None:
    def run(pausing: bool) -> Outcome:
        interpreter = Interpreter(seed=bytes(32), clock=lambda: 1000.0)
        outcome = interpreter.start(STATE, tools=["ask"])
        while isinstance(outcome, Suspended):
            if pausing:
                interpreter = Interpreter.restore(interpreter.snapshot(), clock=lambda: 1000.0)
            call = interpreter.open_calls[0]
            outcome = interpreter.resume({call.id: Returned(call.args[0]["i"] * 10)})
        return outcome

    straight = run(pausing=False)
    assert isinstance(straight, Completed)
    assert straight.value["seen"] == [0, 10, 20]
    assert run(pausing=True) == straight


def test_a_snapshot_goes_on_in_another_process() -> None:
    interpreter = Interpreter(seed=bytes(32))
    interpreter.start("const m = new Map([[1, 'one']]); (await tools.f()) + m.get(1)", tools=["f"])
    code = (
        "import sys\n"
        "from langchain_quickjs.interpreter import Interpreter, Returned\n"
        "i = Interpreter.restore(bytes.fromhex(sys.stdin.read()))\n"
        "print(i.resume({i.open_calls[0].id: Returned('and ')}).value)\n"
    )
    command = [sys.executable, "-c", code]
    there = subprocess.run(
        command, input=interpreter.snapshot().hex(), capture_output=True, text=True, check=True
    )
    assert there.stdout == "and one\n"


def test_a_snapshot_restored_twice_gives_two_scripts() -> None:
    original = Interpreter()
    original.start("let log = []; for (;;) { log.push(await tools.f()); }", tools=["f"])
    stored = original.snapshot()
    one, two = Interpreter.restore(stored), Interpreter.restore(stored)
    for _ in range(3):
        one.resume({one.open_calls[0].id: Returned("one")})
    assert [c.id for c in two.open_calls] == [1]
    one.abort()
    assert one.eval("log") == ["one"] * 3
    two.abort()
    assert two.eval("log") == []


def test_ids_never_repeat() -> None:
    interpreter = Interpreter()
    ids = []
    for _ in range(3):
        outcome = interpreter.start("await tools.f(); await tools.f()", tools=["f"])
        while isinstance(outcome, Suspended):
            interpreter = Interpreter.restore(interpreter.snapshot())
            ids += [call.id for call in interpreter.open_calls]
            outcome = interpreter.resume({ids[-1]: Returned(None)})
    assert ids == list(range(1, 7))


def test_abort_gives_the_script_up_and_keeps_the_heap() -> None:
    interpreter = Interpreter()
    interpreter.start("const kept = 1; await tools.f()", tools=["f"])
    interpreter.abort()
    assert not interpreter.running
    assert interpreter.eval("kept") == 1


@pytest.mark.parametrize(
    ("misuse", "words"),
    [
        (lambda i: i.start("1"), "a script is running already"),
        (lambda i: i.resume({99: Returned(1)}), "no open call has the id 99"),
    ],
)
def test_misuse_is_explained_and_harmless(misuse: Any, words: str) -> None:
    interpreter = Interpreter()
    outcome = interpreter.start("await tools.f()", tools=["f"])
    assert isinstance(outcome, Suspended)
    with pytest.raises(InterpreterStateError, match=words):
        misuse(interpreter)
    assert interpreter.resume({outcome.calls[0].id: Returned(5)}) == Completed(5)


def test_a_result_that_cannot_cross_is_named_and_can_be_given_again() -> None:
    interpreter = Interpreter()
    outcome = interpreter.start("await tools.f()", tools=["f"])
    assert isinstance(outcome, Suspended)
    call_id = outcome.calls[0].id
    with pytest.raises(ValueTransferError, match=r"call 1\.a\[1\]\.b"):
        interpreter.resume({call_id: Returned({"a": [0, {"b": object()}]})})
    assert interpreter.resume({call_id: Returned({"a": []})}) == Completed({"a": []})


SPOILERS = {
    "endless loop": ("while (true) {}", TimeLimitError),
    "endless promises": (
        "const spin = async () => { for (;;) await 1 }; await spin()",
        TimeLimitError,
    ),
    "catastrophic regex": ("/(a+)+$/.test('a'.repeat(40) + 'b')", TimeLimitError),
    "array-like": ("Array.prototype.indexOf.call({length: 2 ** 53 - 1}, 1)", TimeLimitError),
    "small objects": ("const a = []; for (;;) a.push({})", MemoryLimitError),
    "one large": ("'x'.repeat(2 ** 29)", MemoryLimitError),
}


@pytest.mark.parametrize(("source", "error"), SPOILERS.values(), ids=SPOILERS.keys())
def test_a_step_that_reaches_a_limit_never_happened(source: str, error: type[Exception]) -> None:
    timeout_s = 0.2 if error is TimeLimitError else 30.0
    interpreter = Interpreter(limits=Limits(step_timeout_s=timeout_s, memory_bytes=32 * 2**20))
    interpreter.eval("let kept = [1]")
    with pytest.raises(error):
        interpreter.start(f"kept.push(2); {source}")
    outcome = interpreter.start(
        f"kept.push(3); await tools.f(); kept.push(4); {source}", tools=["f"]
    )
    assert isinstance(outcome, Suspended)
    for _ in range(2):
        with pytest.raises(error):
            interpreter.resume({outcome.calls[0].id: Returned(1)})
    assert interpreter.open_calls == outcome.calls
    interpreter.abort()
    assert interpreter.eval("kept") == [1, 3]


def test_endless_recursion_is_an_error_of_the_script() -> None:
    interpreter = Interpreter()
    source = "function f() { return f() + 1 } try { f() } catch (e) { e.name }"
    assert interpreter.eval(source) == "RangeError"


TAMPERING = """
Object.prototype.then = function (resolve) { resolve('forged') };
Array.prototype.then = Object.prototype.then;
Object.defineProperty(Object.prototype, 'value', {get() { return 'forged' }, set() {}});
"""


def test_a_tampered_prototype_changes_neither_results_nor_answers() -> None:
    interpreter = Interpreter()
    assert interpreter.eval(TAMPERING + "'done'") == "done"
    outcome = interpreter.start("const r = await tools.f(); [r.a, r]", tools=["f"])
    assert isinstance(outcome, Suspended)
    done = interpreter.resume({outcome.calls[0].id: Returned({"a": 1})})
    assert done == Completed([1, {"a": 1}])
    assert interpreter.eval("return {value: 2}") == {"value": 2}


@pytest.mark.parametrize("made", [1, 3, 300])
@pytest.mark.parametrize("earlier", [0, 2])
@pytest.mark.parametrize("stored", [True, False])
def test_calls_of_a_step_that_fails_take_no_numbers(made: int, earlier: int, stored: bool) -> None:
    """They are never told of, so the next script's calls go on from the last that were."""
    interpreter = Interpreter(limits=Limits(calls=None, calls_in_flight=1000))
    calls = f"for (let i = 0; i < {made}; i++) tools.ask(i); throw Error('no')"
    outcome = interpreter.start("await tools.ask(); " * earlier + calls, tools=["ask"])
    for number in range(1, earlier + 1):
        assert isinstance(outcome, Suspended)
        assert [call.id for call in outcome.calls] == [number]
        outcome = interpreter.resume({number: Returned(None)})
    assert isinstance(outcome, Failed)
    assert outcome.error.message == "no"
    if stored:
        interpreter = Interpreter.restore(interpreter.snapshot())
    again = interpreter.start("await tools.ask('again')", tools=["ask"])
    assert isinstance(again, Suspended)
    assert [call.id for call in again.calls] == [earlier + 1]
    assert interpreter.resume({earlier + 1: Returned("yes")}) == Completed("yes", "")


@pytest.mark.parametrize(
    "misuse",
    [
        lambda: Interpreter(limits={}),  # type: ignore[arg-type]
        lambda: Interpreter().eval(5),  # type: ignore[arg-type]
        lambda: Interpreter().start("1", tools="ask"),
        lambda: Interpreter().start("1", functions="ask"),
    ],
)
def test_misuse_is_told(misuse: Any) -> None:
    with pytest.raises(SetupError, match=r"must be|is text"):
        misuse()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_goes_its_own_way(copied: Any) -> None:
    one = Interpreter(limits=Limits(calls=7))
    one.eval("let n = 1")
    one.start("const said = await tools.ask(n++); [said, await tools.ask(said), n]", tools=["ask"])
    other = copied(one)
    assert other.limits == one.limits
    for interpreter, said in ((one, "this"), (other, "that")):
        outcome = interpreter.resume({1: Returned(said)})
        assert isinstance(outcome, Suspended)
        assert outcome.calls[0].args == (said,)
    assert other.resume({2: Returned("then")}) == Completed(["that", "then", 2])
    assert one.resume({2: Returned("now")}) == Completed(["this", "now", 2])
