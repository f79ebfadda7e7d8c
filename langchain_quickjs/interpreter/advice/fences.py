"""Programs in the Markdown fences that models put around code."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ONLY_CODE", "among_words", "is_markdown", "without_fences"]

ONLY_CODE: Final = (
    "This is Markdown with more in it than one program. Send the code alone, without anything "
    "around it."
)

_OPENING: Final = re.compile(r"[ \t]*+(`{3,}+|~{3,}+)[ \t]*+[\w+#.-]*+")
_CLOSING: Final = re.compile(r"[ \t]*+(`{3,}+|~{3,}+)")
_BLANK_CHARS: Final = 1000
_BYTE_ORDER_MARK: Final = "\ufeff"
_NO_CODE: Final = ")"
# Nothing in it calls, assigns, groups, or begins a text or comment.
_PROSE: Final = re.compile(r"[\w \t\r.,:!?'’‘“”\-–—]*+")
_WORDS_OF_CODE: Final = frozenset(
    [
        "abstract",
        "async",
        "await",
        "case",
        "class",
        "const",
        "continue",
        "debugger",
        "declare",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "export",
        "extends",
        "finally",
        "for",
        "function",
        "get",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "namespace",
        "new",
        "of",
        "private",
        "protected",
        "public",
        "readonly",
        "return",
        "set",
        "static",
        "super",
        "switch",
        "throw",
        "try",
        "type",
        "typeof",
        "using",
        "var",
        "void",
        "while",
        "with",
        "yield",
        "break",
        "catch",
        "module",
    ]
)


def without_fences(source: str) -> str:
    """Gives the program inside of fences, each line and column where it was.

    Two backticks are an empty text in JavaScript, and more of them are texts that are called as
    functions: so it is a rule, and not the parser, that tells fences. The first line that is not
    blank is one: backticks or tildes and perhaps a language. The program ends at the next such line
    without a language, or with the text.

    Args:
        source: What is to be run.

    Returns:
        The source itself if its first line is no fence. Where there are more of them after the
        second one, it is not plain what is meant: then what JavaScript refuses there.
    """
    if "```" not in source and "~~~" not in source:  # most have none, and it costs them little
        return source
    text = source.removeprefix(_BYTE_ORDER_MARK)
    if not text[:_BLANK_CHARS].lstrip().startswith(("```", "~~~")):
        return source
    lines = text.split("\n")
    first = next(index for index, line in enumerate(lines) if line.strip())
    opening = _OPENING.fullmatch(lines[first].rstrip())
    if opening is None:
        return source
    last = _closing(lines, first, opening[1])
    if last is None:
        # Tildes alone are operators.
        return source if opening[1][0] == "~" else _between(lines, first, len(lines))
    more = next((n for n in range(last + 1, len(lines)) if not _is_prose(lines[n])), None)
    return _between(lines, first, last) if more is None else "\n" * more + _NO_CODE


def among_words(source: str) -> str | None:
    """Gives the one program that stands in fences between words, as in an answer that explains it.

    Fences stand in comments and texts of programs too, so around these there is nothing but plain
    prose, beginning with two words: that is no JavaScript, whatever follows.

    Args:
        source: What JavaScript has refused.

    Returns:
        The program, each line where it was; `None` if there is not exactly one.
    """
    lines = source.split("\n")
    first = _fence_after(lines, -1)
    opening = None if first is None else _OPENING.fullmatch(lines[first].rstrip())
    if first is None or opening is None:
        return None
    last = _closing(lines, first, opening[1])
    if last is None or not all(map(_is_prose, (*lines[:first], *lines[last + 1 :]))):
        return None
    words = next((line.split() for line in lines if line.strip()), [])
    return _between(lines, first, last) if _begins_with_words(words) else None


def is_markdown(source: str) -> bool:
    """Tells whether there is more than code, as in an answer that explains its program.

    Args:
        source: What JavaScript has refused.
    """
    code = without_fences(source)
    if code is not source:
        return code.lstrip("\n") == _NO_CODE
    lines = (line.rstrip() for line in source.split("\n") if "```" in line or "~~~" in line)
    return any(map(_OPENING.fullmatch, lines))


def _closing(lines: list[str], first: int, fence: str) -> int | None:
    for index in range(first + 1, len(lines)):
        match = _CLOSING.fullmatch(lines[index].rstrip())
        if match is not None and match[1].startswith(fence):
            return index
    return None


def _is_prose(line: str) -> bool:
    return _PROSE.fullmatch(line) is not None


def _begins_with_words(words: list[str]) -> bool:
    """Whether two names stand beside each other, which are none of the words of the language."""
    return len(words) > 1 and all(
        word.isalpha() and word.lower() not in _WORDS_OF_CODE for word in words[:2]
    )


def _fence_after(lines: list[str], line: int) -> int | None:
    rest = range(line + 1, len(lines))
    return next((n for n in rest if _OPENING.fullmatch(lines[n].rstrip())), None)


def _between(lines: list[str], first: int, last: int) -> str:
    return "\n".join(["" if n <= first else lines[n] for n in range(last)])
