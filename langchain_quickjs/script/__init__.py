"""One script's life on LangGraph: a graph that runs it, and pauses it for people.

It imports `interpreter` and `errors`. In its rooms, `flow` decides and the others do; `graph` and
`run` bring them together.

    graph                 the LangGraph graph, and `create_script_graph`
    run                   runs a script in a task, to its end or a pause
    sources               where what a script is given comes from
    state                 what is kept in checkpointed state
    sealing               what is stored of one script, signed as one piece
    signing               keys and signatures
    settings              what users may pass, and the check of each parameter
    flow/                 what happens to a script, decided step by step
    arguments/            the arguments of calls as JSON values
    calls/                one call of a tool
    people/               what people are asked and answer
    variables/            what outlives a script
    durability/           what is stored beside LangGraph's checkpoints
    langgraph_internals/  all that rests on private parts of others
"""

from langchain_quickjs.script.graph import ScriptGraph, create_script_graph
from langchain_quickjs.script.people.approvals import InterruptOn
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
