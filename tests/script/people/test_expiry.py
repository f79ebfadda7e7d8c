"""Calls about which nobody answers in time: they are rejected, with that as the reason."""

from __future__ import annotations

import math
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain.agents.middleware.human_in_the_loop import ActionRequest, ReviewConfig
from langchain_core.tools import tool
from langgraph.types import interrupt

from langchain_quickjs import (
    CodeInterpreterMiddleware,
    Limits,
    SetupError,
    create_script_graph,
)
from langchain_quickjs.script.arguments.tool_arguments import arguments_of
from langchain_quickjs.script.flow.call_ids import CallNames
from langchain_quickjs.script.flow.inputs import Manner, Rules
from langchain_quickjs.script.flow.open_calls import OpenCalls
from langchain_quickjs.script.state import AwaitingCall
from langchain_quickjs.script.telling.descriptions import Program
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.databases import Server, named
from tests.helpers.models import ScriptedModel
from tests.helpers.nurseries import Nursery
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

SOON_S, LONG_S = 0.01, 3600.0
YES: Any = {"decisions": [APPROVE]}
TWO = """
const say = (error) => `${error.name}: ${error.message}`;
const pay = (tool, to) => tool({ to, amount: 1 }).catch(say);
(await Promise.all([pay(tools.pay, "soon"), pay(tools.wire, "long")])).join("; ")
"""
UNTIL = r"Nobody decided by 20[\d.:T+-]+ about this call of `pay`"
LATE = rf"RejectedError: {UNTIL}, so it"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


def talk_with(
    shop: Shop, kind: Kind, mode: Mode, soon_s: float = SOON_S, **options: Any
) -> Conversation:
    """A thread whose calls of `pay` expire after `soon_s`, and those of `wire` much later."""

    @tool
    def wire(to: str, amount: float) -> str:
        """Pays somebody in another way."""
        shop.note(f"wire {to} {amount:g}")
        return f"wired {amount:g} to {to}"

    allowed = ["approve", "edit", "reject"]
    gates: Any = {
        "pay": {"allowed_decisions": allowed, "expires_after_s": soon_s},
        "wire": {"allowed_decisions": allowed, "expires_after_s": LONG_S},
    }
    tools = [*shop.tools(), wire]
    return Conversation(kind, mode, shop.log.with_name("db"), TWO, tools, gates, options)


