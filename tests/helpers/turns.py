"""Conversations of many turns: what they take and what they store, with us and without."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import string
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.sqlite import SqliteSaver


class Dictated(BaseChatModel):
    """Runs the program that the user's last message is, then says `done`."""

    @property
    def _llm_type(self) -> str:
        return "dictated"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Dictated:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        last = messages[-1]
        if isinstance(last, HumanMessage):
            number = sum(isinstance(message, HumanMessage) for message in messages)
            call = {"name": "eval", "args": {"code": last.text}, "id": f"call-{number}"}
            message = AIMessage("", tool_calls=[call])
        else:
            message = AIMessage("done")
        return ChatResult(generations=[ChatGeneration(message=message)])


def one_kilobyte(turn: int) -> str:
    """A program that adds a kilobyte of text to the heap; text that hardly compresses."""
    text = "".join(random.Random(turn).choices(string.ascii_letters, k=1024))
    return f"globalThis.log ??= []; log.push('{text}'); log.length === {turn + 1}"


def plain_tool() -> BaseTool:
    """What an agent without us has: a tool with the same arguments that keeps nothing."""

    @tool("eval")
    def answer(code: str) -> str:
        """Answers."""
        return "<result>true</result>"

    return answer


def stored_bytes(database: Path) -> int:
    """What the checkpointer's tables hold."""
    connection = sqlite3.connect(database)
    try:
        total = 0
        for table, columns in (
            (
                "checkpoints",
                "checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata",
            ),
            ("writes", "checkpoint_ns, checkpoint_id, task_id, channel, value"),
        ):
            size = " + ".join(f"coalesce(length({c}), 0)" for c in columns.split(", "))
            (found,) = connection.execute(f"select sum({size}) from {table}").fetchone()
            total += found or 0
    finally:
        connection.close()
    return total


@dataclass
class Turns:
    """What the turns of a conversation took.

    Attributes:
        seconds: How long this process computed for each; other processes do not disturb that.
        stored: What was stored in the end.
    """

    seconds: list[float] = field(default_factory=list)
    stored: int = 0


def converse(
    agents: Mapping[Path, Callable[[Any], Any]], turns: Sequence[str]
) -> dict[Path, Turns]:
    """Says one thing after the other to several agents, by turns. Each has a database."""
    config: Any = {"configurable": {"thread_id": "1"}}
    took = {database: Turns() for database in agents}
    with contextlib.ExitStack() as stack:
        built = {}
        for database, build in agents.items():
            saver = SqliteSaver.from_conn_string(str(database))
            built[database] = build(stack.enter_context(saver))
        for text in turns:
            for database, agent in built.items():
                began = time.process_time()
                state = agent.invoke({"messages": [("user", text)]}, config)
                took[database].seconds.append(time.process_time() - began)
                said = state["messages"][-2].text
                assert said == "<result>true</result>", said
    for database in agents:
        took[database].stored = stored_bytes(database)
    return took
