"""JavaScript programs for LangGraph agents, which pause for people and go on in another process.

What needs LangChain is imported when it is first used, so that the interpreter alone stays light.

    errors        the one tree of exceptions
    interpreter/  the runtime and its Python bindings; no LangChain
    script/       one script's life on LangGraph
    agent/        what a LangChain agent gets: the middleware and what the model reads
    watch/        what people see from outside: what waits for them, and what has happened
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from langchain_quickjs.errors import (
    AlreadyAnsweredError,
    CallLimitError,
    CallsInFlightLimitError,
    ConsoleLimitError,
    DecisionError,
    InterpreterStateError,
    LimitError,
    MemoryLimitError,
    MessageLimitError,
    NoStoryError,
    NotRunError,
    ProtocolError,
    QuickJSError,
    ResultLimitError,
    ResultTransferError,
    ScriptCancelledError,
    ScriptError,
    ScriptTimeLimitError,
    SetupError,
    SnapshotError,
    SourceLimitError,
    StackLimitError,
    TimeLimitError,
    ToolNameError,
    ValueTransferError,
    WallTimeLimitError,
)
from langchain_quickjs.interpreter import (
    UNDEFINED,
    Call,
    Completed,
    Failed,
    Interpreter,
    Limits,
    Outcome,
    Raised,
    Returned,
    Suspended,
)

if TYPE_CHECKING:
    from langchain_quickjs.agent.middleware import CodeInterpreterMiddleware, PTCOption
    from langchain_quickjs.script import (
        CallReview,
        InterruptOn,
        ScriptOutcome,
        create_script_graph,
    )
    from langchain_quickjs.script.calls.subagents import (
        SUBAGENT_STREAM_EVENT_TYPE,
        SubagentCompleteEvent,
        SubagentErrorEvent,
        SubagentPausedEvent,
        SubagentResumedEvent,
        SubagentStartEvent,
        SubagentStreamEvent,
    )
    from langchain_quickjs.script.settings import AskMode, Durability, Mode
    from langchain_quickjs.watch.pending import PendingCall, apending, pending
    from langchain_quickjs.watch.threads import PendingThread, apending_threads, pending_threads
    from langchain_quickjs.watch.timeline import Timeline, atimeline, timeline

__all__ = [
    "SUBAGENT_STREAM_EVENT_TYPE",
    "UNDEFINED",
    "AlreadyAnsweredError",
    "AskMode",
    "Call",
    "CallLimitError",
    "CallReview",
    "CallsInFlightLimitError",
    "CodeInterpreterMiddleware",
    "Completed",
    "ConsoleLimitError",
    "DecisionError",
    "Durability",
    "Failed",
    "Interpreter",
    "InterpreterStateError",
    "InterruptOn",
    "LimitError",
    "Limits",
    "MemoryLimitError",
    "MessageLimitError",
    "Mode",
    "NoStoryError",
    "NotRunError",
    "Outcome",
    "PTCOption",
    "PendingCall",
    "PendingThread",
    "ProtocolError",
    "QuickJSError",
    "Raised",
    "ResultLimitError",
    "ResultTransferError",
    "Returned",
    "ScriptCancelledError",
    "ScriptError",
    "ScriptOutcome",
    "ScriptTimeLimitError",
    "SetupError",
    "SnapshotError",
    "SourceLimitError",
    "StackLimitError",
    "SubagentCompleteEvent",
    "SubagentErrorEvent",
    "SubagentPausedEvent",
    "SubagentResumedEvent",
    "SubagentStartEvent",
    "SubagentStreamEvent",
    "Suspended",
    "TimeLimitError",
    "Timeline",
    "ToolNameError",
    "ValueTransferError",
    "WallTimeLimitError",
    "apending",
    "apending_threads",
    "atimeline",
    "create_script_graph",
    "pending",
    "pending_threads",
    "timeline",
]


_LAZY = {
    "CodeInterpreterMiddleware": "langchain_quickjs.agent.middleware",
    "PTCOption": "langchain_quickjs.agent.middleware",
    **dict.fromkeys(("PendingCall", "apending", "pending"), "langchain_quickjs.watch.pending"),
    **dict.fromkeys(
        ("PendingThread", "apending_threads", "pending_threads"), "langchain_quickjs.watch.threads"
    ),
    **dict.fromkeys(("Timeline", "atimeline", "timeline"), "langchain_quickjs.watch.timeline"),
    **dict.fromkeys(("AskMode", "Durability", "Mode"), "langchain_quickjs.script.settings"),
    **dict.fromkeys(
        ("CallReview", "InterruptOn", "ScriptOutcome", "create_script_graph"),
        "langchain_quickjs.script",
    ),
    **{
        name: "langchain_quickjs.script.calls.subagents"
        for name in __all__
        if name.lower().startswith("subagent")
    },
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
