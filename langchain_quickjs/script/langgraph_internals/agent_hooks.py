"""The middleware of an agent, and the hooks that its tool calls pass.

LangChain builds an agent's graph of functions that hold the hooks of its middleware, and each
other: there is no other trace of the middleware, nor of its order. So they are found by looking at
what functions hold.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType, MethodType
from typing import Any, Final, NamedTuple

from langchain.agents import AgentState
from langchain.agents.middleware import AgentMiddleware, HumanInTheLoopMiddleware
from langchain_core.runnables.base import RunnableBinding
from langchain_core.tools import BaseTool
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode

__all__ = [
    "ToolCalls",
    "edited_call",
    "handler_reaches",
    "held_by",
    "hooks_behind",
    "middleware_of",
    "plain_function",
    "runs_the_tool",
    "shows_that_it_asks_people",
    "tool_calls_of",
    "tools_of_agent",
]

# What the graph of an agent that asks people has: state keys of its own, and a node.
_HITL_KEYS: Final = frozenset(HumanInTheLoopMiddleware.state_schema.__annotations__) - frozenset(
    AgentState.__annotations__
)
_HITL_NODE: Final = f"branch:to:{HumanInTheLoopMiddleware.__name__}"

# The nodes of an agent, and of its middleware: `TodoListMiddleware.after_model`.
_AGENT_NODES: Final = frozenset({"__start__", "model", "tools"})
_HOOK_NODES: Final = frozenset({"before_agent", "before_model", "after_model", "after_agent"})

# Where LangChain's nodes keep functions that hold hooks.
_HOLDING: Final = ("func", "afunc", "_wrap_tool_call", "_awrap_tool_call")


class ToolCalls(NamedTuple):
    """How an agent makes its tool calls.

    Attributes:
        tools: Its tools by their names; `None` if they cannot be found.
        hooks: What its tool calls pass, from the outermost on.
    """

    tools: Mapping[str, BaseTool] | None
    hooks: Any


def tool_calls_of(nodes: Mapping[str, Any]) -> ToolCalls:
    """How the agent with these nodes makes its tool calls."""
    node = getattr(nodes.get("tools"), "bound", None)
    tools = node.tools_by_name if isinstance(node, ToolNode) else None
    return ToolCalls(tools, getattr(node, "_wrap_tool_call", None))


def tools_of_agent(agent: Any) -> Mapping[str, BaseTool] | None:
    """The tools of an agent of LangChain by their names; `None` if it is none, or none are found.

    A graph of another form may do anything in its nodes, whatever tools it has.
    """
    while isinstance(agent, RunnableBinding):
        agent = agent.bound
    nodes = getattr(agent, "nodes", None)
    if not isinstance(agent, CompiledStateGraph) or not isinstance(nodes, Mapping):
        return None
    others = (name for name in nodes if name not in _AGENT_NODES)
    if not all(name.rpartition(".")[2] in _HOOK_NODES for name in others):
        return None
    return tool_calls_of(nodes).tools


def middleware_of(nodes: Mapping[str, Any]) -> list[AgentMiddleware[Any, Any, Any]]:
    """The middleware whose hooks the agent with these nodes runs."""
    bound = [getattr(node, "bound", None) for node in nodes.values()]
    steps = [step for one in bound for step in getattr(one, "steps", [one])]
    held = _reached([getattr(step, name, None) for step in steps for name in _HOLDING])
    owners = [getattr(hook, "__self__", None) for hook in held]
    return list({id(m): m for m in owners if isinstance(m, AgentMiddleware)}.values())


def shows_that_it_asks_people(channels: Iterable[str]) -> bool:
    """Whether the agent whose graph has these channels has LangChain's middleware for it."""
    return any(key in _HITL_KEYS or key.startswith(_HITL_NODE) for key in channels)


def edited_call(state: Any, call_id: str | None) -> tuple[Any, Any]:
    """What a person has put in the place of a call, in LangChain's middleware for it.

    It stands in the state until a hook of that middleware finds it at the call.

    Args:
        state: The agent's state.
        call_id: The call.

    Returns:
        Its name and arguments, `None` if there is nothing; and the state without it.
    """
    if not isinstance(state, dict):
        return None, state
    for key in _HITL_KEYS & state.keys():
        if isinstance(edits := state[key], dict) and call_id in edits:
            others = {number: edit for number, edit in edits.items() if number != call_id}
            return edits[call_id], {**state, key: others}
    return None, state


def handler_reaches(handler: Any, middleware: Any) -> bool:
    """Whether calls given to a tool handler come to this middleware, as far as can be seen."""
    return any(getattr(held, "__self__", None) is middleware for held in _reached(handler))


def runs_the_tool(handler: Any) -> bool:
    """Whether a tool handler runs the tool as it is asked to, and no hook comes before that."""
    function = plain_function(handler)
    return function is not None and function.__module__ == ToolNode.__module__


def hooks_behind(hooks: Any, middleware: AgentMiddleware[Any, Any, Any]) -> Any:
    """What tool calls pass after this middleware; everything, if that cannot be found out.

    LangChain makes of two hooks a function that holds them as `outer` and `inner`.
    """
    for held in _reached(hooks):
        cells = held_by(held)
        outer, inner = cells.get("outer"), cells.get("inner")
        if handler_reaches(outer, middleware):
            return inner
        if "outer" not in held_by(inner) and handler_reaches(inner, middleware):
            return None
    return hooks


def held_by(function: Any) -> dict[str, Any]:
    """What a function holds from around it, by name."""
    function = plain_function(function)
    if function is None:
        return {}
    named = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    held = {}
    for name, cell in named:
        try:
            held[name] = cell.cell_contents
        except ValueError:  # not there yet
            continue
    return held


def plain_function(value: Any) -> FunctionType | None:
    """The function behind a method, a property or a partial, if there is one."""
    if isinstance(value, functools.partial):
        return plain_function(value.func)
    if isinstance(value, staticmethod | classmethod | MethodType):
        return plain_function(value.__func__)
    if isinstance(value, property):
        return plain_function(value.fget)
    return value if isinstance(value, FunctionType) else None


def _reached(*roots: Any) -> Iterator[Any]:
    """Functions and methods, and those that they hold."""
    seen: dict[int, Any] = {}
    found = list(roots)
    while found:
        held = found.pop()
        if id(held) in seen:
            continue
        seen[id(held)] = held
        if isinstance(held, list | tuple):
            found.extend(held)
        elif isinstance(held, functools.partial):
            found.extend((held.func, *held.args))
        elif callable(held):
            yield held
            found.extend(held_by(held).values())
