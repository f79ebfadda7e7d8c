"""One id is one call: in chains side by side, after crashes, and in each fork."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Annotated, Any

import pytest
from langchain.tools import InjectedToolCallId
from langchain_core.tools import BaseTool, tool
from langgraph.types import Command

from tests.helpers.conversations import Conversation
from tests.helpers.crashes import (
    DURABILITIES,
    Durability,
)
from tests.helpers.stories import APPROVE


class Crash(BaseException):
    """The process is gone, as far as the program can tell."""


def chains(rng: random.Random) -> tuple[str, Counter[tuple[str, int]]]:
    """A program of parallel chains that pay, and what it pays in all."""
    paid: Counter[tuple[str, int]] = Counter()
    written = []
    for _ in range(rng.randint(1, 4)):
        steps = []
        for _ in range(rng.randint(1, 4)):
            to, amount = rng.choice("abc"), rng.randint(1, 2)
            paid[to, amount] += 1
            steps.append(f'await tools.pay({{ to: "{to}", amount: {amount} }});')
        written.append(f"(async () => {{ {' '.join(steps)} }})()")
    return f"await Promise.all([{', '.join(written)}])", paid


class Bank:
    """Pays once for an id, and crashes when it is told to."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.crashes = 0
        self.by_id: dict[str, tuple[str, int]] = {}

    def tool(self) -> BaseTool:
        @tool
        async def pay(to: str, amount: int, number: Annotated[str, InjectedToolCallId]) -> str:
            """Pays."""
            for _ in range(self.rng.randint(0, 3)):
                await asyncio.sleep(0)
            assert self.by_id.setdefault(number, (to, amount)) == (to, amount)
            if self.crashes and self.rng.random() < 0.2:
                self.crashes -= 1
                raise Crash
            return "paid"

        return pay


@pytest.mark.parametrize("durability", DURABILITIES)
def test_one_id_is_one_call_in_chains_crashes_and_forks(durability: Durability, full: bool) -> None:
    """A bank that pays once for an id pays each call once: after crashes, and in each fork."""
    for number in range(500 if full else 24):
        rng = random.Random(number)
        source, expected = chains(rng)
        bank = Bank(rng)
        gates = {"pay": True} if number % 3 == 0 else None
        talk = Conversation(
            "create_agent",
            "ainvoke",
            None,
            source,
            [bank.tool()],
            gates,
            {"durability": durability},
        )
        bank.crashes = rng.randint(0, 3)
        run(talk, {"messages": [("user", "go")]})
        assert Counter(bank.by_id.values()) == expected, (number, source)
        # Another branch from before the program: its calls are others, and each is one again.
        assert talk.memory is not None
        agent = talk.build(talk.memory)
        history = list(agent.get_state_history(talk.config))
        *_, before = (state for state in history if state.next == ("tools",))
        bank.crashes = rng.randint(0, 2)
        run(talk, None, before.config)
        assert Counter(bank.by_id.values()) == expected + expected, (number, source)


def run(talk: Conversation, message: Any, config: Any = None) -> None:
    """Runs to the end: goes on after crashes, says yes to questions."""

    async def step() -> dict[str, Any]:
        return dict(await talk.build(talk.memory).ainvoke(message, config or talk.config))

    while True:
        try:
            talk.last = asyncio.run(step())
        except Crash:
            message, config = None, None
            continue
        asked = talk.last.get("__interrupt__")
        if not asked:
            return
        message, config = Command(resume={item.id: _approvals(item) for item in asked}), None


def _approvals(item: Any) -> Any:
    return {"decisions": [APPROVE] * len(item.value["action_requests"])}
