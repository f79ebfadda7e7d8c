"""The pages are complete and can be built."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import CodeInterpreterMiddleware, errors, pending
from tests.docs import given
from tests.docs.blocks import PAGES, ROOT

README_LINES = 150


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < README_LINES


def test_the_picture_of_the_readme_is_what_people_read() -> None:
    """The program, the line that waits, and the first line of the question are real."""
    readme = (ROOT / "README.md").read_text()
    interrupt_on: dict[str, Any] = {"issue_refund": True}
    tools = [given.lookup_order, given.issue_refund]
    middleware = [CodeInterpreterMiddleware(ptc=tools, interrupt_on=interrupt_on)]
    agent = create_agent(given.Model(), middleware=middleware, checkpointer=InMemorySaver())
    request = "Refund what arrived broken."
    agent.invoke({"messages": [HumanMessage(request)]}, given.config)
    (call,) = pending(agent, given.config)
    assert call.description.splitlines()[0] in readme
    for number, line in enumerate(given.PROGRAMS[request].splitlines(), 1):
        shown = f" {number} {'▶' if number == call.line else ' '} {line}".rstrip()
        assert shown in readme


def test_every_error_has_its_entry() -> None:
    """Each says when it comes and what to do; no class is listed that is not there."""
    entries = re.split(r"^### ", (ROOT / "docs" / "errors.md").read_text(), flags=re.MULTILINE)[1:]
    assert sorted(entry.split("\n")[0] for entry in entries) == sorted(errors.__all__)
    for entry in entries:
        assert re.search(r"^\*When:\* .+\n(.+\n)*\*What to do:\* ", entry, re.MULTILINE), entry


def test_links_of_the_readme_lead_to_pages() -> None:
    """Those of the pages are checked where the site is built."""
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert {ROOT / link.partition("#")[0] for link in links} <= set(PAGES)
    named = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert named <= {Path(link.partition("#")[0]).name for link in links}


def test_the_site_is_built_and_fetches_nothing(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    for page in tmp_path.glob("*.html"):
        # Links to other sites are no harm; what a browser loads by itself is.
        loads = r"<(?:(?:script|img|iframe)\b[^>]*\ssrc|link\b[^>]*\shref)=\"?(https?:[^\">\s]+)"
        fetched = re.findall(loads, page.read_text())
        assert not fetched, page.name
