"""The LangGraph graph that runs one script.

    run ──(only people can help)──> ask ──(some of it is answered)──> run
     └──(completed, failed)──> END

`run` takes the script as far as it goes; what it returns is the checkpoint. `ask` asks, and claims
what is answered in the script's ledger, which changes nothing when it is done again: so LangGraph
may run it as often as it likes. It raises what people have to decide about calls, and what tools
and graphs inside them ask by themselves, each under an id that stays the same until it is answered.
So a pause can be answered in part: `run` goes on with what is decided; the rest is asked again.

Inside an agent, nobody sees the graph. There a script begins without it, and it takes the script
over at its first pause: most have none. And `ask` goes on itself, as each step takes longer than a
small script: what was answered is in the ledger.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from langchain_quickjs.interpreter import Limits
from langchain_quickjs.script.branches.earlier import asked_where_it_stands, keep_left_pause
from langchain_quickjs.script.branches.forks import paused_before, paused_here, stored_in_branch
from langchain_quickjs.script.durability.durability_call import Record, retire_answer
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import SigningKeys, signing_keys
from langchain_quickjs.script.flow.call_ids import digest
from langchain_quickjs.script.flow.decisions import Replacements
from langchain_quickjs.script.flow.drivers import Work, adrive, drive
from langchain_quickjs.script.flow.effects import Ended, Paused
from langchain_quickjs.script.flow.inputs import Manner, Resumed
from langchain_quickjs.script.grant_sources import OwnTools, Source
from langchain_quickjs.script.graph_state import (
    ScriptInput,
    ScriptOutput,
    ScriptState,
    ShownState,
    UnseenState,
    paused_in,
    reference_to,
)
from langchain_quickjs.script.langgraph_internals.checkpointer import namespace_of_graph
from langchain_quickjs.script.langgraph_internals.resume import started_before
from langchain_quickjs.script.langgraph_internals.task import read_unseen, write_unseen
from langchain_quickjs.script.people.approvals import Approvals, InterruptOn
from langchain_quickjs.script.people.claims import GoesOn, Pause
from langchain_quickjs.script.people.pauses import (
    answers_at,
    claimed_again,
    going_on,
    maybe_answered,
    released,
    sealed_for,
)
from langchain_quickjs.script.people.taking_up import entry_of
from langchain_quickjs.script.run import memory_of, run_script
from langchain_quickjs.script.settings import (
    AskMode,
    Checkpointer,
    Defaults,
    Durability,
    OnToolError,
    OnUnfitAnswer,
    as_tools,
    check_parameters,
)
from langchain_quickjs.script.state import PausedState

__all__ = ["ScriptGraph", "build_script_graph", "create_script_graph"]

ScriptGraph: TypeAlias = CompiledStateGraph[ScriptState, None, ScriptInput, ScriptOutput]

_UNSEEN: Final = tuple(UnseenState.__annotations__)


def create_script_graph(
    tools: Sequence[BaseTool | Callable[..., Any]] = (),
    *,
    interrupt_on: InterruptOn | None = None,
    ask: AskMode = Defaults.ask,
    on_unfit_answer: OnUnfitAnswer = Defaults.on_unfit_answer,
    limits: Limits | None = None,
    durability: Durability = Defaults.durability,
    on_tool_error: OnToolError = Defaults.on_tool_error,
    snapshot_signing_key: SigningKeys | None = None,
    stream_events: bool = Defaults.stream_events,
    checkpointer: Checkpointer = None,
    name: str = Defaults.name,
) -> ScriptGraph:
    """Builds a graph that runs one script, to be a node of your own graph.

    The graph takes `source` and gives `outcome` and `updates`; as a node, it shares these keys with
    your state. A call in `interrupt_on` pauses the script with an interrupt in the format of
    LangChain's `HumanInTheLoopMiddleware`; resume with
    `Command(resume={interrupt.id: {"decisions": [...]}})`.

    Args:
        tools: The tools that the script may call, as `tools.camelCase({...})`. Functions become
            tools. The store, the runtime and the call's id are injected as in a `ToolNode`; an
            injected state is empty, because it is not the outer graph's.
        interrupt_on: For each tool that needs it, whether or how a person decides about its calls:
            `True`, `False`, or LangChain's `InterruptOnConfig`. It may have `expires_after_s`
            (`CallReview`): a call about which nobody answers in that time counts as rejected.
        ask: `"together"` makes one interrupt of all calls that wait at the same time, answered with
            a decision for each, `"each"` one of each call, answered by their ids in any order, and
            `"one_by_one"` asks about the next call when the one before is answered.
        on_unfit_answer: `"ask_again"` leaves a question standing whose answer does not fit, with
            the reason in it (`refused`, and before the first description); `"raise"` raises
            `DecisionError`.
        limits: What a script may use up.
        durability: `"pause"` stores a script when it pauses for people; after a crash it goes on
            from its last pause, or begins again, and the calls made since are made again. `"call"`
            stores each call's result when it ends, before anything else happens: that call is never
            made again, and those not stored yet are, with the same `tool_call_id`.
        on_tool_error: What becomes of a tool's exception that the script does not catch: `"raise"`
            raises it out of the graph, `"return"` makes it the error of the outcome. After a pause
            only name and message are left of an exception from before: it is returned in any case.
        snapshot_signing_key: A secret with which stored scripts are signed for their thread, or a
            list of them: the first one signs, each of them verifies. What is not signed with one
            of them is not resumed.
        stream_events: Whether LangGraph's custom stream has events about the script's calls and
            what it prints: `ProgramStreamEvent`. A node's graph streams with `subgraphs=True`.
        checkpointer: For a graph that runs on its own; as a node it uses the outer graph's.
        name: The name of the graph.

    Returns:
        A compiled LangGraph graph.

    Raises:
        SetupError: An argument is wrong, or does not fit the others; the message says which.
        ToolNameError: A tool's name cannot be a name in scripts.
    """
    check_parameters(
        tools=tools,
        interrupt_on=interrupt_on,
        ask=ask,
        on_unfit_answer=on_unfit_answer,
        limits=limits,
        durability=durability,
        on_tool_error=on_tool_error,
        stream_events=stream_events,
        checkpointer=checkpointer,
        name=name,
    )
    granted = as_tools("tools", tools)
    manner = Manner(ask, asks_again=on_unfit_answer == "ask_again")
    own = OwnTools(
        granted,
        Approvals.of(interrupt_on, [tool.name for tool in granted], manner=manner),
        limits or Limits(),
        keeps=durability == "call",
        raises=on_tool_error == "raise",
        signing_keys=signing_keys(snapshot_signing_key),
        streams_events=stream_events,
    )
    return build_script_graph(own, checkpointer=checkpointer, name=name)


def build_script_graph(
    source: Source, *, checkpointer: Checkpointer = None, name: str = Defaults.name
) -> ScriptGraph:
    """Builds the graph for scripts that are given what `source` tells."""
    graph = StateGraph(ScriptState, input_schema=ScriptInput, output_schema=ScriptOutput)
    # Where `run` leads is in its answer: an edge that looks at the state takes as long as a script.
    graph.add_node("run", _Run(source), input_schema=ShownState, destinations=("ask", END))
    graph.add_node("ask", _Ask(source), input_schema=ShownState, destinations=("run", "ask", END))
    graph.add_edge(START, "run")
    compiled = graph.compile(checkpointer=checkpointer, name=name)
    compiled.stream_channels = [key for key in graph.channels if key not in _UNSEEN]
    return compiled


# What the state becomes, and where the graph goes on.
_Became: TypeAlias = Command[Any] | dict[str, Any]


class _Node(Runnable[ShownState, _Became]):
    """A node of the graph."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def invoke(
        self,
        input: ShownState,  # noqa: A002 - Runnable's name
        config: RunnableConfig | None = None,
        **_kwargs: Any,
    ) -> _Became:
        return drive(self._work(_whole(input, config or {}), config or {}))

    async def ainvoke(
        self,
        input: ShownState,  # noqa: A002 - Runnable's name
        config: RunnableConfig | None = None,
        **_kwargs: Any,
    ) -> _Became:
        return await adrive(self._work(_whole(input, config or {}), config or {}))

    def _work(self, state: ScriptState, config: RunnableConfig) -> Work[_Became]:
        raise NotImplementedError


