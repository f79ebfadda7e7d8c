"""Prints how long the prompt is for so many tools, in tokens, and what it takes to make it.

    python -m tests.benchmarks.prompts [COUNT...]

A token is four bytes of UTF-8. `first` is the time of the first model call of a process, `later`
that of each one after it. The last two columns are what a program waits for `tools.$search`, the
first time in a process and later.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from langchain_quickjs import Call, Limits
from langchain_quickjs.agent.documentation.comments import size
from langchain_quickjs.agent.documentation.in_budget import BYTES_PER_TOKEN, documentation
from langchain_quickjs.agent.documentation.lookup import Lookups
from langchain_quickjs.agent.grants import Grants
from langchain_quickjs.agent.prompt import PromptSection
from langchain_quickjs.script.calls.js_names import SEARCH, js_names
from langchain_quickjs.script.flow.inputs import Manner
from langchain_quickjs.script.settings import Defaults
from tests.helpers.many_tools import many_tools

_COUNTS: Final = (0, 10, 100, 1000)
_ROUNDS: Final = 21
_HEADS: Final = ("tools", "tokens", "of tools", "form", "first", "later", "$search", "later")
_QUERY: Final = Call(1, SEARCH, ("pay money back to a customer",))


def main(counts: Sequence[int] = _COUNTS) -> None:
    """Prints a line for each number of tools."""
    print("".join(head.rjust(11) for head in _HEADS))
    for count in counts:
        print("".join(cell.rjust(11) for cell in _row(count)), flush=True)


def _row(count: int) -> Sequence[str]:
    tools = many_tools(count)
    named = [tool.name for tool in tools]
    grants = Grants.of(named, None, subagents=False, tool_name="eval", manner=Manner())
    section = PromptSection("eval", Defaults.docs_tokens, "thread", Limits(), 4000)
    lookups = Lookups()

    def prompt() -> Any:
        told_of = grants.tools_told_of(tools)
        return section.after(None, told_of, asked=set(), subagents=False)

    def search() -> Any:
        answers = lookups.of(js_names(tools), set())
        return answers[SEARCH](_QUERY) if answers else None

    first, later = _times(prompt)
    found = documentation(js_names(tools), Defaults.docs_tokens)
    searches = _times(search)
    tokens = (size(prompt().text), size(found.text))
    form = found.kind if tools else "none"
    told = [f"{count:,}", *(f"{one // BYTES_PER_TOKEN:,}" for one in tokens), form]
    return [*told, *map(_milliseconds, (first, later, *searches))]


def _times(work: Callable[[], Any]) -> tuple[float, float]:
    """How long it takes the first time, and later, in seconds."""
    taken = []
    gc.collect()
    for _ in range(_ROUNDS):
        began_s = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began_s)
    return taken[0], statistics.median(taken[1:])


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or _COUNTS)
