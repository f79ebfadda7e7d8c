"""Answers that come more than once, also from several workers at a time."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import pytest
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command

from langchain_quickjs import AlreadyAnsweredError, create_script_graph
from tests.helpers.conversations import KINDS, MODES, Conversation, GraphState, Kind, Mode
from tests.helpers.crashes import (
    REJECT,
    decided,
    talk_in,
    yes,
)
from tests.helpers.databases import Server, named
from tests.helpers.nurseries import Nursery
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

TWO = """
const one = await tools.pay({ to: "one", amount: 1 }).catch((error) => error.name);
const two = await tools.pay({ to: "two", amount: 2 }).catch((error) => error.name);
[one, two].join()
"""


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


@pytest.mark.parametrize("durability", ["pause", "call"])
@pytest.mark.parametrize("keeps_its_state", [False, True])
def test_a_program_knows_nothing_of_the_one_that_was_given_up_for_it(
    keeps_its_state: bool, durability: Any
) -> None:
    """A script's own graph is given the same program again while the first one waits."""
    keys: list[str] = []

    @tool
    def pay(to: str, key: Annotated[str, InjectedToolCallId]) -> str:
        """Pays."""
        keys.append(key)
        return f"payment {len(keys)} to {to}"

    graph: Any = create_script_graph(
        [pay],
        interrupt_on={"pay": True},
        durability=durability,
        checkpointer=True if keeps_its_state else InMemorySaver(),
    )
    if keeps_its_state:
        around = StateGraph(GraphState).add_node("script", graph).add_edge(START, "script")
        graph = around.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "thread"}}
    source = "[await tools.pay({ to: 'Ann' }), await tools.pay({ to: 'Bob' })].join()"
    answered: list[str] = []

    def answer() -> Any:
        (asked,) = graph.get_state(config).interrupts
        answered.append(asked.id)
        return graph.invoke(Command(resume={asked.id: {"decisions": [APPROVE]}}), config)

    graph.invoke({"source": source}, config)
    answer()
    (second,) = graph.get_state(config).interrupts
    graph.invoke({"source": source}, config)
    answer()
    state = answer()
    assert state["outcome"]["value"] == "payment 2 to Ann,payment 3 to Bob"
    assert len(set(keys)) == 3
    assert len({*answered, second.id}) == 4


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
