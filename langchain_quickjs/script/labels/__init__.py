"""The rule of two: what an agent has touched, and which calls that makes a person's business.

Where a thread's labels stand is in `variables/session_labels.py`.

    messages/  what the messages of an agent tell of what it has touched
    taint      what was touched, and by which calls; it only grows, and says so in words
    policy     `RuleOfTwo`: the labels of tools, and when they ask for a person
    results    labels that a tool gives to one of its results
    program    what one program has touched so far
    shadow     a run beside the program that is given nothing of strangers, for comparison
    redaction  what that run is given in the place of results
    subagents  the labels of a call of a subagent, from the tools that it has
    report     which combinations an agent can reach at all
"""
