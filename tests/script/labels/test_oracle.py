"""No call acts unasked once strangers' text and private data have met in its session.

Sessions are random: their tools and labels, programs, subagents, answers, forks and kills. What
they do is noted by their tools, and the oracle knows only that (`session_oracle`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.helpers.conversations import MODES, Mode
from tests.helpers.drawn_sessions import scripts
from tests.helpers.nurseries import Nursery
from tests.helpers.scripted_sessions import Script
from tests.helpers.session_oracle import require_supervised
from tests.helpers.session_runs import PLAIN, live, run, run_killed
from tests.helpers.told_sessions import DEEP, KILLED, SESSIONS

PRECISIONS: Any = ["session", "program", "value"]
T = TypeVar("T", bound=Callable[..., Any])
options = st.fixed_dictionaries(
    {
        "durability": st.sampled_from(["pause", "call"]),
        "ask": st.sampled_from(["together", "each", "one_by_one"]),
        "mode": st.sampled_from(["thread", "thread", "call"]),
    }
)


def some(few: int) -> settings:
    """So many examples, and many where the long suites run in full.

    A failure is told in words and not made smaller, which would take minutes.
    """
    examples = few * 50 if settings().max_examples >= 1_000 else few
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
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


@pytest.mark.parametrize("precision", PRECISIONS)
@told(SESSIONS.values(), options=PLAIN)
@some(12)
@given(script=scripts(), options=options, mode=st.sampled_from(MODES))
def test_no_call_acts_unasked(script: Script, precision: Any, options: Any, mode: Mode) -> None:
    made = run(script, precision, options, mode)
    require_supervised(made.branches, precision)


@pytest.mark.parametrize("precision", PRECISIONS)
@told(KILLED.values(), options={**PLAIN, "durability": "call"})
@some(2)
@given(
    script=scripts(says=1, leaves=False),
    options=options,
    mode=st.sampled_from(MODES),
    number=st.one_of(st.integers(1, 5), st.integers(-12, -1)),
)
def test_no_call_acts_unasked_after_a_kill(
    script: Script, precision: Any, options: Any, mode: Mode, number: int, nursery: Nursery
) -> None:
    made = run_killed(nursery.of(live), script, precision, options, mode, number)
    require_supervised(made.branches, precision)


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
