"""Must show 1: every answer three times from four workers at once."""

from __future__ import annotations

import pytest

from tests.delivery.many_workers import HEAD, TIMES, delivered_by_many
from tests.helpers.databases import Server
from tests.helpers.nurseries import Nursery
from tests.helpers.tables import table


@pytest.mark.parametrize("locked", [True, False])
def test_nothing_is_lost_and_what_may_be_twice(
    locked: bool,
    postgres: Server,
    nursery: Nursery,
    full: bool,
    pytestconfig: pytest.Config,
) -> None:
    threads = 300 if full else 24
    done = delivered_by_many(nursery, postgres.database(), threads, locked=locked, slow_s=0.05)
    table(pytestconfig, "Each answer three times, four workers at once", HEAD).append(done.row)
    assert done.lost == 0
    assert done.statuses["won"] == threads
    assert done.statuses["late"] == (TIMES - 1) * threads
    # What a person has approved is done once in any case. What comes after it may be done by each
    # worker that runs the thread: test_delivering.py has that happen for certain.
    assert done.twice("pay") == 0
    assert not locked or done.twice("write") == 0
