"""Subagents in scripts: results, events, and approvals of their own that survive the process."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any, cast

import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, HumanInTheLoopMiddleware
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command
from pydantic import Field

from langchain_quickjs import (
    SUBAGENT_STREAM_EVENT_TYPE,
    CodeInterpreterMiddleware,
    SetupError,
)
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.models import CallSpec, EchoModel, ScriptedModel, Worker, programs
from tests.helpers.nurseries import Children, Nursery
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

GO: Any = {"messages": [("user", "go")]}
THREAD: Any = {"configurable": {"thread_id": "1"}}

# Two subagents at once, each with two approvals of its own, beside calls of the script.
TEAM = """
const before = await tools.lookUp({ key: "before" });
const jobs = ["ann", "bob"].map((name) => task({ description: name, subagentType: "worker" }));
const quick = await tools.lookUp({ key: "quick" });
const [ann, bob] = await Promise.all(jobs);
const after = await tools.lookUp({ key: "after" });
JSON.stringify({ before: before.price, quick: quick.price, ann, bob, after: after.price })
"""

ONCE = {
    "look_up before": 1,
    "look_up quick": 1,
    "look_up after": 1,
    **{f"look_up {name}": 1 for name in ("ann", "bob")},
    **{f"pay {name} {n}": 1 for name in ("ann", "bob") for n in (1, 2)},
    **{f"model {name} {turn}": 1 for name in ("ann", "bob") for turn in range(4)},
    "model go 0": 1,
    "model go 1": 1,
}


def team(folder: Path, mode: Mode, asking: str, **options: Any) -> Conversation:
    """An agent with a subagent that has to ask before it pays, twice."""
    shop = Shop(folder / "log")
    pay: list[CallSpec] = [("pay", {"to": "TASK", "amount": n}) for n in (1, 2)]
    turns = [[("look_up", {"key": "TASK"})], [pay[0]], [pay[1]]]
    worker: dict[str, Any] = {
        "name": "worker",
        "description": "Works.",
        "model": Worker(turns=turns, log=shop.log),
        "tools": shop.tools(),
    }
    if asking == "interrupt_on":
        worker["interrupt_on"] = {"pay": True}
    else:
        mode_of: Any = asking
        gates = HumanInTheLoopMiddleware({"pay": True}, interrupt_mode=mode_of)
        worker["middleware"] = [gates]
    ours = CodeInterpreterMiddleware(ptc=shop.tools()[:1], **options)
    talk = Conversation("create_deep_agent", mode, folder / "db", TEAM, [])
    talk.model = Worker(turns=[[("eval", {"code": TEAM})]], log=shop.log)
    talk.agent_options = {"subagents": [worker], "middleware": [ours], "tools": []}
    return talk


def live(folder: str, mode: Mode, asking: str, given: Any) -> Any:
    """A process of its own: sends one message or answer; gives what people are asked then."""
    talk = team(Path(folder), mode, asking)
    if given is None:
        talk.start()
    else:
        talk.answer(given)
    return [[item.id, item.value] for item in talk.last.get("__interrupt__", ())]


@pytest.fixture
def children(nursery: Nursery) -> Children:
    return nursery.of(live)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("asking", ["interrupt_on", "per_call"])
@pytest.mark.parametrize("at_once", [False, True])
def test_a_team_with_approvals_outlives_its_processes(
    at_once: bool, asking: str, mode: Mode, children: Children, tmp_path: Path
) -> None:
    """Must show 2 of issue C: killed before each of the answers, everything is done once."""
    answer = APPROVE if asking == "per_call" else {"decisions": [APPROVE]}
    waiting = children.live(str(tmp_path), mode, asking, None)
    ids = {number for number, _ in waiting}
    assert len(ids) == 2
    given = 0
    while waiting:
        chosen = waiting if at_once else waiting[-1:]
        kept = {number for number, _ in waiting} - {number for number, _ in chosen}
        given += len(chosen)
        answers = {number: answer for number, _ in chosen}
        waiting = children.live(str(tmp_path), mode, asking, answers)
        # What was not answered is still there, and nothing of it was done again.
        assert kept <= {number for number, _ in waiting}
    assert given == 4
    assert dict(Shop(tmp_path / "log").counts()) == ONCE


def agent_with(*subagents: Any, source: str, **options: Any) -> Any:
    ours = CodeInterpreterMiddleware(**options)
    return create_deep_agent(
        model=programs(source),
        subagents=[cast("Any", {"description": "d", **spec}) for spec in subagents],
        middleware=[ours],
        checkpointer=InMemorySaver(),
    )


def run(agent: Any, mode: Mode, given: Any = GO) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The state in the end, and the events about subagents."""
    if mode == "invoke":
        found = list(agent.stream(given, THREAD, stream_mode=["custom", "values"]))
    else:

        async def collect() -> list[Any]:
            streamed = agent.astream(given, THREAD, stream_mode=["custom", "values"])
            return [item async for item in streamed]

        found = asyncio.run(collect())
    events = [item for kind, item in found if kind == "custom" and item["type"] == "subagent"]
    assert all(event["type"] == SUBAGENT_STREAM_EVENT_TYPE == "subagent" for event in events)
    return [item for kind, item in found if kind == "values"][-1], events


