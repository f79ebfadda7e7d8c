"""Tables that tests fill and that are printed after all tests."""

from __future__ import annotations

from typing import Final

import pytest

TABLES: Final = pytest.StashKey[dict[str, list[str]]]()


def table(config: pytest.Config, title: str, head: str) -> list[str]:
    """The lines of a table; the head is the first."""
    return config.stash.setdefault(TABLES, {}).setdefault(title, [head])
