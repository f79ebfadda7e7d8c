"""All that rests on private parts of LangGraph, LangChain or Deep Agents.

No other room imports or reads a private name of theirs. This one imports no other room, only the
plain types of `state`; every room but `flow` and `arguments` may import it. For each fact about a
package that it stands on, `tests/script/langgraph_internals/test_canaries.py` has a test.

    agent_hooks   the middleware of an agent, and the hooks that its tool calls pass
    call_place    where one call's tool runs: a task of its own, as far as LangGraph can tell
    checkpointer  what LangGraph stores of a graph, where, and when
    graph_around  the graph that a task belongs to: its run, nodes and channels
    resume        what a run of the graph was resumed with
    superstep     the tasks that LangGraph runs in one step, also at a checkpoint that is forked
    task          the task that a script runs in: the state its tools see and write
    tools         a tool's own methods, copies of tools, the updates of a command
"""
