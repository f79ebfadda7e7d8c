"""Ends of calls, as they are stored: what the script is given is what it would have been given."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Interrupt

from langchain_quickjs import Raised, Returned, SnapshotError
from langchain_quickjs.interpreter import Interpreter, JSMap, Suspended
from langchain_quickjs.script.effects import Answer, Blocked
from langchain_quickjs.script.ends import CallEnd, end_of, ends_of
from langchain_quickjs.script.signing import UNSIGNED, Signer

SIGNER = Signer(b"secret", "thread")
SHOWN = "JSON.stringify(await tools.f(), (_, v) => typeof v === 'bigint' ? `${v}n` : v)"

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner)
        | st.dictionaries(st.text() | st.integers(-(2**31), 2**31), inner)
    ),
)


def running(*ids: int) -> Any:
    return {"script_id": "s", "running": [{"id": number} for number in ids]}


def stored(answer: Answer, signer: Signer = UNSIGNED) -> CallEnd:
    """The end of call 1, as a checkpointer gives it back."""
    serde = JsonPlusSerializer()
    end = end_of(1, answer, "s", signer)
    return cast("CallEnd", serde.loads_typed(serde.dumps_typed(end)))


def seen(result: Any) -> Any:
    """How it looks to a script."""
    interpreter = Interpreter()
    assert isinstance(interpreter.start(SHOWN, tools=["f"]), Suspended)
    return interpreter.resume({1: result})


@given(values)
def test_a_result_is_to_the_script_what_it_was(value: Any) -> None:
    answer = ends_of(running(1), [stored(Answer(Returned(value), (("todos", [1]),)))], UNSIGNED)[1]
    assert seen(answer.reply) == seen(Returned(value))
    assert list(answer.updates) == [("todos", [1])]


@given(values)
def test_shared_parts_and_cycles_stay_so(value: Any) -> None:
    ring: list[Any] = [{1: value}]
    shared = JSMap([("ring", ring)])
    ring += [ring, shared]
    back = ends_of(running(1), [stored(Answer(Returned([shared, shared])))], UNSIGNED)[1].reply
    assert isinstance(back, Returned)
    one, two = back.value
    assert one is two
    again = one["ring"]
    assert again[1] is again
    assert again[2] is one
    assert seen(Returned(again[0])) == seen(Returned({1: value}))


def test_a_long_chain_of_shared_parts_is_kept() -> None:
    chain: list[Any] = [None]
    for _ in range(1000):
        chain = [chain, chain]
    back = ends_of(running(1), [stored(Answer(Returned(chain)))], UNSIGNED)[1].reply
    assert isinstance(back, Returned)
    for _ in range(1000):
        assert back.value[0] is back.value[1]
        back = Returned(back.value[0])
    assert back.value == [None]


def test_what_cannot_cross_becomes_what_the_script_would_get() -> None:
    cannot = Returned(object())
    replaced = ends_of(
        running(1), [stored(Answer(cannot, instead=lambda: Returned("text")))], UNSIGNED
    )[1]
    assert replaced.reply == Returned("text")
    refused = ends_of(running(1), [stored(Answer(cannot))], UNSIGNED)[1].reply
    assert isinstance(refused, Raised)
    assert refused.name == "TypeError"
    assert "object" in refused.message


def test_a_refusal_is_an_end_but_what_raised_or_was_interrupted_is_not() -> None:
    refused = Raised("ToolError", "no")
    assert ends_of(running(1), [stored(Answer(refused))], UNSIGNED)[1].reply == refused
    assert end_of(1, Answer(refused, error=ConnectionError("no")), "s", UNSIGNED) is None
    assert end_of(1, Answer(Blocked((Interrupt("?"),))), "s", UNSIGNED) is None


def test_ends_that_the_script_knows_of_are_left_alone() -> None:
    end = stored(Answer(Returned(5)))
    assert ends_of(running(2), [end], UNSIGNED) == {}


@pytest.mark.parametrize("change", [{"reply": b"\x91\x06"}, {"id": 2}, {"signature": b""}])
def test_a_changed_result_is_refused(change: dict[str, Any]) -> None:
    end = stored(Answer(Returned(5)), SIGNER)
    assert ends_of(running(1), [end], SIGNER)[1].reply == Returned(5)
    forged = cast("CallEnd", {**end, **change})
    with pytest.raises(SnapshotError, match="signature of a call's result"):
        ends_of(running(1, 2), [forged], SIGNER)


@pytest.mark.parametrize("reply", [b"", b"\xc1", b"\x90", b"\x93\1\2\3", b"\x92\1\2"])
def test_a_damaged_result_is_refused(reply: bytes) -> None:
    end = cast("CallEnd", {**stored(Answer(Returned(5))), "reply": reply})
    with pytest.raises(SnapshotError, match="damaged"):
        ends_of(running(1), [end], UNSIGNED)
