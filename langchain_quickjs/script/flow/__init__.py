"""What happens to one script, decided step by step; other rooms do it.

It does no I/O and knows nothing of LangGraph. It imports `state` and the interpreter.

    call_report  what became of a script's calls, in short
    decisions    the question whether calls are made, and the kinds of decisions that answer it
    drivers      do what the flow decides: with threads, or with asyncio
    effects      what the flow wants done, and what it is told
    granted      what one script is given
    open_calls   the calls that have not ended, and what becomes of them
    script_flow  the life of one script, from its start or a pause to its end
    wall_clock   how long a script may last
"""
