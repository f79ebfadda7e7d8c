"""The arguments of calls as JSON values that the tool's schema takes.

It imports the interpreter only.

    json_values     values of scripts as JSON values
    tool_arguments  the arguments of one call, the same for everybody
    tool_schemas    what single schemas of a JSON Schema document say
    wanted_types    what a schema wants at each place of a value
"""
