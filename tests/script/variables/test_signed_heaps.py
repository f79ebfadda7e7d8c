"""Heaps that were changed where they are stored are not used."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.variables.channel import Reference
from tests.helpers.databases import tampering
from tests.helpers.forgeries import changes
from tests.helpers.memory import Remembering

KEY: Final = "a secret of the tests"
SERDE: Final = JsonPlusSerializer()


def test_each_part_of_a_heap_reference_is_signed(tmp_path: Path) -> None:
    talk = Remembering("invoke", tmp_path / "db", {"snapshot_signing_key": KEY})
    for number in range(3):
        talk.say(f"let v{number} = {number}")
    signer = Signer((KEY.encode(),), talk.thread)
    with tampering(tmp_path / "db") as connection:
        (stored,) = connection.execute(
            "select type, checkpoint from checkpoints where checkpoint_ns = ''"
            " order by checkpoint_id desc limit 1"
        ).fetchall()
    packed = SERDE.loads_typed(stored)["channel_values"]["_quickjs_heap"]
    reference = Reference.unpack(packed)
    assert signer.accepts(reference.signature, "heap", reference.signed)
    fields = {name: getattr(reference, name) for name in Reference.__slots__ if name != "signature"}
    assert all(fields[name] for name in ("id", "after", "anchor", "sizes"))
    count = 0
    for _, forged in changes(fields):
        try:
            other = Reference(**forged, signature=reference.signature)
            signed = other.signed
        except (TypeError, ValueError):
            continue  # There is no such reference.
        if signed == reference.signed:
            continue  # What was dropped is what stands there by default.
        count += 1
        assert not signer.accepts(other.signature, "heap", signed)
    assert count > 5


def test_each_record_of_a_heap_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    talk = Remembering("invoke", tmp_path / "first", {"snapshot_signing_key": KEY})
    for number in range(3):
        talk.say(f"let v{number} = {number}")
    with tampering(tmp_path / "first") as connection:
        rows = connection.execute(
            "select rowid, type, value from writes where checkpoint_ns like 'quickjs_heap%'"
        ).fetchall()
    assert rows
    for number, (rowid, kind, value) in enumerate(rows):
        record = SERDE.loads_typed((kind, value))
        for at in range(0, len(record), max(1, len(record) // 7)):
            path = tmp_path / f"{number} {at}"
            shutil.copy(tmp_path / "first", path)
            forged = record[:at] + bytes([record[at] ^ 1]) + record[at + 1 :]
            with tampering(path) as connection:
                connection.execute(
                    "update writes set value = ? where rowid = ?",
                    (SERDE.dumps_typed(forged)[1], rowid),
                )
            other = Remembering("invoke", path, {"snapshot_signing_key": KEY})
            assert "variables of earlier programs are gone" in other.say("typeof v0")
