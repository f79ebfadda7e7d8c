"""What a paused script holds is stored once, then as what changed; and nothing else goes on."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import Interpreter, SnapshotError
from langchain_quickjs.interpreter import Returned, Suspended
from langchain_quickjs.script.variables.store import recent_heaps
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.databases import Database, Server, opened, tampering
from tests.helpers.live_data import MB, holding, stored_in
from tests.helpers.models import programs
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

PAUSES = 20
GATES = {"pay": True}


class Talk(Conversation):
    """Each message is as if to another process."""

    def _sent(self, message: Any) -> dict[str, Any]:
        recent_heaps.clear()
        return super()._sent(message)


def talk(
    kind: Kind, mode: Mode, database: Database | None, source: str, tmp_path: Path, **options: Any
) -> Talk:
    tools = Shop(tmp_path / "log").tools()
    return Talk(kind, mode, database, source, tools, GATES, options)


def alone(source: str) -> str:
    """What a program comes to that is never stored."""
    interpreter = Interpreter()
    outcome = interpreter.start(source, tools=["lookUp", "pay"])
    while isinstance(outcome, Suspended):
        outcome = interpreter.resume({call.id: Returned("x") for call in outcome.calls})
    return str(outcome.value)  # type: ignore[union-attr]


def finished(conversation: Talk) -> Any:
    while conversation.waits:
        conversation.decide(APPROVE)
    return conversation.value


@pytest.mark.parametrize("durability", ["pause", "call"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_a_script_holds_is_stored_once(
    kind: Kind, durability: str, database: Database | None, tmp_path: Path, full: bool
) -> None:
    """Twenty pauses with ten megabytes come to less than fifteen."""
    whole = full or (kind, durability) == ("create_agent", "pause")
    held_bytes = 10 * MB if whole else MB
    source = holding(held_bytes, PAUSES)
    run = talk(kind, "invoke", database, source, tmp_path, durability=durability)
    run.start()
    value = finished(run)
    assert value[0] == PAUSES
    assert stored_in(database, run.memory) < (15 * MB if whole else 2.5 * MB)
    assert Shop(tmp_path / "log").counts() == {
        f"{what}{i}{amount}": 1
        for i in range(PAUSES)
        for what, amount in (("look_up k", ""), ("pay p", f" {i}"))
    }


def namespaces(database: Path) -> set[str]:
    with sqlite3.connect(database) as connection:
        rows = connection.execute("select distinct checkpoint_ns from checkpoints")
        return {namespace.partition(":")[0].partition("/")[0] for (namespace,) in rows}


@pytest.mark.parametrize("kind", KINDS)
def test_a_small_script_stands_in_the_state(kind: Kind, tmp_path: Path) -> None:
    run = talk(kind, "invoke", tmp_path / "db", holding(16, 2), tmp_path, durability="call")
    run.start()
    run.decide(APPROVE)
    assert not namespaces(tmp_path / "db") & {"quickjs_heap", "quickjs_script"}
    assert finished(run)[0] == 2


@settings(max_examples=12)
@given(
    each=st.lists(
        st.sampled_from(
            ["fill(0, data.length)", "fill(0, 1500)", "fill(data.length / 2, data.length)", ""]
        ),
        min_size=1,
        max_size=6,
    ),
    kind=st.sampled_from(KINDS),
    mode=st.sampled_from(MODES),
    variables=st.sampled_from(["thread", "call"]),
    durability=st.sampled_from(["pause", "call"]),
)
def test_whatever_changes_the_script_goes_on_from_its_own_memory(
    tmp_path_factory: pytest.TempPathFactory,
    each: list[str],
    kind: Kind,
    mode: Mode,
    variables: str,
    durability: str,
) -> None:
    tmp_path = tmp_path_factory.mktemp("held")
    source = holding(
        200_000, len(each), "".join(f"if (i === {n}) {{ {s} }}" for n, s in enumerate(each))
    )
    run = talk(kind, mode, tmp_path / "db", source, tmp_path, durability=durability)
    if kind != "graph":
        run.options = {**run.options, "mode": variables}
    run.start()
    assert finished(run) == json.loads(alone(source))


def test_the_next_program_finds_what_a_paused_one_left(tmp_path: Path) -> None:
    """What it leaves goes on with its last pause: it is not stored a second time."""
    run = talk("create_agent", "invoke", tmp_path / "db", "", tmp_path)
    run.model = programs(
        holding(10 * MB, 2), "data[5]++; JSON.stringify([data.length, paid.length])"
    )
    run.start()
    finished(run)
    assert run.last["messages"][-2].text == f"<result>[{10 * MB // 4},2]</result>"
    assert stored_in(tmp_path / "db") < 11 * MB


DAMAGE = {
    "a chain that is gone": "delete from checkpoints where checkpoint_ns like '{}'",
    "deltas that are gone": "delete from writes where checkpoint_ns like '{}'",
    "a full record that was changed": (
        "update checkpoints set checkpoint = damaged(checkpoint) where checkpoint_ns like '{}'"
    ),
    "a delta that was changed": (
        "update writes set value = damaged(value) where checkpoint_ns like '{}'"
    ),
}


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "signed", [{}, {"snapshot_signing_key": "a secret of the tests"}], ids=["plain", "signed"]
)
def test_nothing_goes_on_from_damaged_memory(
    kind: Kind, statement: str, signed: dict[str, Any], tmp_path: Path
) -> None:
    run = talk(kind, "invoke", tmp_path / "db", holding(300_000, 3), tmp_path, **signed)
    run.start()
    run.decide(APPROVE)
    made = Shop(tmp_path / "log").counts()
    whole = (tmp_path / "db").read_bytes()
    namespace = "quickjs_script%" if kind == "graph" else "quickjs_heap%"
    with tampering(tmp_path / "db") as connection:
        connection.create_function("damaged", 1, lambda blob: blob.replace(b"QJSR", b"QJSX"))
        assert connection.execute(statement.format(namespace)).rowcount > 0
    with pytest.raises(SnapshotError, match=r"memory cannot be had.*Bring back"):
        run.decide(APPROVE)
    # The yes was taken before; nothing was done with it.
    assert Shop(tmp_path / "log").counts() == made
    (tmp_path / "db").write_bytes(whole)
    run.decide(APPROVE)
    assert finished(run)[0] == 3


class Failing(InMemorySaver):
    """A database that is gone when it has stored what a script stands in."""

    fails = False

    def put_writes(self, config: Any, *args: Any, **kwargs: Any) -> None:
        super().put_writes(config, *args, **kwargs)
        namespace = config["configurable"]["checkpoint_ns"]
        if self.fails and namespace.startswith(("quickjs_heap", "quickjs_script")):
            raise ConnectionError("gone")


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_that_no_state_names_does_no_harm(kind: Kind, tmp_path: Path) -> None:
    run = talk(kind, "invoke", None, holding(300_000, 3), tmp_path)
    run.memory = saver = Failing()
    run.start()
    saver.fails = True
    with pytest.raises(ConnectionError):
        run.decide(APPROVE)
    saver.fails = False
    run.send(None)
    assert finished(run)[0] == 3
    counts = Shop(tmp_path / "log").counts()
    assert [counts[f"pay p{i} {i}"] for i in range(3)] == [1, 1, 1]


def pruned(database: str, thread: str) -> None:
    with opened(database) as saver:
        saver.prune([thread], strategy="keep_latest")


@pytest.mark.parametrize("durability", ["pause", "call"])
@pytest.mark.parametrize("kind", ["create_agent", "graph"])  # Deep agents' threads are refused.
def test_a_prune_takes_nothing_that_the_head_needs(
    kind: Kind, durability: str, postgres: Server, tmp_path: Path
) -> None:
    database = postgres.database()
    source = holding(300_000, 3)
    run = talk(kind, "invoke", database, source, tmp_path, durability=durability)
    run.start()
    while run.waits:
        pruned(database, run.thread)
        run.decide(APPROVE)
    assert run.value[0] == 3
    before = stored_in(database)
    pruned(database, run.thread)
    with psycopg.connect(database) as connection:
        rows = connection.execute("select checkpoint_ns from checkpoints").fetchall()
    left = {namespace.partition(":")[0].partition("/")[0] for (namespace,) in rows}
    if kind == "graph":
        assert left == {""}  # Nothing is left of the script.
        assert stored_in(database) < 20_000 < before
    else:
        assert left == {"", "quickjs_heap", "quickjs_failures"}
