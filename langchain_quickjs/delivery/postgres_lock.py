"""A lock of each thread in PostgreSQL, so that one worker at a time runs it.

It is an advisory lock of a transaction that stays open while the lock is held, on a connection of
its own. So it is freed by the server as soon as the connection is gone, however that comes about,
and a pooler that hands connections out by the transaction leaves it alone. The transaction reads
and writes nothing, so it keeps no row from being vacuumed.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any, Final

from langgraph.checkpoint.base import BaseCheckpointSaver

from langchain_quickjs.errors import SetupError, ThreadLockError
from langchain_quickjs.quoting import error_text, in_line, value_text
from langchain_quickjs.script.flow.drivers import Invoke, Work, adrive, drive

__all__ = ["PostgresLock"]

_WAIT_S: Final = 60.0
_MOST_S: Final = 2**31 // 1000 - 1  # The server counts milliseconds.
_OF_CURSORS: Final = {"autocommit", "context", "cursor_factory", "prepare_threshold", "row_factory"}

# A server that is told to end idle transactions leaves this one alone. That of a machine which has
# vanished from the network ends within a minute, not after hours.
_TAKE: Final = """
begin isolation level read committed read only;
select set_config(name, value, true) from (values
    ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'),
    ('statement_timeout', '0'), ('tcp_keepalives_idle', '20'), ('tcp_keepalives_interval', '10'),
    ('tcp_keepalives_count', '4'), ('lock_timeout', '{wait_ms}')
) as wanted (name, value) where name in (select name from pg_settings);
select pg_advisory_xact_lock({key});
"""


class PostgresLock:
    """A lock of each thread in a PostgreSQL database, for `deliver` and around runs of your own.

    Called with a thread's id, it gives a lock for `with` and for `async with`. Each lock that is
    held, or waited for, has a connection of its own. If that is lost, the server frees the lock.
    """

    def __init__(
        self, database: str | BaseCheckpointSaver[Any], *, timeout_s: float = _WAIT_S
    ) -> None:
        """Connects to nothing yet.

        Args:
            database: What to connect to it with, as psycopg takes it; or a checkpointer of
                LangGraph for PostgreSQL, whose database it is then.
            timeout_s: How long to wait for a lock.

        Raises:
            SetupError: It is neither or cannot be read, the time is none, or there is no psycopg.
        """
        if type(timeout_s) not in (int, float) or not 0 < timeout_s <= _MOST_S:
            raise SetupError(
                f"`timeout_s` must be a number of seconds above 0 and up to {_MOST_S}; "
                f"it is {value_text(timeout_s)}."
            )
        self._address = _read(database) if isinstance(database, str) else _of(database)
        self._timeout_s = timeout_s

    def __call__(self, thread_id: str) -> _Lock:
        """The lock of a thread."""
        return _Lock(self._address, str(thread_id), self._timeout_s)


class _Lock:
    """The lock of one thread, to be taken once."""

    def __init__(self, address: dict[str, Any], thread_id: str, timeout_s: float) -> None:
        self._address = address
        self._thread_id = thread_id
        self._timeout_s = timeout_s
        self._connection: Any = None

    def __enter__(self) -> None:
        return drive(self._take("Connection"))

    def __exit__(self, *error: object) -> None:
        return drive(self._free(failed=error[0] is not None))

    async def __aenter__(self) -> None:
        return await adrive(self._take("AsyncConnection"))

    async def __aexit__(self, *error: object) -> None:
        return await adrive(self._free(failed=error[0] is not None))

    def _take(self, kind: str) -> Work[None]:
        psycopg = _psycopg()
        connect = getattr(psycopg, kind).connect
        made = {"autocommit": True, "prepare_threshold": None}
        try:
            connection = yield Invoke(partial(connect, **self._address, **made))
        except psycopg.Error as error:
            why = in_line(str(error))
            raise self._error(f"its database cannot be reached: {why}") from error
        key = int.from_bytes(_digest(self._thread_id), signed=True)
        wait_ms = max(int(self._timeout_s * 1000), 1)
        try:
            yield Invoke(partial(connection.execute, _TAKE.format(key=key, wait_ms=wait_ms)))
        except psycopg.errors.LockNotAvailable:
            yield Invoke(connection.close)
            raise self._error(
                f"another worker has held it for {self._timeout_s:g} s, and is still running the "
                "thread; `timeout_s` says how long to wait"
            ) from None
        except psycopg.Error as error:
            yield Invoke(connection.close)
            raise self._error(f"the connection was lost: {in_line(str(error))}") from error
        except BaseException:  # It was cancelled, and nothing can be awaited any more.
            connection.pgconn.finish()
            raise
        self._connection = connection

    def _free(self, *, failed: bool) -> Work[None]:
        psycopg, connection = _psycopg(), self._connection
        try:
            yield Invoke(partial(connection.execute, "commit"))
        except psycopg.Error as error:
            if not failed:  # What has failed inside tells more.
                raise ThreadLockError(
                    f"The lock of thread {self._thread_id!r} was lost while the thread ran: "
                    f"{in_line(str(error))}. What has been done is done and stored, but another "
                    "worker may have run the thread meanwhile. Deliver again to learn where it "
                    "stands."
                ) from error
        finally:
            connection.pgconn.finish()

    def _error(self, why: str) -> ThreadLockError:
        return ThreadLockError(
            f"The lock of thread {self._thread_id!r} was not taken, because {why}. Nothing was "
            "done; try again later."
        )


def _digest(thread_id: str) -> bytes:
    named = b"langchain_quickjs thread " + thread_id.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(named, digest_size=8).digest()


def _psycopg() -> Any:
    try:
        import psycopg  # noqa: PLC0415 - who has no PostgreSQL need not have it
    except ImportError as error:
        raise SetupError(
            "`PostgresLock` needs psycopg: `pip install 'psycopg[binary]'`."
        ) from error
    return psycopg


def _read(database: str) -> dict[str, Any]:
    """What to connect with, if it can be read: later it would look like a database that is down."""
    psycopg = _psycopg()
    try:
        psycopg.conninfo.conninfo_to_dict(database)
    except psycopg.Error as error:
        why = error_text(error).replace(database, "…")  # There may be a password in it.
        raise SetupError(
            "`PostgresLock` takes what to connect to a PostgreSQL database with, as psycopg takes "
            f'it: "host=... dbname=..." or "postgresql://...". This cannot be read: {in_line(why)}.'
        ) from None
    return {"conninfo": database}


def _of(saver: object) -> dict[str, Any]:
    """What to connect with to the database of a checkpointer, which has a connection or a pool."""
    there: Any = getattr(saver, "conn", None)
    if isinstance(pool := getattr(there, "conninfo", None), str):
        given = getattr(there, "kwargs", None) or {}
        if isinstance(given, dict):
            return {"conninfo": pool} | {k: v for k, v in given.items() if k not in _OF_CURSORS}
    elif (info := getattr(there, "info", None)) is not None and not there.closed:
        address = {"conninfo": info.dsn}
        return {**address, "password": info.password} if info.password else address
    raise SetupError(
        "`PostgresLock` takes what to connect to a PostgreSQL database with, as psycopg takes it, "
        f"or a checkpointer of LangGraph for PostgreSQL that is open; it got {value_text(saver)}."
    )
