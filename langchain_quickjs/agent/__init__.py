"""What a LangChain agent gets: the middleware, its tool, and what the model reads.

It imports everything else, and nothing imports it.

    documentation/  of tools, within a budget and looked up by programs
    eval_tool     the tool that runs a program
    grants        what programs may call, and about which calls people are asked
    middleware    `CodeInterpreterMiddleware`
    model_calls/  the model's own calls: asked about, and under the rule of two
    program       what one program is given, and what the model is shown of its end
    prompt        the system prompt and the tool's description
    rendering     what the model sees of a program's end
"""
