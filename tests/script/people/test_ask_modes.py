"""Calls that wait at the same time: asked about together, each by itself, or in turn."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import pytest

from langchain_quickjs import CodeInterpreterMiddleware, DecisionError
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.models import ScriptedModel, programs
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

THREE = """
const say = (error) => error.name;
const pay = (to) => tools.pay({ to, amount: 1 }).then(() => tools.lookUp({ key: to })).catch(say);
const all = await Promise.all([pay("a"), pay("b"), pay("c"), tools.lookUp({ key: "free" })]);
JSON.stringify(all.map((one) => one.key ?? one))
"""
REJECT = {"type": "reject"}
UNFIT: Any = {"decisions": [{"type": "shrug"}]}
YES: Any = {"decisions": [APPROVE]}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


def talk_with(shop: Shop, kind: Kind, mode: Mode, **options: Any) -> Conversation:
    database = shop.log.with_name("db")
    return Conversation(kind, mode, database, THREE, shop.tools(), {"pay": True}, options)


def asked(talk: Conversation) -> dict[str, str]:
    """The ids of what is asked, by whom the calls pay; the thread is read as it is stored."""
    waiting = talk.pending()
    assert [item.id for item in talk.last.get("__interrupt__", ())] == [i.id for i in waiting]
    return {
        request["args"]["to"]: item.id
        for item in waiting
        for request in item.value["action_requests"]
    }


@pytest.mark.parametrize("order", list(itertools.permutations("abc")), ids="".join)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_is_answered_by_its_id_in_any_order(
    kind: Kind, mode: Mode, order: tuple[str, ...], shop: Shop
) -> None:
    talk = talk_with(shop, kind, mode, ask="each")
    talk.start()
    first = asked(talk)
    assert list(first) == ["a", "b", "c"]
    assert len(set(first.values())) == 3
    for number, to in enumerate(order):
        left = order[number:]
        assert asked(talk) == {name: first[name] for name in "abc" if name in left}
        talk.answer({first[to]: {"decisions": [REJECT if to == "b" else APPROVE]}})
        # What is decided goes on, up to where it needs nobody.
        done = [one for one in order[: number + 1] if one != "b"]
        paid = {f"pay {one} 1": 1 for one in done} | {f"look_up {one}": 1 for one in done}
        assert shop.counts() == {"look_up free": 1, **paid}
        if left[1:]:  # Answered once is answered: nothing else can be said any more.
            talk.answer({first[to]: {"decisions": [APPROVE if to == "b" else REJECT]}})
    assert talk.value == ["a", "RejectedError", "c", "free"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_several_may_be_answered_at_once(kind: Kind, mode: Mode, shop: Shop) -> None:
    talk = talk_with(shop, kind, mode, ask="each")
    talk.start()
    first = asked(talk)
    with pytest.raises(RuntimeError, match="specify the interrupt id"):
        talk.answer(YES)
    talk.answer({first["c"]: YES, first["a"]: YES})
    assert asked(talk) == {"b": first["b"]}
    talk.answer(YES)  # The only one that is left needs no id.
    assert talk.value == ["a", "b", "c", "free"]


@pytest.mark.parametrize("durability", ["pause", "call"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_one_is_asked_about_after_the_other(
    kind: Kind, mode: Mode, durability: str, shop: Shop
) -> None:
    talk = talk_with(shop, kind, mode, ask="one_by_one", durability=durability)
    talk.start()
    when, ids = [], set()
    for number, to in enumerate("abc"):
        assert list(asked(talk)) == [to]
        assert shop.counts()["look_up free"] == 1
        assert sum(shop.counts().values()) == 1 + 2 * number
        when.append(talk.question["asked_at"])
        ids.add(asked(talk)[to])
        talk.send(None)
        assert set(asked(talk).values()) <= ids  # Nothing is answered, so the same is asked.
        talk.answer(YES)
    assert talk.value == ["a", "b", "c", "free"]
    assert when == sorted(when)
    assert len(ids) == 3


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_others_answer_counts_beside_an_answer_that_does_not_fit(
    kind: Kind, mode: Mode, shop: Shop
) -> None:
    talk = talk_with(shop, kind, mode, ask="each")
    talk.start()
    first = asked(talk)

    def refused() -> list[str]:
        return [
            item.value["action_requests"][0]["args"]["to"]
            for item in talk.pending()
            if "must have a type out of" in item.value.get("refused", "")
        ]

    talk.answer({first["a"]: UNFIT, first["b"]: YES})
    assert asked(talk) == {to: first[to] for to in "ac"}
    assert refused() == ["a"]
    assert shop.counts() == {"look_up free": 1, "pay b 1": 1, "look_up b": 1}
    talk.send(None)
    assert refused() == ["a"]
    talk.answer({first["c"]: UNFIT})
    assert refused() == ["a", "c"]
    talk.answer({first["c"]: YES})  # The reason stands as long as its question does.
    assert refused() == ["a"]
    talk.answer({first["a"]: YES})
    assert talk.value == ["a", "b", "c", "free"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_counts_beside_an_answer_that_raises(kind: Kind, mode: Mode, shop: Shop) -> None:
    talk = talk_with(shop, kind, mode, ask="each", on_unfit_answer="raise")
    talk.start()
    first = asked(talk)
    with pytest.raises(DecisionError, match="must have a type out of"):
        talk.answer({first["a"]: UNFIT, first["b"]: YES})
    assert shop.counts() == {"look_up free": 1}
    assert len(talk.pending()) == 3
    talk.answer(dict.fromkeys(first.values(), YES))
    assert talk.value == ["a", "b", "c", "free"]


@pytest.mark.parametrize("through", ["model", "program"])
@pytest.mark.parametrize("ask", ["together", "each", "one_by_one"])
@pytest.mark.parametrize("mode", MODES)
def test_programs_of_subagents_are_answered_as_others_are(
    mode: Mode, ask: str, through: str, shop: Shop
) -> None:
    inner = """
    const pay = (to) => tools.pay({ to, amount: 1 });
    (await Promise.all([pay("a"), pay("b")])).join()
    """
    talk = team(shop, mode, inner, through, {"pay": True}, ask=ask)
    talk.start()
    for left in [2] if ask == "together" else [1, 1]:
        item = talk.pending()[0]
        assert len(item.value["action_requests"]) == left
        talk.refuse({item.id: {"decisions": [{"type": "shrug"}] * left}}, "must have a type")
        talk.send(None)
        assert "refused" in talk.pending()[0].value
        talk.answer({item.id: {"decisions": [APPROVE] * left}})
    assert not talk.waits
    assert shop.counts() == {"pay a 1": 1, "pay b 1": 1}


@pytest.mark.parametrize("answer", [None, YES])
@pytest.mark.parametrize("through", ["model", "program"])
@pytest.mark.parametrize("mode", MODES)
def test_calls_of_subagents_expire(mode: Mode, through: str, answer: Any, shop: Shop) -> None:
    inner = "await tools.pay({ to: 'a', amount: 1 }).catch((error) => error.message)"
    gate = {"allowed_decisions": ["approve"], "expires_after_s": 0.01}
    talk = team(shop, mode, inner, through, {"pay": gate})
    talk.start()
    assert talk.waits
    time.sleep(0.02)
    talk.answer(answer) if answer else talk.send(None)
    assert not talk.waits
    assert not shop.counts()


def team(
    shop: Shop, mode: Mode, inner: str, through: str, gates: Any, **options: Any
) -> Conversation:
    """A Deep Agent whose model or program calls a subagent, which runs a program."""
    ours = CodeInterpreterMiddleware(ptc=shop.tools(), interrupt_on=gates, **options)
    worker = {"name": "worker", "description": "Works.", "system_prompt": "Work."}
    outer = "await task({ description: 'x', subagentType: 'worker' })"
    talk = Conversation("create_deep_agent", mode, shop.log.with_name("db"), outer, [])
    job = {"description": "x", "subagent_type": "worker"}
    talk.model = programs(outer) if through == "program" else ScriptedModel(turns=[[("task", job)]])
    subagents = [{**worker, "model": programs(inner), "middleware": [ours]}]
    talk.agent_options = {"subagents": subagents, "middleware": [CodeInterpreterMiddleware()]}
    return talk


@pytest.mark.parametrize("after", ["together", "each", "one_by_one"])
@pytest.mark.parametrize("before", ["together", "each", "one_by_one"])
def test_what_was_asked_in_one_way_is_answered_in_another(
    before: str, after: str, shop: Shop
) -> None:
    talk = talk_with(shop, "create_agent", "invoke", ask=before)
    talk.start()
    first = {item.id for item in talk.pending()}
    talk.options = {"ask": after}
    for _ in range(4):
        if not (waiting := talk.pending()):
            break
        item = waiting[0]
        count = len(item.value["action_requests"])
        first.discard(item.id)
        talk.answer({item.id: {"decisions": [APPROVE] * count}})
    assert talk.value == ["a", "b", "c", "free"]
    assert not first
    assert set(shop.counts().values()) == {1}
