"""Arguments in short, for people and models. What is exact stands elsewhere."""

from __future__ import annotations

import json
from typing import Any, Final

from langchain_quickjs.interpreter.words import shortened
from langchain_quickjs.script.weight import weight

__all__ = ["in_short"]

_MOST_CHARS: Final = 10_000
_PART_CHARS: Final = 1_000
_PARTS: Final = 20
_DEPTH: Final = 4


def in_short(args: Any, *, as_json: bool = False) -> str:
    """Arguments as text, all of them if they are not very large.

    Args:
        args: The arguments. Of very large ones only what is shown is looked at.
        as_json: Whether as JSON, else as Python writes them.
    """
    if weight(args, 2 * _MOST_CHARS) > 2 * _MOST_CHARS:
        args = _pruned(args, 0)
    try:
        text = _text(args, as_json)
    except ValueError:  # an integer of thousands of digits
        text = _text(_pruned(args, 0), as_json)
    return shortened(text, _MOST_CHARS)


def _text(args: Any, as_json: bool) -> str:
    return json.dumps(args, default=str, ensure_ascii=False) if as_json else str(args)


def _pruned(value: Any, depth: int) -> Any:
    """The same with less in it."""
    if isinstance(value, str):
        return shortened(value, _PART_CHARS)
    if isinstance(value, int) and value.bit_length() > _PART_CHARS:
        return "…"
    if isinstance(value, dict | list) and depth == _DEPTH:
        return "…"
    if isinstance(value, dict):
        items = [(key, value[key]) for key, _ in zip(value, range(_PARTS), strict=False)]
        less = {_pruned(key, depth): _pruned(item, depth + 1) for key, item in items}
        return less | ({"…": f"{len(value) - _PARTS} more"} if len(value) > _PARTS else {})
    if isinstance(value, list):
        less_items = [_pruned(item, depth + 1) for item in value[:_PARTS]]
        rest = len(value) - _PARTS
        return [*less_items, f"… {rest} more"] if rest > 0 else less_items
    return value if value is None or isinstance(value, bool | int | float) else "…"
