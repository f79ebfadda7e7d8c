"""What the model sees of a script: what it printed, and its result or its error.

    <stdout>
    3 orders
    </stdout>
    <result>{total: 120.5, late: ["A-17"]}</result>

After an error, what became of the calls that the script had made:

    <error type="Error">no stock</error>
    <calls>
    done: issue_refund({"order_id": "A-1"})
    </calls>

Pure functions. A script writes the text inside the blocks but can never write the blocks: a tag of
ours inside its text loses its bracket. Everything else stays as it is, so that code and markup can
be copied out of a result unharmed.
"""

from __future__ import annotations

import re
import textwrap
from typing import Final

from langchain_quickjs.errors import (
    CallLimitError,
    CallsInFlightLimitError,
    ConsoleLimitError,
    MemoryLimitError,
    MessageLimitError,
    ProtocolError,
    QuickJSError,
    ResultLimitError,
    ScriptCancelledError,
    ScriptError,
    SourceLimitError,
    StackLimitError,
    TimeLimitError,
    ValueTransferError,
)
from langchain_quickjs.interpreter import Completed, Failed
from langchain_quickjs.notation import notation
from langchain_quickjs.script.state import Ending

__all__ = ["error_type", "has_no_copy", "render", "render_ending"]

# The first four are names that prompts and dashboards written for the public package rely on.
_ERROR_TYPES: Final[tuple[tuple[type[QuickJSError], str], ...]] = (
    (TimeLimitError, "Timeout"),
    (MemoryLimitError, "OutOfMemory"),
    (CallLimitError, "PTCCallBudgetExceeded"),
    (CallsInFlightLimitError, "TooManyCallsInFlight"),
    (StackLimitError, "StackOverflow"),
    (SourceLimitError, "SourceTooLong"),
    (MessageLimitError, "MessageTooLarge"),
    (ResultLimitError, "ResultTooLarge"),
    (ConsoleLimitError, "ConsoleTooLarge"),
    (ScriptCancelledError, "Cancelled"),
    (ValueTransferError, "ValueTransfer"),
    (ProtocolError, "EngineFault"),
)

_TAG: Final = re.compile(r"<(?=\s*/?\s*(?:stdout|result|error|calls)\b)", re.IGNORECASE)
# Halves of surrogate pairs cannot be encoded, NUL cannot be stored everywhere, and terminal
# control sequences would act on whoever reads the log.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_IN_TYPE: Final = re.compile(r"[^\w.$-]+", re.ASCII)
_TYPE_CHARS: Final = 64
_STACK_FRAMES: Final = 5


def render(
    outcome: Completed | Failed | QuickJSError, *, console: str, max_result_chars: int
) -> str:
    """Writes the outcome of a script for the model.

    Args:
        outcome: How the script ended, or the error that kept it from ending.
        console: Everything that it printed.
        max_result_chars: The length at which each block is cut, its note included.

    Returns:
        One or two blocks: `<stdout>` when something was printed, then `<result>` or `<error>`.
    """
    blocks = []
    if console:
        text = _cut(_escape(console.removesuffix("\n")), max_result_chars)
        blocks.append(f"<stdout>\n{text}\n</stdout>")
    if isinstance(outcome, Completed):
        blocks.append(f"<result>{_result(outcome.value, max_result_chars)}</result>")
    elif isinstance(outcome, Failed) and has_no_copy(outcome):
        text = _cut(_escape(f"{outcome.error.message}; it ran to its end"), max_result_chars)
        blocks.append(f'<result kind="handle">{text}</result>')
    else:
        error = outcome.error if isinstance(outcome, Failed) else outcome
        kind = _NOT_IN_TYPE.sub("_", error_type(error))[:_TYPE_CHARS] or "Error"
        blocks.append(f'<error type="{kind}">{_error(error, max_result_chars)}</error>')
    return "\n".join(blocks)


def render_ending(ending: Ending, *, console: str, max_result_chars: int) -> str:
    """Writes all that the model is told of a script's end.

    Args:
        ending: How the script ended.
        console: What is shown of what it printed.
        max_result_chars: The length at which output and result are each cut.

    Returns:
        The notes, the blocks of `render`, and for a script that has failed a block `<calls>`.
    """
    text = render(ending.outcome, console=console, max_result_chars=max_result_chars)
    parts = [*map(_escape, ending.notes), text]
    calls = [_escape(line) for line in ending.calls.lines()]
    if calls and ending.failed and not has_no_copy(ending.outcome):
        parts += ["<calls>", *calls, "</calls>"]
    return "\n".join(parts)


def has_no_copy(outcome: Completed | Failed | QuickJSError) -> bool:
    """Whether a script did all that it was to do, and only its result cannot be shown.

    A script whose last line is `globalThis.double = (x) => 2 * x` has not gone wrong, and running
    it again would do everything twice.
    """
    # What a getter of the result threw is an error of the script's, and has a place in it.
    return isinstance(outcome, Failed) and outcome.result_only and not outcome.error.stack


def error_type(error: QuickJSError) -> str:
    """The name that an error has for the model, for example `"Timeout"` or `"TypeError"`."""
    for kind, name in _ERROR_TYPES:
        if isinstance(error, kind):
            return name
    if isinstance(error, ScriptError):
        return error.name
    return type(error).__name__.removesuffix("Error")


def _result(value: object, max_chars: int) -> str:
    if isinstance(value, str):
        return _cut(_escape(value), max_chars)
    # Some room beyond the limit lets the note say how much is missing from most results.
    text, whole = notation(value, 4 * max_chars)
    return _cut(_escape(text), max_chars, at_least=not whole)


def _error(error: QuickJSError, max_chars: int) -> str:
    if not isinstance(error, ScriptError):
        return _cut(_escape(str(error)), max_chars)
    where = _cut(_escape(_where(error)), max_chars // 2)
    message = _cut(_escape(error.message), max_chars - len(where))
    return message + where


def _where(error: ScriptError) -> str:
    """The place of an error in the script, and how the script came there if it is a way."""
    frames = textwrap.dedent(error.stack).splitlines()  # a caret keeps its column
    if len(frames) > 1:
        shown = frames[:_STACK_FRAMES]
        if len(frames) > len(shown):
            shown.append(f"… {len(frames) - len(shown)} more")
        return "".join(f"\n  {frame}" for frame in shown)
    return "" if error.line is None else f"\n  at line {error.line}, column {error.column}"


def _escape(text: str) -> str:
    printable = _UNPRINTABLE.sub(_escaped, text)
    return _TAG.sub("&lt;", printable)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


def _cut(text: str, max_chars: int, *, at_least: bool = False) -> str:
    if len(text) <= max_chars:
        return text
    more = "at least " if at_least else ""
    # The note counts what it displaces too; its own length depends on that count.
    note = f"… [{more}{len(text)} characters cut]"
    kept = max(0, max_chars - len(note))
    return (text[:kept] + f"… [{more}{len(text) - kept} characters cut]")[:max_chars]
