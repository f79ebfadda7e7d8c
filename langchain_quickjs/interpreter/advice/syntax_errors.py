"""Syntax errors with the line that they are in, a caret below it, and what to do where we know."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from langchain_quickjs.errors import ScriptError
from langchain_quickjs.interpreter.advice.excerpts import (
    characters_before,
    excerpt,
    source_lines,
    with_place,
)
from langchain_quickjs.interpreter.advice.fences import ONLY_CODE, is_markdown
from langchain_quickjs.interpreter.outcomes import Failed, Outcome

__all__ = ["explained", "is_refused", "with_excerpt"]

_AT_PARSING = re.compile(r"    at [^\s():]+:\d+:\d+\s*")
_IN_DEFAULT = "Await it in the body of the function instead."
_NOT_ASYNC = "await is allowed at the top level and in async functions only."
_MAKE_ASYNC: Final = {
    "map": " Here: await Promise.all(list.map(async (item) => ...)).",
    "flatMap": " Here: (await Promise.all(list.map(async (item) => ...))).flat().",
    "waits for none": (
        " {} does not wait for async functions: use a for...of loop, or await all first."
    ),
    "": " Write async before the function around it.",
}
_CALLBACK: Final = re.compile(
    r"\.(map|flatMap|forEach|filter|find|findIndex|some|every|reduce|sort|toSorted)\("
)
_AWAIT_BEFORE: Final = re.compile(r"(?:^|\.\.\.|[^\w$.])await\s+$")
_AWAIT_AFTER: Final = re.compile(r"await\b")
_COMMENT: Final = re.compile(r"(?<![:'\"`])//")
_IN_BRACKETS: Final = (
    "A statement that begins with { is a block: put an object in brackets, ({ ... })."
)
# What stands before an error, and perhaps after it, in the manner of another language.
_SLIPS: Final = (
    (r"(?<![\w$])[fr]$", r"['\"]", "Text with values in it is written `... ${value}`."),
    (r"", r"#(?![\w$])", "A comment begins with //."),
    (r"(?:^|\n)[ \t]*$", r"#", "A comment begins with //."),
    (r"(?<![\w$.])def\s+$", r"", "A function is written function name(a, b) { ... }."),
    (r"(?<![\w$.])lambda\s+$", r"", "A function is written (a, b) => ..."),
    (r"(?<![\w$.])(?:if|while|for|switch)\s+$", r"", "The condition stands in brackets: if (...)"),
    (r"(?<![\w$.])not\s+$", r"", "not is written !"),
    (r"\s$", r"and\b", "and is written &&"),
    (r"\s$", r"or\b", "or is written ||"),
    (r"(?:^|[\n}])[ \t]*els?if\b[^\n]*$", r"", "That is written else if (...) { ... }"),
    (r"(?:^|[;}\n])\s*\{\s*(['\"])[^'\"\n]*\1\s*$", r":", _IN_BRACKETS),
)
_BEFORE_LINES: Final = 8
_BEFORE_CHARS: Final = 400


def is_refused(outcome: Outcome) -> bool:
    """Tells whether the parser has refused a script, so that nothing of it ran."""
    return isinstance(outcome, Failed) and _is_of_syntax(outcome.error)


def explained(outcome: Failed, source: str) -> Failed:
    """Gives what a script failed with, and where in its source that was."""
    error = with_excerpt(outcome.error, source)
    return replace(outcome, error=with_place(error, source))


def with_excerpt(error: ScriptError, source: str) -> ScriptError:
    """Gives the same error with the offending line in its stack, if the source was never run.

    Args:
        error: What a script failed with.
        source: The script.

    Returns:
        For a syntax error of the script itself: one whose stack begins with the line and a caret.
        Any other error is given back as it is; its position is in its frames.
    """
    # Fences may parse, as texts that are called.
    if error.message == "not a function" and is_markdown(source):
        return ScriptError(error.name, ONLY_CODE, error.stack, error.line, error.column)
    if not _is_of_syntax(error):
        return error
    lines = source_lines(source)
    if error.line is None or error.column is None or not 0 < error.line <= len(lines):
        return error
    line = lines[error.line - 1]
    at = characters_before(line, error.column)
    before = "\n".join([*lines[max(0, error.line - _BEFORE_LINES) : error.line - 1], line[:at]])
    before = before[-_BEFORE_CHARS:]
    message = error.message
    if is_markdown(source):
        message = ONLY_CODE
    elif hint := _hint(before, line[at:], message):
        message = f"{message}. {hint}"
    return ScriptError(
        error.name,
        message,
        f"{excerpt(line, error.column)}\n{error.stack}",
        error.line,
        error.column,
    )


def _is_of_syntax(error: ScriptError) -> bool:
    # A syntax error of the script has no frame but its own; one of eval or JSON.parse has more.
    is_own = error.name == "SyntaxError" and _AT_PARSING.fullmatch(error.stack) is not None
    return is_own and "JSON" not in error.message


def _hint(before: str, after: str, message: str) -> str | None:
    if message == "await in default expression":
        return _IN_DEFAULT
    if _is_await(before, after, message):
        return _NOT_ASYNC + _make_async(before)
    for earlier, later, hint in _SLIPS:
        if re.search(earlier, before) and re.match(later, after):
            return hint
    return None


def _is_await(before: str, after: str, message: str) -> bool:
    """Whether `await` is what the parser stumbled over: as a name, it is followed by nothing."""
    found = _AWAIT_BEFORE.search(before)
    if found is not None:
        line = before[: found.start()].rpartition("\n")[2]
        return _COMMENT.search(line) is None
    return "await" in message and _AWAIT_AFTER.match(after) is not None


def _make_async(before: str) -> str:
    callbacks = _CALLBACK.findall(before.rpartition("\n\n")[2])
    method = callbacks[-1] if callbacks else ""
    advice = _MAKE_ASYNC.get(method, _MAKE_ASYNC["waits for none"])
    return advice.format(method)
