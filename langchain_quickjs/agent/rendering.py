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
from langchain_quickjs.interpreter import Completed, Failed, Shown
from langchain_quickjs.interpreter.advice.for_models import text_for_model
from langchain_quickjs.interpreter.values.notation import notation
from langchain_quickjs.script.telling.endings import Ending

__all__ = ["error_type", "render", "render_ending", "was_rendered_here"]

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

# Tags of ours; and what is not printable: halves of surrogate pairs cannot be encoded, NUL cannot
# be stored everywhere, and terminal control sequences would act on whoever reads the log.
_ESCAPED: Final = re.compile(
    r"<(?=\s*(?:/\s*)?(?:stdout|result|error|calls)\b)"
    "|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]",
    re.IGNORECASE,
)
_BLOCK: Final = re.compile(r"^<(?:result\b|error type=)", re.MULTILINE)
_NOT_IN_TYPE: Final = re.compile(r"[^\w.$-]+", re.ASCII)
_TYPE_CHARS: Final = 64
_NOTES_CHARS: Final = 4000
_LINE_CHARS: Final = 1000
_STACK_FRAMES: Final = 5
_STACK_CHARS: Final = 16 * 1024


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
        printed = console if len(console) > max_result_chars else console.removesuffix("\n")
        text = _escaped_and_cut(printed, max_result_chars)
        blocks.append(f"<stdout>\n{text}\n</stdout>")
    if isinstance(outcome, Completed) and isinstance(outcome.value, Shown):
        text = _shown(outcome.value, max_result_chars)
        blocks.append(f'<result kind="handle">{text}</result>')
    elif isinstance(outcome, Completed):
        blocks.append(f"<result>{_result(outcome.value, max_result_chars)}</result>")
    else:
        error = outcome.error if isinstance(outcome, Failed) else outcome
        kind = error_type(error)[: 4 * _TYPE_CHARS]
        kind = _NOT_IN_TYPE.sub("_", kind)[:_TYPE_CHARS] or "Error"
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
    # Escaped as one text: what ends one note and begins the next could be a tag together.
    notes = _escaped_and_cut("\n".join(ending.notes), max(max_result_chars, _NOTES_CHARS))
    parts = [notes, text] if notes else [text]
    calls = [_escaped_and_cut(line, _LINE_CHARS) for line in ending.calls.lines()]
    if calls and ending.failed:
        parts += ["<calls>", *calls, "</calls>"]
    return "\n".join(parts)


def was_rendered_here(text: str) -> bool:
    """Tells whether a text was written here: nobody else's text can have such a block."""
    return _BLOCK.search(text) is not None


def error_type(error: QuickJSError) -> str:
    """Gives the name that an error has for the model, for example `"Timeout"` or `"TypeError"`."""
    for kind, name in _ERROR_TYPES:
        if isinstance(error, kind):
            return name
    if isinstance(error, ScriptError):
        return error.name
    return type(error).__name__.removesuffix("Error")


def _result(value: object, max_chars: int) -> str:
    if isinstance(value, str):
        return _escaped_and_cut(value, max_chars)
    # Some room beyond the limit lets the note say how much is missing from most results.
    text, whole = notation(value, 4 * max_chars)
    return _escaped_and_cut(text, max_chars, whole=whole)


def _shown(value: Shown, max_chars: int) -> str:
    """Writes a result that could not be copied, and what of it is only shown.

    A program whose last line is `globalThis.double = (x) => 2 * x` has not gone wrong.
    """
    note = _escaped_and_cut(f"\n(only shown: {value.reason})", max_chars // 2)
    return _escaped_and_cut(value.text, max_chars - len(note)) + note


def _error(error: QuickJSError, max_chars: int) -> str:
    if not isinstance(error, ScriptError):
        return _escaped_and_cut(text_for_model(error), max_chars)
    where = _escaped_and_cut(_where(error), max_chars // 2)
    return _escaped_and_cut(error.message, max_chars - len(where)) + where


def _where(error: ScriptError) -> str:
    """Writes the place of an error in the script, and by which calls the script came there."""
    stack = error.stack[:_STACK_CHARS]
    frames = textwrap.dedent(stack).splitlines()  # a caret keeps its column
    if len(frames) > 1:
        more = len(frames) - _STACK_FRAMES + error.stack.count("\n", _STACK_CHARS)
        rest = [f"… {more} more"] if more > 0 else []
        return "".join(f"\n  {frame}" for frame in [*frames[:_STACK_FRAMES], *rest])
    return "" if error.line is None else f"\n  at line {error.line}, column {error.column}"


def _escaped_and_cut(text: str, max_chars: int, *, whole: bool = True) -> str:
    """Writes a text as the model sees it: escaped, and cut to a length.

    Args:
        text: The text. Of a huge one, no more than what is shown is looked at.
        max_chars: The length, that of the note about the cut included.
        whole: Whether there is no more of it.
    """
    shown, used = _escape_up_to(text, max_chars)
    if whole and used == len(text):
        return shown
    more = "" if whole else "at least "
    # The note counts what it displaces too; its own length depends on that count.
    room = max_chars - len(f"… [{more}{len(text)} characters cut]")
    shown, used = _escape_up_to(text, max(0, room))
    return f"{shown}… [{more}{len(text) - used} characters cut]"[:max_chars]


def _escape_up_to(text: str, room: int) -> tuple[str, int]:
    """Escapes as much of a text as fits, and gives how much of the text that is."""
    pieces: list[str] = []
    length = at = 0
    end = len(text)
    for match in _ESCAPED.finditer(text[:room]):
        piece = text[at : match.start()] + _escape(match[0])
        if length + len(piece) > room:
            end = match.start()
            break
        pieces.append(piece)
        length += len(piece)
        at = match.end()
    end = min(end, at + room - length)
    return "".join([*pieces, text[at:end]]), end


def _escape(character: str) -> str:
    code = ord(character)
    if character == "<":
        return "&lt;"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"
