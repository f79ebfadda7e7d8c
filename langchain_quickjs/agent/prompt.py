"""What the model is told: names, signatures, the tool's description and the system prompt.

Pure functions from tools and limits to text. Every character here is paid for in every model
call, so each sentence has to change what the model does. The texts are held by the snapshots in
`tests/snapshots`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from functools import lru_cache
from types import GenericAlias, SimpleNamespace, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from langchain_core.messages import BaseMessage, SystemMessage
from langchain_core.tools import BaseTool, Tool
from langgraph.types import Command
from pydantic import BaseModel, PydanticUserError, TypeAdapter

from langchain_quickjs.agent.typescript import Types, one_line
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.script.calls.js_names import camel_case, js_names
from langchain_quickjs.script.calls.subagents import TASK
from langchain_quickjs.script.langgraph_internals.tools import function_of_tool
from langchain_quickjs.script.settings import Defaults, Mode

__all__ = [
    "PromptSection",
    "eval_code_description",
    "eval_tool_description",
    "signature",
    "system_prompt_section",
]

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
file system or network. The clock stands still while code runs.
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

_SUBAGENTS: Final = """

### `task` in programs

`await task({ description, subagentType, label, responseSchema })` gives a job to a subagent and \
returns its answer: text, or an object if you give `responseSchema`, a JSON Schema. The types are \
those of your `task` tool. A subagent knows nothing but `description`, so put into it all that it \
needs; `label`, a few words, is shown to the user. Start independent jobs together with \
`Promise.all`."""

_APPROVALS: Final = """

A person has to approve: {names}. The program stops at such a call and goes on from there by \
itself once there is an answer, so write it straight through: call and use the result as usual, \
never poll, retry or ask first. If the person refuses, the call throws an `Error` with their \
words."""


def signature(tool: BaseTool) -> str:
    """Writes a tool as scripts see it, in TypeScript.

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


def eval_tool_description(*, mode: Mode = Defaults.mode) -> str:
    """Writes what the `eval` tool says about itself; the rest stands in the system prompt.

    Args:
        mode: How long a script's variables live.
    """
    return _EVAL_DESCRIPTION.format(state=_STATE[mode])


def eval_code_description() -> str:
    """Writes what the `eval` tool says about its one argument."""
    return _CODE_DESCRIPTION


def system_prompt_section(
    tools: Sequence[BaseTool],
    *,
    approvals: Collection[str] = (),
    subagents: bool = False,
    tool_name: str = Defaults.tool_name,
    mode: Mode = Defaults.mode,
    timeout_s: float | None = Defaults.timeout,
    memory_bytes: int = Defaults.memory_limit,
    max_calls: int | None = Defaults.max_ptc_calls,
    max_result_chars: int = Defaults.max_result_chars,
) -> str:
    """Writes the part of the system prompt that teaches the model to write scripts.

    Args:
        tools: The tools granted to scripts.
        approvals: Names (as the tools have them) of those whose calls need a person.
        subagents: Whether scripts may call subagents with `task(...)`.
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
    if max_calls is not None and (tools or subagents):
        limits.append(f"{max_calls} calls a program")
    reach = ["`tools`"] * bool(tools) + ["`task`"] * subagents
    section = _SECTION.format(
        tool_name=tool_name,
        max_result_chars=max_result_chars,
        state=_STATE[mode],
        reach=" and ".join(reach) or "the result and what is printed",
        limits=f"Limits: {', '.join(limits)}.",
    )
    if tools:
        section += _TOOLS.replace("{declarations}", _declarations(tools))
    if subagents:
        section += _SUBAGENTS
    asking = [f"`tools.{name}`" for name, tool in js_names(tools).items() if tool.name in approvals]
    asking += ["`task`"] * (subagents and TASK in approvals)
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
    result = types.write(_result_schema(function_of_tool(tool), tool.response_format), output=True)
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
        items: Any = GenericAlias(list, (annotation,))
        schema = TypeAdapter(items).json_schema(mode="serialization")
    except (PydanticUserError, NameError, AttributeError, SyntaxError, TypeError, ValueError):
        return None
    return {"$defs": schema.get("$defs", {}), **schema["items"]}


def declared_fields(tool: BaseTool | None) -> frozenset[str]:
    """The names of all fields that a tool declares for what it returns, at whatever depth."""
    if tool is None:
        return frozenset()
    found: set[str] = set()
    open_: list[object] = [_result_schema(function_of_tool(tool), tool.response_format)]
    while open_:
        schema = open_.pop()
        if isinstance(schema, Mapping):
            properties = schema.get("properties")
            found.update(map(str, properties if isinstance(properties, Mapping) else ()))
            open_.extend(schema.values())
        elif isinstance(schema, list):
            open_.extend(schema)
    return frozenset(found)


def _return_annotation(function: Callable[..., Any]) -> Any:
    annotation = inspect.signature(function).return_annotation
    if annotation is inspect.Signature.empty:
        return Any
    # The parameters' annotations may name things that exist for type checkers only, so the
    # return annotation is evaluated without them.
    holder = SimpleNamespace(__annotations__={"return": annotation})
    names = getattr(inspect.unwrap(function), "__globals__", {})
    return _what_scripts_get(get_type_hints(holder, globalns=names, include_extras=True)["return"])


def _what_scripts_get(annotation: Any) -> Any:
    """Gives the type of what a script gets: of a message to the agent, the content."""
    if get_origin(annotation) in (Union, UnionType):
        members = [_what_scripts_get(member) for member in get_args(annotation)]
        known = [member for member in members if member is not Any]
        return Union[tuple(known)] if known else Any  # noqa: UP007 - built from a list
    if annotation is Command or get_origin(annotation) is Command:
        return Any
    if isinstance(annotation, type) and issubclass(annotation, BaseMessage):
        return str
    return annotation


class PromptSection:
    """What the system prompt says of programs. It rarely changes between two model calls.

    Args:
        tool_name: The name of the tool that runs programs.
        mode: How long variables live.
        limits: What a program may use up.
        max_result_chars: The length at which its result is cut.
    """

    def __init__(self, tool_name: str, mode: Mode, limits: Limits, max_result_chars: int) -> None:
        self._write = functools.partial(
            system_prompt_section,
            tool_name=tool_name,
            mode=mode,
            timeout_s=limits.step_timeout_s,
            memory_bytes=limits.memory_bytes,
            max_calls=limits.calls,
            max_result_chars=max_result_chars,
        )
        self._written: tuple[Any, str] | None = None
        self._joined: tuple[SystemMessage | None, str, SystemMessage] | None = None

    def after(
        self,
        before: SystemMessage | None,
        tools: tuple[BaseTool, ...],
        *,
        asked: Set[str],
        subagents: bool,
    ) -> SystemMessage:
        """The system message with the section at its end.

        Args:
            before: What the agent says before.
            tools: The tools that programs may call and the model is told of.
            asked: The tools about whose calls people are asked.
            subagents: Whether programs may call subagents.
        """
        written, key = self._written, (tools, frozenset(asked), subagents)
        if written is None or written[0] != key:
            section = self._write(tools, approvals=asked, subagents=subagents)
            written = self._written = (key, section)
        joined, section = self._joined, written[1]
        if joined is None or joined[0] is not before or joined[1] is not section:
            blocks = before.content_blocks if before else []
            text = f"\n\n{section}" if blocks else section
            message = SystemMessage(content_blocks=[*blocks, {"type": "text", "text": text}])
            joined = self._joined = (before, section, message)
        return joined[2]
