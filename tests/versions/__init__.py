"""The suite on the versions that are supported, each set in an environment of its own.

breaking      canaries on copies of packages in which the fact of each is broken
environments  sets of versions, and the environments that they are installed in
"""
