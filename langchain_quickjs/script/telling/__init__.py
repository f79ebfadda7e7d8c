"""What is told of a script: to people who decide, to whoever watches, and to the model.

It imports `state`.

    call_report     what became of a script's calls, in short
    descriptions    what people read about a call that waits, in Markdown
    endings         how a script ended, with all that is told about it
    program_events  events on the custom stream, of calls and of what is printed
    questions       a question about calls, as people and their user interfaces read it
    receipts        what became of answers, for whoever delivers them
    story           what a script has done and waited for, with times
    story_types     what a story is made of: for approvals and timelines
"""
