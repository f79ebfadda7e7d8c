"""Tables that tests fill and that are printed after all tests, also where workers ran them."""

from __future__ import annotations

from typing import Any, Final

import pytest

TABLES: Final = pytest.StashKey[dict[str, list[str]]]()
_NAME: Final = "tables"


def table(config: pytest.Config, title: str, head: str) -> list[str]:
    """The lines of a table; the head is the first."""
    return config.stash.setdefault(TABLES, {}).setdefault(title, [head])


def hand_over(config: pytest.Config) -> None:
    """Gives a worker's tables to the process that started it; there is nothing to do elsewhere."""
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if output is not None:
        output[_NAME] = config.stash.get(TABLES, {})


def take_over(config: pytest.Config, output: dict[str, Any]) -> None:
    """Adds a worker's tables to what other workers have handed over."""
    for title, (head, *lines) in output.get(_NAME, {}).items():
        table(config, title, head).extend(lines)
