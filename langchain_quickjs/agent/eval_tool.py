"""The tool that runs a program: in its own task, and once it has paused, in the script graph.

LangGraph runs a tool's body again from its top on every resume. All that it does then is to go on
with the graph, which knows where the program stands. A program that ends without a pause needs
nothing that the graph has, and a graph takes longer to enter than a small program to run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, cast

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.config import get_config
from pydantic import BaseModel, Field, SkipValidation

from langchain_quickjs.agent.prompt import eval_code_description, eval_tool_description
from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.durability.running_script import graph_durability
from langchain_quickjs.script.durability.workers import end_all_work
from langchain_quickjs.script.flow.effects import Ended, Started, new_seed
from langchain_quickjs.script.flow.granted import ScriptHost
from langchain_quickjs.script.graph import ScriptGraph, build_script_graph
from langchain_quickjs.script.langgraph_internals.resume import started_before
from langchain_quickjs.script.langgraph_internals.task import all_or_nothing, copy_of, reserved
from langchain_quickjs.script.run import arun_script, run_script
from langchain_quickjs.script.settings import Defaults
from langchain_quickjs.script.sources import PassedHost

__all__ = ["EvalTool"]


class _Program(BaseModel):
    """Arguments of the tool."""

    code: str = Field(description=eval_code_description())


class EvalTool(BaseTool):
    """Runs a JavaScript program.

    Attributes:
        graph: What goes on with a program that has paused.
        host: What the program is given; there is one for each call of the tool.
    """

    name: str = Defaults.tool_name
    description: str = eval_tool_description()
    args_schema: Annotated[type[BaseModel], SkipValidation()] = _Program
    graph: Annotated[Any, SkipValidation()] = Field(
        default_factory=lambda: build_script_graph(PassedHost()), exclude=True
    )
    host: Annotated[Any, SkipValidation()] = Field(default=None, exclude=True)

    def for_script(self, host: ScriptHost) -> EvalTool:
        """The tool for one call, which brings along what this call's program is given."""
        copied = cast("EvalTool", copy_of(self))
        copied.host = host
        return copied

    def _run(self, code: str, config: RunnableConfig) -> ToolMessage:
        host, graph, paused = self._checked_host(), cast("ScriptGraph", self.graph), None
        with _whole(host):
            if _begins(host, config):
                config, namespace = reserved(config)
                result = run_script(host, Started(code, new_seed()), get_config(), namespace)
                if isinstance(result, Ended):
                    return self._message(result.outcome)
                paused = result
            durability = graph_durability(config, host.keeps)
            config = PassedHost.config(config, host, code, paused)
            output = graph.invoke(_input(code), config, durability=durability)
            return self._message(output["outcome"])

    async def _arun(self, code: str, config: RunnableConfig) -> ToolMessage:
        host, graph, paused = self._checked_host(), cast("ScriptGraph", self.graph), None
        with _whole(host):
            if _begins(host, config):
                config, namespace = reserved(config)
                started = Started(code, new_seed())
                result = await arun_script(host, started, get_config(), namespace)
                if isinstance(result, Ended):
                    return self._message(result.outcome)
                paused = result
            durability = graph_durability(config, host.keeps)
            config = PassedHost.config(config, host, code, paused)
            output = await graph.ainvoke(_input(code), config, durability=durability)
            return self._message(output["outcome"])

    def _checked_host(self) -> ScriptHost:
        if self.host is None:
            raise SetupError(
                "This tool runs inside an agent that has CodeInterpreterMiddleware among its "
                "middleware. Without an agent, use Interpreter or create_script_graph."
            )
        return cast("ScriptHost", self.host)

    def _message(self, outcome: Mapping[str, Any]) -> ToolMessage:
        return ToolMessage(
            outcome["text"],
            tool_call_id=self.host.script_id,
            name=self.name,
            status="error" if outcome["failed"] else "success",
        )


@contextlib.contextmanager
def _whole(host: ScriptHost) -> Iterator[None]:
    """Lets a task that fails leave nothing behind: neither writes, nor what it worked on."""
    try:
        with all_or_nothing(host.path.task):
            yield
    finally:
        end_all_work(host)


def _begins(host: ScriptHost, config: RunnableConfig) -> bool:
    """Whether a program surely begins, and needs the graph only if it pauses."""
    return not host.keeps and not started_before(config)


def _input(code: str) -> Any:
    # The seed is part of the input, which LangGraph stores and, on a resume, does not replace.
    return {"source": code, "seed": new_seed()}
