"""A person's yes is for one call, once: whatever crashes, fails or is delivered twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from langchain.tools import InjectedToolCallId
from langchain_core.tools import BaseTool, tool
from langgraph.types import Command

from langchain_quickjs import AlreadyAnsweredError, CodeInterpreterMiddleware
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.databases import Database, Server, named
from tests.helpers.models import ScriptedModel
from tests.helpers.nurseries import Children, Nursery
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

Durability = Literal["pause", "call"]
DURABILITIES: list[Durability] = ["pause", "call"]
REJECT = {"type": "reject"}

PAY = 'await tools.pay({ to: "ann", amount: 5 });'


def crashing_tools(folder: Path) -> list[BaseTool]:
    """The shop's tools, and tools that end the run in several ways, until they may not."""
    shop = Shop(folder / "log")

    def times(what: str) -> int:
        shop.note(what)
        return shop.counts()[what]

    @tool
    def fail(until: int) -> str:
        """Fails so many times."""
        if times("fail") <= until:
            raise ConnectionError("the road is closed")
        return "through"

    @tool
    def die(until: int) -> str:
        """Takes the process along so many times."""
        if times("die") <= until:
            os.kill(os.getpid(), signal.SIGKILL)
        return "alive"

    @tool
    def wire(to: str, number: Annotated[str, InjectedToolCallId]) -> str:
        """Pays, and takes the process along before anybody learns of it, the first time."""
        if times(f"wire {to}") == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return f"wired to {to}"

    @tool
    def charge(to: str) -> str:
        """Pays, and fails afterwards."""
        times(f"charge {to}")
        raise TimeoutError("nobody knows")

    return [*shop.tools(), fail, die, wire, charge]


def talk_in(
    folder: Path,
    kind: Kind,
    mode: Mode,
    durability: Durability,
    source: str,
    database: Database | None = None,
) -> Conversation:
    gates = {"pay": True, "wire": True, "charge": True}
    tools, options = crashing_tools(folder), {"durability": durability}
    return Conversation(kind, mode, database or folder / "db", source, tools, gates, options)


def yes(talk: Conversation, decision: Any = APPROVE) -> dict[str, Any]:
    return {
        item.id: {"decisions": [decision] * len(item.value["action_requests"])}
        for item in talk.pending()
    }