class _Run(_Node):
    """Takes the script from where it stands to its end, or to where only people can help."""

    def _work(self, state: ScriptState, config: RunnableConfig) -> Work[_Became]:
        if (paused := self.source.paused(config)) is not None:
            return _answer(paused, self.source.sealer(state, config), config)
        if state.get("answers") is None or state.get("paused") is None:
            state["paused"] = None  # One that waited is given up; this one has an id of its own.
            source = functools.partial(self.source.checked_source, state, config)
            sealer = self.source.sealer(state, config)
            bring = functools.partial(_brought_along, self.source, state, config)
            stored, brought = yield from paused_before(sealer, source, bring, config)
            if stored is not None:
                write_unseen(config, {"brought": brought})
                return _paused(stored, config)
        again, at = started_before(config), None
        goes_on = going_on(state, self.source.sealer(state, config))
        if goes_on is not None:
            pause = _pause(state, self.source, config)
            at = (yield from claimed_again(goes_on, pause)), pause
        return (yield from _went_on(self.source, state, config, again, at))


class _Ask(_Node):
    """Asks what the script waits for; goes on as soon as some of it is answered."""

    def _work(self, state: ScriptState, config: RunnableConfig) -> Work[_Became]:
        stored, sealer = paused_in(state), self.source.sealer(state, config)
        state["paused"] = here = paused_here(stored, sealer, config)
        pause = _pause(state, self.source, config)
        goes_on = yield from asked_where_it_stands(config, here, answers_at(pause, state))
        if self.source.goes_on_at_once():
            again = goes_on.taken.entries is None
            return (yield from _went_on(self.source, state, config, again, (goes_on, pause)))
        moved = {} if here is stored else {"paused": here}
        write_unseen(config, {"answers": sealed_for(goes_on, here, pause.sealer), **moved})
        return Command(goto="run")


