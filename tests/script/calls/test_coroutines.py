"""Tools that have only a coroutine, in programs of graphs that run synchronously."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import wrap_tool_call
from langchain_core.callbacks import AsyncCallbackManagerForToolRun, BaseCallbackHandler
from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool, Tool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_config, get_stream_writer
from langgraph.types import Command, interrupt

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from langchain_quickjs.errors import SetupError
from langchain_quickjs.script.calls.coroutines import wait_for
from tests.helpers.models import programs

ROOT = Path(__file__).parent.parent.parent.parent
VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def value_of(tools: list[Any], source: str) -> Any:
    outcome = create_script_graph(tools).invoke({"source": source})["outcome"]
    assert "error" not in outcome, outcome
    return outcome["value"]


@tool
async def double(n: int) -> int:
    """Doubles."""
    await asyncio.sleep(0)
    return 2 * n


class OnlyAsync(BaseTool):
    name: str = "only_async"
    description: str = "Has no `_run`."
    began: int = 0

    def _run(self, n: int) -> int:
        raise NotImplementedError("use _arun")

    async def _arun(self, n: int, run_manager: AsyncCallbackManagerForToolRun | None = None) -> int:
        return n + 1


class Broken(OnlyAsync):
    name: str = "broken"

    def _run(self, n: int) -> int:
        self.begin()
        return n

    def begin(self) -> None:
        raise NotImplementedError("what it calls is not there")


async def shout(text: str) -> str:
    return text.upper()


OF_TEXT = Tool(name="shout", description="Shouts.", func=None, coroutine=shout)


@pytest.mark.parametrize(
    ("one", "call", "expected"),
    [
        (double, "double({ n: 4 })", 8),
        (OnlyAsync(), "onlyAsync({ n: 4 })", 5),
        (OF_TEXT, "shout({ text: 'a' })", "A"),
    ],
    ids=["function", "class", "Tool"],
)
def test_it_runs(one: BaseTool, call: str, expected: Any) -> None:
    assert value_of([one], f"await tools.{call}") == expected


def test_it_runs_where_an_event_loop_runs_already() -> None:
    async def around() -> Any:
        return value_of([double], "await tools.double({ n: 4 })")

    assert asyncio.run(around()) == 8


def test_what_a_synchronous_method_calls_may_be_missing() -> None:
    source = "try { await tools.broken({ n: 1 }) } catch (e) { `${e}` }"
    assert value_of([Broken()], source) == "NotImplementedError: what it calls is not there"


def test_calls_run_at_the_same_time_on_one_loop() -> None:
    loops: set[int] = set()
    together: list[asyncio.Barrier] = []

    @tool
    async def meet() -> int:
        """Waits for three of its kind."""
        loops.add(id(asyncio.get_running_loop()))
        together[:] = together or [asyncio.Barrier(3)]
        async with together[0]:
            return together[0].parties

    assert value_of([meet], "await Promise.all([0, 0, 0].map(() => tools.meet()))") == [3] * 3
    together.clear()
    assert value_of([meet], "await Promise.all([0, 0, 0].map(() => tools.meet()))") == [3] * 3
    assert len(loops) == 1


def test_it_has_the_context_of_the_call() -> None:
    @tool
    async def look(config: RunnableConfig) -> list[Any]:
        """Looks around."""
        get_stream_writer()({"seen": 1})
        same = get_config()["configurable"]["thread_id"]
        return [VARIABLE.get(), config["configurable"]["thread_id"], same]

    graph = create_script_graph([look], checkpointer=InMemorySaver())
    VARIABLE.set("set")
    config: Any = {"configurable": {"thread_id": "t"}}
    seen = list(graph.stream({"source": "await tools.look()"}, config, stream_mode="custom"))
    assert {"seen": 1} in seen
    assert graph.get_state(config).values["outcome"]["value"] == ["set", "t", "t"]


def test_callbacks_and_hooks_see_it() -> None:
    seen: list[str] = []

    class Watching(BaseCallbackHandler):
        def on_tool_start(self, serialized: Any, *args: Any, **kwargs: Any) -> None:
            seen.append(f"start {serialized['name']}")

        def on_tool_end(self, output: Any, **kwargs: Any) -> None:
            seen.append(f"end {output.content}")

    @wrap_tool_call
    def hook(request: Any, handler: Any) -> Any:
        message = handler(request)
        if request.tool_call["name"] == "double":
            message = message.model_copy(update={"content": "21"})
        return message

    ours = CodeInterpreterMiddleware(ptc=[double])
    model = programs("await tools.double({ n: 4 })")
    agent = create_agent(model=model, middleware=[ours, hook])
    given: Any = {"messages": [("user", "go")]}
    state = agent.invoke(given, {"callbacks": [Watching()]})
    text = next(m.text for m in state["messages"] if isinstance(m, ToolMessage))
    assert text == "<result>21</result>"
    assert [one for one in seen if "eval" not in one][:2] == ["start double", "end 8"]


def test_it_asks_people() -> None:
    began: list[int] = []

    @tool
    async def ask(question: str) -> str:
        """Asks."""
        began.append(1)
        return str(interrupt(question)) + str(interrupt("really?"))

    graph = create_script_graph([ask], checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "t"}}
    state = graph.invoke({"source": "await tools.ask({ question: 'shall I?' })"}, config)
    assert state["__interrupt__"][0].value == "shall I?"
    state = graph.invoke(Command(resume="yes"), config)
    assert state["__interrupt__"][0].value == "really?"
    assert graph.invoke(Command(resume="!"), config)["outcome"]["value"] == "yes!"
    assert len(began) == 3


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (ValueError("bad"), "ValueError: bad"),
        (StopIteration(), "RuntimeError: coroutine raised StopIteration"),
        (asyncio.CancelledError(), "SetupError: The coroutine of the tool 'fail' was cancelled."),
    ],
    ids=repr,
)
def test_its_errors_are_those_of_the_call(raised: BaseException, told: str) -> None:
    @tool
    async def fail() -> None:
        """Fails."""
        raise raised

    assert value_of([fail], "try { await tools.fail() } catch (e) { `${e}` }") == told


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_what_is_to_stop_the_process_stops_it_and_not_the_loop(stop: type[BaseException]) -> None:
    @tool
    async def end() -> None:
        """Ends."""
        raise stop

    with pytest.raises(stop):
        value_of([end], "await tools.end()")
    assert value_of([double], "await tools.double({ n: 1 })") == 2


async def _awaited(future: asyncio.Future[None]) -> None:
    await future


async def _waited_for(future: asyncio.Future[None]) -> None:
    await asyncio.wait_for(future, 1)


@pytest.mark.parametrize("waits", [_awaited, _waited_for])
def test_what_was_made_on_another_loop_is_an_error_that_says_so(
    waits: Callable[[asyncio.Future[None]], Awaitable[None]],
) -> None:
    elsewhere = asyncio.new_event_loop()
    future = elsewhere.create_future()

    @tool
    async def wait() -> None:
        """Waits."""
        await waits(future)

    with pytest.raises(SetupError, match="made on another event loop"):
        create_script_graph([wait]).invoke({"source": "await tools.wait()"})
    elsewhere.close()


@pytest.mark.parametrize("inside", ["loop", "thread"])
def test_a_coroutine_may_run_a_graph_whose_calls_are_coroutines(inside: str) -> None:
    graph = create_script_graph([double])

    def run() -> Any:
        return graph.invoke({"source": "await tools.double({ n: 4 })"})["outcome"]["value"]

    @tool
    async def nested() -> Any:
        """Runs another graph, and holds its event loop up meanwhile."""
        return run() if inside == "loop" else await asyncio.to_thread(run)

    assert value_of([nested], "await tools.nested()") == 8


def test_a_tool_may_keep_what_belongs_to_its_loop() -> None:
    queues: list[asyncio.Queue[int]] = []

    @tool
    async def take(n: int) -> int:
        """Passes a number on, by a queue that it has made in its first call."""
        if not queues:
            queues.append(asyncio.Queue())
            asyncio.get_running_loop().call_soon(queues[0].put_nowait, n)
        else:
            queues[0].put_nowait(n)
        return await queues[0].get()

    assert [value_of([take], f"await tools.take({{ n: {n} }})") for n in (1, 2)] == [1, 2]


def printed_by(code: str) -> str:
    """What a process prints that ends, and complains of nothing."""
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert ended.stderr == ""
    return ended.stdout


def test_whatever_stops_the_caller_cancels_the_coroutine() -> None:
    code = """
