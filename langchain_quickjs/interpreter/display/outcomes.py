"""How a script ended, or what it waits for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from langchain_quickjs.errors import ScriptError
from langchain_quickjs.interpreter.display.errors import error_parts, error_text
from langchain_quickjs.interpreter.display.html import Bundle, card, code, details, escaped, muted
from langchain_quickjs.interpreter.display.texts import count_text, one_line, value_text

__all__ = ["OpenCall", "calls_html", "calls_text", "completed", "failed", "suspended"]


class OpenCall(Protocol):
    """What is shown of a call."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def name(self) -> str:
        """What it calls."""
        ...

    @property
    def args(self) -> tuple[Any, ...]:
        """Its arguments."""
        ...


_VALUE_CHARS: Final = 10_000
_TEXT_CHARS: Final = 1000
_ARGS_CHARS: Final = 400
_MOST_CALLS: Final = 20


def completed(value: object, console: str) -> Bundle:
    """Shows a script that has completed."""
    title = f"<b>Completed</b> {muted(escaped(_kind(value)))}"
    return {
        "text/plain": _with_console(f"Completed: {value_text(value, _TEXT_CHARS)}", console),
        "text/html": card("good", title, code(value_text(value, _VALUE_CHARS)), _console(console)),
    }


def failed(error: ScriptError, console: str, call_id: int | None) -> Bundle:
    """Shows a script that threw."""
    whose = "" if call_id is None else f" of call {call_id}"
    title = f"<b>Failed</b> {muted(f'with the error{whose}')}" if whose else "<b>Failed</b>"
    return {
        "text/plain": _with_console(f"Failed: {error_text(error)}", console),
        "text/html": card("bad", title, *error_parts(error), _console(console)),
    }


def suspended(calls: Sequence[OpenCall], console: str, wake_after_s: float | None) -> Bundle:
    """Shows a script that waits."""
    waits = [count_text(len(calls), "new call")] if calls else []
    waits += [] if wake_after_s is None else [f"a timer, due in {wake_after_s:g} s"]
    for_what = f"for {' and '.join(waits) or 'earlier calls'}"
    text = "\n".join([f"Suspended: waits {for_what}", *calls_text(calls)])
    return {
        "text/plain": _with_console(text, console),
        "text/html": card(
            "waiting",
            f"<b>Suspended</b> {muted(escaped(f'waits {for_what}'))}",
            calls_html(calls),
            _console(console),
        ),
    }


def calls_text(calls: Sequence[OpenCall]) -> list[str]:
    """Gives a line for each call."""
    lines = [f"  {call.id}: {_call(call.name, call.args)}" for call in calls[:_MOST_CALLS]]
    return [*lines, f"  … and {more:,} more"] if (more := len(calls) - _MOST_CALLS) > 0 else lines


def calls_html(calls: Sequence[OpenCall]) -> str:
    """Gives the calls, with their ids."""
    return code("\n".join(line[2:] for line in calls_text(calls))) if calls else ""


def _call(name: str, args: tuple[Any, ...]) -> str:
    written = ", ".join(value_text(arg, _ARGS_CHARS) for arg in args[:_MOST_CALLS])
    return one_line(f"{name}({written}", _ARGS_CHARS) + ")"


def _kind(value: object) -> str:
    match value:
        case list():
            return count_text(len(value), "element")
        case dict():
            return f"{len(value):,} {'property' if len(value) == 1 else 'properties'}"
        case str():
            return count_text(len(value), "character")
        case _:
            return ""


def _console(console: str) -> str:
    lines = console.count("\n") + (not console.endswith("\n"))
    summary = f"Console {muted(count_text(lines, 'line'))}"
    return details(summary, code(console), is_open=True) if console else ""


def _with_console(text: str, console: str) -> str:
    printed = console if len(console) <= _TEXT_CHARS else f"{console[:_TEXT_CHARS]}…"
    return f"{text}\nprinted:\n{_indented(printed)}" if console else text


def _indented(text: str) -> str:
    return "\n".join(f"  {one_line(line, _TEXT_CHARS)}" for line in text.rstrip("\n").split("\n"))
