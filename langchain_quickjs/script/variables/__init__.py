"""What outlives a script: its variables, from one program of an agent to the next.

It imports `flow`, `langgraph_internals`, and `durability` for its signatures.

    agent_state       the keys of the agent's state for all of it
    channel           the reference to the variables, in the agent's state
    labels_channel    the labels of a thread, in the agent's state
    order             in which order the programs of one message run
    running_programs  the programs that have begun in one run of the agent
    session           what a script finds of those before it and leaves to those after it
    session_labels    what a thread has touched, for the rule of two: its labels and its history
    store             the variables themselves, beside the agent's checkpoints
"""
