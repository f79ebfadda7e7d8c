"""Sources with characters that a database does not take as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langgraph.types import Command

from langchain_quickjs import create_script_graph
from tests.helpers.databases import Database, Server, opened
from tests.helpers.stories import APPROVE


def pay(to: str) -> str:
    """Pays."""
    return f"paid {to}"


@pytest.mark.parametrize("durability", ["pause", "call"])
@pytest.mark.parametrize("odd", ["\0", "\ud800"])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_source_that_is_no_text_to_a_database(
    kind: str, odd: str, durability: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database: Database = tmp_path / "db"
    if kind == "postgres":
        server: Server = request.getfixturevalue("postgres")
        database = server.database()
    config: Any = {"configurable": {"thread_id": "1"}}
    with opened(database) as saver:
        graph = create_script_graph(
            [pay], interrupt_on={"pay": True}, durability=durability, checkpointer=saver
        )
        source = f"/* {odd} */ await tools.pay({{ to: 'ann' }})"
        state = graph.invoke({"source": source}, config)
        (asked,) = state["__interrupt__"]
        state = graph.invoke(Command(resume={asked.id: {"decisions": [APPROVE]}}), config)
    assert state["outcome"]["value"] == "paid ann"
