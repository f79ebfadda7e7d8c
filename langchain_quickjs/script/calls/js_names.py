"""The names under which scripts call tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from langchain_core.tools import BaseTool

from langchain_quickjs.errors import ToolNameError

__all__ = ["DESCRIBE", "SEARCH", "camel_case", "check_names", "js_names"]

SEARCH: Final = "$search"
"""The function among the tools by which scripts of an agent find tools."""

DESCRIBE: Final = "$describe"
"""The function among the tools by which scripts of an agent read their documentation."""

_RESERVED: Final = frozenset({SEARCH, DESCRIBE})

_WORD: Final = re.compile(r"[A-Za-z0-9$]+")


def camel_case(tool_name: str) -> str:
    """The name under which scripts call a tool.

    Words may be separated by anything that is not a letter or digit: `lookup_order`,
    `lookup-order` and `orders.lookup` become `lookupOrder`, `lookupOrder` and `ordersLookup`. The
    first word stays as it is, unless the whole name is in capitals.

    Args:
        tool_name: The tool's own name.

    Returns:
        A JavaScript identifier of ASCII characters.

    Raises:
        ToolNameError: The name has no ASCII letter or digit, or letters outside ASCII.
    """
    words = _WORD.findall(tool_name.lower() if tool_name.isupper() else tool_name)
    foreign = any(c.isalnum() and not c.isascii() for c in tool_name)
    if not words or foreign:
        raise ToolNameError(
            f"The tool name {tool_name!r} cannot be written as a JavaScript name: rename the tool "
            "to ASCII letters, digits, '_', '-' and '.'."
        )
    name = words[0] + "".join(word[0].upper() + word[1:] for word in words[1:])
    return f"_{name}" if name[0].isdigit() else name


def js_names(tools: Iterable[BaseTool]) -> dict[str, BaseTool]:
    """The tools by the names that scripts use, in the given order.

    Raises:
        ToolNameError: Two tools would share a name, or one cannot have any.
    """
    tools = list(tools)
    return dict(zip(check_names([tool.name for tool in tools]), tools, strict=True))


def check_names(tool_names: Sequence[str]) -> list[str]:
    """The names that scripts use, for tools of which no more than their names may be known.

    Raises:
        ToolNameError: Two tools would share a name, or one cannot have any.
    """
    named: dict[str, str] = {}
    for tool_name in tool_names:
        name = camel_case(tool_name)
        if name in _RESERVED:
            raise ToolNameError(
                f"The tool {tool_name!r} would be `tools.{name}` in scripts, which is the name of "
                "a function that tells of tools: rename the tool."
            )
        if name in named:
            raise ToolNameError(
                f"The tools {named[name]!r} and {tool_name!r} would both be `tools.{name}` in "
                "scripts: rename one of them or leave it out."
            )
        named[name] = tool_name
    return list(named)
