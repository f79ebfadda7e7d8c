"""What people are asked, what they may answer, and that each answer counts once.

It imports `flow`, `telling`, `durability` and `langgraph_internals`.

    answers     what user interfaces send, in LangChain's words
    approvals   which calls people decide about, and how they are asked
    claims      which answers to a paused script count, and which run goes on with them
    gates       whom the agent itself asks before it calls its tools
    once_only   the model's own approved calls, each made once
    pauses      a script at a pause: what people are asked, what a run goes on with
    short_args  arguments in short, for people
"""
