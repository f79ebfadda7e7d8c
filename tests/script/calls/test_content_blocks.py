"""Content blocks that tools return: what is one, what a program gets of it, and hostile ones."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain.agents.middleware import wrap_tool_call
from langchain.tools import InjectedToolCallId
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, create_script_graph
from langchain_quickjs.script.calls.content_blocks import is_content, read_content
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import programs

DATA = base64.b64encode(b"12345").decode()
ID = "6959dce9bdc7c3eb"
NOW: dict[str, Any] = {}


@tool(response_format="content_and_artifact")
def content() -> tuple[Any, Any]:
    """Gives content, and an artifact."""
    return NOW["content"], NOW.get("artifact")


@tool
def plain() -> Any:
    """Gives data."""
    return NOW["content"]


@tool
def message(tool_call_id: Annotated[str, InjectedToolCallId]) -> ToolMessage:
    """Gives a message."""
    return ToolMessage(NOW["content"], tool_call_id=tool_call_id, artifact=NOW.get("artifact"))


@tool
def command(tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
    """Gives a command."""
    said = ToolMessage(NOW["content"], tool_call_id=tool_call_id, artifact=NOW.get("artifact"))
    return Command(update={"messages": [said]})


TOOLS = [content, plain, message, command]
GRAPH = create_script_graph(TOOLS)


def got(name: str, given: Any, artifact: Any = None) -> Any:
    """What a program gets of it."""
    NOW.update(content=given, artifact=artifact)
    outcome = GRAPH.invoke({"source": f"await tools.{name}()"})["outcome"]
    assert "error" not in outcome, outcome
    return outcome["value"]


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


IMAGE = {"type": "image", "base64": DATA, "mime_type": "image/png"}
HANDLE = {"type": "image", "mime_type": "image/png", "bytes": 5, "id": ID}

READ: dict[str, tuple[Any, Any]] = {
    "a text": ([text("hello")], "hello"),
    "JSON": ([text('{"price": 80}')], {"price": 80}),
    "a number": ([text("80")], 80),
    "almost JSON": ([text("{'price': 80}")], "{'price': 80}"),
    "more than JSON": ([text('{"price": 80} and more')], '{"price": 80} and more'),
    "no JSON for anybody else": ([text("[NaN]")], "[NaN]"),
    "JSON behind a mark": ([text("\ufeff{}")], "\ufeff{}"),
    "keys twice": ([text('{"a": 1, "a": 2}')], {"a": 2}),
    "a text of JSON": ([text('"80"')], "80"),
    "items": ([text("1"), text('{"a": 2}')], [1, {"a": 2}]),
    "texts": ([text("1"), text("two")], "1\ntwo"),
    "JSON in pieces": ([text('{"a":'), text("1}")], {"a": 1}),
    "strings beside blocks": (["1", text("two")], "1\ntwo"),
    "an image": ([IMAGE], HANDLE),
    "an image with a text": ([text('{"n": 1}'), IMAGE], [{"n": 1}, HANDLE]),
    "an image of OpenAI": (
        [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}}],
        HANDLE,
    ),
    "an image's address": (
        [{"type": "image_url", "image_url": "https://example.com/a.png"}],
        {"type": "image", "url": "https://example.com/a.png"},
    ),
    "an image of Anthropic": (
        [
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": DATA},
            }
        ],
        HANDLE,
    ),
    "an image of LangChain 0.3": (
        [{"type": "image", "source_type": "base64", "data": DATA, "mime_type": "image/png"}],
        HANDLE,
    ),
    "a file": (
        [{"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:a/pdf;base64,{DATA}"}}],
        {"type": "file", "mime_type": "a/pdf", "name": "a.pdf", "bytes": 5, "id": ID},
    ),
    "a file elsewhere": ([{"type": "file", "file_id": "f-1"}], {"type": "file", "id": "f-1"}),
}
# LangChain itself takes these for no content: it makes text of them.
AS_TEXT: dict[str, tuple[Any, Any]] = {
    "a sound": (
        [{"type": "audio", "base64": DATA, "mime_type": "audio/wav"}],
        {"type": "audio", "mime_type": "audio/wav", "bytes": 5, "id": ID},
    ),
    "a sound of OpenAI": (
        [{"type": "input_audio", "input_audio": {"data": DATA, "format": "wav"}}],
        {"type": "audio", "mime_type": "audio/wav", "bytes": 5, "id": ID},
    ),
    "a film": (
        [{"type": "video", "url": "https://example.com/a.mp4"}, text("see")],
        [{"type": "video", "url": "https://example.com/a.mp4"}, "see"],
    ),
}
DATA_ALL_THE_SAME: dict[str, Any] = {
    "nothing": [],
    "texts": ["a", "b"],
    "records": [{"type": "car", "id": 1}],
    "records beside a text": [text("a"), {"id": 1}],
    "a text without text": [{"type": "text", "txt": "a"}],
    "a text that is a number": [{"type": "text", "text": 5}],
    "an image that is a number": [{"type": "image", "base64": 5}],
    "a type that is a list": [{"type": ["text"], "text": "a"}],
    "one block": text("a"),
    "numbers": [1, 2],
}


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("name", ["content", "message", "command"])
def test_what_is_for_the_agent_is_read(name: str, kind: str) -> None:
    given, expected = READ[kind]
    assert got(name, given) == expected


@pytest.mark.parametrize("kind", AS_TEXT)
@pytest.mark.parametrize("name", ["content", "message", "command"])
def test_what_langchain_takes_for_no_content_is_read_too(name: str, kind: str) -> None:
    given, expected = AS_TEXT[kind]
    assert got(name, given) == expected


@pytest.mark.parametrize("kind", DATA_ALL_THE_SAME)
def test_data_that_is_no_content_stays_as_it_is(kind: str) -> None:
    assert got("content", DATA_ALL_THE_SAME[kind]) == DATA_ALL_THE_SAME[kind]
    assert got("plain", DATA_ALL_THE_SAME[kind]) == DATA_ALL_THE_SAME[kind]


@pytest.mark.parametrize("kind", READ | AS_TEXT)
def test_a_function_gives_data_unless_a_file_is_in_it(kind: str) -> None:
    given, expected = (READ | AS_TEXT)[kind]
    assert got("plain", given) == (expected if DATA in json.dumps(given) else given)


@pytest.mark.parametrize("name", ["content", "message", "command"])
def test_structured_content_is_the_result(name: str) -> None:
    structured = {"price": 80, "at": "2026-01-01"}
    artifact = {"structured_content": structured}
    assert got(name, [text("eighty")], artifact) == structured
    assert got(name, [IMAGE], artifact) == structured
    assert got(name, [text("eighty")], {"structured_content": [1]}) == "eighty"
    assert got(name, [text("eighty")], {"other": structured}) == "eighty"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("cached", [False, True])
def test_a_hook_sees_all_and_what_it_changes_is_the_result(mode: Mode, cached: bool) -> None:
    seen: list[Any] = []
    artifact = {"structured_content": {"secret": 1}}

    def changed(given: ToolMessage) -> ToolMessage:
        seen.append((given.content, given.artifact))
        return given.model_copy(update={"content": [text('{"public": 2}')]})

    @wrap_tool_call
    def sync_hook(request: Any, handler: Any) -> Any:
        if request.tool_call["name"] == "eval":
            return handler(request)
        if cached:
            call_id = request.tool_call["id"]
            return ToolMessage([text("old")], tool_call_id=call_id, artifact=artifact)
        return changed(handler(request))

    @wrap_tool_call
    async def async_hook(request: Any, handler: Any) -> Any:
        if request.tool_call["name"] == "eval":
            return await handler(request)
        if cached:
            call_id = request.tool_call["id"]
            return ToolMessage([text("old")], tool_call_id=call_id, artifact=artifact)
        return changed(await handler(request))

    NOW.update(content=[text("all"), IMAGE], artifact=artifact)
    hook = sync_hook if mode == "invoke" else async_hook
    ours = CodeInterpreterMiddleware(ptc=[content])
    agent = create_agent(model=programs("await tools.content()"), middleware=[ours, hook])
    given: Any = {"messages": [("user", "go")]}
    state = agent.invoke(given) if mode == "invoke" else asyncio.run(agent.ainvoke(given))
    told = next(m.text for m in state["messages"] if isinstance(m, ToolMessage))
    assert told == f"<result>{'{secret: 1}' if cached else '{public: 2}'}</result>"
    assert cached or seen == [([text("all"), IMAGE], artifact)]


def test_an_image_that_a_program_returns_is_told_to_the_model_as_a_handle() -> None:
    NOW.update(content=[IMAGE], artifact=None)
    ours = CodeInterpreterMiddleware(ptc=[content])
    agent = create_agent(model=programs("await tools.content()"), middleware=[ours])
    given: Any = {"messages": [("user", "go")]}
    state = agent.invoke(given)
    told = next(m for m in state["messages"] if isinstance(m, ToolMessage))
    assert isinstance(told.content, str)
    assert "bytes: 5" in told.content
    assert DATA not in str(state)


def test_errors_have_all_of_their_text() -> None:
    @tool
    def fail() -> None:
        """Fails."""
        raise ToolException("no")

    for blocks, words in (([text("a"), IMAGE, text("b")], "a\nb"), ([IMAGE], "The tool failed")):
        fail.handle_tool_error = lambda error, blocks=blocks: blocks
        source = "try { await tools.fail() } catch (e) { `${e}` }"
        outcome = create_script_graph([fail]).invoke({"source": source})["outcome"]
        assert outcome["value"].startswith(f"ToolError: {words}")


HOSTILE: dict[str, tuple[Any, str]] = {
    "16 MB of an image": ([IMAGE | {"base64": "A" * 2**24}], "v.bytes === 12582912"),
    "a long address of data": (
        [{"type": "image_url", "image_url": "data:" + "x" * 2**20}],
        "v.type === 'image' && JSON.stringify(v).length < 500",
    ),
    "a million texts": ([text("a")] * 10**6, "v.length === 1999999"),
    "a hundred thousand items": ([text("1")] * 10**5, "v.length === 100000 && v[9] === 1"),
    "JSON of very many parts": ([text("[" + "1," * 2**21 + "1]")], "typeof v === 'string'"),
    "deep JSON": ([text("[" * 10**5 + "]" * 10**5)], "v.length === 200000"),
    "JSON deeper than crosses": ([text("[" * 500 + "]" * 500)], "v.length === 1000"),
    "deep JSON among others": (
        [text("[" * 500 + "]" * 500), IMAGE, text("{}")],
        "v[0].length === 1000 && v[1].bytes === 5 && v[2] === '{}'",
    ),
    "a huge number": ([text("1" + "0" * 100)], "v === 10n ** 100n"),
    "a number of too many digits": ([text("1" * 5000)], "typeof v === 'string'"),
    "an infinite number": ([text("1e999")], "v === Infinity"),
    "half of a pair": ([text('{"a": "\\ud800"}'), text('"\ud800"')], "v[1] === '\\ud800'"),
    "half of a pair in an image": ([IMAGE | {"base64": "\ud800" * 4}], "v.bytes === 3"),
    "a name for prototypes": (
        [text('{"__proto__": {"x": 1}}')],
        "v.x === undefined && Object.keys(v)[0] === '__proto__'",
    ),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_blocks(kind: str, mode: Mode) -> None:
    given, check = HOSTILE[kind]
    NOW.update(content=given, artifact=None)
    # With each step stored, what is stored is what the program gets.
    graph = create_script_graph([content], durability="call", checkpointer=InMemorySaver())
    sent: Any = {"source": f"const v = await tools.content(); {check}"}
    config: Any = {"configurable": {"thread_id": "t"}}
    state = (
        graph.invoke(sent, config) if mode == "invoke" else asyncio.run(graph.ainvoke(sent, config))
    )
    assert state["outcome"].get("value") is True, str(state["outcome"])[:500]


def test_structured_content_that_cannot_cross_leaves_the_text() -> None:
    deep: Any = 1
    for _ in range(500):
        deep = [deep]
    assert got("content", [text("flat")], {"structured_content": {"deep": deep}}) == "flat"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "text", "base64", "url", "source", "image_url", "file", "data"]
            )
            | st.text(max_size=3),
            inner
            | st.sampled_from(
                ["text", "image", "image_url", "file", "data:;base64,AA", "document"]
            ),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JUNK, max_size=4))
def test_anything_at_all_is_read_or_left_alone(value: list[Any]) -> None:
    if is_content(value):
        read = read_content(value)
        assert read.instead is not None
        assert read.instead() is not None
