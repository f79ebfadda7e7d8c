"""Subagents: `await task({...})` in scripts, through the `task` tool of Deep Agents.

A subagent is a tool call like any other. Added here are the names that scripts use, results with a
type, and events from which a user interface can show how the subagents of a script get on.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NotRequired

from langchain.tools import ToolRuntime
from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.messages import ToolCall
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp, GraphInterrupt, is_invalid_resume
from typing_extensions import TypedDict

from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.script.arguments.tool_arguments import (
    MAX_BYTES,
    Arguments,
    arguments_of,
    per_tool,
)
from langchain_quickjs.script.calls.tool_results import messages_of
from langchain_quickjs.script.flow.inputs import Launched
from langchain_quickjs.script.langgraph_internals.tools import with_response_format

__all__ = [
    "SUBAGENT_STREAM_EVENT_TYPE",
    "TASK",
    "SubagentCompleteEvent",
    "SubagentErrorEvent",
    "SubagentPausedEvent",
    "SubagentResumedEvent",
    "SubagentStartEvent",
    "SubagentStreamEvent",
    "Subagents",
    "find_task_tool",
]

SUBAGENT_STREAM_EVENT_TYPE: Final = "subagent"
"""The `type` of all events about subagents on LangGraph's custom stream."""

TASK: Final = "task"
"""The name of the tool, and of the function in scripts."""

_TASK_ARGS: Final = frozenset({"description", "subagent_type"})
_OWN_NAMES: Final = {"subagentType": "subagent_type", "responseSchema": "response_schema"}
# What a call says besides what the tool itself takes.
_BESIDE: Final[Mapping[str, Any]] = {
    "label": {"type": "string"},
    "response_schema": {"type": "object", "additionalProperties": True},
}
_DEFAULT_TYPE: Final = "general-purpose"

_DESCRIPTION_CHARS: Final = 200
_LABEL_CHARS: Final = 120
_SHORT_LABEL_CHARS: Final = 60
_SCHEMA_CHARS: Final = 16_384


class _Event(TypedDict):
    """What all events have.

    Attributes:
        type: Always `SUBAGENT_STREAM_EVENT_TYPE`.
        id: The id of the tool call, which stays the same when the subagent pauses and goes on.
        eval_id: The id of the tool call that runs the script.
    """

    type: Literal["subagent"]
    id: str
    eval_id: NotRequired[str]


class SubagentStartEvent(_Event):
    """A subagent begins. After a crash it may begin again, with the same id."""

    phase: Literal["start"]
    subagent_type: str
    label: str
    description: str


class SubagentPausedEvent(_Event):
    """A subagent waits for people."""

    phase: Literal["paused"]


class SubagentResumedEvent(_Event):
    """A subagent goes on; what it waited for was answered, or some of it."""

    phase: Literal["resumed"]
    subagent_type: str
    label: str
    description: str


class SubagentCompleteEvent(_Event):
    """A subagent has ended well, so long after it began or went on."""

    phase: Literal["complete"]
    duration_ms: int


class SubagentErrorEvent(_Event):
    """A subagent has failed, so long after it began or went on."""

    phase: Literal["error"]
    duration_ms: int
    error: str


SubagentStreamEvent = (
    SubagentStartEvent
    | SubagentPausedEvent
    | SubagentResumedEvent
    | SubagentCompleteEvent
    | SubagentErrorEvent
)
"""An event about a subagent of a script. `phase` tells the kind; more kinds may come."""


def find_task_tool(tools: Sequence[BaseTool]) -> BaseTool | None:
    """The tool by which a Deep Agent calls its subagents, if it is among these."""
    named = (tool for tool in tools if tool.name == TASK)
    return next((tool for tool in named if tool.args.keys() >= _TASK_ARGS), None)


