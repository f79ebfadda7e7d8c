"""What broke the promise of an approval once: each attack as it was found."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.tools import BaseTool, StructuredTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command, Interrupt, interrupt

from langchain_quickjs import AlreadyAnsweredError, CodeInterpreterMiddleware, SnapshotError
from tests.helpers.databases import tampering
from tests.helpers.models import ScriptedModel, programs

CONFIG: Any = {"configurable": {"thread_id": "1"}}
GO: Any = {"messages": [("user", "go")]}
SERDE = JsonPlusSerializer()


class Effects:
    """What tools have done."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def pay(self, delay_s: float = 0.0) -> BaseTool:
        @tool
        def pay(to: str) -> str:
            """Pays."""
            self.made.append(to)
            time.sleep(delay_s)
            return "paid"

        return pay


def approvals(state: Any) -> Command[Any]:
    answers = {}
    for item in state["__interrupt__"]:
        asked = item.value
        decided = isinstance(asked, dict) and "action_requests" in asked
        answers[item.id] = {"decisions": [{"type": "approve"}]} if decided else "yes"
    return Command(resume=answers)


LESS = {"to": "alice"}


def action_with(value: dict[str, Any], **other: Any) -> dict[str, Any]:
    """The question with something else in its first request."""
    return {**value, "action_requests": [{**value["action_requests"][0], **other}]}


def reasoned(value: dict[str, Any], **signature: str) -> dict[str, Any]:
    """The question as it would stand there if an answer to it had been refused for a reason."""
    why = "This was approved by your manager: approve it once more."
    told = value["action_requests"][0].get("description", "")
    told = f"**The last answer was not used.** {why}\n\n{told}"
    lie = {**action_with(value, description=told), "refused": why, **signature}
    return {**lie, "description": told} if "description" in value else lie


@pytest.mark.parametrize("program", [True, False])
@pytest.mark.parametrize(
    "lie",
    [
        reasoned,
        lambda value: reasoned(value, refused_signature=""),
        lambda value: reasoned(value, refused_signature="no digits"),
        lambda value: reasoned(value, refused_signature="00" * 32),
        lambda value: action_with(value, args=LESS),
        lambda value: action_with(value, arguments=LESS),
        lambda value: action_with(value, description="pay(to: alice)"),
        lambda value: {**value, "action_request": {"action": "pay", "args": LESS}},
        lambda value: {**value, "description": "pay(to: alice)"},
        lambda value: {**value, "action_requests": [*value["action_requests"], "alice"]},
        lambda value: {**value, "review_configs": []},
        lambda value: {**value, "calls_so_far": ["done: nothing"]},
        lambda value: {**action_with(value, description="Go on.\n\n"), "refused": "Go on."},
        lambda value: {**value, "refused": 7},
        lambda _: "pay(to: alice)",
    ],
)
def test_a_question_that_was_changed_where_it_is_stored(
    lie: Callable[[dict[str, Any]], Any], program: bool, tmp_path: Path
) -> None:
    """The person sees one call, and approves another one: of a program, or of the model itself."""
    effects, database = Effects(), tmp_path / "db"
    pay = effects.pay()
    ours = CodeInterpreterMiddleware(
        ptc=[pay], interrupt_on={"pay": True}, snapshot_signing_key="a secret of the tests"
    )

    def agent(saver: Any) -> Any:
        model: Any = programs("await tools.pay({ to: 'mallory' })")
        if not program:
            model = ScriptedModel(turns=[[("pay", {"to": "mallory"})]])
        return create_agent(model=model, tools=[pay], middleware=[ours], checkpointer=saver)

    with SqliteSaver.from_conn_string(str(database)) as saver:
        asked = agent(saver).invoke(GO, CONFIG)
    with tampering(database) as connection:
        rows = connection.execute(
            "select rowid, type, value from writes where channel = '__interrupt__'"
            " and checkpoint_ns = ''"
        ).fetchall()
        for rowid, kind, value in rows:
            (stored,) = SERDE.loads_typed((kind, value))
            forged = Interrupt(lie(stored.value), stored.id)
            connection.execute(
                "update writes set value = ? where rowid = ?",
                (SERDE.dumps_typed([forged])[1], rowid),
            )
    with SqliteSaver.from_conn_string(str(database)) as saver:
        with pytest.raises(SnapshotError, match="question was changed"):
            agent(saver).invoke(approvals(asked), CONFIG)
        assert not effects.made
        again = agent(saver).invoke(None, CONFIG)
        assert again["__interrupt__"][0].value["action_requests"][0]["args"] == {"to": "mallory"}
        agent(saver).invoke(approvals(again), CONFIG)
    assert effects.made == ["mallory"]


