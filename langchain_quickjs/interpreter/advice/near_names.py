"""Errors about names that are nearly those of tools, with the names that there are."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from langchain_quickjs.errors import ScriptError

__all__ = ["did_you_mean", "nearest", "spelling", "with_suggestion"]

_UNKNOWN = re.compile(r"([\w$]{1,100}) is not (a function|defined)")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_LIKENESS = 0.75


def with_suggestion(error: ScriptError, granted: Iterable[str]) -> ScriptError:
    """Gives the same error, with the tool in its message that may have been meant.

    Args:
        error: What a script failed with.
        granted: The names of what it may call.
    """
    unknown = _UNKNOWN.fullmatch(error.message)
    if unknown is None:
        return error
    meant = _tool_meant(unknown[1], unknown[2] == "defined", granted)
    if meant is None:
        return error
    message = f"{error.message}.{did_you_mean(meant)}"
    return ScriptError(error.name, message, error.stack, error.line, error.column)


def nearest(name: str, known: Iterable[str], likeness: float = _LIKENESS) -> str | None:
    """Gives the known name that is written most nearly like another one, if one is.

    Args:
        name: The name; the work grows with its length.
        known: The names that there are.
        likeness: How alike they have to be: 1 for the same letters and digits.
    """
    by_spelling = {spelling(one): one for one in sorted(known)}
    close = difflib.get_close_matches(spelling(name), by_spelling, n=1, cutoff=likeness)
    return by_spelling[close[0]] if close else None


def did_you_mean(*names: str) -> str:
    """Gives the sentence that asks whether other names were meant, to stand after an error's text.

    Args:
        names: The names as they are shown; without any there is no sentence.
    """
    return f" Did you mean {', '.join(names)}?" if names else ""


def _tool_meant(name: str, as_variable: bool, granted: Iterable[str]) -> str | None:
    found = nearest(name, granted)
    if found != name:
        return found
    # It is granted under this very name, so it is a property of `tools`, unless somebody looked for
    # it in another object.
    return f"tools.{found}" if as_variable else None


def spelling(name: str) -> str:
    """Gives what is left of a name if one does not care how its words are put together."""
    return _BETWEEN_WORDS.sub("", name).lower()
