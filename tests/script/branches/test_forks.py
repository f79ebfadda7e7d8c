"""Each pause of a script is a state of its thread: to look at, fork, and answer differently."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool, InjectedToolCallId, tool
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from langchain_quickjs import AlreadyAnsweredError, SnapshotError, create_script_graph
from langchain_quickjs.script.variables.store import recent_heaps
from tests.helpers.conversations import MODES, Conversation, GraphState, Mode
from tests.helpers.databases import Database, Server, aopened, opened, tampering
from tests.helpers.models import parallel_programs

NAMES: Final = "abcde"
KINDS: Final = ("create_agent", "create_deep_agent", "graph", "script")
APPROVE: Final = {"type": "approve"}
SOURCE: Final = """
const seen = [], held = "x".repeat(HELD);
for (const to of "abcde") {
  try { seen.push(await tools.pay({ to })); } catch (error) { seen.push(`no ${to}`); }
}
seen.join() + (held.length - HELD);
"""
PARTS: Final = """
const first = await tools.ask({ what: "x" });
const paid = await Promise.all(["a", "b", "c"].map((to) => tools.pay({ to })));
[first, ...paid, await tools.ask({ what: "y" }), await tools.ask({ what: "z" })].join();
"""


@dataclass
class Fork(Conversation):
    """A thread, with public calls at any of its states; `script` is the script graph by itself."""

    at: Any = None
    ids: list[str] = field(default_factory=list)

    @property
    def config(self) -> Any:
        return self.at or {"configurable": {"thread_id": self.thread}}

    def build(self, checkpointer: Any) -> Any:
        if self.kind != "script":  # type: ignore[comparison-overlap]
            return super().build(checkpointer)
        return create_script_graph(
            self.tools, interrupt_on=self.interrupt_on, checkpointer=checkpointer, **self.options
        )

    def start(self) -> Any:
        agent = self.kind.startswith("create")
        return self.send({"messages": [("user", "go")]} if agent else {"source": self.source})

    def send(self, message: Any, at: Any = None) -> Any:
        recent_heaps.clear()
        self.at = at
        try:
            return super().send(message)
        finally:
            self.at = None

    def states(self) -> dict[str, Any]:
        """The newest state at which people are asked about each payment, by whom it is to."""

        return {to(one): one for one in self.history()}

    def history(self) -> list[Any]:
        """The states at which people are asked, the oldest first."""

        def asked(graph: Any) -> list[Any]:
            states = list(graph.get_state_history(self.config))
            return [one for one in reversed(states) if one.interrupts]

        if self.database is None:
            return asked(self.build(self.memory))
        with opened(self.database) as saver:
            return asked(self.build(saver))

    def update(self, config: Any, values: Any) -> Any:
        async def aupdate(database: Database) -> Any:
            async with aopened(database) as saver:
                return await self.build(saver).aupdate_state(config, values)

        if self.database is None:
            return self.build(self.memory).update_state(config, values)
        if self.mode == "ainvoke":
            return asyncio.run(aupdate(self.database))
        with opened(self.database) as saver:
            return self.build(saver).update_state(config, values)

    @property
    def asked(self) -> str:
        (request,) = self.question["action_requests"]
        return str(request["args"]["to"])

    def finish(self, *decisions: Any) -> str:
        """Answers what is asked with one decision after the other, then approves."""
        left = list(decisions)
        while self.waits:
            (one,) = self.last["__interrupt__"]
            self.send(Command(resume={one.id: {"decisions": [left.pop(0) if left else APPROVE]}}))
        return self.result

    @property
    def result(self) -> str:
        if self.kind == "script":  # type: ignore[comparison-overlap]
            return str(self.last["outcome"]["value"])
        told = self.text
        return told.partition("<result>")[2].removesuffix("</result>") or told


def to(state: Any) -> str:
    return str(state.interrupts[0].value["action_requests"][0]["args"]["to"])


def names(interrupts: Any) -> str:
    """What is asked about, in order."""
    return "".join(sorted(one.value["action_requests"][0]["args"]["to"] for one in interrupts))


def one_answer(run: Fork) -> Any:
    """A yes to the first of the questions."""
    one = min(run.last["__interrupt__"], key=lambda one: names([one]))
    return Command(resume={one.id: {"decisions": [APPROVE]}})


def thread(
    kind: Any,
    mode: Mode = "invoke",
    database: Database | None = None,
    held: int = 10,
    **options: Any,
) -> Fork:
    made: list[str] = []

    @tool
    def pay(to: str, key: Annotated[str, InjectedToolCallId]) -> str:
        """Pays."""
        made.append(key)
        return f"paid {to}"

    tools: Sequence[BaseTool] = [pay]
    source = SOURCE.replace("HELD", str(held))
    return Fork(kind, mode, database, source, tools, {"pay": True}, options, ids=made)


def decision(kind: str) -> Any:
    if kind == "edit":
        return {"type": "edit", "edited_action": {"name": "pay", "args": {"to": "z"}}}
    return {"type": kind, "message": "never"} if kind == "reject" else {"type": kind}


def expected(kinds: Sequence[str]) -> str:
    texts = {"approve": "paid {}", "reject": "no {}", "edit": "paid z"}
    told = [texts[kind].format(name) for kind, name in zip(kinds, NAMES, strict=True)]
    return ",".join(told) + "0"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_pause_can_be_forked_and_answered_otherwise(
    kind: str, mode: Mode, database: Database | None
) -> None:
    run = thread(kind, mode, database)
    run.start()
    assert run.finish() == expected(["approve"] * 5)
    states = run.states()
    assert sorted(states) == sorted(NAMES)
    for place, other in ((0, "reject"), (2, "approve"), (2, "reject"), (3, "edit"), (4, "reject")):
        state = states[NAMES[place]]
        run.send(None, at=state.config)
        assert run.asked == NAMES[place]
        assert run.last["__interrupt__"][0].id != state.interrupts[0].id
        answers = ["approve"] * place + [other] + ["approve"] * (4 - place)
        assert run.finish(decision(other)) == expected(answers)
    # Each call that was made has an id of its own, whatever branch it was made in.
    assert set(Counter(run.ids).values()) == {1}
    assert len(run.ids) == 5 + 4 + 3 + 2 + 2 + 0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_pause_without_a_new_question_of_ours_is_a_state_too(
    kind: str, mode: Mode, database: Database | None
) -> None:
    """Some of what stood before stands on, or a tool asks by itself."""

    @tool
    def ask(what: str) -> str:
        """Asks a person by itself."""
        return f"{what} {interrupt({'action_requests': [{'args': {'to': what}}]})['decisions']}"

    run = thread(kind, mode, database, ask="each")
    run.tools, run.source = [*run.tools, ask], PARTS
    run.start()
    asked = []
    while run.waits:
        asked.append(names(run.last["__interrupt__"]))
        run.send(one_answer(run))
    ended, states = run.result, run.history()
    assert asked == ["x", "abc", "bc", "c", "y", "z"]
    assert [names(state.interrupts) for state in states] == asked
    for place, state in enumerate(states):
        run.send(None, at=state.config)
        assert names(run.last["__interrupt__"]) == asked[place]
        while run.waits:
            run.send(one_answer(run))
        assert run.result == ended


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["create_agent", "graph"])
def test_an_update_of_the_state_goes_on_from_its_pause(
    kind: str, mode: Mode, database: Database | None
) -> None:
    change: Any = {"messages": []} if kind == "create_agent" else {"before": "changed"}
    run = thread(kind, mode, database)
    run.start()
    run.decide(APPROVE)
    run.send(None, at=run.update(run.config, change))  # At the head, while it waits.
    assert run.asked == "b"
    assert run.finish() == expected(["approve"] * 5)
    config = run.update(run.states()["c"].config, change)
    run.send(None, at=run.update(config, change))  # A fork of a fork.
    assert run.asked == "c"
    assert run.finish(decision("reject")) == expected(
        ["approve"] * 2 + ["reject", *["approve"] * 2]
    )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_newest_state_of_a_fork_is_forked_at_the_pause_that_it_shows(
    kind: str, mode: Mode, database: Database | None
) -> None:
    """LangGraph runs it once more as it is, where it would fork one that it has come to itself."""
    run = thread(kind, mode, database)
    run.start()
    run.send(None, at=run.states()["a"].config)
    run.decide(decision("reject"))
    run.decide(APPROVE)
    for _ in range(2):
        run.send(None, at=run.states()["c"].config)
        assert run.asked == "c"
    assert run.finish() == expected(["reject", *["approve"] * 4])
    assert set(Counter(run.ids).values()) == {1}
    assert len(run.ids) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_is_for_the_branch_that_asked(kind: str, database: Database | None) -> None:
    run = thread(kind, "invoke", database)
    run.start()
    run.finish()
    third, made = run.states()["c"], len(run.ids)
    run.send(None, at=third.config)
    # An answer to the question before the fork, delivered once more: the fork's question stands.
    run.send(Command(resume={third.interrupts[0].id: {"decisions": [APPROVE]}}))
    assert len(run.ids) == made
    assert [to(run.states()["c"])] == ["c"]
    run.send(None)
    (asked,) = run.last["__interrupt__"]
    answer: Any = Command(resume={asked.id: {"decisions": [decision("reject")]}})
    run.send(answer)
    assert run.asked == "d"
    run.send(answer)  # And one to the fork's own question.
    assert run.asked == "d"
    assert len(run.ids) == made


@pytest.mark.parametrize("kind", ["create_agent", "create_deep_agent", "graph"])
def test_an_old_state_is_answered_where_it_stands(kind: str, database: Database | None) -> None:
    run = thread(kind, "invoke", database)
    run.start()
    run.finish()
    last = run.states()["e"]
    fifth = run.states()["d"]
    answer: Any = Command(resume={fifth.interrupts[0].id: {"decisions": [decision("reject")]}})
    run.send(answer, at=fifth.config)
    assert run.asked == "e"
    if kind != "graph":
        late: Any = Command(resume={last.interrupts[0].id: {"decisions": [decision("reject")]}})
        with pytest.raises(AlreadyAnsweredError, match="fork the thread first"):
            run.send(late, at=last.config)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["create_agent", "create_deep_agent", "graph"])
def test_the_thread_stands_in_the_fork_that_an_answer_makes(
    kind: str, mode: Mode, database: Database | None
) -> None:
    """While the program asks in the other branch: else nobody could answer what it asks next."""
    run = thread(kind, mode, database)
    run.start()
    run.decide(APPROVE)
    run.decide(APPROVE)
    first, (third,) = run.states()["a"], run.pending()
    run.send(Command(resume={first.interrupts[0].id: {"decisions": []}}), at=first.config)
    assert run.pending() == (third,)  # It did not fit, and nothing has happened.
    rejected: Any = {"decisions": [decision("reject")]}
    run.send(Command(resume={first.interrupts[0].id: rejected}), at=first.config)
    for _ in range(2):
        (asked,) = run.last["__interrupt__"]
        assert to_of(asked) == "b"
        assert run.pending() == (asked,)
        run.send(None)
    assert run.finish() == expected(["reject", *["approve"] * 4])
    assert set(Counter(run.ids).values()) == {1}
    assert len(run.ids) == 2 + 4


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["create_agent", "create_deep_agent", "graph"])
def test_each_state_of_a_fork_that_an_answer_makes_is_forked_at_the_pause_that_it_shows(
    kind: str, mode: Mode, database: Database | None
) -> None:
    run = thread(kind, mode, database)
    run.start()
    run.decide(APPROVE)
    first = run.states()["a"]
    rejected: Any = {"decisions": [decision("reject")]}
    run.send(Command(resume={first.interrupts[0].id: rejected}), at=first.config)
    run.decide(APPROVE)
    assert names(one for state in run.history() for one in state.interrupts) == "abbbc"
    check_that_each_state_is_forked_at_its_pause(run)


@pytest.mark.parametrize("kind", ["create_agent", "create_deep_agent", "graph"])
def test_what_a_fork_that_an_answer_makes_asks_is_answered_once(kind: str) -> None:
    """Also where the script begins there in two runs, and one has stored that before the other."""
    run, other, made = thread(kind), thread(kind), list[str]()
    begun, over = threading.Event(), threading.Event()

    @tool
    def pay(to: str) -> str:
        """Pays; the first time that it is `b`, not before the other run has ended."""
        made.append(to)
        if to == "b" and not begun.is_set():
            begun.set()
            over.wait(60)
        return f"paid {to}"

    run.tools = other.tools = [pay]
    run.start()
    run.decide(decision("reject"))
    first = run.states()["a"]
    rejected: Any = {"decisions": [decision("reject")]}
    run.send(Command(resume={first.interrupts[0].id: rejected}), at=first.config)
    (asked,) = run.last["__interrupt__"]
    answer: Any = Command(resume={asked.id: {"decisions": [APPROVE]}})
    assert run.memory is not None
    other.memory, listed = run.memory, run.memory.list
    faster = threading.Thread(target=other.send, args=(answer,))

    def found(config: Any, **options: Any) -> Any:
        if config["configurable"].get("checkpoint_ns") and not faster.ident:
            faster.start()
            assert begun.wait(60)
        return listed(config, **options)

    run.memory.list = found  # type: ignore[method-assign]
    try:
        with pytest.raises(AlreadyAnsweredError):
            run.send(answer)
    finally:
        over.set()
        faster.join()
    assert made == ["b"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_pause_of_a_fork_whose_newest_state_was_forked_is_a_state_too(
    kind: str, mode: Mode, database: Database | None
) -> None:
    """The steps of a script's own graph have the same numbers then as those before."""
    run = thread(kind, mode, database)
    run.start()
    run.send(None, at=run.states()["a"].config)
    run.decide(APPROVE)
    run.send(None, at=run.states()["b"].config)
    run.decide(APPROVE)
    asked = names(one for state in run.history() for one in state.interrupts)
    assert asked == ("aabbc" if kind == "script" else "aabc")
    check_that_each_state_is_forked_at_its_pause(run)


