"""The calls that an agent's model makes itself, beside its programs.

They wait for people where they are made, each in a task of its own.

    direct_calls  those about which people are asked
    ruled_calls   all of them, under the rule of two
"""
