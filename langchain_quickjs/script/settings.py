"""What users may give to the package: each parameter, what it is by default, and what it may be.

A parameter that is a limit of the interpreter takes both from `interpreter/limits.py`.

A value that is not refused here would be found out hours later: by a program that cannot call, a
limit that never holds, or a question that nobody was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, TypeAlias, TypeGuard, get_args

from langchain_core.tools import BaseTool
from langchain_core.tools import tool as as_tool
from langgraph.checkpoint.base import BaseCheckpointSaver

from langchain_quickjs.errors import SetupError
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.interpreter.limits import RANGES, Range
from langchain_quickjs.quoting import value_text
from langchain_quickjs.script.labels.taint import Rule
from langchain_quickjs.script.state import AskMode

__all__ = [
    "AskMode",
    "Checkpointer",
    "Defaults",
    "Durability",
    "Mode",
    "OnToolError",
    "OnUnfitAnswer",
    "RequestName",
    "as_tools",
    "check_parameters",
]

Checkpointer: TypeAlias = BaseCheckpointSaver[Any] | bool | None
"""What LangGraph's type of this name means; there, a type argument is left open."""

Durability = Literal["pause", "call"]
"""When a script is stored: when it pauses, or whenever a call has ended."""

OnToolError = Literal["raise", "return"]
"""Where a tool's exception goes that a script does not catch: out of the graph, or its outcome."""

Mode = Literal["thread", "turn", "call"]
"""How long what programs declare lives."""

OnUnfitAnswer = Literal["ask_again", "raise"]
"""What becomes of an answer that does not fit: the question stands with the reason, or an error."""

RequestName = Literal["tool", "program"]
"""Whether a program's request has the name of its tool, or that of the tool that runs programs."""

_TOOL_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST: Final = 2**32 - 1
_LIMITS: Final = Limits()


class Defaults:
    """What parameters are that are not given; those that are `None` or empty then are left out.

    Where a parameter is a limit of the interpreter, `Limits` says what it is.
    """

    timeout: Final = _LIMITS.step_timeout_s
    wall_timeout: Final = _LIMITS.wall_timeout_s
    memory_limit: Final = _LIMITS.memory_bytes
    max_ptc_calls: Final = _LIMITS.calls
    max_result_chars: Final = 4000
    capture_console: Final = True
    docs_tokens: Final = 4000
    tool_name: Final = "eval"
    subagents: Final = True
    max_subagent_concurrency: Final = 32
    durability: Final[Durability] = "pause"
    on_tool_error: Final[OnToolError] = "raise"
    mode: Final[Mode] = "thread"
    ask: Final[AskMode] = "together"
    on_unfit_answer: Final[OnUnfitAnswer] = "ask_again"
    request_name: Final[RequestName] = "tool"
    stream_events: Final = True
    name: Final = "script"


def _is_whole(value: object, least: int = 1) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= _LARGEST


def _are_tools(value: object, *, or_names: bool) -> bool:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
        return False
    kinds = (BaseTool, str) if or_names else BaseTool
    return all(isinstance(item, kinds) or callable(item) for item in value)


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def _limit(allowed: Range) -> tuple[str, Callable[[Any], bool]]:
    return str(allowed), lambda value: value in allowed


_FLAG: Final = ("True or False", lambda value: isinstance(value, bool))
_WHOLE: Final = (f"a whole number from 1 to {_LARGEST}", _is_whole)

_RULES: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "ptc": (
        "a list of names of the agent's tools, tools and functions, or None",
        _or_none(lambda value: _are_tools(value, or_names=True)),
    ),
    "tools": (
        "a list of tools and functions",
        lambda value: _are_tools(value, or_names=False),
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
    "ask": ("'together', 'each' or 'one_by_one'", lambda value: value in get_args(AskMode)),
    "on_unfit_answer": ("'ask_again' or 'raise'", lambda v: v in get_args(OnUnfitAnswer)),
    "request_name": ("'tool' or 'program'", lambda value: value in get_args(RequestName)),
    "timeout": _limit(RANGES["step_timeout_s"]),
    "wall_timeout": _limit(RANGES["wall_timeout_s"]),
    "memory_limit": _limit(RANGES["memory_bytes"]),
    # Programs that may call nothing have no `ptc` instead.
    "max_ptc_calls": _limit(replace(RANGES["calls"], least=1)),
    "max_result_chars": _WHOLE,
    "capture_console": _FLAG,
    "docs_tokens": (
        f"a whole number from 0 to {_LARGEST}",
        lambda value: _is_whole(value, least=0),
    ),
    "tool_name": (
        "1 to 64 ASCII letters, digits, '_' and '-'",
        lambda value: isinstance(value, str) and bool(_TOOL_NAME.fullmatch(value)),
    ),
    "subagents": _FLAG,
    "max_subagent_concurrency": _WHOLE,
    "durability": ("'pause' or 'call'", lambda value: value in get_args(Durability)),
    "on_tool_error": ("'raise' or 'return'", lambda value: value in get_args(OnToolError)),
    "stream_events": _FLAG,
    "mode": ("'thread', 'turn' or 'call', or None", _or_none(lambda v: v in get_args(Mode))),
    "max_snapshot_bytes": (
        f"a whole number of bytes from 1 to {_LARGEST}, or None for `memory_limit`",
        _or_none(_is_whole),
    ),
    "rule_of_two": ("a `RuleOfTwo`, or None", _or_none(lambda v: isinstance(v, Rule))),
    "limits": ("`Limits`, or None", _or_none(lambda value: isinstance(value, Limits))),
    "checkpointer": (
        "a checkpointer, True, False or None",
        _or_none(lambda value: isinstance(value, bool | BaseCheckpointSaver)),
    ),
    "name": ("text, and not empty", lambda value: isinstance(value, str) and bool(value)),
}


def check_parameters(**given: object) -> None:
    """Checks that parameters are what they may be.

    Args:
        given: What was given for each parameter, by its name.

    Raises:
        SetupError: A value is of the wrong type, or out of range.
    """
    for name, value in given.items():
        what, fits = _RULES[name]
        if not fits(value):
            raise SetupError(f"`{name}` must be {what}; it is {value_text(value)}.")


def as_tools(parameter: str, given: Sequence[Any]) -> list[Any]:
    """Gives what was passed as tools, with functions made into tools; names stay names.

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
