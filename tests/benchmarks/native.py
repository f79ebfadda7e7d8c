"""The `quickjs-ng` wheel: the same engine compiled for the machine, without a sandbox."""

from __future__ import annotations

import quickjs  # type: ignore[import-not-found]  # in its own environment

from tests.benchmarks import programs
from tests.benchmarks.timing import Samples, time_each


def _evaluation(source: str, runs: int) -> Samples:
    context = quickjs.Context()
    return {"s": time_each(lambda: context.eval(source), runs)}


def new_interpreter(runs: int) -> Samples:
    return {"s": time_each(lambda: quickjs.Context().eval(programs.ONE_PLUS_ONE), runs)}


def small_eval(runs: int) -> Samples:
    return _evaluation(programs.ONE_PLUS_ONE, runs)


def fib(runs: int) -> Samples:
    return _evaluation(programs.FIB, runs)


def loop(runs: int) -> Samples:
    return _evaluation(programs.LOOP, runs)


def thrown(runs: int) -> Samples:
    return _evaluation(programs.THROWN, runs)


def no_method(runs: int) -> Samples:
    return _evaluation(programs.NO_METHOD, runs)
