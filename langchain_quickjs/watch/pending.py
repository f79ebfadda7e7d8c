"""What waits for people in one thread.

LangGraph says which interrupts stand. Each is taken apart into the calls that it asks about.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.types import Interrupt, PregelTask, StateSnapshot

from langchain_quickjs.errors import SetupError
from langchain_quickjs.quoting import value_text
from langchain_quickjs.script.flow.drivers import Ask, Asking, adrive, drive
from langchain_quickjs.script.langgraph_internals.checkpointer import namespace_of_task
from langchain_quickjs.watch.drawing.cards import cards_html, cards_plain
from langchain_quickjs.watch.question import UNKNOWN_TIME, Question, question_in, time_in
from langchain_quickjs.watch.stranded import void_questions

__all__ = [
    "KeepsState",
    "PendingCall",
    "PendingCalls",
    "apending",
    "pending",
    "state_of",
    "thread_of",
]


@dataclass(frozen=True, slots=True)
class PendingCall:
    """One call that waits for a person, or one question that a tool asks by itself.

    Attributes:
        thread_id: The thread that waits.
        interrupt_id: What the answer goes by: `Command(resume={interrupt_id: ...})`.
        index: Its position among the calls that are asked about in one interrupt, from 0.
        tool: The name of the tool; empty where a tool asks something by itself.
        args: The arguments.
        description: What the person reads about it, in Markdown.
        allowed_decisions: What the person may decide.
        asked_by: Who asks: `"program"`, `"model"`, or the namespace of a task, subagent or graph
            inside.
        tool_call_id: The id of the model's call that runs the program, where a program asks.
        source: The program's text, where a program asks.
        line: The line of the program that waits, from 1; `None` where it is not known.
        column: The column, from 1.
        calls_so_far: What the program has done, a line each.
        asked_at: When it was asked.
        expires_at: When it is decided as rejected unless somebody answers; `None` for never.
        refused: Why the last answer did not fit; empty if there was none.
        value: The whole value of the interrupt.
        first_line: The number of the line that `source` begins with: of a long program it is the
            part round the line that waits.
        void: Why an answer comes to nothing, except that the program ends: what it stands in is
            gone, and it cannot be run again. Empty if it can go on.
        agent: The name of the agent that asks, where that is a subagent, or inside another graph,
            and its question says so.
    """

    thread_id: str
    interrupt_id: str
    index: int
    tool: str
    args: Mapping[str, Any]
    description: str = field(repr=False)
    allowed_decisions: tuple[str, ...]
    asked_by: str
    tool_call_id: str | None
    source: str | None = field(repr=False)
    line: int | None
    column: int | None
    calls_so_far: tuple[str, ...]
    asked_at: datetime
    expires_at: datetime | None
    refused: str
    value: Any = field(repr=False)
    first_line: int = 1
    void: str = ""
    agent: str = ""

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,  # noqa: ARG002 - the protocol's
        exclude: Collection[str] | None = None,  # noqa: ARG002 - the protocol's
    ) -> dict[str, str]:
        return _shown([self])


class PendingCalls(list[PendingCall]):
    """Calls that wait for people; a notebook shows them one below the other."""

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,  # noqa: ARG002 - the protocol's
        exclude: Collection[str] | None = None,  # noqa: ARG002 - the protocol's
    ) -> dict[str, str]:
        return _shown(self)


def _shown(calls: Sequence[PendingCall]) -> dict[str, str]:
    return {"text/plain": cards_plain(calls), "text/html": cards_html(calls)}


class KeepsState(Protocol):
    """A compiled graph of LangGraph, with a checkpointer."""

    def get_state(self, config: RunnableConfig, *, subgraphs: bool = False) -> StateSnapshot:
        """The state of a thread."""
        ...

    def aget_state(
        self, config: RunnableConfig, *, subgraphs: bool = False
    ) -> Awaitable[StateSnapshot]:
        """The same, asynchronously."""
        ...


def pending(agent: KeepsState, config: RunnableConfig) -> list[PendingCall]:
    """Lists what waits for people in a thread: each call, and each question that a tool asks.

    What programs ask is listed, what LangChain's `HumanInTheLoopMiddleware` asks about the model's
    own calls, what tools ask with `interrupt(...)`, and all that graphs and subagents inside ask.

    Args:
        agent: An agent, or any compiled graph, with a checkpointer.
        config: Names the thread: `{"configurable": {"thread_id": ...}}`.

    Returns:
        The calls, in the order in which their questions stand; empty if nothing waits.

    Raises:
        SetupError: The graph has no checkpointer, or the config names no thread.
    """
    return drive(_pending(agent, config))


async def apending(agent: KeepsState, config: RunnableConfig) -> list[PendingCall]:
    """The same as `pending`, for checkpointers that are used asynchronously."""
    return await adrive(_pending(agent, config))


def _pending(agent: KeepsState, config: RunnableConfig) -> Asking[list[PendingCall]]:
    snapshot = yield from state_of(agent, config, subgraphs=True)
    thread_id = thread_of(config)
    asked = list(_asked(snapshot))
    void = (yield from void_questions(agent, thread_id, snapshot)) if asked else {}
    return PendingCalls(
        replace(call, void=void.get(call.interrupt_id, ""))
        for interrupt, place in asked
        for call in _calls(thread_id, interrupt, place)
    )


def thread_of(config: RunnableConfig) -> str:
    """The thread that a config names.

    Raises:
        SetupError: It names none.
    """
    place = config.get("configurable", {}) if isinstance(config, Mapping) else None
    thread_id = place.get("thread_id") if isinstance(place, Mapping) else None
    if thread_id is None:
        found = "" if isinstance(config, Mapping) else f" This is {value_text(config)}."
        raise SetupError(
            'The config must name the thread: {"configurable": {"thread_id": ...}}. It is the one '
            f"that the agent was invoked with.{found}"
        )
    return str(thread_id)


def state_of(
    agent: KeepsState, config: RunnableConfig, *, subgraphs: bool = False
) -> Asking[StateSnapshot]:
    """The state of a thread.

    Raises:
        SetupError: It is no graph, has no checkpointer, or the config names no thread.
    """
    thread_of(config)
    if not callable(getattr(agent, "get_state", None)):
        raise SetupError(
            "`agent` must be an agent, or any compiled graph, with a checkpointer; it is "
            f"{value_text(agent)}."
        )
    if getattr(agent, "checkpointer", True) in (None, False):
        raise SetupError(
            "The graph has no checkpointer, so nothing of it is kept. Pass one where it is made, "
            "for example `create_agent(..., checkpointer=InMemorySaver())`."
        )
    snapshot: StateSnapshot = yield Ask(agent, "get_state", (config,), {"subgraphs": subgraphs})
    return snapshot


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an interrupt was raised, as far as LangGraph tells.

    Attributes:
        snapshot: The state of the graph.
        namespace: That of the task.
        inside: Whether the graph is inside another one.
    """

    snapshot: StateSnapshot
    namespace: str
    inside: bool

    def raised(self, interrupt: Interrupt) -> bool:
        """Whether the task itself has raised an interrupt, and not a graph called by a tool."""
        return Interrupt.from_ns(None, self.namespace).id == interrupt.id

    def has_made(self, question: Question) -> bool:
        """Whether the graph's model has just made all calls that a question is about."""
        values = self.snapshot.values
        messages = values.get("messages") if isinstance(values, Mapping) else None
        listed: list[Any] = messages if isinstance(messages, list) else []
        last = next((one for one in reversed(listed) if isinstance(one, AIMessage)), None)
        made = [] if last is None else [(call["name"], call["args"]) for call in last.tool_calls]
        return all((call.tool, call.args) in made for call in question.calls)


