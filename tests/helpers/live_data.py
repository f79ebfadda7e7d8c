"""Programs that hold much while they wait for people, and how much is stored of them."""

from __future__ import annotations

from typing import Any

import psycopg
from langgraph.checkpoint.memory import InMemorySaver

from tests.helpers.databases import Database
from tests.helpers.turns import stored_bytes

MB = 2**20


def holding(held_bytes: int, pauses: int, each: str = "") -> str:
    """A program that holds so much random data, and pays so often; its result tells of the data.

    Args:
        held_bytes: How much it holds. That of a few bytes is a small program.
        pauses: How often it pays.
        each: What it does before each payment, with `data`, `fill` and `i`.
    """
    return f"""
    const data = new Uint32Array({held_bytes // 4});
    let x = 2463534242;
    const fill = (from, to) => {{
      for (let i = from; i < to; i++) {{ x ^= x << 13; x ^= x >>> 17; x ^= x << 5; data[i] = x; }}
    }};
    let sum = 7;
    fill(0, data.length);
    const paid = [];
    for (let i = 0; i < {pauses}; i++) {{
      {each}
      await tools.lookUp({{ key: `k${{i}}` }});
      paid.push(await tools.pay({{ to: `p${{i}}`, amount: i }}));
    }}
    for (let i = 0; i < data.length; i += 61) sum = (sum * 31 + data[i]) % 1000003;
    JSON.stringify([paid.length, sum]);
    """


def stored_in(database: Database | None, memory: InMemorySaver | None = None) -> int:
    """How many bytes a checkpointer's tables hold."""
    if isinstance(database, str):
        return _in_postgres(database)
    return stored_bytes(database) if database is not None else _in_memory(memory)


def _in_memory(memory: Any) -> int:
    total = sum(len(data) for _, data in memory.blobs.values())
    total += sum(
        len(value[1]) for written in memory.writes.values() for _, _, value, _ in written.values()
    )
    for places in memory.storage.values():
        for checkpoints in places.values():
            total += sum(len(c[1]) + len(m[1]) for c, m, _ in checkpoints.values())
    return total


def _in_postgres(address: str) -> int:
    columns = {
        "checkpoints": "octet_length(checkpoint::text) + octet_length(metadata::text)",
        "checkpoint_blobs": "coalesce(octet_length(blob), 0)",
        "checkpoint_writes": "octet_length(blob)",
    }
    total = 0
    with psycopg.connect(address) as connection:
        for table, size in columns.items():
            statement: Any = f"select coalesce(sum({size}), 0) from {table}"
            row = connection.execute(statement).fetchone()
            total += int(row[0]) if row else 0
    return total
