"""What became of the answers that a run has brought, for whoever delivers them.

A run gives the state of its graph, which does not say whose answer was taken: of several that come
at once one is, in whatever process. So it is noted where it is decided, for whoever has asked for
it around the run, in the same thread of execution or task.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Final

__all__ = ["Receipt", "note_receipt", "note_void", "receipts"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one answer.

    Attributes:
        won: Whether it is the one that counts.
        answer: The answer that counts; for a question about calls, its decisions.
        taken_s: When that was taken, in seconds since the epoch; `None` if it is not known.
        refused: Why the answer did not fit; empty if it did.
        unique: Whether nothing else is ever asked under the same id.
        void: Why nothing comes of it, although it was taken; empty if something does.
    """

    won: bool = False
    answer: Any = None
    taken_s: float | None = None
    refused: str = ""
    unique: bool = False
    void: str = ""


_noted: Final[ContextVar[dict[str, Receipt] | None]] = ContextVar(
    "langchain_quickjs_receipts", default=None
)


@contextlib.contextmanager
def receipts() -> Iterator[dict[str, Receipt]]:
    """Gathers what becomes of answers inside the context, by the ids of their interrupts."""
    noted: dict[str, Receipt] = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def note_receipt(interrupt_id: str, receipt: Receipt) -> None:
    """Notes what became of an answer, if anybody wants to know."""
    noted = _noted.get()
    if noted is not None:
        noted[interrupt_id] = receipt


def note_void(interrupt_ids: Iterable[str], why: str) -> None:
    """Notes that nothing comes of the answers to these questions that this run has brought."""
    noted = _noted.get() or {}
    for number in noted.keys() & set(interrupt_ids):
        noted[number] = replace(noted[number], void=why if noted[number].won else "")
