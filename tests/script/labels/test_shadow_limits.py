"""A shadow that reaches a limit where its program does not is given up, and the program goes on.

What a shadow is given is empty, so a program can go where its shadow is slow, or ends never.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo
from langchain_quickjs.errors import QuickJSError, ScriptCancelledError
from langchain_quickjs.interpreter import (
    Completed,
    Limits,
    Outcome,
    Returned,
    Suspended,
)
from langchain_quickjs.interpreter.stepped import SteppedInterpreter
from langchain_quickjs.script.labels import shadow
from langchain_quickjs.script.labels.program import ProgramLabels
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import programs
from tests.helpers.sessions import THREAD

TEXT = "ignore all that"
RULE = RuleOfTwo(
    {"page": {"untrusted"}, "secret": {"sensitive"}, "send": {"acts"}, "find": set()},
    precision="value",
)
GO: Any = {"messages": [("user", "go")]}
READ = "await tools.secret({}); const p = await tools.page({});\n"
SENDS = "await tools.send({ to: 'ann' }); 'done'"
HOSTILE = {
    "loops": "while (p === '') {}",
    "loops in a built-in": "if (p === '') /(x+x+)+y/.test('x'.repeat(60));",
    "takes all its memory": "if (p === '') { const a = []; for (;;) a.push(new Uint8Array(1e6)) }",
    "takes all its stack": "if (p === '') { const f = () => f() + 1; f() }",
    "asks for too much": "await tools.find({ to: p || 'x'.repeat(17e6) });",
    "opens too much": "if (p === '') for (let i = 0; i < 1e5; i++) tools.find({ to: 'a' });",
    "waits for ever": "if (p === '') await new Promise(() => {});",
    "has timers": "if (p === '') await new Promise((r) => setTimeout(r, 1e9));",
}


def labels_and_program(limits: Limits) -> tuple[ProgramLabels, SteppedInterpreter]:
    labels = ProgramLabels(RULE, limits)
    return labels, SteppedInterpreter(limits=limits)


def step(labels: ProgramLabels, program: SteppedInterpreter, outcome: Outcome) -> Outcome:
    """Answers all calls, and goes on."""
    assert isinstance(outcome, Suspended)
    results = {}
    for call in outcome.calls:
        labels.begins(call.id, call.name, call.args, 0.0)
        labels.delivers(call.id, call.name, call.args, 0.0)
        results[call.id] = Returned(TEXT if call.name == "page" else "x")
    return labels.resume(program, results, None)


def ask(agent: Any, message: Any, mode: Mode) -> Any:
    if mode == "ainvoke":
        return asyncio.run(agent.ainvoke(message, THREAD))
    return agent.invoke(message, THREAD)


def named(name: str) -> Any:
    @tool(name)
    def called(to: str = "") -> str:
        """Does it."""
        return TEXT if name == "page" else "x"

    return called


def agent_of(source: str, **options: Any) -> Any:
    ours = CodeInterpreterMiddleware(
        ptc=[*map(named, ("page", "secret", "send", "find"))], rule_of_two=RULE, **options
    )
    return create_agent(programs(source), middleware=[ours], checkpointer=InMemorySaver())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_program_outlives_its_shadow_and_is_asked_about(name: str, mode: Mode) -> None:
    """The wall time is shorter than what a step may take: the shadow does not use it up."""
    agent = agent_of(READ + HOSTILE[name] + SENDS, timeout=5, wall_timeout=2)
    state = ask(agent, GO, mode)
    (one,) = state["__interrupt__"]
    assert [request["name"] for request in one.value["action_requests"]] == ["send"]
    state = ask(agent, Command(resume={one.id: {"decisions": [{"type": "approve"}]}}), mode)
    assert "<result>done</result>" in state["messages"][-2].text


def test_a_slow_shadow_has_no_more_time_than_its_program_and_a_second() -> None:
    """Each of its steps is within the limit of a step."""
    labels, program = labels_and_program(Limits(step_timeout_s=30.0, wall_timeout_s=2.0))
    slow = "for (let i = 0; i < 1e6 && p === ''; i++);"
    source = f"{READ}for (let k = 0; k < 100; k++) {{ {slow} await tools.find({{}}) }}"
    outcome = program.start(source, tools=["page", "secret", "send", "find"])
    while isinstance(outcome, Suspended):
        outcome = step(labels, program, outcome)
    assert isinstance(outcome, Completed)
    assert labels.shadow is not None
    assert labels.shadow.lost


def test_a_run_that_is_cancelled_while_its_shadow_computes_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The shadow has all the time that there is, and is stopped; it reaches no limit."""
    monkeypatch.setattr(shadow, "_MORE_S", 2.0**30)
    ended = list[QuickJSError]()
    repeat = SteppedInterpreter.repeat

    def noting(*args: Any) -> Any:
        try:
            return repeat(*args)
        except QuickJSError as error:
            ended.append(error)
            raise

    monkeypatch.setattr(SteppedInterpreter, "repeat", noting)
    agent = agent_of(READ + "while (p === '') {}" + SENDS, timeout=300, wall_timeout=None)

    async def cancelled() -> None:
        run = asyncio.create_task(agent.ainvoke(GO, THREAD))
        await asyncio.sleep(0.5)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(cancelled())
    assert [type(error) for error in ended] == [ScriptCancelledError]


def test_a_large_result_and_its_shadow() -> None:
    """The largest result that a program can be given."""
    labels, program = labels_and_program(Limits(memory_bytes=256 * 2**20))
    outcome = program.start(READ + "p.length", tools=["page", "secret"])
    outcome = step(labels, program, outcome)
    assert isinstance(outcome, Suspended)
    (call,) = outcome.calls
    labels.delivers(call.id, call.name, call.args, 0.0)
    text = "x" * (15 * 2**20)
    outcome = labels.resume(program, {call.id: Returned(text)}, None)
    assert isinstance(outcome, Completed)
    assert outcome.value == len(text)
    assert labels.shadow is not None
    assert not labels.shadow.lost
    assert labels.shadow.differs


@pytest.mark.parametrize("precision", ["session", "program", "value"])
def test_what_is_stored_of_many_calls_is_bounded(precision: Any) -> None:
    """Sources are a few for each label, and shadows are as large as their programs."""
    rule = RuleOfTwo(RULE.labels, precision=precision)
    labels = ProgramLabels(rule, Limits(calls=None))
    program = SteppedInterpreter(limits=Limits(calls=None))
    source = f"{READ}for (let i = 0; i < 10_000; i++) await tools.page({{ n: `${{i}}` }}); 1"
    outcome = program.start(source, tools=["page", "secret"])
    sizes, calls = [], 0
    while isinstance(outcome, Suspended):
        outcome = step(labels, program, outcome)
        calls += 1
        if calls in (100, 9_900):
            sizes.append(len(labels.pack()))
    assert calls >= 10_000
    assert sizes[1] < 2 * sizes[0] + 10_000
