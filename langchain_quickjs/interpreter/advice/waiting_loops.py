"""A loop that does not wait for its calls: what follows it runs before they have ended.

A program ends only when all of its calls have. So a list that such a loop fills is whole in the
result; but a number, a text, or what was printed is what it was when the loop had only begun.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from langchain_quickjs.errors import QuickJSError
from langchain_quickjs.interpreter.outcomes import Completed, Failed
from langchain_quickjs.interpreter.values.js_values import UNDEFINED

__all__ = ["notes_on_loops"]

_NOTE: Final = (
    "`forEach` does not wait for async functions: what follows it ran before their calls had "
    "ended, and may have missed what they gave. Use `for (const item of list) { await ... }`, or "
    "`await Promise.all(list.map(async (item) => ...))`."
)
_LOOP: Final = re.compile(r"\.forEach\(\s*async\b")
_AWAIT: Final = re.compile(r"\bawait\b")
_PRINTS: Final = re.compile(r"\bconsole\s*\.")
# Each takes what it has looked at, so that a program can be read in one go whatever it holds.
_NO_CODE: Final = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|`(?:\\.?|[^`\\])*`?"
    r"""|"(?:\\.?|[^"\\\n])*"?|'(?:\\.?|[^'\\\n])*'?""",
    re.DOTALL,
)
_VISIBLE: Final = re.compile(r"[^\n]")
_MOST_CHARS: Final = 20_000
_MOST_LOOPS: Final = 20


def notes_on_loops(source: str, outcome: Completed | Failed | QuickJSError) -> list[str]:
    """What to tell of loops in a program that did not wait, if that shows in how it ended.

    Args:
        source: The program.
        outcome: How it ended.
    """
    if not isinstance(outcome, Completed | Failed) or len(source) > _MOST_CHARS:
        return []
    if _LOOP.search(source) is None:
        return []
    code = _NO_CODE.sub(lambda found: _VISIBLE.sub(" ", found[0]), source)
    for loop in islice(_LOOP.finditer(code), _MOST_LOOPS):
        end = _end_of(code, loop.start() + len(".forEach"))
        body, rest = code[loop.end() : end], code[end:]
        if _AWAIT.search(body) and _may_have_missed(outcome, code[:end], body, rest):
            return [_NOTE]
    return []


def _may_have_missed(outcome: Completed | Failed, before: str, body: str, rest: str) -> bool:
    """Whether an end is of what followed a loop, and was not made later.

    Args:
        outcome: The end.
        before: The program up to the end of the loop.
        body: What the loop does.
        rest: What follows it.
    """
    if isinstance(outcome, Failed):  # The error of a call is not what is missing.
        line = outcome.error.line if outcome.call_id is None else None
        return line is not None and line > before.count("\n") + 1
    if outcome.value is UNDEFINED:
        return _PRINTS.search(rest) is not None and _PRINTS.search(body) is None
    return isinstance(outcome.value, str | int | float)


def _end_of(code: str, start: int) -> int:
    """Where the bracket is closed that is opened there."""
    depth = 0
    for at in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        if depth == 0:
            return at + 1
    return len(code)
