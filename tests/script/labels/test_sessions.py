"""No call acts unasked once strangers' text and private data have met in its session."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import RuleOfTwo
from tests.helpers.conversations import MODES, Mode
from tests.helpers.sessions import LABELS, TOOLS, Program, Session, expected

names = st.sampled_from(TOOLS)
rounds = st.lists(st.lists(names, min_size=1, max_size=3).map(tuple), max_size=3).map(tuple)
ends: Any = st.sampled_from(["silent", "returns", "prints", "throws"])
items = st.one_of(names, st.builds(Program, rounds, ends))
plans = st.lists(st.lists(items, min_size=1, max_size=3), min_size=1, max_size=4)
rules = st.builds(
    RuleOfTwo,
    st.just(LABELS),
    precision=st.sampled_from(["session", "program"]),
    order=st.sampled_from(["acts", "any"]),
)


# How programs are stored, and whether variables outlive them.
options = st.fixed_dictionaries(
    {
        "durability": st.sampled_from(["pause", "call"]),
        "ask": st.sampled_from(["together", "each", "one_by_one"]),
    }
)


@settings(deadline=None, max_examples=60)
@given(plan=plans, rule=rules, approves=st.booleans(), options=options, mode=st.sampled_from(MODES))
def test_what_needs_a_person_is_asked_about_and_nothing_else(
    plan: Any, rule: RuleOfTwo, approves: bool, options: Any, mode: Mode
) -> None:
    decision = "approve" if approves else "reject"
    session = Session(plan, rule, InMemorySaver(), options, decision, mode=mode)
    session.run()
    assert sorted(session.asked) == sorted(expected(plan, rule, approved=approves))
    if not approves:
        assert not set(session.asked) & set(session.made)


@settings(deadline=None, max_examples=30)
@given(plan=plans, rule=rules, mode=st.sampled_from(MODES))
def test_without_variables_programs_run_beside_each_other_and_nothing_slips_through(
    plan: Any, rule: RuleOfTwo, mode: Mode
) -> None:
    """What they bring to each other is not known, so only what must be asked is checked."""
    session = Session(plan, rule, InMemorySaver(), {"mode": "call"}, mode=mode)
    session.run()
    assert set(session.asked) >= set(expected(plan, rule, variables_live=False))
