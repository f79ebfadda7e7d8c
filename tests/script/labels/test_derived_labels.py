"""What calls of subagents may do is derived from the tools of each, where nobody says it.

The subagents here have no rule of their own: what is known of them is what they can reach.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
from deepagents import create_deep_agent
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo, SetupError
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import ScriptedModel
from tests.helpers.sessions import LABELS, THREAD, labels_of

GO: Final[Any] = {"messages": [("user", "go")]}
FILES: Final = ("ls", "read_file", "write_file", "edit_file", "delete", "glob", "grep", "execute")
HARMLESS: Final[Any] = dict.fromkeys(FILES, frozenset())
RULE: Final = RuleOfTwo({**LABELS, **HARMLESS})
TO: Final[Any] = {"to": "x"}
ALL: Final = frozenset({"untrusted", "sensitive", "acts"})


def named(name: str) -> BaseTool:
    return StructuredTool.from_function(
        lambda to: f"{name} {to}", name=name, description="Does something."
    )


def tools(*names: str) -> list[BaseTool]:
    return [*map(named, names)]


def worker(name: str, *names: str, **options: Any) -> Any:
    return {
        "name": name,
        "description": "Works.",
        "system_prompt": "Work.",
        "model": ScriptedModel(turns=[]),
        "tools": tools(*names),
        **options,
    }


def compiled(name: str, runnable: Any) -> Any:
    return {"name": name, "description": "Works.", "runnable": runnable}


def custom() -> Any:
    """A graph of somebody's own: nobody knows what its node does."""
    graph = StateGraph(MessagesState)
    graph.add_node("work", lambda _: {"messages": [AIMessage("done")]})
    graph.add_edge(START, "work")
    return graph.compile()


def deep(turns: Any, subagents: Any, rule: Any = RULE, names: Any = tuple(LABELS)) -> Any:
    return create_deep_agent(
        model=ScriptedModel(turns=turns),
        tools=tools(*names),
        subagents=subagents,
        middleware=[CodeInterpreterMiddleware(ptc=[*names], rule_of_two=rule)],
        checkpointer=InMemorySaver(),
    )


def calls(subagent: str) -> tuple[str, dict[str, Any]]:
    return "task", {"description": "do it", "subagent_type": subagent}


def program(code: str) -> tuple[str, dict[str, Any]]:
    return "eval", {"code": code}


def by_program(subagent: str) -> tuple[str, dict[str, Any]]:
    return program(f"await task({{ description: 'do it', subagentType: '{subagent}' }}); 1")


def asked(agent: Any, mode: Mode) -> list[str]:
    run = asyncio.run(agent.ainvoke(GO, THREAD)) if mode == "ainvoke" else agent.invoke(GO, THREAD)
    questions: Any = run.get("__interrupt__", ())
    return [request["name"] for one in questions for request in one.value["action_requests"]]


def ours(*names: str) -> Any:
    return CodeInterpreterMiddleware(ptc=tools(*names))


def team() -> list[Any]:
    reader = worker("reader", "fetch")
    inner = create_deep_agent(model=ScriptedModel(turns=[]), subagents=[reader, worker("x", "now")])
    return [
        reader,
        worker("clerk", "now"),
        worker("sender", "send"),
        worker("programmer", "now", middleware=[ours("send", "fetch")]),
        worker("unlabelled", "raw"),
        compiled("agent", create_agent(ScriptedModel(turns=[]), tools=tools("look"))),
        compiled("leader", inner),
        compiled("custom", custom()),
    ]


# What each may do, as its tools say.
REACHES: Final[dict[str, frozenset[str]]] = {
    "reader": frozenset({"untrusted"}),
    "clerk": frozenset(),
    "sender": frozenset({"acts"}),
    "programmer": frozenset({"untrusted", "acts"}),
    "unlabelled": ALL,
    "agent": frozenset({"sensitive"}),
    "leader": frozenset({"untrusted"}),
    "custom": ALL,
    "general-purpose": ALL,  # it has all tools of its agent
}


@pytest.mark.parametrize(("calling", "mode"), [(calls, "invoke"), (by_program, "ainvoke")])
@pytest.mark.parametrize("subagent", REACHES)
@pytest.mark.parametrize("before", ["now", "fetch", "look", "mail"])
def test_a_call_of_a_subagent_has_the_labels_of_its_tools(
    before: str, subagent: str, calling: Any, mode: Mode
) -> None:
    """In the other modes too, as the next test has it."""
    own, touched = REACHES[subagent], labels_of(before)
    meets = "acts" in own and own | touched == ALL
    agent = deep([[(before, TO)], [calling(subagent)]], team())
    assert asked(agent, mode) == (["task"] if meets else [])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("calling", [calls, by_program])
