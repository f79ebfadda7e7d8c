"""What the model is told: the tool's description and the system prompt.

Pure functions from tools and limits to text. Every character here is paid for in every model
call, so each sentence has to change what the model does. Models read what has not changed at a
fraction of the price: the text depends on nothing that changes within a conversation, and is the
same in each process. The texts are held by the snapshots in `tests/snapshots`.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence, Set
from typing import Any, Final

from langchain_core.messages import SystemMessage
from langchain_core.tools import BaseTool

from langchain_quickjs.agent.documentation.in_budget import documentation
from langchain_quickjs.interpreter import Limits
from langchain_quickjs.script.calls.js_names import DESCRIBE, SEARCH, js_names
from langchain_quickjs.script.calls.subagents import TASK
from langchain_quickjs.script.settings import Defaults, Mode

__all__ = [
    "CODE_DESCRIPTION",
    "PromptSection",
    "eval_tool_description",
    "system_prompt_section",
]

_NAMED_CHARS: Final = 1000

_EVAL_DESCRIPTION: Final = (
    "Runs a JavaScript or TypeScript program in a sandbox and returns the value of its last "
    "expression, with what it printed. Use it to compute, and to do in one program what would take "
    "several tool calls. {state}"
)

CODE_DESCRIPTION: Final = "The program. Top-level `await` works; the last expression is the result."
"""What the `eval` tool says about its one argument."""

_STATE: Final = {
    "call": "Each program starts afresh; nothing is kept from earlier ones.",
    "turn": "Variables are kept for later programs until you have answered the user.",
    "thread": "Variables are kept for later programs of this conversation.",
}

_SECTION: Final = """\
## `{tool_name}`: programs

One program is better than several tool calls when you would loop, call for many items, feed one \
result into the next call, or filter, join or count data. Write the whole job as one program and \
return only what you need to read. For a single call, use the tool itself if you have it.

- The last expression, such as `{{ a, b }}`, is the result; `console.log` output comes with it. \
Each is cut at {max_result_chars} characters.
- {state}
- Nothing reaches the outside but {reach}: there is no `fetch`, `require`, `import`, `process`, \
file system or network. `Intl` has time zones. The clock stands still while code runs.
- {limits}"""

_TOOLS: Final = """

### `tools` in programs

`await tools.name({ ... })` takes and gives native JavaScript values, MCP tools too. Do not \
`JSON.parse` results. Make independent calls together: \
`await Promise.all(ids.map((id) => tools.name({ id })))`. A call that fails throws an `Error` that \
you can catch.

{documentation}"""

_LOOK_UP: Final = (
    f'`await tools.{SEARCH}("words")` finds tools, `await tools.{DESCRIBE}("name", ...)` gives '
    "their types and documentation, both as text. Return that from a first program, and do not "
    "guess arguments."
)
_HEADS: Final = {
    "cut": f'Shortened here; `await tools.{DESCRIBE}("name")` gives all that is known of a tool.',
    "lines": f"There are {{count}} tools. {_LOOK_UP}",
    "names": f"There are {{count}} tools; {{told}} of their names stand here. {_LOOK_UP}",
}

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


def eval_tool_description(*, mode: Mode = Defaults.mode) -> str:
    """Writes what the `eval` tool says about itself; the rest stands in the system prompt.

    Args:
        mode: How long a script's variables live.
    """
    return _EVAL_DESCRIPTION.format(state=_STATE[mode])


def system_prompt_section(
    tools: Sequence[BaseTool],
    *,
    approvals: Collection[str] = (),
    subagents: bool = False,
    tool_name: str = Defaults.tool_name,
    docs_tokens: int = Defaults.docs_tokens,
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
        docs_tokens: How much the documentation of all tools may take.
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
    by_name = js_names(tools)
    if tools:
        section += _TOOLS.replace("{documentation}", _documented(by_name, docs_tokens))
    if subagents:
        section += _SUBAGENTS
    asking = [f"tools.{name}" for name, tool in by_name.items() if tool.name in approvals]
    asking += ["task"] * (subagents and TASK in approvals)
    return section + (_APPROVALS.format(names=_approved(asking)) if asking else "")


def _documented(tools: Mapping[str, BaseTool], tokens: int) -> str:
    found = documentation(tools, tokens)
    head = _HEADS.get(found.kind, "").format(told=found.count, count=len(tools))
    block = f"```ts\n{found.text}\n```" if found.text else ""
    return "\n\n".join(filter(None, [head, block]))


def _approved(asking: list[str]) -> str:
    """Names of what people are asked about, or how many there are."""
    if sum(map(len, asking)) <= _NAMED_CHARS:
        return ", ".join(f"`{name}`" for name in asking)
    return f"calls of {len(asking)} tools (`tools.{DESCRIBE}` tells which)"


class PromptSection:
    """What the system prompt says of programs. It rarely changes between two model calls.

    Args:
        tool_name: The name of the tool that runs programs.
        docs_tokens: How much the documentation of all tools may take.
        mode: How long variables live.
        limits: What a program may use up.
        max_result_chars: The length at which its result is cut.
    """

    def __init__(
        self, tool_name: str, docs_tokens: int, mode: Mode, limits: Limits, max_result_chars: int
    ) -> None:
        self._write = functools.partial(
            system_prompt_section,
            tool_name=tool_name,
            docs_tokens=docs_tokens,
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
