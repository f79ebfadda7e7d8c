"""Errors about names: those that are nearly those of tools, and those that have no value yet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from langchain_quickjs.errors import ScriptError

__all__ = ["did_you_mean", "nearest", "spelling", "with_suggestion"]

_UNKNOWN: Final = re.compile(r"([\w$]{1,100}) is not (a function|defined)")
_NO_VALUE: Final = re.compile(r"[\w$]{1,100} is not initialized")
_NO_TOOL: Final = re.compile(r"tools\.(.{1,100}) is not a function")
_NOT_RUN: Final = (
    " Its declaration has not run: move it up, or declare it again if an earlier script ended "
    "before."
)
_LIKENESS: Final = 0.75
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_MOST_NAMES: Final = 12
_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")


def with_suggestion(error: ScriptError, granted: Collection[str]) -> ScriptError:
    """Gives the same error, with the tool in its message that may have been meant, or what to do.

    Args:
        error: What a script failed with.
        granted: The names of what it may call.
    """
    if (missing := _NO_TOOL.fullmatch(error.message)) is not None:
        advice = _instead_of(missing[1], granted)
    elif (unknown := _UNKNOWN.fullmatch(error.message)) is not None:
        meant = _tool_meant(unknown[1], unknown[2] == "defined", granted)
        advice = "" if meant is None else did_you_mean(meant)
    elif error.name == "ReferenceError" and _NO_VALUE.fullmatch(error.message) is not None:
        advice = _NOT_RUN
    else:
        return error
    message = f"{error.message}.{advice}" if advice else error.message
    return ScriptError(error.name, message, error.stack, error.line, error.column)


def _instead_of(name: str, granted: Collection[str]) -> str:
    """Gives what there is instead of a tool: the nearest names, or all of them if they are few."""
    if name in granted:  # a function that is global
        return did_you_mean(name)
    near = _nearest(name, granted, _LIKENESS, 3) or _near_words(name, granted)
    if near:
        return did_you_mean(*near)
    if len(granted) <= _MOST_NAMES:
        return f" There are: {', '.join(sorted(granted))}." if granted else " There are no tools."
    return f" None of the {len(granted)} tools has a name like that: see Object.keys(tools)."


def _near_words(name: str, granted: Iterable[str]) -> list[str]:
    """Gives the names that share most words with another one: `search`, `searchOrders`."""
    words = set(_words(name))
    shared = {one: len(words.intersection(_words(one))) for one in sorted(granted)}
    most = max(shared.values(), default=0)
    return [one for one, count in shared.items() if count == most > 0][:3]


def _words(name: str) -> list[str]:
    """Gives the words of a name, without the ends by which plurals and verbs differ."""
    return [word.lower().rstrip("s") for word in _WORD.findall(name) if len(word) > 2]


def nearest(name: str, known: Iterable[str], likeness: float = _LIKENESS) -> str | None:
    """Gives the known name that is written most nearly like another one, if one is.

    Args:
        name: The name; the work grows with its length.
        known: The names that there are.
        likeness: How alike they have to be: 1 for the same letters and digits.
    """
    near = _nearest(name, known, likeness, 1)
    return near[0] if near else None


def _nearest(name: str, known: Iterable[str], likeness: float, most: int) -> list[str]:
    import difflib  # noqa: PLC0415 - few scripts fail so

    by_spelling = {spelling(one): one for one in sorted(known)}
    close = difflib.get_close_matches(spelling(name), by_spelling, n=most, cutoff=likeness)
    return [by_spelling[spelling] for spelling in close]


def did_you_mean(*names: str) -> str:
    """Gives the sentence that asks whether other names were meant, to stand after an error's text.

    Args:
        names: The names as they are shown; without any there is no sentence.
    """
    return f" Did you mean {', '.join(names)}?" if names else ""


def _tool_meant(name: str, as_variable: bool, granted: Iterable[str]) -> str | None:
    found = nearest(name, granted)
    # One that is granted under this very name was looked for in another object.
    if found is None or (found == name and not as_variable):
        return None
    # Those that are global are few, and known to models by better names than this one.
    return f"tools.{found}"


def spelling(name: str) -> str:
    """Gives what is left of a name if one does not care how its words are put together."""
    return _BETWEEN_WORDS.sub("", name).lower()
