"""Syntax errors with the line that they are in, a caret below it, and what to do where we know."""

from __future__ import annotations

import re

from langchain_quickjs.errors import ScriptError
from langchain_quickjs.interpreter.advice.excerpts import excerpt, source_line

__all__ = ["with_excerpt"]

_AT_PARSING = re.compile(r"    at [^\s():]+:\d+:\d+\s*")
_AWAIT = re.compile(r"\bawait\b")
_NOT_ASYNC = "await is allowed at the top level and in async functions only."


def with_excerpt(error: ScriptError, source: str) -> ScriptError:
    """Gives the same error with the offending line in its stack, if the source was never run.

    Args:
        error: What a script failed with.
        source: The script.

    Returns:
        For a syntax error of the script itself: one whose stack begins with the line and a caret.
        Any other error is given back as it is; its position is in its frames.
    """
    # A syntax error of the script has no frame but its own; one of eval or JSON.parse has more.
    if error.name != "SyntaxError" or not _AT_PARSING.fullmatch(error.stack):
        return error
    if "JSON" in error.message:
        return error
    line = source_line(source, error.line)
    if line is None or error.column is None:
        return error
    hint = _hint(line, error)
    return ScriptError(
        error.name,
        f"{error.message}. {hint}" if hint else error.message,
        f"{excerpt(line, error.column)}\n{error.stack}",
        error.line,
        error.column,
    )


def _hint(line: str, error: ScriptError) -> str | None:
    is_surprise = error.message.startswith("expecting ")
    return _NOT_ASYNC if is_surprise and _AWAIT.search(line[: error.column]) else None
