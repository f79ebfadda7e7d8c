"""What a JSON Schema says about each place of a value, in the form that a conversion asks for.

A schema with alternatives is read as all of them at once: what is wanted at a place is what any of
them would take there. So a value is looked at once, however its alternatives are nested, and what
only one combination allows is left to the tool's own validation. Schemas may come from anywhere (an
MCP server, say): whatever is malformed says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from typing import Any, Final

from langchain_quickjs.interpreter.advice.near_names import did_you_mean, nearest, spelling
from langchain_quickjs.script.arguments.tool_schemas import (
    Kinds,
    Schema,
    alternatives,
    comparable,
    declared_choices,
    declared_kinds,
    intersection,
    list_or_empty,
    prefix_schemas,
    resolve,
    schema_of_undeclared,
    schemas_at,
    takes_undeclared_names,
    union,
)

__all__ = ["Wanted", "shown_name"]

_ANYTHING: Final[Schema] = {}
_NESTING: Final = 40
_LIKENESS: Final = 0.55
_NAMES_TOLD: Final = 5
_NAMES_LOOKED_AT: Final = 100
_NEAR_NAMES: Final = 2
_NAME_CHARS: Final = 60
_LISTED_CHARS: Final = 400

_FORMATS: Final = {
    "date-time": "date-time",
    "date": "date",
    "binary": "binary",
    "base64": "base64",
    "byte": "base64",
    "base64url": "base64url",
}


class Wanted:
    """What is wanted at one place of a value.

    Attributes:
        kinds: The types that are taken; `None` where nothing is said.
        formats: What text may stand for: `date-time`, `date`, `binary`, `base64`, `base64url`.
        choices: The scalars that are taken, as `comparable` writes them; `None` for all.
        needed: Names that an object must have.
        required: Those of them to look for. A model's own validation looks for all itself.
    """

    __slots__ = (
        "_document",
        "_items",
        "_members",
        "_open",
        "_others",
        "_parts",
        "_prefix",
        "_spellings",
        "choices",
        "formats",
        "kinds",
        "needed",
        "required",
    )

    def __init__(self, schemas: Sequence[object], document: _Document, *, root: bool) -> None:
        parts = list(document.parts(schemas))
        self._document = document
        self._parts = [part for part, _ in parts]
        limits = _Limits(document)
        self.kinds = union(limits.kinds(schema) for schema in schemas)
        self.choices = union(limits.choices(schema) for schema in schemas)
        self.formats = frozenset(
            _FORMATS[name]
            for part in self._parts
            for name in (str(part.get("format")), str(part.get("contentEncoding")))
            if name in _FORMATS
        )
        self.needed: frozenset[str] = frozenset(
            name
            for part, certain in parts
            if certain
            for name in list_or_empty(part.get("required"))
            if isinstance(name, str)
        )
        self.required: frozenset[str] = frozenset() if document.of_model else self.needed
        self._spellings: dict[str, str] | None = None
        self._members: dict[str, Any] = {}
        for part in self._parts:
            properties = part.get("properties")
            for name, schema in properties.items() if isinstance(properties, Mapping) else ():
                self._members.setdefault(str(name), []).append(schema)
        by_default = not document.of_model and not root
        self._open = [
            part for part in self._parts if takes_undeclared_names(part, by_default=by_default)
        ]
        self._others: Wanted | None = None
        self._prefix = max((len(prefix_schemas(part)) for part in self._parts), default=0)
        self._items: dict[int, Wanted] = {}

    @classmethod
    def of(cls, schema: Schema, *, of_model: bool) -> Wanted:
        """What a tool's schema wants of its arguments.

        Args:
            schema: The JSON Schema of an object.
            of_model: Whether a pydantic model has made it. Such a model drops what it does not
                know, so none of its objects takes a name that is not declared, and it validates
                itself afterwards. Otherwise that holds for the names of the arguments alone.
        """
        return cls([schema], _Document(schema, of_model), root=True)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are declared for an object."""
        return tuple(self._members)

    def member(self, name: str) -> Wanted | None:
        """What is wanted under a name of an object; `None` if it may not have the name."""
        member = self._members.get(name)
        if isinstance(member, list):
            member = self._members[name] = self._document.wanted(member)
        if isinstance(member, Wanted) or not self._open:
            return member
        if self._others is None:
            self._others = self._document.wanted(list(map(schema_of_undeclared, self._open)))
        return self._others

    def item(self, index: int) -> Wanted:
        """What is wanted at an index of an array."""
        place = min(index, self._prefix)  # Behind the longest prefix all are alike.
        if place not in self._items:
            self._items[place] = self._document.wanted(
                [item for part in self._parts for item in schemas_at(part, place)]
            )
        return self._items[place]

    def kind_words(self) -> str:
        """What is wanted, for an error message."""
        if self.kinds is None:
            return "a JSON value"
        text = "text"
        if "date-time" in self.formats or "date" in self.formats:
            text = "a Date or ISO text"
        elif self.formats:
            text = "text or bytes"
        numbers = self.kinds & {"number", "whole"}
        found = (
            ("string" in self.kinds, text),
            (bool(numbers), "a number" if "number" in numbers else "an integer"),
            ("boolean" in self.kinds, "true or false"),
            ("array" in self.kinds, "an array"),
            ("object" in self.kinds, "an object"),
            ("null" in self.kinds, "null"),
        )
        return " or ".join(word for there, word in found if there) or "left out"

    def choice_words(self) -> str:
        """The choices, for an error message."""
        values = sorted(json.dumps(value) for _, value in self.choices or ())
        return f"one of {_listed(values)}" if len(values) > 1 else _listed(values)

    def spelled_alike(self, name: str) -> str | None:
        """The declared name that is written with the same letters, in another manner."""
        if self._spellings is None:
            self._spellings = {spelling(known): known for known in reversed(self._members)}
        return self._spellings.get(spelling(name[:_NAME_CHARS]))

    def names_words(self, unknown: Sequence[str], given: Collection[str]) -> str:
        """What to say of the names of an object.

        Args:
            unknown: Those that it may not have.
            given: All that it has.
        """
        alike = {name: self.spelled_alike(name) for name in unknown[:_NAMES_TOLD]}
        others = [name for name, meant in alike.items() if meant is None][:_NEAR_NAMES]
        near = [nearest(name[:_NAME_CHARS], self._members, _LIKENESS) for name in others]
        said = [f"has no {shown_name(n)}{_write(meant)}" for n, meant in alike.items()]
        if lacking := self._lacking({*given, *alike.values(), *near}):
            said.append(f"lacks {', '.join(map(shown_name, lacking[:_NAMES_TOLD]))}")
        if not unknown:
            return "; ".join(said)
        takes = _listed([shown_name(known) for known in self._members]) or "no names"
        meant = [shown_name(name) for name in near if name is not None]
        return f"{'; '.join(said)}; it takes {takes}.{did_you_mean(*meant)}"

    def _lacking(self, there: Set[str | None]) -> list[str]:
        """The names that an object must have besides these; two names may stand for one field."""
        stand_for = {id(self.member(name)) for name in there if name in self._members}
        lacking = sorted(self.needed - there)[:_NAMES_LOOKED_AT]
        return [name for name in lacking if id(self.member(name)) not in stand_for]


