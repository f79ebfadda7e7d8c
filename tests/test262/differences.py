"""Where a test may fail here that passes natively, each class with its reason.

A decision is documented where users read of it (wasm/GLOBALS.md); what is here says which tests show it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tests.test262.selection import Test

__all__ = ["DIFFERENCES", "Difference", "difference_of"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A class of tests that may fail.

    Attributes:
        name: What it is, in a few words.
        features: Tests that need one of these are of it.
        paths: So are tests whose path this is found in.
        said: And what is wrong has this in it.
    """

    name: str
    features: frozenset[str] = frozenset()
    paths: str | None = None
    said: str = ""

    def covers(self, test: Test, said: str) -> bool:
        """Whether a failure is of this class."""
        is_of = bool(self.features & test.metadata.features)
        is_there = self.paths is not None and re.search(self.paths, test.path) is not None
        return (is_of or is_there) and re.search(self.said, said) is not None


DIFFERENCES: Final = (
    Difference(
        "removed: WeakRef, FinalizationRegistry, SharedArrayBuffer, Atomics",
        frozenset({"WeakRef", "FinalizationRegistry", "SharedArrayBuffer", "Atomics"}),
    ),
)


def difference_of(test: Test, said: str) -> Difference | None:
    """The class that a failure is of."""
    return next((one for one in DIFFERENCES if one.covers(test, said)), None)
