"""Programs as models write them, and whether they do what their authors meant.

__main__    the count, for this package and for the public one beside it
world       the tools that all of them are granted
cases       the programs with the tables of what was meant
answers     runs programs in a real agent, in either package
reading     whether an answer shows what was meant
in_node     (JavaScript) what Node.js makes of the programs, to check the tables
"""
