"""A tool's own methods, copies of tools, and the state updates of a command.

LangChain calls a tool through `invoke`, which calls `_run` or `_arun`. It looks at the signature of
these at each call, and keeps what it finds out about a tool's function with the tool.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple, get_type_hints

from langchain.agents.structured_output import AutoStrategy
from langchain.tools import ToolRuntime
from langchain_core.callbacks import AsyncCallbackManagerForToolRun
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.config import get_config
from langgraph.types import Command

from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.langgraph_internals.agent_hooks import held_by, tools_of_agent
from langchain_quickjs.script.state import StateUpdate

__all__ = [
    "copy_tool",
    "function_of_tool",
    "give_methods_back",
    "has_only_coroutine",
    "is_subagent",
    "may_read_state",
    "output_schema_of",
    "replace_methods",
    "run_awaited",
    "run_methods",
    "says_it_has_no_run",
    "tools_of_subagents",
    "updates_of_command",
    "with_response_format",
]

# Deep Agents reads from here what the answer of one call of its tool is to look like.
_FORMAT_KEY: Final = "__deepagents_subagent_response_format"
# And says here of an agent that it has called it.
_KIND_KEY: Final = "ls_agent_type"


def copy_tool(tool: BaseTool) -> BaseTool:
    """A copy, with what LangChain finds out about a tool's function once and keeps."""
    getattr(tool, "_injected_args_keys", None)
    return copy.copy(tool)


def function_of_tool(tool: BaseTool) -> Callable[..., Any]:
    """The function that a tool was made of; for a class of tools, its method."""
    function: Callable[..., Any] | None = getattr(tool, "func", None)
    return function or getattr(tool, "coroutine", None) or type(tool)._run


def may_read_state(tool: BaseTool | None) -> bool:
    """Whether a tool may be given the agent's state, as far as can be told.

    It surely is not if its functions take no more than what a caller passes.
    """
    if type(tool) is not StructuredTool:
        return True
    schema = tool.tool_call_schema
    fields = getattr(schema, "model_fields", {})
    passed = schema.get("properties", {}) if isinstance(schema, dict) else fields
    taken = [inspect.signature(one).parameters for one in (tool.func, tool.coroutine) if one]
    return any(
        name not in passed or one.kind in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
        for parameters in taken
        for name, one in parameters.items()
    )


def tools_of_subagents(task: BaseTool) -> dict[str, Mapping[str, BaseTool] | None]:
    """The tools of each subagent that Deep Agents' tool calls; `None` for one if none are found."""
    graphs = held_by(function_of_tool(task)).get("subagent_graphs")
    return {k: tools_of_agent(v) for k, v in graphs.items()} if isinstance(graphs, dict) else {}


def is_subagent() -> bool:
    """Whether the current task is one of an agent that Deep Agents' tool has called."""
    return bool(get_config()["configurable"].get(_KIND_KEY) == "subagent")


def run_methods(tool: BaseTool) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The methods by which LangChain runs a tool's function, synchronously and asynchronously."""
    return tool._run, tool._arun


def has_only_coroutine(tool: BaseTool) -> bool:
    """Whether a tool was made of a coroutine function alone.

    Raises:
        SetupError: It uses a session of MCP, which works on the session's event loop alone.
    """
    function = getattr(tool, "coroutine", None)
    if function is None or getattr(tool, "func", function) is not None:
        return False
    if _held_of_mcp(tool).get("session") is not None:
        raise SetupError(
            f"The tool {tool.name!r} belongs to an MCP session, and that to the event loop it was "
            "opened on: run the agent with `ainvoke` there, or take the tools of "
            "`MultiServerMCPClient.get_tools()`, each of whose calls opens a session of its own."
        )
    return True


def says_it_has_no_run(tool: BaseTool, error: NotImplementedError) -> bool:
    """Whether a tool of a class with an `_arun` of its own has raised this in place of a `_run`.

    What its `_run` calls may raise the same, and may have done something before.
    """
    raised = error.__traceback__ and error.__traceback__.tb_next
    code = getattr(type(tool)._run, "__code__", None)
    by_itself = raised and raised.tb_next is None and raised.tb_frame.f_code is code
    return bool(by_itself) and type(tool)._arun is not BaseTool._arun


def run_awaited(arun: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Calls `_arun` with what LangChain has made for `_run`."""
    manager = kwargs.pop("run_manager", None)
    if manager is not None and "run_manager" in inspect.signature(arun).parameters:
        kwargs["run_manager"] = AsyncCallbackManagerForToolRun(
            run_id=manager.run_id,
            handlers=manager.handlers,
            inheritable_handlers=manager.inheritable_handlers,
            parent_run_id=manager.parent_run_id,
            tags=manager.tags,
            inheritable_tags=manager.inheritable_tags,
            metadata=manager.metadata,
            inheritable_metadata=manager.inheritable_metadata,
        )
    return arun(*args, **kwargs)


def output_schema_of(tool: BaseTool) -> dict[str, Any] | None:
    """The JSON Schema of what an MCP server says that a tool gives, if it says so."""
    schema = getattr(_held_of_mcp(tool).get("tool"), "outputSchema", None)
    return schema if isinstance(schema, dict) else None


def _held_of_mcp(tool: BaseTool) -> dict[str, Any]:
    """What the function of a tool of `langchain_mcp_adapters` holds: they put it nowhere else."""
    function = getattr(tool, "coroutine", None)
    module = str(getattr(function, "__module__", ""))
    return held_by(function) if module.startswith("langchain_mcp_adapters.") else {}


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


def give_methods_back(tool: BaseTool) -> None:
    """Undoes `replace_methods`: tool and functions hold each other, and all that these know."""
    for name in ("_run", "_arun", "invoke", "ainvoke"):
        vars(tool).pop(name, None)


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
