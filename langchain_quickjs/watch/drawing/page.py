"""A program's story as HTML, with a list of its calls below the picture, and as plain text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from langchain_quickjs.watch.drawing.chart import chart
from langchain_quickjs.watch.drawing.style import PAGE_STYLE
from langchain_quickjs.watch.drawing.texts import clock, duration, escaped, lines_of, one_line
from langchain_quickjs.watch.drawing.told import ToldCall, ToldStory

__all__ = ["fragment", "page", "plain"]

_CONSOLE_LINES: Final = 100
_CONSOLE_CHARS: Final = 500
_HEADS: Final = ("", "Call", "Line", "Made after", "Ran", "Waited", "What came of it")


def page(story: ToldStory, title: str) -> str:
    """A complete page. It runs nothing and loads nothing."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escaped(one_line(title, 80))}</title></head>"
        f'<body class="qjs-page">{_style()}{_picture_and_calls(story, title)}</body></html>\n'
    )


def fragment(story: ToldStory, title: str) -> str:
    """The same as a part of a page."""
    return f'<div class="qjs-page">{_style()}{_picture_and_calls(story, title)}</div>'


def plain(story: ToldStory, title: str) -> str:
    """The story as plain text."""
    head = f"{one_line(title, 80)}: {story.status}. {story.summary}. Began {clock(story.began_s)}."
    return "\n".join((head, *_plain_calls(story), *_plain_console(story)))


def _style() -> str:
    return f"<style>{PAGE_STYLE}</style>"


def _picture_and_calls(story: ToldStory, title: str) -> str:
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    rows = "".join(_html_row(call, story) for call in story.calls)
    console = "\n".join(lines_of(story.console.rstrip(), _CONSOLE_LINES, _CONSOLE_CHARS))
    calls = f"<h2>Calls</h2><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    more = f'<p class="qjs-dim">and {story.omitted} more calls</p>' if story.omitted else ""
    printed = f"<h2>It printed</h2><pre>{escaped(console)}</pre>" if console else ""
    return f"{chart(story, title)}{calls if story.calls else ''}{more}{printed}"


def _html_row(call: ToldCall, story: ToldStory) -> str:
    bad = ' class="qjs-bad"' if call.failed else ""
    cells = (
        f'<td class="qjs-dim">{call.number}</td>',
        f"<td><code><b>{escaped(call.tool)}</b>({escaped(call.args)})</code></td>",
        f"<td>{call.line or ''}</td>",
        f'<td class="qjs-nowrap">{duration(call.began_s - story.began_s)}</td>',
        f'<td class="qjs-nowrap">{_ran(call)}</td>',
        f'<td class="qjs-nowrap">{_waited(call)}</td>',
        f"<td{bad}>{escaped(call.came_to)}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _plain_calls(story: ToldStory) -> Iterator[str]:
    for call in story.calls:
        line = "" if call.line is None else f", line {call.line}"
        waited = f", waited {_waited(call)}" if call.waited else ""
        ran = f", ran {_ran(call)}" if call.ran else ""
        made = duration(call.began_s - story.began_s)
        yield f"  after {made}: {call.name}{line}{waited}{ran}: {call.came_to}"
    if story.omitted:
        yield f"  and {story.omitted} more calls"


def _plain_console(story: ToldStory) -> Iterator[str]:
    lines = lines_of(story.console.rstrip(), _CONSOLE_LINES, _CONSOLE_CHARS)
    if any(lines):
        yield "It printed:"
        yield from (f"  {line}" for line in lines)


def _ran(call: ToldCall) -> str:
    return duration(sum(end - begin for begin, end in call.ran)) if call.ran else ""


def _waited(call: ToldCall) -> str:
    return duration(call.waited[1] - call.waited[0]) if call.waited else ""
