"""The tool that runs a program: in its own task, and once it has paused, in the script graph.

LangGraph runs a tool's body again from its top on every resume. All that it does then is to go on
with the graph, which knows where the program stands. A program that ends without a pause needs
nothing that the graph has, and a graph takes longer to enter than a small program to run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, cast

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.config import get_config
from langgraph.errors import GraphBubbleUp
from pydantic import BaseModel, Field, SkipValidation

from langchain_quickjs.agent.prompt import CODE_DESCRIPTION, eval_tool_description
from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.branches.earlier import require_open
from langchain_quickjs.script.durability.claimants import end_all_work
from langchain_quickjs.script.flow.drivers import Ask, Asking, Work, adrive, drive
from langchain_quickjs.script.flow.effects import Ended
from langchain_quickjs.script.flow.inputs import Started, new_seed
from langchain_quickjs.script.grant_sources import FromAgent
from langchain_quickjs.script.granted import Granted
from langchain_quickjs.script.graph import build_script_graph
from langchain_quickjs.script.labels.messages.history import TOUCHED_KEY
from langchain_quickjs.script.langgraph_internals.call_place import reserve_next_graph
from langchain_quickjs.script.langgraph_internals.checkpointer import checkpointer_of
from langchain_quickjs.script.langgraph_internals.resume import graph_durability, started_before
from langchain_quickjs.script.langgraph_internals.superstep import Superstep
from langchain_quickjs.script.langgraph_internals.task import OuterTask, withdraw_on_error
from langchain_quickjs.script.langgraph_internals.tools import copy_tool
from langchain_quickjs.script.run import run_script
from langchain_quickjs.script.settings import Defaults
from langchain_quickjs.script.state import StateUpdate
from langchain_quickjs.script.variables.channel import VARIABLES_KEY
from langchain_quickjs.script.variables.labels_channel import LABELS_KEY

__all__ = ["EvalTool"]


class _Program(BaseModel):
    """Arguments of the tool."""

    code: str = Field(description=CODE_DESCRIPTION)


class EvalTool(BaseTool):
    """Runs a JavaScript program.

    Attributes:
        graph: What goes on with a program that has paused.
        granted: What the program is given; there is one for each call of the tool.
        may_call: The names of the tools that programs may call.
        signing_keys: With what paused programs are signed, for those who look at them later.
    """

    name: str = Defaults.tool_name
    description: str = eval_tool_description()
    # LangSmith shows the source as what it is.
    metadata: dict[str, Any] | None = Field(
        default_factory=lambda: {"ls_code_input_language": "javascript"}
    )
    args_schema: Annotated[type[BaseModel], SkipValidation()] = _Program
    graph: Annotated[Any, SkipValidation()] = Field(
        default_factory=lambda: build_script_graph(FromAgent()), exclude=True
    )
    granted: Annotated[Any, SkipValidation()] = Field(default=None, exclude=True)
    may_call: Annotated[tuple[str, ...], SkipValidation()] = Field(
        default=(), exclude=True, repr=False
    )
    signing_keys: Annotated[tuple[bytes, ...], SkipValidation()] = Field(
        default=(), exclude=True, repr=False
    )

    def for_script(self, granted: Granted) -> EvalTool:
        """The tool for one call, which brings along what this call's program is given."""
        copied = cast("EvalTool", copy_tool(self))
        copied.granted = granted
        return copied

    def _run(self, code: str, config: RunnableConfig) -> ToolMessage:
        return drive(self._ran(code, config))

    async def _arun(self, code: str, config: RunnableConfig) -> ToolMessage:
        return await adrive(self._ran(code, config))

    def _ran(self, code: str, config: RunnableConfig) -> Work[ToolMessage]:
        try:
            return (yield from self._ended(code, config))
        except GraphBubbleUp as asks:
            # LangChain's frames hold what a tool raises, as that holds them: with its frames, all
            # that a program was run with would stay until a collection of garbage.
            raise asks.with_traceback(None) from None

    def _ended(self, code: str, config: RunnableConfig) -> Work[ToolMessage]:
        granted, paused = self._checked_grant(), None
        with _whole(granted):
            if _begins(granted, config):
                config, namespace = reserve_next_graph(config)
                started = Started(code, new_seed())
                result = yield from run_script(granted, started, get_config(), namespace)
                if isinstance(result, Ended):
                    return self._message(result.outcome)
                paused = result
            elif started_before(config):
                yield from require_open(config, config["configurable"]["checkpoint_ns"])
            options = {"durability": graph_durability(config, granted.rules.keeps)}
            with FromAgent.passing(granted, code, paused):
                output = yield Ask(self.graph, "invoke", (_input(code), config), options)
            yield from _write_again(granted.path.task, output["updates"], config)
            return self._message(output["outcome"])

    def _checked_grant(self) -> Granted:
        if self.granted is None:
            raise SetupError(
                "This tool runs inside an agent that has CodeInterpreterMiddleware among its "
                "middleware. Without an agent, use Interpreter or create_script_graph."
            )
        return cast("Granted", self.granted)

    def _message(self, outcome: Mapping[str, Any]) -> ToolMessage:
        touched = outcome.get("touched")
        return ToolMessage(
            outcome["text"],
            tool_call_id=self.granted.rules.script_id,
            name=self.name,
            artifact={"story": story} if (story := outcome.get("story")) else None,
            status="error" if outcome["failed"] else "success",
            response_metadata={} if touched is None else {TOUCHED_KEY: touched},
        )


@contextlib.contextmanager
def _whole(granted: Granted) -> Iterator[None]:
    """Lets a task that fails leave nothing behind: neither writes, nor what it worked on."""
    try:
        with withdraw_on_error(granted.path.task):
            yield
    finally:
        end_all_work(granted)


def _write_again(
    task: OuterTask | None, updates: Iterable[StateUpdate], config: RunnableConfig
) -> Asking[None]:
    """Writes what a program has written that ended in a run which was cut off right then.

    That its graph has ended was stored, but not yet what its task has come to, so nothing of it
    runs again.

    Args:
        task: The task that runs the program.
        updates: What its tools have written.
        config: Its config.
    """
    saver = checkpointer_of(config)
    if saver is None or task is None or task.has_made_any:
        return
    place = {key: config["configurable"][key] for key in ("thread_id", "checkpoint_ns")}
    found: CheckpointTuple | None = yield Ask(saver, "get_tuple", ({"configurable": place},))
    written = found.checkpoint["channel_values"].get("written") if found is not None else None
    step = Superstep(config)
    for key in (VARIABLES_KEY, LABELS_KEY):
        step.hide_from_streams(key)
    task.write((key, value) for key, value in [*updates, *(written or ())])


def _begins(granted: Granted, config: RunnableConfig) -> bool:
    """Whether a program surely begins, and needs the graph only if it pauses."""
    return not granted.rules.keeps and not started_before(config)


def _input(code: str) -> Any:
    # The seed is part of the input, which LangGraph stores and, on a resume, does not replace.
    return {"source": code, "seed": new_seed()}
