"""What the model is told when its program has reached a limit: what it can do itself.

The errors say which limit it was, in the words of whoever has set it. The model cannot raise one.
"""

from __future__ import annotations

from typing import Final

from langchain_quickjs.errors import (
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

__all__ = ["text_for_model"]

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
    if not isinstance(error, LimitError) or error.value is None:
        return str(error)
    place = ""
    if isinstance(error, TimeLimitError) and error.line is not None:
        place = f"; it was last seen at line {error.line}, column {error.column}"
    for kind, text in _TEXTS:
        if isinstance(error, kind):
            return text.format(value=error.value, place=place)
    return str(error)