class _TaskArguments(Arguments):
    """What a call of a subagent takes: what the tool does, and what the call says besides."""

    __slots__ = ()

    def form(self, name: str) -> str:
        """How a call looks: scripts have it as a function, under names of their own."""
        return f"{name}({{ description: ..., subagentType: ... }})"

    def value(self, given: dict[str, Any], name: str, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
        args = dict(given)
        for in_scripts, own in _OWN_NAMES.items():
            if in_scripts in args and own not in args:
                args[own] = args.pop(in_scripts)
        args.setdefault("subagent_type", _DEFAULT_TYPE)
        args = {key: value for key, value in args.items() if key not in _BESIDE or value}
        args = Arguments.value(self, args, name, max_bytes)
        if len(json.dumps(args.get("response_schema"))) > _SCHEMA_CHARS:
            raise ValueTransferError(
                f"{name}: responseSchema must be a JSON Schema of at most {_SCHEMA_CHARS} "
                "characters"
            )
        return args


@per_tool
def _task_arguments(tool: BaseTool) -> Arguments:
    takes = arguments_of(tool)
    schema = {**takes.schema, "properties": {**takes.schema["properties"], **_BESIDE}}

    def validate(value: dict[str, Any]) -> None:
        if takes.validate is not None:
            takes.validate({key: value[key] for key in value.keys() - _BESIDE.keys()})

    return _TaskArguments.of(schema, validate)


@dataclass(frozen=True, slots=True)
class Subagents:
    """The subagents that a script may call.

    Attributes:
        tool: The tool that runs one.
        eval_id: The id of the tool call that runs the script.
        write: Writes to the custom stream.
    """

    tool: BaseTool
    eval_id: str
    write: Callable[[Any], None]

    @property
    def arguments(self) -> Arguments:
        """What a script's call of a subagent takes."""
        return _task_arguments(self.tool)

    def observe(
        self, launched: Launched, tool_call: ToolCall, config: RunnableConfig
    ) -> contextlib.AbstractContextManager[_Run] | None:
        """Sees a call of the script run, if it is one of a subagent."""
        if launched.tool.name != self.tool.name:
            return None
        return _Run.seen(self, launched, tool_call, config)


class _Output(BaseCallbackHandler):
    """Notes whether a subagent's answer is data: the tool gives it as text in any case.

    The graph of the subagent is the last one to end, after those inside.
    """

    run_inline = True

    def __init__(self) -> None:
        self.seen = False
        self.structured = False
        self.refusal = ""

    def on_chain_end(self, outputs: Any, **_kwargs: Any) -> None:
        if isinstance(outputs, Mapping) and "messages" in outputs:
            self.seen = True
            self.structured = outputs.get("structured_response") is not None


@dataclass(slots=True)
class _Run:
    """One subagent, from where it begins or goes on to where it ends or pauses.

    Attributes:
        subagents: What scripts may call.
        launched: The script's call.
        tool_call: What the tool is given.
        config: The config under which it runs.
        output: Notes what kind of answer it gives.
    """

    subagents: Subagents
    launched: Launched
    tool_call: ToolCall
    config: RunnableConfig
    output: _Output

    @classmethod
    @contextlib.contextmanager
    def seen(
        cls, subagents: Subagents, launched: Launched, tool_call: ToolCall, config: RunnableConfig
    ) -> Iterator[_Run]:
        """Tells the stream how a subagent gets on meanwhile."""
        output = _Output()
        given, config = _without_extras(tool_call), _with_callback(config, output)
        run = cls(subagents, launched, given, config, output)
        run._begins()
        began_s = time.monotonic()
        try:
            yield run
        except Exception as error:
            if isinstance(error, GraphInterrupt) or is_invalid_resume(error):
                run._emit("paused")
            elif not isinstance(error, GraphBubbleUp):
                run._emit("error", duration_ms=_ms_since(began_s), error=Raised.of(error).message)
            raise
        if output.seen:
            run._emit("complete", duration_ms=_ms_since(began_s))
        else:
            run._emit("error", duration_ms=_ms_since(began_s), error=output.refusal)

    def reads(self, output: Any) -> Callable[[str], Returned | Raised] | None:
        """What makes of the tool's text what the script gets: data, if it was to be data."""
        if not self.output.seen:
            self.output.refusal = next((m.text for m in messages_of([output])), "")
            return _said_instead
        return _data if self.output.structured else Returned

    def _begins(self) -> None:
        args = self.launched.call["args"]
        description = str(args.get("description", ""))
        label = " ".join(str(args.get("label", "")).split())[:_LABEL_CHARS]
        self._emit(
            "resumed" if self.launched.call["interrupts"] else "start",
            subagent_type=str(args.get("subagent_type", "")),
            label=label or " ".join(description.split())[:_SHORT_LABEL_CHARS],
            description=description[:_DESCRIPTION_CHARS],
        )

    def _emit(self, phase: str, **fields: Any) -> None:
        self.subagents.write(
            {
                "type": SUBAGENT_STREAM_EVENT_TYPE,
                "phase": phase,
                "id": self.launched.call["tool_call_id"],
                "eval_id": self.subagents.eval_id,
                **fields,
            }
        )


def _without_extras(tool_call: ToolCall) -> ToolCall:
    """The call as the tool takes it, which asks in its own way for a form of answer."""
    args = {key: arg for key, arg in tool_call["args"].items() if key not in _BESIDE}
    if schema := tool_call["args"].get("response_schema"):
        for key, arg in args.items():
            if isinstance(arg, ToolRuntime):
                args[key] = with_response_format(arg, schema)
    return {**tool_call, "args": args}


def _with_callback(config: RunnableConfig, output: _Output) -> RunnableConfig:
    callbacks = config.get("callbacks")
    if isinstance(callbacks, BaseCallbackManager):
        callbacks = callbacks.copy()
        callbacks.add_handler(output)
        return {**config, "callbacks": callbacks}
    return {**config, "callbacks": [*(callbacks or ()), output]}


def _said_instead(text: str) -> Raised:
    """The tool called no subagent, and says why."""
    return Raised("ToolError", text)


def _data(text: str) -> Returned:
    with contextlib.suppress(ValueError):
        return Returned(json.loads(text))
    return Returned(text)


def _ms_since(began_s: float) -> int:
    return round((time.monotonic() - began_s) * 1000)
