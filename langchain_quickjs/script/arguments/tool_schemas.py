"""What single schemas of a JSON Schema document say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = [
    "Kinds",
    "Schema",
    "alternatives",
    "comparable",
    "declared_choices",
    "declared_kinds",
    "intersection",
    "list_or_empty",
    "prefix_schemas",
    "resolve",
    "schema_of_undeclared",
    "schemas_at",
    "takes_undeclared_names",
    "union",
]

Schema = Mapping[str, Any]
Kinds = frozenset[str] | None
"""Types that are taken; `None` for all. What takes integers has `whole`, beside its own type."""

_KINDS: Final = {
    "string": {"string"},
    "integer": {"integer", "whole"},
    "number": {"number", "whole"},
    "boolean": {"boolean"},
    "array": {"array"},
    "object": {"object"},
    "null": {"null"},
}
_LINKS: Final = frozenset({"$ref", "allOf", "anyOf", "oneOf"})
_NOTES: Final = frozenset(
    {"$defs", "default", "deprecated", "description", "examples", "readOnly", "title", "writeOnly"}
)


def resolve(ref: str, root: Schema) -> object:
    """Follows a JSON pointer inside the document; anything else is unknown."""
    if not ref.startswith("#/"):
        return None
    node: object = root
    for part in ref[2:].split("/"):
        if not isinstance(node, Mapping):
            return None
        node = node.get(part.replace("~1", "/").replace("~0", "~"))
    return node


def comparable(value: object) -> tuple[bool, object]:
    """A scalar in the form in which 1 is not true."""
    return isinstance(value, bool), value


def list_or_empty(value: object) -> list[Any]:
    """The value, if it is an array; else an empty one."""
    return value if isinstance(value, list) else []


def alternatives(schema: Schema) -> list[list[Any]]:
    """The lists of schemas of each of which one has to hold."""
    return [some for word in ("anyOf", "oneOf") if (some := list_or_empty(schema.get(word)))]


def declared_kinds(schema: Schema) -> Kinds:
    """The types that a schema itself takes."""
    declared = schema.get("type")
    names = declared if isinstance(declared, list) else [declared]
    kinds = [_KINDS[name] for name in names if isinstance(name, str) and name in _KINDS]
    if kinds:
        return frozenset().union(*kinds)
    if choices := declared_choices(schema):
        return frozenset().union(*(_kinds_of(value) for _, value in choices))
    return frozenset({"object"}) if isinstance(schema.get("properties"), Mapping) else None


def declared_choices(schema: Schema) -> frozenset[Any] | None:
    """The scalars that a schema itself takes, as `comparable` writes them, if it names them."""
    values = [schema["const"]] if "const" in schema else list_or_empty(schema.get("enum"))
    scalars = all(value is None or isinstance(value, str | int | float) for value in values)
    return frozenset(map(comparable, values)) if values and scalars else None


def _kinds_of(value: object) -> set[str]:
    match value:
        case None:
            return _KINDS["null"]
        case bool():
            return _KINDS["boolean"]
        case int():
            return _KINDS["integer"]
        case float():
            return _KINDS["number"]
    return _KINDS["string"]


def intersection(a: frozenset[Any] | None, b: frozenset[Any] | None) -> frozenset[Any] | None:
    """What two limits let through; `None` is no limit."""
    if a is None or b is None:
        return b if a is None else a
    return a & b


def union(some: Iterable[frozenset[Any] | None]) -> frozenset[Any] | None:
    """What any of some limits lets through; `None` is no limit."""
    found: frozenset[Any] = frozenset()
    for one in some:
        if one is None:
            return None
        found |= one
    return found


def _speaks_of(part: Schema, kind: str) -> bool:
    """Whether a schema that has nothing more to say lets all through that is of this type."""
    if _LINKS & part.keys():
        return False
    declared = part.get("type")
    return declared == kind or kind in list_or_empty(declared) or not part.keys() - _NOTES


def takes_undeclared_names(part: Schema, *, by_default: bool) -> bool:
    """Whether an object may have names that are not declared."""
    more = part.get("additionalProperties")
    if more is not None or part.get("patternProperties"):
        return more is not False
    if isinstance(part.get("properties"), Mapping):
        return by_default
    return _speaks_of(part, "object")


def schema_of_undeclared(part: Schema) -> object:
    """The schema of what has names that are not declared."""
    more = part.get("additionalProperties")
    return True if more is None or part.get("patternProperties") else more


def prefix_schemas(part: Schema) -> list[Any]:
    """The schemas of the first items of an array."""
    items = part.get("items")
    return items if isinstance(items, list) else list_or_empty(part.get("prefixItems"))


def schemas_at(part: Schema, index: int) -> list[object]:
    """The schema at an index of an array, if one says something of arrays."""
    prefix, items = prefix_schemas(part), part.get("items")
    if index < len(prefix):
        return [prefix[index]]
    if isinstance(items, Mapping | bool):
        return [items]
    return [True] if prefix or _speaks_of(part, "array") else []
