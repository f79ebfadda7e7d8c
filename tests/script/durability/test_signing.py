"""Signed heaps and paused scripts: what somebody else has written is not used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, SetupError, SnapshotError
from langchain_quickjs.script.durability.signing import Signer, signing_keys
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.databases import tampering
from tests.helpers.memory import Remembering, result
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

KEY = {"snapshot_signing_key": "a secret of the tests"}
OTHER = {"snapshot_signing_key": b"another secret of the tests"}
UNSIGNED = "The variables of earlier programs are gone: their signature is missing or wrong."


@given(st.binary(min_size=1), st.text(), st.lists(st.binary()))
def test_a_signature_is_good_for_what_it_was_made_for(
    key: bytes, thread: str, parts: list[bytes]
) -> None:
    signer = Signer((key,), thread)
    signature = signer.sign("heap", *parts)
    assert signer.accepts(signature, "heap", *parts)
    assert not signer.accepts(signature, "script", *parts)
    assert not signer.accepts(signature, "heap", *parts, b"")
    assert Signer((b"newer", key), thread).accepts(signature, "heap", *parts)
    assert not Signer((key,), thread + "1").accepts(signature, "heap", *parts)
    assert not Signer((key + b"1",), thread).accepts(signature, "heap", *parts)
    for wrong in (b"", None, signature[:-1], bytes(32)):
        assert not signer.accepts(wrong, "heap", *parts)


def test_bytes_cannot_move_from_one_part_to_the_next() -> None:
    signer = Signer((b"k",), "t")
    assert signer.sign("heap", b"ab", b"c") != signer.sign("heap", b"a", b"bc")


def test_keys() -> None:
    assert signing_keys("ä" * 8) == (("ä" * 8).encode(),)
    assert signing_keys([b"a new key: long.", "old"]) == (b"a new key: long.", b"old")
    assert signing_keys(None) == ()
    for wrong in ("", b"", 7, [], [""], ["a" * 16, 7], {"a" * 16}):
        with pytest.raises(SetupError, match="snapshot_signing_key"):
            CodeInterpreterMiddleware(snapshot_signing_key=wrong)  # type: ignore[arg-type]  # that is the test


@pytest.mark.parametrize("key", ["x", b"x" * 15, ["x", bytes(32)]])
def test_a_key_that_could_be_guessed_does_not_sign(key: Any) -> None:
    with pytest.raises(SetupError, match=r"16 bytes or more.*token_bytes\(32\).*\[new, short\]"):
        CodeInterpreterMiddleware(snapshot_signing_key=key)


def test_a_key_is_not_shown_where_objects_are_written_as_text() -> None:
    """API servers write what they stream with orjson, which looks into dataclasses."""
    signer = Signer((b"secret",), "t")
    assert "secret" not in repr(signer)
    assert orjson.dumps(signer, default=lambda _: None) == b"null"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("first", "then"), [(KEY, OTHER), ({}, KEY)])
def test_a_heap_with_a_wrong_or_missing_signature_is_not_used(
    first: Any, then: Any, mode: Mode, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    talk = Remembering(mode, tmp_path / "db", first)
    talk.say("let a = 1")
    assert result(talk.say("a")) == "1"
    talk.options = then
    text = talk.say("let b = 2; typeof a")
    assert text.startswith(UNSIGNED)
    assert result(text) == "undefined"
    assert "signature is missing or wrong" in caplog.text
    assert talk.say("b") == "<result>2</result>"


def write(database: Path, namespace: str, change: Any) -> int:
    """Changes what the newest checkpoint in a namespace holds, as somebody with access could."""
    serde = JsonPlusSerializer()
    with tampering(database) as connection:
        rows = connection.execute(
            "select checkpoint_id, type, checkpoint from checkpoints where checkpoint_ns"
            f" {namespace} order by checkpoint_id desc limit 1"
        ).fetchall()
        for checkpoint_id, *stored in rows:
            checkpoint = serde.loads_typed(tuple(stored))
            change(checkpoint["channel_values"])
            connection.execute(
                "update checkpoints set type = ?, checkpoint = ? where checkpoint_id = ?",
                (*serde.dumps_typed(checkpoint), checkpoint_id),
            )
    return len(rows)


@pytest.mark.parametrize("mode", MODES)
def test_the_heap_of_another_thread_is_not_used(mode: Mode, tmp_path: Path) -> None:
    """Somebody copies what one thread has stored over what another has."""
    talk = Remembering(mode, tmp_path / "db", KEY)
    talk.say("let a = 'mine'")
    with tampering(tmp_path / "db") as connection:
        connection.execute("update checkpoints set thread_id = 'other'")
        connection.execute("update writes set thread_id = 'other'")
    talk.thread = "other"
    assert talk.say("typeof a").startswith(UNSIGNED)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


def paused(kind: Kind, mode: Mode, shop: Shop, options: Any) -> Conversation:
    source = "const who = 'ann'; await tools.pay({ to: who, amount: 1 })"
    database = shop.log.with_name("db")
    talk = Conversation(kind, mode, database, source, shop.tools(), {"pay": True}, options)
    talk.start()
    assert talk.waits
    return talk


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_script_goes_on(kind: Kind, mode: Mode, shop: Shop) -> None:
    talk = paused(kind, mode, shop, KEY)
    talk.decide(APPROVE)
    assert "paid 1 to ann" in talk.text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_paused_script_with_another_key_is_not_resumed(
    kind: Kind, mode: Mode, shop: Shop
) -> None:
    for first, then in (({}, KEY), (KEY, OTHER)):
        talk = paused(kind, mode, shop, first)
        talk.options = then
        with pytest.raises(SnapshotError, match="signature is missing or wrong"):
            talk.decide(APPROVE)
        assert not shop.counts()
        talk.options = first  # With the right key it goes on, as if nothing had been tried.
        talk.decide(APPROVE)
        assert shop.counts() == {"pay ann 1": 1}
        shop.log.unlink()
        shop.log.with_name("db").unlink()


@pytest.mark.parametrize("mode", MODES)
def test_a_signed_script_leaves_a_signed_heap(mode: Mode, tmp_path: Path) -> None:
    @tool
    def ask(what: str) -> str:
        """Asks."""
        return what

    tools: list[BaseTool] = [ask]
    talk = Remembering(mode, tmp_path / "db", {**KEY, "interrupt_on": {"ask": True}}, tools)
    talk.say("let a = 1")
    talk.say("a += await tools.ask({ what: 'x' })")
    talk.send(Command(resume={"decisions": [APPROVE]}))
    assert result(talk.say("a")) == "1x"
