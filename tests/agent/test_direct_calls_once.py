"""A yes to a call that the model makes itself is for that call, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import tool

from langchain_quickjs import AlreadyAnsweredError, CodeInterpreterMiddleware
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.crashes import (
    REJECT,
    decided,
    talk_in,
    yes,
)
from tests.helpers.models import ScriptedModel
from tests.helpers.nurseries import Nursery
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE


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
