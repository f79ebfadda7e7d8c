"""The LangGraph graph that runs one script.

    run ──(a call waits for a person)──> approve ──> run
     └──(completed, failed)──> END

`run` takes the script as far as it goes; what it returns is the checkpoint. `approve` asks and does
nothing else, so LangGraph may run it as often as it likes. (Interrupts raised inside a called graph
will get a third node beside `approve`.)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool
from langchain_core.tools import tool as as_tool
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from langchain_quickjs.errors import SetupError, SnapshotError
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.script.approvals import Approvals, InterruptOn, ask
from langchain_quickjs.script.calls import Answer, acall_tool, call_tool
from langchain_quickjs.script.drivers import adrive, drive
from langchain_quickjs.script.effects import Ended, Launched, Paused, Resumed, Started
from langchain_quickjs.script.flow import ScriptHost, script_flow
from langchain_quickjs.script.hosts import HostSource, OwnTools
from langchain_quickjs.script.outer import aretire_answer, has_checkpointer, retire_answer
from langchain_quickjs.script.state import PausedScript, ScriptInput, ScriptOutput, ScriptState

__all__ = ["ScriptGraph", "build_script_graph", "create_script_graph"]

ScriptGraph = CompiledStateGraph[ScriptState, None, ScriptInput, ScriptOutput]

_SEED_BYTES: Final = 32


def create_script_graph(
    tools: Sequence[BaseTool | Callable[..., Any]] = (),
    *,
    interrupt_on: InterruptOn | None = None,
    limits: Limits | None = None,
    checkpointer: Checkpointer = None,
    name: str = "script",
) -> ScriptGraph:
    """Builds a graph that runs one script, to be a node of your own graph.

    The graph takes `source` and gives `outcome` and `updates`; as a node, it shares these keys with
    your state. A call in `interrupt_on` pauses the script with an interrupt in the format of
    LangChain's `HumanInTheLoopMiddleware`; resume with `Command(resume={"decisions": [...]})`.

    Args:
        tools: The tools that the script may call, as `tools.camelCase({...})`. Functions become
            tools. The store, the runtime and the call's id are injected as in a `ToolNode`; an
            injected state is empty, because it is not the outer graph's.
        interrupt_on: For each tool that needs it, whether or how a person decides about its calls:
            `True`, `False`, or LangChain's `InterruptOnConfig`.
        limits: What a script may use up.
        checkpointer: For a graph that runs on its own; as a node it uses the outer graph's.
        name: The name of the graph.

    Returns:
        A compiled LangGraph graph.

    Raises:
        SetupError: `interrupt_on` is wrong, or names a tool that is not in `tools`.
        ToolNameError: A tool's name cannot be a name in scripts.
    """
    granted = [tool if isinstance(tool, BaseTool) else as_tool(tool) for tool in tools]
    own = OwnTools(granted, Approvals.of(interrupt_on), limits or Limits())
    return build_script_graph(own, checkpointer=checkpointer, name=name)


def build_script_graph(
    source: HostSource, *, checkpointer: Checkpointer = None, name: str = "script"
) -> ScriptGraph:
    """Builds the graph for scripts whose hosts come from `source`."""
    graph = StateGraph(ScriptState, input_schema=ScriptInput, output_schema=ScriptOutput)
    graph.add_node("run", _Run(source))
    graph.add_node("approve", _Approve(source))
    graph.add_edge(START, "run")
    graph.add_conditional_edges("run", _after_run)
    graph.add_edge("approve", "run")
    return graph.compile(checkpointer=checkpointer, name=name)


def _after_run(state: ScriptState) -> Literal["approve", "__end__"]:
    return "approve" if state.get("paused") else "__end__"


class _Run(Runnable[ScriptState, dict[str, Any]]):
    """Takes the script from where it stands to its end, or to where only people can help."""

    def __init__(self, source: HostSource) -> None:
        self._source = source

    def invoke(
        self,
        input: ScriptState,  # noqa: A002
        config: RunnableConfig | None = None,
        **_kwargs: Any,
    ) -> dict[str, Any]:
        config = config or {}
        host = self._source.host(input, config)

        def run_call(launched: Launched) -> Answer:
            return call_tool(host.path, launched.tool_call, launched.tool)

        entry = _entry(input, host, config)
        flow = script_flow(host, entry)
        result = drive(flow, run_call, max_workers=config.get("max_concurrency"))
        if _asks_again(entry, result):
            retire_answer(config)
        return _update(result)

    async def ainvoke(
        self,
        input: ScriptState,  # noqa: A002
        config: RunnableConfig | None = None,
        **_kwargs: Any,
    ) -> dict[str, Any]:
        config = config or {}
        host = await self._source.ahost(input, config)

        async def run_call(launched: Launched) -> Answer:
            return await acall_tool(host.path, launched.tool_call, launched.tool)

        entry = _entry(input, host, config)
        result = await adrive(script_flow(host, entry), run_call)
        if _asks_again(entry, result):
            await aretire_answer(config)
        return _update(result)


class _Approve(Runnable[ScriptState, dict[str, Any]]):
    """Asks about the calls that wait for a person."""

    def __init__(self, source: HostSource) -> None:
        self._source = source

    def invoke(
        self,
        input: ScriptState,  # noqa: A002
        config: RunnableConfig | None = None,
        **_kwargs: Any,
    ) -> dict[str, Any]:
        tools = {tool.name: tool for tool in self._source.tools(config or {}).values()}
        paused = cast("PausedScript", input["paused"])
        return {"decisions": ask(paused["awaiting"], tools)}

    async def ainvoke(
        self,
        input: ScriptState,  # noqa: A002
        config: RunnableConfig | None = None,
        **_kwargs: Any,
    ) -> dict[str, Any]:
        return self.invoke(input, config)


def _entry(state: ScriptState, host: ScriptHost, config: RunnableConfig) -> Started | Resumed:
    if host.approvals.configs and not has_checkpointer(config):
        raise SetupError(
            "`interrupt_on` needs a checkpointer, which keeps the script while it waits for a "
            "person. Pass one where the graph is made, for example "
            "`create_agent(..., checkpointer=InMemorySaver())`, and a `thread_id` in the config."
        )
    paused, decisions = state.get("paused"), state.get("decisions")
    if paused is None or decisions is None:
        seed = state.get("seed") or os.urandom(_SEED_BYTES)
        return Started(state["source"], seed)
    if paused["script_id"] != host.script_id:
        raise SnapshotError(
            f"The paused script belongs to call {paused['script_id']!r}, not to "
            f"{host.script_id!r}, so it is not resumed here."
        )
    return Resumed(paused, decisions)


def _asks_again(entry: Started | Resumed, result: Ended | Paused) -> bool:
    return isinstance(entry, Resumed) and isinstance(result, Paused)


def _update(result: Ended | Paused) -> dict[str, Any]:
    """What the state becomes: a paused script, or what is left of one that has ended."""
    if isinstance(result, Paused):
        return {"paused": result.script, "outcome": None, "updates": []}
    return {"paused": None, "outcome": result.outcome, "updates": result.updates}
