"""The line of a script that an error is about, with a caret below the place."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from langchain_quickjs.errors import QuickJSError, ScriptError, TimeLimitError
from langchain_quickjs.interpreter.outcomes import SCRIPT_NAME

__all__ = ["characters_before", "excerpt", "source_lines", "with_place"]

_Error = TypeVar("_Error", bound=QuickJSError)

_WIDTH: Final = 80
_MARGIN: Final = "    "
_FRAME: Final = re.compile(rf"    at (?:(\S+) \()?{re.escape(SCRIPT_NAME)}:(\d+):(\d+)\)?")
_MOST_FRAMES: Final = 10


def source_lines(source: str) -> list[str]:
    """Gives the lines of a source, with line ends as JavaScript counts them."""
    return re.split("\r\n|[\n\r\u2028\u2029]", source)


def _source_line(source: str, number: int | None) -> str | None:
    """Gives a line of a source, counted from 1, or `None` if there is no such line."""
    lines = source_lines(source)
    return lines[number - 1] if number is not None and 0 < number <= len(lines) else None


def characters_before(line: str, column: int) -> int:
    """Gives how many characters stand before a column, which counts UTF-16 code units from 1."""
    if not line or max(line) <= "\uffff":
        return min(column - 1, len(line))
    units = line.encode("utf-16-le", "surrogatepass")[: 2 * (column - 1)]
    return len(units.decode("utf-16-le", "surrogatepass"))


def excerpt(line: str, column: int) -> str:
    """Gives at most `_WIDTH` characters of the line around the column, and a caret below."""
    at = characters_before(line, column)
    start = max(0, min(at - _WIDTH // 2, len(line) - _WIDTH))
    shown = line[start : start + _WIDTH]
    # Tabs stay tabs below, so that the caret stands where the eye expects it.
    gap = "".join("\t" if character == "\t" else " " for character in shown[: at - start])
    return f"{_MARGIN}{shown}\n{_MARGIN}{gap}^"


def with_place(error: _Error, source: str | None) -> _Error:
    """Gives the same error, which now has the line of the script that it is about.

    Args:
        error: What ended the script, or the step.
        source: The script; `None` if it is not known here.
    """
    if source is not None and isinstance(error, ScriptError | TimeLimitError):
        number, column = _place_in(source, error)
        line = _source_line(source, number)
        if line is not None and column is not None and 0 < column <= 2 * len(line) + 1:
            error.excerpt = excerpt(line, column)
    return error


def _place_in(source: str, error: ScriptError | TimeLimitError) -> tuple[int | None, int | None]:
    """Gives the innermost place of this source in an error's frames.

    All scripts have one name, and one may call what an earlier one has declared, whose lines are
    not of this source. So the frames are followed inwards from the script's own, as long as each
    is a function that this source defines.
    """
    frames = _FRAME.findall(error.stack)[-_MOST_FRAMES:] if isinstance(error, ScriptError) else []
    place: tuple[int | None, int | None] = (None, None)
    for name, line, column in reversed(frames):
        if name and name != "<anonymous>" and not _defines(source, name):
            break
        if line != "0":  # the initialisers of a class have no place
            place = int(line), int(column)
    return place if frames else (error.line, error.column)


def _defines(source: str, name: str) -> bool:
    name = re.escape(name.rsplit(".", 1)[-1])
    return bool(
        re.search(rf"\b(?:function(?:\s*+\*)?+|class)\s++{name}\b", source)
        or re.search(rf"(?<![\w$]){name}\s*+(?:=(?!=)|:|\([^()]{{0,200}}\)\s*+\{{)", source)
    )
