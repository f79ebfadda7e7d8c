"""Labels that a tool gives to one result: for each kind of tool, wherever it is called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Final

import pytest
from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain.tools import InjectedToolCallId
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from langchain_quickjs import CodeInterpreterMiddleware, Labelled, RuleOfTwo, add_labels
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import ScriptedModel
from tests.helpers.sessions import THREAD

GO: Final[Any] = {"messages": [("user", "go")]}
FILES: Final = ("ls", "read_file", "write_file", "edit_file", "delete", "glob", "grep", "execute")
LABELS: Final[Any] = {"letter": {"sensitive"}, "send": {"acts"}}
IN_TEAMS: Final[Any] = {**LABELS, **dict.fromkeys((*FILES, "task"), frozenset[Any]())}
TEXT: Final = "text"
Label = Callable[[Any], Any]


def with_labels(value: Any) -> Any:
    return Labelled(value, {"untrusted"})


def text(label: Label) -> BaseTool:
    return made(lambda: label(TEXT))


def data(label: Label) -> BaseTool:
    return made(lambda: {"letters": label([{"text": TEXT}])})


def blocks(label: Label) -> BaseTool:
    return made(lambda: label([{"type": "text", "text": TEXT}]))


def coroutine(label: Label) -> BaseTool:
    async def read() -> str:
        await asyncio.sleep(0)
        return str(label(TEXT))

    return StructuredTool.from_function(coroutine=read, name="letter", description="Reads.")


def both(label: Label) -> BaseTool:
    async def read() -> str:
        return str(label(TEXT))

    return StructuredTool.from_function(
        lambda: label(TEXT), read, name="letter", description="Reads."
    )


def content(label: Label) -> BaseTool:
    return made(lambda: (TEXT, label({"raw": TEXT})), response_format="content_and_artifact")


def command(label: Label) -> BaseTool:
    def read(number: Annotated[str, InjectedToolCallId]) -> Any:
        return label(Command(update={"messages": [ToolMessage(TEXT, tool_call_id=number)]}))

    return made(read)


def message(label: Label) -> BaseTool:
    def read(number: Annotated[str, InjectedToolCallId]) -> Any:
        return label(ToolMessage(TEXT, tool_call_id=number))

    return made(read)


def failing(label: Label) -> BaseTool:
    def read() -> str:
        raise ToolException(label(TEXT))

    return made(read, handle_tool_error=True)


def of_a_class(label: Label) -> BaseTool:
    class Letter(BaseTool):
        name: str = "letter"
        description: str = "Reads."

        def _run(self) -> Any:
            return label(TEXT)

    return Letter()


def from_inside(label: Label) -> BaseTool:
    """It calls another tool, which knows."""
    inner = StructuredTool.from_function(lambda: label(TEXT), name="inner", description="Reads.")
    return made(lambda: inner.invoke({}))


def added(label: Label) -> BaseTool:
    def read() -> str:
        if label is with_labels:
            add_labels({"untrusted"})
        return TEXT

    return made(read)


def made(function: Any, **options: Any) -> BaseTool:
    return StructuredTool.from_function(function, name="letter", description="Reads.", **options)


KINDS: Final = [
    text,
    data,
    blocks,
    coroutine,
    both,
    content,
    command,
    message,
    failing,
    of_a_class,
    from_inside,
    added,
]


def program(code: str) -> tuple[str, dict[str, Any]]:
    return "eval", {"code": code}


READS: Final = "await tools.letter({}).catch(() => 0);"
TASK: Final = ("task", {"description": "do it", "subagent_type": "worker"})
SENDS: Final = [("send", {"to": "a"})]
# What the model does, and what its subagent does then.
PLACES: Final[dict[str, tuple[Any, Any]]] = {
    "the model": ([[("letter", {})], SENDS], ()),
    "a program": ([[program(f"{READS} await tools.send({{ to: 'a' }})")]], ()),
    "programs": ([[program(f"{READS} 1")], SENDS], ()),
    "at once": (
        [[program(f"await Promise.all([1, 2].map(async () => {{ {READS} }})); 1")], SENDS],
        (),
    ),
    "a subagent": ([[TASK], SENDS], [[("letter", {})]]),
    "a program of a subagent": ([[TASK], SENDS], [[program(f"{READS} 1")]]),
    "a subagent of a program": (
        [
            [
                program(
                    "await task({ description: 'x', subagentType: 'worker' });"
                    "await tools.send({ to: 'a' })"
                )
            ]
        ],
        [[("letter", {})]],
    ),
}


def asked(
    kind: Any, label: Label, place: str, mode: Mode, task: Any = None, **options: Any
) -> bool:
    """Whether somebody is asked before anything is sent."""
    turns, inner = PLACES[place]
    tools = [kind(label), StructuredTool.from_function(lambda to: to, name="send", description="-")]

    rule = RuleOfTwo(IN_TEAMS if inner else LABELS)
    if task is not None:
        rule = RuleOfTwo({**IN_TEAMS, "task": task})

    def ours(rule: RuleOfTwo | None) -> Any:
        return CodeInterpreterMiddleware(ptc=["letter", "send"], rule_of_two=rule, **options)

    worker: Any = {
        "name": "worker",
        "description": "Works.",
        "system_prompt": "Work.",
        "model": ScriptedModel(turns=list(inner)),
        "tools": tools,
        "middleware": [ours(rule if task is None else None)],
    }
    make: Any = create_deep_agent if inner else create_agent
    agent = make(
        model=ScriptedModel(turns=turns),
        tools=tools,
        middleware=[ours(rule)],
        checkpointer=InMemorySaver(),
        **({"subagents": [worker]} if inner else {}),
    )
    run = asyncio.run(agent.ainvoke(GO, THREAD)) if mode == "ainvoke" else agent.invoke(GO, THREAD)
    questions: Any = run.get("__interrupt__", ())
    found = [request["name"] for one in questions for request in one.value["action_requests"]]
    assert found in ([], ["send"])
    return bool(found)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("place", [one for one in PLACES if "subagent" not in one])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_labels_of_a_result(kind: Any, place: str, mode: Mode) -> None:
    """The tool reaches what is private; a label says that a stranger has written it."""
    if kind is coroutine and mode == "invoke" and place == "the model":
        pytest.skip("LangChain cannot call it.")
    assert asked(kind, with_labels, place, mode)
    assert not asked(kind, lambda value: value, place, mode)


IN_SUBAGENTS: Final = [one for one in PLACES if "subagent" in one]
SOME: Final = [text, content, command, failing]


@pytest.mark.parametrize("place", IN_SUBAGENTS)
@pytest.mark.parametrize("kind", SOME, ids=lambda kind: kind.__name__)
def test_labels_of_a_result_in_a_subagent(kind: Any, place: str) -> None:
    for mode in MODES:
        assert asked(kind, with_labels, place, mode)
    assert not asked(kind, lambda value: value, place, "invoke")


@pytest.mark.parametrize("place", IN_SUBAGENTS)
@pytest.mark.parametrize("kind", SOME, ids=lambda kind: kind.__name__)
def test_labels_of_a_result_in_a_subagent_without_a_rule(kind: Any, place: str) -> None:
    """They are labels of its task, which reaches what is private if it is said so."""
    assert asked(kind, with_labels, place, "ainvoke", {"sensitive"})
    assert not asked(kind, lambda value: value, place, "invoke", {"sensitive"})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("place", ["a program", "at once"])
@pytest.mark.parametrize("kind", [*SOME, coroutine], ids=lambda kind: kind.__name__)
def test_labels_of_a_result_that_is_stored_when_it_is_there(
    kind: Any, place: str, mode: Mode
) -> None:
    assert asked(kind, with_labels, place, mode, durability="call")
    assert not asked(kind, lambda value: value, place, mode, durability="call")
