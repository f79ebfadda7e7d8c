"""The prompt keeps the model's cache: nothing that changes within a thread changes it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware
from langchain_quickjs.agent.prompt import PromptSection
from langchain_quickjs.interpreter import Limits
from tests.helpers.many_tools import many_tools
from tests.helpers.models import ScriptedModel, programs
from tests.helpers.stories import APPROVE

ROOT = Path(__file__).parent.parent.parent
GO: Any = {"messages": [("user", "go")]}
CONFIG: Any = {"configurable": {"thread_id": "t"}}


@tool
def pay(to: set[str], amount: float = 1, tags: set[str] = {"x", "late", "gift", "new"}) -> set[str]:  # noqa: B006
    """Pays somebody."""
    return to


TOOLS: list[BaseTool] = [*many_tools(20), pay]
PROGRAMS = [
    "globalThis.kept = 'x'.repeat(5000); console.log('much')",
    "throw new Error('no')",
    "await tools.pay({ to: ['ann'] })",
    "await tools.$search('pay')",
    *["1"] * 96,
]


def prompts_of(count: int) -> list[str]:
    """What the model was told at each call of a thread, over a pause and in new agents."""
    model, saver = programs(*PROGRAMS[:count]), InMemorySaver()

    def agent() -> Any:
        ours = CodeInterpreterMiddleware(ptc=TOOLS, interrupt_on={"pay": True})
        return create_agent(model=model, middleware=[ours], checkpointer=saver)

    told = agent().invoke(GO, CONFIG)
    while told.get("__interrupt__"):
        told = agent().invoke(Command(resume={"decisions": [APPROVE]}), CONFIG)
    agent().invoke(GO, CONFIG)
    return model.seen


def digest(count: int) -> str:
    told = set(prompts_of(count))
    assert len(told) == 1
    return hashlib.sha256(told.pop().encode()).hexdigest()


def test_the_same_bytes_at_a_hundred_calls_and_in_each_process() -> None:
    found = {digest(len(PROGRAMS))}
    for seed in ("0", "1", "7"):
        command = f"from {__name__} import digest; print(digest(4))"
        ended = subprocess.run(
            [sys.executable, "-c", command],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(ended.stdout.strip())
    assert len(found) == 1


class Shuffles(AgentMiddleware[Any, Any, Any]):
    """Gives the model the tools in another order at each call, and once without one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        self.calls += 1
        turn = self.calls % len(request.tools)
        tools = [*request.tools[turn:], *request.tools[:turn]]
        if self.calls == 3:
            tools = [tool for tool in tools if tool.name != TOOLS[1].name]
        return handler(request.override(tools=tools))


def test_tools_stand_in_the_order_of_the_developer() -> None:
    """Whatever other middleware does to the agent's list; what it takes away is not told of."""
    tools = TOOLS[:4]
    ours = CodeInterpreterMiddleware(ptc=[tool.name for tool in tools])
    model = ScriptedModel(turns=[[("eval", {"code": "1"})]] * 4)
    agent: Any = create_agent(model=model, tools=tools, middleware=[Shuffles(), ours])
    agent.invoke(GO)
    assert len(model.seen) == 5
    first, third = model.seen[0], model.seen[2]
    assert [text == first for text in model.seen] == [True, True, False, True, True]
    assert len(third) < len(first)


@pytest.mark.parametrize("count", [10, 1000])
def test_it_is_written_once(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for at each model call; to write it for many tools takes long."""
    section = PromptSection("eval", 4000, "thread", Limits(), 4000)
    tools = tuple(many_tools(count))
    first = section.after(None, tools, asked=set(), subagents=False)
    monkeypatch.setattr(section, "_write", None)
    assert section.after(None, tuple(tools), asked=set(), subagents=False) is first
