"""Tools of a real MCP server, the official SDK's on stdio: what programs get from each."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools

from langchain_quickjs import CodeInterpreterMiddleware
from langchain_quickjs.agent.documentation.declarations import signature
from langchain_quickjs.errors import SetupError
from tests.helpers import mcp_server
from tests.helpers.conversations import Conversation, Kind, Mode
from tests.helpers.databases import named
from tests.helpers.models import programs
from tests.helpers.nurseries import Nursery
from tests.helpers.stories import APPROVE

CREATE: dict[Kind, Callable[..., Any]] = {
    "create_agent": create_agent,
    "create_deep_agent": create_deep_agent,
}
CLIENT = MultiServerMCPClient(
    {
        "shop": {
            "transport": "stdio",
            "command": sys.executable,
            "args": [str(mcp_server.__file__)],
        }
    }
)
PNG = {"type": "image", "mime_type": "image/png", "bytes": 70, "id": "10a7227ade22bb00"}

MADE = "2026-01-01T00:00:00"

RESULTS: dict[str, Any] = {
    "lookUp({ order_id: 'A' })": {"id": "A", "price": 80, "tags": ["new"], "made": MADE},
    "prices({ order_ids: ['A', 'BB'] })": {"result": [0.5, 1]},
    "textJson({ order_id: 'A' })": {"id": "A", "price": 80},
    "textItems()": [{"price": 1}, {"price": 2}],
    "plain()": "80 {not JSON}",
    "texts()": "one\ntwo",
    "nothing()": [],
    "image()": PNG,
    "resources()": [
        {"n": 1},
        {"type": "file", "mime_type": "application/pdf", "bytes": 8, "id": "1f238a37396be1ec"},
        {"type": "file", "url": "https://example.com/l.csv"},
    ],
    "fail({ how: 'text' })": "ToolError: no such order\ntry another",
    "fail({ how: 'image' })": "ToolError: The tool failed, and gave no text that says why.",
    "fail({ how: 'nothing' })": "ToolError: MCP tool returned an error with empty content.",
    "crash()": "ToolError: Error executing tool crash: out of stock",
    "lookUp({ orderId: 'A' })": (
        "TypeError: lookUp has no `orderId`: write `order_id`; it takes `order_id`."
    ),
}
SOURCE = f"""
const ends = [];
for (const call of [{", ".join(f"() => tools.{call}" for call in RESULTS)}]) {{
  try {{ ends.push(await call()) }} catch (e) {{ ends.push(`${{e}}`) }}
}}
JSON.stringify(ends)
"""


@pytest.fixture(scope="module")
def tools() -> list[BaseTool]:
    """The server's tools; each call of one starts the server anew."""
    return asyncio.run(CLIENT.get_tools())


def told(state: dict[str, Any]) -> str:
    return next(m.text for m in state["messages"] if isinstance(m, ToolMessage))


def sent(kind: Kind, mode: Mode, tools: Sequence[BaseTool], source: str) -> str:
    """What the model reads of a program."""
    ours = CodeInterpreterMiddleware(ptc=tools)
    agent = CREATE[kind](model=programs(source), middleware=[ours])
    given: Any = {"messages": [("user", "go")]}
    return told(agent.invoke(given) if mode == "invoke" else asyncio.run(agent.ainvoke(given)))


@pytest.mark.parametrize(
    ("kind", "mode"), [("create_agent", "invoke"), ("create_deep_agent", "ainvoke")]
)
def test_a_program_gets_what_is_in_the_blocks(
    tools: list[BaseTool], kind: Kind, mode: Mode
) -> None:
    text = sent(kind, mode, tools, SOURCE)
    ends = json.loads(text.removeprefix("<result>").removesuffix("</result>"))
    assert dict(zip(RESULTS, ends, strict=True)) == RESULTS


@pytest.mark.parametrize("kind", CREATE)
async def test_it_is_the_same_in_a_session(kind: Kind) -> None:
    async with CLIENT.session("shop") as session:
        ours = CodeInterpreterMiddleware(ptc=await load_mcp_tools(session))
        agent = CREATE[kind](model=programs(SOURCE), middleware=[ours])
        text = told(await agent.ainvoke({"messages": [("user", "go")]}))
    ends = json.loads(text.removeprefix("<result>").removesuffix("</result>"))
    assert dict(zip(RESULTS, ends, strict=True)) == RESULTS


async def test_a_session_is_left_to_its_event_loop() -> None:
    async with CLIENT.session("shop") as session:
        loaded = await load_mcp_tools(session)
        ours = CodeInterpreterMiddleware(ptc=loaded)
        agent = create_agent(model=programs("await tools.plain()"), middleware=[ours])
        given: Any = {"messages": [("user", "go")]}
        with pytest.raises(SetupError, match=r"'plain' belongs to an MCP session.*`ainvoke`"):
            agent.invoke(given)


def test_calls_run_at_the_same_time(tools: list[BaseTool], tmp_path: Path) -> None:
    folder = json.dumps(str(tmp_path))
    source = f"""
    const met = await Promise.all([1, 2].map(() => tools.meet({{ folder: {folder} }})));
    met.map((one) => one.result).join()
    """
    assert sent("create_agent", "invoke", tools, source) == "<result>true,true</result>"


def test_the_signature_says_what_the_server_says(tools: list[BaseTool]) -> None:
    written = {tool.name: signature(tool) for tool in tools}
    assert written["look_up"] == (
        "// Looks an order up.\n"
        "tools.lookUp(args: { order_id: string }): "
        "Promise<{\n  id: string;\n  price: number;\n  tags: string[];\n"
        "  made?: string; // date-time\n}>;"
    )
    assert written["prices"].endswith(": Promise<{ result: number[] }>;")
    assert written["text_json"].endswith(": Promise<unknown>;")


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
def test_sounds_are_an_error_of_the_adapters(tools: list[BaseTool], mode: Mode) -> None:
    source = "try { await tools.audio() } catch (e) { e.name }"
    assert sent("create_agent", mode, tools, source) == "<result>NotImplementedError</result>"


def conversation(kind: Kind, mode: Mode, database: str) -> Conversation:
    ours = asyncio.run(CLIENT.get_tools())
    source = """
    const order = await tools.lookUp({ order_id: "A" });
    const paid = await tools.pay({ to: order.id, amount: order.price });
    JSON.stringify([order.tags, paid])
    """
    thread = f"{kind}-{mode}"
    return Conversation(kind, mode, named(database), source, ours, {"pay": True}, thread=thread)


def pause(kind: Kind, mode: Mode, database: str) -> tuple[str, int]:
    """A process of its own: comes to the question."""
    talk = conversation(kind, mode, database)
    talk.start()
    return str(talk.question["action_requests"][0]["description"]), os.getpid()


def decide(kind: Kind, mode: Mode, database: str) -> tuple[Any, int]:
    """Another one: answers it."""
    talk = conversation(kind, mode, database)
    talk.decide(APPROVE)
    return talk.value, os.getpid()


@pytest.mark.parametrize(
    ("kind", "mode"), [("create_agent", "invoke"), ("create_deep_agent", "ainvoke")]
)
def test_a_person_decides_in_another_process(
    kind: Kind, mode: Mode, nursery: Nursery, tmp_path: Path
) -> None:
    database = str(tmp_path / "db")
    question, first = nursery.of(pause).live(kind, mode, database)
    assert question.startswith('pay(to: "A", amount: 80), asked by a program')
    value, second = nursery.of(decide).live(kind, mode, database)
    assert value == [["new"], {"result": "paid 80 to A"}]
    assert first != second
