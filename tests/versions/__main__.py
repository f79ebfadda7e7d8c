"""`python -m tests.versions`: what holds on which versions.

    python -m tests.versions                   the core suite on the oldest and the newest versions
    python -m tests.versions --all             the whole suite there
    python -m tests.versions --break [NAME...] shows that canaries fail with their sentences

The core suite is `tests/interpreter`, `tests/script` and `tests/agent`; what stands behind `--`
goes to pytest instead. Each set of versions is installed in an environment of its own, for each
CPython.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.versions.breaking import FACTS, fails_with_its_sentence
from tests.versions.environments import CORE, SETS, Environment, interpreters


def main() -> int:
    """Does what the arguments say; returns how many things did not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.versions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--break", dest="canaries", nargs="*", choices=[*FACTS], metavar="NAME")
    parser.add_argument("--all", action="store_true", help="run the whole suite")
    parser.add_argument("--set", dest="sets", nargs="*", choices=SETS, default=SETS)
    parser.add_argument(
        "--python", nargs="*", type=Path, help="the CPythons; by default all from 3.11 to 3.14"
    )
    parser.add_argument("--work", type=Path, help="where environments are kept to be used again")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, instead of the suite")
    arguments = parser.parse_args()
    if arguments.canaries is not None:
        return _break(arguments.canaries or list(FACTS))
    pythons = arguments.python or interpreters()
    suite = arguments.pytest or ([] if arguments.all else [*CORE])
    with tempfile.TemporaryDirectory(prefix="quickjs-versions-") as made:
        work = (arguments.work or Path(made)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        return _run([Environment(p, s, work) for p in pythons for s in arguments.sets], suite)


def _run(environments: list[Environment], suite: list[str]) -> int:
    failed = 0
    for environment in environments:
        environment.make()
        passed, last = environment.test(suite)
        failed += not passed
        names = environment.installed()
        if environment is environments[0]:
            print(f"| {' | '.join(['versions', *names, 'result'])} |")
            print(f"| {' | '.join(['---'] * (len(names) + 2))} |")
        print(f"| {' | '.join([environment.versions, *names.values(), last])} |", flush=True)
    return failed


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
