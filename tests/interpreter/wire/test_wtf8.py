"""Text with halves of surrogate pairs is decoded as Python's own error handler does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.interpreter.wire.wtf8 import SURROGATES

PARTS = st.sampled_from(["a", "\x00", "é", "€", "😀", "\ud800", "\udfff", "\ud83d\ude00"])
TEXTS = st.lists(st.tuples(PARTS, st.integers(1, 40_000)), max_size=5).map(
    lambda runs: "".join(part * times for part, times in runs)
)


@given(TEXTS)
def test_it_is_what_was_encoded(text: str) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    assert encoded.decode("utf-8", SURROGATES) == encoded.decode("utf-8", "surrogatepass")


@given(TEXTS, st.binary(min_size=1, max_size=4), st.floats(0, 1))
def test_what_is_no_text_is_refused_alike(text: str, noise: bytes, where: float) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    at = int(where * len(encoded))
    broken = encoded[:at] + noise + encoded[at:]
    try:
        wanted = broken.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        with pytest.raises(UnicodeDecodeError):
            broken.decode("utf-8", SURROGATES)
    else:
        assert broken.decode("utf-8", SURROGATES) == wanted


def test_it_is_for_decoding() -> None:
    with pytest.raises(UnicodeEncodeError):
        "\ud800".encode("utf-8", SURROGATES)
