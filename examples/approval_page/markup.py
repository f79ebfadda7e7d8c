"""Texts and HTML in which nothing is hidden.

All that is shown was written by a model, or by whoever talks to it. So whatever becomes HTML is
escaped, and characters that hide or reorder others are spelt out.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

# What is longer is shown from its beginning, and whole on a page of its own.
MOST_CHARS = 10_000


class Html(str):
    """Text that is HTML. Any other text is escaped where it becomes a part of one."""

    __slots__ = ()


NOTHING = Html("")
ODD = re.compile(r"[^\x20-\x7e\n\t]")
# Nothing is seen of these, although they count as letters or marks.
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")
VOID = ("img", "input", "link", "meta")


def tag(kind: str, /, *inside: str, **attributes: str | bool) -> Html:
    """An element. Of its attributes, `class_` is written `class`, and `data_x` `data-x`."""
    opening = f"<{kind}"
    for key, value in attributes.items():
        written = key.rstrip("_").replace("_", "-")
        if value is True:
            opening += f" {written}"
        elif value is not False:
            opening += f' {written}="{html.escape(value)}"'
    return Html(f"{opening}>") if kind in VOID else Html(f"{opening}>{joined(inside)}</{kind}>")


def joined(parts: Iterable[str]) -> Html:
    """Many pieces as one."""
    return Html("".join(one if isinstance(one, Html) else visible(one) for one in parts))


def visible(text: str) -> Html:
    """A text as HTML. What cannot be seen in it, or reorders what can, is spelt out."""

    def shown(found: re.Match[str]) -> str:
        char = found[0]
        return f'<span class="odd">U+{ord(char):04X}</span>' if is_hidden(char) else char

    return Html(ODD.sub(shown, html.escape(text)))


def is_hidden(char: str) -> bool:
    """Whether a character cannot be seen, or changes how others are shown."""
    return unicodedata.category(char)[0] in "CZ" or UNSEEN.match(char) is not None


def as_json(value: object, indent: int | None = 2) -> str:
    """A value in JSON, all characters of which can be seen."""

    def shown(found: re.Match[str]) -> str:
        return json.dumps(found[0])[1:-1] if is_hidden(found[0]) else found[0]

    return ODD.sub(shown, json.dumps(value, ensure_ascii=False, indent=indent, default=repr))


def versioned(
    name: str, key: str, *inside: str, form: Mapping[str, str] | None = None, **rest: str
) -> Html:
    """An element that the page's script replaces when anything in it has changed."""
    body = joined(inside)
    return tag(name, hidden(form or {}), body, id=key, data_version=digest(body), **rest)


def hidden(fields: Mapping[str, str]) -> Html:
    """What a form sends along."""
    return joined(
        tag("input", type="hidden", name=key, value=value) for key, value in fields.items()
    )


def moment(when: datetime, kind: str = "") -> Html:
    """A time. The page's script adds how far from now it is."""
    at = when.astimezone(UTC)
    text = f"{at.day} {at:%b}, {at:%H:%M} UTC"
    return tag("time", text, datetime=at.isoformat(timespec="seconds"), data_kind=kind)


def in_short(text: str, most: int = 70) -> str:
    """A text in one line, or its beginning."""
    text = " ".join(text[: 4 * most].split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def counted(count: int, what: str) -> str:
    """A number of things."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def digest(*parts: object) -> str:
    """A short name for what is given."""
    text = json.dumps(parts, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def cut(text: str, more: str = "") -> Html:
    """A text, or its beginning and where the rest is to be seen."""
    if len(text) <= MOST_CHARS:
        return visible(text)
    left = f"… and {len(text) - MOST_CHARS:,} more characters"
    link = tag("a", "See it whole", href=more, target="_blank") if more else NOTHING
    return joined([text[:MOST_CHARS], tag("strong", left, class_="alert"), link])
