"""Agents inside of a tool, one beside the other: what they touch joins who calls the tool."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import ScriptedModel
from tests.helpers.sessions import LABELS, THREAD

RULE = RuleOfTwo({**LABELS, "delegate": set()})
GO: Any = {"messages": [("user", "go")]}
TO: Any = {"to": "x"}


def program(code: str) -> tuple[str, dict[str, Any]]:
    return "eval", {"code": code}


def plain_tools(made: list[str]) -> list[BaseTool]:
    def named(name: str) -> BaseTool:
        def run(to: str) -> str:
            made.append(name)
            return f"{name} {to}"

        return StructuredTool.from_function(run, name=name, description="Does something.")

    return [named(name) for name in LABELS]


def agent_of(turns: Any, tools: list[BaseTool], saver: Any = None) -> Any:
    names = {tool.name for tool in tools}
    labels: Any = {name: labels for name, labels in RULE.labels.items() if name in names}
    ours = CodeInterpreterMiddleware(ptc=[*sorted(names)], rule_of_two=RuleOfTwo(labels))
    model = ScriptedModel(turns=turns)
    return create_agent(model, tools=tools, middleware=[ours], checkpointer=saver)


def asked(turns: Any, inner: Any, mode: Mode, made: list[str]) -> list[str]:
    """What people are asked about, all approved."""
    plain = plain_tools(made)

    def delegate(to: str) -> str:
        state = agent_of(inner[to], plain).invoke(GO)
        return str(state["messages"][-1].text)

    async def delegate_async(to: str) -> str:
        state = await agent_of(inner[to], plain).ainvoke(GO)
        return str(state["messages"][-1].text)

    tool = StructuredTool.from_function(
        delegate, delegate_async, name="delegate", description="Has an agent do something."
    )
    agent, message, found = agent_of(turns, [*plain, tool], InMemorySaver()), GO, list[str]()
    for _ in range(10):
        if mode == "ainvoke":
            state = asyncio.run(agent.ainvoke(message, THREAD))
        else:
            state = agent.invoke(message, THREAD)
        questions = state.get("__interrupt__", ())
        if not questions:
            return found
        answers = {}
        for one in questions:
            requests = one.value["action_requests"]
            found += [request["name"] for request in requests]
            answers[one.id] = {"decisions": [{"type": "approve"} for _ in requests]}
        message = Command(resume=answers)
    raise AssertionError("It does not end.")


BOTH = "await Promise.all([tools.delegate({ to: 'a' }), tools.delegate({ to: 'b' })]);"
INNER: dict[str, Any] = {
    "one each": {"a": [[("fetch", TO)]], "b": [[("look", TO)]]},
    "at once": {"a": [[("fetch", TO), ("look", TO)]], "b": [[("now", TO)]]},
    "programs": {
        "a": [[program("await tools.fetch({ to: 'x' })")]],
        "b": [[program("await tools.look({ to: 'x' }); 1")]],
    },
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("later", ["same program", "model"])
def test_agents_in_a_tool_that_run_at_once(later: str, inner: str, mode: Mode) -> None:
    sends = "await tools.send({ to: 'x' });"
    turns: Any = [[program(f"{BOTH} {sends} 1")]]
    if later == "model":
        turns = [[program(f"{BOTH} 1")], [("send", TO)]]
    made = list[str]()
    assert asked(turns, INNER[inner], mode, made) == ["send"]
    assert made.count("send") == 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("act", [("send", TO), program("await tools.send({ to: 'x' }); 1")])
def test_agents_in_a_tool_know_what_the_program_has_touched(act: Any, mode: Mode) -> None:
    made = list[str]()
    turns = [[program(f"await tools.mail({{ to: 'x' }}); {BOTH} 1")]]
    inner = {"a": [[act]], "b": [[("now", TO)]]}
    assert asked(turns, inner, mode, made) == ["send"]
    assert made.count("send") == 1
