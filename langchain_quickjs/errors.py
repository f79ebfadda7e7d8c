"""The one exception tree of the package.

Everything that this package raises on its own account derives from `QuickJSError`, so one
`except` clause catches it. Each message says what was wrong and what to do about it.

Nothing of the package is imported here; how errors look in notebooks is found when one is shown.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

__all__ = [
    "AlreadyAnsweredError",
    "BuildGoneError",
    "CallLimitError",
    "CallsInFlightLimitError",
    "ConsoleLimitError",
    "DecisionError",
    "HostMemoryError",
    "InterpreterStateError",
    "LimitError",
    "MemoryLimitError",
    "MessageLimitError",
    "NoStoryError",
    "NotRunError",
    "ProtocolError",
    "QuickJSError",
    "ResultLimitError",
    "ScriptCancelledError",
    "ScriptError",
    "ScriptTimeLimitError",
    "SetupError",
    "SnapshotError",
    "SourceLimitError",
    "StackLimitError",
    "ThreadLockError",
    "TimeLimitError",
    "ToolNameError",
    "ValueTransferError",
    "WallTimeLimitError",
]


_DISPLAY: Final = "langchain_quickjs.interpreter.display"


class QuickJSError(Exception):
    """Base class of every error of this package."""

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Shows the error as a value in a notebook."""
        bundle: dict[str, str] = import_module(f"{_DISPLAY}.errors").error_bundle(self)
        return bundle

    def _render_traceback_(self) -> list[str]:
        """Gives what IPython prints when this error ends a cell; nothing else asks for it."""
        lines: list[str] = import_module(f"{_DISPLAY}.tracebacks").short_traceback(self)
        return lines


