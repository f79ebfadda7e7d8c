"""Values in the manner of JSON, cut short for messages, all of it printable.

A value may be of any size and come from anybody: no more of it is looked at than is shown, except
of a model of Pydantic, which says itself what of it is to be seen, and does that at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sized
from datetime import datetime
from typing import Final, cast

from langchain_quickjs.interpreter.values.weight import is_small

__all__ = ["json_in_short", "quotable"]

_MAX_INT_BITS: Final = 256


def json_in_short(value: object, chars: int) -> str:
    """A value in the manner of JSON, cut where it gets too long."""
    if is_small(value):
        text = json.dumps(value, ensure_ascii=False)
        if len(text) <= chars and text.isprintable() and "\\" not in text:
            return text
    pieces: list[str] = []
    length = 0
    for piece in _pieces(value, chars):
        pieces.append(piece)
        length += len(piece)
        if length > chars:
            return "".join(pieces)[: chars - 1] + "…"
    return "".join(pieces)


def _pieces(value: object, chars: int) -> Iterator[str]:
    """A value as JSON, bit by bit, so that the caller can stop."""
    match value:
        case str():
            yield f'"{quotable(value, chars)}"'
        case Mapping():
            yield "{"
            for index, (key, item) in enumerate(value.items()):
                name = quotable(key, chars) if isinstance(key, str) else "…"
                yield f', "{name}": ' if index else f'"{name}": '
                yield from _pieces(item, chars)
            yield "}"
        case list() | tuple() | set() | frozenset():
            yield "["
            for index, item in enumerate(value):
                if index:
                    yield ", "
                yield from _pieces(item, chars)
            yield "]"
        case int() if value.bit_length() > _MAX_INT_BITS:
            yield "…"
        case None | bool() | int() | float():
            yield json.dumps(value)
        case datetime():
            yield f'"{value.isoformat()}"'
        case bytes():
            yield f"({len(value)} bytes)"
        case _:
            yield from _pieces_of_other(value, chars)


def _pieces_of_other(value: object, chars: int) -> Iterator[str]:
    """The same for what has no JSON; a class of somebody's own may raise anything."""
    from langchain_quickjs.interpreter.values.coerce import at_a_glance  # noqa: PLC0415 - large
    from langchain_quickjs.interpreter.values.tables import is_tabular  # noqa: PLC0415 - with it

    try:
        if is_tabular(type(value)):
            yield f"({len(cast('Sized', value))} rows)"
            return
        simpler = at_a_glance(value)
    except Exception:
        simpler = NotImplemented
    if simpler is NotImplemented:
        yield "…"
    else:
        yield from _pieces(simpler, chars)


def quotable(text: str, chars: int) -> str:
    """The beginning of a text as it can stand in quotation marks that it cannot close.

    Whatever is no printable character is escaped: line separators, and marks that turn the
    direction of writing, could make one line look like several, or like another.
    """
    if len(text) <= chars and text.isprintable() and '"' not in text and "\\" not in text:
        return text
    pieces: list[str] = []
    room = chars
    for character in text[: chars + 1]:
        plain = character.isprintable() and character not in '"\\'
        piece = character if plain else json.dumps(character)[1:-1]
        room -= len(piece)
        if room < 0:
            return "".join(pieces) + "…"
        pieces.append(piece)
    return "".join(pieces)
