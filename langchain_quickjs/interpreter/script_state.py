"""What the host knows of a script between two of its steps."""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from langchain_quickjs.errors import InterpreterStateError
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

    def require_idle(self) -> None:
        """Checks that a script can be started, or what earlier ones declared be taken.

        Raises:
            InterpreterStateError: A script is running.
        """
        if self.running:
            raise InterpreterStateError("a script is running already: resume it, or abort it")

    def require_open(self, ids: Set[int]) -> None:
        """Checks that a script is running, and that calls can be answered.

        Raises:
            InterpreterStateError: None is running, or one of the calls is not open.
        """
        if not self.running:
            raise InterpreterStateError("no script is running: start one first")
        if unknown := ids - self.open_calls.keys():
            known = sorted(self.open_calls)
            raise InterpreterStateError(f"no open call has the id {min(unknown)}; open: {known}")