class ScriptError(QuickJSError):
    """A script threw, and nothing in it caught the error.

    Attributes:
        name: The JavaScript error's `name`, for example `"TypeError"`.
        message: The JavaScript error's `message`.
        stack: Frames of the script, innermost first, one a line; may be empty.
        line: Line of the script at which the error arose, counted from 1; `None` if unknown.
        column: Column in that line, counted from 1; `None` if unknown.
        excerpt: The line of the script's own source that it is about, and a caret below the place;
            empty where the source is not at hand.
    """

    excerpt: str = ""

    def __init__(
        self,
        name: str,
        message: str,
        stack: str = "",
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(name, message, stack, line, column)
        self.name = name
        self.message = message
        self.stack = stack
        self.line = line
        self.column = column

    def __str__(self) -> str:
        where = "" if self.line is None else f" (line {self.line}, column {self.column})"
        return f"{self.name}: {self.message}{where}"


class LimitError(QuickJSError):
    """A limit was reached; the step that reached it never happened.

    Attributes:
        limit: The field of `Limits`; empty where none can be set.
        value: What it is; `None` if unknown.
    """

    limit: str = ""
    value: float | None = None

    def __init__(self, *args: object, limit: str = "", value: float | None = None) -> None:
        super().__init__(*args)
        self.limit = limit or self.limit
        self.value = value


class TimeLimitError(LimitError):
    """A step computed for longer than `Limits.step_timeout_s`.

    Attributes:
        line: Where the script was last known to be, counted from 1; `None` if it is not known. The
            engine knows the place of what is called or looked up, not of every instruction.
        column: Column in that line.
        excerpt: That line, and a caret below the place; empty where the source is not at hand.
    """

    limit = "step_timeout_s"
    excerpt: str = ""
    line: int | None = None
    column: int | None = None


class ScriptTimeLimitError(TimeLimitError):
    """A script computed for longer than `Limits.script_timeout_s`, all its steps together."""

    limit = "script_timeout_s"


class WallTimeLimitError(TimeLimitError):
    """A script computed and waited for timers for longer than `Limits.wall_timeout_s`."""

    limit = "wall_timeout_s"


class MemoryLimitError(LimitError):
    """A step needed more memory than `Limits.memory_bytes`."""

    limit = "memory_bytes"


class StackLimitError(LimitError):
    """Native recursion in the engine used up the WebAssembly stack."""


class SourceLimitError(LimitError):
    """A source text is longer than `Limits.source_bytes`."""

    limit = "source_bytes"


class MessageLimitError(LimitError):
    """A message to or from the guest is larger than `Limits.message_bytes`."""


class ConsoleLimitError(LimitError):
    """A step printed more than `Limits.console_bytes`, and `Limits.console_cut` is off."""

    limit = "console_bytes"


class ResultLimitError(LimitError):
    """A script's result is larger than `Limits.result_bytes`."""

    limit = "result_bytes"


class CallLimitError(ScriptError, LimitError):
    """A script made more calls than `Limits.calls`, and did not catch the error of its last one."""

    limit = "calls"

    def __str__(self) -> str:
        return f"{super().__str__()} (limits.{self.limit})"


class CallsInFlightLimitError(ScriptError, LimitError):
    """A script had more calls open than `Limits.calls_in_flight`, and did not catch the error."""

    limit = "calls_in_flight"

    def __str__(self) -> str:
        return f"{super().__str__()} (limits.{self.limit})"


class ScriptCancelledError(QuickJSError):
    """The host cancelled a running step; the step never happened."""


class NotRunError(QuickJSError):
    """A script was not begun, because one that comes before it waits for people."""


class HostMemoryError(QuickJSError):
    """The system has no memory for another guest; what was asked for never happened."""

    @classmethod
    def because(cls, reason: object) -> HostMemoryError:
        """Makes the error of what the system said."""
        said = " ".join(str(reason).split())
        return cls(
            "the system has no memory for another guest, which takes 4 GiB of addresses and some "
            f"mappings ({said}): allow the process more (`ulimit -v`, vm.max_map_count), or run "
            "fewer scripts at once"
        )


class ProtocolError(QuickJSError):
    """The guest answered with something that its protocol does not allow; it is not trusted."""


class SnapshotError(QuickJSError):
    """A snapshot cannot be restored: wrong format, build, length, checksum, signature or base."""


class BuildGoneError(SnapshotError):
    """What is stored belongs to a build of the engine that is not here any more.

    Nor can it be run again there: what that takes was not stored, or it comes out differently.

    Attributes:
        build: The build, as hexadecimal digits.
        release: The version of this package that it came with; empty if it is not known.
    """

    def __init__(self, build: str, release: str = "", why: str = "") -> None:
        came = f" of {release}" if release else ""
        super().__init__(
            f"What is stored was made by engine build {build}{came}, which is not here{why}. Keep "
            "the `guest.wasm` of that version in a folder, and name the folder in "
            "LANGCHAIN_QUICKJS_GUESTS."
        )
        self.build = build
        self.release = release
        self._why = why

    def __reduce__(self) -> tuple[Any, ...]:
        # Otherwise a copy, such as one from another process, would be made of the text.
        return type(self), (self.build, self.release, self._why), self.__dict__


class ValueTransferError(QuickJSError):
    """A value cannot cross between Python and JavaScript; the message names the path to it."""


class InterpreterStateError(QuickJSError):
    """The interpreter was asked for something that it cannot do in its present state."""


class DecisionError(QuickJSError, ValueError):
    """An answer to an interrupt does not fit the actions that were asked about.

    It is a `ValueError` as it is with LangChain's `HumanInTheLoopMiddleware`. LangGraph's API
    server tells its clients the text of those, and of hardly any other errors.
    """


class AlreadyAnsweredError(DecisionError):
    """An answer came after another one to the same question, which somebody is working on."""


class ThreadLockError(QuickJSError):
    """The lock of a thread was not taken in time, or was lost while it was held."""


class NoStoryError(QuickJSError, LookupError):
    """A thread has no program of which a timeline could be made."""


class SetupError(QuickJSError, ValueError):
    """The package was put together in a way that cannot work; the message says what to change."""


class ToolNameError(SetupError):
    """A tool's name cannot be used in a script, or two tools would have the same name there."""
