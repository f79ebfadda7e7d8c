"""Interpreters in threads: many at once, none holds up others, and each can be cancelled."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from langchain_quickjs.errors import (
    InterpreterStateError,
    ScriptCancelledError,
    TimeLimitError,
)
from langchain_quickjs.interpreter import (
    Completed,
    Interpreter,
    Limits,
    Returned,
    Suspended,
)


def test_a_running_step_can_be_cancelled_from_another_thread() -> None:
    interpreter = Interpreter(limits=Limits(step_timeout_s=None))
    interpreter.eval("let kept = 1")
    timer = threading.Timer(0.1, interpreter.cancel)
    timer.start()
    with pytest.raises(ScriptCancelledError):
        interpreter.eval("kept = 2; for (;;) {}")
    timer.join()
    assert interpreter.eval("kept") == 1


def test_two_threads_cannot_use_one_interpreter_at_once() -> None:
    interpreter = Interpreter(limits=Limits(step_timeout_s=5))
    interpreter.eval("1")

    def run() -> None:
        with pytest.raises(ScriptCancelledError):
            interpreter.eval("for (;;) {}")

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.1)
    with pytest.raises(InterpreterStateError, match="another thread"):
        interpreter.eval("1")
    interpreter.cancel()
    thread.join()
    assert interpreter.eval("2") == 2


def test_many_threads_run_interpreters_of_their_own() -> None:
    def run(n: int) -> list[int]:
        interpreter = Interpreter(seed=bytes(32))
        outcome = interpreter.start(
            "const xs = []; for (let i = 0; i < 20; i++) xs.push(await tools.f(i)); xs",
            tools=["f"],
        )
        while isinstance(outcome, Suspended):
            interpreter = Interpreter.restore(interpreter.snapshot())
            call = interpreter.open_calls[0]
            outcome = interpreter.resume({call.id: Returned(call.args[0] * n)})
        assert isinstance(outcome, Completed)
        return list(outcome.value)

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(run, range(32)))
    assert results == [[i * n for i in range(20)] for n in range(32)]


def test_the_gil_is_released_while_a_guest_computes() -> None:
    interpreter = Interpreter(limits=Limits(step_timeout_s=30))
    ended: list[type[Exception]] = []

    def spin() -> None:
        try:
            interpreter.eval("for (;;) {}")
        except (ScriptCancelledError, TimeLimitError) as error:
            ended.append(type(error))

    thread = threading.Thread(target=spin)
    thread.start()
    for _ in range(20):  # With the GIL in the guest's hands, this would end after its time limit.
        time.sleep(0.005)
    interpreter.cancel()
    thread.join()
    assert ended == [ScriptCancelledError]
