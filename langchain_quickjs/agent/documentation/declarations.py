"""One tool as scripts see it: what it does as comments, and its signature in TypeScript."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from langchain_core.tools import BaseTool

from langchain_quickjs.agent.documentation.comments import comment_lines, one_line
from langchain_quickjs.agent.documentation.docstrings import Docs, docs_of
from langchain_quickjs.agent.documentation.schemas import args_schema, result_schema
from langchain_quickjs.agent.documentation.typescript import Output, Types
from langchain_quickjs.script.arguments.tool_schemas import Schema
from langchain_quickjs.script.calls.js_names import camel_case
from langchain_quickjs.script.langgraph_internals.tools import function_of_tool

__all__ = [
    "BARE",
    "FULL",
    "SHORT",
    "WHOLE",
    "Declared",
    "Detail",
    "Facts",
    "declared",
    "facts_of",
    "signature",
]

_LINE_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is told.

    Attributes:
        summary_chars: How long the line on what a tool does may be, and that on its result.
        comment_chars: How long a description beside an argument may be; 0 for no comments there.
    """

    summary_chars: int
    comment_chars: int


WHOLE: Final = Detail(20_000, 4000)
FULL: Final = Detail(1000, 1000)
SHORT: Final = Detail(240, 120)
BARE: Final = Detail(_LINE_CHARS, 0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a tool.

    Attributes:
        name: The name that scripts use.
        docs: What its description says.
        args: The schema of its arguments, with what its description says of them.
        result: The schema of what it gives, and how that is to be read.
    """

    name: str
    docs: Docs
    args: Schema
    result: tuple[object, Output]


@dataclass(frozen=True, slots=True)
class Declared:
    """A tool in writing.

    Attributes:
        head: Comments on what it does.
        returns: Comments on what it gives.
        code: Its signature.
        is_cut: Whether one of these comments is shorter than what it is made of.
    """

    head: tuple[str, ...]
    returns: tuple[str, ...]
    code: str
    is_cut: bool

    def with_rest(self, rest: list[str]) -> list[str]:
        """All of it, with other comments in their place."""
        return [*self.head, *rest, *self.returns, self.code]


def facts_of(tool: BaseTool) -> Facts:
    """Finds out what is known of a tool. It takes about a millisecond."""
    args = args_schema(tool)
    properties = args.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    docs = _docs(tool, properties)
    described = {name: _described(part, docs.args.get(name)) for name, part in properties.items()}
    if described:
        args = {**args, "properties": described}
    return Facts(camel_case(tool.name), docs, args, result_schema(tool))


def declared(facts: Facts, types: Types, detail: Detail) -> Declared:
    """Writes a tool; the types that it refers to go to `types`."""
    args, parameter = facts.args, ""
    if args.get("properties") or args.get("additionalProperties"):
        optional = "" if args.get("required") else "?"
        parameter = f"args{optional}: {types.write({**args, 'type': 'object'})}"
    schema, output = facts.result
    result = types.write(schema, output=output)
    code = f"tools.{facts.name}({parameter}): Promise<{result}>;"
    most, docs = detail.summary_chars, facts.docs
    returns = f"Returns: {docs.returns}" if docs.returns and detail.comment_chars else ""
    head, end = _comment(docs.summary, most), _comment(returns, most)
    is_cut = types.has_cut or any(line.endswith("…") for line in (*head, *end))
    return Declared(head, end, code, is_cut)


def signature(tool: BaseTool, detail: Detail = WHOLE) -> str:
    """Writes a tool as scripts see it, in TypeScript.

    Injected arguments do not appear. The types that it refers to come first, then what the tool
    does as comments, then the declaration.

    Args:
        tool: The tool.
        detail: How much is told.

    Returns:
        For example `tools.lookupOrder(args: { id: string }): Promise<Order>;`.
    """
    types, facts = Types(detail.comment_chars), facts_of(tool)
    written = declared(facts, types, detail)
    rest = list(comment_lines(facts.docs.rest)) if detail is WHOLE else []
    return "\n".join([*types.declarations, *written.with_rest(rest)])


def _comment(text: str, most: int) -> tuple[str, ...]:
    line = one_line(text, most)
    return (f"// {line}",) if line else ()


def _docs(tool: BaseTool, names: Mapping[str, object]) -> Docs:
    docs = docs_of(tool.description, names)
    if docs.returns:
        return docs
    # LangChain may have taken the docstring apart, and left out what it says of the result.
    own = inspect.getdoc(function_of_tool(tool)) or ""
    if docs.summary and _squeezed(own).startswith(_squeezed(tool.description)):
        return Docs(docs.summary, docs.rest, docs.args, docs_of(own, names).returns)
    return docs


def _described(part: object, said: str | None) -> object:
    if not said or part is False or not isinstance(part, Mapping | bool):
        return part
    schema = part if isinstance(part, Mapping) else {}
    known = schema.get("description")
    return part if isinstance(known, str) and known.strip() else {**schema, "description": said}


def _squeezed(text: str) -> str:
    return " ".join(text.split())
