"""Forks and time travel: a paused script that goes on another way from an earlier pause.

It imports `flow`, `telling` and `langgraph_internals`.

    branch   a script in another branch of its thread, with ids of its own
    earlier  the pauses that a script has left: shown in the thread's history, and found again
"""
