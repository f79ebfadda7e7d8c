"""What programs declare is there for the next one: over turns, processes, forks and looks back."""

from __future__ import annotations

import asyncio
import statistics
from pathlib import Path
from typing import Any

import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, SetupError
from langchain_quickjs.script.variables.channel import Reference, VariablesChannel
from tests.helpers.conversations import MODES, Mode
from tests.helpers.databases import Database, opened, tampering
from tests.helpers.memory import Remembering, result
from tests.helpers.models import programs
from tests.helpers.nurseries import Nursery
from tests.helpers.stories import APPROVE
from tests.helpers.tables import table
from tests.helpers.turns import Dictated, converse, one_kilobyte, plain_tool

DECLARE = (
    "let count = 1; const add = (n) => (count += n); class Point { x = count };"
    " const seen = new Map([['a', [1]]]); add(1)"
)
USE = "seen.get('a').push(add(10)); JSON.stringify([count, new Point().x, [...seen]])"
USED = '[12,12,[["a",[1,12]]]]'


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("create", [create_agent, create_deep_agent])
def test_variables_live_as_long_as_the_thread(
    create: Any, mode: Mode, database: Database | None
) -> None:
    talk = Remembering(mode, database, create=create)
    assert result(talk.say(DECLARE)) == "2"
    assert result(talk.say(USE)) == USED
    assert result(talk.say("let count = 'again'; typeof add + count")) == "functionagain"
    talk.thread = "another"
    assert "count is not defined" in talk.say("count")


def say_elsewhere(mode: Mode, database: str, source: str) -> str:
    """What the model is told of a program that runs in a process of its own."""
    return Remembering(mode, Path(database)).say(source)


@pytest.mark.parametrize("mode", MODES)
def test_another_process_goes_on(mode: Mode, nursery: Nursery, tmp_path: Path) -> None:
    children = nursery.of(say_elsewhere)
    for source, told in ((DECLARE, "2"), (USE, USED)):
        assert result(children.live(mode, str(tmp_path / "db"), source)) == told
    assert result(Remembering(mode, tmp_path / "db").say("add(1)")) == "13"


@pytest.mark.parametrize("mode", MODES)
def test_turns_and_calls(mode: Mode) -> None:
    @tool
    def nothing() -> None:
        """Does nothing."""

    def texts(how: str, *sources: str) -> list[str]:
        saver = InMemorySaver()
        config: Any = {"configurable": {"thread_id": "1"}}
        found = []
        agent = create_agent(
            programs(*sources),
            middleware=[CodeInterpreterMiddleware(mode=how)],  # type: ignore[arg-type]  # that is the test
            checkpointer=saver,
        )
        message: Any = {"messages": [("user", "go")]}
        if mode == "invoke":
            found = agent.invoke(message, config)["messages"]
        else:
            found = asyncio.run(agent.ainvoke(message, config))["messages"]
        return [m.text for m in found if m.type == "tool"]

    pair = ("let a = 1; a", "typeof a")
    assert texts("thread", *pair)[1] == texts("turn", *pair)[1] == "<result>number</result>"
    assert texts("call", *pair)[1] == "<result>undefined</result>"

    talk = Remembering(mode, None, {"mode": "turn"})
    talk.say("let a = 1")
    assert result(talk.say("typeof a")) == "undefined"
    assert "gone" not in talk.say("typeof a")  # As was said in the prompt.


@pytest.mark.parametrize("mode", MODES)
def test_a_turn_lasts_through_a_pause(mode: Mode, database: Database | None) -> None:
    @tool
    def ask() -> str:
        """Asks."""
        return "yes"

    options = {"mode": "turn", "interrupt_on": {"ask": True}}
    talk = Remembering(mode, database, options, [ask])
    talk.say("let a = 1; a += (await tools.ask()).length")
    assert result(talk.send(Command(resume={"decisions": [APPROVE]}))) == "4"


