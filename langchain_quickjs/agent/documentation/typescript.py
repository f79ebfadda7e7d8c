"""JSON Schemas and Python annotations written as TypeScript types, for the model to read.

Models read and write TypeScript well, and it is several times shorter than the JSON Schema that
says the same. The result is meant for reading: it is valid TypeScript wherever the schema has a
counterpart there, and `unknown` where it has none. Schemas may come from anywhere (an MCP server,
say), so nothing in them is taken for granted: whatever is malformed becomes `unknown`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

from langchain_quickjs.agent.documentation.comments import literal, one_line, shown
from langchain_quickjs.agent.documentation.constraints import constraints
from langchain_quickjs.interpreter.values.notation import property_name
from langchain_quickjs.script.arguments.tool_schemas import Schema, resolve

__all__ = ["Output", "Types"]

Output: TypeAlias = bool | Literal["json"]

_COMMENT_CHARS: Final = 120
_NOTES_CHARS: Final = 240
_LINE_CHARS: Final = 80
_NESTING: Final = 40

_SIMPLE: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*(\[\])*\Z")
_TAKEN: Final = frozenset(["Array", "Date", "Map", "Promise", "Record", "Set", "Uint8Array"])
_SCALARS: Final = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
# Only for values that the host hands to the script: there they are native values, while a
# script that calls a tool may write the text form.
_OUTPUT_FORMATS: Final = {"binary": "Uint8Array", "date-time": "Date", "duration": "number"}


class Types:
    """Writes schemas as types and collects the named types that they refer to.

    Objects behind a `$ref`, and everything recursive, become named types, so that a type used by
    several tools is told once and a recursive one ends. Two schemas that share a name but differ
    get different names (`Item`, `Item2`).

    Args:
        comment_chars: How long a description beside a member may be; 0 for no comments.

    Attributes:
        comment_chars: The same.
        has_cut: Whether one was longer.
    """

    def __init__(self, comment_chars: int = _COMMENT_CHARS) -> None:
        self.comment_chars = comment_chars
        self.has_cut = False
        self._names: dict[tuple[str, bool], str] = {}
        self._bodies: dict[str, str] = {}

    @property
    def declarations(self) -> tuple[str, ...]:
        """The named types met so far, each as `type Name = ...;`, in the order of first use."""
        return tuple(f"type {name} = {body};" for name, body in self._bodies.items())

    def write(self, schema: object, *, output: Output = False) -> str:
        """Writes one schema.

        Args:
            schema: A JSON Schema with its own definitions.
            output: Whether it describes what a script receives, rather than what it passes;
                `"json"` if that was JSON, in which dates and bytes are text.

        Returns:
            A type such as `string[]` or `{ id: string; limit?: number }`.
        """
        root = schema if isinstance(schema, Mapping) else {}
        return _Writer(self, root, output).write(schema, 0)

    def name_of(self, ref: str, root: Schema, output: Output) -> str | None:
        """Gives the name of the type at `ref`, or `None` where it is better written in place."""
        closure = _reachable_definitions(ref, root)
        target = closure.get(ref)
        # Only what refers to nothing else is written in place: no recursion and no doubling then.
        leaf = not any(True for _ in _references(target))
        if not isinstance(target, Mapping) or (leaf and not target.get("properties")):
            return None
        text = repr(closure)
        # Where no format is involved, both directions read the same and can share the name.
        key = (text, output is True and ("'format'" in text or "'uniqueItems'" in text))
        if key not in self._names:
            name = self._free_name(ref)
            self._names[key] = name
            self._bodies[name] = "unknown"  # holds the place while a recursive body is written
            body = _Writer(self, root, output).write(target, 0)
            self._bodies[name] = "unknown" if body == name else body
        return self._names[key]

    def _free_name(self, ref: str) -> str:
        stem = re.sub(r"\W+", "_", ref.rsplit("/", 1)[-1], flags=re.ASCII).strip("_") or "Type"
        if stem[0].isdigit():
            stem = f"T{stem}"
        name, number = stem, 1
        while name in self._bodies or name in _TAKEN:
            number += 1
            name = f"{stem}{number}"
        return name


class _Writer:
    """Writes the schemas of one document; `root` is what its references point into."""

    def __init__(self, types: Types, root: Schema, output: Output) -> None:
        self._types = types
        self._root = root
        self._output = output

    def write(self, schema: object, depth: int) -> str:
        if schema is False:
            return "never"
        if not isinstance(schema, Mapping) or depth > _NESTING:
            return "unknown"
        ref = schema.get("$ref")
        if isinstance(ref, str):
            return self._reference(ref, depth)
        if "const" in schema:
            return _literal(schema["const"])
        if isinstance(enum := schema.get("enum"), list) and enum:
            return " | ".join(dict.fromkeys(map(_literal, enum)))
        kind = schema.get("type")
        if kind in ("object", None) and isinstance(schema.get("properties"), Mapping):
            return self._object(schema, depth)
        for keyword, separator in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
            if isinstance(parts := schema.get(keyword), list) and parts:
                return self._combination(parts, separator, depth)
        if isinstance(kind, list):
            kinds = dict.fromkeys(one for one in kind if isinstance(one, str))
            return self._combination([{**schema, "type": one} for one in kinds], " | ", depth)
        if kind == "array":
            return self._array(schema, depth)
        if kind == "object":
            return self._object(schema, depth)
        if self._output is True and (native := _OUTPUT_FORMATS.get(str(schema.get("format")))):
            return native
        return _SCALARS.get(kind, "unknown") if isinstance(kind, str) else "unknown"

    def _reference(self, ref: str, depth: int) -> str:
        name = self._types.name_of(ref, self._root, self._output)
        if name is not None:
            return name
        return self.write(resolve(ref, self._root), depth + 1)

    def _combination(self, parts: list[object], separator: str, depth: int) -> str:
        written = list(dict.fromkeys(self.write(part, depth + 1) for part in parts))
        if separator == " & ":
            written = [part if _needs_no_brackets(part) else f"({part})" for part in written]
        elif not written or "unknown" in written:
            return "unknown"
        return separator.join(written)

    def _array(self, schema: Schema, depth: int) -> str:
        if isinstance(prefix := schema.get("prefixItems"), list) and prefix:
            return "[" + ", ".join(self.write(part, depth + 1) for part in prefix) + "]"
        item = self.write(schema.get("items"), depth + 1)
        if self._output is True and schema.get("uniqueItems") is True:
            return f"Set<{item}>"
        return f"{item}[]" if _needs_no_brackets(item) else f"Array<{item}>"

    def _object(self, schema: Schema, depth: int) -> str:
        properties = schema.get("properties")
        extra = schema.get("additionalProperties")
        if not isinstance(properties, Mapping) or not properties:
            value = self.write(extra, depth + 1) if isinstance(extra, Mapping) else "unknown"
            return f"Record<string, {value}>"
        required = schema.get("required")
        names = set(map(str, required)) if isinstance(required, list) else set()
        members = [self._member(str(k), v, str(k) in names, depth) for k, v in properties.items()]
        if extra is True or (isinstance(extra, Mapping) and extra):
            members.append((f"[key: string]: {self.write(extra, depth + 1)}", ""))
        line = "{ " + "; ".join(text for text, _ in members) + " }"
        if len(line) <= _LINE_CHARS and "\n" not in line and not any(c for _, c in members):
            return line
        lines = [f"{text};{comment}".replace("\n", "\n  ") for text, comment in members]
        return "{\n" + "".join(f"  {line}\n" for line in lines) + "}"

    def _member(self, name: str, schema: object, required: bool, depth: int) -> tuple[str, str]:
        written = self.write(schema, depth + 1)
        details = schema if isinstance(schema, Mapping) else {}
        if not required and details.get("default") is None and not self._output:
            # To leave it out means null here, so the shorter form says all that is needed.
            written = written.removesuffix(" | null")
        comment = self._comment(details) if self._types.comment_chars else ""
        return f"{_member_name(name)}{'' if required else '?'}: {written}", comment

    def _comment(self, details: Schema) -> str:
        most = self._types.comment_chars
        notes = constraints(details, default=not self._output)
        if isinstance(description := details.get("description"), str):
            notes.append(one_line(description, most))
            self._types.has_cut |= len(description) > most and notes[-1].endswith("…")
        text = "; ".join(filter(None, notes))
        return f" // {one_line(text, most + _NOTES_CHARS)}" if text else ""


def _needs_no_brackets(written: str) -> bool:
    """Tells whether a type can be part of a larger one without brackets around it."""
    return _SIMPLE.match(written) is not None


def _member_name(name: str) -> str:
    written = property_name(name)
    return written if written == shown(written) else literal(name)


def _literal(value: object) -> str:
    if value is None or isinstance(value, str | int | float):
        with contextlib.suppress(ValueError):
            return literal(value)
    return "unknown"


def _references(node: object) -> Iterator[str]:
    """Finds every reference that a schema mentions, however deep."""
    pending = [node]
    while pending:
        node = pending.pop()
        if isinstance(node, Mapping):
            if isinstance(ref := node.get("$ref"), str):
                yield ref
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def _reachable_definitions(ref: str, root: Schema) -> dict[str, object]:
    """Finds the definition at `ref` with every definition that it reaches."""
    found: dict[str, object] = {}
    pending = [ref]
    while pending:
        ref = pending.pop()
        if ref not in found:
            found[ref] = resolve(ref, root)
            pending.extend(_references(found[ref]))
    return found
