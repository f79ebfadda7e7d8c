"""The rule of two: what an agent has touched, and which calls that makes a person's business.

It imports nothing of `script` but `settings`, `state` and `langgraph_internals`, `durability`.

    taint     what a session or a program has touched, and by which calls; it only grows
    policy    `RuleOfTwo`: the labels of tools, and when they ask for a person
    results   labels that a tool gives to one of its results
    program   what one program has touched so far
    session   where the labels of a thread stand: a channel of the agent's state
    report    which combinations an agent can reach at all
"""
