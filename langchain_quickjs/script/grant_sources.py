"""Where what a script is given comes from: the agent's `eval` tool, or tools given to the graph.

Either way a script's calls take the way of LangGraph's tool node. Inside an agent that is the
agent's own node, whose handler `eval` passes along. On its own, the script graph asks a tool node
of its own for the handler.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, cast

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.prebuilt import ToolNode
from langgraph.prebuilt.tool_node import ToolCallRequest, ToolCallWithContext
from langgraph.runtime import get_runtime

from langchain_quickjs.errors import SetupError, SnapshotError
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.script.arguments.tool_arguments import arguments_of
from langchain_quickjs.script.calls.js_names import js_names
from langchain_quickjs.script.calls.tool_path import ToolPath
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.drivers import Ask, Work
from langchain_quickjs.script.flow.effects import Paused
from langchain_quickjs.script.flow.inputs import Rules, Takes
from langchain_quickjs.script.granted import Granted, events_of
from langchain_quickjs.script.graph_state import ScriptState
from langchain_quickjs.script.langgraph_internals.graph_around import run_of
from langchain_quickjs.script.people.approvals import Approvals

__all__ = ["FromAgent", "OwnTools", "Source"]


@dataclass(frozen=True, slots=True)
class _Program:
    """What comes along with one program of an agent.

    Attributes:
        granted: What it is given.
        source: Its source, as the model has written it.
        paused: The script, if it has already come to a pause.
    """

    granted: Granted
    source: str
    paused: Paused | None


# A config would be the plain way. But streams and traces show configs, and this has the snapshot.
_passed: ContextVar[_Program] = ContextVar("langchain_quickjs_passed")


class Source(Protocol):
    """Tells the nodes of a script graph what their script is given."""

    def tools(self, config: RunnableConfig) -> Mapping[str, BaseTool]:
        """The tools that the script may call, by the names that it uses."""
        ...

    def takes(self, tool: BaseTool, config: RunnableConfig) -> Takes:
        """What one of these tools takes."""
        ...

    def approvals(self, config: RunnableConfig) -> Approvals:
        """About which calls people are asked, and how."""
        ...

    def granted(self, state: ScriptState, config: RunnableConfig) -> Work[Granted]:
        """What the script is given."""
        ...

    def paused(self, config: RunnableConfig) -> Paused | None:
        """The script, if it has already come to a pause."""
        ...

    def sealer(self, state: ScriptState, config: RunnableConfig) -> Sealer:
        """What seals the script where it is stored."""
        ...

    def outer(self, config: RunnableConfig) -> RunnableConfig:
        """The config of the task that the script graph runs in."""
        ...

    def run(self, config: RunnableConfig) -> object:
        """What stands for this run of the graph, and for no other one."""
        ...

    def goes_on_at_once(self) -> bool:
        """Whether a script goes on in the very task of its graph that has asked, once answered.

        Its ledger knows what was answered. Else the graph stores that first.
        """
        ...

    def checked_source(self, state: ScriptState, config: RunnableConfig) -> str:
        """The script's source.

        Raises:
            SnapshotError: What is stored of it is another one.
        """
        ...


class FromAgent:
    """What a program of an agent is given: its tool passes that along when it invokes the graph.

    It is in the context of that call.
    """

    @staticmethod
    @contextlib.contextmanager
    def passing(granted: Granted, source: str, paused: Paused | None = None) -> Iterator[None]:
        """Gives it to the graph that is invoked in this context.

        Args:
            granted: What the script is given.
            source: The script's source, as the model has written it.
            paused: The script, if it has already come to a pause.
        """
        token = _passed.set(_Program(granted, source, paused))
        try:
            yield
        finally:
            _passed.reset(token)

    def tools(self, config: RunnableConfig) -> Mapping[str, BaseTool]:
        """The tools that came along."""
        rules = _passed.get().granted.rules
        return {**rules.tools, **rules.functions}

    def takes(self, tool: BaseTool, config: RunnableConfig) -> Takes:
        """What a tool takes when the script calls it."""
        return _passed.get().granted.rules.takes(tool)

    def approvals(self, config: RunnableConfig) -> Approvals:
        """What came along."""
        return _passed.get().granted.approvals

    def granted(self, state: ScriptState, config: RunnableConfig) -> Work[Granted]:
        """What came along."""
        yield from ()
        return _passed.get().granted

    def paused(self, config: RunnableConfig) -> Paused | None:
        """The script that came along."""
        return _passed.get().paused

    def sealer(self, state: ScriptState, config: RunnableConfig) -> Sealer:
        """What seals the script that came along."""
        return _passed.get().granted.sealer(config)

    def outer(self, config: RunnableConfig) -> RunnableConfig:
        """Gives the config of the task that calls the tool `eval`."""
        outer: RunnableConfig = _passed.get().granted.path.request.runtime.config
        return outer

    def run(self, config: RunnableConfig) -> object:
        """What came along, for this run only."""
        return _passed.get().granted

    def goes_on_at_once(self) -> bool:
        """Yes, as nobody sees the graph inside of the tool; unless it is stored as it runs."""
        return not _passed.get().granted.rules.keeps

    def checked_source(self, state: ScriptState, config: RunnableConfig) -> str:
        """What was stored, if that is what the model has written."""
        if state["source"] != _passed.get().source:
            raise SnapshotError(
                "The program does not begin, because its source was changed where it is stored."
            )
        return state["source"]


class OwnTools:
    """What a script of a graph that runs on its own is given: the graph's tools.

    Attributes:
        signing_keys: With what paused scripts are signed, for those who look at them later.
    """

    def __init__(
        self,
        tools: Sequence[BaseTool],
        approvals: Approvals,
        limits: Limits,
        *,
        keeps: bool,
        raises: bool,
        signing_keys: tuple[bytes, ...],
        streams_events: bool,
    ) -> None:
        self._tools = js_names(tools)
        self._approvals = approvals
        self._limits = limits
        self._keeps = keeps
        self._raises = raises
        self.signing_keys = signing_keys
        self._streams_events = streams_events
        self._node = ToolNode(tools, wrap_tool_call=_reveal, awrap_tool_call=_areveal)

    def tools(self, config: RunnableConfig) -> Mapping[str, BaseTool]:
        """The graph's tools."""
        return self._tools

    def takes(self, tool: BaseTool, config: RunnableConfig) -> Takes:
        """What the tool takes."""
        return arguments_of(tool)

    def approvals(self, config: RunnableConfig) -> Approvals:
        """Those of the graph."""
        return self._approvals

    def granted(self, state: ScriptState, config: RunnableConfig) -> Work[Granted]:
        """A script whose calls the graph's own tool node runs."""
        call = _call_of(state)
        revealed = yield Ask(self._node, "invoke", (_in_context(call), config))
        request, handler = revealed["messages"][0].artifact
        rules = Rules(
            cast("str", call["id"]),
            self._tools,
            self._limits,
            arguments_of,
            decided=self._approvals.decided,
            expiries=self._approvals.expiries,
            place=_place_of(state),
            manner=self._approvals.manner,
            keeps=self._keeps,
            raises=self._raises,
        )
        signer = Signer.of(self.signing_keys, config)
        events = events_of(request.runtime, rules.script_id) if self._streams_events else None
        path = ToolPath(request, handler)
        return Granted(rules, path, self._approvals, signer=signer, events=events)

    def paused(self, config: RunnableConfig) -> Paused | None:
        """Gives no script, because scripts begin in the graph."""
        return None

    def sealer(self, state: ScriptState, config: RunnableConfig) -> Sealer:
        """One for the script's id."""
        script_id = cast("str", _call_of(state)["id"])
        return Sealer.of(Signer.of(self.signing_keys, config), config, script_id, _place_of(state))

    def outer(self, config: RunnableConfig) -> RunnableConfig:
        """The graph's own task: the calls run in it."""
        return config

    def run(self, config: RunnableConfig) -> object:
        """LangGraph's own object."""
        return run_of(config)

    def goes_on_at_once(self) -> bool:
        """No: whoever looks at the graph sees that its question is answered."""
        return False

    def checked_source(self, state: ScriptState, config: RunnableConfig) -> str:
        """What was given.

        Raises:
            SetupError: It is no text.
        """
        source = state.get("source")
        if not isinstance(source, str):
            raise SetupError(
                f"`source` must be text, the program that runs; it is {type(source).__name__}."
            )
        return source


