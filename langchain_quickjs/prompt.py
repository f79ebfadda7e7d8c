"""What the model is told: names, signatures, the tool's description and the system prompt.

Pure functions from tools and limits to text. Every character here is paid for in every model
call, so each sentence has to change what the model does. The texts are held by the snapshots in
`tests/snapshots`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from types import GenericAlias, SimpleNamespace, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from langchain_core.messages import BaseMessage
from langchain_core.tools import BaseTool, Tool
from langgraph.types import Command
from pydantic import BaseModel, PydanticUserError, TypeAdapter

from langchain_quickjs.errors import ToolNameError
from langchain_quickjs.typescript import Types, one_line

__all__ = [
    "Mode",
    "camel_case",
    "eval_code_description",
    "eval_tool_description",
    "js_names",
    "signature",
    "system_prompt_section",
]

Mode = Literal["thread", "turn", "call"]

_WORD: Final = re.compile(r"[A-Za-z0-9$]+")
_DESCRIPTION_CHARS: Final = 240

_EVAL_DESCRIPTION: Final = (
    "Runs a JavaScript program in a sandbox and returns the value of its last expression, with "
    "what it printed. Use it to compute, and to do in one program what would take several tool "
    "calls. {state}"
)

_CODE_DESCRIPTION: Final = (
    "The JavaScript program. Top-level `await` works; the last expression is the result."
)

_STATE: Final = {
    "call": "Each program starts afresh; nothing is kept from earlier ones.",
    "turn": "Variables are kept for later programs until you have answered the user.",
    "thread": "Variables are kept for later programs of this conversation.",
}

_SECTION: Final = """\
## `{tool_name}`: JavaScript programs

One program is better than several tool calls when you would loop, call for many items, feed one \
result into the next call, or filter, join or count data. Write the whole job as one program and \
return only what you need to read. For a single call, use the tool itself if you have it.

- The value of the last expression is the result (an object needs brackets: `({{ a, b }})`); \
`console.log` output comes with it. Each is cut at {max_result_chars} characters.
- {state}
- Nothing reaches the outside but {reach}: there is no `fetch`, `require`, `import`, `process`, \
file system or network. `Date.now()` stands still while code runs, so never wait on the clock.
- {limits}"""

_TOOLS: Final = """

### `tools` in programs

`await tools.name({ ... })` takes and gives native JavaScript values: objects, arrays, numbers. Do \
not `JSON.parse` results. Make independent calls together: \
`await Promise.all(ids.map((id) => tools.name({ id })))`. A call that fails throws an `Error` that \
you can catch.

```ts
{declarations}
```"""

_APPROVALS: Final = """

