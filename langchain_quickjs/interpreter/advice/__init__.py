"""What error messages say beside what was wrong: where, and what to do.

It imports `errors`, `limits` and `outcomes`.

    excerpts       the line of a script that an error is about, with a caret
    fences         programs in the Markdown fences that models put around code
    for_models     what a model can do when its program has reached a limit
    limit_errors   which limit was reached, what it is, and what can be done
    near_names     names that are nearly those of tools, and names that have no value yet
    syntax_errors  the line that a syntax error is in, and what to write instead
    waiting_loops  loops that do not wait for their calls
"""
