"""No call acts unasked once strangers' text and private data have met in its session.

Sessions are random: their tools and labels, programs, subagents, answers, forks and kills. What
they do is noted by their tools, and the oracle knows only that, and what each call was given.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_quickjs import RuleOfTwo
from tests.helpers.conversations import MODES, Mode
from tests.helpers.nurseries import Nursery
from tests.helpers.scripted_sessions import ALL, Known, Script, scripts
from tests.helpers.session_runs import Branch, Run

PRECISIONS: Any = ["session", "program", "value"]
options = st.fixed_dictionaries(
    {
        "durability": st.sampled_from(["pause", "call"]),
        "ask": st.sampled_from(["together", "each", "one_by_one"]),
        "mode": st.sampled_from(["thread", "thread", "call"]),
    }
)


Labels = Callable[[str], frozenset[str]]


def some(few: int) -> int:
    """So many examples, and many where the long suites run in full."""
    return few if settings().max_examples < 1_000 else few * 50


def met(call: Known, on: Branch, labels: Labels, precision: str) -> frozenset[str]:
    """The oracle: the labels that have surely met when a call is made."""
    heard = on.told(call) | on.given(call)
    known = heard | on.carried(call.prior)
    if precision == "session":
        heard = known = known | on.made(call.before)
    strange = heard if precision == "value" and call.in_program else known
    private = known | on.made(call.launched)
    brought = {label for one in strange for label in labels(one) & {"untrusted"}}
    brought |= {label for one in private for label in labels(one) & {"sensitive"}}
    return frozenset(brought) | labels(call.place)


def may_meet(call: Known, on: Branch, labels: Labels) -> frozenset[str]:
    """All labels of calls that may have begun, in whatever order."""
    turn = call.turn if call.outer is None else on.written.calls[call.outer].turn
    rejected = {p for p in call.before if p in on.on.asked and p not in on.on.made}
    within = on.calls.keys() & on.written.within(turn.split("/")[0])
    return frozenset().union(*map(labels, (call.before | within | {call.place}) - rejected))


def run(script: Script, precision: Any, options: Any, mode: Mode, *, deep: bool = False) -> Run:
    labels: Any = {**script.labels, **({"task": frozenset()} if deep else {})}
    rule = RuleOfTwo(labels, precision=precision)
    with tempfile.TemporaryDirectory() as folder:
        made = Run(script, rule, Path(folder), options, mode, deep)
        made.run()
    return made


def require_supervised(run: Run, script: Script, precision: str, *, exact: bool = False) -> None:
    for on in run.branches:
        labels = partial(labels_at, script, on)
        for place, call in on.calls.items():
            asked = place in on.on.asked
            if place in on.on.made and not asked and "acts" in labels(place):
                assert met(call, on, labels, precision) != ALL, (place, on)
            assert not (exact and asked) or may_meet(call, on, labels) == ALL, (place, on)


def labels_at(script: Script, on: Branch, place: str) -> frozenset[str]:
    return script.of(on.written.calls[place].call.tool)


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=some(12), report_multiple_bugs=False)
@given(script=scripts(), options=options, mode=st.sampled_from(MODES))
def test_no_call_acts_unasked(script: Script, precision: Any, options: Any, mode: Mode) -> None:
    made = run(script, precision, options, mode)
    require_supervised(made, script, precision)


def live(folder: str, number: int, mode: Mode) -> str:
    """Goes on with a session to its end, or until the process is killed."""
    run = killed(Path(folder), number, mode)
    message = run.begin()
    run.proceed(None if (run.folder / "dead").exists() else message)
    return "ended"


def killed(folder: Path, number: int, mode: Mode) -> Run:
    script, precision, options = pickle.loads((folder / "script").read_bytes())
    rule = RuleOfTwo(script.labels, precision=precision)
    return Run(script, rule, folder, options, mode, dies_at=number)


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=some(2), report_multiple_bugs=False)
@given(
    script=scripts(says=1, leaves=False),
    options=options,
    mode=st.sampled_from(MODES),
    number=st.integers(1, 5),
)
def test_no_call_acts_unasked_after_a_kill(
    script: Script, precision: Any, options: Any, mode: Mode, number: int, nursery: Nursery
) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "script").write_bytes(pickle.dumps((script, precision, options)))
        children = nursery.of(live)
        if children.live(name, number, mode) is None:
            assert (Path(name) / "dead").exists()
            assert children.live(name, number, mode) == "ended"
        run = killed(Path(name), number, mode)
        run.begin()
        run.keep_branch()
    require_supervised(run, script, precision)


@settings(max_examples=some(6), report_multiple_bugs=False)
@given(
    script=scripts(rejects=False, leaves=False),
    options=options,
    mode=st.sampled_from(MODES),
)
def test_who_looks_closer_asks_no_more(script: Script, options: Any, mode: Mode) -> None:
    by_session, by_program, by_value = (
        run(script, precision, options, mode).happened.asked for precision in PRECISIONS
    )
    assert by_value <= by_program <= by_session


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=some(12), report_multiple_bugs=False)
@given(script=scripts(subagents=True, says=2), options=options, mode=st.sampled_from(MODES))
def test_no_call_of_a_subagent_acts_unasked(
    script: Script, precision: Any, options: Any, mode: Mode
) -> None:
    made = run(script, precision, options, mode, deep=True)
    require_supervised(made, script, precision)


@settings(max_examples=some(12), report_multiple_bugs=False)
@given(script=scripts(leaves=False), options=options, mode=st.sampled_from(MODES))
def test_nobody_is_asked_where_one_of_the_three_is_missing(
    script: Script, options: Any, mode: Mode
) -> None:
    made = run(script, "session", options, mode)
    require_supervised(made, script, "session", exact=True)
