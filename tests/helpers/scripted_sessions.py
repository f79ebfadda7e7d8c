"""Random sessions under the rule of two: what a model and its programs do, as data and as code.

Each tool gives back its call's place as a tag, with the text that it was given. So what reached a
message of the model, or an argument, can be read in it; `written_sessions` says what goes other
ways.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from hypothesis import strategies as st

__all__ = [
    "ALL",
    "PROVIDED",
    "Call",
    "Expr",
    "Found",
    "Program",
    "Say",
    "Script",
    "Step",
    "places_in",
    "scripts",
]

ALL: Final = frozenset({"untrusted", "sensitive", "acts"})
NONE: Final = frozenset[str]()
NAMES: Final = ("ash", "elm", "fir", "oak", "yew", "bay")
PROVIDED: Final = "web_search"


@dataclass(frozen=True)
class Expr:
    """A text made of an earlier result: 0 for none, -1 for what an earlier program has left."""

    of: int = 0
    form: str = "text"


@dataclass(frozen=True)
class Call:
    """A call of a tool, or of a subagent, with what that is to do.

    Attributes:
        tool: The tool.
        gives: What it is given.
        approved: What a person says if asked.
        adds: The labels that the tool gives to this result.
        inner: What the subagent calls.
    """

    tool: str
    gives: Expr = Expr()
    approved: bool = True
    adds: frozenset[str] = NONE
    inner: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Found:
    """What the model's provider has put into a message, before the calls of the same."""

    tool: str = PROVIDED


@dataclass(frozen=True)
class Step:
    """Calls that a program makes: `all` together, `each` in turn, `caught`, `loose`, `strands`."""

    calls: tuple[Call, ...]
    how: str = "all"
    when: int = 0


@dataclass(frozen=True)
class Program:
    """A program, and what it does with a text at its end."""

    steps: tuple[Step, ...]
    end: str = "silent"
    gives: Expr = Expr()


@dataclass(frozen=True)
class Script:
    """A session: tools, and what happens.

    Attributes:
        labels: The labels of tools; one that is missing has all.
        says: What happens.
        tools: The names of the tools.
        rule: What else there is to say of the rule.
    """

    labels: Mapping[str, frozenset[str]]
    says: tuple[Say, ...]
    tools: tuple[str, ...] = NAMES
    rule: Mapping[str, Any] = field(default_factory=dict)

    def of(self, tool: str) -> frozenset[str]:
        """The labels of a tool."""
        return NONE if tool == "task" else self.labels.get(tool, ALL)

    def decisive(self, tool: str) -> frozenset[str]:
        """Those of its labels for which its calls are asked about."""
        return self.of(tool) & (ALL if self.rule.get("order") == "any" else {"acts"})


@dataclass(frozen=True)
class Say:
    """A message of a person, and what a model calls then.

    Attributes:
        turns: The calls.
        back: How many checkpoints before the last one it goes on.
        how: `say` a message, go on `again` as it was, or from an `update` of the state.
        leaves: Whether nobody answers what is asked.
    """

    turns: tuple[tuple[Call | Program | Found, ...], ...]
    back: int | None = None
    how: str = "say"
    leaves: bool = False


# --- what is drawn -------------------------------------------------------------------------------

exprs = st.builds(
    Expr,
    st.sampled_from([0, 0, 1, 1, 2, 3, -1]),
    st.sampled_from(["text", "text", "length", "flag"]),
)
label_sets = st.sampled_from([
    NONE, {"untrusted"}, {"sensitive"}, {"acts"}, {"acts"}, {"untrusted", "sensitive"},
    {"untrusted", "acts"}, {"sensitive", "acts"}, ALL,
]).map(frozenset)  # fmt: skip
adding = st.sampled_from([NONE] * 6 + [frozenset({one}) for one in sorted(ALL)])
rules = st.fixed_dictionaries(
    {
        "order": st.sampled_from(["acts", "acts", "any"]),
        "on_three": st.sampled_from(["ask", "ask", "ask", "refuse"]),
    }
)


