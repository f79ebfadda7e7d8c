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

from langchain_quickjs.interpreter.values.short_json import json_in_short, quotable
from langchain_quickjs.interpreter.values.weight import weight
from langchain_quickjs.script.state import AwaitingCall

__all__ = ["Program", "with_descriptions"]

# CommonMark and its extensions find nothing in these characters, and no address without others.
_PLAIN: Final = re.compile(r"[\w \"',:;.\-/@%+{}=?&()…]*")
_ADDRESS: Final = re.compile(r"://|www\.|@", re.IGNORECASE)
_GAP: Final = re.compile(r"[^\S\n]{40,}")
_TOOL_CHARS: Final = 64
_FIRST_CHARS: Final = 160
_VALUE_CHARS: Final = 60
_ARGS_CHARS: Final = 2_000
_ARGS_BYTES: Final = 16_384
_SOURCE_CHARS: Final = 16_384
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
    """

    tool_call_id: str
    source: str
    calls_so_far: tuple[str, ...]
    console: str

    def told(self, calls: Sequence[AwaitingCall]) -> dict[str, Any]:
        """What stands in a question about some of its calls, for those who know the keys."""
        made = [call.get("made", {}) for call in calls]
        first = made[0] if made else {}
        return {
            "tool_call_id": self.tool_call_id,
            "program": {
                "source": _around(self.source, first.get("line"), first.get("column")),
                "line": first.get("line"),
                "column": first.get("column"),
                "lines": [one.get("line") for one in made],
            },
            "calls_so_far": list(self.calls_so_far),
        }


def with_descriptions(calls: Sequence[AwaitingCall], program: Program) -> list[AwaitingCall]:
    """The calls with what people read about them, where that was not given by whoever set it up.

    The first one tells of the program too.
    """
    return [
        _described(call, program, is_first=index == 0) if "preface" in call else call
        for index, call in enumerate(calls)
    ]


def _described(call: AwaitingCall, program: Program, *, is_first: bool) -> AwaitingCall:
    made = call.get("made", {})
    line, column = made.get("line"), made.get("column")
    name, args = call["action"]["name"], call["action"]["args"]
    parts = [_first_line(name, args, line), call.get("preface", ""), _arguments(args)]
    if program.source:
        room = _EXCERPT_LINES if is_first else _SHORT_LINES
        parts += ["**The program**", _fenced(_excerpt(program.source, line, column, room), "js")]
    if is_first and program.calls_so_far:
        parts += ["**What it has done**", _fenced("\n".join(program.calls_so_far), "text")]
    if is_first and program.console:
        printed = program.console.rstrip("\n")
        text = printed if len(printed) <= _CONSOLE_CHARS else f"{_CUT}{printed[-_CONSOLE_CHARS:]}"
        parts += ["**What it printed**", _fenced(_printable(text), "text")]
    description = "\n\n".join(part for part in parts if part)
    return {**call, "action": {**call["action"], "description": description}}


def _first_line(name: str, args: dict[str, Any], line: int | None) -> str:
    """The call and where it comes from. Nothing in it is Markdown to anybody."""
    room, shown = _FIRST_CHARS, []
    for index, (key, value) in enumerate(args.items()):
        one = f"{quotable(key, _VALUE_CHARS)}: {json_in_short(value, _VALUE_CHARS)}"
        room -= len(one) + 2
        if room < 0:
            shown.append(f"{_CUT} and {len(args) - index} more")
            break
        shown.append(one)
    text = f"{quotable(name, _TOOL_CHARS)}({', '.join(shown)})"
    if not _PLAIN.fullmatch(text) or _ADDRESS.search(text):
        text = _code(text)
    return f"{text}, asked by a program" + (f", line {line}" if line else "")


def _code(text: str) -> str:
    """A text as a code span, which it cannot end."""
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _arguments(args: dict[str, Any]) -> str:
    """The arguments; where they are long, the beginning of each: none hides another one."""
    if not args:
        return ""
    text, language = "", "json"
    if weight(args, _ARGS_BYTES) <= _ARGS_BYTES:
        text = json.dumps(args, ensure_ascii=False, indent=2, default=str)
    if not text or len(text) > _ARGS_CHARS:
        language, most = "text", _ARGS_CHARS // (2 * _VALUE_CHARS)
        room = max(_VALUE_CHARS, _ARGS_CHARS // len(args) - _VALUE_CHARS)
        lines = [
            f"{quotable(key, _VALUE_CHARS)}: {json_in_short(value, room)}"
            for key, value in list(args.items())[:most]
        ]
        rest = [f"{_CUT} and {len(args) - most} more"] if len(args) > most else []
        text = "\n".join([*lines, *rest])
    return f"**Arguments**\n\n{_fenced(_printable(text), language)}"


def _excerpt(source: str, line: int | None, column: int | None, most: int) -> str:
    """The lines around the one that waits, which is marked."""
    lines = source.split("\n")
    at = min(line or 1, len(lines))
    first = max(0, min(at - 1 - most // 2, len(lines) - most))
    shown = lines[first : first + most]
    width = len(str(first + len(shown)))
    numbered = []
    for number, raw in enumerate(shown, first + 1):
        is_marked = number == line
        cut = _cut_around(raw, (column or 1) - 1 if is_marked else 0)
        numbered.append(f"{'▶' if is_marked else ' '} {number:{width}}  {cut}".rstrip())
    before = [f"{_CUT} {first} lines before"] if first else []
    rest = len(lines) - first - len(shown)
    after = [f"{_CUT} {rest} lines more"] if rest else []
    if line is not None and line > len(lines):
        after = [f"▶ {line}  {_CUT} the program is too long to show this line"]
    return "\n".join([*before, *numbered, *after])


def _cut_around(line: str, at: int) -> str:
    """A line, or where it is long the part of it around a position."""
    before, after = _printable(line[:at]), _printable(line[at:])
    if len(before) + len(after) <= _LINE_CHARS:
        return _printable(line)
    if len(before) > _BEFORE_CHARS:
        before = f"{_CUT}{before[-_BEFORE_CHARS:]}"
    room = _LINE_CHARS - len(before)
    return before + (after if len(after) <= room else f"{after[: room - 1]}{_CUT}")


def _around(source: str, line: int | None, column: int | None) -> str:
    """The source, or where it is long the part of it around what waits."""
    if len(source) <= _SOURCE_CHARS:
        return source
    lines = source.split("\n")
    at = sum(len(one) + 1 for one in lines[: (line or 1) - 1]) + (column or 1) - 1
    first = max(0, min(at - _SOURCE_CHARS // 2, len(source) - _SOURCE_CHARS))
    note = f"// {_CUT} {len(source)} characters, these are from character {first} on\n"
    return note + source[first : first + _SOURCE_CHARS]


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
