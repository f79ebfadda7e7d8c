"""Our interpreter, without the middleware."""

from __future__ import annotations

from typing import Any

from langchain_quickjs.interpreter import Completed, Interpreter, Limits, Returned, Suspended
from tests.benchmarks import programs, typed
from tests.benchmarks.timing import Samples, resident_bytes, time_each, time_once

_LIMITS = Limits(step_timeout_s=600, calls=None, calls_in_flight=100_000)
_TOOLS = ("lookup", "records", "refund")


def run(interpreter: Interpreter, source: str) -> Any:
    """Runs a script to its end and answers its calls at once, as the script graph does."""
    outcome = interpreter.start(source, tools=_TOOLS)
    while isinstance(outcome, Suspended):
        outcome = interpreter.resume({call.id: Returned(_answer(call)) for call in outcome.calls})
    assert isinstance(outcome, Completed), outcome
    return outcome.value


def _answer(call: Any) -> Any:
    return programs.records() if call.name == "records" else programs.lookup(call.args[0])


def _program(source: str, expected: Any, runs: int) -> Samples:
    interpreter = Interpreter(limits=_LIMITS)

    def once() -> None:
        assert run(interpreter, source) == expected

    return {"s": time_each(once, runs)}


def _evaluation(source: str, runs: int) -> Samples:
    interpreter = Interpreter(limits=_LIMITS)
    return {"s": time_each(lambda: interpreter.eval(source), runs)}


def new_interpreter(runs: int) -> Samples:
    return {"s": time_each(lambda: Interpreter().eval(programs.ONE_PLUS_ONE), runs)}


def small_eval(runs: int) -> Samples:
    return _evaluation(programs.ONE_PLUS_ONE, runs)


def calls_sequential(runs: int) -> Samples:
    return _program(programs.sequential(100), programs.expected_sum(100), runs)


def numbers_sequential(runs: int) -> Samples:
    source = programs.sequential(100, programs.NUMBER)
    return _program(source, programs.expected_sum(100), runs)


def numbers_parallel(runs: int) -> Samples:
    source = programs.parallel(100, programs.NUMBER)
    return _program(source, programs.expected_sum(100), runs)


def calls_parallel(runs: int) -> Samples:
    return _program(programs.parallel(100), programs.expected_sum(100), runs)


def round_trip(runs: int) -> Samples:
    """One call of a script and its answer: the time of a long run of them, shared out."""
    long = _program(programs.sequential(1000), programs.expected_sum(1000), runs)
    return {"s": [seconds / 1000 for seconds in long["s"]]}


def nested_out(runs: int) -> Samples:
    return _evaluation(programs.NESTED, runs)


def records_out(runs: int) -> Samples:
    interpreter = Interpreter(limits=_LIMITS)
    interpreter.eval(programs.RECORDS_MADE)

    def once() -> None:
        assert len(interpreter.eval(programs.RECORDS_OUT)) == 5000

    return {"s": time_each(once, runs)}


def records_in(runs: int) -> Samples:
    return _program(programs.RECORDS_IN, 5000, runs)


def fib(runs: int) -> Samples:
    return _evaluation(programs.FIB, runs)


def loop(runs: int) -> Samples:
    return _evaluation(programs.LOOP, runs)


def thrown(runs: int) -> Samples:
    return _evaluation(programs.THROWN, runs)


def no_method(runs: int) -> Samples:
    return _evaluation(programs.NO_METHOD, runs)


def typescript(runs: int) -> Samples:
    """From start to end; what types cost is shared out over the kilobytes of the program."""
    with_types = _program(typed.TYPESCRIPT, typed.RESULT, runs)["s"]
    without = _program(typed.JAVASCRIPT, typed.RESULT, runs)["s"]
    kilobytes = len(typed.TYPESCRIPT.encode()) / 1000
    return {
        "s": with_types,
        "without_s": without,
        "per_kilobyte_s": [(min(with_types) - min(without)) / kilobytes],
    }


def _paused() -> Interpreter:
    interpreter = Interpreter()
    outcome = interpreter.start(programs.PAUSED, tools=_TOOLS)
    while isinstance(outcome, Suspended) and outcome.calls[0].name == "lookup":
        outcome = interpreter.resume({c.id: Returned(_answer(c)) for c in outcome.calls})
    return interpreter


def pause(runs: int) -> Samples:
    interpreter = _paused()
    (refund,) = interpreter.open_calls
    taken: list[bytes] = []
    snapshot = time_each(lambda: taken.append(interpreter.snapshot()), runs)

    def once() -> None:
        restored = Interpreter.restore(taken[-1])
        ended = restored.resume({refund.id: Returned(5)})
        assert isinstance(ended, Completed), ended
        assert ended.value == programs.PAUSED_RESULT

    resume = time_each(once, runs)
    first = []
    for _ in range(max(runs, 100)):
        interpreter = _paused()
        first += time_once(interpreter.snapshot)
    return {
        "bytes": [float(len(each)) for each in taken],
        "snapshot_s": snapshot,
        "first_snapshot_s": first,
        "resume_s": resume,
    }


def thousand(runs: int) -> Samples:
    def once() -> None:
        for _ in range(1000):
            assert Interpreter().eval(programs.ONE_PLUS_ONE) == 2

    before = resident_bytes()
    times = time_each(once, runs)
    return {"s": times, "grown_bytes": [resident_bytes() - before]}
