"""What a session or a program has touched: labels that only grow, and the calls they came from.

And what a rule about that says, for all who need one without having to know how it is made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Self, get_args

import msgpack

from langchain_quickjs.interpreter.values.short_json import json_in_short

__all__ = [
    "ALL_LABELS",
    "CLEAN",
    "LAUNCHED",
    "SOURCES_PER_LABEL",
    "UNKNOWN",
    "Label",
    "Left",
    "OnThree",
    "Order",
    "Precision",
    "Rule",
    "Source",
    "Taint",
    "brought_by",
    "error_about",
    "source_of",
]

Label = Literal["untrusted", "sensitive", "acts"]
"""What a tool does to a session: it brings in text that anybody may have written, it reaches what
is private, it changes something or tells somebody outside."""

ALL_LABELS: Final[frozenset[Label]] = frozenset(get_args(Label))
LAUNCHED: Final[frozenset[Label]] = frozenset({"sensitive", "acts"})
"""What a call brings when it begins; the rest comes with its result."""

Precision = Literal["session", "program", "value"]
"""What taints: all that was delivered, what leaves programs, or what depends on strangers' text."""

OnThree = Literal["ask", "refuse"]
"""What becomes of a call with which all three come together."""

Order = Literal["acts", "any"]
"""Which call needs a person: one that acts, or whichever brings the third label."""

SOURCES_PER_LABEL: Final = 12
_NAME_CHARS: Final = 128
_TOLD_ARGS_CHARS: Final = 120
_ARGS_CHARS: Final = 200
_LAST_S: Final = 2**37  # Later times have no date.


class Source(NamedTuple):
    """A call that has brought labels.

    Attributes:
        at_s: When, in seconds since the epoch.
        tool: The name of the tool.
        args: Its arguments in short.
        labels: What it has brought, sorted.
    """

    at_s: float
    tool: str
    args: str
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Taint:
    """What has been touched.

    `join` is commutative, associative and idempotent, and never loses a label. Of the sources it
    keeps the first ones of each label, so what is stored is bounded.

    Attributes:
        labels: All labels so far.
        sources: The calls that they came from.
    """

    labels: frozenset[Label] = frozenset()
    sources: tuple[Source, ...] = ()

    def join(self, *others: Taint) -> Taint:
        """This and what others have touched."""
        if all(
            other.labels <= self.labels and (not other.sources or other.sources == self.sources)
            for other in others
        ):
            return self
        labels = self.labels.union(*(other.labels for other in others))
        return Taint(
            labels, _first_of_each((*self.sources, *(s for o in others for s in o.sources)))
        )

    def keeps_none_of(self, labels: Set[Label], at_s: float) -> bool:
        """Whether a call of that time adds nothing: others have brought these labels before."""
        return labels <= self.labels and all(
            sum(label in one.labels and one.at_s < at_s for one in self.sources)
            >= SOURCES_PER_LABEL
            for label in labels
        )

    def pack(self) -> bytes:
        """The same in few bytes."""
        sources = [[one.at_s, one.tool, one.args, list(one.labels)] for one in self.sources]
        return bytes(msgpack.packb([sorted(self.labels), sources]))

    @classmethod
    def unpack(cls, packed: object) -> Self:
        """What `pack` packed.

        Raises:
            ValueError: It is something else.
        """
        try:
            fields = msgpack.unpackb(packed) if isinstance(packed, bytes) else None
        except (TypeError, ValueError, msgpack.exceptions.UnpackException) as error:
            raise ValueError("it cannot be read") from error
        match fields:
            case [[*labels], [*sources]] if _are_labels(labels) and len(sources) <= 64:
                return cls(frozenset(labels), _first_of_each(map(_source, sources)))
        raise ValueError("it cannot be read")


def source_of(tool: str, args: str, at_s: float, labels: Iterable[Label]) -> Source:
    """A source whose texts are bounded."""
    return Source(at_s, tool[:_NAME_CHARS], args[:_ARGS_CHARS], tuple(sorted(labels)))


def _first_of_each(sources: Iterable[Source]) -> tuple[Source, ...]:
    kept: set[Source] = set()
    ordered = sorted(set(sources))
    for label in ALL_LABELS:
        kept.update([one for one in ordered if label in one.labels][:SOURCES_PER_LABEL])
    return tuple(sorted(kept))


def _are_labels(values: list[Any]) -> bool:
    return all(isinstance(value, str) and value in ALL_LABELS for value in values)


def _source(fields: Any) -> Source:
    match fields:
        case [int() | float() as at_s, str(tool), str(args), [*labels]] if (
            _are_labels(labels) and 0 <= at_s < _LAST_S
        ):
            return source_of(tool, args, float(at_s), labels)
    raise ValueError("it cannot be read")


class Left(NamedTuple):
    """What a program leaves when it ends.

    Attributes:
        told: What is touched by what the model may be shown of it.
        passed: What is touched by what it has passed on, by acts and in the agent's state.
        taint: All that it has touched, and found.
        shown: Whether the model is shown anything of it.
    """

    told: Taint
    passed: Taint
    taint: Taint
    shown: bool


class Rule(ABC):
    """Which calls need a person because of what was touched before: `RuleOfTwo`."""

    __slots__ = ()

    precision: Precision
    on_three: OnThree
    order: Order

    @abstractmethod
    def labels_of(self, name: str, args: Any = None) -> frozenset[Label]:
        """What a call of a tool brings; any call, without its arguments."""

    @abstractmethod
    def labels_of_provider_tool(self, name: str, own: Collection[str] = ()) -> frozenset[Label]:
        """What a tool brings that the model's provider runs.

        Args:
            name: Its plain name.
            own: The agent's own tools, whose labels are for none of the provider's.
        """

    @abstractmethod
    def names(self, name: str) -> bool:
        """Whether it says anything of a tool."""

    @abstractmethod
    def applies(self, taint: Taint, own: Set[Label]) -> bool:
        """Whether a call with these labels of its own brings all three together."""

    @abstractmethod
    def may_apply(self, name: str) -> bool:
        """Whether any call of a tool may come to need a person."""


CLEAN: Final = Taint()
"""Nothing has been touched."""

UNKNOWN: Final = Taint(ALL_LABELS)
"""Nobody knows what has been touched, so all of it counts."""


def brought_by(
    name: str, args: Any, labels: frozenset[Label], now_s: float, *, delivered: bool
) -> Taint:
    """What a call brings: access and acts when it begins, strangers' text when its result comes.

    Args:
        name: The tool.
        args: Its arguments.
        labels: Those of the tool.
        now_s: The time, in seconds since the epoch.
        delivered: Whether its result comes; else it begins.
    """
    mine = labels - LAUNCHED if delivered else labels & LAUNCHED
    if not mine:
        return CLEAN
    return Taint(mine, (source_of(name, json_in_short(args, _TOLD_ARGS_CHARS), now_s, mine),))


def error_about(name: str, taint: Taint, own: frozenset[Label]) -> str:
    """What a program or the model is told of a call that the rule refuses."""
    missing = sorted(taint.labels - own)
    return (
        f"{name} was not called: with it this session would have untrusted input, sensitive access "
        f"and an act together (rule of two); it already has {missing}. Go on without it."
    )
