"""What IPython prints when an error of ours ends a cell.

LangGraph's frames are hundreds of lines that say nothing of the mistake. So it is what the error
says, the place in the program, and the lines that the user has written. IPython alone asks for
this (`_render_traceback_`); the exception itself is as it ever was.
"""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from langchain_quickjs.errors import QuickJSError
from langchain_quickjs.interpreter.display.errors import error_text
from langchain_quickjs.interpreter.display.texts import visible
from langchain_quickjs.quoting import error_text as text_of
from langchain_quickjs.quoting import type_name

__all__ = ["short_traceback"]

_MOST_FRAMES: Final = 8
_MOST_CAUSES: Final = 3
_CHARS: Final = 2000
_INSTALLED: Final = ("site-packages", "dist-packages")
_OTHERS: Final = (
    f"{Path(__file__).parents[2]}{os.sep}",
    f"{sysconfig.get_path('stdlib')}{os.sep}",
    "<frozen ",
)
# A cell that is a magic as a whole: the line that IPython has made of it says nothing to anybody.
_MAGIC: Final = "get_ipython().run_"
# LangGraph says in which of its tasks something happened.
_NOTE_OF_LANGGRAPH: Final = "During task with name"


def short_traceback(error: QuickJSError) -> list[str]:
    """Gives the lines that stand for an error's traceback.

    With `%xmode Minimal` there are no frames; with `%tb Verbose`, or in the modes `Plain`,
    `Verbose` and `Docs`, it is IPython's own traceback with all of them.
    """
    ipython: Any = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    mode = shell.InteractiveTB.mode if shell else "Context"
    if mode not in ("Context", "Minimal"):
        whole: list[str] = shell.InteractiveTB.structured_traceback(
            type(error), error, error.__traceback__
        )
        return whole
    lines = [f"{type(error).__name__}: {error_text(error)}"]
    if mode == "Minimal":
        return lines
    notes = getattr(error, "__notes__", ())
    lines += [visible(note, _CHARS) for note in notes if not note.startswith(_NOTE_OF_LANGGRAPH)]
    left_out = _add_frames(lines, error.__traceback__, shell)
    cause = error.__cause__
    for _ in range(_MOST_CAUSES):
        if cause is None:
            break
        lines += ["", f"Caused by {type_name(cause)}: {visible(text_of(cause, _CHARS), _CHARS)}"]
        _add_frames(lines, cause.__traceback__, shell)
        cause = cause.__cause__
    if left_out:
        lines += ["", f"({left_out} frames of libraries are left out: %tb Verbose shows all.)"]
    return lines


def _add_frames(lines: list[str], frames: TracebackType | None, shell: Any) -> int:
    """Adds the user's own frames, and gives the number of the others that may matter."""
    left_out, is_magic = 0, False
    own: list[list[str]] = []
    for frame, number in traceback.walk_tb(frames):
        file = frame.f_code.co_filename
        text = linecache.getline(file, number, frame.f_globals).strip()
        if _is_of_others(file):
            left_out += 1
        elif text.startswith(_MAGIC):
            is_magic = True
        else:
            own.append([f"{_place(file, shell)}, line {number}", f"----> {number} {text}"])
    for frame_lines in own[-_MOST_FRAMES:]:
        lines += ["", *frame_lines]
    return 0 if is_magic else left_out


def _is_of_others(file: str) -> bool:
    parts = Path(file).parts
    return file.startswith(_OTHERS) or any(one in parts for one in _INSTALLED)


def _place(file: str, shell: Any) -> str:
    """Gives the name of a cell, or the path of a file."""
    named = shell.compile.format_code_name(file) if shell else None
    return " ".join(named) if named else f"File {file}"
