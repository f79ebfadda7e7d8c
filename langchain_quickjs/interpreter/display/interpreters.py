"""An interpreter: what it does, and what it may use up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from langchain_quickjs.interpreter.display.html import (
    Bundle,
    Row,
    card,
    details,
    escaped,
    muted,
    table,
)
from langchain_quickjs.interpreter.display.outcomes import OpenCall, calls_html, calls_text
from langchain_quickjs.interpreter.display.texts import bytes_text, count_text
from langchain_quickjs.interpreter.limits import RANGES, Limits

__all__ = ["interpreter_bundle", "interpreter_text"]

_MOST_NAMES: Final = 3


def interpreter_text(running: bool, calls: Sequence[OpenCall], used_bytes: int) -> str:
    """Gives an interpreter in one short line."""
    return f"<Interpreter {_state(running, calls)}, {bytes_text(used_bytes)}>"


def interpreter_bundle(
    running: bool, calls: Sequence[OpenCall], used_bytes: int, spent_s: float, limits: Limits
) -> Bundle:
    """Shows an interpreter.

    Args:
        running: Whether it has a script that has not ended.
        calls: What that waits for.
        used_bytes: How large its memory is.
        spent_s: How long its script, or the last one, has computed.
        limits: What scripts may use up.
    """
    memory = f"{bytes_text(used_bytes)} {muted(f'of {bytes_text(limits.memory_bytes)}')}"
    rows = [Row("memory", memory), Row("computed", f"{spent_s * 1000:,.1f} ms")]
    title = f"<b>Interpreter</b> {muted(escaped(_state(running, calls)))}"
    return {
        "text/plain": "\n".join(
            [interpreter_text(running, calls, used_bytes), *calls_text(calls)],
        ),
        "text/html": card(
            "waiting" if running else "idle",
            title,
            calls_html(calls),
            table(rows),
            details(muted("limits"), table(_limits(limits))),
        ),
    }


def _state(running: bool, calls: Sequence[OpenCall]) -> str:
    if not running:
        return "idle"
    if not calls:
        return "suspended"
    names = ", ".join(call.name for call in calls[:_MOST_NAMES])
    more = ", …" if len(calls) > _MOST_NAMES else ""
    return f"suspended in {count_text(len(calls), 'call')}: {names}{more}"


def _limits(limits: Limits) -> list[Row]:
    return [
        Row(one.name, _limit(getattr(limits, one.name), one.name))
        for one in fields(limits)
        if one.name in RANGES
    ]


def _limit(value: Any, name: str) -> str:
    match RANGES[name].unit, value:
        case _, None:
            return muted("none")
        case "bytes", _:
            return bytes_text(value)
        case "seconds", _:
            return f"{value:g} s"
        case _:
            return f"{value:,}"
