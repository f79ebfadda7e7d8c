"""Steps that are only to happen if they are brief."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.errors import LimitError
from langchain_quickjs.interpreter import Completed, Limits, Returned, Suspended
from langchain_quickjs.interpreter.guest.reuse.pool import MOST_LIVE
from langchain_quickjs.interpreter.replay.stood import is_restored_at_once
from langchain_quickjs.interpreter.stepped import SteppedInterpreter
from langchain_quickjs.interpreter.steps import NotBriefError

NOT_BRIEF = {
    "computes": "for (let i = 0; i < 1e6; i++) n++;",
    "never ends": "for (;;) n++;",
    "says much": "n = 'x'.repeat(1e6);",
    "asks for much": "n = await tools.x('x'.repeat(1e6));",
    "takes much memory": "n = new Uint8Array(12e6).fill(1).length;",
    "takes all memory": "n = new Uint8Array(1e9);",
    "recurses in the parser": "n = eval('('.repeat(1e6));",
}


def waiting(body: str) -> SteppedInterpreter:
    """A script that waits, and then does something."""
    interpreter = SteppedInterpreter(limits=Limits(step_timeout_s=0.5))
    interpreter.start(f"let n = await tools.x(); {body} n", tools=["x"])
    return interpreter


def outcome_of(interpreter: SteppedInterpreter) -> object:
    """What comes of a step that may take its time: an outcome, or the kind of error."""
    try:
        return interpreter.resume({1: Returned(1)})
    except LimitError as error:
        return type(error)


@pytest.mark.parametrize("kind", NOT_BRIEF)
def test_a_step_that_is_not_brief_never_happened(kind: str) -> None:
    tried, usual = waiting(NOT_BRIEF[kind]), waiting(NOT_BRIEF[kind])
    before = tried.snapshot()
    with pytest.raises(NotBriefError):
        tried.resume({1: Returned(1)}, brief=True)
    assert tried.snapshot() == before
    assert tried.open_calls == usual.open_calls
    assert outcome_of(tried) == outcome_of(usual)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=6))
def test_a_brief_step_is_the_step(results: list[int]) -> None:
    source = (
        "let sum = 0; for (;;) { const n = await tools.x(sum); if (n < 0) break; sum += n } sum"
    )
    kinds = [SteppedInterpreter(seed=bytes(32), clock=lambda: 1.0) for _ in range(2)]
    for interpreter in kinds:
        interpreter.start(source, tools=["x"])
    for number, result in enumerate([*results, -1], 1):
        answer = {number: Returned(result)}
        try:
            brief = kinds[0].resume(answer, brief=True)
        except NotBriefError:  # The machine is busy with something else.
            brief = kinds[0].resume(answer)
        assert brief == kinds[1].resume(answer)
        assert isinstance(brief, Suspended | Completed)
        if isinstance(brief, Completed):
            break
    assert kinds[0].heap() == kinds[1].heap()


def test_little_is_restored_at_once() -> None:
    """What takes long to unpack may be stored in a few bytes."""
    fits = {}
    for values in (1, 1_000_000):
        interpreter = SteppedInterpreter()
        interpreter.start(f"await tools.x(new Array({values}).fill(0))", tools=["x"])
        snapshot = interpreter.snapshot()
        assert len(snapshot) < 8 * 1024
        fits[values] = is_restored_at_once(snapshot)
    assert fits == {1: True, 1_000_000: False}


def test_a_step_is_not_brief_where_another_machine_has_to_give_its_instance_up() -> None:
    first, *others = (waiting("") for _ in range(MOST_LIVE + 1))
    with pytest.raises(NotBriefError):
        first.resume({1: Returned(1)}, brief=True)
    del others
    first.resume({1: Returned(1)}, brief=True)
