"""What people read of a reason stays a quotation, whatever a program or a database has in it."""

from __future__ import annotations

import msgpack
import pytest

from langchain_quickjs.script.labels.taint import Label, Taint, brought_by, why

READ: frozenset[Label] = frozenset({"untrusted"})
ACTS: frozenset[Label] = frozenset({"acts"})
UNSEEN = "\u034f\u115f\u2800\u3164\ufe0f\uffa0\U000e0041\U000e0101"


@pytest.mark.parametrize(
    "text",
    ["`**all is well**`", "a\n\n# b", "\u202egpj", "a\u200bb", "x" * 9999]
    + [f"a{unseen}b" for unseen in UNSEEN],
)
def test_a_reason_is_one_line_of_code_for_each_call(text: str) -> None:
    taint = brought_by("page", {"url": text}, READ, 0.0, delivered=True)
    told = why(taint, ACTS, [text])
    lines = told.splitlines()
    assert len(lines) == 4
    assert len(told) < 1000
    assert not {"\u202e", "\u200b", *UNSEEN} & set(told)
    assert all(line.count("`") % 2 == 0 for line in lines)


@pytest.mark.parametrize("at_s", [float("nan"), float("inf"), -1, 1e300])
def test_a_time_that_is_none_cannot_be_read(at_s: float) -> None:
    packed = msgpack.packb([["acts"], [[at_s, "send", "", ["acts"]]]])
    with pytest.raises(ValueError, match="cannot be read"):
        Taint.unpack(packed)


@pytest.mark.parametrize("name", ["`x`", "a\nb", "\u202ea", "a\u3164b", "x" * 9999])
def test_so_does_the_name_of_a_tool(name: str) -> None:
    told = why(brought_by(name, {}, READ, 0.0, delivered=True), ACTS)
    assert len(told.splitlines()) == 3
    assert len(told) < 1000
    assert not {"\u202e", "\u3164"} & set(told)
    assert told.count("`") == 2


def test_what_is_left_out_is_said() -> None:
    pages = [brought_by("page", {"n": n}, READ, float(n), delivered=True) for n in range(9)]
    told = why(Taint().join(*pages), ACTS, [f"a{n}" for n in range(40)])
    assert all(f'"n": {n}' in told for n in range(9))
    assert "and 8 more" in told
    pages = [brought_by("page", {"n": n}, READ, float(n), delivered=True) for n in range(99)]
    assert "there may be more" in why(Taint().join(*pages), ACTS)


def test_what_acted_before_is_told_where_any_order_counts() -> None:
    acted = brought_by("post", {}, ACTS, 0.0, delivered=False)
    assert "- acted: `post({})`" in why(acted, READ)
