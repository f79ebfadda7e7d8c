"""What an agent inside of a tool had touched in a run before this one joins who calls the tool."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import Field

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import ScriptedModel
from tests.helpers.sessions import LABELS, THREAD

GO: Any = {"messages": [("user", "go")]}
TO: Any = {"to": "x"}
MEMORY: Any = {"configurable": {"thread_id": "memory"}}
DELEGATES = "await tools.delegate({ to: 'x' });"


def program(code: str) -> tuple[str, dict[str, Any]]:
    return "eval", {"code": code}


# Who has the agent do something, and who acts then.
CALLERS: dict[str, Any] = {
    "the model": [[("look", TO)], [("delegate", TO)], [("send", TO)]],
    "a program, then the model": [[("look", TO)], [program(DELEGATES)], [("send", TO)]],
    "a program": [[("look", TO)], [program(f"const to = {DELEGATES} await tools.send({{ to }})")]],
}
READS: dict[str, Any] = {
    "its own call": [("fetch", TO)],
    "its program": [program("await tools.fetch({ to: 'x' })")],
}


class Unreliable(ScriptedModel):
    """Its answer to the first result fails once, as that of an API does."""

    failed: list[bool] = Field(default_factory=list)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        if messages[-1].type == "tool" and not self.failed:
            self.failed.append(True)
            raise ConnectionError("overloaded")
        return super()._generate(messages, *args, **kwargs)


class Pair:
    """An agent, and one inside of its tool `delegate`."""

    def __init__(
        self, turns: Any, inner: Any, precision: Any, mode: Mode, saver: Any = None
    ) -> None:
        self.mode = mode
        self.precision = precision
        self.made = list[str]()
        gate = HumanInTheLoopMiddleware(interrupt_on={"now": True})
        self.inner = self._agent(inner, self._plain(), saver, gate)
        self.given: Any = None if saver is None else MEMORY

        def delegate(to: str) -> str:
            return str(self.inner.invoke(GO, self.given)["messages"][-1].text)

        async def delegate_async(to: str) -> str:
            return str((await self.inner.ainvoke(GO, self.given))["messages"][-1].text)

        tool = StructuredTool.from_function(
            delegate, delegate_async, name="delegate", description="Has an agent do something."
        )
        model = ScriptedModel(turns=turns)
        self.outer = self._agent(model, [*self._plain(), tool], InMemorySaver())

    def _plain(self) -> list[BaseTool]:
        def named(name: str) -> BaseTool:
            def run(to: str) -> str:
                self.made.append(name)
                return f"{name} {to}"

            return StructuredTool.from_function(run, name=name, description="Does something.")

        return [named(name) for name in LABELS]

    def _agent(self, model: Any, tools: list[BaseTool], saver: Any, *more: Any) -> Any:
        labels: Any = {**LABELS, **{one.name: set() for one in tools if one.name == "delegate"}}
        ours = CodeInterpreterMiddleware(
            ptc=[tool.name for tool in tools],
            rule_of_two=RuleOfTwo(labels, precision=self.precision),
        )
        return create_agent(model, tools=tools, middleware=[ours, *more], checkpointer=saver)

    def send(self, message: Any, agent: Any = None, config: Any = THREAD) -> list[str]:
        """The calls that are asked about."""
        agent = agent or self.outer
        if self.mode == "ainvoke":
            state = asyncio.run(agent.ainvoke(message, config))
        else:
            state = agent.invoke(message, config)
        questions = state.get("__interrupt__", ())
        return [request["name"] for one in questions for request in one.value["action_requests"]]


def decided(decision: Any) -> Callable[[Any, Any, Any, Mode], tuple[Pair, list[str]]]:
    """Its next call waits for a person."""

    def run(turns: Any, reads: Any, precision: Any, mode: Mode) -> tuple[Pair, list[str]]:
        inner = ScriptedModel(turns=[reads, [("now", TO)]])
        pair = Pair(turns, inner, precision, mode)
        assert pair.send(GO) == ["now"]
        (asked,) = pair.outer.get_state(THREAD).interrupts
        return pair, pair.send(Command(resume={asked.id: {"decisions": [decision]}}))

    return run


def fails_once(turns: Any, reads: Any, precision: Any, mode: Mode) -> tuple[Pair, list[str]]:
    pair = Pair(turns, Unreliable(turns=[reads]), precision, mode)
    with pytest.raises(ConnectionError):
        pair.send(GO)
    return pair, pair.send(None)


def remembers(turns: Any, reads: Any, precision: Any, mode: Mode) -> tuple[Pair, list[str]]:
    pair = Pair(turns, ScriptedModel(turns=[reads]), precision, mode, InMemorySaver())
    pair.send(GO, pair.inner, MEMORY)
    return pair, pair.send(GO)


EARLIER: dict[str, Any] = {
    "rejected": decided({"type": "reject", "message": "no"}),
    "answered": decided({"type": "respond", "message": "r"}),
    "approved": decided({"type": "approve"}),
    "its model fails once": fails_once,
    "a memory of its own": remembers,
}


@pytest.mark.parametrize(
    ("precision", "mode"), [("session", "invoke"), ("program", "ainvoke"), ("value", "invoke")]
)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("reads", READS)
@pytest.mark.parametrize("earlier", EARLIER)
def test_what_an_agent_had_read_before_joins_who_asks_it(
    earlier: str, reads: str, caller: str, precision: Any, mode: Mode
) -> None:
    pair, asked = EARLIER[earlier](CALLERS[caller], READS[reads], precision, mode)
    assert asked == ["send"]
    assert "send" not in pair.made


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("earlier", EARLIER)
def test_an_agent_that_has_read_nothing_brings_nothing(
    earlier: str, caller: str, mode: Mode
) -> None:
    pair, asked = EARLIER[earlier](CALLERS[caller], [("look", TO)], "program", mode)
    assert asked == []
    assert "send" in pair.made
