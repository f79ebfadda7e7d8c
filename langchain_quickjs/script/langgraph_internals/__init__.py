"""All that rests on private parts of LangGraph, LangChain or Deep Agents.

No other room imports a private name of theirs.

    resume  what a run of the graph was resumed with
    task    the task that a script runs in: the state its tools see and write
"""
