"""Checkpointers in real databases: files of SQLite, and a PostgreSQL server of the tests' own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

Database = Path | str
"""A file of SQLite, or what to connect to a database of PostgreSQL with."""

_USER: Final = "postgres"
_MOST_LOOKS: Final = 1200
# Nothing in a database has to outlive the machine; a process that is killed loses nothing by this.
_UNSAFE: Final = "pragma synchronous = off"


def named(text: str) -> Database:
    """The database that this is the text of."""
    return text if "=" in text else Path(text)


@contextlib.contextmanager
def opened(database: Database) -> Iterator[BaseCheckpointSaver[Any]]:
    """Its checkpointer."""
    if isinstance(database, Path):
        with SqliteSaver.from_conn_string(str(database)) as saver:
            saver.conn.execute(_UNSAFE)
            yield saver
    else:
        with PostgresSaver.from_conn_string(database) as postgres:
            postgres.setup()
            yield postgres


@contextlib.asynccontextmanager
async def aopened(database: Database) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """The same for graphs that run asynchronously."""
    if isinstance(database, Path):
        async with AsyncSqliteSaver.from_conn_string(str(database)) as saver:
            await saver.conn.execute(_UNSAFE)
            yield saver
    else:
        async with AsyncPostgresSaver.from_conn_string(database) as postgres:
            await postgres.setup()
            yield postgres


@contextlib.contextmanager
def tampering(database: Database) -> Iterator[sqlite3.Connection]:
    """A connection to a file of SQLite; what it does is committed."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        yield connection


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server that listens on a socket in a folder of its own."""

    folder: Path

    @property
    def address(self) -> str:
        """What to connect with."""
        return f"host={self.folder} user={_USER} dbname={_USER}"

    def database(self) -> str:
        """A new, empty database: a schema, which takes a tenth of the time and does as well."""
        name = f"db_{uuid.uuid4().hex}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{self.address} options=-csearch_path={name}"


def programs() -> Path | None:
    """Where the server's programs are, if it is installed."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


@contextlib.contextmanager
def server(bin_folder: Path) -> Iterator[Server]:
    """Runs a server. It refuses to be root, so then it is the user that its package has made."""
    owner = _USER if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="quickjs-tests-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        if owner is not None:
            shutil.chown(folder, owner)
        run: Any = {"user": owner, "cwd": folder, "stdout": subprocess.DEVNULL}
        data, log = str(folder / "data"), folder / "log"
        initdb = [str(bin_folder / "initdb"), "-D", data, "-U", _USER, "-A", "trust", "--no-sync"]
        subprocess.run(initdb, check=True, **run)
        options = ["-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
        command = [str(bin_folder / "postgres"), "-D", data, *options]
        with log.open("wb") as errors, subprocess.Popen(command, stderr=errors, **run) as process:
            try:
                made_server = Server(folder)
                _wait(made_server, process, log)
                yield made_server
            finally:
                process.send_signal(signal.SIGQUIT)  # It ends at once, and tidies nothing up.
                process.wait()


def _wait(started: Server, process: subprocess.Popen[Any], log: Path) -> None:
    for _ in range(_MOST_LOOKS):
        try:
            psycopg.connect(started.address).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(log.read_text())


def rewrite(
    database: Path, change: Callable[[dict[str, Any]], None], namespace: str = "tools:%"
) -> None:
    """Changes what the newest checkpoint of the script's graph holds."""
    serde = JsonPlusSerializer()
    with tampering(database) as connection:
        (checkpoint_id, *stored), *_ = connection.execute(
            "select checkpoint_id, type, checkpoint from checkpoints"
            " where checkpoint_ns like ? order by checkpoint_id desc limit 1",
            (namespace,),
        ).fetchall()
        checkpoint = serde.loads_typed(tuple(stored))
        change(checkpoint["channel_values"])
        connection.execute(
            "update checkpoints set type = ?, checkpoint = ? where checkpoint_id = ?",
            (*serde.dumps_typed(checkpoint), checkpoint_id),
        )
