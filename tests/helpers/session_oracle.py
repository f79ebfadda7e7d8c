"""What has happened in a session, branch by branch, and an oracle of what may not.

The oracle knows only what each call was given, and what the model had read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.helpers.scripted_sessions import ALL, NONE, PROVIDED, Script, places_in
from tests.helpers.written_sessions import Known, Written

__all__ = ["Branch", "Happened", "require_supervised"]


@dataclass
class Happened:
    """What has happened on one branch of a thread.

    Attributes:
        made: Made calls by their places, in order: the text that each was given, and its result.
        asked: Calls that a person was asked about.
        read: What a model had read before it said a turn.
        ended: The programs whose ends it had read, so that it knows what these show.
    """

    made: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    read: dict[str, str] = field(default_factory=dict)
    ended: dict[str, set[str]] = field(default_factory=dict)

    def take(self, line: str) -> None:
        """Takes up what was noted."""
        kind, name, *rest = json.loads(line)
        if kind == "made":
            self.made[name] = (rest[0], rest[1])
        elif kind == "asked":
            self.asked.add(name)
        else:
            self.read[name], self.ended[name] = rest[0], set(rest[1])


@dataclass(frozen=True)
class Branch:
    """What an oracle may know of a branch: its calls as they were written, and what happened."""

    script: Script
    written: Written
    calls: Mapping[str, Known]
    on: Happened

    def __str__(self) -> str:
        """What was said, turn by turn, and what became of it."""
        labels = {tool: [*self.script.of(tool)] for tool in (*self.script.tools, PROVIDED)}
        lines = [f"a session with {dict(self.script.rule)}, {labels}:"]
        for turn in {call.turn: None for call in self.calls.values()}:
            says = self.written.says[turn]
            lines += [f"{turn}: {what} {told.get('code', told)}" for what, told, _ in says]
        lines += [f"made {place}: {told}" for place, told in self.on.made.items()]
        adds = {place: [*call.call.adds] for place, call in self.calls.items() if call.call.adds}
        return "\n".join([*lines, f"asked {self.on.asked}", f"added {adds}"])

    def own(self, place: str) -> frozenset[str]:
        """The labels of the tool of a call."""
        return self.script.of(self.written.calls[place].call.tool)

    def brought(self, places: Iterable[str]) -> frozenset[str]:
        """All labels of calls, with those that their tools have given to the results."""
        calls = {place: self.written.calls[place].call for place in places}
        return NONE.union(*(self.own(place) | call.adds for place, call in calls.items()))

    def made(self, places: Iterable[str]) -> set[str]:
        """Those of these calls that were made."""
        return {place for place in places if place in self.on.made}

    def carried(self, places: Iterable[str]) -> set[str]:
        """The calls whose results are in the results of these."""
        return {*places_in(self.on.made[place][1] for place in self.made(places))}

    def given(self, call: Known) -> set[str]:
        """The calls whose results have come to a call."""
        return {*places_in([self.on.made[call.place][0]])} | self.carried(call.implied)

    def told(self, call: Known) -> set[str]:
        """The calls whose results whoever makes a call had been shown when it was written."""
        read = {*places_in([self.on.read[call.turn]])}
        for ended in self.on.ended[call.turn]:
            read |= self.carried(self.written.shown.get(ended, ()))
        if call.outer is None:
            return read
        outer = self.written.calls[call.outer]
        return read | self.told(outer) | self.carried(outer.prior)


def met(call: Known, on: Branch, precision: str) -> frozenset[str]:
    """The oracle: the labels that have surely met when a call is made."""
    heard = on.told(call) | on.given(call)
    known = heard | on.carried(call.prior)
    if precision == "session":
        heard = known = known | on.made(call.before)
    strange = heard if precision == "value" and call.in_program else known
    begun = NONE.union(*map(on.own, on.made(call.launched)))
    within = on.brought(strange) & {"untrusted"} | (on.brought(known) | begun) & {
        "sensitive",
        "acts",
    }
    return within | on.own(call.place)


def may_meet(call: Known, on: Branch) -> frozenset[str]:
    """All labels of calls that may have begun, in whatever order."""
    turn = call.turn if call.outer is None else on.written.calls[call.outer].turn
    rejected = {p for p in call.before if p in on.on.asked and p not in on.on.made}
    within = on.calls.keys() & on.written.within(turn.split("/")[0])
    return on.brought((call.before | within | {call.place}) - rejected)


def require_supervised(branches: Iterable[Branch], precision: str, *, exact: bool = False) -> None:
    """Checks that nothing acted unasked once the three had met.

    Args:
        branches: The branches of a session.
        precision: That of the rule.
        exact: Whether nobody was asked either where they cannot have met.
    """
    for on in branches:
        for place, call in on.calls.items():
            asked, decisive = place in on.on.asked, on.script.decisive(call.call.tool)
            if place in on.on.made and decisive and not asked and call.call.tool != PROVIDED:
                assert met(call, on, precision) != ALL, f"{place} ran unasked in {on}"
            assert not (exact and asked) or may_meet(call, on) == ALL, f"{place} was asked in {on}"
