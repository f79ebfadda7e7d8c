"""What stands in the history counts, whatever the database says of labels."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import RemoveMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command
from pydantic import BaseModel

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo
from langchain_quickjs.script.labels.messages.history import TOUCHED_KEY
from langchain_quickjs.script.variables.labels_channel import LABELS_KEY
from tests.helpers.databases import rewrite
from tests.helpers.models import ScriptedModel
from tests.helpers.sessions import LABELS, THREAD, Plan, Program, Session

SEND, GO = "send", {"messages": [("user", "go")]}
SIGNED = {"snapshot_signing_key": "a secret of the tests"}
NOTHING: Any = []


def questions(state: Any) -> list[str]:
    interrupts: Any = state.get("__interrupt__", ())
    return [request["name"] for one in interrupts for request in one.value["action_requests"]]


def turn(database: Path, plan: Plan, rule: RuleOfTwo, options: Any = SIGNED) -> list[str]:
    with SqliteSaver.from_conn_string(str(database)) as saver:
        return questions(Session(plan, rule, saver, options).agent().invoke(GO, THREAD))


def stored_labels(database: Path) -> Any:
    found: list[Any] = []
    rewrite(database, lambda values: found.append(values.get(LABELS_KEY)), "")
    return found[-1]


SHOWN = Program((("mail",),))
SILENT = Program((("mail",),), "silent")
READS: dict[str, tuple[Any, Any]] = {
    "the model": (["mail"], [SEND]),
    "one after the other": (["fetch", "look"], [SEND]),
    "a program": ([SHOWN], [SEND]),
    "a silent program, and a later one": ([SILENT], [Program(((SEND,),))]),
}


@pytest.mark.parametrize("precision", ["session", "program"])
@pytest.mark.parametrize("reads", READS)
def test_older_labels_of_the_same_thread_do_not_clear_what_stands_in_it(
    reads: str, precision: Any, tmp_path: Path
) -> None:
    database, rule = tmp_path / "db", RuleOfTwo(LABELS, precision=precision)
    read, acts = READS[reads]
    plan: Plan = [["now"], NOTHING, read, NOTHING, acts]
    assert turn(database, plan[:2], rule) == []
    older = stored_labels(database)
    assert isinstance(older, bytes)
    assert turn(database, plan[:4], rule) == []
    rewrite(database, lambda values: values.update({LABELS_KEY: older}), "")
    assert turn(database, plan, rule) == [SEND]


@pytest.mark.parametrize("read", ["mail", SHOWN], ids=["the model", "a program"])
def test_labels_that_wait_to_be_stored_cannot_be_deleted_alone(read: Any, tmp_path: Path) -> None:
    database, rule = tmp_path / "db", RuleOfTwo(LABELS)
    options = {**SIGNED, "interrupt_on": {"now": True}}
    plan: Plan = [[read, "now"], [SEND]]
    assert turn(database, plan, rule, options) == ["now"]
    with contextlib.closing(sqlite3.connect(database)) as connection:
        gone = connection.execute("delete from writes where channel = ?", (LABELS_KEY,))
        assert gone.rowcount == 1
        connection.commit()
    with SqliteSaver.from_conn_string(str(database)) as saver:
        answer: Any = Command(resume={"decisions": [{"type": "approve"}]})
        state = Session(plan, rule, saver, options).agent().invoke(answer, THREAD)
        assert questions(state) == [SEND]


BOTH = ("look", "fetch")
EARLIER: dict[str, tuple[Any, Any]] = {
    "the model": ([*BOTH], [SEND]),
    "a program": ([Program((BOTH,))], [SEND]),
    "a silent program, and a later one": ([Program((BOTH,), "silent")], [Program(((SEND,),))]),
}


@pytest.mark.parametrize("precision", ["session", "program", "value"])
@pytest.mark.parametrize("reads", EARLIER)
def test_a_label_that_is_given_later_counts_for_what_was_read_before(
    reads: str, precision: Any
) -> None:
    saver, before = InMemorySaver(), RuleOfTwo({**LABELS, "fetch": set()}, precision=precision)
    read, acts = EARLIER[reads]
    Session([read, NOTHING], before, saver).agent().invoke(GO, THREAD)
    now = Session([read, NOTHING, acts], RuleOfTwo(LABELS, precision=precision), saver)
    assert questions(now.agent().invoke(GO, THREAD)) == [SEND]


@pytest.mark.parametrize("precision", ["session", "program", "value"])
def test_a_label_that_is_given_later_counts_for_a_program_that_waits(precision: Any) -> None:
    saver, options = InMemorySaver(), {"interrupt_on": {"now": True}}
    plan: Plan = [[Program((BOTH, ("now",), (SEND,)))]]
    before = RuleOfTwo({**LABELS, "fetch": set()}, precision=precision)
    assert questions(Session(plan, before, saver, options).agent().invoke(GO, THREAD)) == ["now"]
    now = Session(plan, RuleOfTwo(LABELS, precision=precision), saver, options)
    answer: Any = Command(resume={"decisions": [{"type": "approve"}]})
    assert questions(now.agent().invoke(answer, THREAD)) == [SEND]


@pytest.mark.parametrize("decision", ["reject", "respond"])
def test_a_call_that_a_person_did_not_want_has_touched_nothing(decision: str) -> None:
    plan: Plan = [["look"], ["fetch"], [SEND]]
    session = Session(plan, RuleOfTwo(LABELS), InMemorySaver(), {"interrupt_on": {"fetch": True}})
    agent = session.agent()
    assert questions(agent.invoke(GO, THREAD)) == ["fetch"]
    answer = {"type": decision, "message": "no"}
    state = agent.invoke(Command(resume={"decisions": [answer]}), THREAD)
    assert questions(state) == []
    assert session.made == ["look 0.0", "send 2.0"]


class Answer(BaseModel):
    """The answer."""

    text: str


def test_the_form_of_an_answer_is_no_tool() -> None:
    session = Session([], RuleOfTwo(LABELS), InMemorySaver())
    tools = session.tools()
    turns: Any = [[("now", {"to": "x"})], [("Answer", {"text": "x"})], [("send", {"to": "x"})]]
    agent: Any = create_agent(
        ScriptedModel(turns=turns),
        tools=tools,
        middleware=[CodeInterpreterMiddleware(rule_of_two=RuleOfTwo(LABELS))],
        response_format=ToolStrategy(Answer),
        checkpointer=InMemorySaver(),
    )
    assert "structured_response" in agent.invoke(GO, THREAD)
    assert questions(agent.invoke(GO, THREAD)) == []
    assert session.made == ["now x", "send x"]


class Answers(AgentMiddleware[Any, Any]):
    """Answers in the place of a tool, from a cache or as a tool of its own."""

    def __init__(self, name: str) -> None:
        """Answers to this name."""
        self.name_of_tool = name

    def wrap_tool_call(self, request: ToolCallRequest, handler: Any) -> Any:
        """Answers."""
        call = request.tool_call
        if call["name"] != self.name_of_tool:
            return handler(request)
        return ToolMessage("a page", name=call["name"], tool_call_id=call["id"])


class Forgets(AgentMiddleware[Any, Any]):
    """Takes results out of the history when the model has read them."""

    def after_model(self, state: Any, runtime: Any) -> Any:
        """Takes them out."""
        return {"messages": [RemoveMessage(m.id) for m in state["messages"] if m.type == "tool"]}


ANSWERED: dict[str, tuple[str, list[Any]]] = {
    "from a cache, in a history that is shortened": ("mail", [Answers("mail"), Forgets()]),
    "a tool that the agent does not have": ("browse", [Answers("browse")]),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_what_middleware_answers_in_the_place_of_a_tool_counts(case: str) -> None:
    name, before = ANSWERED[case]
    session = Session([], RuleOfTwo(LABELS), InMemorySaver())
    turns: Any = [[(one, {"to": "x"})] for one in ("now", name, SEND)]
    agent: Any = create_agent(
        ScriptedModel(turns=turns),
        tools=session.tools(),
        middleware=[*before, CodeInterpreterMiddleware(rule_of_two=RuleOfTwo(LABELS))],
        checkpointer=InMemorySaver(),
    )
    assert questions(agent.invoke(GO, THREAD)) == [SEND]


NO_RECORDS: dict[str, Any] = {
    "no record": 5,
    "empty": {},
    "other labels": {"made": True, "session": ["clean"]},
    "no list": {"made": True, "session": "untrusted"},
    "other variables": {"made": True, "session": [], "variables": [5]},
}


@pytest.mark.parametrize("record", NO_RECORDS)
def test_what_cannot_be_read_of_the_history_counts_as_everything(record: str) -> None:
    session = Session([["now"], NOTHING, [SEND]], RuleOfTwo(LABELS), InMemorySaver())
    agent = session.agent()
    (message,) = [m for m in agent.invoke(GO, THREAD)["messages"] if m.type == "tool"]
    message.response_metadata[TOUCHED_KEY] = NO_RECORDS[record]
    agent.update_state(THREAD, {"messages": [message]})
    assert questions(agent.invoke(GO, THREAD)) == [SEND]
