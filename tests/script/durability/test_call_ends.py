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
from langchain_quickjs.script.durability.call_ends import seal_end, unseal_end
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.inputs import Answer, Blocked
from langchain_quickjs.script.state import CallEnd

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


def sealer(*keys: bytes, thread: str = "thread", script: str = "s", place: str = "p") -> Sealer:
    return Sealer(Signer(keys, thread), JsonPlusSerializer(), script, place)


def stored(answer: Answer, by: Sealer | None = None) -> CallEnd:
    """The end of a call, as a checkpointer gives it back."""
    serde = JsonPlusSerializer()
    end = seal_end("s:1", answer, by or sealer())
    return cast("CallEnd", serde.loads_typed(serde.dumps_typed(end)))


def back(answer: Answer) -> Answer:
    """The same answer, after it was stored."""
    return unseal_end(stored(answer), sealer())


def seen(result: Any) -> Any:
    """How it looks to a script."""
    interpreter = Interpreter()
    assert isinstance(interpreter.start(SHOWN, tools=["f"]), Suspended)
    return interpreter.resume({1: result})


@given(values)
def test_a_result_is_to_the_script_what_it_was(value: Any) -> None:
    answer = back(Answer(Returned(value), (("todos", [1]),)))
    assert seen(answer.reply) == seen(Returned(value))
    assert list(answer.updates) == [("todos", [1])]


@given(values)
def test_shared_parts_and_cycles_stay_so(value: Any) -> None:
    ring: list[Any] = [{1: value}]
    shared = JSMap([("ring", ring)])
    ring += [ring, shared]
    reply = back(Answer(Returned([shared, shared]))).reply
    assert isinstance(reply, Returned)
    one, two = reply.value
    assert one is two
    again = one["ring"]
    assert again[1] is again
    assert again[2] is one
    assert seen(Returned(again[0])) == seen(Returned({1: value}))


def test_a_long_chain_of_shared_parts_is_kept() -> None:
    chain: list[Any] = [None]
    for _ in range(1000):
        chain = [chain, chain]
    reply = back(Answer(Returned(chain))).reply
    assert isinstance(reply, Returned)
    for _ in range(1000):
        assert reply.value[0] is reply.value[1]
        reply = Returned(reply.value[0])
    assert reply.value == [None]


def test_what_cannot_cross_becomes_what_the_script_would_get() -> None:
    cannot = Returned(object())
    assert back(Answer(cannot, instead=lambda: Returned("text"))).reply == Returned("text")
    refused = back(Answer(cannot)).reply
    assert isinstance(refused, Raised)
    assert refused.name == "TypeError"
    assert "object" in refused.message


def test_an_error_is_an_end_and_an_interrupt_is_not() -> None:
    refused = Raised("ToolError", "no")
    assert back(Answer(refused)).reply == refused
    assert back(Answer(refused, error=ConnectionError("no"))).reply == refused
    assert seal_end("s:1", Answer(Blocked((Interrupt("?"),))), sealer()) is None


OTHERS = {
    "thread": sealer(b"k", thread="other"),
    "script": sealer(b"k", script="other"),
    "place": sealer(b"k", place="other"),
    "key": sealer(b"other"),
    "none": sealer(),
}


@pytest.mark.parametrize("other", OTHERS)
def test_an_end_is_good_for_its_own_call_only(other: str) -> None:
    mine = sealer(b"k")
    end = stored(Answer(Returned(5)), mine)
    assert unseal_end(end, mine).reply == Returned(5)
    assert unseal_end(end, sealer(b"new", b"k")).reply == Returned(5)
    with pytest.raises(SnapshotError, match="signature is missing or wrong"):
        unseal_end({**end, "tool_call_id": "s:2"}, mine)
    with pytest.raises(SnapshotError, match="signature is missing or wrong"):
        unseal_end(stored(Answer(Returned(5)), OTHERS[other]), mine)


@given(st.data())
def test_a_changed_end_is_refused(data: st.DataObject) -> None:
    mine = sealer(b"k")
    end = stored(Answer(Returned([5, "text"]), (("todos", [1]),)), mine)
    at = data.draw(st.integers(0, len(end["sealed"]) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(end["sealed"])
    changed[at] ^= 1 << bit
    cut = end["sealed"][: data.draw(st.integers(0, len(end["sealed"]) - 1))]
    for forged in (bytes(changed), cut, end["sealed"] + b"\0"):
        with pytest.raises(SnapshotError, match="is not used"):
            unseal_end({**end, "sealed": forged}, mine)


DAMAGED: list[Any] = [
    {"reply": reply, "updates": []} for reply in (b"", b"\xc1", b"\x90", b"\x93\1\2\3")
]
DAMAGED += [{"reply": b"\x91\5"}, {"reply": "", "updates": []}, 5, None]


@pytest.mark.parametrize("end", DAMAGED)
def test_a_damaged_end_is_refused(end: Any) -> None:
    sealed = sealer().seal(end, "end", "s:1")
    with pytest.raises(SnapshotError, match="damaged"):
        unseal_end({"tool_call_id": "s:1", "sealed": sealed}, sealer())
