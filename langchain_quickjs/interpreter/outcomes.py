"""What goes into an interpreter and what comes out: calls, their results, outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self, TypeAlias

from langchain_quickjs.errors import ScriptError
from langchain_quickjs.interpreter import display
from langchain_quickjs.quoting import error_text, type_name

__all__ = [
    "SCRIPT_NAME",
    "Call",
    "CallResult",
    "Completed",
    "Failed",
    "Outcome",
    "Raised",
    "Returned",
    "Suspended",
]

SCRIPT_NAME: Final = "script.js"
"""What a script is called in the stacks of its errors."""

_ERROR_CHARS: Final = 16 * 1024


class Call(NamedTuple):
    """A call that a script made and now waits for.

    A tuple, because a frozen dataclass takes twice as long to make, and a step can make hundreds.

    Attributes:
        id: Number of the call; counts up and never repeats in the life of a heap.
        name: Name under which the function was granted, for example `"lookupOrder"`.
        args: The arguments, as Python values.
        line: The line of the script, from 1, in which the innermost of its functions stood when it
            came to the call; `None` if none was on the way, or if the function was not granted as
            one of those that are located.
        column: The column in that line, from 1, in UTF-16 code units; `None` where `line` is.
    """

    id: int
    name: str
    args: tuple[Any, ...]
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A call's result: the promise in the script is fulfilled with it."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """A call's failure: the promise in the script is rejected with an `Error`.

    Attributes:
        name: The error's `name` as the script sees it.
        message: The error's `message`. The host chooses both; nothing else of an exception
            reaches the script.
    """

    name: str
    message: str

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """Makes the failure that an exception is to a script; a very long text is cut."""
        return cls(type_name(error), error_text(error, _ERROR_CHARS))


CallResult: TypeAlias = Returned | Raised


@dataclass(frozen=True, slots=True)
class Completed:
    """The script's body has finished, and every call it made is answered.

    Attributes:
        value: What the last expression, or a top-level `return`, gave.
        console: What was printed in this step.
    """

    value: Any
    console: str = ""

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return display.outcomes.completed(self.value, self.console)


@dataclass(frozen=True, slots=True)
class Failed:
    """The script threw, and caught nothing. Calls that were open are forgotten by it.

    Attributes:
        error: What it threw.
        console: What was printed in this step.
        call_id: The call of this script whose failure that is: its promise was rejected with the
            very object that was thrown. `None` for errors of the script's own, also for those that
            look the same or have such a failure for their `cause`.
    """

    error: ScriptError
    console: str = ""
    call_id: int | None = None

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return display.outcomes.failed(self.error, self.console, self.call_id)


@dataclass(frozen=True, slots=True)
class Suspended:
    """The script waits.

    Attributes:
        calls: The calls that this step made. `Interpreter.open_calls` has all that are open.
        console: What was printed in this step.
        wake_after_s: Seconds until the script's next timer is due; `None` if it has none. Once
            they have passed, `Interpreter.resume({})` lets it go on.
    """

    calls: tuple[Call, ...]
    console: str = ""
    wake_after_s: float | None = None

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return display.outcomes.suspended(self.calls, self.console, self.wake_after_s)


Outcome: TypeAlias = Completed | Failed | Suspended
