"""What a rule of two may be given, and what it says of an agent's tools."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import StructuredTool, tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import (
    CodeInterpreterMiddleware,
    Labelled,
    RuleOfTwo,
    SetupError,
    labels_from_annotations,
)
from langchain_quickjs.script.labels.results import CallLabels, noting
from langchain_quickjs.script.labels.taint import ALL_LABELS
from tests.helpers.models import programs
from tests.helpers.sessions import LABELS, THREAD


@pytest.mark.parametrize(
    ("given", "options", "problem"),
    [
        ({"send": {"act"}}, {}, "'act' is no label for 'send'"),
        ({"send": "acts"}, {}, "labels of 'send' .* must be a set"),
        ({"send": None}, {}, "labels of 'send' .* must be a set"),
        ({7: {"acts"}}, {}, "7 is none"),
        ([("send", {"acts"})], {}, "takes a mapping"),
        ({}, {"precision": "values"}, "`precision` .* must be one of"),
        ({}, {"on_three": "raise"}, "`on_three` .* must be one of"),
        ({}, {"order": "first"}, "`order` .* must be one of"),
    ],
)
def test_what_is_no_rule_is_refused(given: Any, options: Any, problem: str) -> None:
    with pytest.raises(SetupError, match=problem):
        RuleOfTwo(given, **options)


def test_the_middleware_takes_a_rule_only() -> None:
    rule: Any = {"send": {"acts"}}
    with pytest.raises(SetupError, match="`rule_of_two` must be a `RuleOfTwo`"):
        CodeInterpreterMiddleware(rule_of_two=rule)


@tool
def send(to: str) -> str:
    """Sends."""
    return to


def test_labels_for_tools_that_are_not_there_are_refused() -> None:
    middleware = CodeInterpreterMiddleware(ptc=[send], rule_of_two=RuleOfTwo({"sned": {"acts"}}))
    agent: Any = create_agent(programs("1"), middleware=[middleware])
    with pytest.raises(SetupError, match=r"labels for \['sned'\].* Did you mean \['send'\]"):
        agent.invoke({"messages": [("user", "go")]})


def test_tools_without_labels_are_named(caplog: pytest.LogCaptureFixture) -> None:
    middleware = CodeInterpreterMiddleware(ptc=[send], rule_of_two=RuleOfTwo({}))
    agent: Any = create_agent(programs("1"), middleware=[middleware], checkpointer=InMemorySaver())
    agent.invoke({"messages": [("user", "go")]}, THREAD)
    assert "no labels for ['send']" in caplog.text


def test_a_report_says_what_an_agent_can_reach() -> None:
    rule = RuleOfTwo(LABELS)
    told = rule.report(["now", "fetch", "look", "send"])
    assert told.reaches_three
    assert told.decisive == {"untrusted": "fetch", "sensitive": "look", "acts": "send"}
    assert told.harmless == ("now",)
    text = str(told)
    assert "Without look, it could not: no other tool is sensitive." in text
    safe = rule.report([send, "look"])
    assert not safe.reaches_three
    assert "No session can have all three: no tool is untrusted." in str(safe)
    unnamed = rule.report(["fetch", "other"])
    assert (unnamed.unnamed, unnamed.alone) == (("other",), ("other",))
    assert "other has all three: each call of it is asked about." in str(unnamed)


def annotated(name: str, **hints: Any) -> StructuredTool:
    return StructuredTool.from_function(
        lambda to: to, name=name, description="Does something.", metadata=hints
    )


def test_labels_are_inferred_from_what_servers_say(capsys: pytest.CaptureFixture[str]) -> None:
    tools = [
        annotated("read", readOnlyHint=True, openWorldHint=False),
        annotated("browse", readOnlyHint=True),
        annotated("write", readOnlyHint=False, openWorldHint=False),
        annotated("wipe", destructiveHint=True),
        annotated("odd", readOnlyHint="true"),
        annotated("silent"),
    ]
    assert labels_from_annotations(tools) == {
        "read": {"sensitive"},
        "browse": {"sensitive", "untrusted"},
        "write": {"sensitive", "acts"},
        "wipe": {"sensitive", "acts", "untrusted"},
    }
    assert "read: sensitive  (openWorldHint=False, readOnlyHint=True)" in capsys.readouterr().out


def test_a_rule_is_a_value_that_nobody_changes() -> None:
    table: Any = {"page": {"untrusted"}, "now": set()}
    rule = RuleOfTwo(table, precision="value")
    table["page"].clear()
    table["other"] = set()
    assert rule == RuleOfTwo({"now": set(), "page": {"untrusted"}}, precision="value")
    assert "other" not in repr(rule)
    for same in (copy.copy(rule), copy.deepcopy(rule), pickle.loads(pickle.dumps(rule))):
        assert same == rule
        assert hash(same) == hash(rule)
        assert same.labels_of("page") == {"untrusted"}


@pytest.mark.parametrize("given", [None, 5, [None], [[]], "acts", ["x"]])
def test_labels_of_a_result_that_are_none_count_for_all(given: Any) -> None:
    with noting(CallLabels()) as labels:
        assert Labelled(1, given) == 1
    assert labels.added.labels == ALL_LABELS


def test_a_report_has_no_escapes_of_a_servers_names() -> None:
    told = str(RuleOfTwo({}).report(["a\x1b[2Jb\u3164\nnone: all"]))
    assert not {"\x1b", "\u3164"} & set(told)
    assert "\nnone: all" not in told
