"""One call of a tool: its names, the way to the tool, and what the script gets.

It imports `telling`, `arguments`, `flow` and `langgraph_internals`.

    announcements  what whoever watches is told of the calls, at the moment it happens
    content_blocks what tools of MCP servers return, and all who speak to a model
    coroutines     tools that have only a coroutine, where a graph runs synchronously
    js_names       the names under which scripts call tools
    subagents      `await task({...})`, through the `task` tool of Deep Agents
    tool_call      one call, through the hooks of the agent, to its tool and back
    tool_path      the way that a script's calls take, and who sees their tools run
    tool_results   what a tool has returned, as text or as a value
"""
