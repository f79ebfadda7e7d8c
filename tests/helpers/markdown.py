"""Markdown as people see it: blocks, and what stands in them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final, NamedTuple

import mistune

__all__ = ["Block", "blocks"]

# All that user interfaces add to CommonMark: what is nothing to all of it is nothing to anybody.
_PLUGINS: Final = ["strikethrough", "table", "url", "task_lists", "footnotes", "math", "def_list"]
_render: Final = mistune.create_markdown(escape=False, plugins=_PLUGINS)


class Block(NamedTuple):
    """One block of a document.

    Attributes:
        kind: Its HTML element.
        inside: The elements in it, in order.
        language: The language of a block of code.
        text: What people read in it.
    """

    kind: str
    inside: tuple[str, ...]
    language: str
    text: str


class _Blocks(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Block] = []
        self._open: list[str] = []
        self._inside: list[str] = []
        self._language = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._open:
            self._inside.append(tag)
        else:
            self._inside, self._language, self._text = [], "", ""
        self._language = (dict(attrs).get("class") or self._language).removeprefix("language-")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if not self._open:
            self.found.append(Block(tag, tuple(self._inside), self._language, self._text))

    def handle_data(self, data: str) -> None:
        assert self._open or not data.strip(), data
        self._text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def blocks(markdown: str) -> list[Block]:
    """The blocks of a document, as a browser reads what it is rendered to."""
    reader = _Blocks()
    rendered = _render(markdown)
    assert isinstance(rendered, str)
    reader.feed(rendered)
    reader.close()
    return reader.found
