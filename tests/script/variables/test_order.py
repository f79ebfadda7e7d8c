"""Several programs in one message: one after the other where they share variables, else at once."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool

from langchain_quickjs import CodeInterpreterMiddleware
from langchain_quickjs.script.variables.store import recent_heaps
from tests.helpers.conversations import MODES, Conversation, Mode
from tests.helpers.models import ScriptedModel, parallel_programs
from tests.helpers.nurseries import Nursery
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

GO: Any = {"messages": [("user", "go")]}
COUNT = (
    "let a = ['one']; a.join()",
    *(f"a.push('{n}'); a.join()" for n in ("two", "three", "four")),
)
COUNTED = ["one", "one,two", "one,two,three", "one,two,three,four"]
PAY = "let a = ['one']; a.push(await tools.pay({ to: 'ann', amount: 1 })); a.join()"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "log")


def texts(state: dict[str, Any]) -> list[str]:
    return [
        m.text.removeprefix("<result>").removesuffix("</result>")
        for m in state["messages"]
        if isinstance(m, ToolMessage)
    ]


def run(agent: Any, mode: Mode, config: Any = None) -> dict[str, Any]:
    if mode == "invoke":
        return dict(agent.invoke(GO, config))
    return dict(asyncio.run(agent.ainvoke(GO, config)))


def talk_of(
    mode: Mode, shop: Shop, sources: Sequence[str], model: Any = None, **more: Any
) -> Conversation:
    database = shop.log.with_name("db")
    talk = Conversation("create_agent", mode, database, "", shop.tools(), {"pay": True}, **more)
    talk.model = model or parallel_programs(sources)
    return talk


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("create", [create_agent, create_deep_agent])
@pytest.mark.parametrize("limit", [None, 1, 2])
def test_they_run_in_order(create: Any, count: int, mode: Mode, limit: int | None) -> None:
    agent = create(model=parallel_programs(COUNT[:count]), middleware=[CodeInterpreterMiddleware()])
    config = {} if limit is None else {"max_concurrency": limit}
    state = run(agent, mode, config)
    assert texts(state) == COUNTED[:count]


@pytest.mark.parametrize("mode", MODES)
def test_a_slow_one_is_waited_for(mode: Mode, shop: Shop) -> None:
    sources = [
        "let a = (await tools.lookUp({ key: 'k', delay_s: 0.4 })).price",
        "a += (await tools.lookUp({ key: 'kk', delay_s: 0.1 })).price",
        "a",
    ]
    talk = talk_of(mode, shop, sources)
    assert texts(talk.start()) == ["undefined", "3", "3"]
    assert list(shop.log.read_text().split()) == ["look_up", "k", "look_up", "kk"]


@pytest.mark.parametrize("mode", MODES)
def test_other_tools_of_the_message_do_not_wait(mode: Mode) -> None:
    program = ("eval", {"code": "await tools.slow(); 1"})
    model = ScriptedModel(turns=[[program, ("quick", {}), ("eval", {"code": "2"})]])
    ended: list[str] = []
    quick_has_ended = threading.Event()

    @tool
    def slow() -> None:
        """Waits for the other one."""
        quick_has_ended.wait(30)
        ended.append("slow")

    @tool
    def quick() -> str:
        """Waits for nothing."""
        ended.append("quick")
        quick_has_ended.set()
        return "quick"

    agent = create_agent(model, tools=[quick], middleware=[CodeInterpreterMiddleware(ptc=[slow])])
    assert texts(run(agent, mode)) == ["1", "quick", "2"]
    assert ended == ["quick", "slow"]


@pytest.mark.parametrize("mode", MODES)
def test_after_one_that_waits_the_others_are_not_run(mode: Mode, shop: Shop) -> None:
    sources = ["let b = 1; b", PAY, "a.push('x'); await tools.lookUp({ key: 'never' })", "a"]
    turns = [
        [("eval", {"code": source}) for source in sources],
        [("eval", {"code": "[b, a].join()"})],
    ]
    talk = talk_of(mode, shop, (), ScriptedModel(turns=turns))
    talk.start()
    assert [request["name"] for request in talk.question["action_requests"]] == ["pay"]
    assert not shop.counts()

    recent_heaps.clear()  # As another process would find it.
    talk.decide(APPROVE)
    first, second, third, fourth, fifth = texts(talk.last)
    assert (first, second) == ("1", "one,paid 1 to ann")
    for text in (third, fourth):
        assert text.startswith('<error type="NotRun">This program was not run, because an earlier')
    assert fifth == "1,one,paid 1 to ann"
    assert shop.counts() == {"pay ann 1": 1}


@pytest.mark.parametrize("mode", MODES)
def test_two_pauses_of_the_second(mode: Mode, shop: Shop) -> None:
    twice = "for (let i = 0; i < 2; i++) a.push(await tools.pay({ to: 'b', amount: i })); a.join()"
    turns = [
        [("eval", {"code": "let a = [0]"}), ("eval", {"code": twice})],
        [("eval", {"code": "a.length"})],
    ]
    talk = talk_of(mode, shop, (), ScriptedModel(turns=turns))
    talk.start()
    talk.decide(APPROVE)
    recent_heaps.clear()
    talk.decide({"type": "reject"})
    assert "RejectedError" in texts(talk.last)[1]
    assert texts(talk.last)[2] == "2"  # What was there before it was refused.


@pytest.mark.parametrize("mode", MODES)
def test_one_that_fails_lets_the_next_begin(mode: Mode, shop: Shop) -> None:
    sources = ["let a = 1; a.b.c", "1 +", "a + 1"]
    first, second, third = texts(talk_of(mode, shop, sources).start())
    assert 'type="TypeError"' in first
    assert 'type="SyntaxError"' in second
    assert third == "2"


class Gatekeeper(AgentMiddleware[Any, Any, Any]):
    """Answers some calls by itself, and has others run twice."""

    def wrap_tool_call(self, request: Any, handler: Any) -> Any:
        code = request.tool_call["args"]["code"]
        if "stop" in code:
            return ToolMessage("stopped", tool_call_id=request.tool_call["id"])
        return (handler(request), handler(request))[1] if "twice" in code else handler(request)

    async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
        code = request.tool_call["args"]["code"]
        if "stop" in code:
            return ToolMessage("stopped", tool_call_id=request.tool_call["id"])
        if "twice" in code:
            await handler(request)
        return await handler(request)


@pytest.mark.parametrize("mode", MODES)
def test_one_that_never_begins_holds_nobody_up(mode: Mode) -> None:
    sources = ["let a = 1", "'stop'", "a += 1; 'twice'", "a"]
    agent = create_agent(
        parallel_programs(sources), middleware=[Gatekeeper(), CodeInterpreterMiddleware()]
    )
    state = run(agent, mode)
    assert texts(state) == ["undefined", "stopped", "twice", "2"]


@pytest.mark.parametrize("mode", MODES)
def test_an_error_of_the_host_ends_all_and_the_next_run_goes_on(mode: Mode, shop: Shop) -> None:
    class Fails(AgentMiddleware[Any, Any, Any]):
        broken = True

        def wrap_tool_call(self, request: Any, handler: Any) -> Any:
            self.fail(request)
            return handler(request)

        async def awrap_tool_call(self, request: Any, handler: Any) -> Any:
            self.fail(request)
            return await handler(request)

        def fail(self, request: Any) -> None:
            if self.broken and "push('two')" in str(request.tool_call["args"]):
                time.sleep(0.1)
                raise OSError("the disk is full")

    fails = Fails()
    more = {"agent_options": {"middleware": [fails, CodeInterpreterMiddleware()]}}
    talk = talk_of(mode, shop, COUNT, **more)
    with pytest.raises(OSError, match="disk is full"):
        talk.start()
    fails.broken = False
    assert texts(talk.send(None)) == COUNTED


def killed(folder: Path, mode: Mode, *, dies: bool) -> Conversation:
    """Programs of which the second kills its process, unless that is already done."""
    shop = Shop(folder / "log")
    look_up, _ = shop.tools()

    @tool
    def last_words() -> str:
        """Ends the process."""
        shop.note("last words")
        if dies:
            time.sleep(0.5)  # What the first one wrote is on its way to the database.
            os.kill(os.getpid(), signal.SIGKILL)
        return "said"

    sources = [
        "let a = [(await tools.lookUp({ key: 'first' })).key]; a.join()",
        "a.push(await tools.lastWords()); a.join()",
        "a.push('third'); a.join()",
    ]
    model = ScriptedModel(
        turns=[[("eval", {"code": source}) for source in sources], [("eval", {"code": "a.length"})]]
    )
    talk = Conversation("create_agent", mode, folder / "db", "", [look_up, last_words])
    talk.model = model
    talk.run_options = {"durability": "sync"}
    return talk


def die(folder: str, mode: Mode) -> None:
    """A process of its own, which does not get further."""
    killed(Path(folder), mode, dies=True).start()


@pytest.mark.parametrize("mode", MODES)
def test_after_a_kill_those_that_had_ended_are_not_run_again(
    mode: Mode, nursery: Nursery, tmp_path: Path
) -> None:
    assert nursery.of(die).live(str(tmp_path), mode) is None
    talk = killed(tmp_path, mode, dies=False)
    assert texts(talk.send(None)) == ["first", "first,said", "first,said,third", "3"]
    assert Shop(tmp_path / "log").counts() == {"look_up first": 1, "last words": 2}


@pytest.mark.parametrize("mode", MODES)
def test_where_nothing_is_shared_they_run_side_by_side(mode: Mode, shop: Shop) -> None:
    sources = [f"await tools.pay({{ to: '{to}', amount: 1 }})" for to in ("a", "b")]
    talk = talk_of(mode, shop, sources, options={"mode": "call"})
    asked = talk.start()["__interrupt__"]
    assert len(asked) == 2
    talk.answer({i.id: {"decisions": [APPROVE]} for i in asked})
    assert texts(talk.last) == ["paid 1 to a", "paid 1 to b"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("lives", "later_ones"), [("thread", "NotRun"), ("turn", "NotRun"), ("call", "2")]
)
def test_the_rule_of_each_mode_after_a_program_that_waits(
    mode: Mode, lives: str, later_ones: str, shop: Shop
) -> None:
    sources = ["await tools.pay({ to: 'a', amount: 1 })", "1 + 1"]
    talk = talk_of(mode, shop, sources, options={"mode": lives})
    talk.start()
    talk.decide(APPROVE)
    first, second = texts(talk.last)
    assert first == "paid 1 to a"
    assert later_ones in second


@pytest.mark.parametrize("mode", MODES)
def test_of_two_that_an_agent_has_all_but_one_keep_no_variables(
    mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    class Another(CodeInterpreterMiddleware):
        """LangChain wants a class for each."""

    def told(**options: Any) -> list[str]:
        both = [("eval", {"code": "let a = 1; a"}), ("js", {"code": "let b = 2; b"})]
        later = [("eval", {"code": "typeof a"}), ("js", {"code": "typeof b"})]
        agent = create_agent(
            ScriptedModel(turns=[both, later]),
            middleware=[CodeInterpreterMiddleware(), Another(tool_name="js", **options)],
        )
        return texts(agent.invoke(GO) if mode == "invoke" else asyncio.run(agent.ainvoke(GO)))

    assert told(mode="call") == ["1", "2", "number", "undefined"]
    assert not caplog.records
    assert told()[:2] == ["1", "2"]
    assert 'all but one have `mode="call"`' in caplog.text
