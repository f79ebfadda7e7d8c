"""JavaScript programs for LangGraph agents, which pause for people and go on in another process.

What needs LangChain is imported when it is first used, so that the interpreter alone stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_quickjs.errors import (
    CallLimitError,
    ConsoleLimitError,
    CyclicValueError,
    DecisionError,
    InterpreterStateError,
    LimitError,
    MemoryLimitError,
    MessageLimitError,
    ProtocolError,
    QuickJSError,
    ResultLimitError,
    ScriptCancelledError,
    ScriptError,
    SetupError,
    SnapshotError,
    SourceLimitError,
    StackLimitError,
    TimeLimitError,
    ToolNameError,
    ValueTransferError,
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
    from langchain_quickjs.middleware import CodeInterpreterMiddleware
    from langchain_quickjs.script import create_script_graph

__all__ = [
    "UNDEFINED",
    "Call",
    "CallLimitError",
    "CodeInterpreterMiddleware",
    "Completed",
    "ConsoleLimitError",
    "CyclicValueError",
    "DecisionError",
    "Failed",
    "Interpreter",
    "InterpreterStateError",
    "LimitError",
    "Limits",
    "MemoryLimitError",
    "MessageLimitError",
    "Outcome",
    "ProtocolError",
    "QuickJSError",
    "Raised",
    "ResultLimitError",
    "Returned",
    "ScriptCancelledError",
    "ScriptError",
    "SetupError",
    "SnapshotError",
    "SourceLimitError",
    "StackLimitError",
    "Suspended",
    "TimeLimitError",
    "ToolNameError",
    "ValueTransferError",
    "create_script_graph",
]


def __getattr__(name: str) -> Any:
    if name == "CodeInterpreterMiddleware":
        from langchain_quickjs.middleware import (  # noqa: PLC0415
            CodeInterpreterMiddleware,
        )

        return CodeInterpreterMiddleware
    if name == "create_script_graph":
        from langchain_quickjs.script import create_script_graph  # noqa: PLC0415

        return create_script_graph
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