A person has to approve: {names}. The program stops at such a call and goes on from there by \
itself once there is an answer, so write it straight through: call and use the result as usual, \
never poll, retry or ask first. If the person refuses, the call throws an `Error` with their \
words."""


def camel_case(tool_name: str) -> str:
    """The name under which scripts call a tool.

    Words may be separated by anything that is not a letter or digit: `lookup_order`,
    `lookup-order` and `orders.lookup` become `lookupOrder`, `lookupOrder` and `ordersLookup`. The
    first word stays as it is, unless the whole name is in capitals.

    Args:
        tool_name: The tool's own name.

    Returns:
        A JavaScript identifier of ASCII characters.

    Raises:
        ToolNameError: The name has no ASCII letter or digit, or letters outside ASCII.
    """
    words = _WORD.findall(tool_name.lower() if tool_name.isupper() else tool_name)
    foreign = any(c.isalnum() and not c.isascii() for c in tool_name)
    if not words or foreign:
        raise ToolNameError(
            f"The tool name {tool_name!r} cannot be written as a JavaScript name: rename the tool "
            "to ASCII letters, digits, '_', '-' and '.'."
        )
    name = words[0] + "".join(word[0].upper() + word[1:] for word in words[1:])
    return f"_{name}" if name[0].isdigit() else name


def js_names(tools: Iterable[BaseTool]) -> dict[str, BaseTool]:
    """The tools by the names that scripts use, in the given order.

    Raises:
        ToolNameError: Two tools would share a name, or one cannot have any.
    """
    named: dict[str, BaseTool] = {}
    for tool in tools:
        name = camel_case(tool.name)
        if name in named:
            raise ToolNameError(
                f"The tools {named[name].name!r} and {tool.name!r} would both be `tools.{name}` "
                "in scripts: rename one of them or leave it out."
            )
        named[name] = tool
    return named


def signature(tool: BaseTool) -> str:
    """A tool as scripts see it, in TypeScript.

    Injected arguments do not appear. The types that it refers to come first, then what the tool
    does as a comment, then the declaration.

    Args:
        tool: The tool.

    Returns:
        For example `tools.lookupOrder(args: { id: string }): Promise<Order>;`.
    """
    types = Types()
    declaration = _declaration(tool, types)
    return "\n".join([*types.declarations, declaration])


def eval_tool_description(*, mode: Mode = "call") -> str:
    """What the `eval` tool says about itself; the rest stands in the system prompt.

    Args:
        mode: How long a script's variables live.
    """
    return _EVAL_DESCRIPTION.format(state=_STATE[mode])


def eval_code_description() -> str:
    """What the `eval` tool says about its one argument."""
    return _CODE_DESCRIPTION


def system_prompt_section(
    tools: Sequence[BaseTool],
    *,
    approvals: Collection[str] = (),
    tool_name: str = "eval",
    mode: Mode = "call",
    timeout_s: float | None = 5.0,
    memory_bytes: int = 64 * 1024 * 1024,
    max_calls: int | None = 256,
    max_result_chars: int = 4000,
) -> str:
    """The part of the system prompt that teaches the model to write scripts.

    Args:
        tools: The tools granted to scripts.
        approvals: Names (as the tools have them) of those whose calls need a person.
        tool_name: The name of the tool that runs scripts.
        mode: How long a script's variables live.
        timeout_s: How long a script may compute between two waits.
        memory_bytes: How much memory a script may use.
        max_calls: How many calls a script may make.
        max_result_chars: At what length the result and the output are each cut.

    Returns:
        Markdown.

    Raises:
        ToolNameError: Two tools would share a name in scripts, or one cannot have any.
    """
    limits = [f"{memory_bytes / (1024 * 1024):g} MB of memory"]
    if timeout_s is not None:
        limits.insert(0, f"{timeout_s:g} s of computing between waits")
    if max_calls is not None and tools:
        limits.append(f"{max_calls} calls a program")
    section = _SECTION.format(
        tool_name=tool_name,
        max_result_chars=max_result_chars,
        state=_STATE[mode],
        reach="`tools`" if tools else "the result and what is printed",
        limits=f"Limits: {', '.join(limits)}.",
    )
    if not tools:
        return section
    section += _TOOLS.replace("{declarations}", _declarations(tools))
    asking = [f"`tools.{name}`" for name, tool in js_names(tools).items() if tool.name in approvals]
    return section + (_APPROVALS.format(names=", ".join(asking)) if asking else "")


def _declarations(tools: Sequence[BaseTool]) -> str:
    types = Types()
    written = [_declaration(tool, types) for tool in js_names(tools).values()]
    # A fence inside a description must not end the block that the descriptions stand in.
    return "\n".join([*types.declarations, *written]).replace("```", "'''")


def _declaration(tool: BaseTool, types: Types) -> str:
    args = _args_schema(tool)
    parameter = ""
    if args.get("properties") or args.get("additionalProperties"):
        parameter = (
            f"args{'' if args.get('required') else '?'}: {types.write({**args, 'type': 'object'})}"
        )
    result = types.write(_result_schema(tool), output=True)
    first = tool.description.strip().split("\n\n", 1)[0]
    comment = f"// {one_line(first, _DESCRIPTION_CHARS)}\n" if first else ""
    return f"{comment}tools.{camel_case(tool.name)}({parameter}): Promise<{result}>;"


def _args_schema(tool: BaseTool) -> dict[str, Any]:
    if isinstance(tool, Tool) and tool.args_schema is None:
        # A function of one string; LangChain accepts the argument under any name.
        return {"properties": {"input": {"type": "string"}}, "required": ["input"]}
    try:
        schema = tool.tool_call_schema
        if isinstance(schema, dict):
            return schema
        return schema.model_json_schema() if issubclass(schema, BaseModel) else schema.schema()
    except (PydanticUserError, NameError):
        # Argument types without a JSON Schema: the tool can still be called.
        return {"additionalProperties": True}


def _result_schema(tool: BaseTool) -> object:
    """The JSON Schema of what a tool's function returns; `None` where that is not known."""
    function = getattr(tool, "func", None) or getattr(tool, "coroutine", None)
    try:
        annotation = _return_annotation(function or type(tool)._run)
        if tool.response_format == "content_and_artifact":  # scripts get the content
            pair = get_args(annotation) if get_origin(annotation) is tuple else ()
            annotation = pair[0] if len(pair) == 2 else Any
        # As the item of a list, a class becomes a reference, which gives its type a name.
        items: Any = GenericAlias(list, (annotation,))
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
    return _as_value(get_type_hints(holder, globalns=names, include_extras=True)["return"])


def _as_value(annotation: Any) -> Any:
    """What a script gets where a tool's function speaks to the agent: a message's content."""
    if get_origin(annotation) in (Union, UnionType):
        members = [_as_value(member) for member in get_args(annotation)]
        known = [member for member in members if member is not Any]
        return Union[tuple(known)] if known else Any  # noqa: UP007 - built from a list
    if annotation is Command or get_origin(annotation) is Command:
        return Any
    if isinstance(annotation, type) and issubclass(annotation, BaseMessage):
        return str
    return annotation
