"""One way to talk to every kind of graph: agents or a bare graph, `invoke` or `ainvoke`."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from tests.helpers.databases import Database, aopened, opened
from tests.helpers.models import ScriptedModel, programs

Kind = Literal["create_agent", "create_deep_agent", "graph"]
Mode = Literal["invoke", "ainvoke"]
Saver = Literal["memory", "sqlite", "postgres"]

KINDS: Sequence[Kind] = ("create_agent", "create_deep_agent", "graph")
MODES: Sequence[Mode] = ("invoke", "ainvoke")
SAVERS: Sequence[Saver] = ("memory", "sqlite", "postgres")


class GraphState(TypedDict, total=False):
    """The state of somebody's own graph, with the script graph as one of its nodes."""

    source: str
    outcome: Any
    updates: Any
    before: str


@dataclass
class Conversation:
    """A thread that runs one program; each message to it opens the database and builds the graph
    anew, as another process would.
    """

    kind: Kind
    mode: Mode
    database: Database | None
    source: str
    tools: Sequence[BaseTool]
    interrupt_on: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    thread: str = "thread"
    memory: InMemorySaver | None = field(default_factory=InMemorySaver)
    model: ScriptedModel | None = None
    agent_options: Mapping[str, Any] = field(default_factory=dict)
    run_options: Mapping[str, Any] = field(default_factory=dict)
    max_concurrency: int | None = None
    last: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Any:
        limit = {"max_concurrency": self.max_concurrency} if self.max_concurrency else {}
        return {"configurable": {"thread_id": self.thread}, **limit}

    def build(self, checkpointer: BaseCheckpointSaver[Any] | None) -> Any:
        """The graph."""
        if self.kind == "graph":
            script = create_script_graph(self.tools, interrupt_on=self.interrupt_on, **self.options)
            graph = StateGraph(GraphState)
            graph.add_node("prepare", lambda state: {"before": "prepared"})
            graph.add_node("script", script)
            graph.add_edge(START, "prepare")
            graph.add_edge("prepare", "script")
            graph.add_edge("script", END)
            return graph.compile(checkpointer=checkpointer)
        create: Callable[..., Any] = (
            create_agent if self.kind == "create_agent" else create_deep_agent
        )
        options = dict(self.agent_options)
        if "middleware" not in options:
            options["middleware"] = [
                CodeInterpreterMiddleware(
                    ptc=self.tools, interrupt_on=self.interrupt_on, **self.options
                )
            ]
        model = self.model = self.model or programs(self.source)
        return create(model=model, checkpointer=checkpointer, **options)

    def start(self) -> dict[str, Any]:
        """Starts the program; returns the state of the thread then."""
        if self.kind == "graph":
            return self.send({"source": self.source})
        return self.send({"messages": [("user", "go")]})

    def decide(self, *decisions: Any) -> dict[str, Any]:
        """Answers the one interrupt that is there."""
        return self.answer({"decisions": list(decisions)})

    def answer(self, answer: Any) -> dict[str, Any]:
        """Answers the one interrupt that is there, with anything at all."""
        return self.send(Command(resume=answer))

    def refuse(self, answer: Any, why: str, times: int = 1) -> None:
        """Gives an answer that does not fit: the questions stand, and so many of them say why."""
        stood = [item.id for item in self.pending()]
        interrupts = self.answer(answer)["__interrupt__"]
        refused = [item.value for item in interrupts if "refused" in item.value]
        assert len(refused) == times, interrupts
        for value in refused:
            assert re.search(why, value["refused"]), value["refused"]
            told = value["action_requests"][0]["description"]
            assert told.startswith(f"**The last answer was not used.** {value['refused']}\n\n")
        assert [item.id for item in self.pending()] == stood

    def pending(self) -> tuple[Any, ...]:
        """The interrupts that the thread waits for."""
        if self.database is None:
            return tuple(self.build(self.memory).get_state(self.config).interrupts)
        with opened(self.database) as saver:
            return tuple(self.build(saver).get_state(self.config).interrupts)

    def values(self) -> dict[str, Any]:
        """The state of the thread, without going on."""
        assert self.database is not None
        with opened(self.database) as saver:
            return dict(self.build(saver).get_state(self.config).values)

    def send(self, message: Any) -> dict[str, Any]:
        self.last = self._sent(message)
        return self.last

    @property
    def question(self) -> dict[str, Any]:
        """What people are asked; there is at most one interrupt."""
        interrupts = self.last.get("__interrupt__", ())
        assert len(interrupts) == 1, self.last
        value: dict[str, Any] = interrupts[0].value
        return value

    @property
    def prompt(self) -> str:
        """The last system prompt that the model was given."""
        assert self.model is not None
        return self.model.seen[-1]

    @property
    def waits(self) -> bool:
        return bool(self.last.get("__interrupt__"))

    @property
    def text(self) -> str:
        """What the program ended with: the tool message in an agent, the outcome in a graph."""
        if self.kind == "graph":
            outcome = self.last["outcome"]
            return str(outcome["error"] if "error" in outcome else outcome.get("value"))
        return next(m.text for m in self.last["messages"] if isinstance(m, ToolMessage))

    @property
    def value(self) -> Any:
        """What a program ended with whose last expression is a `JSON.stringify`."""
        text = self.text
        if self.kind != "graph":
            text = text.partition("<result>")[2].removesuffix("</result>")
        return json.loads(text)

    def _sent(self, message: Any) -> dict[str, Any]:
        if self.mode == "ainvoke":
            return asyncio.run(self._asent(message))
        if self.database is None:
            return dict(self.build(self.memory).invoke(message, self.config, **self.run_options))
        with opened(self.database) as saver:
            return dict(self.build(saver).invoke(message, self.config, **self.run_options))

    async def _asent(self, message: Any) -> dict[str, Any]:
        if self.database is None:
            return dict(
                await self.build(self.memory).ainvoke(message, self.config, **self.run_options)
            )
        async with aopened(self.database) as saver:
            return dict(await self.build(saver).ainvoke(message, self.config, **self.run_options))