class _Document:
    """A schema, with what its places want; its parts live as long as it, so ids stand for them."""

    __slots__ = ("_wanted", "of_model", "root")

    def __init__(self, root: Schema, of_model: bool) -> None:
        self.root = root
        self.of_model = of_model
        self._wanted: dict[frozenset[int], Wanted] = {}

    def wanted(self, schemas: list[object]) -> Wanted:
        """What any of these wants; nothing is said where there are none."""
        schemas = schemas or [True]
        key = frozenset(map(id, schemas))
        if key not in self._wanted:
            self._wanted[key] = Wanted(schemas, self, root=False)
        return self._wanted[key]

    def parts(self, schemas: Sequence[object]) -> Iterator[tuple[Schema, bool]]:
        """All schemas that speak about a place, and of each whether it does so in any case."""
        seen: set[int] = set()
        some = [schema for schema in schemas if schema is not False]
        pending = [(schema, len(some) == 1) for schema in reversed(some)]
        while pending:
            schema, certain = pending.pop()
            if not isinstance(schema, Mapping):
                schema = _ANYTHING
            if id(schema) not in seen:
                seen.add(id(schema))
                yield schema, certain
                links = [(part, certain) for part in self.besides(schema)]
                links += [(part, False) for some in alternatives(schema) for part in some]
                pending.extend(reversed(links))

    def besides(self, schema: Schema) -> list[object]:
        """What holds as well."""
        ref = schema.get("$ref")
        target = [resolve(ref, self.root)] if isinstance(ref, str) else []
        return [*target, *list_or_empty(schema.get("allOf"))]


class _Limits:
    """Finds out what schemas take. Each is looked at once, because there may be circles."""

    def __init__(self, document: _Document) -> None:
        self._document = document
        self._kinds: dict[int, Kinds] = {}
        self._choices: dict[int, frozenset[Any] | None] = {}

    def kinds(self, schema: object, depth: int = 0) -> Kinds:
        """The types that a schema takes."""
        if not isinstance(schema, Mapping) or depth > _NESTING:
            return None if schema is not False else frozenset()
        if id(schema) not in self._kinds:
            self._kinds[id(schema)] = frozenset()  # what a schema adds that is part of itself
            kinds = declared_kinds(schema)
            for part in self._document.besides(schema):
                kinds = intersection(kinds, self.kinds(part, depth + 1))
            for some in alternatives(schema):
                kinds = intersection(kinds, union(self.kinds(part, depth + 1) for part in some))
            if kinds is not None and schema.get("nullable") is True:
                kinds |= {"null"}
            self._kinds[id(schema)] = kinds
        return self._kinds[id(schema)]

    def choices(self, schema: object, depth: int = 0) -> frozenset[Any] | None:
        """The scalars that a schema takes, where it names them."""
        if not isinstance(schema, Mapping) or depth > _NESTING:
            return None
        if self.kinds(schema) == frozenset({"null"}):
            return frozenset({comparable(None)})
        if id(schema) not in self._choices:
            self._choices[id(schema)] = frozenset()
            choices = declared_choices(schema)
            for part in self._document.besides(schema):
                choices = intersection(choices, self.choices(part, depth + 1))
            for some in alternatives(schema):
                found = union(self.choices(part, depth + 1) for part in some)
                choices = intersection(choices, found)
            self._choices[id(schema)] = choices
        return self._choices[id(schema)]


def shown_name(name: str) -> str:
    """A name for an error message: on one line, and not long."""
    cut = name if len(name) <= _NAME_CHARS else f"{name[:_NAME_CHARS]}…"
    return f"`{cut}`" if cut.isprintable() else f"`{json.dumps(cut)[1:-1]}`"


def _write(meant: str | None) -> str:
    return "" if meant is None else f": write {shown_name(meant)}"


def _listed(words: Sequence[str]) -> str:
    """Joins as many of the words as there is room for, and says how many are left out."""
    kept: list[str] = []
    room = _LISTED_CHARS
    for word in words:
        room -= len(word)
        if room < 0:
            return ", ".join([*kept, f"… ({len(words) - len(kept)} more)"])
        kept.append(word)
    return ", ".join(kept)
