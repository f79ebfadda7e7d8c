"""What outlives a script: its variables, from one program of an agent to the next.

It imports `flow` and `langgraph_internals`.

    channel  where variables are kept in the agent's state
    order    which program of a message comes first, and how the others wait
    session  what a script finds of those before it and leaves to those after it
"""
