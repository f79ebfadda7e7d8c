"""One script's life on LangGraph: a graph that runs it, and pauses it for people.

It imports `interpreter` and `errors`. In its rooms, `flow` decides and the others do; `run` takes
what a flow decides to the room that does it, and `graph` is what LangGraph sees of it all.

    graph                 the LangGraph graph, and `create_script_graph`
    graph_state           the state of that graph, and what of it is shown
    run                   runs a script in a task, to its end or a pause
    granted               what one script is given, each part for one room
    grant_sources         where that comes from: the agent, or tools given to the graph
    state                 what is kept of a script in checkpointed state
    model_texts           what the model is told of programs that were not run or given up
    settings              what users may pass, with the default and the check of each parameter
    telling/              what is told of a script, to people and to the model
    flow/                 what happens to a script, decided step by step
    arguments/            the arguments of calls as JSON values
    calls/                one call of a tool
    people/               what people are asked and answer
    variables/            what outlives a script
    memory/               what a paused script stands in
    labels/               the rule of two: what was touched, and which calls need a person for it
    branches/             forks and time travel
    durability/           what is stored beside LangGraph's checkpoints
    langgraph_internals/  all that rests on private parts of others
"""

from langchain_quickjs.script.graph import ScriptGraph, create_script_graph
from langchain_quickjs.script.graph_state import ScriptInput, ScriptOutput
from langchain_quickjs.script.people.approvals import CallReview, InterruptOn
from langchain_quickjs.script.state import StateUpdate
from langchain_quickjs.script.telling.endings import ScriptFailure, ScriptOutcome

__all__ = [
    "CallReview",
    "InterruptOn",
    "ScriptFailure",
    "ScriptGraph",
    "ScriptInput",
    "ScriptOutcome",
    "ScriptOutput",
    "StateUpdate",
    "create_script_graph",
]
