"""The few elements of HTML that everything is made of.

Styles stand at the elements: front-ends drop style sheets and scripts of what they do not trust.
Text has the colour of its surroundings, and the rest is grey that is half transparent, so the same
HTML is good to read in light and in dark.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from langchain_quickjs.interpreter.display.texts import visible

__all__ = ["Bundle", "Mark", "Row", "card", "code", "details", "dot", "escaped", "muted", "table"]

Bundle = dict[str, str]
"""What a `_repr_mimebundle_` gives: texts by their MIME types."""

Mark = Literal["good", "bad", "waiting", "idle"]
"""What the coloured dot before a title says."""

_COLOURS: Final[dict[Mark, str]] = {
    "good": "#2e9e4f",
    "bad": "#d9453d",
    "waiting": "#d18a0b",
    "idle": "#7d8590",
}
_CARD: Final = (
    "border:1px solid rgba(128,128,128,.35);border-radius:6px;padding:.5em .8em;margin:.2em 0;"
    "max-width:60em;font-family:system-ui,sans-serif;font-size:13px;line-height:1.45;color:inherit"
)
_CODE: Final = (
    "margin:.3em 0;padding:.4em .6em;background:rgba(128,128,128,.12);border-radius:4px;"
    "white-space:pre-wrap;overflow-wrap:anywhere;max-height:22em;overflow:auto;color:inherit;"
    "font:12px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;text-align:left"
)
_CELL: Final = (
    "padding:.1em .9em .1em 0;text-align:left;vertical-align:top;border:0;background:none"
)


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        label: What it is about.
        content: HTML.
    """

    label: str
    content: str


def escaped(text: str, most: int = 2000) -> str:
    """Gives a text of anybody as HTML that shows it."""
    return html.escape(visible(text, most))


def muted(content: str) -> str:
    """Gives HTML that is less important."""
    return f'<span style="opacity:.7">{content}</span>'


def code(text: str, most: int = 10_000) -> str:
    """Gives a block of code or of printed text; a long one scrolls."""
    return f'<pre style="{_CODE}">{escaped(text, most)}</pre>'


def details(summary: str, content: str, *, is_open: bool = False) -> str:
    """Gives HTML that is folded below a summary, which is HTML too."""
    opened = " open" if is_open else ""
    return (
        f'<details{opened} style="margin:.3em 0">'
        f'<summary style="cursor:pointer">{summary}</summary>{content}</details>'
    )


def table(rows: Sequence[Row]) -> str:
    """Gives rows with their labels at the left."""
    body = "".join(
        f'<tr style="background:none"><td style="{_CELL};white-space:nowrap">'
        f'{muted(escaped(row.label))}</td><td style="{_CELL}">{row.content}</td></tr>'
        for row in rows
    )
    return f'<table style="border:0;border-collapse:collapse;margin:.3em 0">{body}</table>'


def card(mark: Mark, title: str, *parts: str) -> str:
    """Gives a box with a title and what is below it, all of it HTML."""
    return f'<div style="{_CARD}"><div>{dot(mark)} {title}</div>{"".join(parts)}</div>'


def dot(mark: Mark) -> str:
    """Gives a coloured dot."""
    return f'<span style="color:{_COLOURS[mark]}">●</span>'
