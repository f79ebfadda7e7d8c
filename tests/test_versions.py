"""The canaries fail when what they stand for is broken in the package that it is a fact of."""

from __future__ import annotations

from tests.script.langgraph_internals.breaks import BREAKS
from tests.versions.breaking import FACTS, fails_with_its_sentence

SHORT = 2


def test_each_canary_has_a_break() -> None:
    assert BREAKS.keys() == FACTS.keys()


def test_a_canary_fails_with_its_sentence(full: bool) -> None:
    names = list(FACTS) if full else list(FACTS)[:SHORT]
    found = {name: fails_with_its_sentence(name) for name in names}
    assert not {name: printed for name, (fails, printed) in found.items() if not fails}