@pytest.mark.parametrize("mode", MODES)
def test_a_paused_program_leaves_its_variables(mode: Mode, database: Database | None) -> None:
    @tool
    def ask(what: str) -> str:
        """Asks."""
        return what

    talk = Remembering(mode, database, {"interrupt_on": {"ask": True}}, [ask])
    talk.say("let before = 1")
    talk.say("let during = await tools.ask({ what: 'x' }); const after = during + before; after")
    assert talk.last["__interrupt__"]
    assert result(talk.send(Command(resume={"decisions": [APPROVE]}))) == "x1"
    assert result(talk.say("[before, during, after].join()")) == "1,x,x1"


@pytest.mark.parametrize("mode", MODES)
def test_a_failed_program_leaves_what_it_declared(mode: Mode, database: Database | None) -> None:
    @tool
    def wait() -> None:
        """Waits."""

    talk = Remembering(mode, database, {"timeout": 0.3}, [wait])
    talk.say("let a = 1; throw new Error('no')")
    assert result(talk.say("a")) == "1"
    assert 'type="Timeout"' in talk.say("let b = 2; await tools.wait(); a = 5; while (true) {}")
    # The step that computed for too long never happened; the one before it did.
    assert result(talk.say("[a, b].join()")) == "1,2"
    assert 'type="Timeout"' in talk.say("let c = 3; while (true) {}")
    assert result(talk.say("[a, b, typeof c].join()")) == "1,2,undefined"


@pytest.mark.parametrize("mode", MODES)
def test_forks_and_looks_back(mode: Mode, database: Database | None) -> None:
    talk = Remembering(mode, database)
    talk.say("let path = ['root']")
    root = talk.checkpoint()
    talk.say("path.push('main'); path.join()")
    main = talk.checkpoint()

    assert result(talk.say("path.push('fork'); path.join()", root)) == "root,fork"
    fork = talk.checkpoint()
    assert result(talk.say("path.push('on'); path.join()", main)) == "root,main,on"
    assert result(talk.say("path.push('off'); path.join()", fork)) == "root,fork,off"
    # The same place once more: neither of the two branches is seen.
    assert result(talk.say("path.push('again'); path.join()", root)) == "root,again"


@pytest.mark.parametrize("mode", MODES)
def test_forks_draw_other_numbers(mode: Mode, tmp_path: Path) -> None:
    talk = Remembering(mode, tmp_path / "db")
    talk.say("let drawn = [Math.random()]")
    root = talk.checkpoint()
    draw = "[crypto.randomUUID(), Math.random(), drawn[0]].join()"
    uuids, numbers, kept = zip(
        *(result(talk.say(draw, root)).split(",") for _ in "abc"), strict=True
    )
    assert len(set(uuids)) == len(set(numbers)) == 3
    assert len(set(kept)) == 1


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
def test_a_fork_made_by_update_state(database: Database) -> None:
    talk = Remembering("invoke", database)
    talk.say("let a = ['first']")
    first = talk.checkpoint()
    talk.say("a.push('second')")
    with opened(database) as saver:
        forked = talk.agent(saver).update_state(
            {"configurable": {**talk.config(first)["configurable"], "checkpoint_ns": ""}},
            {"messages": [("user", "said by hand")]},
        )
    place = forked["configurable"]["checkpoint_id"]
    assert result(talk.say("a.push('forked'); a.join()", place)) == "first,forked"


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
def test_running_an_old_step_again_gives_the_same(database: Database) -> None:
    talk = Remembering("invoke", database)
    talk.say("let n = 1")
    talk.say("n += 1; n")
    with opened(database) as saver:
        agent = talk.agent(saver)
        history = list(agent.get_state_history(talk.config()))
        before = next(state for state in history if state.next == ("tools",))
        state = agent.invoke(None, before.config)
    assert result(state["messages"][-2].text) == "2"


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
def test_nobody_sees_it_who_does_not_look_for_it(database: Database) -> None:
    talk = Remembering("invoke", database)
    talk.say("let a = 1")
    assert set(talk.last) == {"messages"}
    assert set(talk.state().values) == {"messages"}
    with opened(database) as saver:
        agent = talk.agent(saver)
        for kind in ("values", "updates", "messages", "custom"):
            chunks = list(
                agent.stream({"messages": [("user", "a")]}, talk.config(), stream_mode=kind)
            )
            assert "_quickjs" not in repr(chunks), kind
        assert all(
            set(state.values) <= {"messages"} for state in agent.get_state_history(talk.config())
        )
        assert "_quickjs" not in str(agent.get_input_jsonschema())
        assert "_quickjs" not in str(agent.get_output_jsonschema())
        saver.delete_thread(talk.thread)
        assert not list(saver.list(talk.config()))


