"""No call acts unasked once strangers' text and private data have met in its session."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import RuleOfTwo
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


@settings(deadline=None, max_examples=60)
@given(plan=plans, rule=rules, approves=st.booleans())
def test_what_needs_a_person_is_asked_about_and_nothing_else(
    plan: Any, rule: RuleOfTwo, approves: bool
) -> None:
    session = Session(plan, rule, InMemorySaver(), decision="approve" if approves else "reject")
    session.run()
    assert sorted(session.asked) == sorted(expected(plan, rule, approved=approves))
    if not approves:
        assert not set(session.asked) & set(session.made)
