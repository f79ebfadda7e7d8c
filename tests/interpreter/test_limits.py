"""Each limit has an error class of its own, whose message names it; and nothing has happened."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_quickjs import errors
from langchain_quickjs.errors import LimitError
from langchain_quickjs.interpreter import Failed, Interpreter, Limits, Outcome, Returned, Suspended

LIMITS: dict[str, tuple[Limits, str, type[LimitError]]] = {
    "memory_bytes": (
        Limits(memory_bytes=8 * 2**20),
        "const a = []; for (;;) a.push([])",
        errors.MemoryLimitError,
    ),
    "step_timeout_s": (Limits(step_timeout_s=0.05), "for (;;) {}", errors.TimeLimitError),
    "script_timeout_s": (
        Limits(step_timeout_s=5, script_timeout_s=0.05),
        "for (;;) await 1",
        errors.ScriptTimeLimitError,
    ),
    "source_bytes": (Limits(source_bytes=200), "/" * 300, errors.SourceLimitError),
    "result_bytes": (Limits(result_bytes=1000), "'x'.repeat(2000)", errors.ResultLimitError),
    "message_bytes": (Limits(message_bytes=1000), "'x'.repeat(2000)", errors.ResultLimitError),
    "console_bytes": (
        Limits(console_bytes=100, console_cut=False),
        "console.log('x'.repeat(200))",
        errors.ConsoleLimitError,
    ),
    "calls": (
        Limits(calls=2),
        "for (let i = 0; i < 3; i++) await tools.f()",
        errors.CallLimitError,
    ),
    "calls_in_flight": (
        Limits(calls_in_flight=2),
        "await Promise.all([tools.f(), tools.f(), tools.f()])",
        errors.CallsInFlightLimitError,
    ),
}


def run(interpreter: Interpreter, source: str) -> Outcome:
    outcome = interpreter.start(source, tools=["f"])
    while isinstance(outcome, Suspended):
        outcome = interpreter.resume({interpreter.open_calls[0].id: Returned(1)})
    if isinstance(outcome, Failed):
        raise outcome.error
    return outcome


@pytest.mark.parametrize(("limits", "source", "error"), LIMITS.values(), ids=LIMITS.keys())
def test_a_limit_is_explained_and_leaves_the_interpreter_as_it_was(
    limits: Limits, source: str, error: type[LimitError], request: pytest.FixtureRequest
) -> None:
    interpreter = Interpreter(limits=limits)
    interpreter.eval("let kept = 1")
    with pytest.raises(error) as caught:
        run(interpreter, source)
    assert type(caught.value) is error
    name = request.node.callspec.id
    assert f"limits.{name}" in str(caught.value)
    if interpreter.running:
        interpreter.abort()
    assert interpreter.eval("kept") == 1


def test_results_of_calls_are_limited_and_can_be_given_again() -> None:
    interpreter = Interpreter(limits=Limits(message_bytes=10_000))
    outcome = interpreter.start("(await tools.f()).length", tools=["f"])
    assert isinstance(outcome, Suspended)
    with pytest.raises(errors.MessageLimitError, match=r"limits\.message_bytes is 10000"):
        interpreter.resume({1: Returned("x" * 20_000)})
    assert interpreter.resume({1: Returned("x" * 5_000)}).value == 5_000  # type: ignore[union-attr]  # it completed


def test_a_stack_that_native_code_uses_up_is_a_limit() -> None:
    interpreter = Interpreter()
    interpreter.eval("let kept = 1")
    with pytest.raises(errors.StackLimitError, match="Nest less deeply"):
        interpreter.eval("JSON.parse('['.repeat(1e6))")
    assert interpreter.eval("kept") == 1


def test_an_argument_that_is_too_large_is_an_error_the_script_can_catch() -> None:
    interpreter = Interpreter(limits=Limits(message_bytes=10_000))
    source = "try { await tools.f('x'.repeat(20000)) } catch (e) { e.name }"
    outcome = interpreter.start(source, tools=["f"])
    assert outcome.value == "RangeError"  # type: ignore[union-attr]  # it completed


def test_arguments_of_open_calls_are_limited_together() -> None:
    interpreter = Interpreter(limits=Limits(open_bytes=10_000))
    source = """
    const told = [];
    const call = (n) => tools.f("x".repeat(n)).then(() => told.push(n), (e) => told.push(e.name));
    call(6000); call(6000); call(3000);
    await tools.f("then");
    await call(6000);
    told
    """
    outcome = interpreter.start(source, tools=["f"])
    assert isinstance(outcome, Suspended)
    assert [len(call.args[0]) for call in outcome.calls] == [6000, 3000, 4]
    outcome = Interpreter.restore(interpreter.snapshot()).resume({1: Returned(1), 3: Returned(1)})
    assert isinstance(outcome, Suspended)
    assert [len(call.args[0]) for call in outcome.calls] == [6000]
    del interpreter


@pytest.mark.parametrize("memory_bytes", [4 * 2**20 + 2**21, 64 * 2**20])
def test_whatever_is_open_can_be_stored_and_restored(memory_bytes: int) -> None:
    limits = Limits(memory_bytes=memory_bytes, message_bytes=2**20, open_bytes=2**25)
    interpreter = Interpreter(limits=limits)
    source = """
    const big = "x".repeat(2 ** 18), refused = [];
    for (let n = 0; n < 200; n++) {
        tools.f(big + n).catch((e) => refused.push(e.message));
        await new Promise((done) => setTimeout(done, 0));
    }
    await 0;
    refused.length
    """
    outcome = interpreter.start(source, tools=["f"])
    while isinstance(outcome, Suspended) and outcome.wake_after_s is not None:
        outcome = interpreter.resume({})
    assert sum(len(call.args[0]) for call in interpreter.open_calls) <= limits.open_bytes
    assert len(interpreter.open_calls) > 100
    again = Interpreter.restore(interpreter.snapshot(), limits=limits)
    assert again.open_calls == interpreter.open_calls
    answers = {call.id: Returned(None) for call in again.open_calls}
    assert again.resume(answers).value == 200 - len(answers)  # type: ignore[union-attr]  # it completed


def test_shared_parts_of_arguments_are_restored_as_they_were() -> None:
    interpreter = Interpreter()
    interpreter.start("const s = { x: 1 }; await tools.f({ a: s, b: [s] })", tools=["f"])
    (call,) = Interpreter.restore(interpreter.snapshot()).open_calls
    given: Any = {"a": {"x": 1}, "b": [{"x": 1}]}
    assert call.args == (given,)
    (value,) = call.args
    assert value["a"] is value["b"][0]


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("let a = [];\n\nfor (;;) {\n  a.push(1); a.length = 0;\n}", 4),
        ("function f() {\n  for (;;) Math.abs(1);\n}\nf()", 2),
        ("await null;\n[1].map(() => {\n  for (;;) [].at(0);\n})", 3),
        ("let x = 1;\n/(a+)+$/.test('a'.repeat(40) + 'b')", 2),
        ("let x = 1;\nfor (;;) {}", None),
    ],
)
def test_a_step_that_takes_too_long_says_where_it_was(source: str, place: int | None) -> None:
    interpreter = Interpreter(limits=Limits(step_timeout_s=0.1))
    with pytest.raises(errors.TimeLimitError) as caught:
        interpreter.start(source)
    assert caught.value.line == place
    assert ("was last seen at line" in str(caught.value)) is (place is not None)
    assert (caught.value.limit, caught.value.value) == ("step_timeout_s", 0.1)


def test_the_console_is_cut_between_characters_and_says_so() -> None:
    outcome = Interpreter(limits=Limits(console_bytes=11)).start("console.log('é'.repeat(20))")
    assert outcome.console.startswith("ééééé")
    assert "30 more bytes" in outcome.console


@pytest.mark.parametrize(
    "wrong",
    [
        {"memory_bytes": 1000},
        {"step_timeout_s": 0},
        {"calls": -1},
        {"console_bytes": -1},
        {"message_bytes": 0},
    ],
)
def test_a_limit_out_of_range_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Limits(**wrong)
