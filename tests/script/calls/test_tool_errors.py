"""What a tool raises: a script may catch it; else it leaves `eval` as it would leave the tool."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware, wrap_tool_call
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph, pending
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import programs
from tests.helpers.stories import APPROVE
from tests.script.calls.test_tool_call import run_graph

GO: Any = {"messages": [("user", "go")]}
THREAD: Any = {"configurable": {"thread_id": "1"}}


class OutOfStockError(Exception):
    """An error of the tool's own."""

    def __init__(self, what: str, left: int) -> None:
        super().__init__(f"no {what}: {left} left")
        self.left = left


@tool
def buy(what: str) -> str:
    """Buys something."""
    raise OutOfStockError(what, 0)


def run(source: str, mode: Mode, *others: Any, first: bool = True) -> str:
    ours = CodeInterpreterMiddleware(ptc=[buy])
    middleware = [ours, *others] if first else [*others, ours]
    agent = create_agent(model=programs(source), middleware=middleware)
    state = agent.invoke(GO) if mode == "invoke" else asyncio.run(agent.ainvoke(GO))
    return next(m.text for m in state["messages"] if isinstance(m, ToolMessage))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "source",
    [
        "await tools.buy({ what: 'hats' })",
        "try { await tools.buy({ what: 'hats' }) } catch (e) { throw e }",
        "try { await tools.buy({ what: 'hats' }) } finally { console.log('x') }",
        "await Promise.all([tools.buy({ what: 'hats' }), new Promise((r) => setTimeout(r, 5))])",
        "let e; try { await tools.buy({ what: 'hats' }) } catch (x) { e = x } await null; throw e;",
    ],
)
def test_what_nothing_catches_leaves_as_it_is(source: str, mode: Mode) -> None:
    with pytest.raises(OutOfStockError) as caught:
        run(source, mode)
    assert str(caught.value) == "no hats: 0 left"
    assert caught.value.left == 0  # The very object, with all that it has.


@pytest.mark.parametrize("text", ["a\nb", "x" * 3000, "ünïcode 🦜", ""])
def test_any_text_of_an_error_will_do(text: str) -> None:
    with pytest.raises(OutOfStockError):
        run(f"await tools.buy({{ what: {text!r} }})", "invoke")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("try { await tools.buy({ what: 'a' }) } catch (e) { e.name }", "OutOfStockError</result>"),
        ("(await Promise.allSettled([tools.buy({ what: 'a' })]))[0].status", "<result>rejected"),
        (
            "try { await tools.buy({ what: 'a' }) } catch (e) { throw Error('own', { cause: e }) }",
            '<error type="Error">own',
        ),
        ("throw new TypeError('own')", '<error type="TypeError">own'),
        ("await tools.buy({ waht: 'a' })", '<error type="TypeError">buy has no `waht`'),
    ],
)
def test_what_the_script_makes_of_it_is_the_scripts(source: str, seen: str, mode: Mode) -> None:
    assert seen in run(source, mode)


@pytest.mark.parametrize("mode", MODES)
def test_other_middleware_handles_it_as_it_would_the_tools(mode: Mode) -> None:
    seen: list[tuple[str, str]] = []

    def note(request: Any, error: Exception) -> ToolMessage:
        seen.append((request.tool_call["name"], type(error).__name__))
        return ToolMessage(f"handled {error}", tool_call_id=request.tool_call["id"], status="error")

    @wrap_tool_call
    def handle(request: Any, handler: Any) -> Any:
        try:
            return handler(request)
        except OutOfStockError as error:
            return note(request, error)

    @wrap_tool_call
    async def ahandle(request: Any, handler: Any) -> Any:
        try:
            return await handler(request)
        except OutOfStockError as error:
            return note(request, error)

    handling: Any = handle if mode == "invoke" else ahandle
    source = "await tools.buy({ what: 'hats' })"
    # Around the programs' tool: it handles what leaves the program.
    assert run(source, mode, handling, first=False) == "handled no hats: 0 left"
    # Around the tools that programs call: it handles the call, and the program gets what it made.
    assert 'type="ToolError">handled no hats: 0 left' in run(source, mode, handling)
    assert seen == [("eval", "OutOfStockError"), ("buy", "OutOfStockError")]


