"""Where labels stand: they survive processes, fork with the thread, and fail closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from langchain.agents import create_agent
from langchain_core.messages import RemoveMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, Labelled, RuleOfTwo, add_labels
from langchain_quickjs.script.variables.labels_channel import LABELS_KEY
from tests.helpers.databases import rewrite
from tests.helpers.models import ScriptedModel
from tests.helpers.sessions import LABELS, THREAD, Program, Session

RULE = RuleOfTwo(LABELS)
SEND = "send"
READS = [["fetch"], ["look"]]
NOTHING: Any = []


def questions(state: Any) -> list[str]:
    interrupts: Any = state.get("__interrupt__", ())
    return [request["name"] for one in interrupts for request in one.value["action_requests"]]


@pytest.mark.parametrize("reads", [READS, [["mail"]], [[Program((("fetch",), ("look",)))]]])
def test_labels_survive_processes(reads: Any, tmp_path: Path) -> None:
    for turn in range(len(reads) + 1):
        # The model says that it is done at the end of each input, which is a message too.
        inputs: Any = [*reads, [SEND]][: turn + 1]
        plan: Any = [one for each in inputs for one in (each, NOTHING)]
        with SqliteSaver.from_conn_string(str(tmp_path / "db")) as saver:
            session = Session(plan, RULE, saver)
            state = session.agent().invoke({"messages": [("user", "go on")]}, THREAD)
            assert questions(state) == ([SEND] if turn == len(reads) else [])
    assert LABELS_KEY not in state


def test_labels_fork_with_the_thread(tmp_path: Path) -> None:
    """Back before the page was read, nothing needs a person; in the other branch it does."""
    saver = InMemorySaver()
    session = Session([["look"], ["fetch"], [SEND]], RULE, saver)
    agent = session.agent()
    assert questions(agent.invoke({"messages": [("user", "go")]}, THREAD)) == [SEND]
    before_page = next(
        one
        for one in agent.get_state_history(THREAD)
        if one.next == ("model",)
        and sum(isinstance(m, ToolMessage) for m in one.values["messages"]) == 1
    )
    other = Session([["look"], [SEND]], RULE, saver)
    state = other.agent().invoke(None, before_page.config)
    assert questions(state) == []
    assert other.made == ["send 1.0"]


def test_summarising_clears_nothing() -> None:
    saver = InMemorySaver()
    session = Session([["mail"]], RULE, saver)
    agent = session.agent()
    agent.invoke({"messages": [("user", "go")]}, THREAD)
    agent.update_state(
        THREAD, {"messages": [RemoveMessage(REMOVE_ALL_MESSAGES), ("user", "short")]}
    )
    later = Session([[SEND]], RULE, saver)
    assert questions(later.agent().invoke({"messages": [("user", "go")]}, THREAD)) == [SEND]


def forged(value: bytes, labels: list[str]) -> bytes:
    entries = [msgpack.unpackb(one) for one in msgpack.unpackb(value)]
    return bytes(
        msgpack.packb([msgpack.packb([msgpack.packb([labels, []])] * 2 + [e[2]]) for e in entries])
    )


FORGERIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "gone": lambda values: values.pop(LABELS_KEY),
    "none": lambda values: values.update({LABELS_KEY: None}),
    "no bytes": lambda values: values.update({LABELS_KEY: 5}),
    "empty": lambda values: values.update({LABELS_KEY: b""}),
    "other bytes": lambda values: values.update({LABELS_KEY: b"\\xc1"}),
    "another kind": lambda values: values.update({LABELS_KEY: msgpack.packb({"a": 1})}),
    "an empty list": lambda values: values.update({LABELS_KEY: msgpack.packb([])}),
    "an empty long list": lambda values: values.update({LABELS_KEY: b"\xdd\0\0\0\0"}),
    "a list of none": lambda values: values.update({LABELS_KEY: msgpack.packb([None])}),
    "cut short": lambda values: values.update({LABELS_KEY: values[LABELS_KEY][:-1]}),
    "a bad entry": lambda values: values.update({LABELS_KEY: msgpack.packb([b"x"])}),
    "clean": lambda values: values.update({LABELS_KEY: forged(values[LABELS_KEY], [])}),
    "one label": lambda values: values.update({LABELS_KEY: forged(values[LABELS_KEY], ["acts"])}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_was_changed_in_the_database_counts_as_everything(
    forgery: str, tmp_path: Path
) -> None:
    options = {"snapshot_signing_key": "a secret of the tests"}
    database = tmp_path / "db"
    with SqliteSaver.from_conn_string(str(database)) as saver:
        session = Session([["mail"]], RULE, saver, options)
        session.agent().invoke({"messages": [("user", "go")]}, THREAD)
    rewrite(database, FORGERIES[forgery], "")
    with SqliteSaver.from_conn_string(str(database)) as saver:
        later = Session([["mail"], [], [SEND]], RULE, saver, options)
        state = later.agent().invoke({"messages": [("user", "go")]}, THREAD)
        assert questions(state) == [SEND]


def test_a_thread_from_before_there_was_a_rule_counts_as_everything() -> None:
    saver = InMemorySaver()
    session = Session([["now"]], RULE, saver)
    plain: Any = create_agent(
        ScriptedModel(turns=[[("now", {"to": "0"})]]), tools=session.tools(), checkpointer=saver
    )
    plain.invoke({"messages": [("user", "go")]}, THREAD)
    later = Session([["now"], [], [SEND]], RULE, saver)
    state = later.agent().invoke({"messages": [("user", "go")]}, THREAD)
    assert questions(state) == [SEND]
    assert (
        "it is not known where"
        in state["__interrupt__"][0].value["action_requests"][0]["description"]
    )


def test_a_thread_without_any_label_stays_clean() -> None:
    session = Session([["now"], ["now"], [SEND], ["look"], [SEND]], RULE, InMemorySaver())
    session.run()
    assert session.asked == []


@tool
def letter(number: int) -> str:
    """Reads a letter."""
    if number == 2:
        add_labels({"untrusted"})
    return Labelled("text", {"untrusted"}) if number == 3 else "text"


@tool
def wire(to: str) -> str:
    """Sends money."""
    return to


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("program", [True, False])
@pytest.mark.parametrize("durability", ["pause", "call"])
def test_a_tool_adds_labels_to_one_result(number: int, program: bool, durability: Any) -> None:
    rule = RuleOfTwo({"letter": {"sensitive"}, "wire": {"acts"}})
    middleware = CodeInterpreterMiddleware(
        ptc=[letter, wire], rule_of_two=rule, durability=durability
    )
    code = f"await tools.letter({{ number: {number} }}); await tools.wire({{ to: 'a' }}); 1"
    direct: Any = [[("letter", {"number": number})], [("wire", {"to": "a"})]]
    agent: Any = create_agent(
        ScriptedModel(turns=[[("eval", {"code": code})]] if program else direct),
        tools=[letter, wire],
        middleware=[middleware],
        checkpointer=InMemorySaver(),
    )
    state = agent.invoke({"messages": [("user", "go")]}, THREAD)
    assert questions(state) == ([] if number == 1 else ["wire"])
    if number > 1:
        state = agent.invoke(Command(resume={"decisions": [{"type": "approve"}]}), THREAD)
    assert "__interrupt__" not in state


def test_refused_calls_are_not_made_and_can_be_caught() -> None:
    rule = RuleOfTwo(LABELS, on_three="refuse")
    source = Program((("mail",), ("send", "now")))
    session = Session([[source], [SEND], ["now"]], rule, InMemorySaver())
    state = session.agent().invoke({"messages": [("user", "go")]}, THREAD)
    assert sorted(session.made) == ["mail 0.0.0.0", "now 0.0.1.1", "now 2.0"]
    told = [m for m in state["messages"] if isinstance(m, ToolMessage) and m.name == SEND]
    assert told[0].status == "error"
    assert "rule of two" in told[0].text


def test_an_agent_inside_of_a_tool_knows_what_was_touched_and_tells() -> None:
    """Its calls belong to the session of whoever called the tool."""
    saver = InMemorySaver()
    inner_session = Session([[SEND]], RULE, saver)

    @tool
    def delegate(task: str) -> str:
        """Has it done by another agent."""
        inner = Session([[task]], RULE, InMemorySaver())
        inner.saver = True  # type: ignore[assignment]  # that of the graph around it
        result = inner.agent().invoke({"messages": [("user", "go")]})
        inner_session.made += inner.made
        return str(result["messages"][-1].text)

    rule = RuleOfTwo({**LABELS, "delegate": set()})
    middleware = CodeInterpreterMiddleware(rule_of_two=rule)
    for task, then, asked in (("mail", SEND, [SEND]), ("now", SEND, [])):
        turns = [[("delegate", {"task": task})], [(then, {"to": "x"})]]
        agent: Any = create_agent(
            ScriptedModel(turns=turns),
            tools=[*inner_session.tools(), delegate],
            middleware=[middleware],
            checkpointer=InMemorySaver(),
        )
        assert questions(agent.invoke({"messages": [("user", "go")]}, THREAD)) == asked
    turns = [[("mail", {"to": "x"})], [("delegate", {"task": SEND})]]
    agent = create_agent(
        ScriptedModel(turns=turns),
        tools=[*inner_session.tools(), delegate],
        middleware=[middleware],
        checkpointer=InMemorySaver(),
    )
    assert questions(agent.invoke({"messages": [("user", "go")]}, THREAD)) == [SEND]
