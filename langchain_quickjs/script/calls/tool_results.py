"""What a tool has returned: for the agent, or for a script; as text, or as a value.

A result is of any type, and its own code may raise whatever is asked of it.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, cast

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.types import Command

from langchain_quickjs.interpreter import Returned
from langchain_quickjs.interpreter.values.tables import is_tabular
from langchain_quickjs.interpreter.values.weight import weight
from langchain_quickjs.script.langgraph_internals.tools import function_of_tool

__all__ = [
    "described",
    "has_words",
    "is_a",
    "is_written",
    "messages_of",
    "parsed",
    "returns_text",
    "speaks_to_agent",
    "written",
    "written_by_node",
]

_JSON: Final = frozenset({str, int, float, bool, type(None), list, dict})
_LEAVES: Final = frozenset({float, bool, type(None)})
_ADDRESS: Final = re.compile(r" at 0x[0-9A-Fa-f]{4,16}>")
_LOOKED_AT_CHARS: Final = 64 * 1024
_PIECE_CHARS: Final = 64 * 1024
_PIECE_PARTS: Final = 1024
_PIECE_BYTES: Final = 2**20


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
    declared = getattr(function_of_tool(tool), "__annotations__", {}).get("return")
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


def is_written(value: object) -> bool:
    """Whether LangChain surely writes this result as JSON, rather than leave it as it is."""
    if type(value) is not list:
        return type(value) is dict
    return all(type(item) in _JSON and not _is_block(item) for item in value)


def _is_block(item: object) -> bool:
    return type(item) is dict and "type" in item


def written(value: Any) -> Any:
    """The text that LangChain would write, made piece by piece: so other threads have their turn.

    Returns:
        The text; the value itself if it is no JSON.
    """
    try:
        text = ""
        for piece in _pieces(value):
            text += piece  # CPython does so in place; to join them takes the memory twice.
        return text
    except Exception:  # LangChain will have it too, and knows what to do then
        return value


def written_by_node(content: list[Any]) -> str | None:
    """The text that the tool node makes of a message's list; `None` if it cannot."""
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        return _json(content)
    return None


def _pieces(value: Any) -> Iterator[str]:
    if type(value) is str:
        yield '"'
        for at in range(0, len(value), _PIECE_CHARS):
            yield _json(value[at : at + _PIECE_CHARS])[1:-1]
        yield '"'
    elif type(value) is list:
        yield "["
        for at in range(0, len(value), _PIECE_PARTS):
            yield ", " if at else ""
            yield from _items(value[at : at + _PIECE_PARTS])
        yield "]"
    elif type(value) is dict and all(type(key) is str for key in value):
        yield "{"
        entries = iter(value.items())
        for at in range(0, len(value), _PIECE_PARTS):
            yield ", " if at else ""
            yield from _entries(dict(islice(entries, _PIECE_PARTS)))
        yield "}"
    else:
        yield _json(value)


def _items(some: list[Any]) -> Iterator[str]:
    if _LEAVES.issuperset(map(type, some)) or weight(some, _PIECE_BYTES) <= _PIECE_BYTES:
        yield _json(some)[1:-1]
        return
    for index, item in enumerate(some):
        yield ", " if index else ""
        yield from _pieces(item)


def _entries(some: dict[str, Any]) -> Iterator[str]:
    if weight(some, _PIECE_BYTES) <= _PIECE_BYTES:
        yield _json(some)[1:-1]
        return
    for index, (key, item) in enumerate(some.items()):
        yield ", " if index else ""
        yield from _pieces(key)
        yield ": "
        yield from _pieces(item)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def described(value: object, content: Any) -> Returned | None:
    """What LangChain has written of a value that cannot cross; `None` if that is no data.

    Such is a table as people see it, and the place of an object in memory: an error says more.
    """
    written = parsed(content)
    placed = type(written.value) is str and _ADDRESS.search(written.value, 0, _LOOKED_AT_CHARS)
    return None if placed or is_tabular(type(value)) else written


def parsed(content: Any) -> Returned:
    """What a message says, as a value where it is JSON."""
    if isinstance(content, str):
        with contextlib.suppress(ValueError, RecursionError):
            return Returned(json.loads(content))
    return Returned(content)
