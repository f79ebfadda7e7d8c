"""What a tool has returned: for the agent, or for a script; as text, or as a value.

A result is of any type, and its own code may raise whatever is asked of it.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
from collections.abc import Mapping
from typing import Any, cast

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.types import Command

from langchain_quickjs.interpreter import Returned

__all__ = ["has_words", "is_a", "messages_of", "parsed", "returns_text", "speaks_to_agent"]


def messages_of(results: list[Any]) -> list[ToolMessage]:
    """The messages in what came out of a tool call's handler."""
    messages: list[Any] = []
    for item in results:
        if isinstance(item, ToolMessage):
            messages.append(item)
        elif isinstance(item, Command) and isinstance(item.update, Mapping):
            found = item.update.get("messages")
            messages.extend(found if isinstance(found, list) else ())
    return [message for message in messages if isinstance(message, ToolMessage)]


def is_a(value: object, kind: Any) -> bool:
    """`isinstance`, except that the value is not asked: its `__class__` may raise."""
    return issubclass(type(value), kind)


def speaks_to_agent(value: object) -> bool:
    """Whether a tool returned messages or commands, which say themselves what the result is."""
    items = list.copy(cast("list[Any]", value)) if is_a(value, list) else []
    return all(is_a(item, ToolMessage | Command) for item in items or [value])


def returns_text(tool: BaseTool) -> bool:
    """Whether a tool's function says that it returns text."""
    functions = (getattr(tool, name, None) for name in ("func", "coroutine", "_run"))
    declared = getattr(next(filter(None, functions)), "__annotations__", {}).get("return")
    return declared is str or declared == "str"


def has_words(value: object) -> bool:
    """Whether LangChain can write a tool's result as text: it tries once more, unobserved."""
    returning = StructuredTool.from_function(lambda: value, name="returning", description="-")
    call = ToolCall(name="returning", args={}, id="-", type="tool_call")
    try:
        contextvars.Context().run(returning.invoke, call)
    except Exception:
        return False
    return True


def parsed(content: Any) -> Returned:
    """What a message says, as a value where it is JSON."""
    if isinstance(content, str):
        with contextlib.suppress(ValueError, RecursionError):
            return Returned(json.loads(content))
    return Returned(content)
