"""What is stored beside LangGraph's own checkpoints: nothing runs twice or is lost.

It imports `flow` and `langgraph_internals`.

    call_ends        how a call has ended, stored before anybody learns of it
    claimants        whether whoever made a claim is still at work
    durability_call  a script stored while it runs, with `durability="call"`
    failures         what a failed program had done, if the model was not told
    ledger           what was decided and done for one script, written once
    ledger_entries   what a ledger holds, and whose claims are in force
    sealing          what is stored of one script, signed as one piece
    signing          keys and signatures
"""
