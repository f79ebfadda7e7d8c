"""What happens to one script, decided step by step; other rooms do it.

It does no I/O and knows nothing of how LangGraph works. It imports `state`, `telling` and the
interpreter.

    call_ids      one `tool_call_id` for one call, however often it is run again
    decisions     the kinds of decisions that answer the question whether calls are made
    drivers       works, and the two drivers that do them: with threads, with asyncio
    effects       what a flow wants done, and what it ends with
    inputs        what a flow is given: rules, where the script stands, calls and answers
    open_calls    the calls that have not ended, and what becomes of them
    script_flow   the life of one script, from its start or a pause to its end
    stepping      the steps of a script: how long they may take, and where they are taken
"""
