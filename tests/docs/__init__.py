"""The documentation: its code runs, its types hold, its lists are complete.

blocks  the code blocks of the pages
given   what blocks use without making it: the names that the pages say so of
types   mypy and pyright, both strict, on the blocks and on the examples
"""
