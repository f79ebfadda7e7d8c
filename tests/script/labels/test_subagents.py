"""Subagents of a Deep Agent belong to the session of whoever has them do something."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import Any

import pytest
from deepagents import create_deep_agent
from langchain_core.tools import BaseTool, StructuredTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, Labelled, RuleOfTwo, add_labels
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import ScriptedModel
from tests.helpers.sessions import LABELS, THREAD

FILES = ("ls", "read_file", "write_file", "edit_file", "glob", "grep", "write_todos", "execute")
SEND = "send"
GO: Any = {"messages": [("user", "go")]}


def plain_tools() -> list[BaseTool]:
    def named(name: str) -> BaseTool:
        return StructuredTool.from_function(
            lambda to: f"{name} {to}", name=name, description="Does something."
        )

    return [named(name) for name in LABELS]


@tool
def letter(number: int) -> str:
    """Reads a letter; the second one is from a stranger."""
    return Labelled("text", {"untrusted"}) if number == 2 else "text"


def rule_with(task: Any, **more: Any) -> RuleOfTwo:
    labels = {**LABELS, "letter": {"sensitive"}, **more}
    return RuleOfTwo(labels if task is None else {**labels, "task": task})


class Team:
    """A Deep Agent with one subagent."""

    def __init__(
        self,
        turns: Any,
        inner: Any,
        *,
        mode: Mode,
        task: Any = frozenset(),
        ruled: bool = True,
        programs: bool = False,
    ) -> None:
        self.mode = mode
        tools = [*plain_tools(), letter]
        rule = rule_with(task)
        ours = CodeInterpreterMiddleware(ptc=[one.name for one in tools], rule_of_two=rule)
        theirs = CodeInterpreterMiddleware(
            ptc=[one.name for one in tools], rule_of_two=rule_with(task) if ruled else None
        )
        worker: Any = {
            "name": "worker",
            "description": "Works.",
            "system_prompt": "Work.",
            "model": ScriptedModel(turns=inner),
            "tools": tools,
            "middleware": [theirs] if ruled or programs else [],
        }
        self.agent: Any = create_deep_agent(
            model=ScriptedModel(turns=turns),
            tools=tools,
            subagents=[worker],
            middleware=[ours],
            checkpointer=InMemorySaver(),
        )

    def send(self, message: Any = None) -> list[str]:
        """The calls that are asked about."""
        message = message or GO
        if self.mode == "ainvoke":
            state = asyncio.run(self.agent.ainvoke(message, THREAD))
        else:
            state = self.agent.invoke(message, THREAD)
        return [
            request["name"]
            for one in state.get("__interrupt__", ())
            for request in one.value["action_requests"]
        ]

    def approve(self) -> list[str]:
        interrupts = self.agent.get_state(THREAD, subgraphs=True).interrupts
        decision = {"decisions": [{"type": "approve"}]}
        return self.send(Command(resume={one.id: decision for one in interrupts}))


def task(what: str = "do it") -> tuple[str, dict[str, Any]]:
    return "task", {"description": what, "subagent_type": "worker"}


def program(code: str) -> tuple[str, dict[str, Any]]:
    return "eval", {"code": code}


TO: Any = {"to": "x"}
SENDS = "await tools.send({ to: 'x' }); 1"
TASK = 'await task({ description: "do it", subagentType: "worker" });'


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("turn", [[task()], [program(f"{TASK} 1")]], ids=["model", "program"])
def test_a_task_without_labels_is_always_asked_about(turn: Any, mode: Mode) -> None:
    team = Team([turn], [], mode=mode, task=None)
    assert team.send() == ["task"]
    assert team.approve() == []


# By what the subagent reads, and by whether it is the model or a program that has it read.
READS: dict[str, Any] = {
    "its own calls": [[("mail", TO)]],
    "its program": [[program('await tools.mail({ to: "x" })')]],
    "one after the other": [[("fetch", TO)], [("look", TO)]],
    "at once": [[("fetch", TO), ("look", TO)]],
    "one result of a tool": [[("letter", {"number": 2})]],
}
HAS: dict[str, Any] = {
    "the model": [[task()], [(SEND, TO)]],
    "a program": [[program(f"{TASK} await tools.send({{ to: 'x' }}); 1")]],
    "two at once": [[task(), task("another")], [(SEND, TO)]],
    "a program, two at once": [
        [
            program(
                f"await Promise.all([{TASK[6:-1]}, {TASK[6:-1]}]); await tools.send({{ to: 'x' }})"
            )
        ]
    ],
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("has", HAS)
@pytest.mark.parametrize("reads", READS)
def test_what_a_subagent_touches_joins_the_session(reads: str, has: str, mode: Mode) -> None:
    assert Team(HAS[has], READS[reads], mode=mode).send() == [SEND]
    assert Team(HAS[has], [[("now", TO)]], mode=mode).send() == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("reads", [("mail", TO), program("await tools.mail({ to: 'x' }); 1")])
@pytest.mark.parametrize("inner", [(SEND, TO), program("await tools.send({ to: 'x' }); 1")])
def test_a_subagent_knows_what_was_touched_before(reads: Any, inner: Any, mode: Mode) -> None:
    for asks in (task(), program(f"{TASK} 1")):
        team = Team([[reads], [asks]], [[inner]], mode=mode)
        assert team.send() == [SEND]
        assert team.approve() == []


@pytest.mark.parametrize("mode", MODES)
def test_what_a_subagent_had_touched_counts_while_it_waits(mode: Mode) -> None:
    """It has read and waits for a person; what runs beside it in the program goes on."""
    team = Team(
        [[program(f"const one = {TASK[6:]} await one; await tools.send({{ to: 'y' }}); 1")]],
        [[("mail", TO)], [(SEND, TO)]],
        mode=mode,
    )
    assert team.send() == [SEND]
    assert team.approve() == [SEND]
    assert team.approve() == []


@pytest.mark.parametrize("mode", MODES)
def test_of_a_subagent_without_a_rule_only_the_labels_of_its_task_count(mode: Mode) -> None:
    """But a tool that adds labels to its result adds them to the task."""
    turns = [[task()], [(SEND, TO)]]
    assert Team(turns, [[("mail", TO)]], mode=mode, ruled=False).send() == []
    labelled = frozenset({"untrusted", "sensitive"})
    assert Team(turns, [[("mail", TO)]], mode=mode, task=labelled, ruled=False).send() == [SEND]
    inner = [[("letter", {"number": 2})]]
    sensitive = frozenset({"sensitive"})
    assert Team(turns, inner, mode=mode, task=sensitive, ruled=False).send() == [SEND]
    inner = [[program("await tools.letter({ number: 2 })")]]
    team = Team(turns, inner, mode=mode, task=sensitive, ruled=False, programs=True)
    assert team.send() == [SEND]


@pytest.mark.parametrize("mode", MODES)
def test_labels_are_added_from_threads_that_have_the_context_of_the_call(mode: Mode) -> None:
    @tool
    def threaded(own_context: bool) -> str:
        """Reads in a thread."""
        run = contextvars.copy_context().run if own_context else lambda call, *args: call(*args)
        thread = threading.Thread(target=run, args=(add_labels, {"untrusted", "sensitive"}))
        thread.start()
        thread.join()
        return "text"

    @tool
    async def asynchronous() -> str:
        """Reads in a thread of asyncio."""
        await asyncio.to_thread(add_labels, {"untrusted", "sensitive"})
        return "text"

    def asked(call: Any) -> bool:
        ours = CodeInterpreterMiddleware(
            ptc=[threaded, asynchronous, *plain_tools()],
            rule_of_two=RuleOfTwo({**LABELS, "threaded": set(), "asynchronous": set()}),
        )
        code = f"await tools.{call}; await tools.send({{ to: 'x' }}); 1"
        agent: Any = create_deep_agent(
            model=ScriptedModel(turns=[[program(code)]]),
            middleware=[ours],
            checkpointer=InMemorySaver(),
        )
        run = asyncio.run(agent.ainvoke(GO, THREAD)) if mode == "ainvoke" else None
        state = run if run is not None else agent.invoke(GO, THREAD)
        return bool(state.get("__interrupt__"))

    assert asked("threaded({ own_context: true })")
    assert not asked("threaded({ own_context: false })")  # as the documentation says
    if mode == "ainvoke":
        assert asked("asynchronous()")
