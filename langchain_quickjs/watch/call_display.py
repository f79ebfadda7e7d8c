"""How a call that waits for a person is shown: as HTML without scripts, and as one line of text.

Arguments, description, program and what it did come from models and programs. They are shown as the
text that they are; a description is not rendered, since Markdown can hold markup of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from langchain_quickjs.interpreter.display.html import Mark, card, code, details, escaped, muted
from langchain_quickjs.interpreter.display.texts import count_text, one_line, visible

if TYPE_CHECKING:
    from langchain_quickjs.watch.pending import PendingCall

__all__ = ["arguments_text", "call_html", "call_text"]

_CODE_CHARS: Final = 20_000
_LINE_CHARS: Final = 200
_NAME_CHARS: Final = 80


def call_text(call: PendingCall) -> str:
    """Gives the call, or the question that a tool asks by itself, in one line."""
    if not call.tool:
        return f"a question: {one_line(_json(call.value), _LINE_CHARS)}"
    return one_line(f"{call.tool}({_json(dict(call.args))})", _LINE_CHARS)


def call_html(
    call: PendingCall, *, state: str = "", mark: Mark = "waiting", shows_arguments: bool = True
) -> str:
    """Gives the call with all that a person needs who decides about it.

    Args:
        call: The call.
        state: What has been decided about it.
        mark: The colour of that.
        shows_arguments: Whether the arguments are shown here.
    """
    parts = [f"<div>{muted(escaped(_asked(call)))}</div>"]
    if call.refused:
        parts.append(f"<div><b>The last answer did not fit:</b> {escaped(call.refused)}</div>")
    first, _, rest = call.description.partition("\n\n")
    if first:
        parts.append(f'<div style="white-space:pre-wrap">{escaped(first)}</div>')
    if shows_arguments:
        parts.append(code(arguments_text(call) if call.tool else _json(call.value, indent=2)))
    if call.source is not None:
        parts.append(details(muted("program"), code(_with_numbers(call), _CODE_CHARS)))
    if call.calls_so_far:
        count = count_text(len(call.calls_so_far), "line")
        done = "\n".join(one_line(line, _LINE_CHARS) for line in call.calls_so_far)
        parts.append(details(muted(f"what it has done: {count}"), code(done)))
    if rest.strip():
        parts.append(details(muted("description"), code(rest)))
    name = f"<b>{escaped(call.tool, _NAME_CHARS) or 'A question'}</b>"
    return card(mark, f"{name} {muted(escaped(state))}", *parts)


def arguments_text(call: PendingCall) -> str:
    """Gives the arguments as JSON over several lines; what is not printable is escaped there."""
    text = _json(dict(call.args), indent=2)
    return visible(text, len(text))


def _asked(call: PendingCall) -> str:
    who = "a program" if call.asked_by == "program" else f"the {call.asked_by}"
    if call.asked_by not in ("program", "model"):
        who = one_line(call.asked_by, _NAME_CHARS)
    line = f", line {call.line}" if call.line is not None else ""
    until = "" if call.expires_at is None else f", expires {call.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"asked by {who}{line}, {call.asked_at:%Y-%m-%d %H:%M:%S} UTC{until}"


def _with_numbers(call: PendingCall) -> str:
    return "\n".join(
        f"{'▶' if number == call.line else ' '}{number:4}  {line}"
        for number, line in enumerate((call.source or "").split("\n"), 1)
    )


def _json(value: Any, indent: int | None = None) -> str:
    # An interrupt's value may be anything that a checkpointer can store.
    return json.dumps(value, indent=indent, ensure_ascii=False, default=repr)
