"""The script graph: a LangGraph graph that runs one script, and pauses it for people."""

from langchain_quickjs.script.approvals import InterruptOn
from langchain_quickjs.script.graph import ScriptGraph, create_script_graph
from langchain_quickjs.script.state import (
    ScriptFailure,
    ScriptInput,
    ScriptOutcome,
    ScriptOutput,
    StateUpdate,
)

__all__ = [
    "InterruptOn",
    "ScriptFailure",
    "ScriptGraph",
    "ScriptInput",
    "ScriptOutcome",
    "ScriptOutput",
    "StateUpdate",
    "create_script_graph",
]
