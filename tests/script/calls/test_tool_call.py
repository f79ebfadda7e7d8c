"""A call from a script: native values both ways, errors, and what runs when."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from langchain.tools import InjectedToolCallId
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException, tool
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel

from langchain_quickjs import create_script_graph
from tests.helpers.conversations import MODES, Mode


def run_graph(mode: Mode, tools: list[Any], source: str, **options: Any) -> dict[str, Any]:
    """The outcome of a script that runs on its own."""
    graph = create_script_graph(tools, **options)
    given: Any = {"source": source}
    if mode == "invoke":
        return dict(graph.invoke(given)["outcome"])
    return dict(asyncio.run(graph.ainvoke(given))["outcome"])


class Point(BaseModel):
    x: int
    label: str = "p"


@dataclass
class Pair:
    left: int
    right: list[int]


@tool
def give(kind: str) -> Any:
    """Gives a value of a kind."""
    values = {
        "int": 7,
        "float": 0.5,
        "text": "[1, 2]",
        "list": [1, {"a": None}],
        "none": None,
        "model": Point(x=1),
        "dataclass": Pair(1, [2, 3]),
        "bytes": b"ab",
        "models": [Point(x=1), Point(x=2)],
        "message": ToolMessage("said", tool_call_id="?"),
    }
    return values[kind]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("kind", "expression", "expected"),
    [
        ("int", "v + 1", 8),
        ("float", "v", 0.5),
        ("text", "typeof v", "string"),
        ("list", "v[1].a === null", True),
        ("none", "v === null", True),
        ("model", "v.label + v.x", "p1"),
        ("dataclass", "v.right", [2, 3]),
        ("bytes", "v instanceof Uint8Array", True),
        ("models", "v.map((p) => p.x)", [1, 2]),
    ],
)
def test_values_are_native(kind: str, expression: str, expected: Any, mode: Mode) -> None:
    source = f"const v = await tools.give({{ kind: '{kind}' }}); {expression}"
    assert run_graph(mode, [give], source)["value"] == expected


@pytest.mark.parametrize("mode", MODES)
def test_a_result_that_cannot_leave_the_script_is_stored_as_text(mode: Mode) -> None:
    """It is stored and signed as any other, and another reader finds text and a note."""
    graph = create_script_graph(
        [give], checkpointer=InMemorySaver(), snapshot_signing_key="a secret of the tests"
    )
    given: Any = {"source": "({ v: await tools.give({ kind: 'int' }), f() {}, t: '\\ud800' })"}
    config: Any = {"configurable": {"thread_id": "shown"}}
    if mode == "invoke":
        graph.invoke(given, config)
    else:
        asyncio.run(graph.ainvoke(given, config))
    outcome = graph.get_state(config).values["outcome"]
    assert outcome["status"] == "completed"
    assert outcome["value"] == "{ v: 7, f: [Function: f], t: '\\ud800' }"
    assert outcome["notes"] == [
        "The value is only shown: result.f is a function, which cannot leave the script."
    ]
    assert "error" not in outcome


def test_a_tool_that_answers_with_a_message_gives_its_content() -> None:
    @tool
    def speak(tool_call_id: Annotated[str, InjectedToolCallId]) -> ToolMessage:
        """Speaks."""
        return ToolMessage("hello", tool_call_id=tool_call_id)

    assert run_graph("invoke", [speak], "await tools.speak()")["value"] == "hello"


def test_an_artifact_stays_outside() -> None:
    @tool(response_format="content_and_artifact")
    def fetch() -> tuple[str, dict[str, int]]:
        """Fetches."""
        return "text", {"rows": 3}

    assert run_graph("invoke", [fetch], "await tools.fetch()")["value"] == "text"


def test_arguments_are_json_values() -> None:
    given: dict[str, Any] = {}

    @tool
    def take(a: Any = 0, b: Any = 0, c: Any = 0, d: Any = 0) -> None:
        """Takes."""
        given.update(a=a, b=b, c=c, d=d)

    source = """
    await tools.take({ a: new Map([["k", new Set([1])]]), b: undefined,
                       c: [undefined, 2n ** 60n], d: new Date(0) })
    """
    run_graph("invoke", [take], source)
    assert given == {"a": {"k": [1]}, "b": 0, "c": [None, 2**60], "d": "1970-01-01T00:00:00.000Z"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("call", "name", "message"),
    [
        ("tools.fail({ how: 'value' })", "ValueError", "bad value"),
        ("tools.fail({ how: 'tool' })", "ToolException", "tool says no"),
        ("tools.fail({ hwo: 1 })", "TypeError", "no `hwo`; it takes `how`. Did you mean `how`?"),
        ("tools.fail({ how: 1 })", "TypeError", "fail: how must be text, it is an integer"),
        ("tools.fail()", "TypeError", "fail: how: Field required"),
        ("tools.fail('value')", "TypeError", "fail takes one object"),
        ("tools.fail({ how: 1 }, 2)", "TypeError", "fail takes one object"),
        ("tools.handled()", "ToolError", "handled here"),
    ],
)
def test_what_goes_wrong_is_an_error_of_the_script(
    call: str, name: str, message: str, mode: Mode
) -> None:
    @tool
    def fail(how: str) -> str:
        """Fails."""
        raise ValueError("bad value") if how == "value" else ToolException("tool says no")

    @tool
    def handled() -> str:
        """Fails in a way that the tool handles."""
        raise ToolException("handled here")

    handled.handle_tool_error = True

    source = f"try {{ await {call} }} catch (e) {{ [e instanceof Error, e.name, e.message] }}"
    is_error, got_name, got_message = run_graph(mode, [fail, handled], source)["value"]
    assert (is_error, got_name) == (True, name)
    assert message in got_message


@pytest.mark.parametrize("mode", MODES)
def test_what_cannot_cross_comes_as_the_agent_would_get_it(mode: Mode) -> None:
    @tool
    def odd() -> Any:
        """Gives what cannot cross."""
        return {"f": len}

    @tool
    def fine() -> int:
        """Gives a number."""
        return 1

    source = "await Promise.all([tools.fine(), tools.odd(), tools.fine()])"
    assert run_graph(mode, [odd, fine], source)["value"] == [
        1,
        "{'f': <built-in function len>}",
        1,
    ]


@pytest.mark.parametrize("mode", MODES)
def test_calls_run_together_and_each_result_goes_back_at_once(mode: Mode) -> None:
    """The first call of one chain waits for the second of the other, side by side with it."""
    others = threading.Barrier(2)
    last_of_other = threading.Event()

    @tool
    def work(name: str) -> str:
        """Works."""
        if name in ("a1", "b1"):
            others.wait(30)
        if name == "a1":
            assert last_of_other.wait(30)
        if name == "b2":
            last_of_other.set()
        return name

    source = """
    const order = [];
    const chain = async (name) => {
        for (const n of [1, 2]) order.push(await tools.work({ name: name + n }));
    };
    await Promise.all([chain("a"), chain("b")]);
    order
    """
    assert run_graph(mode, [work], source)["value"][0] == "b1"


@pytest.mark.parametrize("mode", MODES)
def test_a_script_that_fails_leaves_no_call_running(mode: Mode) -> None:
    done: list[str] = []
    quick_has_ended = threading.Event()

    @tool
    def work(name: str, seconds: float) -> str:
        """Works."""
        if name == "slow":
            assert quick_has_ended.wait(30)
        time.sleep(seconds)
        done.append(name)
        quick_has_ended.set()
        return name

    source = """
    tools.work({ name: "slow", seconds: 0.2 });
    await tools.work({ name: "quick", seconds: 0.01 });
    throw new RangeError("enough");
    """
    outcome = run_graph(mode, [work], source)
    assert outcome["error"]["type"] == "RangeError"
    assert done == ["quick", "slow"]
    assert not [t for t in threading.enumerate() if t.name.startswith("quickjs-call")]


def test_calls_that_have_not_begun_when_a_script_fails_never_run() -> None:
    begun: list[int] = []

    @tool
    def work(n: int) -> int:
        """Works."""
        begun.append(n)
        time.sleep(0.01 if n == 0 else 0.2)
        return n

    graph = create_script_graph([work])
    source = """
    const all = [0, 1, 2, 3, 4, 5].map((n) => tools.work({ n }));
    await all[0];
    throw new Error("enough");
    """
    graph.invoke({"source": source}, {"max_concurrency": 2})
    assert len(begun) <= 4


def test_cancelling_stops_the_script_and_its_calls(caplog: pytest.LogCaptureFixture) -> None:
    cancelled = False

    @tool
    async def forever() -> None:
        """Never ends."""
        nonlocal cancelled
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled = True
            raise

    async def cancel(source: str) -> None:
        task = asyncio.create_task(create_script_graph([forever]).ainvoke({"source": source}))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel("await tools.forever()"))
    assert cancelled
    asyncio.run(cancel("while (true) {}"))
    gc.collect()
    assert not caplog.records


@pytest.mark.parametrize("mode", MODES)
def test_timers_wait_beside_calls(mode: Mode) -> None:
    told = threading.Event()

    @tool
    def wait() -> str:
        """Waits until it is told that the timer was first."""
        return "told" if told.wait(30) else "not told"

    @tool
    def tell() -> None:
        """Tells it."""
        told.set()

    source = """
    const timer = (ms) => new Promise((resolve) => setTimeout(resolve, ms, "timer"));
    await timer(20);
    const call = tools.wait();
    const first = await Promise.race([call, timer(20)]);
    await tools.tell();
    [first, await call]
    """
    assert run_graph(mode, [wait, tell], source)["value"] == ["timer", "told"]
