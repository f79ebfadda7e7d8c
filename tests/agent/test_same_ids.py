"""Calls of one message that share an id: each is asked about on its own, and a yes is for one."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo
from tests.helpers.models import ScriptedModel
from tests.helpers.sessions import LABELS, THREAD, Session

GO: Any = {"messages": [("user", "go")]}
IDS = ["a", ""]


class SameIds(ScriptedModel):
    """Gives the same id to all calls of a message."""

    own: str

    def _answer(self, turn: int) -> AIMessage:
        answer = super()._answer(turn)
        for call in answer.tool_calls:
            call["id"] = self.own
        return answer


class Asked:
    """An agent, and what it asks people about."""

    def __init__(self, own: str, *turns: list[str], gate: Any = (), **options: Any) -> None:
        session = Session([], RuleOfTwo(LABELS), InMemorySaver())
        calls: Any = [[self._call(name) for name in turn] for turn in turns]
        ours = CodeInterpreterMiddleware(ptc=["send", "now"], **options)
        self.made = session.made
        self.agent: Any = create_agent(
            SameIds(turns=calls, own=own),
            tools=session.tools(),
            middleware=[*gate, ours],
            checkpointer=InMemorySaver(),
        )

    def _call(self, name: str) -> tuple[str, dict[str, Any]]:
        if name == "eval":
            return "eval", {"code": "await tools.send({ to: 'x' })"}
        return name, {"to": "x"}

    def answers(self, message: Any = None) -> list[str]:
        """What is asked now, in any order."""
        state = self.agent.invoke(message or GO, THREAD)
        self.waits = {
            request["name"]: one
            for one in state.get("__interrupt__", ())
            for request in one.value["action_requests"]
        }
        return sorted(self.waits)

    def approve(self, name: str) -> list[str]:
        decision = {"decisions": [{"type": "approve"}]}
        return self.answers(Command(resume={self.waits[name].id: decision}))


@pytest.mark.parametrize("own", IDS)
@pytest.mark.parametrize("turn", [["look", "send"], ["send", "look"], ["look", "eval"]], ids=str)
def test_what_one_of_them_reaches_counts_for_the_other(turn: list[str], own: str) -> None:
    asked = Asked(own, ["fetch"], turn, rule_of_two=RuleOfTwo(LABELS))
    assert asked.answers() == ["send"]
    assert "send x" not in asked.made


@pytest.mark.parametrize("own", IDS)
@pytest.mark.parametrize("ruled", [True, False])
@pytest.mark.parametrize("turn", [["now", "send"], ["send", "now"]], ids=str)
def test_an_approval_by_the_agent_is_for_the_call_that_it_asks_about(
    turn: list[str], ruled: bool, own: str
) -> None:
    gate = [HumanInTheLoopMiddleware(interrupt_on={"now": True})]
    options: Any = {"interrupt_on": {"send": True}}
    reads: list[list[str]] = []
    if ruled:
        options, reads = {"rule_of_two": RuleOfTwo(LABELS)}, [["mail"]]
    asked = Asked(own, *reads, turn, gate=gate, **options)
    assert asked.answers() == ["now"]
    assert asked.approve("now") == ["send"]
    assert "send x" not in asked.made
    assert asked.approve("send") == []
    assert asked.made.count("send x") == 1


@pytest.mark.parametrize("own", IDS)
@pytest.mark.parametrize("first", ["send", "post"])
def test_each_is_asked_about_on_its_own(first: str, own: str) -> None:
    asked = Asked(own, ["send", "post"], interrupt_on={"send": True, "post": True})
    second = "post" if first == "send" else "send"
    assert asked.answers() == ["post", "send"]
    assert asked.approve(first) == [second]
    assert asked.made == [f"{first} x"]
    assert asked.approve(second) == []
    assert sorted(asked.made) == ["post x", "send x"]