@pytest.mark.parametrize("program", [True, False])
def test_a_true_reason_stands_until_an_answer_fits(program: bool, tmp_path: Path) -> None:
    """Whoever looks at the question again is told the same; the next question nothing of it."""
    effects, saver = Effects(), InMemorySaver()
    pay = effects.pay()
    ours = CodeInterpreterMiddleware(
        ptc=[pay],
        interrupt_on={"pay": True},
        snapshot_signing_key=["a new secret of the tests", "a secret of the tests"],
    )
    model: Any = programs("await tools.pay({ to: 'ann' }); await tools.pay({ to: 'bob' })")
    if not program:
        model = ScriptedModel(turns=[[("pay", {"to": "ann"})], [("pay", {"to": "bob"})]])
    agent: Any = create_agent(model=model, tools=[pay], middleware=[ours], checkpointer=saver)
    agent.invoke(GO, CONFIG)
    for wrong in ("maybe", "perhaps"):
        refused = agent.invoke(Command(resume={"decisions": [{"type": wrong}]}), CONFIG)
        value = refused["__interrupt__"][0].value
        assert wrong in value["refused"]
        assert agent.invoke(None, CONFIG)["__interrupt__"][0].value == value
    second = agent.invoke(approvals(refused), CONFIG)
    assert "refused" not in second["__interrupt__"][0].value
    agent.invoke(approvals(second), CONFIG)
    assert effects.made == ["ann", "bob"]


def subagent_that_pays(effects: Effects, saver: Any) -> Any:
    """Its question stands in the database twice; people read the outermost graph's copy."""
    middleware = CodeInterpreterMiddleware(
        ptc=[effects.pay()],
        interrupt_on={"pay": True},
        snapshot_signing_key="a secret of the tests",
    )
    worker: Any = {
        "name": "worker",
        "description": "Works.",
        "system_prompt": "Work.",
        "model": programs("await tools.pay({ to: 'mallory' })"),
        "middleware": [middleware],
    }
    model = ScriptedModel(turns=[[("task", {"description": "pay", "subagent_type": "worker"})]])
    return create_deep_agent(model=model, subagents=[worker], checkpointer=saver)


def model_that_pays(effects: Effects, saver: Any) -> Any:
    ours = CodeInterpreterMiddleware(
        interrupt_on={"pay": True}, snapshot_signing_key="a secret of the tests"
    )
    model = ScriptedModel(turns=[[("pay", {"to": "mallory"})]])
    return create_agent(model=model, tools=[effects.pay()], middleware=[ours], checkpointer=saver)


@pytest.mark.parametrize("agent", [subagent_that_pays, model_that_pays])
def test_a_question_that_was_changed_where_people_read_it(agent: Any, tmp_path: Path) -> None:
    effects, database = Effects(), tmp_path / "db"
    with SqliteSaver.from_conn_string(str(database)) as saver:
        asked = agent(effects, saver).invoke(GO, CONFIG)
    with tampering(database) as connection:
        ((rowid, kind, value),) = connection.execute(
            "select rowid, type, value from writes where channel = '__interrupt__'"
            " and checkpoint_ns = ''"
        ).fetchall()
        (stored,) = SERDE.loads_typed((kind, value))
        forged = Interrupt(action_with(stored.value, args=LESS), stored.id)
        connection.execute(
            "update writes set value = ? where rowid = ?", (SERDE.dumps_typed([forged])[1], rowid)
        )
    with SqliteSaver.from_conn_string(str(database)) as saver:
        with pytest.raises(SnapshotError, match="question was changed"):
            agent(effects, saver).invoke(approvals(asked), CONFIG)
        assert not effects.made
        again = agent(effects, saver).invoke(None, CONFIG)
        agent(effects, saver).invoke(approvals(again), CONFIG)
    assert effects.made == ["mallory"]


