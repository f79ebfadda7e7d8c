"""AgentDojo's attacks and tasks under the rule of two, without a model: `python -m tests.dojo`.

AgentDojo is not part of this package, nor needed by it: another environment has it, and a process
of that one tells us its calls.

    export   what that process runs: the suites' tools, tasks, attacks and calls, as JSON
    suites   the suites as we have them, and which of their attacks the rule is about
    labels   what the suites' tools do, by our own judgement
    scripts  calls as turns of a model, and as programs
    replay   makes the calls in a real agent, and answers its questions
    table    counts and prints
"""
