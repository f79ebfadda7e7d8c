"""Options of the suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.helpers import databases, nurseries, tables
from tests.helpers.conversations import SAVERS

settings.register_profile(
    "short", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "full", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long suites in full")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("full" if config.getoption("--full") else "short")


def pytest_sessionfinish(session: pytest.Session) -> None:
    tables.hand_over(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker has ended; pytest-xdist calls this in the process that started it."""
    tables.take_over(node.config, getattr(node, "workeroutput", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for title, lines in terminalreporter.config.stash.get(tables.TABLES, {}).items():
        terminalreporter.write_sep("-", title)
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the long suites run in full."""
    return bool(request.config.getoption("--full"))


@pytest.fixture(scope="session")
def nursery() -> Iterator[nurseries.Nursery]:
    """What processes are forked from that are killed."""
    with nurseries.started() as made:
        yield made


@pytest.fixture(scope="session")
def postgres() -> Iterator[databases.Server]:
    """A PostgreSQL server."""
    bin_folder = databases.programs()
    if bin_folder is None:
        pytest.skip("PostgreSQL is not installed")
    with databases.server(bin_folder) as server:
        yield server


@pytest.fixture(params=SAVERS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> databases.Database | None:
    """Where a conversation is stored; `None` for memory."""
    match request.param:
        case "sqlite":
            return tmp_path / "db"
        case "postgres":
            server: databases.Server = request.getfixturevalue("postgres")
            return server.database()
    return None
