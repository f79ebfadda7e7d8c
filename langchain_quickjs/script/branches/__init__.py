"""Forks and time travel: a paused script that goes on another way from an earlier pause.

It imports `flow`, `telling`, `durability` and `langgraph_internals`.

    branch   a script in another branch of its thread, with ids of its own
    earlier  the pauses that a script has left: shown in the thread's history, and found again
    forks    what a run of the script graph goes on from that finds itself in a fork
"""
