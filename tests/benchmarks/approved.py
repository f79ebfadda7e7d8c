"""Many conversations in one event loop, each with an approval: ours, and with plain approvals."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from asyncio import events
from collections.abc import Iterator
from typing import Any, Final

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware
from tests.benchmarks.agents import lookup
from tests.benchmarks.timing import Samples
from tests.helpers.models import ScriptedModel
from tests.helpers.stories import APPROVE

_CONVERSATIONS: Final = 500
_CALLS: Final = 5
_GATES: Final[Any] = {"pay": True}
_PROGRAM: Final = f"""
let sum = 0;
for (let id = 0; id < {_CALLS}; id++) sum += await tools.lookup({{ id }});
await tools.pay({{ amount: sum }})
"""


@tool
async def pay(amount: int) -> int:
    """Pays."""
    return amount


def _program() -> Any:
    return create_agent(
        ScriptedModel(turns=[[("eval", {"code": _PROGRAM})]]),
        [lookup, pay],
        middleware=[CodeInterpreterMiddleware(ptc=["lookup", "pay"], interrupt_on=_GATES)],
        checkpointer=InMemorySaver(),
    )


def _plain() -> Any:
    """The same agent without programs: each call is a turn of the model."""
    calls = [*(("lookup", {"id": number}) for number in range(_CALLS)), ("pay", {"amount": 10})]
    return create_agent(
        ScriptedModel(turns=[[call] for call in calls]),
        [lookup, pay],
        middleware=[HumanInTheLoopMiddleware(_GATES)],
        checkpointer=InMemorySaver(),
    )


def approved(runs: int) -> Samples:
    """500 conversations at once: what they compute, and the longest piece of it without a break.

    Time is what the process or the thread has computed, so that a busy machine changes little.
    """
    samples: Samples = {}
    for _ in range(runs):
        for name, make in (("program", _program), ("plain", _plain)):
            for metric, value in asyncio.run(_measured(make())).items():
                samples.setdefault(f"{name}_{metric}", []).append(value)
    return samples


async def _measured(agent: Any) -> dict[str, float]:
    await _conversation(agent, "warm")
    gc.collect()
    with _longest_pieces() as longest:
        began = time.process_time()
        await asyncio.gather(*(_conversation(agent, f"{n}") for n in range(_CONVERSATIONS)))
        return {"s": time.process_time() - began, **longest}


async def _conversation(agent: Any, thread: str) -> None:
    config: Any = {"configurable": {"thread_id": thread}}
    state = await agent.ainvoke({"messages": [("user", "go")]}, config)
    (asked,) = state["__interrupt__"]
    answer: Any = Command(resume={asked.id: {"decisions": [APPROVE]}})
    state = await agent.ainvoke(answer, config)
    assert state["messages"][-1].text == "done"


@contextlib.contextmanager
def _longest_pieces() -> Iterator[dict[str, float]]:
    """The longest callback of the event loop, and the longest collection of garbage in one."""
    longest = {"piece_s": 0.0, "collection_s": 0.0}
    handles: Any = events.Handle
    run = handles._run
    collected = [0.0, 0.0]  # when the last collection began, and how long all took together

    def timed(handle: Any) -> None:
        began, before = time.thread_time(), collected[1]
        run(handle)
        took = time.thread_time() - began - (collected[1] - before)
        longest["piece_s"] = max(longest["piece_s"], took)

    def collecting(phase: str, _: object) -> None:
        if phase == "start":
            collected[0] = time.thread_time()
            return
        took = time.thread_time() - collected[0]
        collected[1] += took
        longest["collection_s"] = max(longest["collection_s"], took)

    handles._run = timed
    gc.callbacks.append(collecting)
    try:
        yield longest
    finally:
        gc.callbacks.remove(collecting)
        handles._run = run
