"""Subagents: `await task({...})` in scripts, through the `task` tool of Deep Agents.

A subagent is a tool call like any other. Added here are the names that scripts use, results with a
type, and events from which a user interface can show how the subagents of a script get on.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NotRequired

from langchain.tools import ToolRuntime
from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.messages import ToolCall
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from typing_extensions import TypedDict

from langchain_quickjs.errors import ValueTransferError
from langchain_quickjs.interpreter import Raised, Returned
from langchain_quickjs.script.arguments.tool_arguments import (
    MAX_BYTES,
    Arguments,
    arguments_of,
    per_tool,
)
from langchain_quickjs.script.calls.tool_call import Watch
from langchain_quickjs.script.flow.effects import Answer, Blocked, Launched
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
        max_running: How many may run at once; others wait.
    """

    tool: BaseTool
    eval_id: str
    write: Any
    max_running: int = 32

    @property
    def arguments(self) -> Arguments:
        """What a script's call of a subagent takes."""
        return _task_arguments(self.tool)

    def watch(self, launched: Launched) -> Watch:
        """What sees a call of the script."""
        return _Run(self, launched) if launched.tool.name == self.tool.name else Watch()


class _Output(BaseCallbackHandler):
    """Notes whether a subagent's answer is data: the tool gives it as text in any case.

    The graph of the subagent is the last one to end, after those inside.
    """

    run_inline = True

    def __init__(self) -> None:
        self.seen = False
        self.structured = False

    def on_chain_end(self, outputs: Any, **_kwargs: Any) -> None:
        if isinstance(outputs, Mapping) and "messages" in outputs:
            self.seen = True
            self.structured = outputs.get("structured_response") is not None


@dataclass(slots=True)
class _Run(Watch):
    """One subagent, from where it begins or goes on to where it ends or pauses."""

    subagents: Subagents
    launched: Launched
    began_s: float = field(default_factory=time.monotonic)
    output: _Output = field(default_factory=_Output)

    def config(self, config: RunnableConfig) -> RunnableConfig:
        callbacks = config.get("callbacks")
        if isinstance(callbacks, BaseCallbackManager):
            callbacks = callbacks.copy()
            callbacks.add_handler(self.output)
            return {**config, "callbacks": callbacks}
        return {**config, "callbacks": [*(callbacks or ()), self.output]}

    def given(self, tool_call: ToolCall) -> ToolCall:
        args = {key: arg for key, arg in tool_call["args"].items() if key not in _BESIDE}
        if schema := tool_call["args"].get("response_schema"):
            for key, arg in args.items():
                if isinstance(arg, ToolRuntime):
                    args[key] = with_response_format(arg, schema)
        return {**tool_call, "args": args}

    def begins(self) -> None:
        args = self.launched.call["args"]
        description = str(args.get("description", ""))
        label = " ".join(str(args.get("label", "")).split())[:_LABEL_CHARS]
        self._emit(
            "resumed" if self.launched.call["interrupts"] else "start",
            subagent_type=str(args.get("subagent_type", "")),
            label=label or " ".join(description.split())[:_SHORT_LABEL_CHARS],
            description=description[:_DESCRIPTION_CHARS],
        )

    def ends(self, answer: Answer) -> Answer:
        if isinstance(answer.reply, Blocked):
            self._emit("paused")
            return answer
        answer = replace(answer, reply=self._typed(answer.reply))
        duration_ms = round((time.monotonic() - self.began_s) * 1000)
        if isinstance(answer.reply, Raised):
            self._emit("error", duration_ms=duration_ms, error=answer.reply.message)
        else:
            self._emit("complete", duration_ms=duration_ms)
        return answer

    def _typed(self, reply: Returned | Raised) -> Returned | Raised:
        """The reply as the script gets it: data, if the subagent was to answer with data."""
        if isinstance(reply, Raised) or not isinstance(reply.value, str):
            return reply
        if not self.output.seen:
            # The tool called no subagent, and says why.
            return Raised("ToolError", reply.value)
        if self.output.structured:
            with contextlib.suppress(ValueError):
                return Returned(json.loads(reply.value))
        return reply

    def _emit(self, phase: str, **fields: Any) -> None:
        self.subagents.write(
            {
                "type": SUBAGENT_STREAM_EVENT_TYPE,
                "phase": phase,
                "id": self.launched.tool_call["id"],
                "eval_id": self.subagents.eval_id,
                **fields,
            }
        )