@pytest.mark.parametrize("durability", DURABILITIES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_uncaught_exception_after_it(
    kind: Kind, mode: Mode, durability: Durability, tmp_path: Path
) -> None:
    source = f"const paid = {PAY} [paid, await tools.fail({{ until: 5 }})].join()"
    talk = talk_in(tmp_path, kind, mode, durability, source)
    talk.start()
    given = yes(talk)
    with pytest.raises(ConnectionError):
        talk.answer(given)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            talk.send(None)
    for _ in range(2):  # Nobody works on the first answer any more, so its delivery goes on too.
        with pytest.raises(ConnectionError):
            talk.answer(given)
    talk.send(None)
    assert "paid 5 to ann,through" in talk.text
    assert Shop(tmp_path / "log").counts() == {"pay ann 5": 1, "fail": 6}


@pytest.mark.parametrize("durability", DURABILITIES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ending", ["while (true) {}", "new Array(1e9).fill(1)", "undefined_name"])
def test_a_limit_or_an_error_after_it(
    ending: str, mode: Mode, durability: Durability, tmp_path: Path
) -> None:
    talk = talk_in(tmp_path, "create_agent", mode, durability, f"{PAY} {ending}")
    talk.options = {**talk.options, "timeout": 0.2}
    talk.start()
    given = yes(talk)
    talk.answer(given)
    assert "<error" in talk.text
    redelivery: Command[Any] = Command(resume=given)
    for again in (None, redelivery, None, redelivery, None):
        talk.send(again)
    assert Shop(tmp_path / "log").counts() == {"pay ann 5": 1}


@pytest.mark.parametrize("durability", DURABILITIES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_approved_call_that_fails_is_not_made_again(
    kind: Kind, mode: Mode, durability: Durability, tmp_path: Path
) -> None:
    """What raised may have had its effect. A person said yes once."""
    talk = talk_in(tmp_path, kind, mode, durability, 'await tools.charge({ to: "ann" })')
    talk.start()
    given = yes(talk)
    with pytest.raises(TimeoutError):
        talk.answer(given)
    talk.send(None)
    assert "TimeoutError" in talk.text
    assert "nobody knows" in talk.text
    assert Shop(tmp_path / "log").counts() == {"charge ann": 1}


@pytest.mark.parametrize("durability", DURABILITIES)
@pytest.mark.parametrize("mode", MODES)
def test_a_program_cannot_provoke_it_again(
    mode: Mode, durability: Durability, tmp_path: Path
) -> None:
    """Each call of the program is one question, however alike the calls are."""
    source = """
    const said = [];
    for (let i = 0; i < 3; i++) {
      try { said.push(await tools.charge({ to: "ann" })); } catch (error) { said.push(error.name); }
    }
    said.join()
    """
    talk = talk_in(tmp_path, "create_agent", mode, durability, source)
    talk.start()
    first = yes(talk)
    talk.answer(first)
    second = yes(talk)
    assert first.keys().isdisjoint(second)
    talk.answer(first)  # It comes again, and decides nothing.
    assert yes(talk).keys() == second.keys()
    assert Shop(tmp_path / "log").counts() == {"charge ann": 1}
    talk.answer(yes(talk, REJECT))
    talk.answer(yes(talk, REJECT))
    assert "TimeoutError,RejectedError,RejectedError" in talk.text
    assert Shop(tmp_path / "log").counts() == {"charge ann": 1}


def live(
    folder: str, kind: Kind, mode: Mode, durability: Durability, source: str, decision: Any
) -> Any:
    """A process of its own: begins, answers what is asked, or goes on; gives what it came to."""
    talk = talk_in(Path(folder), kind, mode, durability, source)
    if not talk.values():
        talk.start()
    elif talk.pending() and decision is not None:
        talk.answer(yes(talk, decision))
    else:
        talk.send(None)
    asked = [item.value["action_requests"] for item in talk.last.get("__interrupt__", ())]
    return {"asked": asked} if asked else {"text": talk.text}


@pytest.fixture
def children(nursery: Nursery) -> Children:
    return nursery.of(live)


@pytest.mark.parametrize("durability", DURABILITIES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_dies_after_it(
    kind: Kind, mode: Mode, durability: Durability, children: Children, tmp_path: Path
) -> None:
    source = f"const paid = {PAY} [paid, await tools.die({{ until: 5 }})].join()"

    def lives(decision: Any) -> Any:
        return children.live(str(tmp_path), kind, mode, durability, source, decision)

    assert lives(None)["asked"]
    for decision in (APPROVE, APPROVE, None, REJECT, None):
        assert lives(decision) is None
    assert "paid 5 to ann,alive" in lives(None)["text"]
    assert Shop(tmp_path / "log").counts() == {"pay ann 5": 1, "die": 6}


@pytest.mark.parametrize("decision", [APPROVE, REJECT])
@pytest.mark.parametrize("durability", DURABILITIES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_dies_in_it(
    kind: Kind,
    mode: Mode,
    durability: Durability,
    decision: Any,
    children: Children,
    tmp_path: Path,
) -> None:
    """Nobody knows whether the call took effect, so the person is asked about it once more."""
    source = 'await tools.wire({ to: "ann" }).catch((error) => error.name)'

    def lives(decision: Any) -> Any:
        return children.live(str(tmp_path), kind, mode, durability, source, decision)

    (((first,),),) = (lives(None)["asked"],)
    assert lives(APPROVE) is None
    (((second,),),) = (lives(None)["asked"],)
    assert second["args"] == first["args"]
    assert "may have taken effect" in second["description"]
    assert Shop(tmp_path / "log").counts() == {"wire ann": 1}
    text = lives(decision)["text"]
    approved = decision is APPROVE
    assert ("wired to ann" if approved else "RejectedError") in text
    assert Shop(tmp_path / "log").counts() == {"wire ann": 2 if approved else 1}


# --- calls that the model makes itself ---------------------------------------------------------


def direct_talk(folder: Path, mode: Mode, call: tuple[str, dict[str, Any]]) -> Conversation:
    """The model calls a tool itself, which the middleware's `interrupt_on` names."""
    talk = talk_in(folder, "create_agent", mode, "pause", "")
    ours = CodeInterpreterMiddleware(ptc=talk.tools, interrupt_on=talk.interrupt_on)
    talk.agent_options = {"middleware": [ours], "tools": talk.tools}
    talk.model = ScriptedModel(turns=[[call]])
    return talk


@pytest.mark.parametrize("mode", MODES)
def test_a_direct_call_that_fails_is_not_made_again(mode: Mode, tmp_path: Path) -> None:
    talk = direct_talk(tmp_path, mode, ("charge", {"to": "ann"}))
    talk.start()
    given = yes(talk)
    with pytest.raises(TimeoutError):
        talk.answer(given)
    talk.send(None)
    assert talk.text == "TimeoutError: nobody knows"
    talk.answer(given)
    assert Shop(tmp_path / "log").counts() == {"charge ann": 1}


def live_directly(folder: str, mode: Mode, decision: Any) -> Any:
    """A process of its own in which the model calls a tool itself."""
    talk = direct_talk(Path(folder), mode, ("wire", {"to": "ann"}))
    if not talk.values():
        talk.start()
    elif decision is not None:
        talk.answer(yes(talk, decision))
    else:
        talk.send(None)
    asked = [item.value["action_requests"] for item in talk.last.get("__interrupt__", ())]
    return {"asked": asked} if asked else {"text": talk.text}


@pytest.mark.parametrize("decision", [APPROVE, REJECT])
@pytest.mark.parametrize("mode", MODES)
def test_a_process_that_dies_in_a_direct_call(
    mode: Mode, decision: Any, nursery: Nursery, tmp_path: Path
) -> None:
    children = nursery.of(live_directly)
    assert children.live(str(tmp_path), mode, None)["asked"]
    assert children.live(str(tmp_path), mode, APPROVE) is None
    (((second,),),) = (children.live(str(tmp_path), mode, None)["asked"],)
    assert "may have taken effect" in second["description"]
    text = children.live(str(tmp_path), mode, decision)["text"]
    approved = decision is APPROVE
    assert ("wired to ann" if approved else "may have taken effect") in text
    assert Shop(tmp_path / "log").counts() == {"wire ann": 2 if approved else 1}


@pytest.mark.parametrize("decision", [APPROVE, REJECT])
def test_a_direct_call_is_answered_while_it_runs(decision: Any, tmp_path: Path) -> None:
    @tool
    def pay(to: str) -> str:
        """Pays; somebody answers once more meanwhile."""
        Shop(tmp_path / "log").note(f"pay {to}")
        with pytest.raises(AlreadyAnsweredError):
            talking().answer(decided(given, decision))
        return f"paid {to}"

    def talking() -> Conversation:
        talk = direct_talk(tmp_path, "invoke", ("pay", {"to": "ann"}))
        ours = CodeInterpreterMiddleware(ptc=[pay], interrupt_on={"pay": True})
        talk.agent_options = {"middleware": [ours], "tools": [pay]}
        return talk

    talk = talking()
    talk.start()
    given = yes(talk)
    talk.answer(given)
    assert talk.text == "paid ann"
    assert Shop(tmp_path / "log").counts() == {"pay ann": 1}


# --- answers that come more than once ----------------------------------------------------------

TWO = """
const one = await tools.pay({ to: "one", amount: 1 }).catch((error) => error.name);
const two = await tools.pay({ to: "two", amount: 2 }).catch((error) => error.name);
[one, two].join()
"""


def decided(given: dict[str, Any], decision: Any) -> dict[str, Any]:
    """Another decision about the same questions."""
    return {number: {"decisions": [decision]} for number in given}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_decides_its_own_question_only(kind: Kind, mode: Mode, tmp_path: Path) -> None:
    talk = talk_in(tmp_path, kind, mode, "pause", TWO)
    talk.start()
    first = yes(talk)
    talk.answer(first)
    (second,) = talk.pending()
    for again in (first, decided(first, REJECT)):
        talk.answer(again)
        assert [item.id for item in talk.pending()] == [second.id]
    assert Shop(tmp_path / "log").counts() == {"pay one 1": 1}
    talk.answer({second.id: {"decisions": [REJECT]}})
    assert "paid 1 to one,RejectedError" in talk.text


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_comes_while_another_is_worked_on(kind: Kind, tmp_path: Path) -> None:
    """A second delivery while the first one runs: it is refused, and disturbs nothing."""
    late: list[BaseException] = []
    talk = talk_in(tmp_path, kind, "invoke", "pause", TWO)

    @tool
    def pay(to: str, amount: float) -> str:
        """Pays; somebody answers once more meanwhile."""
        Shop(tmp_path / "log").note(f"pay {to} {amount:g}")
        for decision in (APPROVE, REJECT):
            other = talk_in(tmp_path, kind, "invoke", "pause", TWO)
            other.tools, other.interrupt_on = talk.tools, talk.interrupt_on
            with pytest.raises(AlreadyAnsweredError) as caught:
                other.answer(decided(given, decision))
            late.append(caught.value)
        return f"paid {amount:g} to {to}"

    talk.tools = [pay]
    talk.interrupt_on = {"pay": True}
    talk.start()
    given = yes(talk)
    talk.answer(given)
    given = yes(talk)
    talk.answer(given)
    assert "paid 1 to one,paid 2 to two" in talk.text
    assert Shop(tmp_path / "log").counts() == {"pay one 1": 1, "pay two 2": 1}
    assert len(late) == 4


def deliver(database: str, log: str, orders: list[list[Any]]) -> Any:
    """A worker: delivers answers, each to its thread."""
    counts: Counter[str] = Counter()
    for thread, number, decision in orders:
        talk = worker_talk(database, log, thread)
        try:
            talk.answer({number: {"decisions": [{"type": decision}]}})
            counts["done"] += 1
        except AlreadyAnsweredError:
            counts["late"] += 1
    return counts


def worker_talk(database: str, log: str, thread: str) -> Conversation:
    shop = Shop(Path(log))

    @tool
    def pay(to: str, amount: float) -> str:
        """Pays."""
        shop.note(f"{thread} pay {to}")
        return f"paid {amount:g} to {to}"

    return Conversation(
        "create_agent", "invoke", named(database), TWO, [pay], {"pay": True}, thread=thread
    )


def test_answers_that_four_workers_deliver_three_times(
    postgres: Server, nursery: Nursery, tmp_path: Path, full: bool
) -> None:
    """Must show 8: yes and no to one question, from everywhere at once."""
    database, log = postgres.database(), str(tmp_path / "log")
    threads = [f"thread {number}" for number in range(300 if full else 24)]
    rng = random.Random(8)
    orders: list[list[Any]] = []
    for thread in threads:
        talk = worker_talk(database, log, thread)
        talk.start()
        (item,) = talk.pending()
        decisions = rng.choice([["approve"] * 3, ["reject"] * 3, ["approve", "reject", "approve"]])
        orders += [[thread, item.id, decision] for decision in decisions]
    rng.shuffle(orders)
    given = [(database, log, orders[number::4]) for number in range(4)]
    counted = nursery.of(deliver).live_at_once(given, kill_after_s=600.0)
    counts = sum(map(Counter, counted), Counter[str]())
    assert counts["done"] >= len(threads)
    log_counts = Shop(Path(log)).counts()
    assert set(log_counts.values()) <= {1}
    assert not any("pay two" in line for line in log_counts)
    for thread in threads:
        talk = worker_talk(database, log, thread)
        (item,) = talk.pending()
        assert item.value["action_requests"][0]["args"]["to"] == "two"
        talk.answer({item.id: {"decisions": [REJECT]}})
        paid = f"{thread} pay one" in log_counts
        assert ("paid 1 to one" if paid else "RejectedError") in talk.text.split(",")[0]


# --- names of calls ----------------------------------------------------------------------------


class Crash(BaseException):
    """The process is gone, as far as the program can tell."""


def chains(rng: random.Random) -> tuple[str, Counter[tuple[str, int]]]:
    """A program of parallel chains that pay, and what it pays in all."""
    paid: Counter[tuple[str, int]] = Counter()
    written = []
    for _ in range(rng.randint(1, 4)):
        steps = []
        for _ in range(rng.randint(1, 4)):
            to, amount = rng.choice("abc"), rng.randint(1, 2)
            paid[to, amount] += 1
            steps.append(f'await tools.pay({{ to: "{to}", amount: {amount} }});')
        written.append(f"(async () => {{ {' '.join(steps)} }})()")
    return f"await Promise.all([{', '.join(written)}])", paid


class Bank:
    """Pays once for an id, and crashes when it is told to."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.crashes = 0
        self.by_id: dict[str, tuple[str, int]] = {}

    def tool(self) -> BaseTool:
        @tool
        async def pay(to: str, amount: int, number: Annotated[str, InjectedToolCallId]) -> str:
            """Pays."""
            for _ in range(self.rng.randint(0, 3)):
                await asyncio.sleep(0)
            assert self.by_id.setdefault(number, (to, amount)) == (to, amount)
            if self.crashes and self.rng.random() < 0.2:
                self.crashes -= 1
                raise Crash
            return "paid"

        return pay


@pytest.mark.parametrize("durability", DURABILITIES)
def test_one_id_is_one_call_in_chains_crashes_and_forks(durability: Durability, full: bool) -> None:
    """A bank that pays once for an id pays each call once: after crashes, and in each fork."""
    for number in range(500 if full else 24):
        rng = random.Random(number)
        source, expected = chains(rng)
        bank = Bank(rng)
        gates = {"pay": True} if number % 3 == 0 else None
        talk = Conversation(
            "create_agent",
            "ainvoke",
            None,
            source,
            [bank.tool()],
            gates,
            {"durability": durability},
        )
        bank.crashes = rng.randint(0, 3)
        run(talk, {"messages": [("user", "go")]})
        assert Counter(bank.by_id.values()) == expected, (number, source)
        # Another branch from before the program: its calls are others, and each is one again.
        assert talk.memory is not None
        agent = talk.build(talk.memory)
        history = list(agent.get_state_history(talk.config))
        before = next(state for state in history if state.next == ("tools",))
        bank.crashes = rng.randint(0, 2)
        run(talk, None, before.config)
        assert Counter(bank.by_id.values()) == expected + expected, (number, source)


def run(talk: Conversation, message: Any, config: Any = None) -> None:
    """Runs to the end: goes on after crashes, says yes to questions."""

    async def step() -> dict[str, Any]:
        return dict(await talk.build(talk.memory).ainvoke(message, config or talk.config))

    while True:
        try:
            talk.last = asyncio.run(step())
        except Crash:
            message, config = None, None
            continue
        asked = talk.last.get("__interrupt__")
        if not asked:
            return
        message, config = Command(resume={item.id: _approvals(item) for item in asked}), None


def _approvals(item: Any) -> Any:
    return {"decisions": [APPROVE] * len(item.value["action_requests"])}
