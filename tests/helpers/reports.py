"""Programs that fail, and what the model is told of their calls then."""

from __future__ import annotations

import re
from typing import Any

from langchain_core.tools import tool
from langgraph.types import interrupt

from langchain_quickjs import (
    Limits,
)
from tests.helpers.conversations import Conversation, Kind, Mode
from tests.helpers.shop import Shop

CALLS = 40


class OutOfStockError(Exception):
    """An error of a tool's own."""


def shop_tools(shop: Shop) -> list[Any]:
    """The shop's tools, one that fails, and one that asks people by itself."""

    @tool
    def boom(what: str) -> str:
        """Fails."""
        raise OutOfStockError(what)

    @tool
    def order(what: str) -> str:
        """Asks before it orders."""
        return str(interrupt(f"{what}?"))

    return [*shop.tools(), boom, order]


def told(talk: Conversation) -> tuple[str, list[str], int]:
    """The error's type, the lines, and how many calls more there were."""
    if talk.kind == "graph":
        outcome = talk.last["outcome"]
        assert outcome["status"] == "failed"
        lines = [
            f"{call['fate']}: {call['tool']}({call['args']})"
            + (f": {call['detail']}" if call["detail"] else "")
            for call in outcome.get("calls", [])
        ]
        error = {"TimeLimitError": "Timeout", "MemoryLimitError": "OutOfMemory"}
        kind = outcome["error"]["type"]
        return error.get(kind, kind), lines, outcome.get("calls_omitted", 0)
    kind, block = re.findall(
        r'<error type="([\w.]+)">.*</error>(?:\n<calls>\n(.*)\n</calls>)?$', talk.text, re.DOTALL
    )[0]
    lines = block.splitlines()
    more = re.fullmatch(r"and (\d+) more: .*", lines[-1]) if lines else None
    return kind, lines[:-1] if more else lines, int(more[1]) if more else 0


def talk_with(shop: Shop, source: str, kind: Kind, mode: Mode, **options: Any) -> Conversation:
    timeout_s = 0.2 if "for (;;);" in source else 5.0
    agent = {"timeout": timeout_s, "memory_limit": 16 * 2**20, "max_ptc_calls": CALLS}
    graph = {"limits": Limits(step_timeout_s=timeout_s, memory_bytes=16 * 2**20, calls=CALLS)}
    options = {**(graph if kind == "graph" else agent), **options}
    database = shop.log.with_name("db")
    return Conversation(kind, mode, database, source, shop_tools(shop), {"pay": True}, options)
