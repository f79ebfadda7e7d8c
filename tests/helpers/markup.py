"""HTML as a browser reads it: which elements are there, and what they say."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["Markup"]

_QUIET = {"b", "code", "details", "div", "pre", "span", "style", "summary", "table", "td", "tr"}


class Markup(HTMLParser):
    """Reads a text, and fails on anything that could do more than be seen."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._said: list[str] = []
        self._blocks: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        """All that it says."""
        return "".join(self._said)

    @property
    def blocks(self) -> list[str]:
        """What stands in each of its blocks of code."""
        return self._blocks

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _QUIET, tag
        assert {name for name, _ in attrs} <= {"class", "open", "style"}, attrs
        assert not any("url(" in (value or "") for _, value in attrs)
        self._open.append(tag)
        if tag == "pre":
            self._blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            assert "url(" not in data
            return
        self._said.append(data)
        if self._open and self._open[-1] == "pre":
            self._blocks[-1] += data
