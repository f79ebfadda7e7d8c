"""Runs test262; see `tests.test262`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import test262
from tests.test262.processes import run_all
from tests.test262.report import Comparison
from tests.test262.selection import find, read, why_skipped


def applying(checkout: Path, parts: Sequence[str], into: Comparison) -> Iterator[str]:
    """The tests that apply; counts the others."""
    for path in find(checkout, parts):
        if reason := why_skipped(read(checkout, path)):
            into.skipped[reason] += 1
        else:
            yield path


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs, prints, and gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.test262",
        description=test262.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("checkout", type=Path, help="a checkout of test262")
    parser.add_argument("parts", nargs="*", help="parts of its folder test/; all of it without")
    parser.add_argument("--native", action="store_true", help="compare with the wheel quickjs-ng")
    parser.add_argument("--native-python", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--workers", type=int, default=2, help="tests that run at a time")
    parser.add_argument("--every", action="store_true", help="list documented differences, too")
    options = parser.parse_intermixed_args(arguments)
    checkout = options.checkout.resolve()
    if not (checkout / "harness" / "assert.js").exists():
        parser.error(f"{checkout} is no checkout of test262")
    comparison = Comparison(checkout)
    paths = list(applying(checkout, options.parts, comparison))
    native = options.native_python if options.native else None
    ended = run_all(paths, checkout, native=native, workers=options.workers)
    for path, wrong in ended:
        comparison.add(path, wrong)
        if comparison.files % 1000 == 0:
            print(f"{comparison.files:,} of {len(paths):,}", file=sys.stderr, flush=True)
    for line in comparison.lines(native=options.native, every=options.every):
        print(line)
    return 1 if options.native and comparison.failed[None] else 0


if __name__ == "__main__":
    sys.exit(main())