def _asked(
    snapshot: StateSnapshot, graph: str = "", *, inside: bool = False
) -> Iterator[tuple[Interrupt, _Place]]:
    """The interrupts that stand, each with the innermost place where it can be seen."""
    for task in snapshot.tasks:
        namespace = namespace_of_task(graph, task.name, task.id)
        place = _Place(snapshot, namespace, inside)
        deeper = dict(_deeper(task, namespace))
        for interrupt in task.interrupts:
            # A database that others write to can hold anything in its place.
            if isinstance(interrupt, Interrupt):
                yield interrupt, deeper.get(str(interrupt.id), place)


def _deeper(task: PregelTask, namespace: str) -> Iterator[tuple[str, _Place]]:
    if isinstance(task.state, StateSnapshot):
        for interrupt, place in _asked(task.state, namespace, inside=True):
            yield str(interrupt.id), place


def _calls(thread_id: str, interrupt: Interrupt, place: _Place) -> Iterator[PendingCall]:
    question = question_in(interrupt.value)
    program = question.program
    since = time_in(place.snapshot.created_at) or UNKNOWN_TIME
    for index, call in enumerate(question.calls):
        yield PendingCall(
            thread_id=thread_id,
            interrupt_id=str(interrupt.id),
            index=index,
            tool=call.tool,
            args=call.args or {},
            description=call.description,
            allowed_decisions=call.allowed_decisions,
            asked_by=_asked_by(question, interrupt, place),
            tool_call_id=program.tool_call_id if program else None,
            source=program.source if program else None,
            line=call.line,
            column=program.column if program and index == 0 else None,
            calls_so_far=program.calls_so_far if program else (),
            asked_at=question.asked_at or since,
            expires_at=call.expires_at,
            refused=question.refused,
            value=interrupt.value,
            first_line=program.first_line if program else 1,
            agent=question.agent,
        )


def _asked_by(question: Question, interrupt: Interrupt, place: _Place) -> str:
    if question.program is not None:
        return "program"
    own = question.about_calls and not place.inside
    if own and (place.raised(interrupt) or place.has_made(question)):
        return "model"
    return place.namespace
