"""A tool's own methods, copies of tools, and the state updates of a command.

LangChain calls a tool through `invoke`, which calls `_run` or `_arun`. It looks at the signature of
these at each call, and keeps what it finds out about a tool's function with the tool.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple, get_type_hints

from langchain.agents.structured_output import AutoStrategy
from langchain.tools import ToolRuntime
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.types import Command

from langchain_quickjs.script.state import StateUpdate

__all__ = [
    "copy_tool",
    "function_of_tool",
    "replace_methods",
    "run_methods",
    "updates_of_command",
    "with_response_format",
]

# Deep Agents reads from here what the answer of one call of its tool is to look like.
_FORMAT_KEY: Final = "__deepagents_subagent_response_format"


def copy_tool(tool: BaseTool) -> BaseTool:
    """A copy, with what LangChain finds out about a tool's function once and keeps."""
    getattr(tool, "_injected_args_keys", None)
    return copy.copy(tool)


def function_of_tool(tool: BaseTool) -> Callable[..., Any]:
    """The function that a tool was made of; for a class of tools, its method."""
    function: Callable[..., Any] | None = getattr(tool, "func", None)
    return function or getattr(tool, "coroutine", None) or type(tool)._run


def run_methods(tool: BaseTool) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The methods by which LangChain runs a tool's function, synchronously and asynchronously."""
    return tool._run, tool._arun


def replace_methods(
    tool: BaseTool,
    *,
    run: Callable[..., Any],
    arun: Callable[..., Any],
    invoke: Callable[..., Any],
    ainvoke: Callable[..., Any],
) -> None:
    """Gives a tool other methods, for this object alone.

    It keeps its class and fields, which hooks may look at. To LangChain, `run` and `arun` look like
    what they replace.
    """
    before, abefore = run_methods(tool)
    vars(tool).update(
        _run=_in_place_of(before, run),
        _arun=_in_place_of(abefore, arun),
        invoke=invoke,
        ainvoke=ainvoke,
    )


def _in_place_of(method: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function look like a tool's method.

    LangChain inspects the method at each call. Here what it looks for is ready: with annotations
    that are text, as most are, finding it takes as long as half of the call.
    """
    look = _look_of(getattr(method, "__func__", method), inspect.ismethod(method))
    function.__name__, function.__doc__ = look.name, look.doc
    function.__annotations__ = look.hints
    vars(function).update(look.attributes, __wrapped__=method, __signature__=look.signature)
    return function


class _Look(NamedTuple):
    name: str
    doc: str | None
    hints: dict[str, Any]
    signature: inspect.Signature
    attributes: dict[str, Any]


@functools.lru_cache(maxsize=256)
def _look_of(function: Callable[..., Any], is_method: bool) -> _Look:
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError):  # names that exist for type checkers only
        hints = dict(function.__annotations__)
    signature = inspect.signature(function)
    if is_method:
        unbound = list(signature.parameters.values())[1:]
        signature = signature.replace(parameters=unbound)
    name = getattr(function, "__name__", type(function).__name__)
    attributes = dict(getattr(function, "__dict__", {}))
    return _Look(name, function.__doc__, hints, signature, attributes)


def updates_of_command(command: Command[Any], call_id: str) -> list[StateUpdate]:
    """A command's state updates, without the tool message that answers the call itself.

    The call is not in the agent's messages, so neither may its answer be.
    """
    updates: list[StateUpdate] = []
    for key, value in command._update_as_tuples():
        kept = _without_answer(value, call_id) if key == "messages" else value
        if key != "messages" or kept:
            updates.append((key, kept))
    return updates


def _without_answer(messages: Any, call_id: str) -> Any:
    if not isinstance(messages, list):
        return messages
    return [
        message
        for message in messages
        if not (isinstance(message, ToolMessage) and message.tool_call_id == call_id)
    ]


def with_response_format(runtime: ToolRuntime, schema: dict[str, Any]) -> ToolRuntime:
    """A runtime of Deep Agents' `task` tool that asks for an answer of this JSON Schema.

    It is for the tool alone: the subagent's own subagents are to answer as they are used to.
    """
    # Models are given the schema as a function, which needs a name.
    strategy: AutoStrategy[Any] = AutoStrategy({"title": "response", **schema})
    configurable = {**runtime.config["configurable"], _FORMAT_KEY: strategy}
    return replace(runtime, config={**runtime.config, "configurable": configurable})