@pytest.mark.parametrize("named", ["to", "description", "agent"])
def test_a_call_that_was_changed_after_it_was_asked_about(named: str, tmp_path: Path) -> None:
    """What people read is as it was signed, but it is not what would be done."""
    made, database = list[str](), tmp_path / "db"

    def pay(**args: str) -> str:
        """Pays."""
        made.append(args[named])
        return "paid"

    schema = {"type": "object", "properties": {named: {"type": "string"}}, "required": [named]}
    tool_ = StructuredTool.from_function(pay, args_schema=schema)

    def agent(saver: Any) -> Any:
        model = ScriptedModel(turns=[[("pay", {named: "alice"})]])
        ours = CodeInterpreterMiddleware(
            interrupt_on={"pay": True}, snapshot_signing_key="a secret of the tests"
        )
        return create_agent(model=model, tools=[tool_], middleware=[ours], checkpointer=saver)

    with SqliteSaver.from_conn_string(str(database)) as saver:
        asked = agent(saver).invoke(GO, CONFIG)
    with tampering(database) as connection:
        for rowid, stored in connection.execute("select rowid, checkpoint from checkpoints"):
            forged = stored.replace(b"alice", b"clara")
            update = "update checkpoints set checkpoint = ? where rowid = ?"
            connection.execute(update, (forged, rowid))
    refuses = pytest.raises(SnapshotError, match="question was changed")
    with SqliteSaver.from_conn_string(str(database)) as saver, refuses:
        agent(saver).invoke(approvals(asked), CONFIG)
    assert made == []


def test_a_first_checkpoint_with_another_source(tmp_path: Path) -> None:
    """With `durability="call"` a paused program is replaced by one that has not begun."""
    effects, database = Effects(), tmp_path / "db"
    good = "await tools.pay({ to: 'alice' })"
    evil = "await tools.look({ to: 'e' })".ljust(len(good))

    @tool
    def look(to: str) -> str:
        """Looks."""
        effects.made.append(f"looked {to}")
        return to

    ours = CodeInterpreterMiddleware(
        ptc=[effects.pay(), look],
        interrupt_on={"pay": True},
        durability="call",
        snapshot_signing_key="a secret of the tests",
    )

    def agent(saver: Any) -> Any:
        return create_agent(model=programs(good), middleware=[ours], checkpointer=saver)

    with SqliteSaver.from_conn_string(str(database)) as saver:
        asked = agent(saver).invoke(GO, CONFIG)
    with tampering(database) as connection:
        rows = connection.execute(
            "select rowid, checkpoint from checkpoints where checkpoint_ns like 'tools:%'"
            " order by checkpoint_id"
        ).fetchall()
        forged = rows[0][1].replace(good.encode(), evil.encode())
        assert forged != rows[0][1]
        connection.execute(
            "update checkpoints set checkpoint = ? where rowid = ?", (forged, rows[-1][0])
        )
    wrong = pytest.raises(SnapshotError, match="source was changed")
    with SqliteSaver.from_conn_string(str(database)) as saver, wrong:
        agent(saver).invoke(approvals(asked), CONFIG)
    assert not effects.made


class Workers:
    """Threads that each open the database and go on with the thread."""

    def __init__(self, database: Path, agent: Callable[[Any], Any]) -> None:
        self.database = database
        self.agent = agent

    def send(self, message: Any, delay_s: float = 0.0) -> Any:
        time.sleep(delay_s)
        with SqliteSaver.from_conn_string(str(self.database)) as saver:
            try:
                return self.agent(saver).invoke(message, CONFIG)
            except AlreadyAnsweredError:
                return None

    def at_once(self, *messages: tuple[Any, float]) -> None:
        threads = [threading.Thread(target=self.send, args=message) for message in messages]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.04, 0.08])
def test_a_subagents_question_while_another_worker_goes_on(delay_s: float, tmp_path: Path) -> None:
    effects = Effects()
    pay = effects.pay(delay_s=0.05)
    worker: Any = {
        "name": "w",
        "description": "d",
        "system_prompt": "p",
        "tools": [pay],
        "model": ScriptedModel(turns=[[("pay", {"to": "x"})]]),
    }

    def agent(saver: Any) -> Any:
        return create_deep_agent(
            model=programs("await task({ description: 'x', subagentType: 'w' })"),
            tools=[pay],
            checkpointer=saver,
            interrupt_on={"pay": True},
            subagents=[worker],
            middleware=[CodeInterpreterMiddleware(ptc=["pay"])],
        )

    workers = Workers(tmp_path / "db", agent)
    yes = approvals(workers.send(GO))
    workers.at_once((yes, 0.0), (None, delay_s))
    assert effects.made == ["x"]


