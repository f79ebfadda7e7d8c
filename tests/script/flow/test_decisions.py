"""One table has all kinds of decisions: a row says how one is checked and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import pytest
from langchain.agents.middleware.human_in_the_loop import DecisionType
from langchain_core.messages import ToolMessage

from langchain_quickjs import (
    CodeInterpreterMiddleware,
    DecisionError,
    Raised,
    SetupError,
    SnapshotError,
)
from langchain_quickjs.script.flow.decisions import (
    KINDS,
    CallRuns,
    Decision,
    Kind,
    Replacements,
    ReplyInstead,
    outcome_of_decision,
)
from langchain_quickjs.script.state import AwaitingCall
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.models import ScriptedModel, programs
from tests.helpers.shop import Shop

Door = Literal["program", "direct"]
DOORS: list[Door] = ["program", "direct"]

ASKED = {"to": "a", "amount": 5}
PROGRAM = 'await tools.pay({ to: "a", amount: 5 }).catch((error) => `${error.name}: ${error}`)'


def _check_day(fields: Mapping[str, Any], what: str, _replacements: Replacements) -> Decision:
    if not isinstance(fields.get("until"), str):
        raise DecisionError(f"{what} must have a day.")
    return {"type": "postpone", "until": fields["until"]}


def _postponed(decision: Decision, call: AwaitingCall) -> ReplyInstead:
    words = f"{call['action']['name']} has to wait until {decision['until']}."
    return ReplyInstead(Raised("PostponedError", words), "not made", why="it was postponed")


def _check_most(fields: Mapping[str, Any], what: str, replacements: Replacements) -> Decision:
    if not isinstance(fields.get("amount"), int):
        raise DecisionError(f"{what} must have an amount.")
    args = replacements.checked_args("pay", {**ASKED, "amount": fields["amount"]})
    return {"type": "pay at most", "args": args}


def _paid_at_most(decision: Decision, call: AwaitingCall) -> CallRuns:
    note = "A person allowed less."
    return CallRuns(call["action"]["name"], decision["args"], is_another=True, note=note)


# Two kinds that LangChain does not have: one for each thing that a decision can come to.
NEW = {
    "postpone": Kind(_check_day, _postponed),
    "pay at most": Kind(_check_most, _paid_at_most),
}


@dataclass(frozen=True)
class Example:
    """A decision of one kind.

    Attributes:
        fields: What it has beside its type.
        done: What is done then.
        told: What the program and the model are told, in parts.
        failed: Whether the call has failed, as its caller is told.
        unfit: What decisions of this kind may not have.
    """

    fields: dict[str, Any]
    done: dict[str, int]
    told: list[str]
    failed: bool = False
    unfit: list[dict[str, Any]] = field(default_factory=list)


EDITED = {"name": "pay", "args": {"to": "b", "amount": 2}}
EXAMPLES = {
    "approve": Example({}, {"pay a 5": 1}, ["paid 5 to a"]),
    "edit": Example(
        {"edited_action": EDITED},
        {"pay b 2": 1},
        ["A person replaced the call pay(", "paid 2 to b"],
        unfit=[
            {},
            {"edited_action": {**EDITED, "name": "steal"}},
            {"edited_action": {**EDITED, "args": {"to": 7}}},
        ],
    ),
    "reject": Example(
        {"message": "Too dear."},
        {},
        ["A person rejected this call of `pay`, which was not run: Too dear."],
        failed=True,
        unfit=[{"message": 7}, {"message": "x" * 70_000}],
    ),
    "respond": Example({"message": "in cash"}, {}, ["in cash"], unfit=[{}, {"message": 7}]),
    "postpone": Example(
        {"until": "Monday"}, {}, ["pay has to wait until Monday."], failed=True, unfit=[{}]
    ),
    "pay at most": Example(
        {"amount": 3},
        {"pay a 3": 1},
        ["A person allowed less.", "paid 3 to a"],
        unfit=[{}, {"amount": "3"}],
    ),
}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


@pytest.fixture
def more_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, kind in NEW.items():
        monkeypatch.setitem(KINDS, name, kind)


def talk_at(door: Door, mode: Mode, shop: Shop, allowed: list[Any]) -> Conversation:
    gate: Any = {"pay": {"allowed_decisions": allowed}}
    ours = CodeInterpreterMiddleware(ptc=["pay"], interrupt_on=gate)
    talk = Conversation("create_agent", mode, shop.log.with_name("db"), PROGRAM, ())
    talk.agent_options = {"tools": shop.tools(), "middleware": [ours]}
    direct = ScriptedModel(turns=[[("pay", ASKED)]])
    talk.model = programs(PROGRAM) if door == "program" else direct
    return talk


@pytest.mark.usefixtures("more_kinds")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", [*KINDS, *NEW])
def test_a_row_is_all_that_a_kind_needs(kind: str, door: Door, mode: Mode, shop: Shop) -> None:
    example = EXAMPLES[kind]
    talk = talk_at(door, mode, shop, [kind])
    talk.start()
    assert talk.question["review_configs"][0]["allowed_decisions"] == [kind]
    other = next(name for name in KINDS if name != kind)
    unfit = [{"type": kind, **fields} for fields in example.unfit]
    for decision in (*unfit, {"type": other, **EXAMPLES[other].fields}, {"type": "shrug"}):
        talk.refuse({"decisions": [decision]}, "Decision 1")
    assert not shop.counts()
    talk.decide({"type": kind, **example.fields})
    assert not talk.waits
    assert shop.counts() == example.done
    assert [part for part in example.told if part not in talk.text] == []
    (answer,) = (m for m in talk.last["messages"] if isinstance(m, ToolMessage))
    # A program catches the error, whose name the row has chosen.
    failed = "Error: " in answer.text if door == "program" else answer.status == "error"
    assert failed == example.failed


@pytest.mark.parametrize("kind", NEW)
def test_a_kind_without_a_row_is_no_kind(kind: str, shop: Shop) -> None:
    gate: Any = {"pay": {"allowed_decisions": [kind]}}
    with pytest.raises(SetupError, match="must be a non-empty list of decisions"):
        CodeInterpreterMiddleware(ptc=["pay"], interrupt_on=gate)
    stored: AwaitingCall = {
        "id": 1,
        "tool_call_id": "s:1",
        "action": {"name": "pay", "args": ASKED},
        "review": {"action_name": "pay", "allowed_decisions": ["approve"]},
        "rounds": 0,
    }
    with pytest.raises(SnapshotError, match="does not know"):
        outcome_of_decision({"type": kind}, stored)


def test_all_kinds_of_langchain_have_a_row() -> None:
    assert set(get_args(DecisionType)) <= KINDS.keys()
