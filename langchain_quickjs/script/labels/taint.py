"""What a session or a program has touched: labels that only grow, and the calls they came from.

And what a rule about that says, for all who need one without having to know how it is made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias, TypeGuard, get_args

from langchain.agents.middleware.human_in_the_loop import ActionRequest, ReviewConfig

from langchain_quickjs.interpreter.storage.packed import packed, unpacked
from langchain_quickjs.interpreter.values.short_json import json_in_short
from langchain_quickjs.quoting import INVISIBLE, time_text

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
    "Reviewed",
    "Rule",
    "Source",
    "Taint",
    "are_labels",
    "asked_because",
    "brought_by",
    "error_about",
    "given_later",
    "source_of",
    "why",
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

Reviewed: TypeAlias = tuple[ActionRequest, ReviewConfig, str | None]
"""What people are asked about a call, and what its description begins with if it is still to be
written; `None` where it was given."""

SOURCES_PER_LABEL: Final = 12
_NAME_CHARS: Final = 128
_TOLD_ARGS_CHARS: Final = 120
_ARGS_CHARS: Final = 200
_FIELD_CHARS: Final = 60
_FIELDS: Final = 32
_NOT_KNOWN_WHERE: Final = (
    "it is not known where (there is a history of messages, and no labels with it: keep the thread "
    "in a checkpointer of the agent itself)"
)
_WORDS: Final[dict[Label, str]] = {
    "untrusted": "read what strangers may have written",
    "sensitive": "reached what is private",
    "acts": "acted",
}
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
        return packed([sorted(self.labels), sources])

    @classmethod
    def unpack(cls, stored: object) -> Self:
        """What `pack` packed.

        Raises:
            ValueError: It is something else.
        """
        match unpacked(stored):
            case [[*labels], [*sources]] if are_labels(labels) and len(sources) <= 64:
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


def are_labels(values: object) -> TypeGuard[list[Label]]:
    """Whether something that was stored is a list of labels."""
    return isinstance(values, list) and all(
        isinstance(value, str) and value in ALL_LABELS for value in values
    )


def _source(fields: Any) -> Source:
    match fields:
        case [int() | float() as at_s, str(tool), str(args), [*labels]] if (
            are_labels(labels) and 0 <= at_s < _LAST_S
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
        called: The tools that it has called, with the labels that they had.
    """

    told: Taint
    passed: Taint
    taint: Taint
    shown: bool
    called: Mapping[str, frozenset[Label]]


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


def given_later(called: Mapping[str, Set[Label]], rule: Rule) -> frozenset[Label]:
    """The labels that tools have now, and did not have when they were called.

    Args:
        called: The tools, with the labels that they had.
        rule: The rule. What it derives, for subagents, differs from call to call.
    """
    named = ((name, had) for name, had in called.items() if rule.names(name))
    return frozenset().union(*(rule.labels_of(name) - had for name, had in named))


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


def why(
    taint: Taint, own: frozenset[Label], depends: Sequence[str] = (), *, all_of_it: bool = False
) -> str:
    """Why a person is asked about a call, in Markdown: which labels came from which calls.

    Args:
        taint: What had been touched before.
        own: The labels of the call.
        depends: Which of its arguments depend on strangers' text, if that is known.
        all_of_it: Whether all of it does, also that it is made.
    """
    told = [label for label in _WORDS if label != "acts" or label in taint.labels]
    others = [_touched(label, taint) for label in told if label not in own]
    mine = " and ".join(words for label, words in _WORDS.items() if label in own)
    head = f"**Rule of two.** This call would have {mine}"
    lines = [head + (", and before it this agent has:" if others else "."), *others]
    if all_of_it:
        lines.append("- that it is made, and with what, may depend on what strangers wrote")
    elif depends:
        named = ", ".join(f"`{_shown(name[:_FIELD_CHARS])}`" for name in depends[:_FIELDS])
        if (more := len(depends) - _FIELDS) > 0:
            named += f" and {more} more"
        lines.append(f"- of its arguments, these depend on what strangers wrote: {named}")
    return "\n".join(lines)


def _touched(label: Label, taint: Taint) -> str:
    told = [_told(one) for one in taint.sources if label in one.labels]
    if len(told) >= SOURCES_PER_LABEL:
        told.append("and there may be more, later ones")
    return f"- {_WORDS[label]}: {'; '.join(told) or _NOT_KNOWN_WHERE}"


def _told(source: Source) -> str:
    at = time_text(source.at_s)
    return f"`{_shown(f'{source.tool}({source.args})')}` at {at}"


def _shown(text: str) -> str:
    """A text that ends no code span, and in which nothing is hidden."""
    plain = INVISIBLE.sub("?", text.replace("`", "'"))
    return "".join(one if one.isprintable() else "?" for one in plain)


def asked_because(reason: str, name: str, args: dict[str, Any], asked: Reviewed | None) -> Reviewed:
    """What a person is asked about a call, with a reason before all else that is told of it."""
    if asked is None:
        review = ReviewConfig(
            action_name=name, allowed_decisions=["approve", "edit", "reject", "respond"]
        )
        return ActionRequest(name=name, args=args), review, reason
    action, review, preface = asked
    if preface is not None:
        return action, review, f"{reason}\n\n{preface}".rstrip()
    told = f"{reason}\n\n{action.get('description', '')}"
    return ActionRequest(**{**action, "description": told}), review, None
