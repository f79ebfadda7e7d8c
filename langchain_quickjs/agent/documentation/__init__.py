"""The documentation of tools: what the model reads before it calls them from a program.

Texts and schemas are others'. What is made of them is bounded, and says nothing but comments.

    comments      texts of others as comments and literals
    constraints   what a schema says beyond a type, in few words
    declarations  one tool: comments and signature
    docstrings    descriptions taken apart: summary, arguments, result
    in_budget     all tools within a budget
    lookup        `tools.$search` and `tools.$describe`
    schemas       the JSON Schemas of a tool
    typescript    JSON Schemas as TypeScript types
"""
