"""Labels only grow: the laws of joining, and what is stored of them."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.script.labels.taint import (
    ALL_LABELS,
    CLEAN,
    SOURCES_PER_LABEL,
    Taint,
    source_of,
)

labels = st.frozensets(st.sampled_from(sorted(ALL_LABELS)))
sources = st.builds(source_of, st.text(max_size=9), st.text(), st.floats(0, 1e10), labels)
taints: Any = st.builds(
    lambda own, calls: Taint().join(Taint(own, tuple(calls))), labels, st.lists(sources)
)


@given(taints, taints, taints)
def test_joining_is_commutative_associative_and_idempotent(a: Taint, b: Taint, c: Taint) -> None:
    assert a.join(b) == b.join(a)
    assert a.join(b).join(c) == a.join(b.join(c)) == a.join(b, c)
    assert a.join(a) == a.join(CLEAN) == CLEAN.join(a) == a


@given(taints, taints)
def test_no_label_is_lost(a: Taint, b: Taint) -> None:
    joined = a.join(b)
    assert joined.labels == a.labels | b.labels
    assert set(joined.sources) <= {*a.sources, *b.sources}
    for label in ALL_LABELS:
        told = [one for one in joined.sources if label in one.labels]
        known = [one for one in (*a.sources, *b.sources) if label in one.labels]
        assert bool(told) == bool(known)


@given(st.lists(taints))
def test_what_is_stored_is_bounded_and_comes_back(many: list[Taint]) -> None:
    joined = CLEAN.join(*many)
    assert len(joined.sources) <= 36
    assert len(joined.pack()) <= 16_384
    assert Taint.unpack(joined.pack()) == joined


@given(st.binary() | st.none() | st.integers())
def test_anything_else_is_refused(packed: Any) -> None:
    try:
        found = Taint.unpack(packed)
    except ValueError:
        return
    assert found.labels <= ALL_LABELS


@given(taints, st.data())
def test_what_was_changed_is_refused_or_has_known_labels(taint: Taint, data: Any) -> None:
    packed = bytearray(taint.pack())
    packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = Taint.unpack(bytes(packed))
    except ValueError:
        return
    assert found.labels <= ALL_LABELS
    assert len(found.sources) <= 3 * SOURCES_PER_LABEL


def test_a_label_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        Taint.unpack(msgpack.packb([["trusted"], []]))
