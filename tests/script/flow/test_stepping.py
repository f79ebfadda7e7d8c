"""A script ends when it has computed and waited for long enough; what others do does not count."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
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
    while (await Promise.race([rest, sleep(45)]) !== "rested");
    "up"
    """
    assert run(source, mode, 0.4) == "<result>up</result>"


def test_time_in_which_a_step_waits_for_its_turn_does_not_count() -> None:
    """Where others compute in all threads, as other programs of the process may."""

    async def begin_while_no_thread_is_free() -> Any:
        graph = create_script_graph([ask], limits=Limits(wall_timeout_s=0.4))
        given: Any = {"source": f"{SLEEP} await sleep(1); 'up'"}
        with ThreadPoolExecutor(1) as threads:
            asyncio.get_running_loop().set_default_executor(threads)
            threads.submit(time.sleep, 0.6)
            return await graph.ainvoke(given)

    assert asyncio.run(begin_while_no_thread_is_free())["outcome"]["value"] == "up"


@pytest.mark.parametrize("mode", MODES)
def test_a_call_beside_a_refused_one_is_made(mode: Mode) -> None:
    """Whether the program ends before it has begun or not."""
    noted = []

    @tool
    def note(text: str) -> None:
        """Notes something."""
        noted.append(text)

    graph = create_script_graph([nap, note])
    calls = 'tools.note({ text: "x" }), tools.nap({ seconds: "x" })'
    given: Any = {"source": f"await tools.nap({{ seconds: 0 }}); await Promise.all([{calls}])"}
    state = graph.invoke(given) if mode == "invoke" else asyncio.run(graph.ainvoke(given))
    assert state["outcome"]["status"] == "failed"
    assert noted == ["x"]


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


def longest_turn_s(work: Callable[[], Coroutine[Any, Any, Any]]) -> float:
    """How long an event loop computes at once, at most, while it does something a second time."""
    longest_s = 0.0
    run = asyncio.events.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        nonlocal longest_s
        began_s = time.thread_time()
        run(handle)
        longest_s = max(longest_s, time.thread_time() - began_s)

    asyncio.run(work())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.events.Handle, "_run", timed)
        gc.collect()
        gc.disable()
        try:
            asyncio.run(work())
        finally:
            gc.enable()
    return longest_s


HOLDS_UP = {
    "calls that are refused": "for (let i = 0; i < 2e3; i++) await tools.ask({}).catch(() => {});",
    "much memory at once": "const b = new Uint8Array(2e8).fill(1);",
    "many objects": "const o = []; for (let i = 0; i < 5e4; i++) o.push({ n: Math.random() });",
}


@pytest.mark.parametrize("kind", HOLDS_UP)
def test_a_program_does_not_hold_up_an_event_loop(kind: str) -> None:
    @tool
    async def rest() -> None:
        """Does nothing."""

    async def run_and_resume() -> None:
        graph = create_script_graph(
            [rest, ask],
            interrupt_on={"ask": True},
            limits=Limits(calls=None, memory_bytes=2**28),
            checkpointer=InMemorySaver(),
        )
        config: Any = {"configurable": {"thread_id": "1"}}
        program = f"await tools.rest(); {HOLDS_UP[kind]} await tools.ask({{ what: 'x' }}); 1"
        state = await graph.ainvoke({"source": program}, config)
        while "__interrupt__" in state:
            state = await graph.ainvoke(
                Command(resume={"decisions": [{"type": "approve"}]}), config
            )
        assert state["outcome"]["status"] == "completed"

    assert longest_turn_s(run_and_resume) < 0.03
