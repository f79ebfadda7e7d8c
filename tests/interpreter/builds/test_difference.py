"""Modules as differences to others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_quickjs.interpreter.builds.difference import base_of, build_of, pack, unpack
from langchain_quickjs.interpreter.builds.releases import RELEASES, release_of


@given(st.binary(min_size=1), st.binary(), st.binary())
def test_a_difference_gives_the_module_back(module: bytes, base: bytes, other: bytes) -> None:
    packed = pack(module, base)
    assert base_of(packed) == build_of(base)
    assert unpack(packed, base) == module
    if other != base:
        with pytest.raises(ValueError, match="no difference"):
            unpack(packed, other)


@given(st.data())
def test_a_damaged_difference_gives_nothing_else(data: st.DataObject) -> None:
    module, base = b"the module " * 30, b"the other module " * 30
    packed = bytearray(pack(module, base))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    for content in (bytes(packed), bytes(packed[:at])):
        try:
            found = unpack(content, base)
        except ValueError:
            continue
        assert build_of(found) != build_of(module)  # Whoever looks for the module sees that.


def test_the_table_of_releases_is_sound() -> None:
    assert len({release.build for release in RELEASES}) == len(RELEASES)
    assert len({release.name for release in RELEASES}) == len(RELEASES)
    protocols = [release.protocol for release in RELEASES]
    assert protocols == sorted(protocols)
    for release in RELEASES:
        build = bytes.fromhex(release.build)
        assert len(build) == 16
        assert release_of(build + bytes(16)) == release
    assert release_of(bytes(16)) is None
