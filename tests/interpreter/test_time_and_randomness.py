"""What time it is in a script, and what it draws at random: both come from the host."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_quickjs.errors import SetupError
from langchain_quickjs.interpreter import (
    Completed,
    Interpreter,
    Returned,
    Suspended,
)


def test_time_stands_still_within_a_step_and_moves_between_steps() -> None:
    now = [1000.0]
    interpreter = Interpreter(clock=lambda: now[0])
    source = "const a = Date.now(); for (let i = 0; i < 1e5; i++); const b = Date.now();"
    outcome = interpreter.start(source + "await tools.f(); [a, b, Date.now()]", tools=["f"])
    assert isinstance(outcome, Suspended)
    now[0] = 1060.5
    done = interpreter.resume({outcome.calls[0].id: Returned(None)})
    assert done == Completed([1_000_000, 1_000_000, 1_060_500])


def test_the_same_seed_and_messages_give_the_same_bytes() -> None:
    def run() -> bytes:
        interpreter = Interpreter(seed=b"s" * 32, clock=lambda: 5.0)
        interpreter.start("const r = Math.random(); await tools.f({r})", tools=["f"])
        return interpreter.snapshot()

    first, second = Interpreter.restore(run()), Interpreter.restore(run())
    assert first.open_calls == second.open_calls


@pytest.mark.parametrize("now_s", [float("nan"), float("inf"), -float("inf"), 8.64e12 + 1])
def test_a_clock_that_gives_no_date_is_refused(now_s: float) -> None:
    times = [0.0]
    interpreter = Interpreter(clock=lambda: times[0])
    source = (
        "let n = 0; const t = setInterval(() => { n++ }, 1); await tools.f(); clearInterval(t); n"
    )
    outcome = interpreter.start(source, tools=["f"])
    assert isinstance(outcome, Suspended)
    times[0] = now_s
    with pytest.raises(SetupError, match="no time that a Date can have"):
        interpreter.resume({1: Returned(None)})
    times[0] = 8.64e12
    assert interpreter.resume({1: Returned(None)}) == Completed(1)


DRAW = "await tools.f(); [Math.random(), crypto.randomUUID()].join()"


def test_entropy_makes_what_is_drawn_afterwards_another() -> None:
    interpreter = Interpreter(seed=b"s" * 32)
    interpreter.start(DRAW, tools=["f"])
    stored = interpreter.snapshot()

    def drawn(entropy: bytes | None) -> Any:
        resumed = Interpreter.restore(stored).resume({1: Returned(None)}, entropy=entropy)
        assert isinstance(resumed, Completed)
        return resumed.value

    assert drawn(None) == drawn(None)
    assert drawn(bytes(32)) == drawn(bytes(32))
    assert len({drawn(None), drawn(bytes(32)), drawn(b"\1" * 32)}) == 3
    # It is mixed with what there was: knowing it alone tells nothing.
    other = Interpreter(seed=bytes(32))
    other.start(DRAW, tools=["f"])
    assert other.resume({1: Returned(None)}, entropy=b"\1" * 32).value != drawn(b"\1" * 32)  # type: ignore[union-attr]  # it completed
    with pytest.raises(SetupError, match="32 bytes"):
        drawn(b"short")
    with pytest.raises(SetupError, match="32 bytes"):
        Interpreter(seed="s" * 32)  # type: ignore[arg-type]


def test_interpreters_with_one_heap_draw_other_numbers() -> None:
    first = Interpreter(seed=b"s" * 32)
    first.eval("Math.random()")
    heap = first.heap()
    draw = "[Math.random(), crypto.randomUUID()].join()"
    assert len({Interpreter.with_heap(heap).eval(draw) for _ in range(3)}) == 3
    seeded = {Interpreter.with_heap(heap, seed=bytes(32)).eval(draw) for _ in range(3)}
    assert len(seeded) == 1
