"""What the model is told when its program has reached a limit: what it can do itself.

The errors say which limit it was, in the words of whoever has set it. The model cannot raise one.
"""

from __future__ import annotations

from typing import Final

from langchain_quickjs.errors import (
    BuildGoneError,
    ConsoleLimitError,
    LimitError,
    MemoryLimitError,
    MessageLimitError,
    QuickJSError,
    ResultLimitError,
    ScriptTimeLimitError,
    SourceLimitError,
    TimeLimitError,
    WallTimeLimitError,
)

__all__ = ["GUEST_GONE", "text_for_model"]

GUEST_GONE: Final = (
    "This program was waiting when the engine that it ran in was replaced by another version, and "
    "it cannot go on. What it has done stands. What it was waiting for has not been done, whatever "
    "has been answered. If it is still needed, do it in a new program."
)

# The more special ones first.
_TEXTS: Final[tuple[tuple[type[LimitError], str], ...]] = (
    (
        WallTimeLimitError,
        "The program computed and waited for timers for more than {value:g} s in all. Wait less, "
        "or split the job over several programs.",
    ),
    (
        ScriptTimeLimitError,
        "The program computed for more than {value:g} s in all{place}. Let it compute less, or "
        "split the job over several programs.",
    ),
    (
        TimeLimitError,
        "The program computed for more than {value:g} s without waiting{place}. Let it compute "
        "less between two awaits, or split the job over several programs.",
    ),
    (
        MemoryLimitError,
        "The program needs more memory than the {value:.0f} bytes that it may have. Keep less at a "
        "time, or split the job over several programs.",
    ),
    (
        SourceLimitError,
        "The program is longer than {value:.0f} bytes, and was not run. Write a shorter one.",
    ),
    (
        ResultLimitError,
        "The program ran to its end, and its result takes more than {value:.0f} bytes. Return only "
        "what you need to see.",
    ),
    (
        MessageLimitError,
        "What the program and its calls exchange takes more than {value:.0f} bytes at a time. Ask "
        "for less, or pass less, at a time.",
    ),
    (
        ConsoleLimitError,
        "The program printed more than {value:.0f} bytes at a time. Print less.",
    ),
)


def text_for_model(error: QuickJSError) -> str:
    """Gives what the model is told of an error: advice, or else the error's own text.

    Args:
        error: What a program ended with.
    """
    if isinstance(error, BuildGoneError):
        return GUEST_GONE
    if not isinstance(error, LimitError) or error.value is None:
        return str(error)
    place = ""
    if isinstance(error, TimeLimitError) and error.line is not None:
        place = f"; it was last seen at line {error.line}, column {error.column}"
    for kind, text in _TEXTS:
        if isinstance(error, kind):
            return text.format(value=error.value, place=place)
    return str(error)
