"""A lock of each thread in PostgreSQL: one holder, and what happens when holders are lost."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from langchain_quickjs import PostgresLock, SetupError, ThreadLockError
from tests.helpers.databases import Server, aopened, opened
from tests.helpers.nurseries import Nursery

HOLDERS = "select pid from pg_locks where locktype = 'advisory' and granted"


@pytest.fixture
def admin(postgres: Server) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres.address, autocommit=True) as connection:
        yield connection
        assert not holders(connection)


def holders(admin: psycopg.Connection) -> list[int]:
    """Who holds locks, when nobody is about to free one any more."""
    for _ in range(100):
        found = [pid for (pid,) in admin.execute(HOLDERS).fetchall()]
        if not found:
            break
        time.sleep(0.01)
    return found


def is_free(address: str, thread: str) -> bool:
    try:
        with PostgresLock(address, timeout_s=0.05)(thread):
            return True
    except ThreadLockError:
        return False


def test_one_at_a_time_for_each_thread(postgres: Server, admin: psycopg.Connection) -> None:
    lock = PostgresLock(postgres.address, timeout_s=0.05)
    with lock("a"):
        assert not is_free(postgres.address, "a")
        with lock("b"), pytest.raises(ThreadLockError, match="has held it for"), lock("a"):
            pass
    assert is_free(postgres.address, "a")


async def test_the_same_where_it_is_awaited(postgres: Server, admin: psycopg.Connection) -> None:
    held: list[int] = []

    async def hold(number: int) -> None:
        async with PostgresLock(postgres.address)("a"):
            held.append(number)
            await asyncio.sleep(0.01)
            assert held[-1] == number
            assert not is_free(postgres.address, "a")

    await asyncio.gather(*map(hold, range(5)))
    assert sorted(held) == [*range(5)]


def lose(address: str, *, fail: bool = False) -> None:
    """Holds a lock, loses the connection, and sees that others can take it."""
    with PostgresLock(address)("a"):
        with psycopg.connect(address) as admin:
            admin.execute(f"select pg_terminate_backend(pid) from ({HOLDERS}) as them".encode())
        assert is_free(address, "a")
        if fail:
            raise ZeroDivisionError


def test_a_connection_that_is_lost(postgres: Server, admin: psycopg.Connection) -> None:
    """The server frees the lock at once; who held it learns of it, unless something else failed."""
    with pytest.raises(ThreadLockError, match="was lost while"):
        lose(postgres.address)
    with pytest.raises(ZeroDivisionError):
        lose(postgres.address, fail=True)


def hold_for_ever(address: str) -> None:
    PostgresLock(address)("a").__enter__()
    os.kill(os.getpid(), 9)


def test_a_holder_that_is_killed(
    postgres: Server, admin: psycopg.Connection, nursery: Nursery
) -> None:
    nursery.of(hold_for_ever).live(postgres.address)
    with PostgresLock(postgres.address)("a"):
        pass


async def test_who_waits_may_be_cancelled(postgres: Server, admin: psycopg.Connection) -> None:
    async def wait() -> None:
        async with PostgresLock(postgres.address)("a"):
            raise AssertionError

    with PostgresLock(postgres.address)("a"):
        task = asyncio.create_task(wait())
        waiting = "select 1 from pg_locks where locktype = 'advisory' and not granted"
        while not admin.execute(waiting).fetchone():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while admin.execute(waiting).fetchone():
            await asyncio.sleep(0.01)


def test_servers_that_end_what_is_idle(postgres: Server, admin: psycopg.Connection) -> None:
    strict = "idle_in_transaction_session_timeout=20", "statement_timeout=20"
    options = " ".join(f"-c {one}" for one in strict)
    with PostgresLock(f"{postgres.address} options='{options}'")("a"):
        time.sleep(0.1)
        assert not is_free(postgres.address, "a")


def test_the_transaction_keeps_no_row_from_being_vacuumed(
    postgres: Server, admin: psycopg.Connection
) -> None:
    strict = f"{postgres.address} options='-c default_transaction_isolation=serializable'"
    with PostgresLock(strict)("a"):
        row = f"select backend_xmin, backend_xid from pg_stat_activity where pid in ({HOLDERS})"
        assert admin.execute(row).fetchall() == [(None, None)]


def test_the_database_of_a_checkpointer(postgres: Server, admin: psycopg.Connection) -> None:
    """Also where it has a pool of one connection, which the run needs."""
    address, dressed = postgres.database(), {"autocommit": True, "row_factory": dict_row}
    with opened(address) as saver, PostgresLock(saver)("a"):
        assert not is_free(address, "a")
    with ConnectionPool(address, kwargs=dressed, min_size=1, max_size=1) as pool:
        saver = PostgresSaver(pool)  # type: ignore[arg-type]  # its rows are dicts
        with PostgresLock(saver)("a"):
            assert list(saver.list(None)) == []
            assert not is_free(address, "a")


async def test_the_database_of_an_asynchronous_one(
    postgres: Server, admin: psycopg.Connection
) -> None:
    address, dressed = postgres.database(), {"autocommit": True, "row_factory": dict_row}
    async with aopened(address) as saver, PostgresLock(saver)("a"):
        assert not is_free(address, "a")
    async with AsyncConnectionPool(address, kwargs=dressed, min_size=1, max_size=1) as pool:
        saver = AsyncPostgresSaver(pool)  # type: ignore[arg-type]  # its rows are dicts
        async with PostgresLock(saver)("a"):
            assert [one async for one in saver.alist(None)] == []
            assert not is_free(address, "a")


def test_nothing_to_connect_to() -> None:
    lock = PostgresLock("host=/nowhere connect_timeout=2")
    with (
        pytest.raises(ThreadLockError, match=r"cannot be reached.*\w\. Nothing was done"),
        lock("a"),
    ):
        pass


@pytest.mark.parametrize("database", ["postgres", "host=a nokey=1", "postgresql://u:s3cret@[a/b"])
def test_what_cannot_be_read_is_no_database_that_is_down(database: str) -> None:
    with pytest.raises(SetupError, match="cannot be read") as raised:
        PostgresLock(database)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("database", [InMemorySaver(), None, 7])
def test_what_is_no_database(database: Any) -> None:
    with pytest.raises(SetupError, match="`PostgresLock` takes"):
        PostgresLock(database)


@pytest.mark.parametrize("timeout_s", [0, -1, True, "1", float("nan"), float("inf"), 1e9])
def test_what_is_no_time(timeout_s: Any) -> None:
    with pytest.raises(SetupError, match="`timeout_s` must be"):
        PostgresLock("host=/nowhere", timeout_s=timeout_s)
