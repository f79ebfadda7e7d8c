"""A person's yes is for one call, once: whatever crashes, fails or is delivered twice."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command

from langchain_quickjs import SnapshotError, adeliver, apending, create_script_graph
from tests.helpers.conversations import KINDS, MODES, Conversation, GraphState, Kind, Mode
from tests.helpers.crashes import (
    DURABILITIES,
    REJECT,
    Durability,
    talk_in,
    yes,
)
from tests.helpers.databases import tampering
from tests.helpers.models import ScriptedModel
from tests.helpers.nurseries import Children, Nursery
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

PAY = 'await tools.pay({ to: "ann", amount: 5 });'


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


@pytest.mark.parametrize("planted", [None, ["x"], ["x", b"x"], {"x": 1}], ids=repr)
def test_what_is_no_claim_takes_the_place_of_none(planted: Any, tmp_path: Path) -> None:
    """When people were asked is stored as a claim, and others may write to the database."""
    talk = Conversation(
        "create_agent", "invoke", tmp_path / "db", "", Shop(tmp_path / "log").tools(), {"pay": True}
    )
    talk.model = ScriptedModel(turns=[[("pay", {"to": "ann", "amount": 5})]])
    talk.agent_options = {"tools": talk.tools}
    talk.start()
    with tampering(tmp_path / "db") as connection:
        changed = connection.execute(
            "update writes set type = ?, value = ? where channel = 'claim'",
            JsonPlusSerializer().dumps_typed(planted),
        )
        assert changed.rowcount == 1
    with pytest.raises(SnapshotError, match="is not used"):
        talk.decide(APPROVE)
    assert not Shop(tmp_path / "log").counts()


class Cancelling(InMemorySaver):
    """Cancels a task when it is asked for something for so many times."""

    task: asyncio.Task[Any] | None = None
    left = 0

    async def aget_tuple(self, *args: Any, **kwargs: Any) -> Any:
        await self._cancel()
        return self.get_tuple(*args, **kwargs)

    async def aput(self, *args: Any, **kwargs: Any) -> Any:
        await self._cancel()
        return self.put(*args, **kwargs)

    async def aput_writes(self, *args: Any, **kwargs: Any) -> None:
        await self._cancel()
        self.put_writes(*args, **kwargs)

    async def _cancel(self) -> None:
        self.left -= 1
        if self.left == 0 and self.task is not None:
            self.task.cancel()
        await asyncio.sleep(0)


def script_graph(
    tools: list[BaseTool], how: str, durability: Durability, saver: InMemorySaver
) -> Any:
    alone = create_script_graph(
        tools,
        interrupt_on={"pay": True},
        durability=durability,
        checkpointer=saver if how == "alone" else None,
    )
    if how == "alone":
        return alone
    graph = StateGraph(GraphState)
    graph.add_node("script", alone)
    graph.add_edge(START, "script")
    graph.add_edge("script", END)
    return graph.compile(checkpointer=saver)


@pytest.mark.parametrize("how", ["alone", "node"])
@pytest.mark.parametrize("durability", DURABILITIES)
def test_a_run_that_is_cancelled_anywhere(durability: Durability, how: str, tmp_path: Path) -> None:
    """The next run goes on at once: nobody is at work any more on what was answered."""
    config: Any = {"configurable": {"thread_id": "thread"}}

    async def cancelled_at(moment: int) -> bool:
        log, yeses = tmp_path / str(moment), 0

        @tool
        async def pay(to: str, amount: int) -> str:
            """Pays."""
            Shop(log).note(f"pay {to}")
            await saver.aget_tuple(config)  # It takes a moment.
            return "paid"

        async def approved() -> bool:
            nonlocal yeses
            if not (asked := await apending(graph, config)):
                return False
            yeses += 1
            await adeliver(graph, config, asked[0].interrupt_id, {"decisions": [APPROVE]})
            return True

        saver = Cancelling()
        graph = script_graph([pay], how, durability, saver)
        await graph.ainvoke(
            {"source": 'for (const to of ["a", "b"]) await tools.pay({ to, amount: 1 })'}, config
        )
        saver.task, saver.left = asyncio.create_task(approved()), moment
        await asyncio.gather(saver.task, return_exceptions=True)
        was_cancelled, saver.left = saver.left <= 0, 0
        if not await apending(graph, config):
            await graph.ainvoke(None, config)
        while yeses < 9 and await approved():
            pass
        state = await graph.aget_state(config)
        assert state.values["outcome"]["status"] == "completed", moment
        counts = Shop(log).counts()
        assert set(counts) == {"pay a", "pay b"}
        assert counts.total() <= yeses
        return was_cancelled

    moments = itertools.count(1)
    assert sum(iter(lambda: asyncio.run(cancelled_at(next(moments))), False)) > 10
