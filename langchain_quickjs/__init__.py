"""JavaScript programs for LangGraph agents, which pause for people and go on in another process.

What needs LangChain is imported when it is first used, so that the interpreter alone stays light.

    errors        the one tree of exceptions
    quoting       texts that others made, cut short for our messages
    interpreter/  the runtime and its Python bindings; no LangChain
    script/       one script's life on LangGraph
    agent/        what a LangChain agent gets: the middleware and what the model reads
    delivery/     answers that come from queues, more than once and to several workers
    watch/        what people see from outside: what waits for them, and what has happened
    notebook/     JavaScript cells and a form for approvals, for IPython
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from langchain_quickjs.errors import (
    AlreadyAnsweredError,
    BuildGoneError,
    CallLimitError,
    CallsInFlightLimitError,
    ConsoleLimitError,
    DecisionError,
    HostMemoryError,
    InterpreterStateError,
    LimitError,
    MemoryLimitError,
    MessageLimitError,
    NoStoryError,
    NotRunError,
    ProtocolError,
    QuickJSError,
    ResultLimitError,
    ScriptCancelledError,
    ScriptError,
    ScriptTimeLimitError,
    SetupError,
    SnapshotError,
    SourceLimitError,
    StackLimitError,
    ThreadLockError,
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
    Shown,
    Suspended,
)

if TYPE_CHECKING:
    from langchain_quickjs.agent.middleware import CodeInterpreterMiddleware, PTCOption
    from langchain_quickjs.delivery.delivered import Delivered, DeliveryStatus
    from langchain_quickjs.delivery.delivering import adeliver, deliver
    from langchain_quickjs.delivery.locks import ThreadLock
    from langchain_quickjs.delivery.postgres_lock import PostgresLock
    from langchain_quickjs.script import (
        CallReview,
        InterruptOn,
        ScriptFailure,
        ScriptGraph,
        ScriptInput,
        ScriptOutcome,
        ScriptOutput,
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
    from langchain_quickjs.script.labels.policy import RuleOfTwo
    from langchain_quickjs.script.labels.report import RuleReport, labels_from_annotations
    from langchain_quickjs.script.labels.results import Labelled, add_labels
    from langchain_quickjs.script.labels.taint import Label
    from langchain_quickjs.script.settings import (
        AskMode,
        Durability,
        Mode,
        OnToolError,
        OnUnfitAnswer,
        RequestName,
    )
    from langchain_quickjs.script.telling.program_events import (
        PROGRAM_STREAM_EVENT_TYPE,
        ProgramCallEndEvent,
        ProgramCallErrorEvent,
        ProgramCallResumedEvent,
        ProgramCallStartEvent,
        ProgramCallWaitingEvent,
        ProgramConsoleEvent,
        ProgramStreamEvent,
    )
    from langchain_quickjs.watch.pending import PendingCall, apending, pending
    from langchain_quickjs.watch.threads import PendingThread, apending_threads, pending_threads
    from langchain_quickjs.watch.timeline import Timeline, atimeline, timeline

__all__ = [
    "PROGRAM_STREAM_EVENT_TYPE",
    "SUBAGENT_STREAM_EVENT_TYPE",
    "UNDEFINED",
    "AlreadyAnsweredError",
    "AskMode",
    "BuildGoneError",
    "Call",
    "CallLimitError",
    "CallReview",
    "CallsInFlightLimitError",
    "CodeInterpreterMiddleware",
    "Completed",
    "ConsoleLimitError",
    "DecisionError",
    "Delivered",
    "DeliveryStatus",
    "Durability",
    "Failed",
    "HostMemoryError",
    "Interpreter",
    "InterpreterStateError",
    "InterruptOn",
    "Label",
    "Labelled",
    "LimitError",
    "Limits",
    "MemoryLimitError",
    "MessageLimitError",
    "Mode",
    "NoStoryError",
    "NotRunError",
    "OnToolError",
    "OnUnfitAnswer",
    "Outcome",
    "PTCOption",
    "PendingCall",
    "PendingThread",
    "PostgresLock",
    "ProgramCallEndEvent",
    "ProgramCallErrorEvent",
    "ProgramCallResumedEvent",
    "ProgramCallStartEvent",
    "ProgramCallWaitingEvent",
    "ProgramConsoleEvent",
    "ProgramStreamEvent",
    "ProtocolError",
    "QuickJSError",
    "Raised",
    "RequestName",
    "ResultLimitError",
    "Returned",
    "RuleOfTwo",
    "RuleReport",
    "ScriptCancelledError",
    "ScriptError",
    "ScriptFailure",
    "ScriptGraph",
    "ScriptInput",
    "ScriptOutcome",
    "ScriptOutput",
    "ScriptTimeLimitError",
    "SetupError",
    "Shown",
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
    "ThreadLock",
    "ThreadLockError",
    "TimeLimitError",
    "Timeline",
    "ToolNameError",
    "ValueTransferError",
    "WallTimeLimitError",
    "add_labels",
    "adeliver",
    "apending",
    "apending_threads",
    "atimeline",
    "create_script_graph",
    "deliver",
    "labels_from_annotations",
    "pending",
    "pending_threads",
    "timeline",
]


# Which module has what is imported when it is first used; events are found by their names.
_OF_MODULES = {
    "agent.middleware": ("CodeInterpreterMiddleware", "PTCOption"),
    "delivery.delivered": ("Delivered", "DeliveryStatus"),
    "delivery.delivering": ("adeliver", "deliver"),
    "delivery.locks": ("ThreadLock",),
    "delivery.postgres_lock": ("PostgresLock",),
    "script": (
        "CallReview",
        "InterruptOn",
        "ScriptFailure",
        "ScriptGraph",
        "ScriptInput",
        "ScriptOutcome",
        "ScriptOutput",
        "create_script_graph",
    ),
    "script.calls.subagents": [name for name in __all__ if name.upper().startswith("SUBAGENT")],
    "script.labels.policy": ("RuleOfTwo",),
    "script.labels.report": ("RuleReport", "labels_from_annotations"),
    "script.labels.results": ("Labelled", "add_labels"),
    "script.labels.taint": ("Label",),
    "script.settings": (
        "AskMode",
        "Durability",
        "Mode",
        "OnToolError",
        "OnUnfitAnswer",
        "RequestName",
    ),
    "script.telling.program_events": [
        name for name in __all__ if name.upper().startswith("PROGRAM")
    ],
    "watch.pending": ("PendingCall", "apending", "pending"),
    "watch.threads": ("PendingThread", "apending_threads", "pending_threads"),
    "watch.timeline": ("Timeline", "atimeline", "timeline"),
}
_LAZY = {name: module for module, names in _OF_MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(ipython: Any) -> None:
    """Gives IPython `%%js` cells: `%load_ext langchain_quickjs`."""
    import_module("langchain_quickjs.notebook.magics").load_ipython_extension(ipython)
