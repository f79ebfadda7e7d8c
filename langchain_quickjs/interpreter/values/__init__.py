"""The values of JavaScript in Python: their kinds, and what each becomes where.

It imports `errors` and `quoting` only, and every room may import it.

    coerce      what tools really return, as values that can cross
    js_values   Python types for values that Python has no type for
    kinds       the table of the kinds, which all the others and the wire follow
    notation    values written the way JavaScript writes them, for the model
    plain_data  values as plain Python data, for checkpointed state
    short_json  values in the manner of JSON, cut short for messages
    tables      tables of pandas and polars, as values that can cross
    weight      about how many bytes a value will take
"""