def text_of(state: dict[str, Any]) -> str:
    return next(m.text for m in state["messages"] if isinstance(m, ToolMessage))


@pytest.mark.parametrize("mode", MODES)
def test_a_subagent_answers_with_text_and_events_tell_of_it(mode: Mode) -> None:
    source = """
    const say = (description, label) => task({ description, subagentType: "echo", label });
    (await Promise.all([say("one", "  First\\n job "), say("x".repeat(500))])).map((t) => t.length)
    """
    agent = agent_with({"name": "echo", "model": EchoModel()}, source=source)
    state, events = run(agent, mode)
    assert text_of(state) == "<result>[8, 505]</result>"
    starts = [event for event in events if event["phase"] == "start"]
    starts.sort(key=lambda event: str(event["description"]))  # Two threads say so when they begin.
    one, two = (event["id"] for event in starts)
    assert one != two
    assert starts == [
        {
            "type": "subagent",
            "phase": "start",
            "id": one,
            "eval_id": "call-0-0",
            "subagent_type": "echo",
            "label": "First job",
            "description": "one",
        },
        {
            "type": "subagent",
            "phase": "start",
            "id": two,
            "eval_id": "call-0-0",
            "subagent_type": "echo",
            "label": "x" * 60,
            "description": "x" * 200,
        },
    ]
    ends = [event for event in events if event["phase"] == "complete"]
    assert {event["id"] for event in ends} == {one, two}
    assert all(event["duration_ms"] >= 0 for event in ends)
    assert len(events) == 4


DATA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


class Answering(ScriptedModel):
    """Answers with data: calls the one tool that it is given for that."""

    data: dict[str, Any]
    given: list[Any] = Field(default_factory=list)

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        names = [getattr(t, "name", None) or t.get("title") or t["function"]["name"] for t in tools]
        self.given.append(names)
        return self

    def _answer(self, turn: int) -> AIMessage:
        call = {"name": self.given[-1][-1], "args": self.data, "id": f"data-{turn}"}
        return AIMessage("", tool_calls=[call])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("asked", ["by the script", "by the subagent"])
def test_a_subagent_may_answer_with_data(asked: str, mode: Mode) -> None:
    spec: dict[str, Any] = {"name": "count", "model": Answering(turns=[], data={"n": 7})}
    schema = ""
    if asked == "by the script":
        schema = f", responseSchema: {json.dumps(DATA)}"
    else:
        spec["response_format"] = {**DATA, "title": "Count"}
    source = f"""
    const data = await task({{ description: "count", subagentType: "count"{schema} }});
    data.n + 1
    """
    state, _ = run(agent_with(spec, source=source), mode)
    assert text_of(state) == "<result>8</result>"


class Says(ScriptedModel):
    """Says one thing."""

    words: str

    def _answer(self, turn: int) -> AIMessage:
        return AIMessage(self.words)


