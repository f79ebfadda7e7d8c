"""The middleware: what the model is told and sees of its programs, what developers are told."""

from __future__ import annotations

import asyncio
import inspect
import re
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest
from deepagents import SubAgent, create_deep_agent
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from langsmith import tracing_context

from langchain_quickjs import CodeInterpreterMiddleware, SetupError, ToolNameError, pending
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import ScriptedModel, parallel_programs, programs
from tests.helpers.shop import Shop

GO: Any = {"messages": [("user", "go")]}
THREAD: Any = {"configurable": {"thread_id": "1"}}


@tool
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@tool
def order(what: str) -> str:
    """Orders something."""
    return what


def see(source: str, mode: Mode = "invoke", **options: Any) -> ToolMessage:
    """What the model sees of a program."""
    options.setdefault("ptc", [add])
    agent = create_agent(model=programs(source), middleware=[CodeInterpreterMiddleware(**options)])
    state = agent.invoke(GO) if mode == "invoke" else asyncio.run(agent.ainvoke(GO))
    return next(m for m in state["messages"] if isinstance(m, ToolMessage))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("create", [create_agent, create_deep_agent])
def test_the_model_is_told_about_programs(create: Any, mode: Mode) -> None:
    model = programs("await tools.add({ a: 1, b: 2 })")
    interpreter = CodeInterpreterMiddleware(
        ptc=["add"], interrupt_on={"add": {"allowed_decisions": ["approve"]}}
    )
    agent = create(
        model=model,
        tools=[add],
        middleware=[interpreter],
        system_prompt="Be brief.",
        checkpointer=InMemorySaver(),
    )
    if mode == "invoke":
        agent.invoke(GO, THREAD)
    else:
        asyncio.run(agent.ainvoke(GO, THREAD))
    (prompt,) = model.seen
    assert prompt.startswith("Be brief.")
    assert "tools.add(args: { a: number; b: number }): Promise<number>" in prompt
    assert "A person has to approve: `tools.add`" in prompt


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("program", "text"),
    [
        (
            "```js\nconst sum = await tools.add({ a: 1, b: 2 });\n{ sum }\n```",
            "<result>{sum: 3}</result>",
        ),
        (
            "const f = (n) => n; ({ sum: await tools.add({ a: 1, b: 2 }), f })",
            '<result kind="handle">{ sum: 3, f: [Function: f] }\n'
            "(only shown: result.f is a function, which cannot leave the script)</result>",
        ),
        (
            "const r = tools.add({ a: 1, b: 2 });\nr.sum",
            '<error type="TypeError">tools.add(...) is a promise; await it first: (await '
            "tools.add(...)).sum\n  at line 2, column 3</error>",
        ),
        (
            "tools.ad({})",
            '<error type="TypeError">tools.ad is not a function. Did you mean add?\n  at line 1, '
            "column 7</error>",
        ),
    ],
)
def test_what_is_nearly_right_runs_or_is_told_how_to_be(
    program: str, text: str, mode: Mode
) -> None:
    assert see(program, mode=mode).text == text


def test_a_result_and_what_was_printed() -> None:
    seen = see("console.log('adding'); await tools.add({ a: 1, b: 2 })")
    assert seen.text == "<stdout>\nadding\n</stdout>\n<result>3</result>"
    assert (seen.name, seen.status, seen.tool_call_id) == ("eval", "success", "call-0-0")
    assert see("console.log('x'); 1", capture_console=False).text == "<result>1</result>"
    assert "characters cut" in see("'x'.repeat(500)", max_result_chars=100).text


@pytest.mark.parametrize("mode", MODES)
def test_an_error_shows_where_it_arose(mode: Mode) -> None:
    seen = see("console.log('first');\nconst f = () => { throw new TypeError('bad'); };\nf()", mode)
    assert seen.text.startswith('<stdout>\nfirst\n</stdout>\n<error type="TypeError">bad')
    assert ":2:" in seen.text
    assert seen.status == "error"


