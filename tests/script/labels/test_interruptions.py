"""What was touched counts across kills, pauses, forks, time travel, and programs without an end."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import RemoveMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph.message import REMOVE_ALL_MESSAGES

from langchain_quickjs import RuleOfTwo
from langchain_quickjs.script.settings import Durability
from tests.helpers.conversations import MODES, Mode
from tests.helpers.nurseries import Nursery
from tests.helpers.sessions import LABELS, THREAD, Plan, Program, Session

RULE = RuleOfTwo(LABELS)
SEND = "send"
READS = Program((("fetch",), ("look",)))
SENDS = Program(((SEND,),))
GO: Any = {"messages": [("user", "go")]}
DURABILITIES: list[Durability] = ["pause", "call"]


def questions(state: Any) -> list[str]:
    interrupts: Any = state.get("__interrupt__", ())
    return [request["name"] for one in interrupts for request in one.value["action_requests"]]


class Deadly(Session):
    """Its tool `now` takes the process along, once."""

    folder: Path = Path()

    def tools(self) -> list[BaseTool]:
        mark = self.folder / "died"

        def die(to: str) -> str:
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return to

        others = [tool for tool in super().tools() if tool.name != "now"]
        return [*others, StructuredTool.from_function(die, name="now", description="Dies.")]


# Where the process dies: after both were read, or between; in a program, or at the model's call.
DEADLY: dict[str, Plan] = {
    "in a program": [[Program((("fetch",), ("look",), ("now",), (SEND,)))]],
    "between reads": [[Program((("mail",), ("now",), (SEND,)))]],
    "a later program": [[READS], [Program((("now",), (SEND,)), "silent")]],
    "the call of the model": [["mail"], ["now"], [SEND]],
    "beside a program": [["now", READS], [SEND]],
}


def live(folder: str, name: str, mode: Mode, durability: Durability, precision: Any) -> list[str]:
    """Goes on with a thread, and gives what is asked."""
    database = str(Path(folder) / "db")
    message: Any = None if (Path(folder) / "died").exists() else GO
    rule, options = RuleOfTwo(LABELS, precision=precision), {"durability": durability}
    session = Deadly(DEADLY[name], rule, InMemorySaver(), options)
    session.folder = Path(folder)

    def sync() -> Any:
        with SqliteSaver.from_conn_string(database) as saver:
            session.saver = saver
            return session.agent().invoke(message, THREAD, durability="sync")

    async def asynchronous() -> Any:
        async with AsyncSqliteSaver.from_conn_string(database) as saver:
            session.saver = saver
            return await session.agent().ainvoke(message, THREAD, durability="sync")

    return questions(asyncio.run(asynchronous()) if mode == "ainvoke" else sync())


@pytest.mark.parametrize("precision", ["session", "program"])
@pytest.mark.parametrize("durability", DURABILITIES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", DEADLY)
def test_a_killed_process_forgets_nothing(
    name: str, mode: Mode, durability: Durability, precision: Any, nursery: Nursery, tmp_path: Path
) -> None:
    children = nursery.of(live)
    args = (str(tmp_path), name, mode, durability, precision)
    assert children.live(*args) is None
    assert (tmp_path / "died").exists()
    assert children.live(*args) == [SEND]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("durability", DURABILITIES)
def test_a_program_that_is_given_up_at_its_pause_has_touched_what_it_has(
    mode: Mode, durability: Durability
) -> None:
    """The model is told in short what its calls gave, so that counts; the act was not made."""
    saver = InMemorySaver()
    first = Session(
        [[Program((("fetch",), ("look",), (SEND,)))]], RULE, saver, {"durability": durability}
    )
    first.mode = mode
    assert questions(first.send(GO)) == [SEND]
    later = Session([[], [SEND]], RULE, saver, mode=mode)
    state = later.send({"messages": [("user", "never mind; send that")]})
    assert questions(state) == [SEND]
    (request,) = state["__interrupt__"][0].value["action_requests"]
    assert "`fetch(" in request["description"]
    assert "`look(" in request["description"]
    assert later.made == []


class Failing(Session):
    """Its tool `now` fails."""

    def tools(self) -> list[BaseTool]:
        def fail(to: str) -> str:
            raise ConnectionError("what a page said")

        others = [tool for tool in super().tools() if tool.name != "now"]
        return [*others, StructuredTool.from_function(fail, name="now", description="Fails.")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("read", ["mail", "fetch"])
@pytest.mark.parametrize("precision", ["session", "program", "value"])
def test_a_program_whose_tool_raises_out_of_the_agent_has_touched_what_it_has(
    mode: Mode, read: str, precision: Any
) -> None:
    saver, rule = InMemorySaver(), RuleOfTwo(LABELS, precision=precision)
    calls = [f'await tools.{one}({{ to: "a" }})' for one in (read, "now")]
    first = Failing([], rule, saver, mode=mode)
    first.plan = [[Program(((read,),))]]
    plain = first._call

    def uncaught(item: Any, place: str) -> Any:
        return ("eval", {"code": ";".join(calls)}) if place == "0.0" else plain(item, place)

    first._call = uncaught  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        first.send(GO)
    later = Session([[], [SEND]], rule, saver, mode=mode)
    assert questions(later.send(GO)) == ([SEND] if read == "mail" else [])


def test_labels_of_a_program_that_was_told_of_outlive_the_history() -> None:
    """The conversation is shortened after the model was told, and before it acts on it."""
    saver = InMemorySaver()
    first = Session([[Program((("mail", SEND), (SEND,)))]], RULE, saver)
    assert questions(first.send(GO)) == [SEND]
    told = Session([[], []], RULE, saver)
    told.send({"messages": [("user", "never mind")]})
    told.agent().update_state(
        THREAD, {"messages": [RemoveMessage(REMOVE_ALL_MESSAGES), ("user", "short")]}
    )
    assert questions(Session([[SEND]], RULE, saver).send(GO)) == [SEND]


@pytest.mark.parametrize("mode", MODES)
def test_a_fork_at_a_pause_and_time_travel_before_it(mode: Mode) -> None:
    saver = InMemorySaver()
    plan: Plan = [[Program((("look",),))], [Program((("fetch",), (SEND,)))], [SEND]]
    session = Session(plan, RULE, saver, mode=mode)
    assert questions(session.send(GO)) == [SEND]
    history = list(session.agent().get_state_history(THREAD))
    # A fork at the pause: it waits there too, and goes its own way.
    at_pause = next(one for one in history if one.next == ("tools",))
    fork = Session(plan, RULE, saver, config=at_pause.config, mode=mode)
    assert questions(fork.send(None)) == [SEND]
    # Before the page was read: what only looks and sends needs nobody.
    before = next(
        one
        for one in history
        if one.next == ("model",)
        and sum(isinstance(m, ToolMessage) for m in one.values["messages"]) == 1
    )
    other = Session([plan[0], [SENDS], [SEND]], RULE, saver, config=before.config, mode=mode)
    assert questions(other.send(None)) == []
    assert other.made == ["send 1.0.0.0", "send 2.0"]
    # And in the branch that reads again, it is asked about again.
    again = Session(plan, RULE, saver, config=before.config, mode=mode)
    assert questions(again.send(None)) == [SEND]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("variables", ["thread", "call"])
@pytest.mark.parametrize("precision", ["session", "program", "value"])
def test_two_programs_of_one_message(mode: Mode, variables: Any, precision: Any) -> None:
    """With variables they run one by one, and the second knows what the first had touched.

    With a shadow, what the first returns does not depend on the page; what is in variables may.
    """
    session = Session(
        [[Program((("fetch",),)), Program((("look",), (SEND,)))], [SEND]],
        RuleOfTwo(LABELS, precision=precision),
        InMemorySaver(),
        {"mode": variables},
        mode=mode,
    )
    session.run()
    assert ("send 1.0" in session.asked) == (variables == "thread" or precision != "value")
    assert variables == "call" or "send 0.1.1.0" in session.asked


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("precision", ["program", "value"])
def test_silent_programs_pass_on_what_they_know_by_acts(mode: Mode, precision: Any) -> None:
    """It is not in a variable, nor shown, but may be where the act has put it."""
    rule = RuleOfTwo(LABELS, precision=precision)
    program = Program((("fetch",), (SEND,), ("now",)), "silent")
    session = Session([[program], [Program((("refund",),))]], rule, InMemorySaver(), mode=mode)
    session.options = {"mode": "call"}
    session.run()
    # The act of the first program does not depend on the page.
    assert session.asked == ([] if precision == "value" else ["refund 1.0.0.0"])
