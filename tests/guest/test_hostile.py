"""Hostile programs: each ends within its limits, and leaves the interpreter as it was.

All run in one process of their own, each on an interpreter with variables of an earlier script;
after it, another script looks whether they are still what they were. The table at the end of the
test run says how long each took, and how much memory the process had at most.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import hostile, hostile_programs
from tests.helpers.tables import table

ROOT = Path(__file__).parent.parent.parent
# What is asserted is generous, because machines are noisy; the table has the figures.
SLACK_BYTES = 40 * 1024**2


@pytest.fixture(scope="session")
def rows(pytestconfig: pytest.Config) -> dict[str, hostile.Row]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.hostile"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    rows = [hostile.Row(**json.loads(line)) for line in done.stdout.splitlines()]
    table(pytestconfig, "hostile programs", hostile.HEAD).extend(hostile.lines(rows))
    return {row.name: row for row in rows}


@pytest.mark.parametrize("name", hostile.names())
def test_a_hostile_program_harms_nothing(name: str, rows: dict[str, hostile.Row]) -> None:
    row = rows[name]
    assert row.ending in hostile.ENDINGS, row.detail
    assert row.still_works, row.detail
    beyond_bytes = row.peak_bytes - hostile.MEMORY_BYTES
    assert beyond_bytes < SLACK_BYTES


def test_there_are_enough_of_every_kind() -> None:
    assert len(hostile.names()) >= 80
    assert len(hostile_programs.PROGRAMS) >= 19
