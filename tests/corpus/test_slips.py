"""What a model reads after a mistake says what it needs to mend it."""

from __future__ import annotations

import re

import pytest

from tests.corpus.answers import answer
from tests.corpus.slips import SLIPS, Slip


@pytest.mark.parametrize("slip", SLIPS, ids=str)
async def test_an_answer_helps(slip: Slip) -> None:
    read = await answer([slip.source], timeout=2, on_tool_error="return")
    assert [word for word in slip.says if word.lower() not in read.lower()] == [], read
    if slip.line is not None:
        assert re.search(rf"\bline {slip.line}\b|:{slip.line}:\d", read), read


def test_there_are_many_slips() -> None:
    assert len(SLIPS) >= 40
