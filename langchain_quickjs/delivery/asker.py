"""Whether an agent has what asked a question.

LangGraph goes on with whatever an agent has. The answer to a question of something that it does not
have would be used up, or seem to have nothing to answer; and what a person has decided would be
lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langgraph.types import StateSnapshot

from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.langgraph_internals.agent_hooks import tool_calls_of
from langchain_quickjs.script.langgraph_internals.checkpointer import interrupts_in
from langchain_quickjs.watch.question import Program, question_in

__all__ = ["asker_is_gone", "program_asking", "require_asker"]


def asker_is_gone(what: str) -> SetupError:
    """The error for a question that stands, of something that the agent does not have."""
    return SetupError(
        f"The question stands, but the agent does not have the {what} that asked it. Nothing was "
        "done with the answer. Deliver it by an agent that is built as the one is which runs the "
        "thread."
    )


def require_asker(agent: Any, found: StateSnapshot, interrupt_id: str) -> None:
    """Checks that an agent has the tool by which a program runs that asks.

    A question of a program in a subagent is not looked at: that subagent has the tool or has not.

    Args:
        agent: The agent.
        found: The state of the thread.
        interrupt_id: A question that stands.

    Raises:
        SetupError: It has not.
    """
    nodes = getattr(agent, "nodes", None)
    tools = tool_calls_of(nodes).tools if isinstance(nodes, Mapping) else None
    if tools is None:
        return
    program = program_asking(found, interrupt_id)
    if program is None or not program.source:
        return  # Of the model's own call: any tool may be asked about.
    for name in _called(found.values, program.tool_call_id):
        if name not in tools:
            raise asker_is_gone(f"tool {name!r}")


def program_asking(found: StateSnapshot, interrupt_id: str) -> Program | None:
    """What asks a question that stands, if it is a question of ours."""
    asked = (one.value for one in interrupts_in(found.interrupts) if str(one.id) == interrupt_id)
    return next((program for value in asked if (program := question_in(value).program)), None)


def _called(values: Any, call_id: str | None) -> Iterator[str]:
    """The tools that the model has called by calls with this id."""
    messages = values.get("messages") if isinstance(values, Mapping) else None
    for message in messages if isinstance(messages, list) else []:
        for call in getattr(message, "tool_calls", ()):
            if call["id"] == call_id:
                yield call["name"]
