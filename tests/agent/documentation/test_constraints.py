"""What a schema says beyond a type stands in the comment."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import pytest
from langchain_core.tools import tool
from pydantic import Field, HttpUrl

from langchain_quickjs.agent.documentation.constraints import constraints
from langchain_quickjs.agent.documentation.declarations import signature


@pytest.mark.parametrize(
    ("schema", "notes"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 100}, "1 to 100"),
        ({"minimum": 0}, ">= 0"),
        ({"maximum": 2.5}, "<= 2.5"),
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 1}, "> 0, < 1"),
        ({"minimum": 1_000_000, "exclusiveMaximum": 9_999_999}, ">= 1000000, < 9999999"),
        ({"multipleOf": 0.25}, "multiple of 0.25"),
        ({"minLength": 1}, "at least 1 character"),
        ({"minLength": 0}, ""),
        ({"maxLength": 80}, "at most 80 characters"),
        ({"minLength": 2, "maxLength": 8}, "2 to 8 characters"),
        ({"minLength": 3, "maxLength": 3}, "3 characters"),
        ({"minItems": 1, "maxItems": 5, "uniqueItems": True}, "1 to 5 items, no item twice"),
        ({"minProperties": 2}, "at least 2 properties"),
        ({"pattern": "^[A-Z]-[0-9]+$"}, "matches /^[A-Z]-[0-9]+$/"),
        ({"pattern": "x" * 500}, ""),
        ({"format": "date-time"}, "date-time"),
        ({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, ">= 1"),
        ({"type": "array", "items": {"format": "email"}}, "each email"),
        ({"default": 20}, "= 20"),
        ({"default": None}, ""),
        ({"default": ["b", "a"], "uniqueItems": True}, '= ["b", "a"], no item twice'),
        ({"default": "x" * 100}, ""),
        ({"default": float("nan")}, ""),
        ({"default": object()}, ""),
        ({"examples": ["A-17", "B-2", "C-3"]}, 'e.g. "A-17", "B-2"'),
        ({"enum": ["a", "b"], "enumDescriptions": ["First.", "Last."]}, '"a": First., "b": Last.'),
        ({"oneOf": [{"const": 1, "description": "One."}, {"const": 2}]}, "1: One."),
        ({"minimum": "1", "maxLength": [], "format": 7, "examples": 3, "oneOf": 1}, ""),
        ({"minimum": True, "maximum": 10**400, "multipleOf": None, "items": 4}, ""),
    ],
)
def test_notes(schema: Any, notes: str) -> None:
    assert ", ".join(constraints(schema, default=True)) == notes


class Level(StrEnum):
    LOW = "low"
    HIGH = "high"


@tool
def notify(
    to: UUID,
    day: dt.date,
    site: HttpUrl | None = None,
    level: Level = Level.LOW,
    hours: Annotated[float, Field(gt=0, le=24, multiple_of=0.5)] = 1,
    codes: Annotated[list[str], Field(min_length=1)] = ["X"],  # noqa: B006
) -> None:
    """Notifies."""


def test_of_a_real_tool() -> None:
    assert signature(notify) == (
        "// Notifies.\n"
        "tools.notify(args: {\n"
        "  to: string; // uuid\n"
        "  day: string; // date\n"
        "  site?: string; // uri; 1 to 2083 characters\n"
        '  level?: "low" | "high"; // = "low"\n'
        "  hours?: number; // = 1; > 0; <= 24; multiple of 0.5\n"
        '  codes?: string[]; // = ["X"]; at least 1 item\n'
        "}): Promise<null>;"
    )