def test_text_that_looks_like_data_stays_text() -> None:
    spec = {"name": "says", "model": Says(turns=[], words='{"n": 7}')}
    source = "typeof await task({ description: 'x', subagentType: 'says' })"
    state, _ = run(agent_with(spec, source=source), "invoke")
    assert text_of(state) == "<result>string</result>"


class Counting(ScriptedModel):
    """Says how many messages of people it was given."""

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        people = sum(isinstance(message, HumanMessage) for message in messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(f"told {people}"))])


class Twice(AgentMiddleware[Any, Any, Any]):
    """Runs each program a second time, and keeps what came of both."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def wrap_tool_call(self, request: ToolCallRequest, handler: Any) -> Any:
        answers = [handler(request), handler(request)]
        self.seen += [answer.text for answer in answers]
        return answers[-1]

    async def awrap_tool_call(self, request: ToolCallRequest, handler: Any) -> Any:
        answers = [await handler(request), await handler(request)]
        self.seen += [answer.text for answer in answers]
        return answers[-1]


@pytest.mark.parametrize("mode", MODES)
def test_a_program_that_is_run_twice_has_new_subagents(mode: Mode) -> None:
    twice = Twice()
    counts: Any = {
        "name": "counts",
        "description": "d",
        "system_prompt": "d",
        "model": Counting(turns=[]),
    }
    agent = create_deep_agent(
        model=programs("await task({ description: 'one', subagentType: 'counts' })"),
        subagents=[counts],
        middleware=[twice, CodeInterpreterMiddleware(mode="call")],
        checkpointer=InMemorySaver(),
    )
    run(agent, mode)
    assert twice.seen == ["<result>told 1</result>"] * 2


@pytest.mark.parametrize("mode", MODES)
def test_what_goes_wrong_can_be_caught(mode: Mode) -> None:
    class Failing(EchoModel):
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            raise ConnectionError("no model today")

    source = """
    const all = await Promise.allSettled([
      task({ description: "x", subagentType: "nobody" }),
      task({ description: "x", subagentType: "failing" }),
      task({ description: "x", subagentType: "failing", responseSchema: "no" }),
      task({ subagentType: "failing" }),
      task("x"),
    ]);
    JSON.stringify(all.map((r) => r.reason.name + ": " + r.reason.message.slice(0, 90)))
    """
    agent = agent_with({"name": "failing", "model": Failing()}, source=source)
    state, events = run(agent, mode)
    words = json.loads(text_of(state).removeprefix("<result>").removesuffix("</result>"))
    assert [word.split(":")[0] for word in words] == [
        "ToolError",
        "ConnectionError",
        "TypeError",
        "TypeError",
        "TypeError",
    ]
    assert "nobody" in words[0]
    assert words[3] == "TypeError: task: description: Field required"
    form = "task({ description: ..., subagentType: ... })"
    assert words[4] == f"TypeError: task takes one object with named arguments: {form}"
    assert words[1] == "ConnectionError: no model today"
    errors = [event["error"] for event in events if event["phase"] == "error"]
    assert "no model today" in errors


@pytest.mark.parametrize("mode", MODES)
def test_only_so_many_run_at_once(mode: Mode) -> None:
    running: list[int] = [0, 0]

    class Slow(EchoModel):
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            running[0] += 1
            running[1] = max(running)
            time.sleep(0.03)
            running[0] -= 1
            return super()._generate(*args, **kwargs)

    source = """
    const names = Array.from({ length: 7 }, (_, n) => `n${n}`);
    const all = names.map((description) => task({ description, subagentType: "slow" }));
    (await Promise.all(all)).length
    """
    spec = {"name": "slow", "model": Slow()}
    state, events = run(agent_with(spec, source=source, max_subagent_concurrency=2), mode)
    assert text_of(state) == "<result>7</result>"
    assert running[1] == 2
    phases = [event["phase"] for event in events]
    assert phases[:2] == ["start", "start"]
    assert sum(phase == "start" for phase in phases[:4]) <= 3
    with pytest.raises(SetupError):
        CodeInterpreterMiddleware(max_subagent_concurrency=0)


@pytest.mark.parametrize("mode", MODES)
def test_people_see_and_decide_all_that_a_subagent_is_given(mode: Mode) -> None:
    source = f"""
    const responseSchema = {json.dumps(DATA)};
    await task({{ description: "one", subagentType: "count", label: "l", responseSchema }})
    """
    counting = Answering(turns=[], data={"m": 7})
    agent = agent_with(
        {"name": "count", "model": counting}, source=source, interrupt_on={"task": True}
    )
    state, events = run(agent, mode)
    (asked,) = state["__interrupt__"]
    args = {"description": "one", "subagent_type": "count", "label": "l", "response_schema": DATA}
    assert asked.value["action_requests"][0]["args"] == args
    assert not counting.given
    assert not events

    def edit(**changed: Any) -> Any:
        edited = {"name": "task", "args": {**args, **changed}}
        return Command(resume={"decisions": [{"type": "edit", "edited_action": edited}]})

    for wrong, problem in (
        ({"response_schema": "no"}, "response_schema must be an object, it is text"),
        ({"response_schema": {"description": "x" * 20_000}}, "at most 16384 characters"),
        ({"lable": "m"}, "task has no `lable`.* Did you mean `label`?"),
    ):
        state, _ = run(agent, mode, edit(**wrong))
        assert re.search(problem, state["__interrupt__"][0].value["refused"])
    wanted = {"type": "object", "properties": {"m": {"type": "integer"}}, "required": ["m"]}
    state, events = run(agent, mode, edit(label="m", response_schema=wanted))
    assert text_of(state).endswith("<result>{m: 7}</result>")
    assert [(event["phase"], event.get("label")) for event in events] == [
        ("start", "m"),
        ("complete", None),
    ]


@pytest.mark.parametrize("mode", MODES)
def test_events_tell_of_pauses(mode: Mode, tmp_path: Path) -> None:
    talk = team(tmp_path, mode, "per_call")
    agent = talk.build(talk.memory)
    state, events = run(agent, mode)
    phases: dict[str, list[str]] = {}
    while True:
        for event in events:
            phases.setdefault(event["id"], []).append(event["phase"])
        if not (waiting := state.get("__interrupt__")):
            break
        state, events = run(agent, mode, Command(resume={waiting[0].id: APPROVE}))
    expected = ["start", "paused", "resumed", "paused", "resumed", "complete"]
    assert list(phases.values()) == [expected, expected]
    assert all("call-0-0:" in number for number in phases)


def test_the_model_hears_of_task_where_there_are_subagents() -> None:
    echo: Any = {"name": "echo", "model": EchoModel(), "description": "d", "system_prompt": "s"}
    for options, told in (({}, True), ({"subagents": False}, False)):
        model = programs("typeof task")
        middleware = [CodeInterpreterMiddleware(**options)]  # type: ignore[arg-type]  # that is the test
        agent = create_deep_agent(model=model, subagents=[echo], middleware=middleware)
        state = agent.invoke(GO)
        assert ("### `task` in programs" in model.seen[0]) == told
        assert text_of(state) == f"<result>{'function' if told else 'undefined'}</result>"
    model = programs("typeof task")
    state = create_agent(model=model, middleware=[CodeInterpreterMiddleware()]).invoke(GO)
    assert text_of(state) == "<result>undefined</result>"
    assert "`task`" not in model.seen[0]


@pytest.mark.parametrize("mode", MODES)
def test_a_general_subagent_is_the_default(mode: Mode) -> None:
    class Main(ScriptedModel):
        def _answer(self, turn: int) -> AIMessage:
            return super()._answer(turn) if turn or not self.seen[1:] else AIMessage("general")

    source = "await task({ description: 'x' })"
    model = Main(turns=[[("eval", {"code": source})]])
    agent = create_deep_agent(model=model, middleware=[CodeInterpreterMiddleware()])
    state, _ = run(agent, mode)
    assert text_of(state) == "<result>general</result>"
