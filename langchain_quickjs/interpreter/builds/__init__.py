"""The builds of the guest: today's, and those of earlier releases that old memory belongs to.

It imports `errors` only. The build reads `releases` and `difference` without the package.

    difference  a module as what differs from another one
    places      where the guest of a build lies, and what to do if there is none
    releases    which releases there were, and what their guests speak
"""
