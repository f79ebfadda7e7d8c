"""The sessions of `test_oracle` find it where the rule of two is broken, in one way or another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.helpers.conversations import Mode
from tests.helpers.label_mutations import MUTATIONS, mutate
from tests.helpers.nurseries import Nursery
from tests.helpers.scripted_sessions import STRANGE
from tests.helpers.session_oracle import require_supervised
from tests.helpers.session_runs import PLAIN, live, run, run_killed
from tests.helpers.told_sessions import DEEP, KILLED, SESSIONS

AFTER_A_KILL: Final = "the stored end of a call brings nothing"
ASKED_TOO_MUCH: Final = "what has happened counts for all"

# What finds it soonest; in most cases others do so too.
FOUND_BY: Final[Mapping[str, tuple[str, Any]]] = {
    "the rule never applies": ("the model's own calls", "program"),
    "the model's own calls are let through": ("the model's own calls", "program"),
    "calls of programs are let through": ("in a program", "program"),
    "a call that is refused runs in a program": ("in a program, refused", "program"),
    "a call of the model that is refused runs": ("the model's own calls, refused", "program"),
    "only what acts is asked about": ("the act first", "program"),
    "what a program is given brings nothing": ("in a program", "program"),
    "what a program begins brings nothing": ("in a program", "program"),
    "calls of one message do not count for each other": ("beside a program", "program"),
    "programs of one message do not count for each other": (
        "two programs of a message",
        "session",
    ),
    "a program finds nothing": ("before a program", "program"),
    "a program leaves nothing": ("by what a program returns", "program"),
    "variables bring nothing": ("by variables", "program"),
    "no argument depends": ("in a program", "value"),
    "nothing that is shown depends": ("by what a program returns", "value"),
    "a shadow that goes another way is believed": ("by the way a program takes", "value"),
    "a stored program has touched nothing": ("after a pause", "program"),
    "calls that wait count for nothing": ("with a call that waits", "program"),
    "nothing is kept of a session": ("the model's own calls", "program"),
    "the last write of a step is kept alone": ("beside each other", "program"),
    "what happens inside of a call is not told": ("inside of a subagent of a program", "program"),
    "a subagent knows nothing of before": ("before a subagent of a program", "program"),
    "tools cannot label their results": ("by a result that is labelled", "program"),
    "what the model's provider finds brings nothing": ("by what the provider finds", "program"),
    "what is told of a program without an end brings nothing": (
        "by a program without an end",
        "program",
    ),
}


def test_each_broken_rule_is_looked_for() -> None:
    assert FOUND_BY.keys() | {AFTER_A_KILL, ASKED_TOO_MUCH} == MUTATIONS.keys()


@pytest.mark.parametrize("mutation", FOUND_BY)
def test_a_broken_rule_is_found(mutation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session, precision = FOUND_BY[mutation]
    script = {**SESSIONS, **DEEP}[session]
    mutate(mutation, monkeypatch)
    made = run(script, precision, deep=session in DEEP)
    with pytest.raises(AssertionError, match="ran unasked"):
        require_supervised(made.branches, precision)


def live_with(folder: str, mode: Mode, number: int, mutation: str) -> str:
    mutate(mutation, pytest.MonkeyPatch())
    return live(folder, mode, number)


def test_a_rule_that_is_broken_by_a_kill_is_found(nursery: Nursery) -> None:
    script, at = KILLED["after a call had ended"]
    options = {**PLAIN, "durability": "call"}

    def die_near_there() -> None:
        for number in (at, at + 1, at - 1, at + 2, at - 2):
            children, more = nursery.of(live_with), (number, AFTER_A_KILL)
            made = run_killed(children, script, "program", options, "invoke", *more)
            require_supervised(made.branches, "program")

    with pytest.raises(AssertionError, match="ran unasked"):
        die_near_there()


def test_a_rule_that_asks_too_much_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    script = SESSIONS["in a program"]
    harmless = replace(script, labels={**script.labels, STRANGE: frozenset()})
    mutate(ASKED_TOO_MUCH, monkeypatch)
    made = run(harmless, "session")
    with pytest.raises(AssertionError, match="was asked"):
        require_supervised(made.branches, "session", exact=True)
