"""A call that needs a decision never runs without one, whatever script or developer do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, DecisionError, SetupError
from tests.helpers.conversations import KINDS, MODES, SAVERS, Conversation, Kind, Mode, Saver
from tests.helpers.models import parallel_programs, programs
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

PAY = "tools.pay({ to: 'a', amount: 1 })"
GO = {"messages": [("user", "go")]}
THREAD: Any = {"configurable": {"thread_id": "1"}}

# Each tries to get around the pause, or to notice it; `noticed` must stay false.
DODGES = {
    "catch": f"try {{ await {PAY}; }} catch (e) {{ noticed = true; }}",
    "finally": f"try {{ await {PAY}; }} finally {{ if (!decided) noticed = true; }}",
    "then": f"await {PAY}.then(() => null, () => {{ noticed = true; }})",
    "allSettled": f"noticed = (await Promise.allSettled([{PAY}]))[0].status !== 'fulfilled';",
    "any": f"await Promise.any([{PAY}, Promise.reject(1)]);",
    "race with a call": f"await Promise.race([{PAY}, tools.lookUp({{ key: 'x' }})]);",
    "race with a timer": f"await Promise.race([{PAY}, new Promise((r) => setTimeout(r, 1))]);",
    "race with nothing": f"await Promise.race([{PAY}, null]);",
    "not awaited": f"{PAY};",
    "in a function that is over": f"(() => {{ {PAY}.catch(() => {{ noticed = true; }}); }})();",
    "in a generator": f"for await (const x of (async function*() {{ yield {PAY}; }})()) {{}}",
    "other promises": f"Promise.prototype.then = Array.prototype.map; {PAY}; 0",
}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


def talk_with(shop: Shop, source: str, kind: Kind, mode: Mode, saver: Saver) -> Conversation:
    database = shop.log.with_name("db") if saver == "sqlite" else None
    return Conversation(kind, mode, database, source, shop.tools(), {"pay": True})


@pytest.mark.parametrize("dodge", DODGES)
@pytest.mark.parametrize("mode", MODES)
def test_nothing_gets_around_the_pause(dodge: str, mode: Mode, shop: Shop) -> None:
    source = f"let noticed = false, decided = false;\n{DODGES[dodge]}\n'noticed: ' + noticed"
    talk = talk_with(shop, source, "graph", mode, "memory")
    talk.start()
    assert talk.waits
    assert not shop.counts()["pay a 1"]
    talk.decide({"type": "respond", "message": "paid"})
    assert not talk.waits
    assert not shop.counts()["pay a 1"]
    if dodge != "finally":
        assert talk.text == "noticed: false"


def test_a_script_that_fails_first_asks_nobody(shop: Shop) -> None:
    source = f"{PAY}; await tools.lookUp({{ key: 'x' }}); throw new Error('no')"
    talk = talk_with(shop, source, "create_agent", "invoke", "memory")
    talk.start()
    assert not talk.waits
    assert talk.text.startswith('<error type="Error">no')
    assert shop.counts() == {"look_up x": 1}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_checkpointer_the_error_says_what_to_add(
    kind: Kind, mode: Mode, shop: Shop
) -> None:
    talk = talk_with(shop, f"await tools.lookUp({{ key: 'x' }}); await {PAY}", kind, mode, "memory")
    talk.memory = None
    with pytest.raises(SetupError, match=r"needs a checkpointer.*create_agent\(..., checkpointer="):
        talk.start()
    assert not shop.counts()


@pytest.mark.parametrize("saver", SAVERS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_answers_one_question(kind: Kind, mode: Mode, saver: Saver, shop: Shop) -> None:
    source = """
    for (const to of ["a", "b", "c"]) await tools.pay({ to, amount: 1 });
    """
    talk = talk_with(shop, source, kind, mode, saver)
    talk.start()
    talk.send(None)  # Invoked again without an answer: nothing happens.
    assert not shop.counts()
    talk.decide(APPROVE)
    for _ in range(2):
        talk.send(None)  # LangGraph would give the first answer to the second question.
        assert shop.counts() == {"pay a 1": 1}
        assert talk.question["action_requests"][0]["args"]["to"] == "b"
    talk.decide({"type": "reject"})
    assert shop.counts() == {"pay a 1": 1}


def test_an_answer_to_a_finished_script_does_nothing(shop: Shop) -> None:
    talk = talk_with(shop, f"await {PAY}", "create_agent", "invoke", "sqlite")
    talk.start()
    talk.decide(APPROVE)
    talk.decide(APPROVE)
    assert shop.counts() == {"pay a 1": 1}


def test_a_new_message_gives_a_paused_script_up(shop: Shop) -> None:
    talk = talk_with(shop, f"await {PAY}", "create_deep_agent", "invoke", "sqlite")
    talk.start()
    talk.send({"messages": [("user", "forget it")]})
    assert not talk.waits
    assert not shop.counts()


@pytest.mark.parametrize("mode", MODES)
def test_scripts_of_one_message_are_asked_about_apart(mode: Mode, shop: Shop) -> None:
    sources = [
        f"const pay = (amount) => tools.pay({{ to: '{to}', amount }}); await pay(1) + await pay(2)"
        for to in ("a", "b")
    ]
    talk = talk_with(shop, "", "create_agent", mode, "sqlite")
    talk.model = parallel_programs(sources)
    asked = {i.value["action_requests"][0]["args"]["to"]: i for i in talk.start()["__interrupt__"]}
    first, second = asked["a"], asked["b"]

    with pytest.raises(RuntimeError, match="specify the interrupt id"):
        talk.decide(APPROVE)
    with pytest.raises(DecisionError):
        talk.answer({first.id: {"decisions": [APPROVE]}, second.id: {"decisions": []}})
    # One was answered well, and stays answered; its next question is there beside the other's.
    assert shop.counts() == {"pay a 1": 1}
    assert len({str(i.value["action_requests"]) for i in talk.pending()}) == 2

    for _ in range(2):
        talk.answer({i.id: {"decisions": [APPROVE]} for i in talk.pending()})
    assert shop.counts() == {f"pay {to} {amount}": 1 for to in "ab" for amount in (1, 2)}
    assert [m.text for m in talk.last["messages"][2:4]] == [
        f"<result>paid 1 to {to}paid 2 to {to}</result>" for to in "ab"
    ]


def gated_agent(create: Any, shop: Shop, **options: Any) -> Any:
    source = "await tools.lookUp({ key: 'x' })"
    return create(
        model=programs(source), tools=shop.tools(), checkpointer=InMemorySaver(), **options
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("asking", ["batched", "per_call"])
@pytest.mark.parametrize("first", [True, False])
def test_an_agent_that_asks_people_must_say_what_programs_ask(
    mode: Mode, asking: Any, first: bool, shop: Shop
) -> None:
    def start(**told: Any) -> None:
        ours = CodeInterpreterMiddleware(ptc=["look_up"], **told)
        theirs = HumanInTheLoopMiddleware({"look_up": True}, interrupt_mode=asking)
        talk = talk_with(shop, "await tools.lookUp({ key: 'x' })", "create_agent", mode, "memory")
        order = [ours, theirs] if first else [theirs, ours]
        talk.agent_options = {"tools": shop.tools(), "middleware": order}
        talk.start()

    with pytest.raises(SetupError, match=r"asks people before it calls \['look_up'\]"):
        start()
    with pytest.raises(SetupError, match=r"asks people before it calls \['look_up'\]"):
        start(interrupt_on={})
    assert not shop.counts()
    start(interrupt_on={"look_up": True})
    assert not shop.counts()


@pytest.mark.parametrize("mode", MODES)
def test_a_deep_agent_that_asks_people_must_say_what_programs_ask(mode: Mode, shop: Shop) -> None:
    def start(gates: Any, **told: Any) -> None:
        ours = CodeInterpreterMiddleware(ptc=["look_up"], **told)
        source = "await tools.lookUp({ key: 'x' })"
        talk = talk_with(shop, source, "create_deep_agent", mode, "memory")
        talk.agent_options = {"tools": shop.tools(), "middleware": [ours], "interrupt_on": gates}
        talk.start()

    with pytest.raises(SetupError, match=r"asks people before it calls \['look_up'\]"):
        start({"look_up": True})
    start({"look_up": True}, interrupt_on={"look_up": True})
    assert not shop.counts()
    start({"pay": True})  # What programs cannot call does not matter.
    start({"look_up": True}, interrupt_on={"look_up": False})
    assert shop.counts() == {"look_up x": 2}


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_that_asks_by_itself_does_not_run_unasked(mode: Mode, shop: Shop) -> None:
    ours = CodeInterpreterMiddleware(ptc=["look_up"], interrupt_on={"look_up": False})
    theirs = HumanInTheLoopMiddleware({"look_up": True}, interrupt_mode="per_call")
    talk = talk_with(shop, "", "create_agent", mode, "memory")
    talk.model = programs("await tools.lookUp({ key: 'x' })")
    talk.agent_options = {"tools": shop.tools(), "middleware": [ours, theirs]}
    talk.start()
    assert talk.question["type"] == "tool_approval"
    assert not shop.counts()
    talk.answer({"type": "approve"})
    assert shop.counts() == {"look_up x": 1}


@pytest.mark.parametrize("mode", MODES)
def test_a_subagent_can_pause_too(mode: Mode, shop: Shop) -> None:
    source = "for (const to of ['a', 'b']) await tools.pay({ to, amount: 1 });"
    interpreter = CodeInterpreterMiddleware(ptc=shop.tools(), interrupt_on={"pay": True})
    worker = {
        "name": "worker",
        "description": "Works.",
        "system_prompt": "Work.",
        "model": programs(source),
        "middleware": [interpreter],
    }
    task = ("task", {"description": "pay", "subagent_type": "worker"})
    talk = talk_with(shop, "", "create_deep_agent", mode, "sqlite")
    talk.model = type(programs())(turns=[[task]])
    talk.agent_options = {"subagents": [worker], "middleware": []}
    talk.start()
    talk.decide(APPROVE)
    talk.send(None)
    assert shop.counts() == {"pay a 1": 1}
    talk.send(Command(resume={"decisions": [APPROVE]}))
    assert shop.counts() == {"pay a 1": 1, "pay b 1": 1}
    assert talk.last["messages"][-1].text == "done"
