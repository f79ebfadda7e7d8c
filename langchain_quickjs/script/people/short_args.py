"""Arguments in short, for people and models. What is exact stands elsewhere."""

from __future__ import annotations

from typing import Any, Final

from langchain_quickjs.interpreter.values.weight import weight
from langchain_quickjs.quoting import shortened

__all__ = ["args_text"]

_MOST_CHARS: Final = 10_000
_PART_CHARS: Final = 1_000
_PARTS: Final = 20
_DEPTH: Final = 4


def args_text(args: Any) -> str:
    """Arguments as Python writes them, all of them if they are not very large.

    Args:
        args: The arguments. Of very large ones only what is shown is looked at.
    """
    if weight(args, 2 * _MOST_CHARS) > 2 * _MOST_CHARS:
        args = _pruned(args, 0)
    try:
        text = str(args)
    except ValueError:  # an integer of thousands of digits
        text = str(_pruned(args, 0))
    return shortened(text, _MOST_CHARS)


def _pruned(value: Any, depth: int) -> Any:
    """Gives the value with less in it."""
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