def _went_on(
    source: Source,
    state: ScriptState,
    config: RunnableConfig,
    again: bool,
    at: tuple[GoesOn, Pause] | None,
) -> Work[_Became]:
    """What the state becomes when the script has gone as far as it goes.

    `at` is what it goes on with from a pause, if it does, and that pause; `again`, whether it may
    have gone on from here before.
    """
    goes_on, pause = at or (None, None)
    try:
        granted = yield from source.granted(state, config)
        sealer, outer = granted.sealer(config), granted.path.request.runtime.config
        record = Record(config, outer, sealer) if granted.rules.keeps else None
        kept = (yield from record.read()) if record else None
        entry = yield from entry_of(
            state,
            functools.partial(source.checked_source, state, config),
            sealer,
            config,
            outer=outer,
            kept=kept,
            again=again,
            goes_on=goes_on,
            script=None if pause is None else pause.script,
        )
        result = yield from run_script(granted, entry, config, namespace_of_graph(config), record)
    except Exception:
        nonces = [] if goes_on is None else [goes_on.taken.nonce]
        yield from released(nonces, source.sealer(state, config), config)
        raise
    if isinstance(result, Ended) and granted.path.task is not None:
        write_unseen(config, {"written": granted.path.task.made_besides(result.updates)})
    if not (isinstance(result, Paused) and isinstance(entry, Resumed)):
        return _answer(result, sealer, config)
    yield from retire_answer(config)
    if goes_on is None or pause is None:
        return _answer(result, sealer, config, unread=True)
    yield from keep_left_pause(config, [one.shown({}) for one in pause.shown])
    return _answer(result, sealer, config, maybe_answered(result.script, pause, goes_on.taken))


def _whole(shown: ShownState, config: RunnableConfig) -> ScriptState:
    """The whole state, of what a node was given and what nobody is shown."""
    unseen = read_unseen(config, _UNSEEN)
    if unseen.get("paused") is not None:
        paused_in(unseen)
    return cast("ScriptState", {**shown, **unseen})


def _pause(state: ScriptState, source: Source, config: RunnableConfig) -> Pause:
    """The pause that a script has come to."""
    stored, sealer = paused_in(state), source.sealer(state, config)
    script = sealer.resume(stored)  # Only now is it known that nobody has changed it.
    tools = {tool.name: tool for tool in source.tools(config).values()}
    return Pause(
        key=f"pause/{digest(stored['sealed'])}",
        script=script,
        manner=source.approvals(config).manner,
        replacements=Replacements(
            tools, lambda name, args: source.takes(tools[name], config).value(args, name)
        ),
        config=config,
        outer=source.outer(config),
        run=source.run(config),
        sealer=sealer,
    )


def _answer(
    result: Ended | Paused, sealer: Sealer, config: RunnableConfig, unread: bool = False
) -> _Became:
    """What the state becomes: a paused script, or what is left of one that has ended."""
    if isinstance(result, Paused):
        stored = stored_in_branch(result.script, sealer, config)
        return _paused(stored, config, result.refused, unread)
    write_unseen(config, {"paused": None})
    return {"outcome": result.outcome, "updates": result.updates}


def _brought_along(
    source: Source, state: ScriptState, config: RunnableConfig, stored: bytes
) -> Work[bytes]:
    """The memory of a script that goes on in a fork, stored for that."""
    granted = yield from source.granted(state, config)
    return (yield from memory_of(granted, config, namespace_of_graph(config)).brought_along(stored))


def _paused(
    stored: PausedState,
    config: RunnableConfig,
    refused: Exception | None = None,
    unread: bool = False,
) -> Command[Any]:
    """What the state becomes when a script has paused."""
    write_unseen(config, {"paused": stored, "refused": refused, "maybe_answered": unread})
    shown: dict[str, Any] = {"pause": reference_to(stored), "outcome": None, "updates": []}
    return Command(update=shown, goto="ask")
