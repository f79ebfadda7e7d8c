"""Everything that is stored of a signed script: whatever is changed of it, nothing runs.

The changes are generated: each place of the stored data, by its path, times each way to change what
stands there.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import interrupt

from langchain_quickjs import SnapshotError
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import Signer
from tests.helpers.conversations import Conversation, Kind
from tests.helpers.databases import rewrite, tampering
from tests.helpers.forgeries import changes
from tests.helpers.models import parallel_programs
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

KEY: Final = "a secret of the tests"
SERDE: Final = JsonPlusSerializer()

SOURCE = """
console.log("begun");
await tools.pay({ to: "ann", amount: 1 });
await Promise.allSettled([
  tools.pay({ to: "bob", amount: 2 }),
  tools.pay({ to: "cid", amount: 3 }),
  tools.order({ what: "hat" }),
]);
"""

# --- the stored script -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sealed")


def asking_tools(shop: Shop) -> list[BaseTool]:
    @tool
    def order(what: str) -> str:
        """Orders something."""
        answer = interrupt(f"What color of {what}?")
        shop.note(f"order {what} {answer}")
        return str(answer)

    return [*shop.tools(), order]


def talk_in(folder: Path) -> Conversation:
    shop = Shop(folder / "log")
    gates = {"pay": True}
    options = {"snapshot_signing_key": KEY}
    return Conversation(
        "create_agent", "invoke", folder / "db", SOURCE, asking_tools(shop), gates, options
    )


@pytest.fixture(scope="module")
def paused(folder: Path) -> Conversation:
    """A script in its second pause, after an edit: with something in each of its fields."""
    talk = talk_in(folder)
    talk.start()
    edited = {"name": "pay", "args": {"to": "eve", "amount": 1}}
    talk.decide({"type": "edit", "edited_action": edited})
    assert len(talk.pending()) == 2
    return talk


def copied(folder: Path, target: Path) -> Conversation:
    """The same conversation in a copy of its database."""
    target.mkdir(exist_ok=True)
    for file in folder.iterdir():
        shutil.copy(file, target / file.name)
    return talk_in(target)


def state_of(database: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    rewrite(database, found.update)
    return found


def answers(talk: Conversation) -> dict[str, Any]:
    """Yes to everything."""
    return {
        item.id: {"decisions": [APPROVE, APPROVE]} if isinstance(item.value, dict) else "red"
        for item in talk.pending()
    }


def sealer_of(database: Path, *keys: str, script_id: str = "call-0-0") -> Sealer:
    """One that seals for the script in the database, by some key."""
    with tampering(database) as connection:
        ((place,),) = connection.execute(
            "select distinct checkpoint_ns from checkpoints where checkpoint_ns like 'tools:%'"
        )
    signer = Signer(tuple(key.encode() for key in keys), "thread")
    return Sealer(signer, SERDE, script_id, place)


def test_an_unchanged_script_goes_on(paused: Conversation, folder: Path, tmp_path: Path) -> None:
    talk = copied(folder, tmp_path / "copy")
    talk.answer(answers(talk))
    counts = Shop(tmp_path / "copy" / "log").counts()
    assert counts == {"pay eve 1": 1, "pay bob 2": 1, "pay cid 3": 1, "order hat red": 1}


def test_each_part_of_a_paused_script_is_sealed(paused: Conversation, folder: Path) -> None:
    """Each change, with the signature as it was, without one, and with another's."""
    stored = state_of(folder / "db")["paused"]
    mine = sealer_of(folder / "db", KEY)
    script: Any = mine.resume(stored)
    assert script["notes"]
    assert script["console"]
    assert script["questions"]
    assert script["blocked"]
    head = len(mine.seal(None, "script")) - len(b"null\0")
    names = []
    for name, forged in changes(script):
        names.append(name)
        payload = b"msgpack\0" + SERDE.dumps_typed(forged)[1]
        for sealed in (
            stored["sealed"][:head] + payload,
            sealer_of(folder / "db").pause(forged)["sealed"],
            sealer_of(folder / "db", "another").pause(forged)["sealed"],
        ):
            with pytest.raises(SnapshotError, match="signature is missing or wrong"):
                mine.resume({"script_id": stored["script_id"], "sealed": sealed})
    assert len(names) > 150
    assert len(set(names)) == len(names)


