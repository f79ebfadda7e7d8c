"""Syntax errors with the line that they are in, a caret below it, and what to do where we know."""

from __future__ import annotations

import re

from langchain_quickjs.errors import ScriptError

__all__ = ["with_excerpt"]

_WIDTH = 80
_MARGIN = "    "
_AT_PARSING = re.compile(r"    at [^\s():]+:\d+:\d+\s*")
_MODULE_SYNTAX = re.compile(r"\s*(?:import\b(?!\s*[(.])|export\b)")
_AWAIT = re.compile(r"\bawait\b")
_NO_MODULES = (
    "Scripts are no modules: there is nothing to import, and the value of the last expression, or "
    "of a top-level return, is the result."
)
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
    # Line ends as JavaScript counts them, not as `splitlines` does.
    lines = re.split("\r\n|[\n\r\u2028\u2029]", source)
    if error.line is None or error.column is None or error.line > len(lines):
        return error
    line = lines[error.line - 1]
    hint = _hint(line, error)
    return ScriptError(
        error.name,
        f"{error.message}. {hint}" if hint else error.message,
        f"{_excerpt(line, error.column)}\n{error.stack}",
        error.line,
        error.column,
    )


def _hint(line: str, error: ScriptError) -> str | None:
    if _MODULE_SYNTAX.match(line):
        return _NO_MODULES
    is_surprise = error.message.startswith("expecting ")
    return _NOT_ASYNC if is_surprise and _AWAIT.search(line[: error.column]) else None


def _excerpt(line: str, column: int) -> str:
    """Gives at most `_WIDTH` characters of the line around the column, and a caret."""
    at = min(column - 1, len(line))
    start = max(0, min(at - _WIDTH // 2, len(line) - _WIDTH))
    shown = line[start : start + _WIDTH]
    # Tabs stay tabs below, so that the caret stands where the eye expects it.
    gap = "".join("\t" if character == "\t" else " " for character in shown[: at - start])
    return f"{_MARGIN}{shown}\n{_MARGIN}{gap}^"
