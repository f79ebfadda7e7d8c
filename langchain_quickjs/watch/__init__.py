"""What people see of programs from outside: what waits for them, and what has happened.

It reads checkpointed state and changes nothing. It imports `script`, `interpreter` and `errors`.

    drawing/  pictures, HTML and text of it
    paused    where the paused programs of a thread are stored
    pending   what waits for people in one thread
    question  what an interrupt asks, whoever has raised and stored it
    stories   where the stories of a thread's programs are
    stranded  questions that nobody can answer any more
    threads   which threads of a checkpointer wait
    timeline  what a program has done and waited for, as a picture, a page, or text
"""
