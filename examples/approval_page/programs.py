"""What the page shows of a program: where it stands, and what it has done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from urllib.parse import urlencode

from langchain_quickjs import PendingCall

from .markup import NOTHING, Html, counted, cut, digest, tag

# How many lines of a long program are shown around those that wait.
NEAR_LINES = 8
SHORT_PROGRAM_LINES = 30


def context(calls: Sequence[PendingCall]) -> list[Html]:
    """Where a program stands, and what it has done."""
    first = calls[0]
    parts: list[Html] = []
    if first.source is not None:
        waiting = {call.line for call in calls if call.line}
        shown = listing(first.source, waiting, first.value["program"].get("first_line", 1))
        parts.append(tag("section", tag("h3", "The program"), shown))
    if first.calls_so_far:
        done = [done_line(one) for one in first.calls_so_far]
        parts.append(tag("section", tag("h3", "What it has done"), tag("ul", *done)))
    described = [tag("pre", cut(call.description)) for call in calls if call.description]
    if first.source is not None and described:
        summary = tag("summary", "All that is told of it")
        parts.append(tag("details", summary, *described))
    return parts


def history(calls: Sequence[PendingCall]) -> Html:
    """What a program has done, as a picture. It is apart from the page, and runs nothing."""
    program = calls[0].tool_call_id
    if program is None:
        return NOTHING
    version = digest([[call.interrupt_id, call.calls_so_far] for call in calls])
    query = {"thread": calls[0].thread_id, "program": program, "version": version}
    source = f"/timeline.svg?{urlencode(query)}"
    return tag("a", tag("img", src=source, alt="The timeline of the program"), href=source)


def done_line(text: str) -> Html:
    """One call that a program has made, as it is reported: `done: tool({...}) -> result`."""
    fate, colon, rest = text.partition(": ")
    return tag("li", tag("b", fate), " ", tag("code", rest)) if colon else tag("li", text)


def listing(source: str, waiting: Collection[int], first: int) -> Html:
    """A program with the lines that wait marked; of a long one, the rest is folded.

    Args:
        source: The program, or the part of it that is known.
        waiting: The numbers of the lines.
        first: The number of the first line of the source.
    """
    lines = source.rstrip("\n").split("\n")
    is_short = len(lines) <= SHORT_PROGRAM_LINES or not waiting

    def is_near(line: tuple[int, str]) -> bool:
        return is_short or any(abs(line[0] - one) <= NEAR_LINES for one in waiting)

    blocks: list[Html] = []
    for near, group in groupby(enumerate(lines, first), is_near):
        shown = [code_line(number, text, waits=number in waiting) for number, text in group]
        if not near:
            summary = tag("summary", f"… {counted(len(shown), 'line')} …")
            shown = [tag("details", summary, *shown)]
        blocks += shown
    return tag("div", *blocks, class_="program")


def code_line(number: int, text: str, *, waits: bool) -> Html:
    """One line of a program."""
    mark = tag("mark", "waits here") if waits else NOTHING
    shown = tag("code", text), mark
    return tag("div", tag("span", str(number)), *shown, class_="line waits" if waits else "line")
