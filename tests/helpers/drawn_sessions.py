"""Random sessions under the rule of two, most of them dangerous.

In these there is one source of strangers' text and one of private data, and one way leads from them
to what acts: whoever loses sight of it has lost it for good. Half of them are told ones with other
things in between.

They are drawn from a seed: what Hypothesis finds by changing what it had found is much the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.helpers.scripted_sessions import (
    ACTS,
    ALL,
    BRINGS,
    HARMLESS,
    MIXED,
    NONE,
    PROVIDED,
    UNLABELLED,
    Call,
    Expr,
    Found,
    Program,
    Say,
    Script,
    Step,
)
from tests.helpers.told_sessions import DEEP, SESSIONS

__all__ = ["scripts"]

T = TypeVar("T")


def scripts(
    *, subagents: bool = False, says: int = 2, rejects: bool = True, leaves: bool = True
) -> st.SearchStrategy[Script]:
    """Sessions.

    Args:
        subagents: Whether there are any.
        says: How many messages of people there are at most.
        rejects: Whether some calls are rejected.
        leaves: Whether questions are left alone, and earlier checkpoints gone on from.
    """
    seeds = st.integers(0, 2**64 - 1)
    return seeds.map(lambda seed: _Draw(Random(seed), subagents, rejects, leaves).script(says))


@dataclass
class _Draw:
    """Draws one session."""

    random: Random
    subagents: bool
    rejects: bool
    leaves: bool
    tools: Sequence[str] = (ACTS, HARMLESS, HARMLESS, HARMLESS)
    found: bool = False
    adds: bool = False

    def script(self, says: int) -> Script:
        """A session with at most so many messages of people."""
        tools = (*BRINGS.values(), HARMLESS, MIXED, UNLABELLED)[: self.one(4, 5, 6)]
        labels = {tool: frozenset({label}) for label, tool in BRINGS.items()}
        mixed = frozenset(label for label in sorted(ALL) if self.one(True, False))
        labels |= {tool: mixed if tool == MIXED else NONE for tool in tools[3:5]}
        rule = {
            "order": self.one("acts", "acts", "any"),
            "on_three": self.one("ask", "ask", "refuse"),
        }
        if self.one(True, False):
            story = self.one(*(DEEP if self.subagents else SESSIONS).values())
            rule["order"] = self.one(story.rule["order"], "any")
            told = [self.varied(one) for one in story.says[:says]]
            told = [replace(one, leaves=one.leaves and self.leaves) for one in told]
            return replace(story, says=tuple(told), rule=rule)
        is_story = self.one(True, True, True, True, False)
        ways = {label: self.one("tool", "tool", "tool", "adds", "found") for label in BRINGS}
        provided = {"sensitive", "untrusted"} & {one for one in ways if ways[one] == "found"}
        self.found = bool(provided)
        if not is_story:
            self.tools, self.adds = tools, True
        said: Any = self.many(says, self.say)
        if is_story:
            said = self.story(said, {**ways, "acts": "tool"}, rule["order"])
        return Script(labels | {PROVIDED: frozenset(provided)}, said, tools, rule)

    def one(self, *choices: T) -> T:
        return self.random.choice(choices)

    def many(self, most: int, draw: Callable[[], T]) -> tuple[T, ...]:
        return tuple(draw() for _ in range(self.random.randint(1, most)))

    def story(self, said: Any, ways: Mapping[str, str], order: str) -> Any:
        """The same, where calls that bring the three follow upon each other."""
        labels = [*self.random.sample(["sensitive", "untrusted"], 2), "acts"]
        if order == "any":
            self.random.shuffle(labels)
        labels = [label for label in labels if ways[label] != "found"]
        calls = [n for n, call in enumerate(_calls_in(said)) if call.tool != "task"]
        at = self.random.randint(min(len(labels), len(calls)) - 1, len(calls) - 1)
        brings = dict[int, Any]()
        for label in reversed(labels):
            adds = {"tool": HARMLESS, "adds": frozenset({label})}
            brings[calls[at]] = adds if ways[label] == "adds" else {"tool": BRINGS[label]}
            at = max(at - self.one(1, 1, 2, 3), 0)
        count = itertools.count()
        return _changed(said, lambda call: replace(call, **brings.get(next(count), {})))

    def varied(self, item: Any) -> Any:
        """The same with calls in between that only pass on what they are given."""
        passing = (Call(HARMLESS, Expr(1)),) * self.one(0, 0, 1)
        match item:
            case Say():
                more = (passing,) if passing else ()
                return replace(item, turns=more + tuple(map(self.varied, item.turns)))
            case tuple():
                return (*map(self.varied, item), *passing)
            case Program():
                step = tuple(Step((call,), "each") for call in passing)
                at = self.random.randint(0, len(item.steps))
                steps = tuple(map(self.varied, item.steps))
                return replace(item, steps=steps[:at] + step + steps[at:])
            case Step("each"):
                return replace(item, how=self.one("each", "caught"))
            case Call("task"):
                return replace(item, inner=tuple(map(self.varied, item.inner)))
        return item

    def say(self) -> Say:
        ends = Call(self.one(*(t for t in self.tools if t != HARMLESS)), self.one(Expr(), Expr(-1)))
        end: Any = self.one(ends, Program((Step((ends,)),)))
        back = self.one(None, self.random.randint(0, 9)) if self.leaves else None
        how = self.one("say", "again", "update")
        return Say((*self.turns(), (end,)), back, how, self.leaves and self.one(True, False, False))

    def turns(self, *, inner: bool = False) -> tuple[Any, ...]:
        return self.many(2, lambda: self.turn(inner))

    def turn(self, inner: bool) -> tuple[Any, ...]:
        found = (Found(),) if self.found and self.one(True, False) else ()
        return found + self.many(
            2, lambda: self.call(inner) if self.one(True, False) else self.program(inner)
        )

    def program(self, inner: bool) -> Program:
        ends = "returns", "prints", "throws", "leaves", "leaves", "silent"
        return Program(self.many(2, lambda: self.step(inner)), self.one(*ends), self.expr())

    def step(self, inner: bool) -> Step:
        hows = "all", "each", "each", "caught", "loose", "strands"
        calls = self.many(2, lambda: self.call(inner))
        return Step(calls, self.one(*hows), self.one(0, 0, 0, 1, 2))

    def call(self, inner: bool) -> Call:
        if self.subagents and not inner and self.one(True, False, False):
            return Call("task", self.expr(), inner=self.turns(inner=True))
        adds = (
            frozenset({self.one(*sorted(ALL))}) if self.adds and self.one(*range(6)) == 0 else NONE
        )
        approved = not self.rejects or self.one(True, True, True, False)
        return Call(self.one(*self.tools), self.expr(), approved, adds)

    def expr(self) -> Expr:
        return Expr(self.one(1, 1, 1, 2, 0, -1), self.one("text", "text", "text", "length", "flag"))


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
