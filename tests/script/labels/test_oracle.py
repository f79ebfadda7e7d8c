"""No call acts unasked once strangers' text and private data have met in its session.

Sessions are random: their tools and labels, programs, subagents, answers, forks and kills. What
they do is noted by their tools, and the oracle knows only that (`session_oracle`).
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from langchain_quickjs import RuleOfTwo
from tests.helpers.conversations import MODES, Mode
from tests.helpers.drawn_sessions import scripts
from tests.helpers.nurseries import Nursery
from tests.helpers.scripted_sessions import Script
from tests.helpers.session_oracle import require_supervised
from tests.helpers.session_runs import Run
from tests.helpers.told_sessions import DEEP, KILLED, SESSIONS

PRECISIONS: Any = ["session", "program", "value"]
T = TypeVar("T", bound=Callable[..., Any])
PLAIN: Any = {"durability": "pause", "ask": "each", "mode": "thread"}
options = st.fixed_dictionaries(
    {
        "durability": st.sampled_from(["pause", "call"]),
        "ask": st.sampled_from(["together", "each", "one_by_one"]),
        "mode": st.sampled_from(["thread", "thread", "call"]),
    }
)


def some(few: int) -> settings:
    """So many examples, and many where the long suites run in full, which make failures small.

    Making them small takes minutes. What has failed is told in words.
    """
    full = settings().max_examples >= 1_000
    phases = set(Phase) - (set() if full else {Phase.shrink, Phase.explain})
    examples = few * 50 if full else few
    return settings(max_examples=examples, phases=phases, report_multiple_bugs=False)


def told(stories: Iterable[Any], **others: Any) -> Callable[[T], T]:
    """Begins with these sessions, whatever else is drawn."""

    def with_examples(test: T) -> T:
        for story in stories:
            script, number = story if isinstance(story, tuple) else (story, None)
            given = others if number is None else {**others, "number": number}
            test = example(script=script, mode="invoke", **given)(test)
        return test

    return with_examples


def run(script: Script, precision: Any, options: Any, mode: Mode, *, deep: bool = False) -> Run:
    labels: Any = {**script.labels, **({"task": frozenset()} if deep else {})}
    rule = RuleOfTwo(labels, precision=precision, **script.rule)
    with tempfile.TemporaryDirectory() as folder:
        made = Run(script, rule, Path(folder), options, mode, deep)
        made.run()
    return made


@pytest.mark.parametrize("precision", PRECISIONS)
@told(SESSIONS.values(), options=PLAIN)
@some(12)
@given(script=scripts(), options=options, mode=st.sampled_from(MODES))
def test_no_call_acts_unasked(script: Script, precision: Any, options: Any, mode: Mode) -> None:
    made = run(script, precision, options, mode)
    require_supervised(made.branches, precision)


def live(folder: str, number: int, mode: Mode) -> str:
    """Goes on with a session to its end, or until the process is killed."""
    run = killed(Path(folder), number, mode)
    message = run.begin()
    run.proceed(None if (run.folder / "dead").exists() else message)
    return "ended"


def killed(folder: Path, number: int, mode: Mode) -> Run:
    script, precision, options = pickle.loads((folder / "script").read_bytes())
    rule = RuleOfTwo(script.labels, precision=precision, **script.rule)
    return Run(script, rule, folder, options, mode, dies_at=number)


@pytest.mark.parametrize("precision", PRECISIONS)
@told(KILLED.values(), options={**PLAIN, "durability": "call"})
@some(2)
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
    require_supervised(run.branches, precision)


@some(6)
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
@told(DEEP.values(), options=PLAIN)
@some(12)
@given(script=scripts(subagents=True), options=options, mode=st.sampled_from(MODES))
def test_no_call_of_a_subagent_acts_unasked(
    script: Script, precision: Any, options: Any, mode: Mode
) -> None:
    made = run(script, precision, options, mode, deep=True)
    require_supervised(made.branches, precision)


@some(12)
@given(script=scripts(leaves=False), options=options, mode=st.sampled_from(MODES))
def test_nobody_is_asked_where_one_of_the_three_is_missing(
    script: Script, options: Any, mode: Mode
) -> None:
    made = run(script, "session", options, mode)
    require_supervised(made.branches, "session", exact=True)
