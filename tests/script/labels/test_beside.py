"""Programs of one message that run at once, where whatever was delivered counts for all."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import ScriptedModel
from tests.helpers.sessions import LABELS, THREAD, Session

WAIT_S = 30
RULE: Any = {**LABELS, "begin": set(), "wait": set()}


class Meeting:
    """Two tools: one waits until somebody has used the other."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def tools(self) -> list[BaseTool]:
        def begin(to: str) -> str:
            self.over.set()
            return to

        def wait(to: str) -> str:
            assert self.over.wait(WAIT_S)
            return to

        async def wait_async(to: str) -> str:
            assert await asyncio.to_thread(self.over.wait, WAIT_S)
            return to

        return [
            StructuredTool.from_function(begin, name="begin", description="Lets others go on."),
            StructuredTool.from_function(wait, wait_async, name="wait", description="Waits."),
        ]


# What one program reads before it lets the other one act, which ends first or not.
READS = {
    "it has ended": "await tools.mail({ to: 'x' }); await tools.begin({ to: 'x' });",
    "it goes on": "await tools.mail({ to: 'x' }); await tools.begin({ to: 'x' });"
    " await new Promise((done) => setTimeout(done, 300));",
    "one each": "await tools.fetch({ to: 'x' }); await tools.begin({ to: 'x' });",
}
ACTS = "await tools.wait({ to: 'x' }); %s await tools.send({ to: 'x' });"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("first", [True, False], ids=["reads first", "acts first"])
@pytest.mark.parametrize("reads", READS)
def test_what_one_was_given_counts_for_the_other_at_once(
    reads: str, first: bool, mode: Mode
) -> None:
    acts = ACTS % ("await tools.look({ to: 'x' });" if reads == "one each" else "")
    programs = [READS[reads], acts] if first else [acts, READS[reads]]
    session = Session([], RuleOfTwo(LABELS), InMemorySaver())
    tools = [*session.tools(), *Meeting().tools()]
    ours = CodeInterpreterMiddleware(
        ptc=[tool.name for tool in tools],
        rule_of_two=RuleOfTwo(RULE, precision="session"),
        mode="call",
    )
    turn: Any = [("eval", {"code": f"{code} undefined"}) for code in programs]
    agent: Any = create_agent(
        ScriptedModel(turns=[turn]), tools=tools, middleware=[ours], checkpointer=InMemorySaver()
    )
    message: Any = {"messages": [("user", "go")]}
    if mode == "ainvoke":
        state = asyncio.run(agent.ainvoke(message, THREAD))
    else:
        state = agent.invoke(message, THREAD)
    asked = [r["name"] for one in state["__interrupt__"] for r in one.value["action_requests"]]
    assert asked == ["send"]
    assert "send x" not in session.made
