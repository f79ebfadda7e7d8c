"""Tools that end the run, or the process, in several ways; and conversations that have them."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated, Any, Literal

from langchain.tools import InjectedToolCallId
from langchain_core.tools import BaseTool, tool

from tests.helpers.conversations import Conversation, Kind, Mode
from tests.helpers.databases import Database
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

Durability = Literal["pause", "call"]
DURABILITIES: list[Durability] = ["pause", "call"]
REJECT = {"type": "reject"}


def crashing_tools(folder: Path) -> list[BaseTool]:
    """The shop's tools, and tools that end the run in several ways, until they may not."""
    shop = Shop(folder / "log")

    def times(what: str) -> int:
        shop.note(what)
        return shop.counts()[what]

    @tool
    def fail(until: int) -> str:
        """Fails so many times."""
        if times("fail") <= until:
            raise ConnectionError("the road is closed")
        return "through"

    @tool
    def die(until: int) -> str:
        """Takes the process along so many times."""
        if times("die") <= until:
            os.kill(os.getpid(), signal.SIGKILL)
        return "alive"

    @tool
    def wire(to: str, number: Annotated[str, InjectedToolCallId]) -> str:
        """Pays, and takes the process along before anybody learns of it, the first time."""
        if times(f"wire {to}") == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return f"wired to {to}"

    @tool
    def charge(to: str) -> str:
        """Pays, and fails afterwards."""
        times(f"charge {to}")
        raise TimeoutError("nobody knows")

    return [*shop.tools(), fail, die, wire, charge]


def talk_in(
    folder: Path,
    kind: Kind,
    mode: Mode,
    durability: Durability,
    source: str,
    database: Database | None = None,
) -> Conversation:
    gates = {"pay": True, "wire": True, "charge": True}
    tools, options = crashing_tools(folder), {"durability": durability}
    return Conversation(kind, mode, database or folder / "db", source, tools, gates, options)


def yes(talk: Conversation, decision: Any = APPROVE) -> dict[str, Any]:
    return {
        item.id: {"decisions": [decision] * len(item.value["action_requests"])}
        for item in talk.pending()
    }


def decided(given: dict[str, Any], decision: Any) -> dict[str, Any]:
    """Another decision about the same questions."""
    return {number: {"decisions": [decision]} for number in given}