def test_without_a_checkpointer_variables_live_as_long_as_a_run() -> None:
    agent = create_agent(
        programs("let a = 1", "a += 1", "a"), middleware=[CodeInterpreterMiddleware()]
    )
    message: Any = {"messages": [("user", "go")]}
    texts = [m.text for m in agent.invoke(message)["messages"]]
    assert texts[2::2][:3] == [
        "<result>undefined</result>",
        "<result>2</result>",
        "<result>2</result>",
    ]


GONE = "The variables of earlier programs are gone: "


def change(database: Path, statement: str) -> None:
    with tampering(database) as connection:
        connection.create_function("damaged", 1, lambda blob: blob.replace(b"QJSR", b"QJSX"))
        assert connection.execute(statement).rowcount > 0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "update checkpoints set checkpoint = damaged(checkpoint)"
            " where checkpoint_ns like 'quickjs_heap%'",
            "missing",
        ),
        ("delete from checkpoints where checkpoint_ns like 'quickjs_heap%'", "not stored any more"),
        ("delete from writes where checkpoint_ns like 'quickjs_heap%'", "missing"),
    ],
)
def test_a_lost_heap_is_told_to_the_model(
    statement: str, reason: str, mode: Mode, tmp_path: Path
) -> None:
    talk = Remembering(mode, tmp_path / "db")
    talk.say("let a = 1")
    talk.say("a += 1")
    change(tmp_path / "db", statement)
    text = talk.say("let b = 5; typeof a")
    assert text.startswith(GONE)
    assert reason in text
    assert result(text) == "undefined"
    assert talk.say("typeof a + b") == "<result>undefined5</result>"  # It is said once.


@pytest.mark.parametrize("mode", MODES)
def test_a_heap_that_is_too_large_is_dropped(mode: Mode, database: Database | None) -> None:
    talk = Remembering(mode, database, {"max_snapshot_bytes": 20_000})
    talk.say("let a = 1; let big = ''")
    text = talk.say("for (let i = 0; i < 30000; i++) big += Math.random(); big.length > 0")
    assert "The variables were not kept" in text
    assert "20000" in text
    assert result(text) == "true"
    assert talk.say("typeof a") == "<result>undefined</result>"
    assert talk.say("let c = 1; typeof big") == "<result>undefined</result>"
    assert talk.say("c") == "<result>1</result>"


def test_wrong_arguments() -> None:
    with pytest.raises(SetupError, match="mode"):
        CodeInterpreterMiddleware(mode="forever")  # type: ignore[arg-type]  # that is the test
    with pytest.raises(SetupError, match="max_snapshot_bytes"):
        CodeInterpreterMiddleware(max_snapshot_bytes=0)


def test_the_channel_takes_what_follows_and_refuses_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    channel = VariablesChannel().from_checkpoint(VariablesChannel().checkpoint())
    one, two, three = (Reference(bytes([n]) * 32, bytes([n - 1]) * 32) for n in (1, 2, 3))
    first = Reference(one.id)
    assert channel.update([three.pack(), first.pack(), two.pack()])  # In any order.
    assert Reference.unpack(channel.checkpoint()).id == three.id
    stale = Reference(b"s" * 32, one.id)
    assert not channel.update([stale.pack()])
    assert "were not kept" in caplog.text
    assert Reference.unpack(channel.checkpoint()).id == three.id
    assert not channel.is_available()


