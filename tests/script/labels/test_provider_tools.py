"""What the model's provider looks up itself counts too, though no call of it passes the agent."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo, SetupError
from tests.helpers.models import ScriptedModel
from tests.helpers.sessions import LABELS, THREAD, Session

GO: Any = {"messages": [("user", "go")]}
TEXT = {"type": "text", "text": "It says so."}

# Each as its provider, or LangChain, writes it; and the plain name of the tool.
MESSAGES: dict[str, tuple[str, Any]] = {
    "LangChain's kinds": (
        "web_search",
        [
            {"type": "server_tool_call", "name": "web_search", "id": "s1", "args": {}},
            {"type": "server_tool_result", "tool_call_id": "s1", "output": "x"},
        ],
    ),
    "a call of LangChain's kind": (
        "web_search",
        [{"type": "server_tool_call", "name": "web_search", "id": "s1", "args": {}}],
    ),
    "Anthropic's search": (
        "web_search",
        [
            {"type": "server_tool_use", "name": "web_search", "id": "s1", "input": {}},
            {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
        ],
    ),
    "a result alone": ("web_fetch", [{"type": "web_fetch_tool_result", "tool_use_id": "s1"}]),
    "Anthropic's code": (
        "code_execution",
        [
            {"type": "server_tool_use", "name": "bash_code_execution", "id": "s1", "input": {}},
            {"type": "bash_code_execution_tool_result", "tool_use_id": "s1", "content": {}},
        ],
    ),
    "Anthropic's servers": (
        "mcp",
        [
            {"type": "mcp_tool_use", "name": "now", "server_name": "s", "id": "s1", "input": {}},
            {"type": "mcp_tool_result", "tool_use_id": "s1", "content": []},
        ],
    ),
    "OpenAI's search": ("web_search", [{"type": "web_search_call", "id": "s1"}]),
    "OpenAI's files": ("file_search", [{"type": "file_search_call", "id": "s1", "results": []}]),
    "OpenAI's servers": ("mcp", [{"type": "mcp_call", "name": "now", "id": "s1", "output": "x"}]),
    "OpenAI's code": ("code_execution", [{"type": "code_interpreter_call", "id": "s1"}]),
    "wrapped": (
        "file_search",
        [{"type": "non_standard", "value": {"type": "file_search_call", "id": "s1"}}],
    ),
    "Gemini's code": (
        "code_execution",
        [{"type": "executable_code"}, {"type": "code_execution_result"}],
    ),
    "Gemini's grounding": (
        "google_search",
        {"response_metadata": {"grounding_metadata": {"a": 1}}},
    ),
    "OpenAI's older place": (
        "web_search",
        {"additional_kwargs": {"tool_outputs": [{"type": "web_search_call"}]}},
    ),
    "models that search": ("web_search", {"additional_kwargs": {"citations": ["https://x"]}}),
}


class Provided(ScriptedModel):
    """Its first message has what its provider looked up."""

    first: Any

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        if any(isinstance(message, AIMessage) for message in messages):
            return super()._generate(messages, *args, **kwargs)
        return ChatResult(generations=[ChatGeneration(message=self.first.model_copy())])


def asked(which: str, labels: Any, *, calls: bool, given: Any = ()) -> list[str]:
    """What is asked about when the model looks something up, reads what is private, and sends."""
    has = MESSAGES[which][1]
    more = has if isinstance(has, dict) else {}
    content = [TEXT] if more else [*has, TEXT]
    look = {"name": "look", "args": {"to": "x"}, "id": "c1", "type": "tool_call"}
    first = AIMessage(content, tool_calls=[look] if calls else [], **more)
    session = Session([], RuleOfTwo({**LABELS, **labels}), InMemorySaver())
    turns: Any = [[], [("look", {"to": "x"})], [("send", {"to": "x"})]]
    agent: Any = create_agent(
        Provided(turns=[turns[0], turns[2]] if calls else turns, first=first),
        tools=[*session.tools(), *given],
        middleware=[CodeInterpreterMiddleware(rule_of_two=session.rule)],
        checkpointer=InMemorySaver(),
    )
    state = agent.invoke(GO, THREAD)
    if not calls:  # What was looked up stays with the session, also when the message has gone.
        agent.update_state(THREAD, {"messages": [AIMessage("s", id=state["messages"][-1].id)]})
        state = agent.invoke(GO, THREAD)
    questions: Any = state.get("__interrupt__", ())
    return [request["name"] for one in questions for request in one.value["action_requests"]]


@pytest.mark.parametrize("calls", [True, False], ids=["with a call", "alone"])
@pytest.mark.parametrize("which", MESSAGES)
def test_what_the_provider_looked_up_counts(which: str, calls: bool) -> None:
    name = MESSAGES[which][0]
    assert asked(which, {}, calls=calls) == ["send"]
    assert asked(which, {name: {"untrusted"}}, calls=calls) == ["send"]
    assert asked(which, {name: set()}, calls=calls) == []


@pytest.mark.parametrize(
    "given",
    [
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
        {"type": "web_search_preview"},
        {"type": "web_search_preview_2025_03_11"},
        {"google_search": {}},
    ],
    ids=str,
)
def test_it_is_labelled_by_its_name_or_type(given: Any, caplog: pytest.LogCaptureFixture) -> None:
    names = [given[key] for key in ("name", "type") if key in given] or [*given]
    which = "Gemini's grounding" if "google_search" in given else "OpenAI's search"
    for name in names:
        assert asked(which, {name: set()}, calls=True, given=[given]) == []
        assert RuleOfTwo({name: set()}).report([given]).unnamed == ()
    assert not [one for one in caplog.messages if "provider" in one]
    assert asked(which, {}, calls=True, given=[given]) == ["send"]
    (warning,) = [one for one in caplog.messages if "provider" in one]
    assert str(sorted(names)[:1]) in warning
    report = RuleOfTwo({}).report([given])
    assert report.unnamed == report.alone == tuple(sorted(names)[:1])


def test_a_label_of_the_agents_own_tool_is_for_none_of_the_provider() -> None:
    """A server calls its tools as it likes, and an agent may have a tool with nearly that name."""
    assert asked("OpenAI's servers", {"now": set()}, calls=True) == ["send"]


def test_a_label_for_a_tool_that_no_provider_has_is_refused() -> None:
    with pytest.raises(SetupError, match="web_serch"):
        asked("OpenAI's search", {"web_serch": set()}, calls=True)
