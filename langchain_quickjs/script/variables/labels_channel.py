"""The channel of the agent's state in which the labels of a thread stand.

    value = [[touched by the session, left in variables, signature], ...]

Each write says all that its writer knew, so the last one says it all, but for those that calls of
one message write beside each other.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from langchain_quickjs.interpreter.storage.packed import packed, unpacked
from langchain_quickjs.script.labels.results import around
from langchain_quickjs.script.labels.taint import CLEAN, UNKNOWN, Taint
from langchain_quickjs.script.langgraph_internals.checkpointer import EMPTY_CHANNEL, HiddenChannel

__all__ = ["ALL_UNKNOWN", "LABELS_KEY", "LabelsChannel", "Touched", "entries_of"]

LABELS_KEY: Final = "_quickjs_labels"
"""The key of the agent's state under which the channel stands."""

_MOST_ENTRIES: Final = 1024


@dataclass(frozen=True, slots=True)
class Touched:
    """What stands in a thread.

    Attributes:
        session: What the conversation has touched.
        variables: What the programs had touched that left variables.
    """

    session: Taint = CLEAN
    variables: Taint = CLEAN

    def join(self, other: Touched) -> Touched:
        """Both together."""
        return Touched(self.session.join(other.session), self.variables.join(other.variables))

    def covers(self, other: Touched) -> bool:
        """Whether it has all labels of the other one."""
        return (
            other.session.labels <= self.session.labels
            and other.variables.labels <= self.variables.labels
        )


ALL_UNKNOWN: Final = Touched(UNKNOWN, UNKNOWN)
"""Nobody knows what has been touched."""


def entries_of(value: object) -> list[Any]:
    """The entries of a channel's value; one that nobody can read if it is none."""
    if value is EMPTY_CHANNEL:
        return []
    found = unpacked(value)
    return found if isinstance(found, list) and 0 < len(found) <= _MOST_ENTRIES else [b""]


class TouchedByRun:
    """What the programs of one run of the agent have touched, in this process."""

    def __init__(self) -> None:
        self._taint = CLEAN
        self._lock = threading.Lock()

    def joined(self, taint: Taint) -> Taint:
        """All of it, with this."""
        with self._lock:
            self._taint = self._taint.join(taint)
            return self._taint


class LabelsChannel(HiddenChannel):
    """Holds what was written of a session's labels, and shows it to nobody who reads the state.

    An update keeps each write that is not said by another one too, so it depends on no order, and
    never loses a label.

    An agent that runs inside of a tool call tells that call what stands here when its run begins,
    and with each step: also of what it had read in a run before this one.
    """

    def __init__(self, typ: Any = bytes, key: str = "") -> None:
        super().__init__(typ, key)
        self.shared = TouchedByRun()
        self._is_trial = False  # Whether somebody only wants to see what a write would do.

    def copy(self) -> Self:
        """Copies the channel for somebody who wants to see what a write would do."""
        new = self.__class__(self.typ, self.key)
        new.value, new.shared, new._is_trial = self.value, self.shared, True
        return new

    def from_checkpoint(self, checkpoint: Any) -> Self:
        """Makes the channel that a run of the graph begins with."""
        new = super().from_checkpoint(checkpoint)
        new._tell_around()
        return new

    def update(self, values: Sequence[bytes]) -> bool:
        """Takes the writes of a superstep."""
        if not values:
            return False
        self.value = packed(_said([*entries_of(self.value), *values]))
        self._tell_around()
        return True

    def _tell_around(self) -> None:
        if not self._is_trial and (call := around()) is not None:
            call.add(
                CLEAN.join(*(_labels_in(_as_bytes(e)).session for e in entries_of(self.value)))
            )


def _said(entries: Iterable[Any]) -> list[Any]:
    """The entries but for those that others cover, in an order that depends on nothing else."""
    kept: list[tuple[Touched, Any]] = []
    for entry in sorted(set(map(_as_bytes, entries)), reverse=True):
        touched = _labels_in(entry)
        if not any(other.covers(touched) for other, _ in kept):
            kept = [(other, one) for other, one in kept if not touched.covers(other)]
            kept.append((touched, entry))
    return sorted(entry for _, entry in kept)


def _as_bytes(entry: Any) -> bytes:
    return entry if isinstance(entry, bytes) else b""


def _labels_in(entry: bytes) -> Touched:
    """What an entry says, whoever wrote it."""
    match unpacked(entry):
        case [bytes(session), bytes(variables), bytes()]:
            with contextlib.suppress(ValueError):
                return Touched(Taint.unpack(session), Taint.unpack(variables))
    return ALL_UNKNOWN
