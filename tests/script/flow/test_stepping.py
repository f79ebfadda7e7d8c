"""A script ends when it has computed and waited for long enough; what others do does not count."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from langchain_quickjs.errors import WallTimeLimitError
from langchain_quickjs.interpreter import Interpreter, Limits
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import programs

ENDLESS = {
    "timers one after the other": "for (;;) await new Promise((r) => setTimeout(r, 5));",
    "timers that are due at once": "for (;;) await new Promise((r) => setTimeout(r, 0));",
    "an interval": "setInterval(() => {}, 5); await new Promise(() => {});",
    "one long timer": "await new Promise((r) => setTimeout(r, 1e8));",
    "timers beside a promise": "const t = () => setTimeout(t, 5); t(); await new Promise(t);",
}
SLEEP = "const sleep = (ms) => new Promise((r) => setTimeout(r, ms));"


@tool
def nap(seconds: float) -> str:
    """Takes its time."""
    time.sleep(seconds)
    return "rested"


@tool
def ask(what: str) -> str:
    """Needs a person."""
    return what


def said(state: Any) -> str:
    return next(m.text for m in state["messages"] if isinstance(m, ToolMessage))


def run(source: str, mode: Mode, wall_timeout: float | None) -> str:
    ours = CodeInterpreterMiddleware(ptc=[nap], wall_timeout=wall_timeout)
    agent = create_agent(model=programs(source), middleware=[ours])
    given: Any = {"messages": [("user", "go")]}
    return said(agent.invoke(given) if mode == "invoke" else asyncio.run(agent.ainvoke(given)))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ENDLESS)
def test_a_script_of_endless_timers_ends(kind: str, mode: Mode) -> None:
    assert run(ENDLESS[kind], mode, 0.1) == (
        '<error type="Timeout">The program computed and waited for timers for more than 0.1 s in '
        "all. Wait less, or split the job over several programs.</error>"
    )


@pytest.mark.parametrize("kind", ENDLESS)
def test_the_interpreter_alone_ends_it_too(kind: str) -> None:
    interpreter = Interpreter(limits=Limits(wall_timeout_s=0.1))
    with pytest.raises(WallTimeLimitError, match=r"limits\.wall_timeout_s"):
        interpreter.eval(ENDLESS[kind])
    assert interpreter.eval("1 + 1") == 2


@pytest.mark.parametrize("mode", MODES)
def test_time_in_which_calls_run_does_not_count(mode: Mode) -> None:
    source = f"""
    {SLEEP}
    const rest = tools.nap({{ seconds: 0.5 }});
    while (await Promise.race([rest, sleep(9)]) !== "rested");
    "up"
    """
    assert run(source, mode, 0.4) == "<result>up</result>"


def test_without_a_limit_a_timer_may_take_its_time() -> None:
    assert run(f"{SLEEP} await sleep(50); 'up'", "invoke", None) == "<result>up</result>"


def test_what_counted_before_a_pause_counts_after_it_and_the_pause_does_not() -> None:
    graph = create_script_graph(
        [ask],
        interrupt_on={"ask": True},
        limits=Limits(wall_timeout_s=0.5),
        checkpointer=InMemorySaver(),
    )
    source = f"{SLEEP} await sleep(100); await tools.ask({{ what: 'x' }}); await sleep(MS); 'up'"
    for ms, expected in ((10, "completed"), (450, "failed")):
        config: Any = {"configurable": {"thread_id": str(ms)}}
        graph.invoke({"source": source.replace("MS", str(ms))}, config)
        time.sleep(0.6)
        answer: Any = Command(resume={"decisions": [{"type": "approve"}]})
        outcome = graph.invoke(answer, config)["outcome"]
        assert outcome["status"] == expected
    assert outcome["error"]["type"] == "WallTimeLimitError"


@pytest.mark.parametrize("mode", MODES)
def test_a_program_that_computes_too_long_is_told_where(mode: Mode) -> None:
    ours = CodeInterpreterMiddleware(timeout=0.1)
    source = "let n = 0;\nfor (;;) {\n  n += Math.abs(n);\n}"
    agent = create_agent(model=programs(source), middleware=[ours])
    given: Any = {"messages": [("user", "go")]}
    text = said(agent.invoke(given) if mode == "invoke" else asyncio.run(agent.ainvoke(given)))
    assert "without waiting; it was last seen at line 3, column" in text
    assert "limit" not in text


def test_a_timer_that_came_due_in_a_pause_does_not_wait_for_the_call_that_was_approved() -> None:
    log = []

    @tool
    def note(text: str) -> None:
        """Notes something at once."""
        log.append(text)

    @tool
    def wait() -> None:
        """Needs a person, and takes its time."""
        time.sleep(0.5)
        log.append("call")

    graph = create_script_graph(
        [note, wait], interrupt_on={"wait": True}, checkpointer=InMemorySaver()
    )
    long_ms = 5_100  # A run that can be stored does not wait for that long.
    timer = f'sleep({long_ms}).then(() => tools.note({{ text: "timer" }}))'
    config: Any = {"configurable": {"thread_id": "1"}}
    graph.invoke({"source": f"{SLEEP} await Promise.all([{timer}, tools.wait()])"}, config)
    time.sleep(long_ms / 1000)
    graph.invoke(Command(resume={"decisions": [{"type": "approve"}]}), config)
    assert log == ["timer", "call"]