HOSTILE = {
    "while (true) {}": "Timeout",
    "/^(a+)+$/.test('a'.repeat(40) + 'b')": "Timeout",
    "new Array(1e9).join('x')": "(Timeout|OutOfMemory|RangeError|InternalError)",
    "const all = []; for (let i = 0; i < 3e6; i++) all.push({ i }); 1": "(OutOfMemory|Timeout)",
    "const f = () => f() + 1; f()": "(RangeError|InternalError|StackOverflow)",
    "JSON.parse('['.repeat(1e6))": "(RangeError|InternalError|StackOverflow|SyntaxError)",
    "const loop = () => Promise.resolve().then(loop); await loop()": "(Timeout|OutOfMemory)",
    "for (;;) await null": "Timeout",
    "for (;;) await tools.add({ a: 1, b: 1 })": "PTCCallBudgetExceeded",
    "await Promise.all([...Array(1000)].map(() => tools.add({ a: 1, b: 1 })))": (
        "PTCCallBudgetExceeded"
    ),
    "await new Promise(() => {})": "Deadlock",
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("source", HOSTILE)
def test_the_model_sees_one_clear_error(source: str, mode: Mode) -> None:
    process = psutil.Process()
    see("1")
    before = process.memory_info().rss
    seen = see(source, mode, timeout=0.5, max_ptc_calls=20)
    assert process.memory_info().rss - before < (64 + 40) * 2**20
    error = f'<error type="{HOSTILE[source]}">.*</error>(\n<calls>\n.*\n</calls>)?'
    assert re.fullmatch(error, seen.text, re.DOTALL)
    assert seen.status == "error"


def test_programs_of_one_message_do_not_know_each_other() -> None:
    sources = [f"var mine = {n}; await tools.add({{ a: mine, b: 0 }})" for n in range(4)]
    agent = create_agent(
        model=parallel_programs(sources), middleware=[CodeInterpreterMiddleware(ptc=[add])]
    )
    state = agent.invoke(GO)
    texts = [m.text for m in state["messages"] if isinstance(m, ToolMessage)]
    assert texts == [f"<result>{n}</result>" for n in range(4)]


def test_the_tool_can_have_another_name() -> None:
    model = ScriptedModel(turns=[[("js", {"code": "6 * 7"})]])
    agent = create_agent(model=model, middleware=[CodeInterpreterMiddleware(tool_name="js")])
    messages = agent.invoke(GO)["messages"]
    assert messages[2].text == "<result>42</result>"
    assert "`js`" in model.seen[0]


def test_what_cannot_work_is_refused_when_it_is_made(tmp_path: Path) -> None:
    tools = Shop(tmp_path / "log").tools()
    with pytest.raises(SetupError, match="cannot call 'eval'"):
        CodeInterpreterMiddleware(ptc=["eval"])
    twin = tools[0].model_copy(update={"name": "look-up"})
    with pytest.raises(ToolNameError, match="lookUp"):
        CodeInterpreterMiddleware(ptc=[tools[0], twin])


def test_a_name_that_the_agent_does_not_have_is_refused_before_any_program() -> None:
    agent = create_agent(
        model=ScriptedModel(turns=[]),
        tools=[add],
        middleware=[CodeInterpreterMiddleware(ptc=["ad"])],
    )
    with pytest.raises(SetupError, match=r"`ptc` names \['ad'\].*it has \['add', 'eval'\]"):
        agent.invoke(GO)


@pytest.mark.parametrize("asked", [True, False])
def test_a_gate_for_a_tool_that_nobody_has_is_refused_before_any_call(asked: bool) -> None:
    gated = CodeInterpreterMiddleware(ptc=["add"], interrupt_on={"ad": asked})
    agent = create_agent(model=ScriptedModel(turns=[]), tools=[add], middleware=[gated])
    with pytest.raises(SetupError, match=r"names \['ad'\].*Did you mean \['add'\]"):
        agent.invoke(GO)


def test_a_gate_of_the_agents_own_for_no_tool_is_told(caplog: pytest.LogCaptureFixture) -> None:
    agent = create_deep_agent(
        model=ScriptedModel(turns=[]),
        tools=[add],
        interrupt_on={"ad": True},
        middleware=[CodeInterpreterMiddleware(ptc=["add"])],
        checkpointer=InMemorySaver(),
    )
    agent.invoke(GO, {"configurable": {"thread_id": "1"}})
    assert "asks people about calls of ['ad'], and has no such tool" in caplog.text


def test_gates_that_are_for_tools_of_subagents_are_not_told_as_misspelt(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def subagent(name: str, *tools: Any) -> SubAgent:
        return {
            "name": name,
            "description": "Works.",
            "system_prompt": "Work.",
            "model": programs("1"),
            "tools": tools,
            "middleware": [CodeInterpreterMiddleware(ptc=list(tools))],
        }

    calls = [f"task({{ description: 'go', subagentType: '{name}' }})" for name in ("ann", "bob")]
    agent = create_deep_agent(
        model=programs(f"await Promise.all([{', '.join(calls)}])"),
        tools=[add],
        subagents=[subagent("ann", add), subagent("bob", order)],
        interrupt_on={"order": True, "add": True, "ad": True},
        middleware=[CodeInterpreterMiddleware(ptc=["add"])],
        checkpointer=InMemorySaver(),
    )
    agent.invoke(GO, {"configurable": {"thread_id": "1"}})
    told = [r.getMessage() for r in caplog.records if "no such tool" in r.getMessage()]
    assert len(told) == 1
    assert "calls of ['ad'], and" in told[0]


def test_programs_themselves_are_not_asked_about_here() -> None:
    with pytest.raises(SetupError, match=r"`interrupt_on` names 'js'.*agent's own `interrupt_on`"):
        CodeInterpreterMiddleware(tool_name="js", interrupt_on={"js": True})
    CodeInterpreterMiddleware(interrupt_on={"eval": False})


def test_people_see_a_program_before_it_begins_where_the_agent_asks_about_it() -> None:
    agent = create_deep_agent(
        model=programs("await tools.add({ a: 1, b: 2 })"),
        tools=[add],
        interrupt_on={"eval": True, "add": True},
        middleware=[CodeInterpreterMiddleware(ptc=["add"])],
        checkpointer=InMemorySaver(),
    )
    agent.invoke(GO, THREAD)
    assert [(call.tool, call.asked_by) for call in pending(agent, THREAD)] == [("eval", "model")]
    agent.invoke(Command(resume={"decisions": [{"type": "approve"}]}), THREAD)
    assert [(call.tool, call.asked_by) for call in pending(agent, THREAD)] == [("add", "program")]
    state = agent.invoke(Command(resume={"decisions": [{"type": "approve"}]}), THREAD)
    assert state["messages"][-2].text == "<result>3</result>"


def test_another_tool_of_the_same_name_is_refused() -> None:
    interpreter = CodeInterpreterMiddleware(tool_name="add")
    agent = create_agent(model=ScriptedModel(turns=[]), tools=[add], middleware=[interpreter])
    with pytest.raises(SetupError, match="another tool 'add'"):
        agent.invoke(GO)


def test_tools_hidden_from_the_model_are_still_granted() -> None:
    class Hide(AgentMiddleware[Any, Any, Any]):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            return handler(request.override(tools=[t for t in request.tools if t.name != "add"]))

    interpreter = CodeInterpreterMiddleware(ptc=["add"])
    model = programs("await tools.add({ a: 1, b: 1 })")
    agent = create_agent(model=model, tools=[add], middleware=[Hide(), interpreter])
    assert agent.invoke(GO)["messages"][2].text == "<result>2</result>"
    assert "tools.add" not in model.seen[0]


def test_the_tool_alone_says_where_it_belongs() -> None:
    (alone,) = CodeInterpreterMiddleware().tools
    with pytest.raises(SetupError, match="inside an agent"):
        alone.invoke({"code": "1"})


def test_what_the_public_package_accepts() -> None:
    middleware = CodeInterpreterMiddleware(
        ptc=None,
        timeout=None,
        max_ptc_calls=None,
        mode=None,
        snapshot_signing_key="a secret of the tests",
    )
    agent = create_agent(programs("globalThis.f = () => 7", "f()"), middleware=[middleware])
    state = agent.invoke(GO)
    shown, called = (m for m in state["messages"] if isinstance(m, ToolMessage))
    assert shown.text.startswith('<result kind="handle">[Function')
    assert (shown.status, called.text) == ("success", "<result>7</result>")


@pytest.mark.parametrize("traced", [False, True])
def test_hooks_are_traced_as_any_or_take_no_detour(traced: bool) -> None:
    with tracing_context(enabled=traced):
        ours = CodeInterpreterMiddleware(ptc=[add])
    hooks = (ours.awrap_model_call, ours.awrap_tool_call)
    assert [inspect.iscoroutinefunction(hook) for hook in hooks] == [traced, traced]
    agent = create_agent(model=programs("await tools.add({ a: 1, b: 2 })"), middleware=[ours])
    state = asyncio.run(agent.ainvoke(GO))
    assert next(m.text for m in state["messages"] if isinstance(m, ToolMessage)) == (
        "<result>3</result>"
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_subclass_may_have_hooks_of_its_own(mode: Mode) -> None:
    class Noting(CodeInterpreterMiddleware):
        seen: ClassVar[list[str]] = []

        def wrap_tool_call(self, request: Any, handler: Any) -> Any:
            self.seen.append(request.tool_call["name"])
            return super().wrap_tool_call(request, handler)

        async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
            self.seen.append(request.tool_call["name"])
            return await super().awrap_tool_call(request, handler)

        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            self.seen.append("model")
            return super().wrap_model_call(request, handler)

        async def awrap_model_call(self, request: Any, handler: Any) -> Any:
            self.seen.append("model")
            return await super().awrap_model_call(request, handler)

    agent = create_agent(model=programs("1 + 1"), middleware=[Noting()])
    if mode == "invoke":
        agent.invoke(GO)
    else:
        asyncio.run(agent.ainvoke(GO))
    assert Noting.seen == ["model", "eval", "model"]