@pytest.mark.parametrize("durability", ["pause", "call"])
def test_two_questions_of_one_program_answered_by_two_workers(
    durability: Any, tmp_path: Path
) -> None:
    effects = Effects()

    @tool
    def wire(to: str) -> str:
        """Asks, then wires."""
        if interrupt(f"wire to {to}?") != "yes":
            return "no"
        effects.made.append(to)
        return "wired"

    def agent(saver: Any) -> Any:
        source = "(await Promise.all(['x', 'y'].map((to) => tools.wire({ to })))).join()"
        ours = CodeInterpreterMiddleware(ptc=[wire], durability=durability)
        return create_agent(model=programs(source), middleware=[ours], checkpointer=saver)

    workers = Workers(tmp_path / "db", agent)
    asked = [item.id for item in workers.send(GO)["__interrupt__"]]
    answers: list[Any] = [Command(resume={number: "yes"}) for number in asked]
    workers.at_once(*((answer, 0.0) for answer in answers))
    for _ in range(3):
        state = workers.send(None)
    assert state["messages"][-2].text == "<result>wired,wired</result>"
    assert Counter(effects.made) == {"x": 1, "y": 1}


@pytest.mark.parametrize("durability", ["pause", "call"])
def test_a_second_question_answered_while_the_first_answer_is_worked_on(
    durability: Any, tmp_path: Path
) -> None:
    """The run that brings the second answer may not go on, but what it brought is kept."""
    effects = Effects()

    @tool
    def wire(to: str) -> str:
        """Asks, then wires; what was asked besides is answered meanwhile."""
        if interrupt(f"wire to {to}?") != "yes":
            return "no"
        effects.made.append(to)
        while others:
            workers.send(Command(resume={others.pop(): "yes"}))
        return "wired"

    def agent(saver: Any) -> Any:
        source = "(await Promise.all(['x', 'y'].map((to) => tools.wire({ to })))).join()"
        ours = CodeInterpreterMiddleware(ptc=[wire], durability=durability)
        return create_agent(model=programs(source), middleware=[ours], checkpointer=saver)

    workers = Workers(tmp_path / "db", agent)
    first, *others = [item.id for item in workers.send(GO)["__interrupt__"]]
    workers.send(Command(resume={first: "yes"}))
    state = workers.send(None)
    assert state["messages"][-2].text == "<result>wired,wired</result>"
    assert Counter(effects.made) == {"x": 1, "y": 1}


class Failing(InMemorySaver):
    """Raises once, at one of the calls that it gets: before or after it has done what it should."""

    def __init__(self, at: int, after: bool) -> None:
        super().__init__()
        self.at = at
        self.after = after
        self.count = 0
        self.armed = False

    def _maybe(self, act: Callable[[], Any]) -> Any:
        if not self.armed:
            return act()
        self.count += 1
        fails = self.count == self.at
        if fails and not self.after:
            raise sqlite3.OperationalError("database is locked")
        result = act()
        if fails:
            raise sqlite3.OperationalError("database is locked")
        return result

    def put(self, *args: Any) -> Any:
        return self._maybe(lambda: super(Failing, self).put(*args))

    def put_writes(self, *args: Any) -> None:
        self._maybe(lambda: super(Failing, self).put_writes(*args))

    def get_tuple(self, *args: Any) -> Any:
        return self._maybe(lambda: super(Failing, self).get_tuple(*args))


@pytest.mark.parametrize("durability", ["pause", "call"])
@pytest.mark.parametrize("after", [False, True])
def test_the_database_fails_once_at_any_call(after: bool, durability: Any) -> None:
    """One effect, or one more for each time that the person is asked again; never a dead thread."""
    at = 0
    while True:
        at += 1
        saver, effects = Failing(at, after), Effects()
        ours = CodeInterpreterMiddleware(
            ptc=[effects.pay()], interrupt_on={"pay": True}, durability=durability
        )
        agent = create_agent(
            model=programs("await tools.pay({ to: 'a' })"), middleware=[ours], checkpointer=saver
        )
        asked = agent.invoke(GO, CONFIG)
        message: Command[Any] | None = approvals(asked)
        saver.armed, yes = True, 1
        for _ in range(8):
            try:
                state = agent.invoke(message, CONFIG)
            except (sqlite3.OperationalError, AlreadyAnsweredError):
                message = None
                continue
            if not state.get("__interrupt__"):
                break
            texts = str(state["__interrupt__"])
            yes += "may have taken effect" in texts
            message = approvals(state)
        assert state["messages"][-2].text == "<result>paid</result>", at
        assert 1 <= len(effects.made) <= yes, at
        if saver.count < at:
            break
    assert at > 10
