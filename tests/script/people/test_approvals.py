"""What people decide, how they are asked, and what wrong answers do: nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest
from langchain.agents.middleware import InterruptOnConfig
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import DecisionError, SetupError, create_script_graph
from langchain_quickjs.script.people.approvals import Approvals
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

THREE = """
const pay = (to, amount) => tools.pay({ to, amount });
const three = await Promise.allSettled([
  pay("a", 1), pay("b", 2), tools.lookUp({ key: "fast" }), pay("c", 3),
  tools.lookUp({ key: "slow", delay_s: 0.1 }).then(() => tools.lookUp({ key: "next" })),
]);
const fourth = await pay("d", three.length);
JSON.stringify([...three.map((t) => t.value ?? String(t.reason)), fourth])
"""


def edit(to: str, amount: float, name: str = "pay") -> dict[str, Any]:
    return {"type": "edit", "edited_action": {"name": name, "args": {"to": to, "amount": amount}}}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


def talk_with(shop: Shop, source: str, **options: Any) -> Conversation:
    kind = options.pop("kind", "create_agent")
    mode = options.pop("mode", "invoke")
    gates = options.pop("interrupt_on", {"pay": True})
    return Conversation(kind, mode, shop.log.with_name("db"), source, shop.tools(), gates, options)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_three_are_asked_about_at_once_and_decided_differently(
    kind: Kind, mode: Mode, shop: Shop
) -> None:
    talk = talk_with(shop, THREE, kind=kind, mode=mode)
    talk.start()
    assert [request["args"]["to"] for request in talk.question["action_requests"]] == [*"abc"]
    assert len(talk.question["review_configs"]) == 3
    # The others have finished first, and what they led to as well.
    assert shop.counts() == {"look_up fast": 1, "look_up slow": 1, "look_up next": 1}

    talk.decide(APPROVE, edit("bo", 22), {"type": "reject", "message": "too dear"})
    assert [request["args"] for request in talk.question["action_requests"]] == [
        {"to": "d", "amount": 5}
    ]
    talk.decide({"type": "respond", "message": "paid in cash"})

    assert {k: n for k, n in shop.counts().items() if "pay" in k} == {"pay a 1": 1, "pay bo 22": 1}
    refused = "RejectedError: A person rejected this call of `pay`, which was not run: too dear"
    next_up = {"key": "next", "price": 4}
    assert talk.value == [
        "paid 1 to a",
        "paid 22 to bo",
        {"key": "fast", "price": 4},
        refused,
        next_up,
        "paid in cash",
    ]


def test_the_model_hears_of_an_edit(shop: Shop) -> None:
    talk = talk_with(shop, "await tools.pay({ to: 'a', amount: 1 })")
    talk.start()
    talk.decide(edit("b", 2))
    assert talk.text.startswith(
        'A person replaced the call pay({"to": "a", "amount": 1}) by '
        'pay({"to": "b", "amount": 2}), which is what was run.'
    )


WRONG = [
    ("yes", "must be"),
    ({"decision": []}, "must be"),
    ({"decisions": [APPROVE]}, r"number of decisions \(1\) is not the number.*\(2\)"),
    ({"decisions": [APPROVE] * 3}, r"number of decisions \(3\)"),
    ({"decisions": [APPROVE, "approve"]}, "Decision 2 .* must have a type"),
    ({"decisions": [APPROVE, {"type": "aprove"}]}, "must have a type out of"),
    ({"decisions": [APPROVE, {"type": "respond"}]}, "must have a message"),
    ({"decisions": [{"type": "reject", "message": 7}, APPROVE]}, "message that is no text"),
    ({"decisions": [APPROVE, {"type": "edit"}]}, "must have an edited_action"),
    ({"decisions": [edit("a", 1, "steal"), APPROVE]}, "names the tool 'steal'"),
    (
        {"decisions": [{"type": "edit", "edited_action": {"name": "pay", "args": {}}}, APPROVE]},
        "do not fit: pay: to: Field required; amount: Field required",
    ),
    (
        {"decisions": [APPROVE, edit("a", cast("float", "one"))]},
        r"Decision 2 \(for pay\) .* do not fit: pay: amount must be a number, it is text\.",
    ),
    (
        {"decisions": [{"type": "edit", "edited_action": {"name": "pay", "args": {"on": 1}}}] * 2},
        r"do not fit: pay has no `on`; lacks `amount`, `to`; it takes `to`, `amount`\.(\n|$)",
    ),
    ({"decisions": [APPROVE, edit("a", float("nan"))]}, "pay: amount must be a number, it is NaN"),
    ({"decisions": [edit("a\ud800", 1), APPROVE]}, "pay: to must be well-formed text"),
]


@pytest.mark.parametrize("unfit", ["ask_again", "raise"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_answer_changes_nothing(kind: Kind, mode: Mode, unfit: str, shop: Shop) -> None:
    source = """
    const pay = (to) => tools.pay({ to, amount: 1 });
    JSON.stringify(await Promise.all([pay("a"), pay("b")]))
    """
    talk = talk_with(shop, source, kind=kind, mode=mode, on_unfit_answer=unfit)
    asked = talk.start()["__interrupt__"]
    for answer, problem in WRONG:
        if unfit == "ask_again":
            talk.refuse(answer, problem)
            talk.send(None)  # The question goes on saying why.
            assert re.search(problem, talk.question["refused"])
        else:
            with pytest.raises(DecisionError, match=problem):
                talk.answer(answer)
            assert talk.pending() == tuple(asked)
    assert not shop.counts()
    talk.decide(APPROVE, APPROVE)
    assert talk.value == ["paid 1 to a", "paid 1 to b"]
    assert shop.counts() == {"pay a 1": 1, "pay b 1": 1}


def test_a_decision_that_is_not_allowed_is_refused(shop: Shop) -> None:
    gates = {"pay": InterruptOnConfig(allowed_decisions=["approve", "reject"])}
    talk = talk_with(shop, "await tools.pay({ to: 'a', amount: 1 })", interrupt_on=gates)
    talk.start()
    assert talk.question["review_configs"][0]["allowed_decisions"] == ["approve", "reject"]
    talk.refuse({"decisions": [edit("b", 2)]}, r"out of \['approve', 'reject'\]")
    talk.decide({"type": "reject"})
    assert "Do not try it again unless the user asks for it" in talk.text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_when_and_description(kind: Kind, mode: Mode, shop: Shop) -> None:
    def describe(call: Any, state: Any, runtime: Any) -> str:
        return f"{len(call['id'].rpartition(':')[2])}: pay {call['args']['to']}?"

    gates = {
        "pay": InterruptOnConfig(
            allowed_decisions=["approve"],
            description=cast("Any", describe),
            when=lambda request: request.tool_call["args"]["amount"] > 10,
        ),
        "look_up": False,
    }
    source = """
    const pay = (to, amount) => tools.pay({ to, amount });
    await Promise.all([pay("small", 1), pay("large", 100), tools.lookUp({ key: "x" })])
    """
    talk = talk_with(shop, source, kind=kind, mode=mode, interrupt_on=gates)
    talk.start()
    assert shop.counts() == {"pay small 1": 1, "look_up x": 1}
    (request,) = talk.question["action_requests"]
    assert request["description"] == "20: pay large?"
    talk.decide(APPROVE)
    assert shop.counts()["pay large 100"] == 1


def test_a_fixed_description(shop: Shop) -> None:
    gates = {"pay": InterruptOnConfig(allowed_decisions=["approve"], description="Sure?")}
    talk = talk_with(shop, "await tools.pay({ to: 'a', amount: 1 })", interrupt_on=gates)
    talk.start()
    assert talk.question["action_requests"][0]["description"] == "Sure?"


def test_an_edit_may_name_another_tool_of_the_script(shop: Shop) -> None:
    talk = talk_with(shop, "JSON.stringify(await tools.pay({ to: 'a', amount: 1 }))")
    talk.start()
    action = {"name": "look_up", "args": {"key": "instead"}}
    talk.decide({"type": "edit", "edited_action": action})
    assert talk.value == {"key": "instead", "price": 7}
    assert shop.counts() == {"look_up instead": 1}


@pytest.mark.parametrize(
    ("gates", "problem"),
    [
        ({"pya": True}, "names \\['pya'\\], and there is no such tool"),
        ({"pay": {}}, "must be a non-empty list"),
        (
            {"pay": {"allowed_decisions": ["aprove"]}},
            "it is \\['aprove'\\]",
        ),
    ],
)
def test_gates_that_would_be_no_gates_are_refused(gates: Any, problem: str, shop: Shop) -> None:
    with pytest.raises(SetupError, match=problem):
        create_script_graph(shop.tools(), interrupt_on=gates)


def test_arguments_that_no_checkpoint_can_keep_are_refused_everywhere() -> None:
    @tool
    def count(n: int) -> str:
        """Counts."""
        return str(n)

    source = "try { await tools.count({ n: 2n ** 70n }) } catch (e) { e.message }"
    graph = create_script_graph([count], interrupt_on={"count": True}, checkpointer=InMemorySaver())
    outcome = graph.invoke({"source": source}, {"configurable": {"thread_id": "1"}})["outcome"]
    assert outcome["value"].startswith("count: n must be an integer of at most 64 bits, it has 71")
    ungated = create_script_graph([count]).invoke({"source": source})["outcome"]
    for one in (outcome, ungated):
        del one["story"]  # It has times.
    assert ungated == outcome


def test_false_gates_nothing() -> None:
    assert not Approvals.of({"pay": False}, ["pay"]).configs
