"""The comparison as text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.test262.differences import difference_of
from tests.test262.processes import Wrong
from tests.test262.selection import read

__all__ = ["Comparison"]

_SAID_CHARS: Final = 140


@dataclass(slots=True)
class Comparison:
    """What has been counted so far.

    Attributes:
        checkout: Where test262 is.
        skipped: How many tests do not apply, by reason.
        passed: How many runs have passed, by engine.
        failed: What fails here and does not natively: name of the class, or `None`, to lines.
    """

    checkout: Path
    skipped: Counter[str] = field(default_factory=Counter)
    files: int = 0
    runs: int = 0
    better: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    failed: defaultdict[str | None, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, path: str, wrong: dict[str, Wrong]) -> None:
        """Counts one test."""
        test = read(self.checkout, path)
        self.files += 1
        modes = {mode for one in wrong.values() for mode in one}
        for mode in sorted(modes - {"any"}) or ["any"]:
            self.runs += 1
            said = {name: one.get("any", one.get(mode)) for name, one in wrong.items()}
            self.passed.update(name for name, text in said.items() if text is None)
            ours, native = said["ours"], said.get("native")
            self.better += ours is None and native is not None
            if ours is not None and native is None:
                found = difference_of(test, ours)
                line = f"{path} ({mode}): {' '.join(ours.split())[:_SAID_CHARS]}"
                self.failed[found.name if found else None].append(line)

    def lines(self, *, native: bool, every: bool) -> Iterator[str]:
        """Writes what was counted.

        Args:
            native: Whether it was compared.
            every: Whether the documented ones are listed one by one, too.
        """
        yield f"{self.files:,} files, {self.runs:,} runs"
        yield f"skipped {self.skipped.total():,} files:"
        yield from (f"  {count:6,}  {reason}" for reason, count in self.skipped.most_common())
        yield f"passed here: {self.passed['ours']:,}"
        if native:
            yield f"passed natively: {self.passed['native']:,}"
            yield f"passed here only: {self.better:,}"
            yield "failed here and passed natively:"
        else:
            yield "failed here:"
        for name, lines in sorted(self.failed.items(), key=lambda item: (item[0] is None, item[0])):
            yield f"  {len(lines):6,}  {name or 'UNDOCUMENTED'}"
            if name is None or every:
                yield from (f"          {line}" for line in sorted(lines))
