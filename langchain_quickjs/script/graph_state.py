"""The state of the script graph: what it takes and gives, and what is shown of it in between.

A snapshot of many kilobytes stands there while a script is paused. It is stored like all else of
the state. But it is no part of what nodes are given and return, nor of the keys that LangGraph
shows: callbacks, traces and streams would have it several times a pause.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, Self, cast

from langgraph.channels import EphemeralValue, UntrackedValue
from typing_extensions import TypedDict

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.script.flow.call_ids import digest
from langchain_quickjs.script.state import PausedState, StateUpdate
from langchain_quickjs.script.telling.endings import ScriptOutcome

__all__ = [
    "PauseReference",
    "ScriptInput",
    "ScriptOutput",
    "ScriptState",
    "ShownState",
    "UnseenState",
    "paused_in",
    "reference_to",
]


class ScriptInput(TypedDict):
    """What the script graph takes.

    `seed` is 32 bytes that all randomness of the script comes from; drawn when omitted.
    """

    source: str
    seed: NotRequired[bytes]


class ScriptOutput(TypedDict):
    """What the script graph gives.

    `updates` holds the state updates that called tools asked for with `Command(update=...)`, in
    order. In an agent they are applied to the agent's state; a graph of your own decides.
    """

    outcome: ScriptOutcome
    updates: list[StateUpdate]


class PauseReference(TypedDict):
    """What is shown of a paused script, by streams and traces too.

    Attributes:
        script_id: Whose it is.
        digest: What it is known by.
        bytes: The size of what is stored of it.
    """

    script_id: str
    digest: str
    bytes: int


def paused_in(state: Mapping[str, Any]) -> PausedState:
    """The paused script that stands in the state of a graph.

    Raises:
        SnapshotError: Something else stands there, or nothing.
    """
    match state.get("paused"):
        case {"script_id": str(), "sealed": bytes(), **rest} as stored if isinstance(
            rest.get("place", ""), str
        ):
            return cast("PausedState", stored)
    raise SnapshotError(
        "The paused script is not used, because something else stands in its place."
    )


def reference_to(stored: PausedState) -> PauseReference:
    """What is shown of a paused script."""
    sealed = stored["sealed"]
    return {"script_id": stored["script_id"], "digest": digest(sealed), "bytes": len(sealed)}


class SourceValue(EphemeralValue[str]):
    """A source, stored in a list.

    A checkpointer for PostgreSQL stores bare text as JSON, in which the database takes neither NUL
    nor half of a surrogate pair.
    """

    def checkpoint(self) -> Any:
        """What is stored."""
        value: Any = super().checkpoint()
        return [value] if isinstance(value, str) else value

    def from_checkpoint(self, checkpoint: Any) -> Self:
        """The channel with what was stored; earlier versions stored the bare text."""
        value = checkpoint[0] if isinstance(checkpoint, list) and checkpoint else checkpoint
        return super().from_checkpoint(value)


class ShownState(TypedDict, total=False):
    """What nodes are given of it as their input, which streams and traces show."""

    # Needed by the first step only; what remains of it afterwards is in the snapshot.
    source: Annotated[str, SourceValue]
    seed: Annotated[bytes, EphemeralValue]
    pause: Annotated[PauseReference, EphemeralValue]


class UnseenState(TypedDict, total=False):
    """What belongs to the graph alone, and nobody who watches it is shown: it may be large.

    When its script has ended, `written` holds what the task around it was given besides `updates`.
    """

    paused: PausedState | None
    answers: Annotated[bytes, EphemeralValue]
    refused: Annotated[Exception | None, UntrackedValue]
    maybe_answered: Annotated[bool, EphemeralValue]
    brought: Annotated[bool, EphemeralValue]
    written: list[StateUpdate]


class ScriptState(ShownState, UnseenState, total=False):
    """All of it."""

    updates: list[StateUpdate]
    outcome: Any