def _reveal(request: ToolCallRequest, handler: Any) -> ToolMessage:
    """Answers a tool node's call with the node's handler, which runs any tool the node's way."""
    return ToolMessage("", tool_call_id=request.tool_call["id"], artifact=(request, handler))


async def _areveal(request: ToolCallRequest, handler: Any) -> ToolMessage:
    return _reveal(request, handler)


def _call_of(state: ScriptState) -> ToolCall:
    """The tool call that the script would be, if a model had made it."""
    paused = state.get("paused")
    script_id = paused["script_id"] if paused else _task_id()
    return ToolCall(name="script", args={}, id=script_id, type="tool_call")


def _place_of(state: ScriptState) -> str:
    """The branch of the thread that the script is in; empty where there was no fork."""
    paused = state.get("paused")
    return paused.get("place", "") if paused else ""


def _in_context(call: ToolCall) -> ToolCallWithContext:
    # The state that tools get is not the script graph's own.
    return {"__type": "tool_call_with_context", "tool_call": call, "state": {}}


def _task_id() -> str:
    """An id that is the same when LangGraph runs the same task again."""
    execution = get_runtime().execution_info
    if execution is None:
        raise SetupError("A script graph runs inside LangGraph: use its invoke or ainvoke.")
    return execution.task_id
