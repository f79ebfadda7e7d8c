"""The LangGraph graph that runs one script.

    run ──(only people can help)──> ask ──(some of it is answered)──> run
     └──(completed, failed)──> END

`run` takes the script as far as it goes; what it returns is the checkpoint. `ask` asks and does
nothing else, so LangGraph may run it as often as it likes. It raises what people have to decide
about calls, and what called tools and the graphs inside them ask by themselves, each under an id
that stays the same until it is answered. So a pause can be answered in part: `run` goes on with
what is decided, and the rest is asked again.

Inside an agent, a script begins without the graph, which takes it over at its first pause: most
scripts have none, and a graph takes longer to enter than a small script to run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.errors import GraphInterrupt
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer, Command

from langchain_quickjs.errors import DecisionError, SnapshotError
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.script.approvals import Approvals, InterruptOn, checked_decisions
from langchain_quickjs.script.effects import Ended, Paused, Resumed, Started, new_seed
from langchain_quickjs.script.ends import ends_of
from langchain_quickjs.script.host import ScriptHost
from langchain_quickjs.script.hosts import HostSource, OwnTools
from langchain_quickjs.script.outer import (
    answers_to,
    graph_namespace,
    refusal,
    started_before,
)
from langchain_quickjs.script.run import arun_script, run_script
from langchain_quickjs.script.settings import Durability, check, tools_of
from langchain_quickjs.script.signing import signing_key
from langchain_quickjs.script.state import PausedScript, ScriptInput, ScriptOutput, ScriptState
from langchain_quickjs.script.stored import (
    Kept,
    Record,
    aretire_answer,
    retire_answer,
)

__all__ = ["ScriptGraph", "build_script_graph", "create_script_graph"]

ScriptGraph = CompiledStateGraph[ScriptState, None, ScriptInput, ScriptOutput]


def create_script_graph(
    tools: Sequence[BaseTool | Callable[..., Any]] = (),
    *,
    interrupt_on: InterruptOn | None = None,
    limits: Limits | None = None,
    durability: Durability = "pause",
    snapshot_signing_key: str | bytes | None = None,
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
        durability: `"pause"` stores a script when it pauses for people; after a crash it goes on
            from its last pause, or begins again, and the calls made since are made again. `"call"`
            stores each call's result when it ends, before anything else happens: that call is never
            made again, and those not stored yet are, with the same `tool_call_id`.
        snapshot_signing_key: A secret with which stored scripts are signed for their thread. What
            is not signed with it is not resumed.
        checkpointer: For a graph that runs on its own; as a node it uses the outer graph's.
        name: The name of the graph.

    Returns:
        A compiled LangGraph graph.

    Raises:
        SetupError: An argument is wrong, or does not fit the others; the message says which.
        ToolNameError: A tool's name cannot be a name in scripts.
    """
    check(
        tools=tools,
        interrupt_on=interrupt_on,
        limits=limits,
        durability=durability,
        checkpointer=checkpointer,
        name=name,
    )
    granted = tools_of("tools", tools)
    keeps, key = durability == "call", signing_key(snapshot_signing_key)
    approvals = Approvals.of(interrupt_on, [tool.name for tool in granted])
    own = OwnTools(granted, approvals, limits or Limits(), keeps=keeps, key=key)
    return build_script_graph(own, checkpointer=checkpointer, name=name)


def build_script_graph(
    source: HostSource, *, checkpointer: Checkpointer = None, name: str = "script"
) -> ScriptGraph:
    """Builds the graph for scripts whose hosts come from `source`."""
    graph = StateGraph(ScriptState, input_schema=ScriptInput, output_schema=ScriptOutput)
    # Where `run` leads is in its answer: an edge that looks at the state takes as long as a script.
    graph.add_node("run", _Run(source), destinations=("ask", END))
    graph.add_node("ask", _Ask(source))
    graph.add_edge(START, "run")
    graph.add_edge("ask", "run")
    return graph.compile(checkpointer=checkpointer, name=name)


