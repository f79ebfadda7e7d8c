"""What people read about a call of a program that waits for them, in Markdown.

The first line is complete by itself: some user interfaces show no more. A program, its arguments
and what it printed are a stranger's text, written to be misread if that helps: here it ends no
block, begins none, and turns no line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from langchain_quickjs.interpreter.advice.excerpts import characters_before
from langchain_quickjs.interpreter.values.short_json import json_in_short, quotable
from langchain_quickjs.interpreter.values.weight import weight
from langchain_quickjs.script.state import AwaitingCall, CallMade

__all__ = ["Program", "agent_text", "end_of", "with_descriptions"]

# CommonMark and its extensions find nothing in these characters, and no address without others.
_PLAIN: Final = re.compile(r"[\w \"',:;.\-/@%+{}=?()…]*")
_ADDRESS: Final = re.compile(r"://|www\.|@", re.IGNORECASE)
_EMPHASIS: Final = re.compile(r"(?<!\w)_|_(?!\w)")
# Spaces, and what is printed as one although Unicode has it among letters and symbols.
_GAP: Final = re.compile("(?:[^\\S\n]|[\u115f\u1160\u2800\u3164\uffa0]){40,}")
_TOOL_CHARS: Final = 64
_FIRST_CHARS: Final = 160
_VALUE_CHARS: Final = 60
_ARGS_CHARS: Final = 2_000
_ARGS_BYTES: Final = 16_384
_SOURCE_CHARS: Final = 16_384
_LONG_LINE_CHARS: Final = 2_000
_EXCERPT_LINES: Final = 24
_SHORT_LINES: Final = 3
_LINE_CHARS: Final = 200
_BEFORE_CHARS: Final = 60
_CONSOLE_CHARS: Final = 500
_CUT: Final = "…"


@dataclass(frozen=True, slots=True)
class Program:
    """What is told of the program whose calls wait.

    Attributes:
        tool_call_id: The id of the model's call that runs it.
        source: Its source.
        calls_so_far: What it has done, a line each.
        console: What it has printed.
        agent: The name of the agent inside another one whose program it is; empty for others.
    """

    tool_call_id: str
    source: str
    calls_so_far: tuple[str, ...]
    console: str
    agent: str = ""

    def told(self, calls: Sequence[AwaitingCall]) -> dict[str, Any]:
        """What stands in a question about some of its calls, for those who know the keys."""
        made = [call.get("made", CallMade()) for call in calls]
        first = _in_characters(made[0], self.source) if made else CallMade()
        source, first_line = _around(self.source, first)
        return {
            "tool_call_id": self.tool_call_id,
            "program": {
                "source": source,
                "first_line": first_line,
                "line": first.get("line"),
                "column": first.get("column"),
                "lines": [one.get("line") for one in made],
            },
            "calls_so_far": list(self.calls_so_far),
            **({"agent": self.agent} if self.agent else {}),
        }


def with_descriptions(calls: Sequence[AwaitingCall], program: Program) -> list[AwaitingCall]:
    """The calls with what people read about them, where that was not given by whoever set it up.

    The first one tells of the program too.
    """
    return [
        _described(call, program, is_first=index == 0) if "preface" in call else call
        for index, call in enumerate(calls)
    ]


def agent_text(name: str) -> str:
    """The name of an agent, in which nothing is Markdown to anybody."""
    return _code(quotable(name, _TOOL_CHARS))


def _described(call: AwaitingCall, program: Program, *, is_first: bool) -> AwaitingCall:
    made = _in_characters(call.get("made", CallMade()), program.source)
    name, args = call["action"]["name"], call["action"]["args"]
    asks = "a program" + (f" of the agent {agent_text(program.agent)}" if program.agent else "")
    asks += f", line {line}" if (line := made.get("line")) else ""
    parts = [f"{_called(name, args)}, asked by {asks}", call.get("preface", ""), _arguments(args)]
    if program.source:
        room = _EXCERPT_LINES if is_first else _SHORT_LINES
        parts += ["**The program**", _fenced(_excerpt(program.source, made, room), "js")]
    if is_first and program.calls_so_far:
        parts += ["**What it has done**", _fenced("\n".join(program.calls_so_far), "text")]
    if is_first and (printed := program.console.rstrip("\n")):
        text = end_of(_printable(printed[-_CONSOLE_CHARS - 1 :]), _CONSOLE_CHARS)
        parts += ["**What it printed**", _fenced(text, "text")]
    description = "\n\n".join(part for part in parts if part)
    return {**call, "action": {**call["action"], "description": description}}


def _called(name: str, args: dict[str, Any]) -> str:
    """The call on one line. Nothing in it is Markdown to anybody."""
    room, shown = _FIRST_CHARS, []
    for index, (key, value) in enumerate(args.items()):
        one = f"{quotable(key, _VALUE_CHARS)}: {json_in_short(value, _VALUE_CHARS)}"
        room -= len(one) + 2
        if room < 0:
            shown.append(f"{_CUT} and {len(args) - index} more")
            break
        shown.append(one)
    text = f"{quotable(name, _TOOL_CHARS)}({', '.join(shown)})"
    if not _PLAIN.fullmatch(text) or _ADDRESS.search(text) or _EMPHASIS.search(text):
        text = _code(text)
    return text


def _code(text: str) -> str:
    """A text as a code span, which it cannot end."""
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _arguments(args: dict[str, Any]) -> str:
    """The arguments; where they are long, the beginning of each: none hides another one."""
    if not args:
        return ""
    text = ""
    if weight(args, _ARGS_BYTES) <= _ARGS_BYTES:
        text = _printable(json.dumps(args, ensure_ascii=False, indent=2, default=str))
    if not text or len(text) > _ARGS_CHARS:
        most = _ARGS_CHARS // (2 * _VALUE_CHARS)
        room = max(_VALUE_CHARS, _ARGS_CHARS // min(len(args), most) - _VALUE_CHARS)
        lines = [
            f'  "{quotable(key, _VALUE_CHARS)}": {json_in_short(value, room)}'
            for key, value in list(args.items())[:most]
        ]
        rest = [f"  {_CUT} and {len(args) - most} more"] if len(args) > most else []
        text = _printable("\n".join(["{", *lines, *rest, "}"]))
    return f"**Arguments**\n\n{_fenced(text, 'json')}"


def _excerpt(source: str, made: CallMade, most: int) -> str:
    """The lines around the one that waits, which is marked."""
    lines, line = source.split("\n"), made.get("line")
    at = min(line or 1, len(lines))
    first = max(0, min(at - 1 - most // 2, len(lines) - most))
    shown = lines[first : first + most]
    width = len(str(first + len(shown)))
    numbered = []
    for number, raw in enumerate(shown, first + 1):
        mark, column = ("▶", made.get("column", 1)) if number == line else (" ", 1)
        numbered.append(f"{mark} {number:{width}}  {_line(raw, column)}".rstrip())
    before = [f"{_CUT} {first} lines before"] if first else []
    rest = len(lines) - first - len(shown)
    after = [f"{_CUT} {rest} lines more"] if rest else []
    if line is not None and line > len(lines):
        after = [f"▶ {line}  {_CUT} the program is too long to show this line"]
    return "\n".join([*before, *numbered, *after])


def _in_characters(made: CallMade, source: str) -> CallMade:
    """How a call came about, with a column as people count: JavaScript counts UTF-16 code units."""
    lines, at = source.split("\n"), made.get("line", 0) - 1
    if not 0 <= at < len(lines):
        return made
    return CallMade(**{**made, "column": characters_before(lines[at], made.get("column", 1)) + 1})


def _line(raw: str, column: int) -> str:
    """A line of a program; of a long one the part around a column, from 1."""
    text = _printable(raw)
    if len(text) > _LINE_CHARS:
        before, after = _printable(raw[: column - 1]), _printable(raw[column - 1 :])
        text = _beginning(end_of(before, _BEFORE_CHARS) + after, _LINE_CHARS)
    return text


def _around(source: str, made: CallMade) -> tuple[str, int]:
    """The source, of a long one the lines around that which waits; and the first one's number."""
    if len(source) <= _SOURCE_CHARS:
        return source, 1
    lines = [_beginning(one, _LONG_LINE_CHARS) for one in source.split("\n")]
    at = first = last = min(made.get("line", 1), len(lines)) - 1
    if len(lines[at]) == _LONG_LINE_CHARS:
        whole, column = source.split("\n")[at], made.get("column", 1)
        before, after = whole[: column - 1], whole[column - 1 :]
        half = _LONG_LINE_CHARS // 2
        lines[at] = end_of(before, half) + _beginning(after, half)
    room = _SOURCE_CHARS - len(lines[at])
    while first > 0 or last < len(lines) - 1:
        is_above = first > 0 and (last == len(lines) - 1 or at - first <= last - at)
        room -= 1 + len(lines[first - 1 if is_above else last + 1])
        if room < 0:
            break
        first, last = (first - 1, last) if is_above else (first, last + 1)
    return "\n".join(lines[first : last + 1]), first + 1


def _beginning(text: str, chars: int) -> str:
    return text if len(text) <= chars else f"{text[: chars - 1]}{_CUT}"


def end_of(text: str, chars: int) -> str:
    """The end of a text; where something stood before it, that is shown."""
    return text if len(text) <= chars else f"{_CUT}{text[1 - chars :]}"


def _fenced(text: str, language: str) -> str:
    """A text as a block, which it cannot end."""
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks}{language}\n{text}\n{ticks}"


def _printable(text: str) -> str:
    """A text in which nothing is hidden.

    What is not printable is escaped: it could turn a line. Long gaps are closed: what stands behind
    one is out of sight.
    """
    if not text.isprintable():
        text = "".join(
            one if one.isprintable() or one in "\n\t" else json.dumps(one)[1:-1] for one in text
        )
    return _GAP.sub(lambda gap: f"⟨{len(gap[0])} spaces⟩", text)
