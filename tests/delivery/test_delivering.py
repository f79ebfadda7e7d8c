"""Answers from queues: which one wins, which come late, and what is void."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from langchain_quickjs import (
    CodeInterpreterMiddleware,
    Delivered,
    Interpreter,
    PostgresLock,
    SetupError,
    ThreadLockError,
    adeliver,
    deliver,
    pending,
)
from langchain_quickjs.script.durability import claimants
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import Signer
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.crashes import REJECT
from tests.helpers.databases import Server, aopened, named, opened, rewrite, tampering
from tests.helpers.models import ScriptedModel, parallel_programs, programs
from tests.helpers.nurseries import Nursery
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

CONFIG: Any = {"configurable": {"thread_id": "thread"}}
GO: Any = {"messages": [("user", "go")]}
YES: Any = {"decisions": [APPROVE]}
NO: Any = {"decisions": [REJECT]}
TWO = 'await tools.pay({ to: "one", amount: 1 }); await tools.pay({ to: "two", amount: 2 })'
BOTH = """await Promise.all([
    tools.pay({ to: "one", amount: 1 }), tools.pay({ to: "two", amount: 2 }),
])"""
LOOK = 'await tools.lookUp({ key: "ann" })'


def delivered(talk: Conversation, question: str, answer: Any, lock: Any = None) -> Delivered:
    """A delivery as another process would make it."""
    if talk.mode == "ainvoke":
        return asyncio.run(_adelivered(talk, question, answer, lock))
    assert talk.database is not None
    with opened(talk.database) as saver:
        return deliver(talk.build(saver), talk.config, question, answer, lock=lock)


async def _adelivered(talk: Conversation, question: str, answer: Any, lock: Any) -> Delivered:
    assert talk.database is not None
    async with aopened(talk.database) as saver:
        return await adeliver(talk.build(saver), talk.config, question, answer, lock=lock)


def talk_in(
    folder: Path, kind: Kind, mode: Mode, source: str = TWO, **options: Any
) -> Conversation:
    tools = Shop(folder / "log").tools()
    return Conversation(kind, mode, folder / "db", source, tools, {"pay": True}, options)


def asked(talk: Conversation) -> str:
    (item,) = talk.pending()
    return str(item.id)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_first_one_wins_and_others_are_late(kind: Kind, mode: Mode, tmp_path: Path) -> None:
    talk = talk_in(tmp_path, kind, mode)
    talk.start()
    one = asked(talk)
    before = datetime.now(UTC)
    first = delivered(talk, one, YES)
    assert (first.status, first.why, first.went_on, first.again) == ("won", "", True, False)
    assert first.answer == [APPROVE]
    assert first.answered_at is not None
    assert before <= first.answered_at <= datetime.now(UTC)
    two = asked(talk)
    assert [item.id for item in first.state["__interrupt__"]] == [two]
    for again in (YES, NO):
        late = delivered(talk, one, again)
        assert (late.status, late.went_on, late.again) == ("late", False, False)
        assert (late.answer, late.answered_at) == (first.answer, first.answered_at)
        assert asked(talk) == two
    assert delivered(talk, two, YES).status == "won"
    assert not talk.pending()
    assert delivered(talk, one, YES).status == delivered(talk, two, NO).status == "late"
    assert Shop(tmp_path / "log").counts() == {"pay one 1": 1, "pay two 2": 1}


@pytest.mark.parametrize("mode", MODES)
def test_what_is_signed(mode: Mode, tmp_path: Path) -> None:
    """Who delivers has no key, and needs none."""
    talk = talk_in(tmp_path, "create_agent", mode, snapshot_signing_key="a secret of the tests")
    talk.start()
    question = asked(talk)
    first = delivered(talk, question, YES)
    late = delivered(talk, question, NO)
    assert (first.status, late.status, late.answer) == ("won", "late", [APPROVE])


@pytest.mark.parametrize("mode", MODES)
def test_a_question_of_a_subagent(mode: Mode, tmp_path: Path) -> None:
    """A program calls a subagent, whose own call needs a person."""
    tools = Shop(tmp_path / "log").tools()
    payer: Any = {
        "name": "payer",
        "description": "Pays.",
        "system_prompt": "You pay.",
        "model": ScriptedModel(turns=[[("pay", {"to": "dan", "amount": 2})]]),
        "tools": tools,
    }
    source = 'await task({ description: "Pay dan.", subagentType: "payer" })'
    talk = talk_in(tmp_path, "create_deep_agent", mode, source)
    talk.agent_options = {
        "tools": tools,
        "interrupt_on": {"pay": True},
        "subagents": [payer],
        "middleware": [CodeInterpreterMiddleware()],
    }
    talk.start()
    question = asked(talk)
    won = delivered(talk, question, YES)
    assert (won.status, won.again, bool(talk.pending())) == ("won", False, False)
    assert delivered(talk, question, NO).status == "late"
    assert Shop(tmp_path / "log").counts() == {"pay dan 2": 1}


@pytest.mark.parametrize("unfit", ["ask_again", "raise"])
@pytest.mark.parametrize("mode", MODES)
def test_an_answer_that_does_not_fit(mode: Mode, unfit: str, tmp_path: Path) -> None:
    talk = talk_in(tmp_path, "create_agent", mode, on_unfit_answer=unfit)
    talk.start()
    question = asked(talk)
    refused = delivered(talk, question, {"decisions": []})
    assert refused.status == "refused"
    assert "number of decisions" in refused.why
    assert delivered(talk, question, YES).status == "won"
    assert Shop(tmp_path / "log").counts() == {"pay one 1": 1}


@pytest.mark.parametrize("mode", MODES)
def test_the_models_own_call(mode: Mode, tmp_path: Path) -> None:
    """A call of the model itself, which the middleware asks about, counts once too."""
    talk = talk_in(tmp_path, "create_agent", mode)
    talk.model = ScriptedModel(turns=[[("pay", {"to": "ann", "amount": 3})]])
    gates = CodeInterpreterMiddleware(ptc=talk.tools, interrupt_on={"pay": True})
    talk.agent_options = {"middleware": [gates], "tools": talk.tools}
    talk.start()
    question = asked(talk)
    assert delivered(talk, question, {"decisions": []}).status == "refused"
    won = delivered(talk, question, YES)
    assert (won.status, won.answer) == ("won", [APPROVE])
    assert delivered(talk, question, NO).status == "late"
    assert Shop(tmp_path / "log").counts() == {"pay ann 3": 1}


# --- what is void ------------------------------------------------------------------------------


def agent_of(*sources: str, tools: Any = (), **gate: Any) -> Any:
    @tool
    def pay(to: str, amount: float = 1) -> str:
        """Pays somebody."""
        return f"paid {amount:g} to {to}"

    gates: Any = {"pay": {"allowed_decisions": ["approve", "reject"], **gate}}
    middleware = CodeInterpreterMiddleware(ptc=[pay, *tools], interrupt_on=gates)
    return create_agent(programs(*sources), middleware=[middleware], checkpointer=InMemorySaver())


def begun(agent: Any) -> str:
    agent.invoke(GO, CONFIG)
    return pending(agent, CONFIG)[0].interrupt_id


def void(agent: Any, question: str, config: Any = CONFIG) -> str:
    done = deliver(agent, config, question, YES)
    assert (done.status, done.again) == ("void", False)
    return done.why


def test_no_such_question() -> None:
    agent = agent_of(TWO)
    begun(agent)
    assert "never asked" in void(agent, "0" * 32)
    assert pending(agent, CONFIG)


def test_no_such_thread() -> None:
    agent = agent_of(TWO)
    question = begun(agent)
    agent.checkpointer.delete_thread("thread")
    assert "no such thread" in void(agent, question)


def test_a_question_that_was_given_up() -> None:
    agent = agent_of(TWO)
    question = begun(agent)
    agent.invoke({"messages": [("user", "something else")]}, CONFIG)
    assert "gone on without" in void(agent, question)


def test_a_question_that_a_fork_has_left_behind() -> None:
    agent = agent_of(TWO)
    question = begun(agent)
    first = [*agent.get_state_history(CONFIG)][-1]
    agent.update_state(first.config, {"messages": [("user", "otherwise")]}, as_node="model")
    assert "in another branch" in void(agent, question)


def test_a_question_that_an_answer_to_an_earlier_state_has_asked() -> None:
    """The thread stands where that answer has led, and what it asked before is left behind."""
    agent = agent_of(TWO)
    deliver(agent, CONFIG, begun(agent), YES)
    before = pending(agent, CONFIG)[0].interrupt_id
    first = [state for state in agent.get_state_history(CONFIG) if state.interrupts][-1]
    answer: Any = Command(resume={first.interrupts[0].id: YES})
    (asked,) = agent.invoke(answer, first.config)["__interrupt__"]
    assert [call.interrupt_id for call in pending(agent, CONFIG)] == [asked.id]
    assert "an earlier question was answered anew" in void(agent, before)
    assert deliver(agent, CONFIG, asked.id, YES).status == "won"


def test_a_question_that_has_expired() -> None:
    agent = agent_of(TWO, expires_after_s=0.02)
    question = begun(agent)
    time.sleep(0.04)
    done = deliver(agent, CONFIG, question, YES)
    assert (done.status, done.went_on) == ("void", True)
    assert "expired" in done.why
    assert "expired" in void(agent, question)


def test_what_is_no_question(tmp_path: Path) -> None:
    agent = agent_of(TWO)
    with pytest.raises(SetupError, match="`interrupt_id` must be"):
        deliver(agent, CONFIG, None, YES)  # type: ignore[arg-type]
    with pytest.raises(SetupError, match="must name the thread"):
        deliver(agent, {}, "a", YES)
    with pytest.raises(SetupError, match="no checkpointer"):
        deliver(create_agent(programs(TWO)), CONFIG, "a", YES)
    wrong: Any
    for wrong in ("thread", None, [], {"configurable": None}, {"configurable": "thread"}):
        with pytest.raises(SetupError, match="must name the thread"):
            deliver(agent, wrong, "a", YES)
    for wrong in (agent.checkpointer, None, "agent", agent_of):
        with pytest.raises(SetupError, match="`agent` must be"):
            deliver(wrong, CONFIG, "a", YES)
    old: Any = {"configurable": {**CONFIG["configurable"], "checkpoint_id": "1"}}
    with pytest.raises(SetupError, match="where the thread stands"):
        deliver(agent, old, "a", YES)


NEWEST = (
    "and checkpoint_id = (select max(checkpoint_id) from checkpoints where checkpoint_ns like '{}')"
)


@pytest.mark.parametrize("which", ["", NEWEST], ids=["all", "the newest"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_to_what_is_not_stored_any_more(
    kind: Kind, mode: Mode, which: str, tmp_path: Path
) -> None:
    """A database that was put back, or has lost its last rows: the question is asked again."""
    talk = talk_in(tmp_path, kind, mode)
    talk.start()
    assert delivered(talk, asked(talk), YES).status == "won"
    two, place = asked(talk), "script:%" if kind == "graph" else "tools:%"
    with tampering(tmp_path / "db") as connection:
        statement = f"delete from checkpoints where checkpoint_ns like '{place}' {which}"
        assert connection.execute(statement.format(place)).rowcount > 0
    done = delivered(talk, two, YES)
    assert (done.status, done.went_on, done.again) == ("void", True, bool(which))
    assert "was not used" in done.why
    assert Shop(tmp_path / "log").counts() == {"pay one 1": 1}
    assert (asked(talk) == two) == bool(which)
    if which:
        assert delivered(talk, two, YES).status == "won"
        assert Shop(tmp_path / "log").counts() == {"pay one 1": 1, "pay two 2": 1}


@pytest.mark.parametrize("planted", [3, None, "x", [], [7], [{"id": "x"}]], ids=repr)
def test_an_answer_to_what_is_no_question_any_more(planted: Any, tmp_path: Path) -> None:
    """Others may write to the database, and put anything in the place of a question."""
    talk = talk_in(tmp_path, "create_agent", "invoke")
    talk.start()
    question = asked(talk)
    stored = JsonPlusSerializer().dumps_typed(planted)
    with tampering(tmp_path / "db") as connection:
        where = "channel = '__interrupt__' and checkpoint_ns = ''"
        connection.execute(f"update writes set type = ?, value = ? where {where}", stored)
    assert delivered(talk, question, YES).status in ("void", "late")
    talk.send(None)
    assert asked(talk) == question
    assert delivered(talk, question, YES).status == "won"
    assert Shop(tmp_path / "log").counts() == {"pay one 1": 1}


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_to_a_program_whose_guest_is_gone(mode: Mode, tmp_path: Path) -> None:
    """No call is made for it, so it has not won; and the thread goes on."""
    talk = talk_in(tmp_path, "create_agent", mode)
    talk.start()
    other = Interpreter()  # It keeps no transcript by which it could be run again.
    other.start("await tools.pay()", tools=["pay"])
    stored = other.snapshot()
    gone = stored[:5] + bytes(16) + stored[21:]  # Where the name of the build stands.

    def replace(values: dict[str, Any]) -> None:
        place = values["paused"]["place"]
        sealer = Sealer(Signer((), "thread"), JsonPlusSerializer(), "call-0-0", place)
        values["paused"] = sealer.pause({**sealer.resume(values["paused"]), "snapshot": gone})

    rewrite(tmp_path / "db", replace)
    question = asked(talk)
    done = delivered(talk, question, YES)
    assert (done.status, done.went_on, done.again) == ("void", True, False)
    assert "could not go on" in done.why
    assert not delivered(talk, question, YES).went_on
    assert not talk.pending()
    assert not Shop(tmp_path / "log").counts()


OTHERWISE: dict[str, tuple[dict[str, Any], str]] = {
    "another name of the tool": ({"tool_name": "run"}, "the tool 'eval' that asked it"),
    "no programs": ({}, "the node that asked it"),
}


@pytest.mark.parametrize(("options", "said"), OTHERWISE.values(), ids=OTHERWISE)
@pytest.mark.parametrize("mode", MODES)
def test_an_agent_without_what_asked(
    options: dict[str, Any], said: str, mode: Mode, tmp_path: Path
) -> None:
    """A worker that is built otherwise does not use an answer up, nor does it say it is void."""
    talk = talk_in(tmp_path, "create_agent", mode)
    talk.start()
    question, built = asked(talk), talk.options
    talk.options = options
    talk.agent_options = {} if options else {"middleware": []}
    with pytest.raises(SetupError, match=said):
        delivered(talk, question, YES)
    talk.options, talk.agent_options = built, {}
    assert delivered(talk, question, YES).status == "won"
    assert Shop(tmp_path / "log").counts() == {"pay one 1": 1}


@pytest.mark.parametrize("gone", ["pay", "lookUp"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_agent_without_a_tool_of_the_program(
    kind: Kind, mode: Mode, gone: str, tmp_path: Path
) -> None:
    """Approved or called next: the answer is kept, and another worker goes on with that one."""
    source = 'await tools.pay({ to: "ann", amount: 1 }); await tools.lookUp({ key: "ann" })'
    talk = talk_in(tmp_path, kind, mode, source)
    talk.start()
    question, (look_up, pay) = asked(talk), talk.tools
    talk.tools, talk.interrupt_on = ([look_up], None) if gone == "pay" else ([pay], {"pay": True})
    with pytest.raises(SetupError, match=rf"a call of '{gone}'.* answered is kept.* again"):
        delivered(talk, question, YES)
    talk.tools, talk.interrupt_on = [look_up, pay], {"pay": True}
    done = delivered(talk, question, NO)
    assert (done.status, done.answer, done.went_on) == ("late", [APPROVE], True)
    assert Shop(tmp_path / "log").counts() == {"pay ann 1": 1, "look_up ann": 1}


# --- runs that do not come to their end ---------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_thread_that_was_cut_off_goes_on(mode: Mode, tmp_path: Path) -> None:
    """The next program fails; whoever delivers again goes on, and nothing is lost or twice."""
    shop = Shop(tmp_path / "log")

    @tool
    def fail() -> str:
        """Fails, the first time."""
        shop.note("fail")
        if shop.counts()["fail"] == 1:
            raise ConnectionError("the road is closed")
        return "through"

    talk = talk_in(tmp_path, "create_agent", mode)
    talk.tools = [*shop.tools(), fail]
    talk.model = programs('await tools.pay({ to: "ann", amount: 1 })', "await tools.fail()")
    talk.start()
    question = asked(talk)
    with pytest.raises(ConnectionError):
        delivered(talk, question, YES)
    again = delivered(talk, question, YES)
    assert (again.status, again.went_on) == ("late", True)
    assert again.state["messages"][-1].text == "done"
    assert not delivered(talk, question, YES).went_on
    assert shop.counts() == {"pay ann 1": 1, "fail": 2}


def test_a_step_whose_end_was_not_stored(tmp_path: Path) -> None:
    """All its tasks have results, and still it is not over."""
    talk = talk_in(tmp_path, "create_agent", "invoke", 'await tools.pay({ to: "ann", amount: 1 })')
    talk.start()
    question = asked(talk)
    assert delivered(talk, question, YES).status == "won"
    with tampering(tmp_path / "db") as connection:
        newest = (
            "select max(checkpoint_id) from checkpoints where checkpoint_ns = ''",
            "delete from checkpoints where checkpoint_ns = '' and checkpoint_id = ?",
        )
        last = connection.execute(newest[0]).fetchone()
        connection.execute(newest[1], last)
    again = delivered(talk, question, YES)
    assert (again.status, again.went_on) == ("late", True)
    assert not delivered(talk, question, YES).went_on


def deadly(database: str, log: str, where: str, mode: Mode) -> Conversation:
    shop = Shop(Path(log))

    @tool
    def die(what: str) -> str:
        """Does something, and takes the process along the first time."""
        shop.note(what)
        if what == where and shop.counts()[what] == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return what

    talk = Conversation("create_agent", mode, named(database), "", [die], {"die": {
        "allowed_decisions": ["approve"], "when": lambda request: "yes" in str(request.tool_call)
    }})  # fmt: skip
    talk.model = programs(
        'await tools.die({ what: "before" }); await tools.die({ what: "yes" });'
        'await tools.die({ what: "after" })',
        'await tools.die({ what: "next" })',
    )
    return talk


def deliver_in_child(database: str, log: str, where: str, mode: Mode, question: str) -> str:
    talk = deadly(database, log, where, mode)
    done = delivered(talk, question, YES, _file_lock(log) if mode == "invoke" else None)
    return f"{done.status} {done.went_on}"


def _file_lock(log: str) -> Callable[[str], contextlib.AbstractContextManager[None]]:
    import fcntl  # noqa: PLC0415

    @contextlib.contextmanager
    def lock(thread_id: str) -> Iterator[None]:
        with Path(f"{log}.{thread_id}").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    return lock


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("where", ["yes", "after", "next"])
def test_a_worker_that_is_killed(where: str, mode: Mode, nursery: Nursery, tmp_path: Path) -> None:
    database, log = str(tmp_path / "db"), str(tmp_path / "log")
    talk = deadly(database, log, where, mode)
    talk.start()
    question = asked(talk)
    children = nursery.of(deliver_in_child)
    assert children.live(database, log, where, mode, question) is None
    again = children.live(database, log, where, mode, question)
    assert again == "late True"
    if where == "yes":  # Nobody knows whether it took effect, so a person is asked once more.
        assert Shop(Path(log)).counts()["yes"] == 1
        (item,) = talk.pending()
        assert item.id != question
        assert children.live(database, log, where, mode, item.id) == "won True"
    assert children.live(database, log, where, mode, question) == "late False"
    done = {"before": 1, "yes": 1, "after": 1, "next": 1}
    assert Shop(Path(log)).counts() == {**done, where: 2}
    assert not talk.pending()


def die_elsewhere(database: str, log: str, question: str) -> None:
    """A worker on another machine, as far as anybody else can see."""
    claimants._named.cache_clear()
    claimants._machine = lambda: ("another machine", "")  # type: ignore[assignment]
    deliver_in_child(database, log, "after", "ainvoke", question)


def test_with_a_lock_nobody_waits_for_a_machine_that_is_gone(
    nursery: Nursery, tmp_path: Path
) -> None:
    database, log = str(tmp_path / "db"), str(tmp_path / "log")
    talk = deadly(database, log, "after", "invoke")
    talk.start()
    question = asked(talk)
    nursery.of(die_elsewhere).live(database, log, question)
    waits = delivered(talk, question, YES)
    assert (waits.status, waits.went_on, waits.again) == ("late", False, True)
    assert waits.why.endswith("Deliver the answer again later; if that run has died, it goes on.")
    goes_on = delivered(talk, question, YES, _file_lock(log))
    assert (goes_on.status, goes_on.went_on, goes_on.again) == ("late", True, False)
    assert not talk.pending()


# --- locks ---------------------------------------------------------------------------------------


def nested(talk: Conversation, question: list[str], lock: Any, came: list[Any]) -> Any:
    """A tool of the next program, in which the same answer is delivered once more."""

    @tool
    def write() -> str:
        """Writes to somebody."""
        Shop(Path(str(talk.database)).with_name("log")).note("write")
        if not came:
            came.append(None)
            try:
                came[0] = delivered(talk, question[0], YES, lock)
            except ThreadLockError as error:
                came[0] = error
        return "written"

    return write


def prepared(talk: Conversation, lock: Any, came: list[Any]) -> str:
    question: list[str] = []
    write = nested(talk, question, lock, came)
    talk.tools = [*Shop(Path(str(talk.database)).with_name("log")).tools(), write]
    talk.model = programs('await tools.pay({ to: "ann", amount: 1 })', "await tools.write()")
    talk.start()
    question.append(asked(talk))
    return question[0]


def test_without_a_lock_the_next_program_is_run_by_both(tmp_path: Path) -> None:
    came: list[Any] = []
    talk = talk_in(tmp_path, "create_agent", "invoke")
    question = prepared(talk, None, came)
    assert delivered(talk, question, YES).status == "won"
    assert (came[0].status, came[0].went_on) == ("late", True)
    assert Shop(tmp_path / "log").counts() == {"pay ann 1": 1, "write": 2}


def test_with_a_lock_one_worker_runs_a_thread(postgres: Server, tmp_path: Path) -> None:
    came: list[Any] = []
    talk = talk_in(tmp_path, "create_agent", "invoke")
    lock = PostgresLock(postgres.address, timeout_s=0.3)
    question = prepared(talk, lock, came)
    assert delivered(talk, question, YES, lock).status == "won"
    assert isinstance(came[0], ThreadLockError)
    assert Shop(tmp_path / "log").counts() == {"pay ann 1": 1, "write": 1}
    assert delivered(talk, question, YES, lock).status == "late"


def test_locks_that_are_given(tmp_path: Path) -> None:
    held: list[str] = []
    locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
    alocks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @contextlib.asynccontextmanager
    async def alock(thread_id: str) -> AsyncIterator[None]:
        async with alocks[thread_id]:
            held.append(thread_id)
            yield

    def lock(thread_id: str) -> threading.Lock:
        held.append(thread_id)
        return locks[thread_id]

    agent = agent_of(TWO, LOOK)
    one = begun(agent)
    assert deliver(agent, CONFIG, one, YES, lock=lock).status == "won"
    two = pending(agent, CONFIG)[0].interrupt_id
    assert asyncio.run(adeliver(agent, CONFIG, two, YES, lock=alock)).status == "won"
    assert held == ["thread", "thread"]
    assert not locks["thread"].locked()
    with pytest.raises(SetupError, match="`async with`"):
        asyncio.run(adeliver(agent, CONFIG, two, YES, lock=lock))
    with pytest.raises(SetupError, match="`with`"):
        deliver(agent, CONFIG, two, YES, lock=alock.__wrapped__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("lock", [{}, "thread", threading.Lock(), lambda _: None, lambda _: 5])
def test_what_is_no_lock_is_refused_before_anything_runs(lock: Any, mode: Mode) -> None:
    agent = agent_of(TWO, LOOK)
    one = begun(agent)
    given = (agent, CONFIG, one, YES)
    with pytest.raises(SetupError, match="`lock` must"):
        _ = (
            deliver(*given, lock=lock)
            if mode == "invoke"
            else asyncio.run(adeliver(*given, lock=lock))
        )
    assert pending(agent, CONFIG)[0].interrupt_id == one


def test_a_lock_is_freed_when_a_delivery_is_cancelled() -> None:
    entered = asyncio.Event()

    @tool
    async def hang() -> str:
        """Never ends."""
        entered.set()
        await asyncio.Event().wait()
        return "never"

    async def main() -> None:
        lock = asyncio.Lock()
        agent = agent_of('await tools.pay({ to: "ann" }); await tools.hang()', tools=[hang])
        await agent.ainvoke(GO, CONFIG)
        question = pending(agent, CONFIG)[0].interrupt_id
        task = asyncio.create_task(adeliver(agent, CONFIG, question, YES, lock=lambda _: lock))
        await entered.wait()
        assert lock.locked()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not lock.locked()

    asyncio.run(main())


def test_an_answer_that_waits_for_the_run_beside_it(tmp_path: Path) -> None:
    """Without a lock: while one answer is worked on, the other is taken, and kept for that run."""
    shop, came = Shop(tmp_path / "log"), list[Delivered]()
    talk = talk_in(tmp_path, "create_agent", "invoke", BOTH, ask="each")

    @tool
    def pay(to: str, amount: float) -> str:
        """Pays somebody; the other answer comes meanwhile."""
        shop.note(f"pay {to} {amount:g}")
        if not came:
            came.append(delivered(talk, other, YES))
        return "paid"

    talk.tools = [pay]
    talk.start()
    one, other = (str(item.id) for item in talk.pending())
    assert delivered(talk, one, YES).status == "won"
    assert (came[0].status, came[0].again) == ("won", True)
    assert came[0].why.endswith("Deliver the answer again later; if that run has died, it goes on.")
    again = delivered(talk, other, YES)
    assert (again.status, again.again) == ("late", False)
    assert not talk.pending()
    assert shop.counts() == {"pay one 1": 1, "pay two 2": 1}


# --- questions of others -------------------------------------------------------------------------


class Notes(TypedDict, total=False):
    text: str


def test_a_question_of_a_node() -> None:
    agent: Any = StateGraph(Notes)
    agent.add_node("ask", lambda state: {"text": interrupt("what?")})
    agent.add_edge(START, "ask")
    agent = agent.compile(checkpointer=InMemorySaver())
    agent.invoke({"text": ""}, CONFIG)
    (item,) = agent.get_state(CONFIG).interrupts
    won = deliver(agent, CONFIG, item.id, "so")
    assert (won.status, won.state["text"]) == ("won", "so")
    late = deliver(agent, CONFIG, item.id, "otherwise")
    assert (late.status, late.went_on) == ("late", False)
    assert agent.get_state(CONFIG).values["text"] == "so"


def test_a_question_of_langchains_middleware() -> None:
    """After a crash its call may be made again: that is what LangGraph guarantees."""
    made: list[str] = []

    @tool
    def pay(to: str) -> str:
        """Pays somebody; fails the first time."""
        made.append(to)
        if len(made) == 1:
            raise ConnectionError("the road is closed")
        return f"paid {to}"

    agent: Any = create_agent(
        ScriptedModel(turns=[[("pay", {"to": "ann"})]]),
        [pay],
        middleware=[HumanInTheLoopMiddleware({"pay": True})],
        checkpointer=InMemorySaver(),
    )
    question = begun(agent)
    with pytest.raises(ConnectionError):
        deliver(agent, CONFIG, question, YES)
    again = deliver(agent, CONFIG, question, YES)
    assert (again.status, again.went_on) == ("late", True)
    assert not deliver(agent, CONFIG, question, YES).went_on
    assert made == ["ann", "ann"]


def test_programs_side_by_side() -> None:
    """Each answer wakes its own program, and the other question stands."""
    agent = agent_of()
    agent = create_agent(
        parallel_programs([TWO, TWO.replace("one", "three")]),
        middleware=[CodeInterpreterMiddleware(ptc=[_pay], interrupt_on={"pay": True}, mode="call")],
        checkpointer=InMemorySaver(),
    )
    agent.invoke(GO, CONFIG)
    first, second = (call.interrupt_id for call in pending(agent, CONFIG))
    assert deliver(agent, CONFIG, first, YES).status == "won"
    assert second in {call.interrupt_id for call in pending(agent, CONFIG)}
    assert deliver(agent, CONFIG, first, NO).status == "late"
    assert deliver(agent, CONFIG, second, YES).status == "won"


@tool("pay")
def _pay(to: str, amount: float) -> str:
    """Pays somebody."""
    return f"paid {amount:g} to {to}"


def test_options_of_the_run() -> None:
    agent = agent_of('await tools.pay({ to: "ann" })')
    question = begun(agent)
    done = deliver(agent, CONFIG, question, YES, stream_mode="updates")
    assert isinstance(done.state, list)
