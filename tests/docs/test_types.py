"""A user's type checker has no complaints about what is written here, whichever it is."""

from __future__ import annotations

import pytest

from tests.docs import types
from tests.docs.blocks import Module

# Not in the environments of `tests.versions`, which are for what runs.
pytest.importorskip("pyright")
pytest.importorskip("mypy")


def test_documentation_and_examples_are_typed() -> None:
    assert types.complaints() == []


def test_a_wrong_type_in_a_block_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both checkers do look."""
    text = "from langchain_quickjs import Interpreter\n\nInterpreter().eval(1)\n"
    monkeypatch.setattr(types, "modules", lambda **_: [Module("planted", text)])
    assert len([told for told in types.complaints() if "planted.py:3" in told]) == 2


def test_types_of_all_that_is_exported_are_known() -> None:
    assert types.unknown_in_public() == []
