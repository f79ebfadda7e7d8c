"""Serves a small web page on which people decide what programs may do.

    python -m examples.approval_page                          # two programs wait; open the page
    python -m examples.approval_page --db approvals.sqlite    # what waits in a database
    python -m examples.approval_page --db postgresql://... --model openai:gpt-5

The page knows no users: whoever can open it can decide. It listens on this machine alone unless
told otherwise; in front of it belongs a proxy that lets only the right people in (`--origin`).
"""

from __future__ import annotations

import argparse
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

# Not relative, so that `python examples/approval_page` works too.
from examples.approval_page.app import approval_page
from examples.approval_page.shop import ScriptedModel, make_programs_wait, shop_agent
from langchain_quickjs import pending_threads


@contextmanager
def opened(database: str) -> Generator[BaseCheckpointSaver[Any]]:
    """The checkpointer in a PostgreSQL database, or in a file of SQLite."""
    if database.startswith(("postgresql://", "postgres://")) or "dbname=" in database:
        settings = {"autocommit": True, "row_factory": dict_row}
        with ConnectionPool[Any](database, kwargs=settings, max_size=10) as pool:
            postgres = PostgresSaver(pool)
            postgres.setup()
            yield postgres
    else:
        with SqliteSaver.from_conn_string(database) as sqlite:
            sqlite.setup()
            yield sqlite


def main() -> None:
    """Serves the page."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser("python -m examples.approval_page", description=about)
    parser.add_argument("--db", help="postgresql://... or a file of SQLite; approvals.sqlite")
    parser.add_argument("--demo", action="store_true", help="make two programs wait first")
    parser.add_argument("--model", help="a real model, as provider:name")
    parser.add_argument("--ask", choices=["together", "each"], default="together")
    parser.add_argument("--log", type=Path, default=Path("approvals.log"), help="what tools did")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--origin", action="append", default=[], help="another address of the page")
    options = parser.parse_args()

    with (
        opened(options.db or "approvals.sqlite") as checkpointer,
        socket.create_server((options.host, options.port)) as listening,
    ):
        model: BaseChatModel = ScriptedModel()
        if options.model:
            model = init_chat_model(str(options.model))
        agent = shop_agent(model, options.log, checkpointer, options.ask)
        if options.demo or not (options.db or pending_threads(checkpointer, limit=1)):
            make_programs_wait(agent)
        port = listening.getsockname()[1]
        origins = [f"http://{host}:{port}" for host in (options.host, "localhost")]
        print(f"What waits for you is at {origins[0]}", flush=True)
        app = approval_page(agent, checkpointer, [*origins, *options.origin])
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
