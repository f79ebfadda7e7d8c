"""A call that needs a decision never runs without one, whatever script or developer do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langgraph.types import Command
from pydantic import ValidationError

from langchain_quickjs import CodeInterpreterMiddleware, SetupError
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.databases import Database
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


def talk_with(
    shop: Shop, source: str, kind: Kind, mode: Mode, database: Database | None = None
) -> Conversation:
    return Conversation(kind, mode, database, source, shop.tools(), {"pay": True})


@pytest.mark.parametrize("dodge", DODGES)
@pytest.mark.parametrize("mode", MODES)
def test_nothing_gets_around_the_pause(dodge: str, mode: Mode, shop: Shop) -> None:
    source = f"let noticed = false, decided = false;\n{DODGES[dodge]}\n'noticed: ' + noticed"
    talk = talk_with(shop, source, "graph", mode)
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
    talk = talk_with(shop, source, "create_agent", "invoke")
    talk.start()
    assert not talk.waits
    assert talk.text.startswith('<error type="Error">no')
    assert shop.counts() == {"look_up x": 1}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_checkpointer_the_error_says_what_to_add(
    kind: Kind, mode: Mode, shop: Shop
) -> None:
    talk = talk_with(shop, f"await tools.lookUp({{ key: 'x' }}); await {PAY}", kind, mode)
    talk.memory = None
    with pytest.raises(SetupError, match=r"needs a checkpointer.*create_agent\(..., checkpointer="):
        talk.start()
    assert not shop.counts()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_answers_one_question(
    kind: Kind, mode: Mode, database: Database | None, shop: Shop
) -> None:
    source = """
    for (const to of ["a", "b", "c"]) await tools.pay({ to, amount: 1 });
    """
    talk = talk_with(shop, source, kind, mode, database)
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
    talk = talk_with(shop, f"await {PAY}", "create_agent", "invoke", shop.log.with_name("db"))
    talk.start()
    talk.decide(APPROVE)
    talk.decide(APPROVE)
    assert shop.counts() == {"pay a 1": 1}


def test_a_new_message_gives_a_paused_script_up(shop: Shop) -> None:
    talk = talk_with(shop, f"await {PAY}", "create_deep_agent", "invoke", shop.log.with_name("db"))
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
    talk = talk_with(shop, "", "create_agent", mode, shop.log.with_name("db"))
    talk.model = parallel_programs(sources)
    talk.options = {"mode": "call"}  # Where programs share variables, the second would not run.
    talk.options = {"mode": "call"}  # Programs that share variables run one after the other.
    asked = {i.value["action_requests"][0]["args"]["to"]: i for i in talk.start()["__interrupt__"]}
    first, second = asked["a"], asked["b"]

    with pytest.raises(RuntimeError, match="specify the interrupt id"):
        talk.decide(APPROVE)
    talk.answer({first.id: {"decisions": [APPROVE]}, second.id: {"decisions": []}})
    assert ["refused" in i.value for i in talk.pending() if i.id == second.id] == [True]
    # One was answered well, and stays answered; its next question is there beside the other's.
    assert shop.counts() == {"pay a 1": 1}
    assert len({str(i.value["action_requests"]) for i in talk.pending()}) == 2

    for _ in range(2):
        talk.answer({i.id: {"decisions": [APPROVE]} for i in talk.pending()})
    assert shop.counts() == {f"pay {to} {amount}": 1 for to in "ab" for amount in (1, 2)}
    assert [m.text for m in talk.last["messages"][2:4]] == [
        f"<result>paid 1 to {to}paid 2 to {to}</result>" for to in "ab"
    ]


LOOK = "await tools.lookUp({ key: 'x' })"


def gated_talk(
    shop: Shop, mode: Mode, middleware: list[Any], source: str = LOOK, **options: Any
) -> Conversation:
    kind: Kind = "create_deep_agent" if options else "create_agent"
    talk = talk_with(shop, source, kind, mode, shop.log.with_name("db"))
    talk.agent_options = {"tools": shop.tools(), "middleware": middleware, **options}
    return talk


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("asking", ["batched", "per_call"])
@pytest.mark.parametrize("first", [True, False])
def test_what_the_agent_asks_its_model_it_asks_programs(
    mode: Mode, asking: Any, first: bool, shop: Shop
) -> None:
    ours = CodeInterpreterMiddleware(ptc=["look_up", "pay"])
    theirs = HumanInTheLoopMiddleware(
        {"look_up": {"allowed_decisions": ["approve", "reject"]}, "pay": False},
        description_prefix="May I?",
        interrupt_mode=asking,
    )
    source = f"{PAY}; {LOOK}"
    talk = gated_talk(shop, mode, [ours, theirs] if first else [theirs, ours], source)
    talk.start()
    question = talk.question
    assert shop.counts() == {"pay a 1": 1}
    native = asking == "per_call" and first
    shown = question if native else question["action_requests"][0]
    if native:
        assert shown["description"] == "May I?\n\nTool: look_up\nArgs: {'key': 'x'}"
    else:
        first_line, preface = shown["description"].split("\n\n")[:2]
        assert (first_line, preface) == ('look_up(key: "x"), asked by a program, line 1', "May I?")
    assert "A person has to approve: `tools.lookUp`" in talk.prompt
    answer = {"type": "respond", "message": "no"}
    if native:
        with pytest.raises(ValidationError):
            talk.answer(answer)
    else:
        talk.refuse({"decisions": [answer]}, "must have a type out of")
    talk.answer(APPROVE if native else {"decisions": [APPROVE]})
    assert not talk.waits  # Asked once, wherever the other middleware stands.
    assert shop.counts() == {"pay a 1": 1, "look_up x": 1}


@pytest.mark.parametrize("mode", MODES)
def test_the_agents_own_conditions_count(mode: Mode, shop: Shop) -> None:
    gate: Any = {
        "allowed_decisions": ["approve", "edit"],
        "when": lambda request: request.tool_call["args"]["key"] == "x",
        "description": lambda call, state, runtime: f"{call['args']['key']}?",
    }
    theirs = HumanInTheLoopMiddleware({"look_up": gate})
    ours = CodeInterpreterMiddleware(ptc=["look_up"])
    source = f"await tools.lookUp({{ key: 'y' }}); {LOOK}"
    talk = gated_talk(shop, mode, [theirs, ours], source)
    talk.start()
    assert talk.question["action_requests"][0]["description"] == "x?"
    talk.decide({"type": "edit", "edited_action": {"name": "look_up", "args": {"key": "z"}}})
    assert shop.counts() == {"look_up y": 1, "look_up z": 1}


@pytest.mark.parametrize("mode", MODES)
def test_a_deep_agents_gates_hold_for_programs(mode: Mode, shop: Shop) -> None:
    gates = {"look_up": True, "write_file": True}
    ours = CodeInterpreterMiddleware(ptc=["look_up", "pay"])
    talk = gated_talk(shop, mode, [ours], f"{PAY}; {LOOK}", interrupt_on=gates)
    talk.start()
    assert talk.question["action_requests"][0]["name"] == "look_up"
    assert shop.counts() == {"pay a 1": 1}
    talk.decide({"type": "reject"})
    assert shop.counts() == {"pay a 1": 1}


@pytest.mark.parametrize("mode", MODES)
def test_what_is_said_about_programs_counts_for_programs(mode: Mode, shop: Shop) -> None:
    ours = CodeInterpreterMiddleware(ptc=["look_up"], interrupt_on={"look_up": False})
    talk = gated_talk(shop, mode, [ours], interrupt_on={"look_up": True})
    talk.start()
    assert shop.counts() == {"look_up x": 1}


def test_gates_without_a_checkpointer_are_refused(shop: Shop) -> None:
    ours = CodeInterpreterMiddleware(ptc=["look_up"])
    talk = gated_talk(shop, "invoke", [ours, HumanInTheLoopMiddleware({"look_up": True})])
    talk.database = talk.memory = None
    with pytest.raises(SetupError, match="needs a checkpointer"):
        talk.start()
    assert not shop.counts()


def test_two_gates_for_one_tool_are_one_too_many(shop: Shop) -> None:
    class Other(HumanInTheLoopMiddleware[Any, Any, Any]):
        """Asks as well."""

    gates = [HumanInTheLoopMiddleware({"look_up": True}), Other({"look_up": True})]
    ours = CodeInterpreterMiddleware(ptc=["look_up"])
    with pytest.raises(SetupError, match="two ways of asking people about calls of 'look_up'"):
        gated_talk(shop, "invoke", [ours, *gates]).start()
    assert not shop.counts()


@pytest.mark.parametrize("mode", MODES)
def test_a_tool_that_asks_by_itself_does_not_run_unasked(mode: Mode, shop: Shop) -> None:
    ours = CodeInterpreterMiddleware(ptc=["look_up"], interrupt_on={"look_up": False})
    theirs = HumanInTheLoopMiddleware({"look_up": True}, interrupt_mode="per_call")
    talk = talk_with(shop, "", "create_agent", mode)
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
    talk = talk_with(shop, "", "create_deep_agent", mode, shop.log.with_name("db"))
    talk.model = type(programs())(turns=[[task]])
    talk.agent_options = {"subagents": [worker], "middleware": []}
    talk.start()
    talk.decide(APPROVE)
    talk.send(None)
    assert shop.counts() == {"pay a 1": 1}
    talk.send(Command(resume={"decisions": [APPROVE]}))
    assert shop.counts() == {"pay a 1": 1, "pay b 1": 1}
    assert talk.last["messages"][-1].text == "done"
