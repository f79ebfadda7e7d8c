"""What a model reads back when it runs programs: what `eval` answers in a real agent.

Both packages run the same agent with the same tools, granted by the option that both have, and the
same scripted model; they share their import name, so each runs in an environment of its own. As a
program it reads lists of sources as JSON, and prints what the last one of each list is answered.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import CodeInterpreterMiddleware
from tests.benchmarks.processes import Side
from tests.benchmarks.scripted import Scripted
from tests.corpus.cases import Case
from tests.corpus.world import make_tools

_MOST_SECONDS: Final = 60


async def answer(sources: Sequence[str], **options: Any) -> str:
    """Runs programs in one conversation, a program a message; gives the answer to the last.

    An earlier one that fails is the answer instead: nobody meant that.

    Args:
        sources: The programs.
        options: More options of the middleware.
    """
    tools = make_tools()
    agent: Any = create_agent(
        Scripted(turn=[*(_call(source) for source in sources), AIMessage("done")]),
        tools=tools,
        middleware=[CodeInterpreterMiddleware(ptc=[tool.__name__ for tool in tools], **options)],
        checkpointer=InMemorySaver(),
    )
    state = await agent.ainvoke(
        {"messages": [{"role": "user", "content": "go"}]}, {"configurable": {"thread_id": "1"}}
    )
    read = [message.text for message in state["messages"] if isinstance(message, ToolMessage)]
    return next((text for text in read if "<error" in text), read[-1])


def _call(source: str) -> AIMessage:
    call = {"name": "eval", "args": {"code": source}, "id": "call", "type": "tool_call"}
    return AIMessage("", tool_calls=[call])


async def _answers(cases: Sequence[Sequence[str]]) -> list[str]:
    return [await _answer_or_end(sources) for sources in cases]


async def _answer_or_end(sources: Sequence[str]) -> str:
    """The answer; or what ended the agent instead, which no model reads."""
    try:
        async with asyncio.timeout(_MOST_SECONDS):
            return await answer(sources)
    except Exception as error:  # whatever it is, the other programs have their turn
        return f"<error>The agent itself ended: {error!r}</error>"


def here(cases: Sequence[Case]) -> list[str]:
    """The answers of the package in this environment."""
    return asyncio.run(_answers([case.sources for case in cases]))


def of_package(python: str, cases: Sequence[Case]) -> list[str]:
    """The answers of the package in another environment."""
    command = Side("side", python, ()).command("from tests.corpus.answers import main; main()")
    return list(ask(command, [case.sources for case in cases]))


def ask(command: Sequence[str], given: Any) -> list[Any]:
    """Runs a command on JSON, whose last line is JSON again."""
    ended = subprocess.run(
        command, input=json.dumps(given), stdout=subprocess.PIPE, text=True, check=True
    )
    answers: list[Any] = json.loads(ended.stdout.splitlines()[-1])
    return answers


def main() -> None:
    """Answers what stands in the input."""
    print(json.dumps(asyncio.run(_answers(json.load(sys.stdin)))), flush=True)
    os._exit(0)  # threads that a package has left running are not waited for
