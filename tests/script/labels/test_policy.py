"""What a rule of two may be given, and what it says of an agent's tools."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import StructuredTool, tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import (
    CodeInterpreterMiddleware,
    RuleOfTwo,
    SetupError,
    labels_from_annotations,
)
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
