"""What this package stands on in LangGraph, LangChain and Deep Agents, one fact a test.

Each test fails with a sentence that says the fact, so whoever tries a new release of one of these
packages knows which fact has moved. `python -m tests.versions --break` shows that they do, each
with its fact broken in a copy of the package (`breaks.py`).

An import that fails is a fact that has moved, too, so what rests on private names is imported by
the tests. What else imports it, as `tests/conftest.py` does, would stop all of them: run them with
`--noconftest` on a release that is not supported yet, as `tests.versions` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import operator
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, TypedDict, TypeVar

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, HumanInTheLoopMiddleware
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, StructuredTool, tool
from langgraph.channels import LastValue
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.config import get_stream_writer
from langgraph.errors import GraphInterrupt, is_invalid_resume
from langgraph.graph import START, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt

THREAD: Any = {"configurable": {"thread_id": "1"}}
MOST_LOOKS = 1000

_F = TypeVar("_F", bound=Callable[..., None])


def canary(fact: str) -> Callable[[_F], _F]:
    """Makes a test fail with the fact that it stands for, whatever goes wrong in it."""

    def decorate(test: _F) -> _F:
        @functools.wraps(test)
        def sung(*args: Any, **kwargs: Any) -> None:
            try:
                test(*args, **kwargs)
            except (Exception, pytest.fail.Exception) as error:
                raise AssertionError(f"It does not hold any more that {fact}") from error

        vars(sung)["fact"] = fact
        return sung  # type: ignore[return-value]  # it takes and gives what the test does

    return decorate


class Room:
    """The modules that are tested. They are imported by the test that uses one, and may fail to."""

    def __getattr__(self, module: str) -> Any:
        return import_module(f"langchain_quickjs.script.langgraph_internals.{module}")


room = Room()


class Shown(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


class State(Shown, total=False):
    value: str


def graph_of(work: Callable[[RunnableConfig], Any], saver: Any = None) -> Any:
    """A graph of one node, which returns what `work` makes of its config as its update."""

    def node(state: State, config: RunnableConfig) -> dict[str, Any]:
        return work(config) or {}

    graph = StateGraph(State)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    return graph.compile(checkpointer=saver)


def in_task(work: Callable[[RunnableConfig], Any], **options: Any) -> Any:
    """What `work` returns, in the task of a graph."""
    found = []
    saver = options.pop("saver", None)
    graph_of(lambda config: found.append(work(config)), saver).invoke({}, THREAD, **options)
    return found[-1]


def in_resumed_task(work: Callable[[RunnableConfig], Any], answer: Callable[[str], Any]) -> Any:
    """What `work` returns, in a task that has asked before and is resumed with an answer."""
    found: list[Any] = []
    asked: list[str] = []

    def node(config: RunnableConfig) -> None:
        if asked:
            found.append(work(config))
            return
        interrupt("?")

    graph = graph_of(node, InMemorySaver())
    asked.append(graph.invoke({}, THREAD)["__interrupt__"][0].id)
    graph.invoke(Command(resume=answer(asked[0])), THREAD)
    return found[-1]


def place(config: RunnableConfig, namespace: str = "", **known: Any) -> Any:
    call: Any = {"given": known.pop("given", {}), "answers": known.pop("answers", [])}
    options = {"again": False, "resumed": False, "send": lambda _: None, **known}
    return room.call_place.CallPlace(
        call, "call", outer=config, inner=config, namespace=namespace, **options
    )


@contextmanager
def current(config: RunnableConfig) -> Iterator[None]:
    with room.call_place.make_current(config):
        yield


class Model(BaseChatModel):
    """Makes tool calls once, then says `done`."""

    calls: list[tuple[str, dict[str, Any]]]

    @property
    def _llm_type(self) -> str:
        return "canary"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Model:
        return self

    def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> ChatResult:
        answered = any(isinstance(message, AIMessage) for message in messages)
        calls = [] if answered else self.calls
        named = [{"name": n, "args": args, "id": str(at)} for at, (n, args) in enumerate(calls)]
        message = AIMessage("done", tool_calls=named)
        return ChatResult(generations=[ChatGeneration(message=message)])


def in_tools(
    work: Callable[[int, RunnableConfig], Any], calls: int, middleware: Any = (), saver: Any = None
) -> Any:
    """An agent that calls one tool so many times at once, which does `work` for each number."""

    @tool
    def probe(number: int, config: RunnableConfig) -> str:
        """Probes."""
        return str(work(number, config))

    model = Model(calls=[("probe", {"number": number}) for number in range(calls)])
    return create_agent(model, [probe], middleware=list(middleware), checkpointer=saver)


GO: Any = {"messages": [("user", "go")]}


# surroundings


@canary(
    "LangGraph gives each task, under `__pregel_call` of its config, a partial whose "
    "`schedule_task` is a method of the object that stands for the run and has the `nodes`."
)
@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_run_and_its_nodes(asynchronous: bool) -> None:
    runs: list[Any] = []

    def work(config: RunnableConfig) -> None:
        around = room.graph_around.graph_around(config)
        assert around is not None
        assert "node" in around.nodes
        runs.append(room.graph_around.run_of(config))

    graph = graph_of(work)
    for _ in range(2):
        asyncio.run(graph.ainvoke({})) if asynchronous else graph.invoke({})
    assert runs[0] is not None
    assert runs[0] is not runs[1]


@canary(
    "LangGraph's object that stands for a run has a `stack`, which is left when the run has ended."
)
@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_the_end_of_a_run(fails: bool, asynchronous: bool) -> None:
    happened: list[str] = []

    def work(config: RunnableConfig) -> None:
        run = room.graph_around.run_of(config)
        room.graph_around.when_run_ends(run, lambda: happened.append("ended"))
        happened.append("worked")
        if fails:
            raise ZeroDivisionError

    graph = graph_of(work)
    with pytest.raises(ZeroDivisionError) if fails else contextlib.nullcontext():
        asyncio.run(graph.ainvoke({})) if asynchronous else graph.invoke({})
    assert happened == ["worked", "ended"]


@canary(
    "LangGraph gives each task, under `__pregel_read` of its config, a partial whose second "
    "argument is the graph's channels by name."
)
def test_the_channels() -> None:
    assert {"value", "log"} <= set(in_task(room.graph_around.channels_of))


@canary(
    "LangChain has the config of what runs in `var_child_runnable_config`, and LangGraph sets it "
    "for each task."
)
def test_the_current_config() -> None:
    around = in_task(lambda _: room.graph_around.graph_around())
    assert around is not None
    assert "node" in around.nodes
    assert room.graph_around.graph_around() is None


# task


@canary(
    "LangGraph's `__pregel_send` and `__pregel_read` share the list of what a task has written, "
    "which is the attribute `writes` of the reader's fourth argument, so the task can read what it "
    "wrote, and take it back."
)
def test_what_a_task_writes() -> None:
    def work(config: RunnableConfig) -> None:
        task = room.task.OuterTask(config)
        kept, gone = ("log", ["kept"]), ("log", ["gone"])
        task.write([kept, gone])
        assert task.state(None)["log"] == ["kept", "gone"]
        task.withdraw([gone])
        assert task.state(None)["log"] == ["kept"]

    assert graph_of(work).invoke({})["log"] == ["kept"]


@canary("LangGraph makes a `LastValue` of a state key without a reducer.")
def test_keys_without_a_reducer() -> None:
    def work(config: RunnableConfig) -> None:
        room.task.OuterTask(config).write([("value", "first"), ("value", "last")])

    assert graph_of(work).invoke({})["value"] == "last"


@canary(
    "Deep Agents' file tools write files through `__pregel_send` of the current config, and read "
    "them through its `__pregel_read`."
)
def test_the_files_of_deep_agents() -> None:
    backends = import_module("deepagents.backends")
    filesystem = import_module("deepagents.middleware.filesystem")
    sent: list[tuple[str, Any]] = []

    def node(state: Any, config: RunnableConfig) -> None:
        with current(place(config, send=sent.extend).config):
            backends.StateBackend().write("/a.txt", "text")

    graph = StateGraph(filesystem.FilesystemState)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    graph.compile().invoke({"messages": []})
    assert [key for key, _ in sent] == ["files"]
    assert "/a.txt" in sent[0][1]


@canary(
    "LangGraph stores what a task sends by `__pregel_send` itself like what its node returns, and "
    "shows of all that the channels which are the `stream_channels` of its graph."
)
@pytest.mark.parametrize("mode", ["tasks", "checkpoints", "debug"])
def test_what_nobody_is_shown(mode: Any) -> None:
    found: list[Any] = []

    def write(state: Shown, config: RunnableConfig) -> dict[str, Any]:
        room.task.write_unseen(config, {"value": "hidden"})
        return {"log": ["shown"]}

    def read(state: Shown, config: RunnableConfig) -> None:
        found.append((state, room.task.read_unseen(config, ["value"])))

    saver = InMemorySaver()
    graph = StateGraph(State)
    graph.add_node("write", write, input_schema=Shown)
    graph.add_node("read", read, input_schema=Shown)
    graph.add_edge(START, "write")
    graph.add_edge("write", "read")
    compiled = graph.compile(checkpointer=saver)
    compiled.stream_channels = ["log"]
    shown = str(list(compiled.stream({}, THREAD, stream_mode=mode)))
    assert "shown" in shown
    assert "hidden" not in shown + str(compiled.get_state(THREAD))
    assert found == [({"log": ["shown"]}, {"value": "hidden"})]
    stored = saver.get_tuple(THREAD)
    assert stored is not None
    assert stored.checkpoint["channel_values"]["value"] == "hidden"


# place


@canary(
    "LangGraph makes the id of an interrupt with `_interrupt_id`, of the task's namespace and of "
    "the number of answers that the task has."
)
def test_the_ids_of_interrupts() -> None:
    def work(config: RunnableConfig) -> None:
        with current(place(config).config), pytest.raises(GraphInterrupt) as first:
            interrupt("first")
        answered = place(config, given={first.value.args[0][0].id: "yes"}, resumed=True)
        with current(answered.config):
            assert interrupt("first") == "yes"
        assert answered.answers == ["yes"]

    in_task(work)


@canary(
    "LangGraph counts the interrupts of a task as they come, through `interrupt_counter` of its "
    "scratchpad, and takes their answers in this order from the scratchpad's `resume`."
)
def test_the_order_of_interrupts() -> None:
    def work(config: RunnableConfig) -> None:
        with current(place(config, answers=["a", "b"]).config):
            assert [interrupt("1"), interrupt("2")] == ["a", "b"]
            with pytest.raises(GraphInterrupt):
                interrupt("3")

    in_task(work)


@canary(
    "LangGraph asks `get_null_resume` of a task's scratchpad for an answer without an id, and "
    "nothing else."
)
def test_answers_without_an_id_stay_outside_of_a_call() -> None:
    def work(config: RunnableConfig) -> str:
        with current(place(config).config), pytest.raises(GraphInterrupt):
            interrupt("of a call")
        return str(interrupt("of the task"))

    assert in_resumed_task(work, lambda _: "plain") == "plain"


def noting_its_own(namespaces: list[str]) -> Any:
    """A graph that notes its namespace."""
    return graph_of(lambda config: namespaces.append(room.checkpointer.namespace_of_graph(config)))


@canary(
    "LangGraph numbers the graphs that a task enters with `subgraph_counter` of its scratchpad; "
    "the first one has the task's namespace, others have their number behind it."
)
def test_the_numbers_of_graphs() -> None:
    def work(config: RunnableConfig) -> None:
        for _ in range(3):
            entering, namespace = room.call_place.reserve_next_graph(config)
            found: list[str] = []
            noting_its_own(found).invoke({}, entering)
            assert found == [namespace]

    in_task(work, saver=InMemorySaver())


def two_steps(ran: list[str]) -> Any:
    def first(state: State) -> None:
        ran.append("first")

    def second(state: State) -> dict[str, Any]:
        return {"value": interrupt("?")}

    graph = StateGraph(State)
    graph.add_node("first", first)
    graph.add_node("second", second)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    return graph.compile()


def resume_a_graph_in_a_call(config: RunnableConfig, **known: Any) -> tuple[list[str], Any]:
    """The steps that a graph in a call has run, and what it gave, after it was interrupted."""
    ran: list[str] = []
    graph = two_steps(ran)
    with current(place(config).config), pytest.raises(GraphInterrupt) as asked:
        graph.invoke({})
    given = {asked.value.args[0][0].id: "yes"}
    with current(place(config, again=True, resumed=True, given=given).config):
        return ran, graph.invoke({}).get("value")


@canary(
    "LangGraph lets a graph in a task with `__pregel_resuming` go on from its checkpoint in the "
    "task's namespace, whatever input it gets."
)
def test_a_graph_in_a_call_goes_on() -> None:
    ran, _ = in_task(resume_a_graph_in_a_call, saver=InMemorySaver())
    assert ran == ["first"]


@canary(
    "LangGraph gives the interrupts of a graph in a task their answers by their ids, from "
    "`__pregel_resume_map` of the task's config."
)
def test_a_graph_in_a_call_gets_its_answers() -> None:
    _, value = in_task(resume_a_graph_in_a_call, saver=InMemorySaver())
    assert value == "yes"


@canary(
    "LangGraph separates the graphs in a namespace by `|`, so that what stands before the last one "
    "in a task's namespace is that of its graph."
)
def test_namespaces() -> None:
    def work(config: RunnableConfig) -> None:
        mine: str = config["configurable"]["checkpoint_ns"]
        assert mine.startswith("node:")
        assert room.checkpointer.namespace_of_graph(config) == ""
        found: list[str] = []
        noting_its_own(found).invoke({})
        assert found == [mine]

    in_task(work, saver=InMemorySaver())


@canary(
    "LangGraph's run has `stream`, whose `modes` are what is streamed of it, and its custom stream "
    "says that an event comes from the graph of the current task."
)
@pytest.mark.parametrize("inside", [False, True])
def test_the_custom_stream(inside: bool) -> None:
    listened: list[bool] = []

    def tell(config: RunnableConfig) -> None:
        runtime = SimpleNamespace(config=config, stream_writer=get_stream_writer())
        write = room.call_place.custom_stream_of(runtime)
        listened.append(write is not None)
        configurable = {**config["configurable"], "checkpoint_ns": "some|other|place"}
        with current({**config, "configurable": configurable}):
            if write is not None:
                write("told")

    graph = graph_of(tell)
    if inside:
        around = StateGraph(State)
        around.add_node("around", graph)
        around.add_edge(START, "around")
        graph = around.compile()
    ((place, told),) = graph.stream({}, stream_mode="custom", subgraphs=True)
    assert told == "told"
    assert [part.partition(":")[0] for part in place] == (["around"] if inside else [])
    graph.invoke({})
    assert listened == [True, False]


# resume


def delivery(config: RunnableConfig) -> Any:
    return room.resume.delivery_of(config, config)


@canary("LangGraph has the answers with ids under `__pregel_resume_map` of a task's config.")
def test_answers_by_id() -> None:
    found = in_resumed_task(delivery, lambda number: {number: "yes"})
    assert list(found.by_id.values()) == ["yes"]
    assert found.plain is None


@canary(
    "LangGraph gives the answer without an id through `get_null_resume` of a task's scratchpad, "
    "with `False` as often as it is asked, and with `True` for the last time."
)
def test_the_answer_without_an_id() -> None:
    def work(config: RunnableConfig) -> None:
        assert [delivery(config).plain for _ in range(2)] == ["yes", "yes"]
        room.resume.use_up_plain_answer(config)
        with pytest.raises(GraphInterrupt):
            interrupt("?")

    in_resumed_task(work, lambda _: "yes")


@canary(
    "LangGraph's run of a graph has `is_nested`, and an `input` that is the `Command` which it was "
    "resumed with."
)
def test_a_left_over_answer() -> None:
    found: list[Any] = []

    def work(config: RunnableConfig) -> None:
        if not found:
            found.append(None)
            interrupt("?")
        found.append(delivery(config).plain)
        raise RuntimeError

    graph = graph_of(work, InMemorySaver())
    graph.invoke({}, THREAD)
    given: Any
    for given in (Command(resume="yes"), None):
        with pytest.raises(RuntimeError):
            graph.invoke(given, THREAD)
    assert found == [None, "yes", None]


@canary(
    "LangGraph's run of a graph has `checkpoint_pending_writes`, where the interrupts that stood "
    "when it began are under `__interrupt__`."
)
def test_the_interrupts_that_stood() -> None:
    found = in_resumed_task(delivery, lambda _: "yes")
    assert list(found.standing.values()) == ["?"]


@canary("LangGraph says in `__pregel_resuming` of a task's config whether its graph was resumed.")
def test_whether_a_task_was_started_before() -> None:
    assert in_task(room.resume.started_before) is False
    assert in_resumed_task(room.resume.started_before, lambda _: "yes") is True


@canary(
    "LangGraph marks the error of an answer that does not fit with `_mark_invalid_resume`, and its "
    "tool node makes no message of such an error."
)
def test_answers_that_do_not_fit() -> None:
    @tool
    def fail() -> str:
        """Fails."""
        raise room.resume.mark_as_unfit(ValueError("unfit"))

    call = {"name": "fail", "args": {}, "id": "1", "type": "tool_call"}
    node = ToolNode([fail], handle_tool_errors=True)
    with pytest.raises(ValueError, match="unfit") as raised:
        in_task(lambda config: node.invoke([call], config))
    assert is_invalid_resume(raised.value)


# superstep


def step_of(config: RunnableConfig) -> Any:
    return room.superstep.Superstep(config)


@canary(
    "LangChain makes a task of each tool call of a message, and LangGraph's run has these `tasks` "
    "by id, each with its `input`, the call, and a `path` that `task_path_str` writes so that the "
    "tasks sort in the order of the calls."
)
def test_the_order_of_tool_calls() -> None:
    found: dict[int, tuple[str, list[str]]] = {}

    def work(number: int, config: RunnableConfig) -> None:
        step = step_of(config)
        found[number] = (step.task_id, step.earlier_tasks("probe"))

    in_tools(work, 12).invoke(GO)
    ids = [found[number][0] for number in range(12)]
    assert [found[number][1] for number in range(12)] == [ids[:n] for n in range(12)]


@canary("LangGraph's tasks have `writes`: what they have written in this step.")
def test_what_other_tasks_have_written() -> None:
    def work(number: int, config: RunnableConfig) -> str:
        step = step_of(config)
        if number == 0:
            return "kept"
        earlier = step.earlier_tasks("probe")
        wait_until(lambda: step.status(earlier[0], seen=True) != "open")
        return str(step.written("messages", earlier))

    messages = in_tools(work, 2).invoke(GO)["messages"]
    assert "kept" in next(m.text for m in messages if getattr(m, "tool_call_id", None) == "1")


class Forked(TypedDict, total=False):
    """The state of a graph that asks in a graph inside."""

    answer: Any


def forks_of(look: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    """A graph that asks in a graph inside, and what is seen there in each run."""
    seen: list[Any] = []

    def ask(_: Any, config: RunnableConfig) -> dict[str, Any]:
        namespace = room.checkpointer.namespace_of_graph(config)
        seen.append(look(room.superstep.Outermost.of(config, namespace)))
        return {"answer": interrupt("?")}

    node: Any = ask
    inner = StateGraph(Forked).add_node("ask", node).add_edge(START, "ask").compile()
    outer = StateGraph(Forked).add_node("inner", inner).add_edge(START, "inner")
    return outer.compile(checkpointer=InMemorySaver()), seen


@canary(
    "LangGraph's run of a thread's outermost graph can be found from a graph inside, and has "
    "`checkpoint`, `checkpoint_metadata`, `checkpoint_config` and `prev_checkpoint_config`: at a "
    "fork the `source` is `fork`, and the checkpoint before is the one that was forked, also where "
    "the fork itself is not stored."
)
@pytest.mark.parametrize("durability", ["sync", "exit"])
def test_where_a_thread_was_forked(durability: Any) -> None:
    graph, seen = forks_of(lambda around: (around.checkpoint_id, around.source, around.parent_id))
    graph.invoke({}, THREAD, durability=durability)
    before = graph.get_state(THREAD).config
    graph.invoke(Command(resume=1), THREAD, durability=durability)
    graph.invoke(None, before, durability=durability)
    known = before["configurable"]["checkpoint_id"]
    assert [(at == known, source) for at, source, _ in seen] == [
        (True, "loop"),
        (True, "loop"),
        (False, "fork"),
    ]
    assert seen[-1][2] == known


@canary(
    "LangGraph's `prepare_next_tasks` tells the ids of tasks from the checkpoint and its step, so "
    "in a fork it tells the id that the same task had at the checkpoint that was forked."
)
def test_the_id_of_a_task_at_another_checkpoint() -> None:
    graph, seen = forks_of(
        lambda around: (around.task_id, around.parent_id and around.task_at(around.parent_id, 0))
    )
    graph.invoke({}, THREAD)
    graph.invoke(None, graph.get_state(THREAD).config)
    assert seen[0][0] != seen[1][0]
    assert seen[0][0] == seen[1][1]


@canary(
    "LangGraph's run has `input`, what the graph was invoked with, and "
    "`_addressed_checkpoint_superseded`: whether that was a checkpoint which the thread has left."
)
def test_an_answer_at_a_checkpoint_that_the_thread_has_left() -> None:
    graph, seen = forks_of(lambda around: (around.is_answered, around.is_answered_late))
    graph.invoke({}, THREAD)
    before = graph.get_state(THREAD).config
    graph.invoke(Command(resume=1), THREAD)
    graph.invoke(None, before)
    assert seen == [(False, False), (True, False), (False, False)]
    graph, seen = forks_of(lambda around: (around.is_answered, around.is_answered_late))
    graph.invoke({}, THREAD)
    before = graph.get_state(THREAD).config
    graph.invoke(None, before)
    graph.invoke(Command(resume=1), before)
    assert seen[-1] == (True, True)


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(MOST_LOOKS):
        if holds():
            return
        time.sleep(0.01)
    pytest.fail("what was waited for did not come")


def status_of_first(first: Callable[[], Any], *, resume: Any = GO, saver: Any = None) -> list[Any]:
    """How the second of two tool calls sees the first one end."""
    seen: list[Any] = []

    def work(number: int, config: RunnableConfig) -> Any:
        if number == 0:
            return first()
        step = step_of(config)
        (earlier,) = step.earlier_tasks("probe")
        try:
            wait_until(lambda: step.status(earlier, seen=True) != "open")
            seen.append(step.status(earlier, seen=True))
        except LookupError as error:
            seen.append(error)
        return None

    agent = in_tools(work, 2, saver=saver or InMemorySaver())
    try:
        agent.invoke(resume, THREAD)
    except LookupError:
        assert seen
    return seen


@canary("LangGraph's run has `_written_task_ids`: the tasks that have ended in it.")
def test_a_task_that_has_ended() -> None:
    assert status_of_first(lambda: "text") == ["ended"]


@canary(
    "LangGraph's run has in `checkpoint_pending_writes`, under `__interrupt__` of a task, that it "
    "was interrupted."
)
def test_a_task_that_was_interrupted() -> None:
    assert status_of_first(lambda: interrupt("?")) == ["stopped"]


@canary(
    "LangGraph's run has in `checkpoint_pending_writes`, under `__error__` of a task, what it "
    "raised."
)
def test_a_task_that_has_failed() -> None:
    error = LookupError("gone")

    def fail() -> None:
        raise error

    assert status_of_first(fail) == [error]


@canary(
    "LangGraph's run gives a task that ended before the run was cut off its `writes` of then, and "
    "does not run it again."
)
def test_a_task_that_ended_in_an_earlier_run() -> None:
    seen: list[Any] = []

    def work(number: int, config: RunnableConfig) -> None:
        step = step_of(config)
        if number == 0:
            seen.append("first")
            return
        (earlier,) = step.earlier_tasks("probe")
        if "again" not in seen:
            wait_until(lambda: step.status(earlier, seen=True) == "ended")
            seen.append("again")
            raise LookupError
        seen.append(step.status(earlier, seen=False))

    agent = in_tools(work, 2, saver=InMemorySaver())
    with pytest.raises(LookupError):
        agent.invoke(GO, THREAD)
    agent.invoke(None, THREAD)
    assert seen == ["first", "again", "ended"]


@canary(
    "LangGraph's run has a `checkpoint` whose `channel_versions` have another number under "
    "`__start__` for each input, and the same one when it is resumed."
)
def test_the_turn_of_a_run() -> None:
    turns: list[str] = []

    def work(config: RunnableConfig) -> None:
        turns.append(step_of(config).turn)
        interrupt("?")

    graph = graph_of(work, InMemorySaver())
    graph.invoke({"value": "first"}, THREAD)
    graph.invoke(Command(resume="yes"), THREAD)
    graph.invoke({"value": "second"}, THREAD)
    assert turns[0]
    assert turns[0] == turns[1] != turns[2]


@canary(
    "LangGraph's run has `output_keys` and `stream_keys`, which say what keys of the state its "
    "streams show."
)
@pytest.mark.parametrize("mode", ["values", "updates"])
def test_what_streams_show(mode: Any) -> None:
    def work(config: RunnableConfig) -> dict[str, Any]:
        step_of(config).hide_from_streams("value")
        return {"value": "hidden", "log": ["shown"]}

    last = list(graph_of(work).stream({}, stream_mode=mode))[-1]
    assert "shown" in str(last)
    assert "hidden" not in str(last)


# checkpointer


@canary("LangGraph has a graph's checkpointer under `__pregel_checkpointer` of its tasks' configs.")
def test_the_checkpointer() -> None:
    saver = InMemorySaver()
    assert in_task(room.checkpointer.checkpointer_of, saver=saver) is saver
    assert in_task(room.checkpointer.checkpointer_of) is None


@canary(
    "LangGraph has under `__pregel_durability` of a task's config when its graph stores its steps."
)
def test_the_durability() -> None:
    def both(config: RunnableConfig) -> Any:
        durability = room.resume.graph_durability(config)
        return durability, room.checkpointer.stores_when_it_ends_only(config)

    found = [in_task(both, saver=InMemorySaver(), durability=d) for d in ("sync", "async", "exit")]
    assert found == [("sync", False), ("exit", False), ("exit", True)]


@canary(
    "LangGraph has under `checkpoint_map` of a task's config the checkpoint that each graph around "
    "it stood at, by namespace, the outermost first."
)
def test_the_checkpoints_above() -> None:
    saver = InMemorySaver()
    found: list[Any] = []

    def inside(config: RunnableConfig) -> None:
        above = room.checkpointer.addresses_of_graphs_above(config)
        found.extend(saver.get_tuple(address) for address in above)
        assert above[-1] == room.checkpointer.address_of_graph(config)
        assert above[0]["configurable"]["checkpoint_ns"] == ""

    in_task(lambda _: graph_of(inside).invoke({}), saver=saver, durability="sync")
    assert len(found) == 2
    assert None not in found


@canary(
    "LangGraph stores an answer without an id under `__resume__` of the task "
    "`00000000-0000-0000-0000-000000000000` of the outermost graph's checkpoint, and forgets it "
    "when `None` is stored there."
)
@pytest.mark.parametrize("forgets", [False, True])
def test_forgetting_an_answer(forgets: bool) -> None:
    saver = InMemorySaver()
    runs: list[Any] = []

    def work(config: RunnableConfig) -> None:
        runs.append(1)
        if len(runs) == 2:
            if forgets:
                saver.put_writes(*room.checkpointer.writes_that_forget_the_answer(config))
            raise LookupError
        runs.append(interrupt("?"))

    graph = graph_of(work, saver)
    graph.invoke({}, THREAD)
    with pytest.raises(LookupError):
        graph.invoke(Command(resume="yes"), THREAD)
    graph.invoke(None, THREAD)
    assert ("yes" in runs) is not forgets


@canary("LangGraph gives a graph that is called in a task the namespace `{node}:{task id}`.")
def test_the_namespace_of_a_task() -> None:
    saver = InMemorySaver()
    graph = graph_of(lambda _: graph_of(lambda _: interrupt("?")).invoke({}), saver)
    graph.invoke({}, THREAD)
    (task,) = graph.get_state(THREAD).tasks
    namespace = room.checkpointer.namespace_of_task("", task.name, task.id)
    inside: Any = {"configurable": {"thread_id": "1", "checkpoint_ns": namespace}}
    assert saver.get_tuple(inside) is not None


@canary(
    "LangGraph stores under `__interrupt__` what a task asks, and something else besides when it "
    "has ended."
)
def test_the_interrupts_that_stand() -> None:
    saver = InMemorySaver()
    graph: Any = StateGraph(State)
    for name in ("first", "second"):
        graph.add_node(name, lambda _, name=name: {"log": [interrupt(name)]})
        graph.add_edge(START, name)
    graph = graph.compile(checkpointer=saver)
    first, second = graph.invoke({}, THREAD)["__interrupt__"]

    def standing() -> list[Any]:
        (stored,) = saver.list(THREAD, limit=1)
        return list(room.checkpointer.standing_interrupts(stored.pending_writes))

    assert standing() == [first, second]
    graph.invoke(Command(resume={first.id: "yes"}), THREAD)
    assert standing() == [second]


@canary(
    "LangGraph's checkpointers keep what a thread waits for where `checkpointer.py` looks for it: "
    "in the attributes `storage` and `writes`, in the tables `checkpoints` and `writes`."
)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_the_threads_that_wait(kind: str, tmp_path: Path) -> None:
    with SqliteSaver.from_conn_string(str(tmp_path / "db")) as sqlite:
        saver = sqlite if kind == "sqlite" else InMemorySaver()
        answer: Any = {"configurable": {"thread_id": "2"}}
        graph = graph_of(lambda _: {"value": interrupt("?")}, saver)
        graph.invoke({}, THREAD)
        graph.invoke({}, answer)
        graph.invoke(Command(resume="yes"), answer)
        if kind == "sqlite":
            found = [thread for (thread,) in room.checkpointer.threads_in_sqlite(saver).waiting()]
        else:
            listed = room.checkpointer.lists_waiting_only(saver).list(None)
            found = [one.config["configurable"]["thread_id"] for one in listed]
        assert found == ["1"]


@canary(
    "LangGraph's checkpointers replace what one task has written to `__resume__` by what it writes "
    "there later."
)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_what_is_overwritten(kind: str, tmp_path: Path) -> None:
    with SqliteSaver.from_conn_string(str(tmp_path / "db")) as sqlite:
        saver = sqlite if kind == "sqlite" else InMemorySaver()
        address: Any = {"configurable": {"thread_id": "1", "checkpoint_ns": ""}}
        address = saver.put(address, empty_checkpoint(), {}, {})
        for value in ("first", "last"):
            saver.put_writes(address, [(room.checkpointer.OVERWRITTEN, value)], "task")
        stored = saver.get_tuple(address)
        assert stored is not None
        assert stored.pending_writes == [("task", room.checkpointer.OVERWRITTEN, "last")]


@canary("LangGraph takes a channel whose `checkpoint` is `MISSING` for one without a value.")
def test_channels_without_a_value() -> None:
    assert LastValue(str).checkpoint() is room.checkpointer.EMPTY_CHANNEL
    assert not LastValue(str).from_checkpoint(room.checkpointer.EMPTY_CHANNEL).is_available()


# tools


class Named(BaseTool):
    """A tool of a class, whose method wants the config."""

    name: str = "named"
    description: str = "Says its run's name."

    def _run(self, config: RunnableConfig) -> str:
        return f"ran as {config.get('run_name')}"

    async def _arun(self, config: RunnableConfig) -> str:
        return f"ran as {config.get('run_name')}"


def noting(told: BaseTool) -> tuple[Any, list[Any]]:
    """A copy of a tool that notes what its methods return."""
    copied = room.tools.copy_tool(told)
    noted: list[Any] = []
    before, abefore = room.tools.run_methods(copied)
    invoke, ainvoke = copied.invoke, copied.ainvoke

    def run(*args: Any, **kwargs: Any) -> Any:
        noted.append(before(*args, **kwargs))
        return noted[-1]

    async def arun(*args: Any, **kwargs: Any) -> Any:
        noted.append(await abefore(*args, **kwargs))
        return noted[-1]

    room.tools.replace_methods(copied, run=run, arun=arun, invoke=invoke, ainvoke=ainvoke)
    return copied, noted


def add(one: int, two: int) -> int:
    """Adds."""
    return one + two


@canary(
    "LangChain runs a tool by its methods `_run` and `_arun`, which may be attributes of the "
    "object."
)
@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_methods_of_a_tool(asynchronous: bool) -> None:
    async def aadd(one: int, two: int) -> int:
        return one + two

    copied, noted = noting(StructuredTool.from_function(add, coroutine=aadd))
    args = {"one": 1, "two": 2}
    asyncio.run(copied.ainvoke(args)) if asynchronous else copied.invoke(args)
    assert noted == [3]


@canary(
    "LangChain finds out by the signature and annotations of a tool's `_run` that it wants the "
    "config, also where a function with `__signature__` stands in its place."
)
def test_the_signature_of_a_tool() -> None:
    copied, noted = noting(Named())
    copied.invoke({}, {"run_name": "canary"})
    assert noted == ["ran as canary"]


@canary(
    "LangChain finds out once which arguments of a tool's function are injected, and keeps it as "
    "`_injected_args_keys` in the tool's `__dict__`, which a copy has too."
)
def test_the_injected_arguments_of_a_copy() -> None:
    assert "_injected_args_keys" in vars(room.tools.copy_tool(StructuredTool.from_function(add)))


@canary("LangChain's tools have the function that they were made of as `func` or `coroutine`.")
def test_the_function_of_a_tool() -> None:
    async def aadd(one: int, two: int) -> int:
        """Adds."""
        return one + two

    assert room.tools.function_of_tool(StructuredTool.from_function(add)) is add
    assert room.tools.function_of_tool(StructuredTool.from_function(coroutine=aadd)) is aadd


@canary(
    "LangChain's class of tools has an `_arun` of its own, which a class of tools without a `_run` "
    "has another one for; a tool made of a coroutine has no `func`."
)
def test_the_coroutine_of_a_tool() -> None:
    async def aadd(one: int, two: int) -> int:
        """Adds."""
        return one + two

    class Declining(BaseTool):
        name: str = "declining"
        description: str = "-"

        def _run(self) -> int:
            raise NotImplementedError

        async def _arun(self) -> int:
            return 1

    only, both = StructuredTool.from_function(coroutine=aadd), StructuredTool.from_function(add)
    assert room.tools.has_only_coroutine(only)
    assert not room.tools.has_only_coroutine(both)
    assert asyncio.run(room.tools.run_awaited(only._arun, one=1, two=2, config={})) == 3
    with pytest.raises(NotImplementedError) as caught:
        Declining()._run()
    assert room.tools.says_it_has_no_run(Declining(), caught.value)


@canary(
    "A tool of langchain-mcp-adapters is made of a coroutine function which holds what the server "
    "says of the tool as `tool`, and the session that the tool belongs to as `session`."
)
def test_what_a_tool_of_mcp_holds() -> None:
    types, tools = import_module("mcp.types"), import_module("langchain_mcp_adapters.tools")
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    told = types.Tool(name="a", inputSchema={"type": "object"}, outputSchema=schema)
    convert = tools.convert_mcp_tool_to_langchain_tool
    free = convert(None, told, connection={"transport": "stdio", "command": "-", "args": []})
    assert room.tools.output_schema_of(free) == schema
    assert room.tools.has_only_coroutine(free)
    with pytest.raises(import_module("langchain_quickjs.errors").SetupError):
        room.tools.has_only_coroutine(convert(object(), told))


@canary("LangGraph's commands have `_update_as_tuples`, which gives their updates key by key.")
def test_the_updates_of_a_command() -> None:
    answer, other = (ToolMessage("text", tool_call_id=number) for number in ("1", "2"))
    command: Command[Any] = Command(update={"value": "new", "messages": [answer, other]})
    assert room.tools.updates_of_command(command, "1") == [("value", "new"), ("messages", [other])]


@canary(
    "Deep Agents reads the form of a subagent's answer from "
    "`__deepagents_subagent_response_format` of the config of its tool's runtime."
)
def test_the_form_of_a_subagents_answer() -> None:
    deepagents = import_module("deepagents")
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}

    class Forming(AgentMiddleware[Any, Any, Any]):
        def wrap_tool_call(self, request: Any, handler: Any) -> Any:
            runtime = room.tools.with_response_format(request.runtime, schema)
            return handler(request.override(runtime=runtime))

    worker: Any = {
        "name": "worker",
        "description": "Works.",
        "system_prompt": "Work.",
        "model": Model(calls=[("response", {"n": 7})]),
        "tools": [],
    }
    task = ("task", {"description": "job", "subagent_type": "worker"})
    agent = deepagents.create_deep_agent(
        Model(calls=[task]), subagents=[worker], middleware=[Forming()], tools=[]
    )
    messages = agent.invoke(GO)["messages"]
    assert [m.text for m in messages if isinstance(m, ToolMessage)] == ['{"n": 7}']


@canary("Deep Agents says `subagent` as `ls_agent_type` of the config of an agent that it calls.")
def test_that_an_agent_is_a_subagent() -> None:
    deepagents = import_module("deepagents")
    found: list[bool] = []

    class Looking(AgentMiddleware[Any, Any, Any]):
        def wrap_model_call(self, request: Any, handler: Any) -> Any:
            found.append(room.tools.is_subagent())
            return handler(request)

    worker: Any = {
        "name": "worker",
        "description": "Works.",
        "system_prompt": "Work.",
        "model": Model(calls=[]),
        "tools": [],
        "middleware": [Looking()],
    }
    task = ("task", {"description": "job", "subagent_type": "worker"})
    agent = deepagents.create_deep_agent(
        Model(calls=[task]), subagents=[worker], middleware=[Looking()], tools=[]
    )
    agent.invoke(GO)
    assert found == [False, True, False]


@canary(
    "Deep Agents makes up an answer for a tool call that has none when something else is said, and "
    "marks it as an error."
)
def test_the_answer_that_deep_agents_makes_up() -> None:
    patching = import_module("deepagents.middleware.patch_tool_calls")
    call = {"name": "eval", "args": {}, "id": "1", "type": "tool_call"}
    messages = [AIMessage("", tool_calls=[call]), HumanMessage("else")]
    patched = patching.PatchToolCallsMiddleware().before_agent({"messages": messages}, None)
    made_up = [m for m in patched["messages"] if isinstance(m, ToolMessage)]
    assert [(m.tool_call_id, m.status) for m in made_up] == [("1", "error")]


# agent_hooks


class Hooked(AgentMiddleware[Any, Any, Any]):
    """Middleware whose tool hook notes whether the calls pass another one afterwards."""

    def __init__(self, other: Any = None) -> None:
        super().__init__()
        self.other = other
        self.found: list[tuple[bool, ...]] = []

    def wrap_tool_call(self, request: Any, handler: Any) -> Any:
        self.found.append(
            tuple(room.agent_hooks.handler_reaches(handler, one) for one in (self.other, self))
        )
        return handler(request)


class First(Hooked):
    pass


class BeforeAgent(AgentMiddleware[Any, Any, Any]):
    def before_agent(self, state: Any, runtime: Any) -> None:
        return None


class AroundModel(AgentMiddleware[Any, Any, Any]):
    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        return handler(request)


class AfterModel(AgentMiddleware[Any, Any, Any]):
    def after_model(self, state: Any, runtime: Any) -> None:
        return None


def in_agent(work: Callable[[Any], Any], middleware: list[Any]) -> Any:
    """What `work` makes of the graph around the only tool call of an agent."""
    found: list[Any] = []

    def look(_number: int, config: RunnableConfig) -> None:
        found.append(work(room.graph_around.graph_around(config)))

    in_tools(look, 1, middleware).invoke(GO)
    return found[-1]


@canary(
    "LangChain's agents have a node `tools` whose `bound` is LangGraph's tool node, with its "
    "`tools_by_name` and, as `_wrap_tool_call`, the hooks that its calls pass."
)
def test_the_tool_node_of_an_agent() -> None:
    calls = in_agent(lambda around: room.agent_hooks.tool_calls_of(around.nodes), [Hooked()])
    assert list(calls.tools) == ["probe"]
    assert calls.hooks is not None


@canary(
    "LangChain's nodes hold the hooks of all middleware in what their functions `func` and `afunc` "
    "hold, or in the tool node's `_wrap_tool_call`."
)
@pytest.mark.parametrize("kind", [Hooked, BeforeAgent, AroundModel, AfterModel])
def test_the_middleware_of_an_agent(kind: Any) -> None:
    mine = kind()
    assert mine in in_agent(lambda around: room.agent_hooks.middleware_of(around.nodes), [mine])


@canary(
    "Deep Agents' tool `task` has a function that holds the graphs of all subagents by their names "
    "as `subagent_graphs`: agents of LangChain, whose nodes are `model`, `tools` and, by the last "
    "part of their names, hooks of middleware."
)
def test_the_tools_of_subagents() -> None:
    deepagents = import_module("deepagents")
    worker: Any = {"name": "worker", "description": "-", "system_prompt": "-", "tools": [add]}
    agent = deepagents.create_deep_agent(Model(calls=[]), subagents=[worker])
    task = room.agent_hooks.tools_of_agent(agent)["task"]
    found = room.tools.tools_of_subagents(task)
    assert "add" in found["worker"]
    assert "add" not in found["general-purpose"]


@canary(
    "LangChain gives a hook of tool calls a handler that holds the hooks behind it, and no others."
)
def test_the_handler_of_a_hook() -> None:
    last = Hooked()
    first = First(last)
    last.other = first
    in_agent(lambda _: None, [first, last])
    assert first.found == [(True, False)]
    assert last.found == [(False, False)]


@canary(
    "LangChain makes of two hooks of tool calls a function that holds them as `outer` and `inner`."
)
def test_the_order_of_hooks() -> None:
    first, last = First(), Hooked()
    reads = room.agent_hooks
    hooks = in_agent(lambda around: reads.tool_calls_of(around.nodes).hooks, [first, last])
    assert reads.handler_reaches(hooks, first)
    assert reads.handler_reaches(reads.hooks_behind(hooks, first), last)
    assert not reads.handler_reaches(reads.hooks_behind(hooks, first), first)
    assert reads.hooks_behind(hooks, last) is None


def shows_by(channels: Callable[[str], bool]) -> Callable[[Any], bool]:
    """Whether an agent shows by some of its channels that it asks people."""

    def shows(around: Any) -> bool:
        some = filter(channels, around.channels)
        return bool(room.agent_hooks.shows_that_it_asks_people(some))

    return shows


@canary(
    "LangGraph has a channel `branch:to:` and the node's name for each node, so an agent whose "
    "`HumanInTheLoopMiddleware` has a node shows that it has."
)
def test_an_agent_that_asks_people_shows_it_by_a_node() -> None:
    shows = shows_by(lambda channel: ":" in channel)
    gate: Any = HumanInTheLoopMiddleware({"other": True})
    assert in_agent(shows, [gate])
    assert not in_agent(shows, [Hooked()])


@canary(
    "LangChain's `HumanInTheLoopMiddleware` has a `state_schema` with keys of its own, which are "
    "channels of an agent that has it."
)
def test_an_agent_that_asks_people_shows_it_by_a_key() -> None:
    shows = shows_by(lambda channel: ":" not in channel)
    gate: Any = HumanInTheLoopMiddleware({"other": True})
    assert in_agent(shows, [gate])
    assert not in_agent(shows, [Hooked()])
