"""Scripts run again where the guest that they stood in is gone.

It imports `guest`, `wire`, `storage` and the module `steps`.

    again     runs what is in a ledger again, and refuses if it comes out differently
    machines  machines that keep a ledger, and those of earlier guests
    stood     a guest as it stood, as what is stored of it, and from that
"""
