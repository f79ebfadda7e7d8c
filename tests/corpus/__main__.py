"""Counts the programs that do what their authors meant, by category.

    python3 -m venv build/peer && build/peer/bin/pip install langchain-quickjs
    python -m tests.corpus --peer-python build/peer/bin/python --show-failures

`--node` adds what Node.js makes of them, a check of the tables: it fails what is not JavaScript,
such as objects at the end without brackets, and exports.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence

from tests.corpus import answers
from tests.corpus.cases import Case, all_cases
from tests.corpus.node import of_node
from tests.corpus.reading import problem


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs and prints."""
    options = _parser().parse_args(arguments)
    cases = all_cases()
    sides = {"ours": answers.here(cases)}
    if options.peer_python:
        sides["peer"] = answers.of_package(options.peer_python, cases)
    if options.node:
        sides["node"] = of_node(options.node, cases)
    if options.show_failures:
        for side, read in sides.items():
            _print_failures(side, cases, read)
    _print_counts(cases, sides)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.corpus",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--peer-python", help="Python of an environment with the public package")
    parser.add_argument("--node", help="a Node.js, version 24")
    parser.add_argument("--show-failures", action="store_true", help="what was answered instead")
    return parser


def _print_failures(side: str, cases: Sequence[Case], read: Sequence[str]) -> None:
    for case, answer in zip(cases, read, strict=True):
        if wrong := problem(case.meant, answer):
            print(f"{side}: {case}: {wrong}\n{answer}\n")


def _print_counts(cases: Sequence[Case], sides: dict[str, list[str]]) -> None:
    print(f"{'':16}{''.join(side.rjust(12) for side in sides)}")
    all_of = Counter(case.category for case in cases)
    right = {side: Counter(_right(cases, read)) for side, read in sides.items()}
    for category, total in all_of.items():
        _print_row(category, [counts[category] for counts in right.values()], total)
    _print_row("all", [counts.total() for counts in right.values()], len(cases))


def _right(cases: Sequence[Case], read: Sequence[str]) -> list[str]:
    """The categories of the cases that are right."""
    pairs = zip(cases, read, strict=True)
    return [case.category for case, answer in pairs if problem(case.meant, answer) is None]


def _print_row(label: str, counts: Sequence[int], total: int) -> None:
    print(f"{label:16}{''.join(f'{count} of {total}'.rjust(12) for count in counts)}")


if __name__ == "__main__":
    main()
