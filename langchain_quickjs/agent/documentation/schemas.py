"""The JSON Schemas of what a tool takes and of what its function returns.

A schema that is too large to be told is not told: what reads it would take as long as it is large.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import GenericAlias, SimpleNamespace, UnionType
from typing import (
    Any,
    Final,
    NotRequired,
    Required,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from langchain_core.messages import BaseMessage, content
from langchain_core.tools import BaseTool, Tool
from langgraph.types import Command
from pydantic import BaseModel, PydanticUserError, TypeAdapter
from typing_extensions import TypedDict

from langchain_quickjs.agent.documentation.typescript import Output
from langchain_quickjs.interpreter.values.tables import Table, is_table_class
from langchain_quickjs.script.langgraph_internals.tools import function_of_tool, output_schema_of

__all__ = ["args_schema", "declared_fields", "result_schema"]

_MOST_CHARS: Final = 128 * 1024
# Below Python 3.12 pydantic refuses the `TypedDict` of Python, and wants that of typing_extensions.
_REFUSED_MODULE: Final = "typing" if sys.version_info < (3, 12) else None


def args_schema(tool: BaseTool) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments, without injected ones."""
    schema = {key: part for key, part in _args_schema(tool).items() if key != "description"}
    return schema if _is_moderate(schema) else {"additionalProperties": True}


def result_schema(tool: BaseTool) -> tuple[object, Output]:
    """The JSON Schema of what scripts get from a tool, and how it is to be read.

    Returns:
        The schema, or `None` if it is not known; `"json"` if the tool itself declares it, whose
        results come from elsewhere as JSON.
    """
    declared = output_schema_of(tool)
    if declared is not None:
        return (declared if _is_moderate(declared) else None), "json"
    schema = _result_schema(function_of_tool(tool), tool.response_format)
    return (schema if _is_moderate(schema) else None), True


def declared_fields(tool: BaseTool | None) -> frozenset[str]:
    """The names of all fields that a tool declares for what it returns, at whatever depth."""
    if tool is None:
        return frozenset()
    found: set[str] = set()
    open_: list[object] = [result_schema(tool)[0]]
    while open_:
        schema = open_.pop()
        if isinstance(schema, Mapping):
            properties = schema.get("properties")
            found.update(map(str, properties if isinstance(properties, Mapping) else ()))
            open_.extend(schema.values())
        elif isinstance(schema, list):
            open_.extend(schema)
    return frozenset(found)


def _is_moderate(schema: object) -> bool:
    try:
        return len(repr(schema)) <= _MOST_CHARS
    except RecursionError:
        return False


def _args_schema(tool: BaseTool) -> dict[str, Any]:
    if isinstance(tool, Tool) and tool.args_schema is None:
        # A function of one string; LangChain accepts the argument under any name.
        return {"properties": {"input": {"type": "string"}}, "required": ["input"]}
    try:
        schema = tool.tool_call_schema
        if isinstance(schema, dict):
            return schema
        return schema.model_json_schema() if issubclass(schema, BaseModel) else schema.schema()
    except (PydanticUserError, NameError, ValueError):
        # Argument types without a JSON Schema: the tool can still be called.
        return {"additionalProperties": True}


# Pydantic takes about a millisecond for it, and the prompt is written before every model call.
@lru_cache(maxsize=512)
def _result_schema(function: Callable[..., Any], response_format: str) -> object:
    """Gives the JSON Schema of what a tool's function returns, or `None` if it is not known."""
    try:
        annotation = _return_annotation(function)
        if response_format == "content_and_artifact":  # scripts get the content
            pair = get_args(annotation) if get_origin(annotation) is tuple else ()
            annotation = pair[0] if len(pair) == 2 else Any
        # As the item of a list, a class becomes a reference, which gives its type a name.
        items: Any = GenericAlias(list, (_readable(annotation, {}),))
        schema = TypeAdapter(items).json_schema(mode="serialization")
    except (PydanticUserError, NameError, AttributeError, SyntaxError, TypeError, ValueError):
        return None
    return {"$defs": schema.get("$defs", {}), **schema["items"]}


def _return_annotation(function: Callable[..., Any]) -> Any:
    annotation = inspect.signature(function).return_annotation
    if annotation is inspect.Signature.empty:
        return Any
    # The parameters' annotations may name things that exist for type checkers only, so the
    # return annotation is evaluated without them.
    holder = SimpleNamespace(__annotations__={"return": annotation})
    names = getattr(inspect.unwrap(function), "__globals__", {})
    return _what_scripts_get(get_type_hints(holder, globalns=names, include_extras=True)["return"])


def _readable(annotation: Any, known: dict[Any, Any]) -> Any:
    """The type with what pydantic reads in the place of each `TypedDict` that it refuses.

    Args:
        annotation: The type.
        known: What stands in the place of those that were seen.
    """
    kind = annotation if is_typeddict(annotation) else get_origin(annotation)
    if is_typeddict(kind) and type(kind).__module__ == _REFUSED_MODULE:
        if kind not in known:
            known[kind] = Any  # inside of itself
            known[kind] = _copied(kind, known)
        return known[kind]
    given = get_args(annotation)
    args = tuple(_readable(one, known) for one in given)
    if all(one is other for one, other in zip(args, given, strict=True)):
        return annotation
    if kind in (Union, UnionType):
        return Union[args]  # noqa: UP007 - built from a tuple
    return cast("Any", kind)[args if len(args) > 1 else args[0]]


def _copied(kind: Any, known: dict[Any, Any]) -> Any:
    """The `TypedDict` of typing_extensions that has the fields of one of Python's."""
    fields = get_type_hints(kind, include_extras=True)
    for name, hint in fields.items():
        fields[name] = field = _readable(hint, known)
        if name not in kind.__required_keys__ and get_origin(field) not in (Required, NotRequired):
            fields[name] = NotRequired[field]
    made = cast("Any", TypedDict)(kind.__name__, fields)
    made.__doc__ = kind.__doc__
    return made


def _what_scripts_get(annotation: Any) -> Any:
    """Gives the type of what a script gets: of a message to the agent, the content.

    Of content blocks it gets what is in them, which their type does not say.
    """
    if get_origin(annotation) in (Union, UnionType):
        members = [_what_scripts_get(member) for member in get_args(annotation)]
        known = [member for member in members if member is not Any]
        return Union[tuple(known)] if known else Any  # noqa: UP007 - built from a list
    if annotation is Command or get_origin(annotation) is Command:
        return Any
    if get_origin(annotation) in (list, Sequence) and any(map(_is_block, get_args(annotation))):
        return Any
    if is_table_class(annotation):
        return Table
    if isinstance(annotation, type) and issubclass(annotation, BaseMessage):
        return str
    return annotation


def _is_block(annotation: Any) -> bool:
    """Whether a type is one of LangChain's content blocks, or one of some."""
    some = (annotation, *get_args(annotation))
    return any(getattr(one, "__module__", None) == content.__name__ for one in some)
