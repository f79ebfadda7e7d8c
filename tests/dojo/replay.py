"""Makes calls in a real agent under a rule, and answers what it asks."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from langchain.agents import create_agent
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo
from langchain_quickjs.script.labels.policy import Precision
from tests.dojo.scripts import Turns
from tests.dojo.suites import Call, Labels, Suite
from tests.helpers.models import ScriptedModel

Mode = Literal["none"] | Precision
MODES: tuple[Mode, ...] = ("none", *get_args(Precision))


@dataclass
class Session:
    """What happens in one thread.

    Attributes:
        calls: All calls that are going to be made, in order.
        approved: How many of the first of them are approved where that is asked.
        asked: The positions of those that a person is asked about.
        made: The positions of those that are made.
    """

    calls: Sequence[Call]
    approved: int
    asked: list[int] = field(default_factory=list)
    made: list[int] = field(default_factory=list)

    @property
    def at(self) -> int:
        """The position of the call that comes next."""
        return len(set(self.made) | {one for one in self.asked if one >= self.approved})

    def make(self, tool: str, args: Mapping[str, Any]) -> str:
        """Makes a call: it must be the one that comes next."""
        call = self.calls[self.at]
        given = {name: args.get(name) for name in call.args}
        if (tool, given) != (call.tool, call.args):
            raise AssertionError(f"{tool}({given}) was called instead of {call}.")
        self.made.append(self.at)
        return call.result

    def answer(self, requests: Sequence[Any]) -> dict[str, Any]:
        """Decides on calls: each must be the one that comes next."""
        decisions = []
        for request in requests:
            at = self.at
            if request["name"] != self.calls[at].tool:
                raise AssertionError(f"{request['name']} is asked about, not {self.calls[at]}.")
            self.asked.append(at)
            decisions.append({"type": "approve" if at < self.approved else "reject"})
        return {"decisions": decisions}


class Agent:
    """An agent with the tools of a suite, under one rule."""

    def __init__(self, suite: Suite, labels: Labels, mode: Mode) -> None:
        """Builds it once for all sessions: each of these has a thread of its own."""
        self._session = Session((), 0)
        self._threads = itertools.count()
        self._model = ScriptedModel(turns=[])
        self._saver = InMemorySaver()
        rule = None if mode == "none" else RuleOfTwo(labels, precision=mode)
        # No variables live on: a thread is tainted only by what programs show.
        ours = CodeInterpreterMiddleware(ptc=list(suite.tools), rule_of_two=rule, mode="call")
        tools = [self._tool(name, schema) for name, schema in suite.tools.items()]
        self._agent: Any = create_agent(
            self._model, tools=tools, middleware=[ours], checkpointer=self._saver
        )

    def _tool(self, name: str, schema: Mapping[str, Any]) -> BaseTool:
        return StructuredTool.from_function(
            lambda **args: self._session.make(name, args),
            name=name,
            description="As in AgentDojo.",
            args_schema=dict(schema),
        )

    def run(self, turns: Turns, calls: Sequence[Call], approved: int | None = None) -> Session:
        """Runs the turns of a model in a new thread.

        Args:
            turns: What the model does.
            calls: All calls that come of it, in order.
            approved: How many of the first of them a person approves; the others are rejected.
        """
        session = Session(calls, len(calls) if approved is None else approved)
        self._session, self._model.turns = session, turns
        thread = str(next(self._threads))
        config: Any = {"configurable": {"thread_id": thread}, "recursion_limit": 1000}
        message: Any = {"messages": [("user", "Go.")]}
        while True:
            state = self._agent.invoke(message, config)
            questions = state.get("__interrupt__", ())
            if not questions:
                break
            answers = {one.id: session.answer(one.value["action_requests"]) for one in questions}
            message = Command(resume=answers)
        self._saver.delete_thread(thread)
        if session.at != len(calls):
            raise AssertionError(f"{calls[session.at]} was neither made nor rejected.")
        return session
