"""Where a test may fail here that passes natively, each class with its reason.

The decisions are documented in wasm/GLOBALS.md; what is here says which tests show them.
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
        source: So are tests in whose text this is found.
        path: So are tests in whose path this is found.
        said: And what is wrong begins with this.
    """

    name: str
    features: frozenset[str] = frozenset()
    source: str | None = None
    path: str | None = None
    said: str = ""

    def covers(self, test: Test, said: str) -> bool:
        """Whether a failure is of this class."""
        found = (
            bool(self.features & test.metadata.features),
            self.source is not None and re.search(self.source, test.source) is not None,
            self.path is not None and re.search(self.path, test.path) is not None,
        )
        return any(found) and re.match(self.said, " ".join(said.split())) is not None


DIFFERENCES: Final = (
    Difference(
        "removed: WeakRef, FinalizationRegistry, SharedArrayBuffer, Atomics",
        features=frozenset({"WeakRef", "FinalizationRegistry", "SharedArrayBuffer", "Atomics"}),
    ),
    # These pass as code that a program evaluates.
    Difference(
        "a program may await at its top, so await is a keyword there",
        source=r"\b(await|aw\\u0061it|\\u0061wait)\b",
        said=r"as a program only: (SyntaxError|Error: Uncaught 'Test262: This statement should)",
    ),
    Difference(
        "a program may return at its top",
        source=r"\breturn\b",
        said=r"as a program only: Error: Uncaught 'Test262: This statement should not",
    ),
    Difference(
        "a program may export, which does nothing",
        path=r"^language/global-code/export\.js$",
        said=r"as a program only: Error: Uncaught 'Test262: This statement should not",
    ),
    Difference(
        "Intl has no Locale",
        source=r"new Intl\.Locale",
        said=r".*Expected a RangeError but got a TypeError",
    ),
    Difference(
        "what runs out of memory is undone, and cannot be caught",
        source=r"OOM also acceptable",
        said=r"MemoryLimitError",
    ),
    Difference(
        "Math.exp and its like may differ in the last digit",
        path=r"^staging/sm/Math/",
        said=r"Error: Uncaught Test262Error \{ message: 'Expected SameValue\(«2\.7182818284590455»",
    ),
)


def difference_of(test: Test, said: str) -> Difference | None:
    """The class that a failure is of."""
    return next((one for one in DIFFERENCES if one.covers(test, said)), None)
