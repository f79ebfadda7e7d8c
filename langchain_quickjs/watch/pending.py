"""What waits for people, in one thread or in all of a checkpointer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["PendingCall", "PendingThread"]


@dataclass(frozen=True, slots=True)
class PendingCall:
    """One call that waits for a person, or one question that a tool asks by itself.

    Attributes:
        thread_id: The thread that waits.
        interrupt_id: What the answer goes by: `Command(resume={interrupt_id: ...})`.
        index: Its position among the calls that are asked about in one interrupt, from 0.
        tool: The name of the tool; empty where a tool asks something by itself.
        args: The arguments.
        description: What the person reads about it, in Markdown.
        allowed_decisions: What the person may decide.
        asked_by: Who asks: `"program"`, `"model"`, or the namespace of a subagent or graph inside.
        tool_call_id: The id of the model's call that runs the program, where a program asks.
        source: The program's text, where a program asks.
        line: The line of the program that waits, from 1; `None` where it is not known.
        column: The column, from 1.
        calls_so_far: What the program has done, a line each.
        asked_at: When it was asked.
        expires_at: When it is decided as rejected unless somebody answers; `None` for never.
        refused: Why the last answer did not fit; empty if there was none.
        value: The whole value of the interrupt.
    """

    thread_id: str
    interrupt_id: str
    index: int
    tool: str
    args: Mapping[str, Any]
    description: str
    allowed_decisions: tuple[str, ...]
    asked_by: str
    tool_call_id: str | None
    source: str | None
    line: int | None
    column: int | None
    calls_so_far: tuple[str, ...]
    asked_at: datetime
    expires_at: datetime | None
    refused: str
    value: Any


@dataclass(frozen=True, slots=True)
class PendingThread:
    """A thread that waits for people.

    Attributes:
        thread_id: The thread.
        since: When it came to wait.
        interrupt_ids: What it waits for.
    """

    thread_id: str
    since: datetime
    interrupt_ids: tuple[str, ...]
