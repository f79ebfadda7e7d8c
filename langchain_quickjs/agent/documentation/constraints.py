"""What a JSON Schema says of a value beyond its type, in few words for a comment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from langchain_quickjs.agent.documentation.comments import literal, one_line
from langchain_quickjs.script.arguments.tool_schemas import Schema, list_or_empty

__all__ = ["constraints"]

_VALUE_CHARS: Final = 40
_PATTERN_CHARS: Final = 60
_FORMAT_CHARS: Final = 30
_CHOICES: Final = 12
_EXAMPLES: Final = 2
_UNITS: Final = (("Length", "character"), ("Items", "item"), ("Properties", "property"))


def constraints(schema: Schema, *, default: bool) -> list[str]:
    """Tells of formats, ranges, defaults and examples.

    Args:
        schema: The schema of one value.
        default: Whether it is a value that may be left out, so that its default counts.
    """
    notes = list(_default(schema)) if default else []
    notes += _of_value(_only_part(schema))
    items = schema.get("items")
    if isinstance(items, Mapping) and (each := list(_of_value(items))):
        notes.append(f"each {', '.join(each)}")
    choices = [*_choices(schema)][: _CHOICES + 1]
    notes += choices if len(choices) <= _CHOICES else [*choices[:-1], "…"]
    if examples := [*_values(list_or_empty(schema.get("examples")))][:_EXAMPLES]:
        notes.append(f"e.g. {', '.join(examples)}")
    return notes


def _only_part(schema: Schema) -> Schema:
    """The schema itself; of what may be null, the schema of what is not."""
    parts = [part for part in list_or_empty(schema.get("anyOf")) if isinstance(part, Mapping)]
    parts = [part for part in parts if part.get("type") != "null"]
    return {**parts[0], **schema} if len(parts) == 1 else schema


def _default(schema: Schema) -> Iterator[str]:
    if (value := schema.get("default")) is not None:
        yield from (f"= {text}" for text in _values([value]))


def _of_value(schema: Schema) -> Iterator[str]:
    if isinstance(form := schema.get("format"), str) and form:
        yield one_line(form, _FORMAT_CHARS)
    yield from _range(schema)
    if (step := _number(schema.get("multipleOf"))) is not None:
        yield f"multiple of {step:g}"
    for suffix, unit in _UNITS:
        yield from _size(schema.get(f"min{suffix}"), schema.get(f"max{suffix}"), unit)
    if isinstance(pattern := schema.get("pattern"), str) and 0 < len(pattern) <= _PATTERN_CHARS:
        yield f"matches /{one_line(pattern, _PATTERN_CHARS)}/"
    if schema.get("uniqueItems") is True:
        yield "no item twice"


def _range(schema: Schema) -> Iterator[str]:
    least, most = _number(schema.get("minimum")), _number(schema.get("maximum"))
    above, below = _number(schema.get("exclusiveMinimum")), _number(schema.get("exclusiveMaximum"))
    if least is not None and most is not None:
        yield f"{least:.10g} to {most:.10g}"
        least = most = None
    signs = ((">=", least), (">", above), ("<=", most), ("<", below))
    yield from (f"{sign} {bound:.10g}" for sign, bound in signs if bound is not None)


def _size(least: object, most: object, unit: str) -> Iterator[str]:
    low, high = _number(least) or 0, _number(most)
    many = f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"
    if high is not None:
        span = f"{low:g} to {high:g}" if low not in (0, high) else f"{high:g}"
        yield f"{'at most ' if not low else ''}{span} {unit if high == 1 else many}"
    elif low > 0:
        yield f"at least {low:g} {unit if low == 1 else many}"


def _choices(schema: Schema) -> Iterator[str]:
    """What values mean that are listed one by one."""
    for word in ("oneOf", "anyOf"):
        for part in list_or_empty(schema.get(word)):
            if isinstance(part, Mapping) and "const" in part:
                yield from _meaning(part["const"], part.get("description") or part.get("title"))
    meanings = list_or_empty(schema.get("enumDescriptions"))
    for value, meaning in zip(list_or_empty(schema.get("enum")), meanings, strict=False):
        yield from _meaning(value, meaning)


def _meaning(value: object, meaning: object) -> Iterator[str]:
    if isinstance(meaning, str) and (said := one_line(meaning, _PATTERN_CHARS)):
        yield from (f"{text}: {said}" for text in _values([value]))


def _values(values: list[Any]) -> Iterator[str]:
    """Those of the values that can be written in few characters."""
    for value in values:
        if isinstance(value, str | list | dict) and len(value) > _VALUE_CHARS:
            continue
        try:
            text = literal(value)
        except (TypeError, ValueError, RecursionError):
            continue
        if len(text) <= _VALUE_CHARS:
            yield text


def _number(value: object) -> float | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return float(value) if fits else None  # type: ignore[arg-type]
    except OverflowError:
        return None
