"""What users may give to the package, as one table: each parameter, what it may be, and a check.

A value that is not refused here would be found out hours later: by a program that cannot call, a
limit that never holds, or a question that nobody was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeGuard, get_args

from langchain_core.tools import BaseTool
from langchain_core.tools import tool as as_tool
from langgraph.checkpoint.base import BaseCheckpointSaver

from langchain_quickjs.errors import SetupError
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.interpreter.limits import MAX_SECONDS
from langchain_quickjs.interpreter.quoting import value_text

__all__ = ["Durability", "Mode", "OnToolError", "check", "tools_of"]

Durability = Literal["pause", "call"]
"""When a script is stored: when it pauses, or whenever a call has ended."""

OnToolError = Literal["raise", "return"]
"""Where a tool's exception goes that a script does not catch: out of the graph, or its outcome."""

Mode = Literal["thread", "turn", "call"]
"""How long what programs declare lives."""

_TOOL_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MIB: Final = 2**20
_LARGEST: Final = 2**32 - 1


def _is_integer(value: object, least: int, most: int = _LARGEST) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_seconds(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value <= MAX_SECONDS  # type: ignore[operator]  # it is a number by now


def _is_list_of(value: object, *kinds: type) -> bool:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
        return False
    return all(isinstance(item, kinds) or callable(item) for item in value)


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


_FLAG: Final = ("True or False", lambda value: isinstance(value, bool))
_SECONDS: Final = (
    "a number of seconds above 0 and up to 2**40, or None for no limit",
    _or_none(_is_seconds),
)
_MEMORY: Final = (4 * _MIB, 2**32 - 65536)

_RULES: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "ptc": (
        "a list of names of the agent's tools, tools and functions, or None",
        _or_none(lambda value: _is_list_of(value, str, BaseTool)),
    ),
    "tools": (
        "a list of tools and functions",
        lambda value: _is_list_of(value, BaseTool),
    ),
    "interrupt_on": (
        "a mapping of tool names to True, False or an `InterruptOnConfig`, or None",
        _or_none(
            lambda value: (
                isinstance(value, Mapping)
                and all(
                    isinstance(name, str) and isinstance(asked, bool | Mapping)
                    for name, asked in value.items()
                )
            )
        ),
    ),
    "timeout": (
        "a number of seconds above 0 and up to 2**40, or None for no limit",
        _or_none(_is_seconds),
    ),
    "wall_timeout": (
        "a number of seconds above 0 and up to 2**40, or None for no limit",
        _or_none(_is_seconds),
    ),
    "memory_limit": (
        f"a whole number of bytes from {_MEMORY[0]} to {_MEMORY[1]}",
        lambda value: _is_integer(value, *_MEMORY),
    ),
    "max_ptc_calls": (
        f"a whole number from 1 to {_LARGEST}, or None for no limit",
        _or_none(lambda value: _is_integer(value, 1)),
    ),
    "max_result_chars": ("a whole number from 1", lambda value: _is_integer(value, 1)),
    "capture_console": _FLAG,
    "tool_name": (
        "1 to 64 ASCII letters, digits, '_' and '-'",
        lambda value: isinstance(value, str) and bool(_TOOL_NAME.fullmatch(value)),
    ),
    "subagents": _FLAG,
    "max_subagent_concurrency": ("a whole number from 1", lambda value: _is_integer(value, 1)),
    "durability": ("'pause' or 'call'", lambda value: value in get_args(Durability)),
    "on_tool_error": ("'raise' or 'return'", lambda value: value in get_args(OnToolError)),
    "mode": ("'thread', 'turn' or 'call', or None", _or_none(lambda v: v in get_args(Mode))),
    "max_snapshot_bytes": (
        "a whole number of bytes from 1, or None for `memory_limit`",
        _or_none(lambda value: _is_integer(value, 1)),
    ),
    "limits": ("`Limits`, or None", _or_none(lambda value: isinstance(value, Limits))),
    "checkpointer": (
        "a checkpointer, True, False or None",
        _or_none(lambda value: isinstance(value, bool | BaseCheckpointSaver)),
    ),
    "name": ("text, and not empty", lambda value: isinstance(value, str) and bool(value)),
}


def check(**given: object) -> None:
    """Checks parameters.

    Args:
        given: What was given for each parameter, by its name.

    Raises:
        SetupError: A value is of the wrong type, or out of range.
    """
    for name, value in given.items():
        what, fits = _RULES[name]
        if not fits(value):
            raise SetupError(f"`{name}` must be {what}; it is {value_text(value)}.")


def tools_of(parameter: str, given: Sequence[Any]) -> list[Any]:
    """What was given as tools, with functions made into tools; names stay names.

    Raises:
        SetupError: A function cannot be a tool, or two have the same name.
    """
    tools = [item if isinstance(item, str | BaseTool) else _tool(parameter, item) for item in given]
    names = [item if isinstance(item, str) else item.name for item in tools]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SetupError(
            f"`{parameter}` has {twice} more than once. Name each tool once; give two different "
            "tools different names."
        )
    return tools


def _tool(parameter: str, function: Callable[..., Any]) -> BaseTool:
    try:
        return as_tool(function)
    except Exception as error:
        raise SetupError(
            f"`{parameter}` has {value_text(function)}, of which no tool can be made ({error}). "
            "Give a function that has a name, type hints and a docstring, or a tool."
        ) from error