def expire() -> None:
    time.sleep(2 * SOON_S)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_question_says_until_when(kind: Kind, mode: Mode, shop: Shop) -> None:
    talk = talk_with(shop, kind, mode, 60, ask="each")
    before = datetime.now(UTC)
    talk.start()
    soon, long = (item.value for item in talk.pending())
    for value, after_s in ((soon, 60), (long, LONG_S)):
        asked, expires = map(datetime.fromisoformat, (value["asked_at"], value["expires_at"]))
        assert (expires - asked).total_seconds() == after_s
        assert asked >= before.replace(microsecond=before.microsecond // 1000 * 1000)
        assert value["review_configs"][0]["expires_at"] == value["expires_at"]
    talk.send(None)
    assert [item.value for item in talk.pending()] == [soon, long]  # Nothing is over.
    talk.options = {"ask": "together"}
    talk.thread = "together"
    talk.start()
    earliest = min(review["expires_at"] for review in talk.question["review_configs"])
    assert talk.question["expires_at"] == earliest


@pytest.mark.parametrize("answer", ["approve", "unfit", "other", "none"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_answered_then_it_is_rejected(
    kind: Kind, mode: Mode, answer: str, shop: Shop
) -> None:
    talk = talk_with(shop, kind, mode, ask="each")
    talk.start()
    soon, long = talk.pending()
    expire()
    if answer == "none":
        talk.send(None)
    elif answer == "other":
        talk.answer({long.id: YES})
    else:
        talk.answer({soon.id: YES if answer == "approve" else "nonsense"})
    if answer != "other":
        assert [item.id for item in talk.pending()] == [long.id]
        talk.answer({long.id: YES})
    assert not talk.waits
    assert re.search(f"{LATE}.*; wired 1 to long", talk.text, re.DOTALL)
    assert shop.counts() == {"wire long 1": 1}
    if kind != "graph":  # The model hears of it, although the program has caught the error.
        assert re.match(UNTIL, talk.text)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_of_calls_that_wait_together_only_those_are_rejected(
    kind: Kind, mode: Mode, shop: Shop
) -> None:
    talk = talk_with(shop, kind, mode)
    talk.start()
    expire()
    talk.send(None)  # The other one is not decided, so people are still asked about both.
    assert len(talk.question["action_requests"]) == 2
    talk.refuse({"decisions": ["nonsense", "nonsense"]}, "Decision 2 ")
    edited = {"name": "wire", "args": {"to": "other", "amount": 2}}
    talk.decide(APPROVE, {"type": "edit", "edited_action": edited})
    assert re.search(f"{LATE}.*; wired 2 to other", talk.text, re.DOTALL)
    assert shop.counts() == {"wire other 2": 1}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_all_that_wait_together_are_rejected(kind: Kind, mode: Mode, shop: Shop) -> None:
    talk = talk_with(shop, kind, mode)
    talk.source = TWO.replace("tools.wire", "tools.pay")
    talk.start()
    expire()
    talk.send(None)
    assert not talk.waits
    assert len(re.findall(LATE, talk.text)) == 2
    assert not shop.counts()


@pytest.mark.parametrize("mode", MODES)
def test_who_is_asked_later_has_as_much_time(mode: Mode, shop: Shop) -> None:
    talk = talk_with(shop, "create_agent", mode, 60, ask="one_by_one")
    talk.source = TWO.replace("tools.pay", "tools.look").replace("tools.wire", "tools.pay")
    talk.source = talk.source.replace("tools.look", "tools.wire")
    talk.start()
    first = talk.question
    expire()
    talk.answer(YES)
    second = talk.question
    assert [q["action_requests"][0]["name"] for q in (first, second)] == ["wire", "pay"]
    asked, expires = map(datetime.fromisoformat, (second["asked_at"], second["expires_at"]))
    assert (expires - asked).total_seconds() == 60
    assert asked > datetime.fromisoformat(first["asked_at"])


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_the_models_own_calls_expire_too(mode: Mode, answered: bool, shop: Shop) -> None:
    talk = talk_with(shop, "create_agent", mode)
    ours = CodeInterpreterMiddleware(interrupt_on={"pay": talk.interrupt_on["pay"]})  # type: ignore[index]  # there are gates
    talk.agent_options = {"tools": shop.tools(), "middleware": [ours]}
    talk.model = ScriptedModel(turns=[[("pay", {"to": "a", "amount": 1})]])
    asked = talk.start()["__interrupt__"][0].value
    times = [datetime.fromisoformat(asked[key]) for key in ("asked_at", "expires_at")]
    assert (times[1] - times[0]).total_seconds() == SOON_S
    expire()
    talk.send(None) if not answered else talk.answer(YES)
    assert not talk.waits
    assert "Nobody decided by" in talk.text
    assert not shop.counts()


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_in_time_holds(mode: Mode, shop: Shop) -> None:
    """Also when the call is still at work after the time: here its tool asks people by itself."""

    @tool
    def pay(to: str) -> str:
        """Pays, in a way that somebody chooses."""
        shop.note(f"pay {to} {interrupt('How?')}")
        return "paid"

    def agent(after_s: float) -> dict[str, Any]:
        gate: Any = {"allowed_decisions": ["approve"], "expires_after_s": after_s}
        return {
            "tools": [pay],
            "middleware": [CodeInterpreterMiddleware(interrupt_on={"pay": gate})],
        }

    talk = talk_with(shop, "create_agent", mode)
    talk.model = ScriptedModel(turns=[[("pay", {"to": "a"})]])
    talk.agent_options = agent(LONG_S)
    talk.start()
    talk.answer(YES)
    assert [item.value for item in talk.pending()] == ["How?"]
    expire()
    talk.agent_options = agent(SOON_S)
    talk.answer("in cash")
    assert shop.counts() == {"pay a in cash": 1}


@pytest.mark.parametrize("wrong", [0, -1, math.nan, math.inf, True, "60", None, 1e12])
def test_times_that_are_none_are_refused(wrong: Any, shop: Shop) -> None:
    gates: Any = {"pay": {"allowed_decisions": ["approve"], "expires_after_s": wrong}}
    problem = r"`expires_after_s` .* must be a number of seconds"
    with pytest.raises(SetupError, match=problem):
        create_script_graph(shop.tools(), interrupt_on=gates)
    with pytest.raises(SetupError, match=problem):
        CodeInterpreterMiddleware(ptc=["pay"], interrupt_on=gates)
    talk = talk_with(shop, "create_agent", "invoke")
    talk.source, theirs = PAY, HumanInTheLoopMiddleware(gates)
    ours = CodeInterpreterMiddleware(ptc=["pay"])
    talk.agent_options = {"tools": shop.tools(), "middleware": [ours, theirs]}
    with pytest.raises(SetupError, match=problem):
        talk.start()


PAY = "await tools.pay({ to: 'a', amount: 1 }).catch((error) => `${error.name}: ${error.message}`)"


@pytest.mark.parametrize("mode", MODES)
def test_what_the_agent_itself_asks_about_expires_in_programs(mode: Mode, shop: Shop) -> None:
    gates: Any = {"pay": {"allowed_decisions": ["approve"], "expires_after_s": SOON_S}}
    talk = talk_with(shop, "create_agent", mode)
    talk.source = PAY
    theirs, ours = HumanInTheLoopMiddleware(gates), CodeInterpreterMiddleware(ptc=["pay"])
    talk.agent_options = {"tools": shop.tools(), "middleware": [theirs, ours]}
    talk.start()
    expire()
    talk.send(None)
    assert re.search(LATE, talk.text)


def test_the_time_is_that_of_the_clock_that_was_given() -> None:
    manner = Manner("each", clock=lambda: 1_700_000_000.0)
    expiries = {"pay": 5.0}
    rules = Rules("s", {}, Limits(), arguments_of, expiries=expiries, manner=manner)
    calls = OpenCalls(rules, CallNames("s", ""))
    for number, name in enumerate(("pay", "wire")):
        action = ActionRequest(name=name, args={}, description="")
        review = ReviewConfig(action_name=name, allowed_decisions=["approve"])
        call: AwaitingCall = {
            "id": number,
            "tool_call_id": f"s:{number}",
            "action": action,
            "review": review,
            "rounds": 0,
        }
        calls.awaiting.append(call)
    calls.ask(Program("s", "", (), ""))
    found = [question["interrupt"].value for question in calls.questions]
    assert [value["asked_at"] for value in found] == ["2023-11-14T22:13:20.000+00:00"] * 2
    assert [value.get("expires_at") for value in found] == ["2023-11-14T22:13:25.000+00:00", None]


def in_a_process(database: str, log: str, answer: Any) -> Any:
    """One worker: starts the thread, or answers one of its questions; gives what waits then."""
    shop = Shop(Path(log))
    talk = talk_with(shop, "create_agent", "invoke", ask="each")
    talk.source = """
    const say = (error) => `${error.name}: ${error.message}`;
    const first = tools.pay({ to: "first", amount: 1 }).catch(say);
    const [second, third] = ["second", "third"].map((to) => tools.wire({ to, amount: 1 }));
    const after = (await Promise.all([first, second, third.catch(say)])).join("; ");
    after
    """
    talk.database = named(database)
    if answer is None:
        talk.start()
    else:
        talk.answer(answer)
    if not talk.waits:
        return talk.text
    items = talk.pending()
    return {item.value["action_requests"][0]["args"]["to"]: item.id for item in items}


@pytest.mark.parametrize("late", ["answered", "passed over"])
@pytest.mark.parametrize("saver", ["sqlite", "postgres"])
def test_three_processes_answer_one_of_three_each(
    saver: str, late: str, request: pytest.FixtureRequest, nursery: Nursery, tmp_path: Path
) -> None:
    """Must show 4: three parallel approvals, one of them expired."""
    database = str(tmp_path / "db")
    if saver == "postgres":
        postgres: Server = request.getfixturevalue("postgres")
        database = postgres.database()
    worker = nursery.of(in_a_process)

    def process(answer: Any) -> Any:
        return worker.live(database, str(tmp_path / "log"), answer)

    asked = process(None)
    assert set(asked) == {"first", "second", "third"}
    expire()
    if late == "answered":
        left = process({asked["first"]: YES})
        assert left == {to: asked[to] for to in ("second", "third")}
    left = process({asked["third"]: {"decisions": [{"type": "reject", "message": "Not you."}]}})
    assert left == {"second": asked["second"]}
    text = process({asked["second"]: YES})
    assert re.search(rf"{LATE}.*; wired 1 to second; RejectedError: .*Not you\.", text, re.DOTALL)
    assert Shop(tmp_path / "log").counts() == {"wire second 1": 1}
