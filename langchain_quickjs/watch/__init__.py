"""What people see of programs from outside: what waits for them, and what has happened.

It reads checkpointed state and changes nothing. It imports `script`, `interpreter` and `errors`.

    call_display  how a call that waits is shown
    pending       what waits for people in one thread
    question      what an interrupt asks, whoever has raised and stored it
    threads       which threads of a checkpointer wait
"""