def forgeries(folder: Path) -> Iterator[tuple[str, Callable[[dict[str, Any]], None]]]:
    """Changes of the state, for the whole way through an agent."""
    script: Any = sealer_of(folder / "db", KEY).resume(state_of(folder / "db")["paused"])
    for name, forged in changes(script):
        if name.count("/") <= 1 or "args" in name or "allowed_decisions" in name:

            def change(values: dict[str, Any], forged: Any = forged) -> None:
                values["paused"] = sealer_of(folder / "db").pause(forged)

            yield name, change
    for wrong in (None, b"", 5, "x"):

        def drop(values: dict[str, Any], wrong: Any = wrong) -> None:
            values["paused"] = {**values["paused"], "sealed": wrong}

        yield f"the seal is {wrong!r}", drop


def restore(whole: Any, values: dict[str, Any]) -> None:
    values["paused"] = whole


def test_nothing_runs_of_a_script_that_was_changed(
    paused: Conversation, folder: Path, tmp_path: Path, full: bool
) -> None:
    every = list(forgeries(folder))
    tried = every if full else every[:: max(1, len(every) // 25)]
    for number, (name, change) in enumerate(tried):
        place = tmp_path / str(number)
        talk = copied(folder, place)
        given = answers(talk)
        rewrite(place / "db", change)
        with pytest.raises(SnapshotError, match="is not used"):
            talk.answer(given)
        assert Shop(place / "log").counts() == {"pay eve 1": 1}, name
        # What was changed is put back, and the script goes on as if nothing had been tried.
        whole = state_of(folder / "db")["paused"]
        rewrite(place / "db", functools.partial(restore, whole))
        talk.answer(given)
        assert Shop(place / "log").counts().total() == 4, name


@pytest.mark.parametrize("kind", ["graph", "create_agent"])
@pytest.mark.parametrize(
    "planted",
    [None, 0, "x", b"x", [], ["x"], {}, {"sealed": b"x"}, {"script_id": None, "sealed": b"x"}],
    ids=repr,
)
def test_what_is_no_paused_script_is_refused(planted: Any, kind: Kind, tmp_path: Path) -> None:
    talk = talk_in(tmp_path)
    talk.kind = kind
    talk.start()
    place = "script:%" if kind == "graph" else "tools:%"
    rewrite(tmp_path / "db", lambda values: values.update(paused=planted), place)
    with pytest.raises(SnapshotError, match="is not used"):
        talk.decide(APPROVE)
    assert not Shop(tmp_path / "log").counts()


def test_scripts_of_another_thread_or_call_are_not_taken(
    paused: Conversation, folder: Path, tmp_path: Path
) -> None:
    copied(folder, tmp_path / "thread")
    with tampering(tmp_path / "thread" / "db") as connection:
        for table in ("checkpoints", "writes"):
            connection.execute(f"update {table} set thread_id = 'other'")
    talk = talk_in(tmp_path / "thread")
    talk.thread = "other"
    given = answers(talk)
    with pytest.raises(SnapshotError, match="signature is missing or wrong"):
        talk.answer(given)

    # Two programs of two threads, which differ in their sources only.
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        twin = talk_in(tmp_path / name)
        twin.model = parallel_programs([SOURCE.replace("ann", name)])
        twin.start()
    theirs = state_of(tmp_path / "two" / "db")["paused"]
    rewrite(tmp_path / "one" / "db", lambda values: values.update(paused=theirs))
    twin = talk_in(tmp_path / "one")
    with pytest.raises(SnapshotError, match="signature is missing or wrong"):
        twin.decide(APPROVE)
    assert not Shop(tmp_path / "one" / "log").counts()


def test_answers_are_good_for_their_pause_only(paused: Conversation, folder: Path) -> None:
    stored = state_of(folder / "db")["paused"]
    mine = sealer_of(folder / "db", KEY)
    given = {"1": [[{"type": "reject"}, {"type": "approve"}], "nonce", "owner", 1.0]}
    sealed = mine.seal_answers(given, stored)
    assert mine.unseal_answers(sealed, stored) == given
    later = mine.pause({**mine.resume(stored), "asked": 7})
    others = [(mine, later), (sealer_of(folder / "db", KEY, script_id="other"), stored)]
    for other, pause in others:
        with pytest.raises(SnapshotError, match="signature is missing or wrong"):
            other.unseal_answers(sealed, pause)
    for name, forged in changes(given):
        for by in (sealer_of(folder / "db"), sealer_of(folder / "db", "another")):
            with pytest.raises(SnapshotError, match="signature is missing or wrong"):
                mine.unseal_answers(by.seal_answers(forged, stored), stored)
        assert name


def test_a_rejected_call_is_not_made_by_a_changed_answer(
    paused: Conversation, folder: Path, tmp_path: Path
) -> None:
    """The process dies after the rejection was stored, and somebody makes a yes of it."""
    place = tmp_path / "copy"
    talk = copied(folder, place)
    question = next(item for item in talk.pending() if isinstance(item.value, dict))
    reject = [{"type": "reject"}, {"type": "reject"}]
    with pytest.raises(ZeroDivisionError):
        talk_that_dies(place).answer({question.id: {"decisions": reject}})

    def forge(values: dict[str, Any]) -> None:
        forged = {question.id: [[APPROVE, APPROVE], "n", "o", 1.0]}
        values["answers"] = sealer_of(folder / "db").seal_answers(forged, values["paused"])

    rewrite(place / "db", forge)
    with pytest.raises(SnapshotError, match="signature is missing or wrong"):
        talk.send(None)
    assert Shop(place / "log").counts() == {"pay eve 1": 1}


def test_memory_that_waits_for_other_calls_is_not_used(tmp_path: Path) -> None:
    """Without a key anybody can put an earlier one there; what was approved is not made for it."""
    talk = talk_in(tmp_path)
    talk.options = {}
    talk.start()
    mine = sealer_of(tmp_path / "db")
    before = mine.resume(state_of(tmp_path / "db")["paused"])["snapshot"]
    talk.decide(APPROVE)
    given = answers(talk)

    def put_back(values: dict[str, Any]) -> None:
        script = mine.resume(values["paused"])
        values["paused"] = mine.pause({**script, "snapshot": before})

    rewrite(tmp_path / "db", put_back)
    for _ in range(2):
        with pytest.raises(SnapshotError, match="waits for other calls"):
            talk.answer(given)
    assert Shop(tmp_path / "log").counts() == {"pay ann 1": 1}


def talk_that_dies(folder: Path) -> Conversation:
    """Its process fails as soon as the graph has stored what was answered."""
    talk = talk_in(folder)
    talk.options = {**talk.options, "durability": "call"}
    build = talk.build

    def dying(checkpointer: Any) -> Any:
        put = checkpointer.put

        def failing(config: Any, checkpoint: Any, *rest: Any) -> Any:
            result = put(config, checkpoint, *rest)
            if "answers" in checkpoint["channel_values"]:
                raise ZeroDivisionError
            return result

        checkpointer.put = failing
        return build(checkpointer)

    talk.build = dying  # type: ignore[method-assign]  # it dies at one of its checkpoints
    return talk


# --- the ledger --------------------------------------------------------------------------------


def test_each_entry_of_the_ledger_is_sealed(
    paused: Conversation, folder: Path, tmp_path: Path
) -> None:
    """What was answered, begun and ended: each stored byte changed, each entry moved."""
    rows = entries(folder / "db")
    assert {channel for _, channel, _ in rows} == {"claim", "begin", "end"}
    for number, (task_id, channel, (key, sealed)) in enumerate(rows):
        forged = [[key, sealed[:-1] + bytes([sealed[-1] ^ 1])], [key + "x", sealed]]
        forged += [
            [other, sealed] for _, kind, (other, _) in rows if (kind, other) > (channel, key)
        ]
        forged += [[key, sealer_of(folder / "db").seal(True, channel, key)]]
        for index, row in enumerate(forged):
            place = tmp_path / f"{number} {index}"
            talk = copied(folder, place)
            given = answers(talk)
            with tampering(place / "db") as connection:
                connection.execute(
                    "update writes set type = ?, value = ? where task_id = ? and channel = ?",
                    (*SERDE.dumps_typed(row), task_id, channel),
                )
            with pytest.raises(SnapshotError, match="is not used"):
                talk.answer(given)
            assert Shop(place / "log").counts() == {"pay eve 1": 1}


def entries(database: Path) -> list[tuple[str, str, list[Any]]]:
    with tampering(database) as connection:
        rows = connection.execute(
            "select task_id, channel, type, value from writes"
            " where checkpoint_ns like 'quickjs_calls%' order by channel"
        ).fetchall()
    return [
        (task, channel, SERDE.loads_typed((kind, value))) for task, channel, kind, value in rows
    ]
