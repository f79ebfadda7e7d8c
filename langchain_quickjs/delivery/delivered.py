"""What came of a delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

__all__ = ["Delivered", "DeliveryStatus"]

DeliveryStatus: TypeAlias = Literal["won", "late", "refused", "void"]
"""What became of an answer that was delivered."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came of one delivery of an answer.

    Attributes:
        status: `"won"`: this answer is the one that counts. `"late"`: the question was answered
            before, by another delivery or by an earlier try of this one. `"refused"`: the answer
            does not fit; the question stands. `"void"`: there is nothing to answer.
        why: What there is to say about it; empty if it won, and nothing is left to do.
        answer: The answer that counts, where it is known; for a question of ours about calls, a
            list of decisions.
        answered_at: When that was taken, where it is known.
        state: What the agent returned, if this delivery has run the thread; `None` if it has not.
        again: Whether somebody else may be at work on the thread who may fail: if nobody else
            delivers the answer, deliver it again later.
    """

    status: DeliveryStatus
    why: str = ""
    answer: Any = field(default=None, repr=False)
    answered_at: datetime | None = None
    state: Any = field(default=None, repr=False)
    again: bool = False

    @property
    def went_on(self) -> bool:
        """Whether this delivery has run the thread."""
        return self.state is not None
