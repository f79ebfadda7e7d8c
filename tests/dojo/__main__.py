"""Replays AgentDojo's attacks and tasks under the rule of two, and prints what came of them.

    python -m tests.dojo --agentdojo-python path/to/env/bin/python

No model takes part: the calls are those that AgentDojo gives as the right ones, of users and of
attackers. So it does not measure whether a model falls for an attack; it takes that for granted.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.dojo.labels import LABELS
from tests.dojo.suites import load
from tests.dojo.table import count_all, summary, table


def main(arguments: Sequence[str] | None = None) -> None:
    """Replays and prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.dojo", description=__doc__)
    parser.add_argument("--agentdojo-python", help="Python of an environment with AgentDojo")
    parser.add_argument(
        "--agentdojo", help="folder with its package, for a Python that has all that it needs"
    )
    parser.add_argument("--suites", action="store_true", help="print each suite too")
    options = parser.parse_args(arguments)
    if not (options.agentdojo_python or options.agentdojo):
        parser.error("AgentDojo is needed: `pip install agentdojo` in an environment of its own")
    suites = load(options.agentdojo_python, options.agentdojo)
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        replayed = count_all(suites, LABELS, pool.map)
    print(*summary(replayed), sep="\n")
    if options.suites:
        print("", *table(replayed), sep="\n")


if __name__ == "__main__":
    main()
