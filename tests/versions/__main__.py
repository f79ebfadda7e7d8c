"""`python -m tests.versions`: what holds on which versions.

--break [NAME ...]   shows that canaries fail with their sentences
"""

from __future__ import annotations

import argparse
import sys

from tests.versions.breaking import FACTS, fails_with_its_sentence


def main() -> int:
    """Does what the arguments say; returns how many things did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.versions", description=__doc__)
    parser.add_argument("--break", dest="canaries", nargs="*", choices=[*FACTS], metavar="NAME")
    arguments = parser.parse_args()
    return _break(arguments.canaries or list(FACTS))


def _break(names: list[str]) -> int:
    silent = 0
    for name in names:
        fails, printed = fails_with_its_sentence(name)
        silent += not fails
        print(f"{'fails  ' if fails else 'SILENT '} {name}: {FACTS[name]}", flush=True)
        if not fails:
            print(printed)
    print(f"{len(names) - silent} of {len(names)} canaries fail with their sentence.")
    return silent


if __name__ == "__main__":
    sys.exit(main())