class _Run(Runnable[ScriptState, Any]):
    """Takes the script from where it stands to its end, or to where only people can help."""

    def __init__(self, source: HostSource) -> None:
        self._source = source

    def invoke(
        self,
        input: ScriptState,  # noqa: A002 - Runnable's name
        config: RunnableConfig | None = None,
        **_kwargs: Any,
    ) -> Command[Any] | dict[str, Any]:
        config = config or {}
        if (paused := self._source.paused(config)) is not None:
            return _answer(paused)
        host = self._source.host(input, config)
        record = Record(config, host.path.request.runtime.config) if host.keeps else None
        entry = _entry(input, host, config, record.read() if record else None)
        result = run_script(host, entry, config, graph_namespace(config), record)
        if _asks_again(entry, result):
            retire_answer(config)
        return _answer(result)

    async def ainvoke(
        self,
        input: ScriptState,  # noqa: A002 - Runnable's name
        config: RunnableConfig | None = None,
        **_kwargs: Any,
    ) -> Command[Any] | dict[str, Any]:
        config = config or {}
        if (paused := self._source.paused(config)) is not None:
            return _answer(paused)
        host = await self._source.ahost(input, config)
        record = Record(config, host.path.request.runtime.config) if host.keeps else None
        entry = _entry(input, host, config, await record.aread() if record else None)
        result = await arun_script(host, entry, config, graph_namespace(config), record)
        if _asks_again(entry, result):
            await aretire_answer(config)
        return _answer(result)


class _Ask(Runnable[ScriptState, dict[str, Any]]):
    """Asks everything that the script waits for; goes on as soon as some of it is answered."""

    def __init__(self, source: HostSource) -> None:
        self._source = source

    def invoke(
        self,
        input: ScriptState,  # noqa: A002 - Runnable's name
        config: RunnableConfig | None = None,
        **_kwargs: Any,
    ) -> dict[str, Any]:
        config = config or {}
        paused = cast("PausedScript", input["paused"])
        asked = [question["interrupt"] for question in paused["questions"]]
        asked += [interrupt for call in paused["blocked"] for interrupt in call["interrupts"]]
        answers = answers_to(config, [interrupt.id for interrupt in asked])
        if not answers:
            if refused := input.get("refused"):
                raise refused
            raise GraphInterrupt(tuple(asked))
        tools = {tool.name: tool for tool in self._source.tools(config).values()}
        for question in paused["questions"]:
            number = question["interrupt"].id
            if number in answers:
                try:
                    decisions = checked_decisions(answers[number], question["calls"], tools)
                except DecisionError as error:
                    raise refusal(error) from None
                answers[number] = decisions
        return {"answers": answers}

    async def ainvoke(
        self,
        input: ScriptState,  # noqa: A002 - Runnable's name
        config: RunnableConfig | None = None,
        **_kwargs: Any,
    ) -> dict[str, Any]:
        return self.invoke(input, config)


def _entry(
    state: ScriptState, host: ScriptHost, config: RunnableConfig, kept: Kept | None
) -> Started | Resumed:
    paused, answers = state.get("paused"), state.get("answers")
    again = started_before(config)
    if kept is not None:
        return Resumed(kept.script, {}, again, ends_of(kept.script, kept.ends, host.signer))
    if paused is None or answers is None:
        seed = state.get("seed") or new_seed()
        # The graph alone does not know whether it was begun before, unless it was stored.
        again = again or started_before(host.path.request.runtime.config)
        return Started(state["source"], seed, again)
    if paused["script_id"] != host.script_id:
        raise SnapshotError(
            f"The paused script belongs to call {paused['script_id']!r}, not to "
            f"{host.script_id!r}, so it is not resumed here."
        )
    return Resumed(paused, answers, again)


def _asks_again(entry: Started | Resumed, result: Ended | Paused) -> bool:
    return isinstance(entry, Resumed) and isinstance(result, Paused)


def _answer(result: Ended | Paused) -> Command[Any] | dict[str, Any]:
    """What the state becomes: a paused script, or what is left of one that has ended."""
    if isinstance(result, Paused):
        paused: dict[str, Any] = {
            "paused": result.script,
            "refused": result.refused,
            "outcome": None,
            "updates": [],
        }
        return Command(update=paused, goto="ask")
    return {"paused": None, "outcome": result.outcome, "updates": result.updates}
