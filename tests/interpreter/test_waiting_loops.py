"""A loop that does not wait for its calls: the model is told so where it shows, and only there."""

# ruff: noqa: E501  (the programs are written as models write them)

from __future__ import annotations

from typing import Any, Final

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool

from langchain_quickjs import CodeInterpreterMiddleware
from langchain_quickjs.errors import LimitError
from langchain_quickjs.interpreter import Completed
from langchain_quickjs.interpreter.advice.waiting_loops import notes_on_loops
from tests.helpers.models import programs

NOTE: Final = "`forEach` does not wait for async functions"
XS: Final = "const xs = ['a', 'bb'];\n"


@tool
def size(key: str) -> int:
    """Gives a size."""
    if key == "none":
        raise ValueError(key)
    return len(key)


def answer(source: str) -> str:
    """What the model is told of a program."""
    ours = CodeInterpreterMiddleware(ptc=[size], on_tool_error="return")
    agent: Any = create_agent(programs(source), middleware=[ours])
    messages = agent.invoke({"messages": [("user", "go")]})["messages"]
    return str(messages[-2].text)


ADDS: Final = (
    f"{XS}let sum = 0;\nxs.forEach(async (x) => {{ sum += await tools.size({{ key: x }}) }})"
)
FILLS: Final = (
    f"{XS}const out = [];\nxs.forEach(async x => {{\n out.push(await tools.size({{ key: x }})) }})"
)
MISSED: Final = {
    "a number": f"{ADDS}; sum",
    "a text": f"{FILLS}; JSON.stringify(out)",
    "what is printed": f"{ADDS}; console.log(sum)",
    "a function": f"{XS}let n = 0; xs.forEach(async function (x) {{ n += await tools.size({{ key: x }}) }}); n",
    "an item that is not there": f"{FILLS};\nout[0].name",
    "claims": f"{XS}xs.forEach(async (x) => {{ await tools.size({{ key: x }}) }});\n'all done'",
}
WHOLE: Final = {
    "a list": f"{FILLS}; out",
    "an object": f"{XS}const o = {{}}; xs.forEach(async x => {{ o[x] = await tools.size({{ key: x }}) }}); o",
    "nothing": f"{FILLS};",
    "what the loop prints": f"{XS}console.log(2); xs.forEach(async x => {{ console.log(await tools.size({{ key: x }})) }})",
    "it waits for nothing": f"{XS}xs.forEach(async x => {{ tools.size({{ key: x }}) }}); await tools.size({{ key: 'a' }})",
    "no async function": f"{XS}let n = 0; xs.forEach((x) => {{ n += x.length }}); n + await tools.size({{ key: 'a' }})",
    "a loop that waits": f"{XS}let n = 0; for (const x of xs) n += await tools.size({{ key: x }}); n",
    "in a comment": f"{XS}// not xs.forEach(async (x) => await f(x))\nawait tools.size({{ key: 'a' }})",
    "in a text": "'xs.forEach(async (x) => await f(x))' + await tools.size({ key: 'a' })",
    "the error of a call": f"{FILLS};\nawait tools.size({{ key: 'none' }})",
    "an error before": f"null.x;\n{FILLS}; 1",
}  # fmt: skip


@pytest.mark.parametrize("name", MISSED)
def test_what_may_be_missed_is_told(name: str) -> None:
    assert answer(MISSED[name]).startswith(NOTE)


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_whole_is_not_talked_about(name: str) -> None:
    assert NOTE not in answer(WHOLE[name])


@pytest.mark.parametrize(
    "piece",
    [
        "`",
        "/*",
        '"',
        "'",
        "\\",
        "`\\",
        '"\\',
        "/",
        "(",
        ".forEach(async await ",
        "x.forEach(async(",
    ],
)
def test_reading_a_program_takes_no_time(piece: str) -> None:
    source = f"xs.forEach(async {piece * (19_000 // len(piece))}"
    assert len(notes_on_loops(source, Completed(1))) <= 1
    assert notes_on_loops(source * 100, Completed(1)) == []
    assert notes_on_loops(ADDS, LimitError("x")) == []
