"""What the host knows of a script between two of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from langchain_quickjs.interpreter.outcomes import Call

__all__ = ["ScriptState"]

_NONE: Final[Mapping[int, Any]] = MappingProxyType({})


class ScriptState(NamedTuple):
    """What the host knows of a script; with the image of the guest's memory, all that there is.

    It is a tuple for the same reason as `Call`.

    Attributes:
        next_id: The id that the next call has to have.
        running: Whether a script is running.
        open_calls: Its calls that are not answered yet, by id.
        open_sizes: How large the arguments of these are, where they are not small.
        granted: The names that it may call.
        spent_s: How long it has computed, in seconds.
        calls_made: How many calls it has made.
    """

    next_id: int = 1
    running: bool = False
    open_calls: Mapping[int, Call] = _NONE
    open_sizes: Mapping[int, int] = _NONE
    granted: frozenset[str] = frozenset()
    spent_s: float = 0.0
    calls_made: int = 0
