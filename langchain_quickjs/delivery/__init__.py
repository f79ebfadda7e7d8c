"""Answers that come from queues: more than once, late, and to several workers at a time.

It imports `watch`, `script` and `errors`; nothing of the package but the notebook may import it.

    asker          whether an agent has what asked a question
    delivered      what came of a delivery
    delivering     delivers one answer
    known          what a thread tells of a question that does not stand
    locks          a lock of a thread, held while a delivery runs it
    postgres_lock  such a lock in PostgreSQL
"""