def _programs(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[Program]:
    many = st.lists(calls, min_size=1, max_size=3).map(tuple)
    hows = st.sampled_from(["all", "each", "caught", "loose", "strands"])
    steps = st.builds(Step, many, hows, st.sampled_from([0, 0, 1, 2]))
    ends = st.sampled_from(["silent", "returns", "prints", "throws", "leaves"])
    return st.builds(Program, st.lists(steps, min_size=1, max_size=3).map(tuple), ends, exprs)


def _turns(
    calls: st.SearchStrategy[Call], most: int, found: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    items = st.lists(st.one_of(calls, _programs(calls)), min_size=1, max_size=2).map(tuple)
    turn = st.tuples(found, items).map(lambda both: both[0] + both[1])
    return st.lists(turn, min_size=1, max_size=most).map(tuple)


@st.composite
def scripts(
    draw: Any, *, subagents: bool = False, says: int = 3, rejects: bool = True, leaves: bool = True
) -> Script:
    """A session. Most have one source of strangers' text and one of private data, anywhere.

    So only one way leads from there to what acts: who loses sight of it there loses it for good.

    Args:
        draw: Draws.
        subagents: Whether there are any.
        says: How many messages of people there are at most.
        rejects: Whether some calls are rejected.
        leaves: Whether questions are left alone, and earlier checkpoints gone on from.
    """
    tools = NAMES[: draw(st.integers(4, 6))]
    # The last one is not labelled at all.
    labels = {name: frozenset({one}) for name, one in zip(NAMES, sorted(ALL), strict=False)}
    labels |= {NAMES[3]: NONE} | {name: draw(label_sets) for name in tools[4:5]}
    acts = st.sampled_from([name for name in tools if "acts" in labels.get(name, ALL)])
    approved = st.sampled_from([True, True, not rejects])
    sources = frozenset[str]()
    calls = st.builds(Call, st.sampled_from(tools), exprs, approved, adding)
    if draw(st.sampled_from([True, True, True, False])):
        sources, acts = ALL - {"acts"}, st.just("ash")
        calls = st.builds(Call, st.sampled_from(["ash", "oak", "oak"]), exprs, approved)
    ways = {
        label: draw(st.sampled_from(["tool", "tool", "adds", "found"])) for label in sorted(sources)
    }
    labels[PROVIDED] = frozenset(label for label, way in ways.items() if way == "found")
    found = st.sampled_from([(), (Found(),)] if labels[PROVIDED] else [()])
    if subagents:
        tasks = st.builds(Call, st.just("task"), exprs, inner=_turns(calls, 2, found))
        calls = st.one_of(calls, calls, tasks)
    # At the end something acts.
    last: Any = st.builds(Call, acts, st.builds(Expr, st.sampled_from([0, -1])))
    ends = st.one_of(last, last.map(lambda call: Program((Step((call,)),))))
    turns = st.tuples(_turns(calls, 2, found), st.tuples(ends).map(lambda t: (t,)))
    said = st.builds(
        Say,
        turns.map(lambda both: both[0] + both[1]),
        st.one_of(st.none(), st.integers(0, 9)) if leaves else st.none(),
        st.sampled_from(["say", "again", "update"]),
        st.sampled_from([False, False, leaves]),
    )
    drawn = draw(st.lists(said, min_size=1, max_size=says))
    for label, way in ways.items():
        if way != "found":
            drawn = _with_source(draw, drawn, label, way)
    return Script(labels, tuple(drawn), tools, draw(rules))


def _with_source(draw: Any, says: list[Say], label: str, way: str) -> list[Say]:
    """The same with a call in the place of another that brings a label."""
    calls = [call for say in says for call in _calls_in(say.turns)][:-1]
    at = draw(st.sampled_from([n for n, call in enumerate(calls) if call.tool != "task"]))
    tool, count = NAMES[sorted(ALL).index(label)], itertools.count()
    brings: Any = {"adds": frozenset({label})} if way == "adds" else {"tool": tool}
    bring = partial(replace, **brings)
    return [*_changed(tuple(says), lambda call: bring(call) if next(count) == at else call)]


def _calls_in(item: Any) -> list[Call]:
    calls = list[Call]()

    def note(call: Call) -> Call:
        calls.append(call)
        return call

    _changed(item, note)
    return calls


def _changed(item: Any, change: Callable[[Call], Call]) -> Any:
    """What happens with each call in it changed."""
    match item:
        case tuple():
            return tuple(_changed(one, change) for one in item)
        case Say():
            return replace(item, turns=_changed(item.turns, change))
        case Program():
            return replace(item, steps=_changed(item.steps, change))
        case Step():
            return replace(item, calls=_changed(item.calls, change))
        case Call():
            return replace(change(item), inner=_changed(item.inner, change))
    return item


def places_in(texts: Iterable[str]) -> list[str]:
    """The tags in texts."""
    return [place for text in texts for place in re.findall(r"#([\d./]+);", text)]
