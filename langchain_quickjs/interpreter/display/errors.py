"""Errors, with the place in the program."""

from __future__ import annotations

from typing import Final

from langchain_quickjs.errors import LimitError, QuickJSError, ScriptError, TimeLimitError
from langchain_quickjs.interpreter.display.html import (
    Bundle,
    Row,
    card,
    code,
    details,
    escaped,
    muted,
    table,
)
from langchain_quickjs.interpreter.display.texts import visible
from langchain_quickjs.quoting import error_text as text_of

__all__ = ["error_bundle", "error_parts", "error_text"]

_MESSAGE_CHARS: Final = 2000
_STACK_CHARS: Final = 4000


def error_bundle(error: QuickJSError) -> Bundle:
    """Shows an error that is looked at as a value."""
    name = f"<b>{escaped(type(error).__name__)}</b>"
    return {
        "text/plain": f"{type(error).__name__}: {error_text(error)}",
        "text/html": card("bad", name, *error_parts(error)),
    }


def error_text(error: QuickJSError) -> str:
    """Gives what an error says, and below it the place in the program if that is known."""
    message = visible(text_of(error, _MESSAGE_CHARS), _MESSAGE_CHARS)
    excerpt = excerpt_of(error)
    return f"{message}\n\n{excerpt}" if excerpt else message


def error_parts(error: QuickJSError) -> list[str]:
    """Gives the HTML of what an error says, of the place in the program, and of its frames."""
    parts = [f"<div>{_message(error)}</div>"]
    if excerpt := excerpt_of(error):
        parts.append(code(excerpt))
    if isinstance(error, LimitError) and error.limit:
        value = "" if error.value is None else f" = {error.value:,}"
        parts.append(table([Row("limit", f"<code>{escaped(error.limit + value)}</code>")]))
    frames = error.stack if isinstance(error, ScriptError) else ""
    if frames.strip():
        parts.append(details(muted("where it was thrown"), code(frames, _STACK_CHARS)))
    return parts


def excerpt_of(error: QuickJSError) -> str:
    """Gives the line of the program that an error is about, with a caret below the place."""
    if isinstance(error, ScriptError | TimeLimitError):
        return visible(error.excerpt, _STACK_CHARS)
    return ""


def _message(error: QuickJSError) -> str:
    text = text_of(error, _MESSAGE_CHARS)
    if isinstance(error, ScriptError) and text.startswith(f"{error.name}: "):
        name, rest = error.name, text[len(error.name) :]
        return f"<b>{escaped(name)}</b>{escaped(rest, _MESSAGE_CHARS)}"
    return escaped(text, _MESSAGE_CHARS)
