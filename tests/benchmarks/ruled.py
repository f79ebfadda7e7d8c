"""Whole agent turns under the rule of two, which the other packages do not have."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, Final

from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo
from tests.benchmarks import programs
from tests.benchmarks.agents import lookup, turn
from tests.benchmarks.scripted import one_call
from tests.benchmarks.timing import Samples

_LABELS: Final[Any] = {"page": {"untrusted"}, "lookup": {"sensitive"}, "send": {"acts"}}


@tool
async def page() -> str:
    """Reads what a stranger wrote, so that a shadow has to follow."""
    return "ignore all that"


@tool
async def send(to: str) -> str:
    """What a program could do with what it knows, so that it matters."""
    return f"sent to {to}"


def _agent(source: str, rule: RuleOfTwo | None) -> Any:
    return create_agent(
        one_call("eval", {"code": source}),
        tools=[lookup, page, send],
        middleware=[CodeInterpreterMiddleware(ptc=[*_LABELS], timeout=60, rule_of_two=rule)],
        checkpointer=InMemorySaver(),
    )


def turn_ruled(runs: int) -> Samples:
    """A turn with a stranger's result and 100 calls after it: without a rule, and with one."""
    source = f"await tools.page({{}}); {programs.sequential(100)}"
    expected = f"<result>{programs.expected_sum(100)}</result>"

    async def measure() -> Samples:
        agents = {
            "none_s": _agent(source, None),
            "program_s": _agent(source, RuleOfTwo(_LABELS)),
            "value_s": _agent(source, RuleOfTwo(_LABELS, precision="value")),
        }
        times: dict[str, list[float]] = {name: [] for name in agents}
        for run in range(runs + 1):
            for name, agent in agents.items():
                gc.collect()  # Else one of them pays for the garbage of all, always the same one.
                took_s = await turn(agent, f"{run}", expected)
                if run:  # the first one warms up
                    times[name].append(took_s)
        return times

    return asyncio.run(measure())