@pytest.mark.parametrize("mode", MODES)
def test_retries(mode: Mode) -> None:
    tries: list[str] = []

    @tool
    def flaky(name: str) -> str:
        """Fails twice."""
        tries.append(name)
        if tries.count(name) < 3:
            raise ConnectionError("try again")
        return name

    retry: Any = ToolRetryMiddleware(max_retries=3, initial_delay=0, jitter=False)

    def agent(*middleware: Any) -> Any:
        return create_agent(model=programs(source), middleware=list(middleware))

    source = "await tools.flaky({ name: 'a' })"
    for middleware in (
        [CodeInterpreterMiddleware(ptc=[flaky]), retry],
        [retry, CodeInterpreterMiddleware(ptc=[flaky])],
    ):
        tries.clear()
        made = agent(*middleware)
        state = made.invoke(GO) if mode == "invoke" else asyncio.run(made.ainvoke(GO))
        assert state["messages"][2].text == "<result>a</result>"
        assert tries == ["a", "a", "a"]


@pytest.mark.parametrize("durability", ["pause", "call"])
@pytest.mark.parametrize("mode", MODES)
def test_a_program_that_is_begun_again_asks_again_and_makes_no_approved_call_twice(
    mode: Mode, durability: Any
) -> None:
    made: list[str] = []

    @tool
    def pay(to: str) -> str:
        """Pays."""
        made.append(to)
        return to

    @tool
    def flaky() -> str:
        """Fails once."""
        made.append("flaky")
        if made.count("flaky") < 2:
            raise ConnectionError("try again")
        return "done"

    source = "const to = await tools.pay({ to: 'ann' }); to + await tools.flaky()"
    retry: Any = ToolRetryMiddleware(max_retries=1, initial_delay=0, jitter=False)
    ours = CodeInterpreterMiddleware(
        ptc=[pay, flaky], interrupt_on={"pay": True}, durability=durability
    )
    agent = create_agent(programs(source), middleware=[retry, ours], checkpointer=InMemorySaver())

    def went(given: Any) -> Any:
        if mode == "invoke":
            return agent.invoke(given, THREAD)
        return asyncio.run(agent.ainvoke(given, THREAD))

    went(GO)
    asked = 0
    while waits := pending(agent, THREAD):
        asked += 1
        state = went(Command(resume={waits[0].interrupt_id: {"decisions": [APPROVE]}}))
    assert (asked, made) == (2, ["ann", "flaky", "flaky"])
    assert state["messages"][2].text == "<result>anndone</result>"


@pytest.mark.parametrize("mode", MODES)
def test_in_a_graph_of_ones_own_too(mode: Mode) -> None:
    with pytest.raises(OutOfStockError):
        run_graph(mode, [buy], "await tools.buy({ what: 'hats' })")


@pytest.mark.parametrize("mode", MODES)
def test_calls_that_run_when_it_leaves_are_waited_for(mode: Mode) -> None:
    done: list[str] = []

    @tool
    async def slow() -> None:
        """Takes its time."""
        await asyncio.sleep(0.1)
        done.append("slow")

    @tool
    def slowly() -> None:
        """Takes its time."""
        time.sleep(0.1)
        done.append("slow")

    name = "slow" if mode == "ainvoke" else "slowly"
    source = f"tools.{name}(); await tools.buy({{ what: 'hats' }})"
    with pytest.raises(OutOfStockError):
        run_graph(mode, [buy, slow, slowly], source)
    assert done == ["slow"]


@pytest.mark.parametrize("error", [StopIteration, StopAsyncIteration, EOFError, RuntimeError])
def test_what_ends_loops_is_an_error_like_any_other(error: type[Exception]) -> None:
    """Generators, which calls run in, turn some exceptions into others when they leave them."""

    def stop() -> str:
        """Stops."""
        raise error("enough")

    source = "try { await tools.stop({}) } catch (e) { [e.name, e.message] }"
    assert create_script_graph([stop]).invoke({"source": source})["outcome"]["value"] == [
        error.__name__,
        "enough",
    ]
    leaves = RuntimeError if error is StopIteration else error  # as Python has it
    with pytest.raises(leaves):
        create_script_graph([stop]).invoke({"source": "await tools.stop({})"})
