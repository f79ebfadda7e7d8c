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