import asyncio, signal, threading, os
from langchain_quickjs.script.calls.coroutines import wait_for
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what runs in the background
async def work():
    threading.Timer(0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        await asyncio.sleep(600)
    finally:
        print("cleaned up", flush=True)
try:
    wait_for(work, "work")
except KeyboardInterrupt:
    print("stopped")
"""
    assert printed_by(code) == "cleaned up\nstopped\n"


def test_an_interrupt_at_any_moment_stops_the_caller_and_nobody_waits_for_ever() -> None:
    code = """
import asyncio, itertools, sys, threading
from langchain_quickjs.script.calls.coroutines import wait_for
async def work():
    await asyncio.sleep(0.01)
    return "done"
def interrupting(after):
    moments = itertools.count()
    def trace(frame, event, arg):
        if "weakref" in frame.f_code.co_filename:
            return None  # What a callback raises goes nowhere.
        frame.f_trace_opcodes = True  # What a call gave can be lost before it has a name.
        if event in ("opcode", "return") and next(moments) == after:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace
    return trace
def came_to(after):
    sys.settrace(interrupting(after))
    try:
        return wait_for(work, "work")
    except KeyboardInterrupt:
        return "stopped"
    finally:
        sys.settrace(None)
wait_for(work, "work")  # whose loop lives on
for moment in itertools.count():
    if (found := came_to(moment)) != "stopped":
        break
print(found, moment > 10)
"""
    assert printed_by(code) == "done True\n"


def test_a_forked_process_has_a_loop_of_its_own() -> None:
    code = """
import os
from langchain_quickjs.script.calls.coroutines import wait_for
async def work():
    return os.getpid()
assert wait_for(work, "work") == os.getpid()
child = os.fork()
if child == 0:
    os._exit(0 if wait_for(work, "work") == os.getpid() else 1)
print(os.waitpid(child, 0)[1])
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout == "0\n"


def test_it_is_given_back_what_the_coroutine_returns() -> None:
    async def work() -> int:
        return 7

    assert wait_for(work, "work") == 7


def test_structured_tools_with_both_keep_their_function() -> None:
    async def later() -> str:
        return "coroutine"

    both = StructuredTool.from_function(lambda: "function", later, name="both", description="-")
    assert value_of([both], "await tools.both()") == "function"
