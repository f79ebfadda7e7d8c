"""Texts of large results are those that LangChain writes; of large arguments, short ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.tools import tool

from langchain_quickjs import CodeInterpreterMiddleware
from langchain_quickjs.script.flow.call_ids import CallNames
from langchain_quickjs.script.people.short_args import args_text
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import CallSpec, ScriptedModel

LARGE: list[Any] = [
    [{"n": n, "t": "\x01é\ud800"} for n in range(9_000)],
    {f"k{n}": [n, None, True, 0.5, "x" * n] for n in range(900)},
    ["\x02" * 700_000, {"deep": ["\x03" * 700_000, {"k" * 700_000: 1}]}],
    ["a" * 70_000, "b"],
    [0.5] * 50_000,
    [{"type": "text", "text": "c" * 70_000}],
    {1: "d" * 70_000},
    {"e" * 70_000: {2, 3}},
    "f" * 70_000,
]


class See(AgentMiddleware[Any, Any]):
    """Notes what tools say."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Any] = []

    def wrap_tool_call(self, request: Any, handler: Any) -> Any:
        message = handler(request)
        if request.tool_call["name"] == "give":
            self.said.append(message.content)
        return message

    async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
        message = await handler(request)
        if request.tool_call["name"] == "give":
            self.said.append(message.content)
        return message


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("native", [False, True], ids=["sync tool", "async tool"])
@pytest.mark.parametrize("kind", range(len(LARGE)))
def test_hooks_see_the_text_that_langchain_writes(kind: int, native: bool, mode: Mode) -> None:
    if native and mode == "invoke":
        pytest.skip("an async tool cannot be called by invoke")

    def give() -> Any:
        """Gives much."""
        return LARGE[kind]

    async def agive() -> Any:
        """Gives much."""
        return LARGE[kind]

    given = tool("give")(agive if native else give)
    see = See()
    turns: list[list[CallSpec]] = [[("give", {})], [("eval", {"code": "await tools.give(); 1"})]]
    ours = CodeInterpreterMiddleware(ptc=[given])
    agent = create_agent(model=ScriptedModel(turns=turns), tools=[given], middleware=[ours, see])
    go: Any = {"messages": [("user", "go")]}
    state = agent.invoke(go) if mode == "invoke" else asyncio.run(agent.ainvoke(go))
    assert state["messages"][-2].content == "<result>1</result>"
    by_model, by_program = see.said
    assert by_program == by_model


def test_short_arguments_are_whole() -> None:
    args = {"a": [1, {"b": "é"}], "c": None}
    assert args_text(args) == str(args)


@pytest.mark.parametrize(
    "args",
    [
        {"text": "\x01" * 10**7},
        {"\x01" * 10**7: 1},
        {"list": [0] * 10**6},
        {str(n): n for n in range(10**5)},
        {"deep": [[[[[["x" * 10**6]]]]]]},
        {"n": 10**5000},
        {"n": [10**5000] * 100, "m": "x" * 50_000},
    ],
    ids=range(7),
)
def test_long_arguments_are_cut(args: Any) -> None:
    text = args_text(args)
    assert len(text) <= 10_000
    assert "…" in text


def test_calls_of_a_kind_have_equal_arguments() -> None:
    same: list[Any] = [
        {"a": 1, "b": {"c": [1, 2], "d": "é"}},
        {"b": {"d": "é", "c": [1, 2]}, "a": 1},
    ]
    other: list[Any] = [
        {"a": 1.5},
        {"a": "1"},
        {"a": 1, "b": {"c": [2, 1], "d": "é"}},
        {},
        {"a": None},
    ]
    names = CallNames("script", "place")
    kinds = [names.kind("tool", args) for args in (*same, *other)]
    assert kinds[0] == kinds[1]
    kinds += [names.kind("other", same[0]), CallNames("script", "fork").kind("tool", same[0])]
    assert len(set(kinds)) == len(kinds) - 1
    given = [names.name(kind) for kind in kinds]
    assert len(set(given)) == len(given)
    again = CallNames("script", "place")
    again.unpack(names.pack())
    assert again.name(kinds[0]) not in given
