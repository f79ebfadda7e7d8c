"""JSON Schemas as types, whatever the schema is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.agent.documentation.typescript import Types

KEYWORDS = st.sampled_from(
    [
        "type",
        "properties",
        "items",
        "anyOf",
        "allOf",
        "oneOf",
        "enum",
        "const",
        "$ref",
        "required",
        "additionalProperties",
        "prefixItems",
        "default",
        "description",
        "format",
        "uniqueItems",
        "$defs",
        "a",
    ]
)
LEAVES = st.sampled_from(
    [
        "object",
        "array",
        "string",
        "null",
        "#/$defs/a",
        "#/a",
        "#",
        "",
        "binary",
        1,
        -0.5,
        None,
        True,
    ]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=25,
)


@given(SCHEMAS, SCHEMAS, st.booleans())
def test_any_schema_becomes_some_type(schema: Any, definition: Any, output: bool) -> None:
    types = Types()
    root = {**schema, "$defs": {"a": definition}} if isinstance(schema, dict) else schema
    written = types.write(root, output=output)
    assert written
    assert all(line.startswith("type ") for line in types.declarations)


def test_a_schema_that_doubles_at_every_level_stays_small() -> None:
    levels = {
        f"n{i}": {
            "anyOf": [{"$ref": f"#/$defs/n{i + 1}"}, {"items": {"$ref": f"#/$defs/n{i + 1}"}}]
        }
        for i in range(30)
    }
    types = Types()
    types.write({"$ref": "#/$defs/n0", "$defs": levels})
    assert len("".join(types.declarations)) < 5000


@pytest.mark.parametrize("name", ["Record", "Promise", "Set", "Date"])
def test_no_type_takes_the_name_of_one_of_the_language(name: str) -> None:
    """Signatures have these, and mean those of the language."""
    schema = {
        "properties": {"a": {"$ref": f"#/$defs/{name}"}, "b": {"type": "object"}},
        "$defs": {name: {"properties": {"x": {"type": "string"}}}},
    }
    types = Types()
    assert types.write(schema) == f"{{ a?: {name}2; b?: Record<string, unknown> }}"
    assert types.declarations == (f"type {name}2 = {{ x?: string }};",)
