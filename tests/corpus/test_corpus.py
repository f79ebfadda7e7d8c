"""Each program of the corpus does what its author meant, by the answer that a model reads."""

from __future__ import annotations

import re

import pytest

from tests.corpus.answers import answer
from tests.corpus.cases import Case, Meant, all_cases
from tests.corpus.node import find_node, of_node
from tests.corpus.reading import problem


@pytest.mark.parametrize("case", all_cases(), ids=str)
async def test_a_program_does_what_was_meant(case: Case) -> None:
    read = await answer(case.sources)
    assert problem(case.meant, read) is None, read


# What is no JavaScript, so that Node.js has no say: exports, and objects without brackets.
BEYOND_JAVASCRIPT = re.compile(r"(export_|only_object|trailing_|typed_trailing|.*_and_object)")


def test_node_agrees_with_the_tables() -> None:
    node = find_node()
    if node is None:
        pytest.skip("Node.js is not installed")
    cases = all_cases()
    agreed = {
        case.name: problem(case.meant, read) is None
        for case, read in zip(cases, of_node(node, cases), strict=True)
    }
    assert {name for name, agrees in agreed.items() if not agrees} == {
        name for name in agreed if BEYOND_JAVASCRIPT.match(name)
    } - {"export_in_text"}


def test_the_corpus_is_large() -> None:
    assert len(all_cases()) >= 150


MAP = {"a": 1, "b": [True, None, "x y"]}


@pytest.mark.parametrize(
    "shown",
    [
        '<result>{"a": 1, "b": [true, null, "x y"]}</result>',
        "<result>{a: 1, b: [true, undefined, 'x y']}</result>",
        "<stdout>\n0\n</stdout>\n<result>Map(2) {'a' => 1, \"b\" => [true, null, `x y`]}</result>",
        "<result>Point { a: 1.0, b: [ true, null, &quot;x y&quot; ], c: undefined }</result>",
    ],
)
def test_notations_are_alike(shown: str) -> None:
    assert problem(Meant(by="gpt", result=MAP), shown) is None


@pytest.mark.parametrize(
    "shown",
    [
        '<result>{a: 1, b: [true, null, "xz"]}</result>',
        '<result>{a: 1, b: [[true, null, "x y"]]}</result>',
        '<result>{a: 1, b: [1, null, "x y"]}</result>',
        '<result>{b: [true, null, "x y"]}</result>',
        "<result>{}</result>",
        "<result>[object Object]</result>",
        "<result>{a: 1, b: [true, null, 'x y']} and more</result>",
        "<result>{a: 1, b: [true, null, 'x y']</result>",
        '<error type="TypeError">{a: 1, b: [true, null, "x y"]}</error>',
        '<stdout>\n{a: 1, b: [true, null, "x y"]}\n</stdout>\n<result>undefined</result>',
        "",
    ],
)
def test_another_value_is_told_apart(shown: str) -> None:
    assert problem(Meant(by="gpt", result=MAP), shown) is not None


def test_a_text_counts_to_the_space() -> None:
    meant = Meant(by="gpt", console="a   1\nb  22")
    assert problem(meant, "<stdout>\na   1\nb  22\n</stdout>\n<result>null</result>") is None
    assert problem(meant, "<stdout>\na 1\nb 22\n</stdout>\n<result>null</result>") is not None


def test_output_and_phrases_are_looked_for() -> None:
    shown = "<stdout>\n{ a: [ 1, 'x' ] } done\n</stdout>\n<result>[Function: f]</result>"
    assert problem(Meant(by="gpt", console='{a: [1, "x"]} done'), shown) is None
    assert problem(Meant(by="gpt", console="{ a: [ 2 ] } done"), shown) is not None
    assert problem(Meant(by="gpt", shows=("Function", "f")), shown) is None
    assert problem(Meant(by="gpt", shows=("Function: g",)), shown) is not None
