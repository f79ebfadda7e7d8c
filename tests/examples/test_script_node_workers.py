"""Workers on PostgreSQL, one of which is killed: the example does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import psycopg

from examples.script_node_workers import own_postgres
from tests.helpers import databases
from tests.helpers.api_server import ROOT

ORDERS = ["A-1001", "A-1002", "A-1003", "A-1004"]
REJECTED = "A-1003"


def run(*arguments: str) -> str:
    script = str(ROOT / "examples" / "script_node_workers.py")
    command = [sys.executable, "-W", "error", script, "--jobs", str(len(ORDERS)), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        command, capture_output=True, check=False, text=True, timeout=120, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    assert not ended.stderr
    return ended.stdout


def test_it_has_a_server_of_its_own(postgres: databases.Server) -> None:
    with own_postgres() as dsn, psycopg.connect(dsn) as database:
        assert dsn != postgres.address
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_nothing_is_done_twice(postgres: databases.Server) -> None:
    said = run("--dsn", postgres.address)
    killed = re.search(r"The worker that writes about (\S+) is killed\.", said)
    assert killed is not None
    calls = [line.split(maxsplit=3) for line in said.splitlines() if re.search(r"  w\d", line)]
    cut_off = [(order, tool, by) for order, tool, by, *end in calls if end]
    assert cut_off == [(killed[1], "write_to_customer", "w3")]
    # A rejected refund is not made, all else is: once, by whoever it is who goes on.
    assert sorted((order, tool) for order, tool, _, *end in calls if not end) == sorted(
        (order, tool)
        for order in ORDERS
        for tool in ("look_up", "refund", "write_to_customer")
        if (order, tool) != (REJECTED, "refund")
    )
    assert (killed[1], "refund", "w3") in {(order, tool, by) for order, tool, by, *_ in calls}
    assert {by for _, tool, by, *_ in calls if tool == "look_up"} <= {"w1", "w2"}
    for number, order in enumerate(ORDERS, 1):
        result = "not refunded: A person" if order == REJECTED else f"{10 * number:.2f} refunded"
        assert f"{order}: {result}" in said
    assert "Every call has ended once." in said
    with psycopg.connect(postgres.address) as database:
        ids = database.execute(
            "SELECT id FROM script_node_workers.calls WHERE order_id = %s AND tool = %s",
            (killed[1], "write_to_customer"),
        ).fetchall()
    # The call that was cut off is made again under the same id.
    assert len(ids) == 2
    assert len(set(ids)) == 1
