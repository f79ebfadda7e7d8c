"""Prints what comes of answers that are delivered three times by four workers at once.

    python -m tests.delivery [THREADS]

With a lock of each thread in PostgreSQL, and without. It starts a server for itself.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.delivery.many_workers import HEAD, delivered_by_many
from tests.helpers import databases, nurseries


def main(arguments: Sequence[str]) -> None:
    """Delivers and prints."""
    threads = int(arguments[0]) if arguments else 300
    bin_folder = databases.programs()
    if bin_folder is None:
        raise SystemExit("PostgreSQL is not installed here.")
    with nurseries.started() as nursery, databases.server(bin_folder) as server:
        print(HEAD, flush=True)
        for locked in (True, False):
            database = server.database()
            done = delivered_by_many(nursery, database, threads, locked=locked, slow_s=0.05)
            print(done.row, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