@pytest.mark.parametrize("subagent", ["reader", "clerk", "agent", "leader"])
def test_what_a_subagent_can_reach_joins_the_session(
    subagent: str, calling: Any, mode: Mode
) -> None:
    missing = "fetch" if "untrusted" not in REACHES[subagent] else "look"
    agent = deep([[calling(subagent)], [(missing, TO)], [("send", TO)]], team())
    meets = REACHES[subagent] | labels_of(missing) >= {"untrusted", "sensitive"}
    assert asked(agent, mode) == (["send"] if meets else [])


@pytest.mark.parametrize("mode", MODES)
def test_labels_that_are_said_stand(mode: Mode) -> None:
    said = RuleOfTwo({**LABELS, **HARMLESS, "task": set()})
    for subagent in REACHES:
        assert asked(deep([[("mail", TO)], [calls(subagent)]], team(), said), mode) == []


def test_a_subagent_that_is_not_there_has_all_labels() -> None:
    agent = deep([[calls("nobody")]], team())
    assert asked(agent, "invoke") == ["task"]


def test_a_report_says_what_was_derived() -> None:
    told = RULE.report(deep([], team(), names=["now", "look"]))
    labels = {
        kind: {label for label, names in told.by_label.items() if f"task to {kind}" in names}
        for kind in REACHES
    }
    # The agent has fewer tools, and so has its own kind of subagent.
    assert labels == {**REACHES, "general-purpose": {"sensitive"}}
    assert set(told.derived) == {f"task to {kind}" for kind in REACHES}
    assert told.unnamed == ("raw",)
    text = str(told)
    assert "from the tools of the subagent: task to agent, task to clerk, task to custom" in text
    assert "task to custom has all three: each call of it is asked about." in text
    assert "eval" not in text


@pytest.mark.parametrize("other", [custom(), "send", 5, None, CodeInterpreterMiddleware(ptc=[])])
def test_a_report_is_of_an_agent_or_of_tools(other: Any) -> None:
    with pytest.raises(SetupError, match="takes an agent"):
        RULE.report(other)


@pytest.mark.parametrize(
    ("given", "left_out"), [({"untrusted"}, ["acts", "sensitive"]), (ALL, None), (None, None)]
)
def test_labels_that_leave_out_what_subagents_do_are_told(
    given: Any, left_out: list[str] | None, caplog: pytest.LogCaptureFixture
) -> None:
    said = RuleOfTwo({**RULE.labels, **({} if given is None else {"task": given})})
    asked(deep([], [worker("a", "fetch"), worker("b", "look", "send")], said), "invoke")
    assert ("labels for `task` without" in caplog.text) == (left_out is not None)
    assert str(left_out or "") in caplog.text


def test_tools_that_only_subagents_have_are_labelled_and_missed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rule = RuleOfTwo({**HARMLESS, "now": set(), "fetch": {"untrusted"}})
    agent = deep([], [worker("a", "fetch"), worker("b", "send")], rule, ["now"])
    assert asked(agent, "invoke") == []
    assert "no labels for ['send']" in caplog.text
    with pytest.raises(SetupError, match="labels for \\['look'\\]"):
        asked(deep([], [worker("a", "fetch")], RuleOfTwo({"look": set()}), ["now"]), "invoke")


subsets: Any = st.frozensets(st.sampled_from((*LABELS, "raw")), max_size=4)


@settings(deadline=None, max_examples=15)
@given(reach=st.lists(subsets, min_size=1, max_size=4), nested=st.booleans())
def test_the_labels_are_those_of_all_tools(reach: Any, nested: bool) -> None:
    workers = [worker(str(number), *names) for number, names in enumerate(reach)]
    if nested:
        inner = create_deep_agent(model=ScriptedModel(turns=[]), subagents=workers)
        workers = [compiled("leader", inner)]
        reach = [frozenset().union(*reach)]
    agent = create_deep_agent(model=ScriptedModel(turns=[]), subagents=workers)
    told = RULE.report(agent)
    for one, names in zip(workers, reach, strict=True):
        call = f"task to {one['name']}"
        found = {label for label, of in told.by_label.items() if call in of}
        assert found == frozenset().union(*map(labels_of, names))
