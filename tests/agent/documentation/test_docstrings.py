"""Descriptions are taken apart: what the tool does, each argument, the result."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import StructuredTool, tool

from langchain_quickjs.agent.documentation.declarations import signature
from langchain_quickjs.agent.documentation.docstrings import Docs, docs_of

GOOGLE = """Finds orders.

        Takes a moment.

        Args:
            query (str, optional): Words in the order,
                or its number: like A-17.
            limit: At most so many.
            secret: Is injected.

        Returns:
            The orders, newest first.

        Raises:
            KeyError: There is none.
        """
NUMPY = """Finds orders.

Takes a moment.

Parameters
----------
query : str, optional
    Words in the order,
    or its number: like A-17.
limit : int
    At most so many.

Returns
-------
list of Order
    The orders, newest first.

Raises
------
KeyError
    There is none.
"""
SPHINX = """Finds orders.

Takes a moment.

:param str query: Words in the order,
    or its number: like A-17.
:param limit: At most so many.
:type limit: int
:returns: The orders, newest first.
:rtype: list
:raises KeyError: There is none.
"""


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_the_three_styles(text: str) -> None:
    docs = docs_of(text, ["query", "limit"])
    assert docs.summary == "Finds orders."
    assert docs.args == {
        "query": "Words in the order, or its number: like A-17.",
        "limit": "At most so many.",
    }
    assert docs.returns == "The orders, newest first."
    assert docs.rest.startswith("Takes a moment.")
    assert "There is none." in docs.rest
    assert "newest" not in docs.rest
    assert "limit" not in docs.rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Does.\n\nArgs:\n    other: Of something else.", "Args:\n    other: Of something else."),
        ("Does.\n\nNote: args: x", "Note: args: x"),
        ("Does.\n\nArgs: none to speak of", "Args: none to speak of"),
        ("Does.\n\n- one\n- two\n\n    code()", "- one\n- two\n\n    code()"),
    ],
)
def test_what_is_no_section_stays_text(text: str, rest: str) -> None:
    assert docs_of(text, ["query"]) == Docs("Does.", rest)


def test_a_result_in_one_line() -> None:
    assert docs_of("Does.\n\nReturns: a number\n    of things", []).returns == "a number of things"


def order_of(query: str, limit: int = 20) -> str:
    """Finds an order.

    Args:
        query: Words in the order.
        limit: At most so many.

    Returns:
        The order's number.
    """
    return query


EXPECTED = """\
// Finds an order.
// Returns: The order's number.
tools.orderOf(args: {
  query: string; // Words in the order.
  limit?: number; // = 20; At most so many.
}): Promise<string>;"""


@pytest.mark.parametrize("parsed", [False, True])
def test_langchain_may_have_parsed_the_docstring_or_not(parsed: bool) -> None:
    """Nothing is lost, and nothing said twice."""
    assert signature(tool(parse_docstring=parsed)(order_of)) == EXPECTED


def test_a_schema_says_it_better_than_the_docstring() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "description": "Schema."}}}
    remote = StructuredTool(
        name="x", description="X.\n\nArgs:\n    a: Text.", args_schema=schema, func=lambda **_: None
    )
    assert "Text." not in signature(remote)
    assert "a?: string; // Schema." in signature(remote)


PARTS = st.sampled_from(
    [
        "Args:",
        "Returns:",
        "Parameters",
        "----",
        "    a: x",
        ":param a:",
        "a : b",
        "  ",
        "",
        "a (b): c",
    ]
)


@given(st.lists(PARTS | st.text(max_size=20), max_size=12))
def test_no_text_is_too_much_and_none_is_told_twice(lines: list[str]) -> None:
    docs = docs_of("\n".join(lines), ["a"])
    told = " ".join([docs.summary, docs.rest, *docs.args.values(), docs.returns]).split()
    given_words = " ".join(lines).split()
    assert len(told) <= len(given_words)
