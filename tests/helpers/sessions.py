"""Sessions under the rule of two: what a model and its programs call, and what has to be asked.

A plan is what happens in a session: for each message of the model its calls, each of a tool, or of
a program that makes calls. The oracle says which of them need a person.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from langchain.agents import create_agent
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo
from tests.helpers.conversations import Mode
from tests.helpers.models import ScriptedModel

ALL: Final = frozenset({"untrusted", "sensitive", "acts"})
LABELS: Final[Mapping[str, Any]] = {
    "now": set(),
    "fetch": {"untrusted"},
    "look": {"sensitive"},
    "send": {"acts"},
    "mail": {"untrusted", "sensitive"},
    "post": {"untrusted", "acts"},
    "refund": {"sensitive", "acts"},
    # "raw" has no labels, so it has all of them.
}
TOOLS: Final = (*LABELS, "raw")
THREAD: Final[Any] = {"configurable": {"thread_id": "1"}}
End = Literal["silent", "returns", "prints", "throws"]


@dataclass(frozen=True)
class Program:
    """A program: rounds of calls, each made together; and what is shown of it."""

    rounds: tuple[tuple[str, ...], ...]
    end: End = "returns"


Plan = Sequence[Sequence[str | Program]]


def labels_of(tool: str) -> frozenset[str]:
    return frozenset(LABELS.get(tool, ALL))


@dataclass
class Session:
    """Runs a plan; every message to it builds the agent anew, as another process would.

    Attributes:
        asked: The calls that people were asked about, in order.
        made: The calls that were made, in order.
    """

    plan: Plan
    rule: RuleOfTwo
    saver: BaseCheckpointSaver[Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    decision: str = "approve"
    asked: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    config: Any = field(default_factory=lambda: dict(THREAD))
    mode: Mode = "invoke"

    def tools(self) -> list[BaseTool]:
        def tool(name: str) -> BaseTool:
            def run(to: str) -> str:
                self.made.append(f"{name} {to}")
                return f"{name} {to}"

            return StructuredTool.from_function(run, name=name, description="Does something.")

        return [tool(name) for name in TOOLS]

    def agent(self) -> Any:
        turns = [
            [self._call(item, f"{number}.{index}") for index, item in enumerate(turn)]
            for number, turn in enumerate(self.plan)
        ]
        tools = self.tools()
        ours = CodeInterpreterMiddleware(
            ptc=[tool.name for tool in tools], rule_of_two=self.rule, **self.options
        )
        return create_agent(
            ScriptedModel(turns=turns), tools=tools, middleware=[ours], checkpointer=self.saver
        )

    def _call(self, item: str | Program, place: str) -> tuple[str, dict[str, Any]]:
        if isinstance(item, str):
            return item, {"to": place}
        lines = []
        for number, names in enumerate(item.rounds):
            made = [
                f"tools.{name}({{ to: {json.dumps(f'{place}.{number}.{index}')} }})"
                for index, name in enumerate(names)
            ]
            lines.append(f"await Promise.allSettled([{', '.join(made)}]);")
        ends = {
            "silent": "undefined",
            "returns": "1",
            "prints": "console.log('x'); undefined",
            "throws": "throw Error('x')",
        }
        return "eval", {"code": "\n".join([*lines, ends[item.end]])}

    def send(self, message: Any) -> Any:
        """Sends one message to a new agent, and gives the state after it."""
        if self.mode == "ainvoke":
            return asyncio.run(self.agent().ainvoke(message, self.config))
        return self.agent().invoke(message, self.config)

    def run(self, message: Any = None) -> None:
        """Runs it to its end, answering every question in the same way."""
        message = message or {"messages": [("user", "go")]}
        for _ in range(200):
            state = self.send(message)
            questions = state.get("__interrupt__", ())
            if not questions:
                return
            answers = {}
            for one in questions:
                requests = one.value["action_requests"]
                self.asked += [f"{request['name']} {request['args']['to']}" for request in requests]
                self.told += [request.get("description", "") for request in requests]
                answers[one.id] = {"decisions": [{"type": self.decision} for _ in requests]}
            message = Command(resume=answers)
        raise AssertionError("It does not end.")


def expected(
    plan: Plan, rule: RuleOfTwo, *, approved: bool = True, variables_live: bool = True
) -> list[str]:
    """The calls that need a person, by the rule as the documentation has it."""
    session, variables, asked = frozenset[str](), frozenset[str](), list[str]()

    def needs(name: str, to: str, touched: frozenset[str]) -> bool:
        own = labels_of(name)
        decisive = own if rule.order == "any" else own & {"acts"}
        if not decisive or touched | own != ALL:
            return False
        asked.append(f"{name} {to}")
        return True

    for number, turn in enumerate(plan):
        # What calls of one message bring is there for the next one; programs know of those before.
        waits = False
        added, known, kept = (frozenset[str]() for _ in range(3))
        for index, item in enumerate(turn):
            beside = _begun(one for at, one in enumerate(turn) if at != index)
            if isinstance(item, str):
                if not needs(item, f"{number}.{index}", session | beside) or approved:
                    added |= labels_of(item)
                continue
            if (
                waits and variables_live
            ):  # A program is not run after one of the same message that waits.
                continue
            found = variables | known if variables_live else frozenset[str]()
            touched, before = session | beside | found, len(asked)
            for at, names in enumerate(item.rounds):
                results, later, waiting = (frozenset[str]() for _ in range(3))
                for position, name in enumerate(names):
                    if not needs(name, f"{number}.{index}.{at}.{position}", touched | waiting):
                        touched |= labels_of(name) - {"untrusted"}
                        results |= labels_of(name)
                        added |= touched if "acts" in labels_of(name) else frozenset()
                        continue
                    # It may run at any moment.
                    waiting |= labels_of(name) - {"untrusted"}
                    later |= labels_of(name) if approved else frozenset()
                # What is approved is made when the other results are there.
                touched |= results | (later - {"untrusted"})
                added |= touched if "acts" in later else frozenset()
                touched |= later
            shown = item.end != "silent" or rule.precision == "session"
            # Acts pass on what the program knows; else only what is shown of it counts.
            added, kept = added | (touched if shown else set()), kept | touched
            known |= touched
            waits = waits or len(asked) > before
        session, variables = session | added, variables | kept
    return asked


def _begun(items: Iterable[str | Program]) -> frozenset[str]:
    found = [labels_of(one) - {"untrusted"} for one in items if isinstance(one, str)]
    return frozenset().union(*found)
