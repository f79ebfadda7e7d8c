"""Conversations that remember."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import CodeInterpreterMiddleware
from langchain_quickjs.script.variables.store import recent_heaps
from tests.helpers.conversations import Mode
from tests.helpers.databases import Database, aopened, opened
from tests.helpers.turns import Dictated


@dataclass
class Remembering:
    """A thread in which the user dictates programs. Every message to it builds everything anew."""

    mode: Mode
    database: Database | None
    options: Mapping[str, Any] = field(default_factory=dict)
    tools: Sequence[BaseTool] = ()
    create: Any = create_agent
    thread: str = "thread"
    memory: InMemorySaver = field(default_factory=InMemorySaver)
    last: dict[str, Any] = field(default_factory=dict)

    def config(self, checkpoint_id: str | None = None) -> Any:
        found = {"thread_id": self.thread}
        return {"configurable": found | ({"checkpoint_id": checkpoint_id} if checkpoint_id else {})}

    def agent(self, saver: Any) -> Any:
        interpreter = CodeInterpreterMiddleware(ptc=self.tools, **self.options)
        return self.create(model=Dictated(), middleware=[interpreter], checkpointer=saver)

    def say(self, source: str, checkpoint_id: str | None = None) -> str:
        """Has a program run; gives what the model is told of it."""
        return self.send({"messages": [("user", source)]}, checkpoint_id)

    def send(self, message: Any, checkpoint_id: str | None = None) -> str:
        recent_heaps.clear()  # As another process would find it.
        config = self.config(checkpoint_id)
        if self.mode == "ainvoke":
            self.last = asyncio.run(self._asend(message, config))
        elif self.database is None:
            self.last = self.agent(self.memory).invoke(message, config)
        else:
            with opened(self.database) as saver:
                self.last = self.agent(saver).invoke(message, config)
        messages = [m for m in self.last["messages"] if isinstance(m, ToolMessage)]
        return messages[-1].text if messages else ""

    def state(self, checkpoint_id: str | None = None) -> Any:
        """The state of the thread."""
        if self.database is None:
            return self.agent(self.memory).get_state(self.config(checkpoint_id))
        with opened(self.database) as saver:
            return self.agent(saver).get_state(self.config(checkpoint_id))

    def checkpoint(self) -> str:
        """Where the thread is now."""
        return str(self.state().config["configurable"]["checkpoint_id"])

    async def _asend(self, message: Any, config: Any) -> dict[str, Any]:
        if self.database is None:
            return dict(await self.agent(self.memory).ainvoke(message, config))
        async with aopened(self.database) as saver:
            return dict(await self.agent(saver).ainvoke(message, config))


def result(text: str) -> str:
    """What stands in the result's block."""
    return text.partition("<result>")[2].removesuffix("</result>")
