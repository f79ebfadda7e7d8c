"""Labels that a tool gives to one of its results, and that agents inside of a tool bring.

What a call brings is known by its tool. But a tool that reads a mailbox may know of one letter that
it came from a stranger. It says so from inside the call, and whoever runs the call takes note: the
result itself may be turned into text, cut, or cached on its way.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_quickjs.script.labels.taint import ALL_LABELS, CLEAN, UNKNOWN, Label, Taint

__all__ = ["CallLabels", "Labelled", "add_labels", "around", "noting", "noting_for"]


_Value = TypeVar("_Value")


@dataclass(slots=True)
class CallLabels:
    """What one call of a tool brings beyond the labels of the tool.

    Attributes:
        before: What had been touched when it was made, for agents inside of the tool.
        added: What the tool, or an agent inside of it, has added.
    """

    before: Taint = CLEAN
    added: Taint = CLEAN

    def add(self, taint: Taint) -> None:
        """Adds what has been touched inside, from whatever thread."""
        with _adding:
            self.added = self.added.join(taint)


_adding = threading.Lock()

_current: ContextVar[CallLabels | None] = ContextVar("langchain_quickjs_labels", default=None)


class noting(contextlib.AbstractContextManager[CallLabels]):  # noqa: N801 - it is used like one
    """Notes what is added while a call runs in this context, in whatever thread."""

    def __init__(self, labels: CallLabels) -> None:
        self._labels = labels

    def __enter__(self) -> CallLabels:
        self._token = _current.set(self._labels)
        return self._labels

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def noting_for(before: Taint | None) -> contextlib.AbstractContextManager[CallLabels | None]:
    """Notes what is added to a call of a program; `None` leaves that to the call around it.

    Args:
        before: What the program had touched; `None` if it has no rule.
    """
    if before is None:
        return contextlib.nullcontext()
    return noting(CallLabels(before))


def around() -> CallLabels | None:
    """The call that runs in this context, if it is one of an agent with a rule."""
    return _current.get()


def Labelled(value: _Value, labels: Collection[Label]) -> _Value:  # noqa: N802 - reads like a type
    """Gives the value, having added labels to the result of the tool call that is running.

    See `add_labels`.

    Example:
        ```python
        def read_letter(number: int) -> str:
            letter = mailbox[number]
            is_ours = letter.sender.endswith("@example.com")
            return letter.text if is_ours else Labelled(letter.text, {"untrusted"})
        ```
    """
    add_labels(labels)
    return value


def add_labels(labels: Collection[Label]) -> None:
    """Adds labels to the result of the tool call that is running.

    A tool calls it for results that are more than its labels in `RuleOfTwo` say: a letter from a
    stranger in a mailbox of colleagues. Labels can be added, never removed. Outside of an agent
    with a rule it does nothing.

    Args:
        labels: Any of `"untrusted"`, `"sensitive"` and `"acts"`; what is none of them counts as
            all three.

    Example:
        ```python
        def read_letter(number: int) -> str:
            letter = mailbox[number]
            if not letter.sender.endswith("@example.com"):
                add_labels({"untrusted"})
            return letter.text
        ```
    """
    current: Any = _current.get()
    if current is None:
        return
    given: Any = labels
    known = isinstance(given, Collection) and not isinstance(given, str)
    known = known and all(isinstance(one, str) and one in ALL_LABELS for one in given)
    current.add(Taint(frozenset(given)) if known else UNKNOWN)
