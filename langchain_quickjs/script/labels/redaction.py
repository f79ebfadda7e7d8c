"""What a shadow is given in the place of a result that strangers may have written.

It has the shape of the result and none of its content: what can be chosen freely by whoever wrote
it is replaced by something that is always the same. What is left of a stranger's choice is how many
items a list has, of which kind a value is, which of the fields that the tool declares are there and
in which order, and whether the call failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from langchain_quickjs.interpreter import CallResult, Raised, Returned
from langchain_quickjs.interpreter.values.js_values import JSDate

__all__ = ["redacted"]

_DEPTH: Final = 32
_ITEMS: Final = 10_000
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def redacted(result: CallResult, declared: frozenset[str]) -> CallResult:
    """A result with the same shape and nothing in it that a stranger may have chosen.

    Args:
        result: The result, as plain values.
        declared: The names of fields that the tool declares for what it returns. Others are left
            out: a stranger could choose them.
    """
    if isinstance(result, Raised):
        return Raised("Error", "")
    return Returned(_redacted(result.value, declared, 0))


def _redacted(value: Any, declared: frozenset[str], depth: int) -> Any:
    if depth == _DEPTH:
        return None
    match value:
        case None | bool():
            return None if value is None else False
        case int() | float():
            return 0
        case str():
            return ""
        case Mapping():
            known = ((key, one) for key, one in value.items() if key in declared)
            return {key: _redacted(one, declared, depth + 1) for key, one in known}
        case list() | tuple():
            return [_redacted(one, declared, depth + 1) for one in value[:_ITEMS]]
        case bytes():
            return b""
        case JSDate() | datetime():
            return _EPOCH
    return None
