"""From which line of a script a call is made: told for the functions of which it is asked."""

from __future__ import annotations

import pytest

from langchain_quickjs import Call, Interpreter, Returned, SetupError, Suspended
from tests.helpers.places import PLACES
from tests.helpers.scripts import Clock


def first_calls(interpreter: Interpreter, clock: Clock, source: str) -> tuple[Call, ...]:
    outcome = interpreter.start(source, tools=["pay", "look"], located=["pay"])
    while isinstance(outcome, Suspended) and not outcome.calls:
        clock.now_s += outcome.wake_after_s or 0.0
        outcome = interpreter.resume({})
    assert isinstance(outcome, Suspended), outcome
    return outcome.calls


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("later", [False, True], ids=["at once", "restored"])
def test_a_call_says_where_it_was_made(kind: str, later: bool) -> None:
    source, place = PLACES[kind]
    clock = Clock()
    interpreter = Interpreter(clock=clock)
    if later:
        source = f"await tools.look();{source}"
        (look,) = first_calls(interpreter, clock, source)
        assert look == Call(1, "look", ())
        interpreter = Interpreter.restore(interpreter.snapshot(), clock=clock)
        outcome = interpreter.resume({1: Returned(None)})
        while isinstance(outcome, Suspended) and not outcome.calls:
            clock.now_s += outcome.wake_after_s or 0.0
            outcome = interpreter.resume({})
        assert isinstance(outcome, Suspended)
        (call,) = outcome.calls
        if place is not None and place[0] == 1:
            place = (1, place[1] + len("await tools.look();"))
    else:
        (call,) = first_calls(interpreter, clock, source)
    assert (call.line, call.column) == (place or (None, None))
    # The place is kept with the call.
    assert Interpreter.restore(interpreter.snapshot()).open_calls == (call,)


def test_many_calls_of_one_line_have_columns() -> None:
    calls = first_calls(Interpreter(), Clock(), "await Promise.all([tools.pay(1), tools.pay(2)])")
    assert [(call.line, call.column) for call in calls] == [(1, 26), (1, 40)]


def test_a_line_is_one_of_this_script_and_of_no_earlier_one() -> None:
    interpreter, clock = Interpreter(), Clock()
    interpreter.eval("\n\n\n\n\n\nglobalThis.pay = (x) => tools.pay(x);\n0")
    (call,) = first_calls(interpreter, clock, "const x = 1;\nawait pay(x)")
    assert (call.line, call.column) == (2, 7)
    interpreter.abort()
    (call,) = first_calls(interpreter, clock, "await Promise.resolve(1).then(pay)")
    assert (call.line, call.column) == (None, None)


def test_a_function_can_be_located_too() -> None:
    outcome = Interpreter().start("\nawait task('x')", functions=["task"], located=["task"])
    assert isinstance(outcome, Suspended)
    assert outcome.calls == (Call(1, "task", ("x",), 2, 7),)


def test_what_is_located_has_to_be_granted() -> None:
    with pytest.raises(SetupError, match="'pau' cannot be located"):
        Interpreter().start("1", tools=["pay"], located=["pau"])
