"""Functions of numbers that the C library would get wrong."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs import Interpreter

SUBNORMAL = st.floats(5e-324, 2.0**-1022, exclude_max=True, allow_subnormal=True)


def test_the_logarithm_of_a_power_of_two_is_whole() -> None:
    source = "Array.from({ length: 2098 }, (_, i) => i - 1074).filter(i => Math.log2(2 ** i) !== i)"
    assert Interpreter().eval(source) == []


@given(SUBNORMAL)
def test_the_logarithm_of_a_tiny_number_is_right(number: float) -> None:
    found = Interpreter().eval(f"Math.log2({number!r})")
    assert math.isclose(found, math.log2(number), rel_tol=1e-15)
