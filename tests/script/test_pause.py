"""A script pauses in the middle of an `await`, and goes on there: everywhere, and only once."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.databases import Database, Server, named
from tests.helpers.nurseries import Nursery
from tests.helpers.shop import Shop
from tests.helpers.stories import AFTER, APPROVE, BEFORE, MEMORY, RESULT


def conversation(kind: Kind, mode: Mode, folder: Path, database: Database | None) -> Conversation:
    tools = Shop(folder / f"{kind}-{mode}.log").tools()
    thread = f"{kind}-{mode}"
    return Conversation(kind, mode, database, MEMORY, tools, {"pay": True}, thread=thread)


def done(kind: Kind, mode: Mode, folder: Path) -> dict[str, int]:
    return dict(Shop(folder / f"{kind}-{mode}.log").counts())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_script_goes_on_where_it_paused(
    kind: Kind, mode: Mode, database: Database | None, tmp_path: Path
) -> None:
    talk = conversation(kind, mode, tmp_path, database)
    talk.start()
    assert done(kind, mode, tmp_path) == BEFORE
    (asked,) = talk.question["action_requests"]
    described = asked.pop("description")
    assert described.startswith('pay(to: "ann", amount: 12.5), asked by a program, line ')
    args = {"to": "ann", "amount": 12.5}
    assert asked == {"name": "pay", "args": args, "arguments": args}
    assert talk.question["review_configs"] == [
        {"action_name": "pay", "allowed_decisions": ["approve", "edit", "reject", "respond"]}
    ]
    talk.decide(APPROVE)
    assert not talk.waits
    assert done(kind, mode, tmp_path) == AFTER
    assert talk.value == RESULT


def pause_each(folder: str, database: str) -> tuple[int, int]:
    """A process of its own: pauses a conversation of each kind, and gives how many there are."""
    paused = 0
    for kind in KINDS:
        for mode in MODES:
            talk = conversation(kind, mode, Path(folder), named(database))
            talk.start()
            paused += talk.waits
    return paused, os.getpid()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def killed(
    request: pytest.FixtureRequest,
    nursery: Nursery,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Database]:
    """Where another process paused a conversation of each kind, and was killed."""
    folder = tmp_path_factory.mktemp("killed")
    database: Database = folder / "db"
    if request.param == "postgres":
        server: Server = request.getfixturevalue("postgres")
        database = server.database()
    paused, pid = nursery.of(pause_each).live(str(folder), str(database))
    assert paused == len(KINDS) * len(MODES)
    assert pid != os.getpid()
    return folder, database


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_another_process_goes_on_after_a_kill(
    kind: Kind, mode: Mode, killed: tuple[Path, Database]
) -> None:
    folder, database = killed
    assert done(kind, mode, folder) == BEFORE
    talk = conversation(kind, mode, folder, database)
    talk.decide(APPROVE)
    assert done(kind, mode, folder) == AFTER
    assert talk.value == RESULT


def test_random_is_not_drawn_again_and_branches_draw_their_own(tmp_path: Path) -> None:
    source = """
    const before = Math.random();
    await tools.pay({ to: "a", amount: 1 });
    JSON.stringify([before, Math.random()])
    """
    results = []
    for fork in ("one", "two"):
        tools = Shop(tmp_path / "log").tools()
        talk = Conversation("graph", "invoke", tmp_path / "db", source, tools, {"pay": True})
        if fork == "one":
            talk.start()
            stored = (tmp_path / "db").read_bytes()
        else:
            (tmp_path / "db").write_bytes(stored)
        talk.decide(APPROVE)
        results.append(talk.value)
    (before, after), (other_before, other_after) = results
    assert before == other_before
    assert after != other_after


@pytest.mark.parametrize("kind", KINDS)
def test_random_is_the_same_when_a_script_goes_on_once_more(kind: Kind, tmp_path: Path) -> None:
    """What was approved has ended when it fails; it goes on to make the same call again."""
    drawn: list[float] = []

    @tool
    def draw(number: float) -> float:
        """Fails once."""
        drawn.append(number)
        if len(drawn) == 1:
            raise ConnectionError
        return number

    source = """
    await tools.pay({ to: "a", amount: 1 });
    JSON.stringify(await tools.draw({ number: Math.random() }))
    """
    shop = Shop(tmp_path / "log")
    tools = [*shop.tools(), draw]
    talk = Conversation(kind, "invoke", tmp_path / "db", source, tools, {"pay": True})
    talk.start()
    with pytest.raises(ConnectionError):
        talk.decide(APPROVE)
    talk.send(None)
    assert drawn == [talk.value, talk.value]
    assert shop.counts() == {"pay a 1": 1}


class CountingSaver(InMemorySaver):
    """Counts what is asked of it, as a database would have to answer it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def get_tuple(self, config: RunnableConfig) -> Any:
        self.asked["read"] += 1
        return super().get_tuple(config)

    def put(self, *args: Any) -> Any:
        self.asked["write"] += 1
        return super().put(*args)

    def put_writes(self, *args: Any) -> None:
        self.asked["write"] += 1
        super().put_writes(*args)


def test_a_resume_asks_little_of_the_checkpointer(tmp_path: Path) -> None:
    source = "for (const to of 'abcd') await tools.pay({ to, amount: 1 })"
    saver = CountingSaver()
    tools = Shop(tmp_path / "log").tools()
    talk = Conversation("create_agent", "invoke", None, source, tools, {"pay": True}, memory=saver)
    talk.start()
    counts = []
    for _ in range(3):
        (asked,) = talk.pending()
        saver.asked.clear()
        talk.answer({asked.id: {"decisions": [APPROVE]}})
        counts.append(dict(saver.asked))
    # Only the first one makes a ledger.
    assert counts == [{"read": 5, "write": 13}, *[{"read": 4, "write": 12}] * 2]


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
@pytest.mark.parametrize("mode", MODES)
def test_every_durability_of_the_agent_will_do(mode: Mode, durability: Any, tmp_path: Path) -> None:
    talk = conversation("create_agent", mode, tmp_path, tmp_path / "db")
    talk.run_options = {"durability": durability}
    talk.start()
    talk.decide(APPROVE)
    assert done("create_agent", mode, tmp_path) == AFTER
    assert talk.value == RESULT