@pytest.mark.parametrize("create", [create_agent, create_deep_agent])
def test_many_turns_cost_as_much_as_the_first(
    create: Any, nursery: Nursery, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    turns = 200 if request.config.getoption("--full") else 24
    with_us, without = tmp_path / "with", tmp_path / "without"

    def ours(saver: Any) -> Any:
        middleware = [CodeInterpreterMiddleware()]
        return create(model=Dictated(), middleware=middleware, checkpointer=saver)

    def bare(saver: Any) -> Any:
        return create(model=Dictated(), tools=[plain_tool()], checkpointer=saver)

    took = converse({with_us: ours, without: bare}, [one_kilobyte(turn) for turn in range(turns)])
    beyond = (took[with_us].stored - took[without].stored) / turns

    def beyond_ms(part: slice) -> float:
        pairs = zip(took[with_us].seconds[part], took[without].seconds[part], strict=True)
        return 1000 * statistics.median(one - other for one, other in pairs)

    first, last = beyond_ms(slice(1, 11)), beyond_ms(slice(-10, None))
    lines = table(request.config, "turns that each add 1 KB to the heap", "two agents side by side")
    lines.append(
        f"{create.__name__}, {turns} turns: {beyond:.0f} bytes a turn beyond an agent without us; "
        f"{first:.1f} ms a turn in the first ten turns, {last:.1f} ms in the last ten"
    )
    assert beyond < 4000

    # Any turn can be gone on from, by another process each.
    talk = Remembering("invoke", tmp_path / "with", create=create, thread="1")
    with SqliteSaver.from_conn_string(str(tmp_path / "with")) as saver:
        ends = [s for s in talk.agent(saver).get_state_history(talk.config()) if not s.next]
    ends.reverse()
    children = nursery.of(length_at)
    for number in range(0, turns, 1 if turns == 200 else 11):
        place = ends[number].config["configurable"]["checkpoint_id"]
        length = children.live(str(with_us), create.__name__, place)
        assert length == str(number + 1)


def length_at(database: str, create: str, place: str) -> str:
    """How much a script finds that goes on from a checkpoint; run in a process of its own."""
    made = {"create_agent": create_agent, "create_deep_agent": create_deep_agent}[create]
    talk = Remembering("invoke", Path(database), create=made, thread="1")
    return result(talk.say("log.length", place))


class Unlucky(InMemorySaver):
    """A database that is gone when a program has ended, before its task's writes are stored."""

    fails = False

    def put_writes(self, config: Any, writes: Any, *args: Any, **kwargs: Any) -> None:
        outermost = not config["configurable"]["checkpoint_ns"]
        if self.fails and outermost and "messages" in [channel for channel, _ in writes]:
            raise ConnectionError("gone")
        super().put_writes(config, writes, *args, **kwargs)


@pytest.mark.parametrize("durability", ["pause", "call"])
@pytest.mark.parametrize("mode", MODES)
def test_what_a_program_wrote_is_there_if_its_run_is_cut_off_at_its_end(
    mode: Mode, durability: Any
) -> None:
    """Neither variables are lost then, nor what its tools have written to the agent's state."""

    @tool
    def pay() -> str:
        """Pays."""
        return "paid"

    async def sent(message: Any) -> Any:
        return await agent.ainvoke(message, config, durability="sync")

    def send(message: Any) -> Any:
        if mode == "ainvoke":
            return asyncio.run(sent(message))
        return agent.invoke(message, config, durability="sync")

    saver, config = Unlucky(), {"configurable": {"thread_id": "thread"}}
    write = 'await tools.writeFile({ file_path: "/a", content: "text" });'
    interpreter = CodeInterpreterMiddleware(
        ptc=["write_file", pay], interrupt_on={"pay": True}, durability=durability
    )
    agent: Any = create_deep_agent(
        programs(f"let count = 41; {write} await tools.pay()", "count + 1"),
        middleware=[interpreter],
        checkpointer=saver,
    )
    send({"messages": [("user", "go")]})
    saver.fails = True
    with pytest.raises(ConnectionError):
        send(Command(resume={"decisions": [APPROVE]}))
    saver.fails = False
    state = send(None)
    assert [m.text for m in state["messages"] if m.type == "tool"] == [
        "<result>paid</result>",
        "<result>42</result>",
    ]
    assert "/a" in state["files"]
    assert not [key for key in state if key.startswith("_quickjs")]
