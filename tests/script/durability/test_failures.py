"""A program whose end nobody was told: what it had done is told to the model all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage, ToolMessage
from langchain_core.outputs import ChatResult
from langchain_core.tools import tool
from pydantic import Field

from tests.helpers.conversations import MODES, Conversation, Kind, Mode
from tests.helpers.databases import tampering
from tests.helpers.models import ScriptedModel
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

SOURCE = """
await tools.lookUp({ key: "abc" });
await tools.pay({ to: "ann", amount: 5 });
await tools.fail({})
"""
AGENTS: list[Kind] = ["create_agent", "create_deep_agent"]


class Listener(ScriptedModel):
    """Keeps what it was told last."""

    told: list[BaseMessage] = Field(default_factory=list)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.told[:] = messages
        return super()._generate(messages, *args, **kwargs)


def talk_in(folder: Path, kind: Kind, mode: Mode, gates: Any = None) -> Conversation:
    shop = Shop(folder / "log")

    @tool
    def fail() -> str:
        """Fails the first two times."""
        shop.note("fail")
        if shop.counts()["fail"] <= 2:
            raise ConnectionError("the road is closed")
        return "through"

    options = {"snapshot_signing_key": "a secret of the tests"}
    talk = Conversation(kind, mode, folder / "db", SOURCE, [*shop.tools(), fail], gates, options)
    talk.model = Listener(turns=[[("eval", {"code": SOURCE})]])
    return talk


def answers(talk: Conversation) -> list[ToolMessage]:
    assert isinstance(talk.model, Listener)
    return [message for message in talk.model.told if isinstance(message, ToolMessage)]


@pytest.mark.parametrize("gates", [None, {"pay": True}])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", AGENTS)
def test_a_new_message_after_an_exception(
    kind: Kind, mode: Mode, gates: Any, tmp_path: Path
) -> None:
    talk = talk_in(tmp_path, kind, mode, gates)
    if gates:
        talk.start()
        with pytest.raises(ConnectionError):
            talk.decide(APPROVE)
    else:
        with pytest.raises(ConnectionError):
            talk.start()
    later = talk_in(tmp_path, kind, mode, gates)
    later.send({"messages": [("user", "What has been done?")]})
    (answer,) = answers(later)
    assert answer.tool_call_id == "call-0-0"
    assert answer.status == "error"
    assert '<error type="ConnectionError">the road is closed' in answer.text
    assert 'done: look_up({"key": "abc"})' in answer.text
    assert 'done: pay({"to": "ann", "amount": 5})' in answer.text
    assert "failed: fail({})" in answer.text
    counts = Shop(tmp_path / "log").counts()
    assert counts == {"look_up abc": 1, "pay ann 5": 1, "fail": 1}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", AGENTS)
def test_running_it_again_repeats_nothing_that_ended(
    kind: Kind, mode: Mode, tmp_path: Path
) -> None:
    talk = talk_in(tmp_path, kind, mode)
    with pytest.raises(ConnectionError):
        talk.start()
    with pytest.raises(ConnectionError):
        talk.send(None)
    talk.send(None)
    (answer,) = answers(talk)
    assert answer.text == "<result>through</result>"
    counts = Shop(tmp_path / "log").counts()
    assert counts == {"look_up abc": 1, "pay ann 5": 1, "fail": 3}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", AGENTS)
def test_a_new_message_while_a_program_waits(kind: Kind, mode: Mode, tmp_path: Path) -> None:
    """It is given up; what it had done is not forgotten."""
    source = """
    await tools.pay({ to: "ann", amount: 5 });
    await tools.pay({ to: "bob", amount: 6 });
    """
    talk = talk_in(tmp_path, kind, mode, {"pay": True})
    talk.model = Listener(turns=[[("eval", {"code": source})]])
    talk.start()
    talk.decide(APPROVE)
    assert talk.waits
    (item,) = talk.pending()
    talk.send({"messages": [("user", "What has been done?")]})
    (answer,) = answers(talk)
    assert "waiting for a person when something else was said" in answer.text
    assert 'done: pay({"to": "ann", "amount": 5})' in answer.text
    assert 'not made: pay({"to": "bob", "amount": 6}): it was waiting for a person' in answer.text
    talk.answer({item.id: {"decisions": [APPROVE]}})  # Too late: nothing waits any more.
    assert Shop(tmp_path / "log").counts() == {"pay ann 5": 1}


def test_what_was_kept_is_signed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    talk = talk_in(tmp_path, "create_agent", "invoke")
    with pytest.raises(ConnectionError):
        talk.start()
    with tampering(tmp_path / "db") as connection:
        rows = connection.execute(
            "select checkpoint from checkpoints where checkpoint_ns like 'quickjs_failures%'"
        ).fetchall()
        ((stored,),) = rows
        assert b"road" in stored
        connection.execute(
            "update checkpoints set checkpoint = ? where checkpoint_ns like 'quickjs_failures%'",
            (stored.replace(b"road", b"rope"),),
        )
    talk.send({"messages": [("user", "What has been done?")]})
    (answer,) = answers(talk)
    assert answer.text.startswith("It is not known what this program has done")
    assert "signature is missing or wrong" in caplog.text
