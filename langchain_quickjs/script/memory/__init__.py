"""The memory of paused scripts, where it is stored.

It imports `flow`, `langgraph_internals`, and `variables` for the store of records.

    paused_memory  what a paused script stands in, stored as it changes
    reference      what the script's state holds of a memory that is stored apart
"""
