"""What is told of a script: to people who decide, to whoever watches, and to the model.

It imports `state`.

    call_report  what became of a script's calls, in short
    questions    a question about calls, as people and their user interfaces read it
    story        what a script has done and waited for, with times: for approvals and timelines
"""
