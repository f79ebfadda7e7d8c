"""Calls that wait for people, as HTML and as plain text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from langchain_quickjs.interpreter.values.short_json import json_in_short
from langchain_quickjs.watch.drawing.style import CARD_STYLE
from langchain_quickjs.watch.drawing.texts import clock, escaped, lines_of, one_line

if TYPE_CHECKING:
    from langchain_quickjs.watch.pending import PendingCall

__all__ = ["cards_html", "cards_plain"]

_MOST_CARDS: Final = 50
_MOST_ARGS: Final = 30
_VALUE_CHARS: Final = 2000
_TITLE_CHARS: Final = 160
_CALLS_SO_FAR: Final = 20
_AROUND: Final = 4
_LINE_CHARS: Final = 200

_Line = tuple[int, str, bool]
"""A line of a program: its number, its text, and whether it is the one that waits."""


def cards_html(calls: Sequence[PendingCall]) -> str:
    """The calls, each as a card. Nothing in it runs or is loaded."""
    cards = "".join(itertools.starmap(_card, _with_what_is_new(calls)))
    return f"<style>{CARD_STYLE}</style>{cards or _nothing()}{_more(calls)}"


def cards_plain(calls: Sequence[PendingCall]) -> str:
    """The calls as plain text."""
    told = list(itertools.starmap(_plain, _with_what_is_new(calls)))
    if len(calls) > _MOST_CARDS:
        told.append(f"and {len(calls) - _MOST_CARDS} more")
    return "\n\n".join(told) or "Nothing waits for a person."


def _with_what_is_new(
    calls: Sequence[PendingCall],
) -> Iterator[tuple[PendingCall, list[_Line], list[str]]]:
    """Calls, each with what the card before it has not said of its program."""
    said: tuple[Any, ...] = ()
    for call in calls[:_MOST_CARDS]:
        lines, so_far = _excerpt(call), call.calls_so_far[:_CALLS_SO_FAR]
        shown = (call.source, call.line), (call.tool_call_id, so_far)
        done = [] if shown[1] in said else [one_line(line, _LINE_CHARS) for line in so_far]
        yield call, [] if shown[0] in said else lines, done
        said = shown


def _nothing() -> str:
    return '<div class="qjs-card">Nothing waits for a person.</div>'


def _more(calls: Sequence[PendingCall]) -> str:
    more = len(calls) - _MOST_CARDS
    return f'<div class="qjs-card">and {more} more</div>' if more > 0 else ""


def _title(call: PendingCall) -> str:
    tool = one_line(call.tool, 60)
    title = f"{tool}({_args_in_short(call.args)})" if tool else "A question of a tool's own"
    return one_line(title, _TITLE_CHARS)


def _args_in_short(args: Mapping[str, Any]) -> str:
    first = list(args.items())[:_MOST_ARGS]
    return ", ".join(f"{one_line(key, 40)}: {json_in_short(value, 60)}" for key, value in first)


def _asked(call: PendingCall) -> str:
    by = call.asked_by if call.asked_by in ("program", "model") else f"graph {call.asked_by}"
    of = f" of the agent {one_line(call.agent, 60)}" if call.agent else ""
    line = "" if call.line is None else f", line {call.line}"
    expires = f", expires {clock(call.expires_at.timestamp())}" if call.expires_at else ""
    asked = clock(call.asked_at.timestamp())
    return one_line(
        f"asked by a {by}{of}{line}, {asked}{expires}".replace("a model", "the model"), 300
    )


def _arguments(call: PendingCall) -> Iterator[tuple[str, str]]:
    if not call.tool:
        yield "asks", json_in_short(call.value, _VALUE_CHARS)
        return
    for key, value in list(call.args.items())[:_MOST_ARGS]:
        yield one_line(key, 60), json_in_short(value, _VALUE_CHARS)
    if (more := len(call.args) - _MOST_ARGS) > 0:
        yield "…", f"and {more} more"


def _excerpt(call: PendingCall) -> list[_Line]:
    """Lines of the program round the one that waits."""
    if not call.source:
        return []
    every = call.source.split("\n")
    first = max((call.line or 0) - call.first_line - _AROUND, 0)
    if first >= len(every):
        first = 0
    shown = every[first : first + 2 * _AROUND + 1]
    return [
        (number, "".join(lines_of(line, 1, _LINE_CHARS)), number == call.line)
        for number, line in enumerate(shown, call.first_line + first)
    ]


def _card(call: PendingCall, lines: list[_Line], so_far: list[str]) -> str:
    rows = "".join(
        f"<div><code><b>{escaped(key)}</b>: {escaped(value)}</code></div>"
        for key, value in _arguments(call)
    )
    source = "".join(_source_line(*line) for line in lines)
    done = f"<div>So far:</div><pre>{escaped(chr(10).join(so_far))}</pre>" if so_far else ""
    bad = f'<div class="qjs-bad">{escaped(why)}</div>' if (why := _why_not(call)) else ""
    return (
        f'<div class="qjs-card"><div class="qjs-title"><code>{escaped(_title(call))}</code></div>'
        f'<div class="qjs-dim">{escaped(_asked(call))}</div>{bad}{rows}'
        f"{f'<pre>{source}</pre>' if source else ''}{done}"
        f'<div class="qjs-dim">{escaped(_answer(call))}</div></div>'
    )


def _source_line(number: int, text: str, here: bool) -> str:
    line = f"{'▶' if here else ' '} {number:>4}  {escaped(text)}"
    return f'<span class="qjs-here">{line}</span>' if here else f"{line}\n"


def _why_not(call: PendingCall) -> str:
    """Why the call still waits after it was answered, or why no answer helps."""
    if call.void:
        return f"The program cannot go on, whatever is answered: {one_line(call.void, 500)}"
    return f"The last answer did not fit: {one_line(call.refused, 500)}" if call.refused else ""


def _answer(call: PendingCall) -> str:
    allowed = ", ".join(one_line(one, 20) for one in call.allowed_decisions[:10])
    number = one_line(call.interrupt_id, 64)
    return f"{allowed or 'any answer'}; interrupt {number}, call {call.index}"


def _plain(call: PendingCall, source: list[_Line], so_far: list[str]) -> str:
    lines = [_title(call), f"  {_asked(call)}"]
    if why := _why_not(call):
        lines.append(f"  {why}")
    lines += [f"  {key}: {value}" for key, value in _arguments(call)]
    lines += [f"  {'>' if here else ' '} {at:>4}  {text}" for at, text, here in source]
    lines += [f"  so far: {line}" for line in so_far]
    return "\n".join([*lines, f"  {_answer(call)}"])