class FirstNode(Fork):
    """A graph whose first node is the script graph."""

    def build(self, checkpointer: Any) -> Any:
        graph = StateGraph(GraphState)
        graph.add_node("script", create_script_graph(self.tools, interrupt_on=self.interrupt_on))
        graph.add_edge(START, "script")
        graph.add_edge("script", END)
        return graph.compile(checkpointer=checkpointer)


@pytest.mark.parametrize("drawn", [0, 1, 2**40], ids=["none", "one", "some"])
@pytest.mark.parametrize("make", [Fork, FirstNode])
def test_each_pause_is_a_state_whatever_is_drawn_for_ids(
    make: type[Fork], drawn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What LangGraph draws for the id of a checkpoint may leave no room for others below it."""
    monkeypatch.setattr(random, "getrandbits", lambda bits: drawn % 2**bits)
    of = thread("graph")
    run = make("graph", "invoke", None, of.source, of.tools, of.interrupt_on, ids=of.ids)
    run.start()
    while run.waits:
        run.decide(APPROVE)
    assert names(one for state in run.history() for one in state.interrupts) == "abcde"
    check_that_each_state_is_forked_at_its_pause(run)


def check_that_each_state_is_forked_at_its_pause(run: Fork) -> None:
    made = len(run.ids)
    for state in run.history():
        run.send(None, at=state.config)
        assert run.asked == to(state)
        assert run.question["calls_so_far"] == state.interrupts[0].value["calls_so_far"]
        assert len(run.ids) == made


@pytest.mark.parametrize("kind", ["create_agent", "create_deep_agent"])
def test_an_old_state_is_answered_again_after_a_run_that_was_cut_off(kind: str) -> None:
    """At once, when the fork has hardly begun: the program has not ended there."""
    run = thread(kind)
    run.start()
    run.decide(APPROVE)
    first = run.states()["a"]
    answer: Any = Command(resume={first.interrupts[0].id: {"decisions": [decision("reject")]}})
    assert run.memory is not None
    put = run.memory.put

    def failing(config: Any, *rest: Any) -> Any:
        put(config, *rest)
        raise ConnectionError("the database is gone")

    run.memory.put = failing  # type: ignore[assignment]
    with pytest.raises(ConnectionError):
        run.send(answer, at=first.config)
    run.memory.put = put  # type: ignore[method-assign]
    run.send(answer, at=first.config)
    assert run.asked == "b"
    assert run.finish() == expected(["reject", *["approve"] * 4])


def test_the_own_graph_of_a_script_says_how_to_decide_otherwise() -> None:
    run = thread("script")
    run.start()
    run.finish()
    third = run.states()["c"]
    answer: Any = Command(resume={third.interrupts[0].id: {"decisions": [decision("reject")]}})
    with pytest.raises(AlreadyAnsweredError, match="that makes a fork"):
        run.send(answer, at=third.config)


ANSWERS = st.lists(st.sampled_from(["approve", "reject", "edit"]), min_size=5, max_size=5)


@settings(max_examples=15)
@given(
    first=ANSWERS,
    forks=st.lists(st.tuples(st.integers(0, 4), ANSWERS), min_size=1, max_size=3),
    kind=st.sampled_from(["create_agent", "graph", "script"]),
    held=st.sampled_from([10, 300_000]),
    options=st.sampled_from(
        [
            {},
            {"durability": "call"},
            {"snapshot_signing_key": "a key of the tests"},
            {"ask": "each"},
        ]
    ),
)
def test_a_fork_anywhere_equals_a_run_with_those_answers(
    first: list[str], forks: list[tuple[int, list[str]]], kind: str, held: int, options: Any
) -> None:
    run = thread(kind, held=held, **options)
    run.start()
    assert run.finish(*map(decision, first)) == expected(first)
    line = first  # The answers of the branch that the newest state of each pause is in.
    for place, others in forks:
        run.send(None, at=run.states()[NAMES[place]].config)
        line = [*line[:place], *others[place:]]
        assert run.finish(*map(decision, line[place:])) == expected(line)
    assert set(Counter(run.ids).values()) <= {1}


def test_a_program_that_was_edited_begins_anew() -> None:
    run = thread("create_agent")
    run.start()
    run.decide(APPROVE)
    graph = run.build(run.memory)
    call = graph.get_state(run.config).values["messages"][-1]
    edited = call.tool_calls[0] | {"args": {"code": "await tools.pay({ to: 'new' })"}}
    message = AIMessage(call.content, id=call.id, tool_calls=[edited])
    run.send(None, at=run.update(run.config, {"messages": [message]}))
    assert run.asked == "new"


def test_other_programs_of_the_message_wait_in_the_fork_as_they_did() -> None:
    run = thread("create_agent", mode="invoke")
    run.options = {"mode": "call"}
    run.model = parallel_programs([run.source, run.source.replace("abcde", "vwxyz")])
    run.start()

    def answer(name: str, kind: str) -> None:
        (one,) = [i for i in run.last["__interrupt__"] if to_of(i) == name]
        run.send(Command(resume={one.id: {"decisions": [decision(kind)]}}))

    for name, kind in (("a", "approve"), ("v", "approve"), ("b", "approve")):
        answer(name, kind)
    run.send(None, at=run.states()["b"].config)
    assert sorted(map(to_of, run.last["__interrupt__"])) == ["b", "w"]
    while run.waits:
        answer(to_of(run.last["__interrupt__"][0]), "reject")
    told = [m.text for m in run.last["messages"] if isinstance(m, ToolMessage)]
    assert told == [
        "<result>paid a,no b,no c,no d,no e0</result>",
        "<result>paid v,no w,no x,no y,no z0</result>",
    ]


def test_each_program_of_a_message_has_its_own_pauses() -> None:
    """In a fork at a pause of one, the other is at its last one."""
    run = thread("create_agent", mode="invoke")
    run.options = {"mode": "call"}
    run.model = parallel_programs([run.source, run.source.replace("abcde", "vwxyz")])
    run.start()
    while run.waits:  # That of `min`, to its end, and then the other one.
        run.send(one_answer(run))
    states = {names(state.interrupts): state for state in run.history()}
    assert sorted(states) == [*"abcd", "ez", *"vwxy"]
    for asked, others in (("b", "z"), ("v", "e"), ("y", "e")):
        run.send(None, at=states[asked].config)
        assert names(run.last["__interrupt__"]) == "".join(sorted(asked + others))


def to_of(interrupt: Any) -> str:
    return str(interrupt.value["action_requests"][0]["args"]["to"])


@pytest.mark.parametrize("kind", ["create_agent", "graph", "script"])
def test_a_prune_takes_nothing_that_a_fork_needs(kind: str, postgres: Server) -> None:
    database = postgres.database()
    run = thread(kind, "invoke", database, held=400_000)
    run.source = run.source.replace(
        '"x".repeat(400000)', "Array.from({ length: 400000 }, (_, i) => i * i)"
    )
    run.start()
    run.finish()
    run.send(None, at=run.states()["c"].config)
    while run.waits:
        with opened(database) as saver:
            saver.prune([run.thread], strategy="keep_latest")
        (one,) = run.last["__interrupt__"]
        run.send(Command(resume={one.id: {"decisions": [decision("reject")]}}))
    assert run.result == expected(["approve", "approve", *["reject"] * 3])


@pytest.mark.parametrize(
    ("kind", "held"), [("create_agent", 10), ("create_agent", 400_000), ("graph", 10)]
)
def test_a_prune_takes_nothing_that_the_fork_of_an_answer_needs(
    kind: str, held: int, postgres: Server
) -> None:
    run = thread(kind, "invoke", postgres.database(), held=held)
    run.source = run.source.replace(
        '"x".repeat(400000)', "Array.from({ length: 400000 }, (_, i) => i * i)"
    )
    run.start()
    run.decide(APPROVE)
    first = run.states()["a"]
    rejected: Any = {"decisions": [decision("reject")]}
    run.send(Command(resume={first.interrupts[0].id: rejected}), at=first.config)
    assert run.database is not None
    with opened(run.database) as saver:
        saver.prune([run.thread], strategy="keep_latest")
    assert run.finish() == expected(["reject", *["approve"] * 4])
    assert len(run.ids) == 1 + 4


@pytest.mark.parametrize("mode", MODES)
def test_a_program_whose_pause_a_prune_has_taken_is_not_begun_again(
    mode: Mode, postgres: Server
) -> None:
    """Between an update and the run after it nothing names the pause."""
    run = thread("create_agent", mode, postgres.database())
    run.start()
    run.decide(APPROVE)
    run.update(run.config, {"messages": []})
    assert run.database is not None
    with opened(run.database) as saver:
        saver.prune([run.thread], strategy="keep_latest")
    for _ in range(2):
        with pytest.raises(SnapshotError, match="not begun again"):
            run.send(None)
    run.send({"messages": [("user", "something else")]})
    assert run.last["messages"][-1].text == "done"
    assert len(run.ids) == 1


def test_a_thread_that_begins_with_an_update_goes_on_after_an_exception() -> None:
    """Nothing was before it: its program has not been forked."""
    tried: list[str] = []

    @tool
    def fail() -> str:
        """Fails, the first time."""
        tried.append("once")
        if len(tried) == 1:
            raise ConnectionError("the road is closed")
        return "through"

    run = thread("create_agent")
    run.tools = [*run.tools, fail]
    call = {"name": "eval", "args": {"code": "await tools.fail()"}, "id": "call-0-0"}
    message = AIMessage("", tool_calls=[call])
    values = {"messages": [("user", "go"), message]}
    run.build(run.memory).update_state(run.config, values, as_node="model")
    with pytest.raises(ConnectionError):
        run.send(None)
    run.send(None)
    assert run.result == "through"


@pytest.mark.parametrize("kind", ["create_agent", "graph", "script"])
def test_a_fork_at_what_was_changed_in_the_database_is_refused(kind: str, tmp_path: Any) -> None:
    run = thread(kind, "invoke", tmp_path / "db", snapshot_signing_key="a key of the tests")
    run.start()
    run.finish()
    third = run.states()["c"]
    with tampering(tmp_path / "db") as connection:
        connection.create_function("damaged", 1, lambda blob: blob.replace(b"QJSW", b"QJSX"))
        connection.execute("update checkpoints set checkpoint = damaged(checkpoint)")
    made = len(run.ids)
    with pytest.raises(SnapshotError, match="is not used"):
        run.send(None, at=third.config)
    assert len(run.ids) == made


def test_nothing_is_kept_of_pauses_where_steps_are_not_stored() -> None:
    run = thread("create_agent")
    run.run_options = {"durability": "exit"}
    run.start()
    assert run.finish() == expected(["approve"] * 5)
    assert sorted(run.states()) == ["e"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["create_agent", "graph"])
def test_a_fork_where_steps_are_not_stored_goes_on_from_its_pause(
    kind: str, mode: Mode, database: Database | None
) -> None:
    run = thread(kind, mode, database)
    run.run_options = {"durability": "exit"}
    run.start()
    run.decide(APPROVE)
    run.send(None, at=run.states()["b"].config)
    assert run.asked == "b"
    assert run.finish(decision("reject")) == expected(["approve", "reject", *["approve"] * 3])
    assert len(run.ids) == 1 + 3
