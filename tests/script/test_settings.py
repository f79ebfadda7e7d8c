"""Every argument of a wrong type or range is refused where it is given, with what it may be."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs import (
    CodeInterpreterMiddleware,
    Limits,
    SetupError,
    ToolNameError,
    create_script_graph,
)
from langchain_quickjs.interpreter.limits import RANGES
from langchain_quickjs.script.settings import Defaults
from tests.helpers.models import ScriptedModel, programs


@tool
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@tool("a-dd")
def other_add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@tool("aDd")
def third_add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@tool
def task(what: str) -> str:
    """No subagent."""
    return what


def double(value: int) -> int:
    """Doubles a number."""
    return 2 * value


LIMITS = Path(__file__).parent.parent.parent / "docs" / "limits.md"

# One of each kind of thing; for each parameter, those that it takes are named below.
THINGS: dict[str, Any] = {
    "None": None,
    "True": True,
    "False": False,
    "-1": -1,
    "0": 0,
    "1": 1,
    "40": 40,
    "16 MiB": 16 * 2**20,
    "2**40": 2**40,
    "0.0": 0.0,
    "1.5": 1.5,
    "nan": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "no text": "",
    "digits": "40",
    "a name": "add",
    "a sentence": "an addition!",
    "bytes": b"40",
    "32 bytes": bytes(32),
    "an empty list": [],
    "a list of names": ["add"],
    "a list of numbers": [1],
    "a list of None": [None],
    "an empty mapping": {},
    "a mapping to numbers": {"add": 1},
    "a mapping of numbers": {1: True},
    "a set": {"add"},
    "a tool": add,
    "an object": object(),
    "pause": "pause",
    "call": "call",
    "turn": "turn",
    "raise": "raise",
    "each": "each",
    "program": "program",
}

GO: Any = {"messages": [("user", "go")]}

WHOLE = {"1", "40", "16 MiB"}
FLAG = {"True", "False"}
WORDS = {"pause", "call", "turn", "raise", "each", "program"}
TOOLS = {"an empty list"}
SECONDS = {"None", "1", "40", "16 MiB", "1.5", "2**40"}

TAKES: dict[str, set[str]] = {
    "ptc": {"None", "an empty list", "a list of names"},
    "interrupt_on": {"None", "an empty mapping"},
    "ask": {"each"},
    "on_unfit_answer": {"raise"},
    "request_name": {"program"},
    "timeout": SECONDS,
    "wall_timeout": SECONDS,
    "memory_limit": {"16 MiB"},
    "max_ptc_calls": {"None", *WHOLE},
    "max_result_chars": WHOLE,
    "capture_console": FLAG,
    "docs_tokens": {"0", *WHOLE},
    "tool_name": {"digits", "a name", *WORDS},
    "subagents": FLAG,
    "max_subagent_concurrency": WHOLE,
    "durability": {"pause", "call"},
    "on_tool_error": {"raise"},
    "mode": {"None", "call", "turn"},
    "stream_events": FLAG,
    "max_snapshot_bytes": {"None", *WHOLE},
    "rule_of_two": {"None"},
    "snapshot_signing_key": {"None", "32 bytes"},
}
GRAPH_TAKES: dict[str, set[str]] = {
    "tools": {"an empty list"},
    "interrupt_on": {"None", "an empty mapping"},
    "ask": {"each"},
    "on_unfit_answer": {"raise"},
    "limits": {"None"},
    "durability": {"pause", "call"},
    "on_tool_error": {"raise"},
    "snapshot_signing_key": TAKES["snapshot_signing_key"],
    "stream_events": FLAG,
    "checkpointer": {"None", "True", "False"},
    "name": {"digits", "a name", "a sentence", *WORDS},
}
LIMITS_TAKE: dict[str, set[str]] = {
    "memory_bytes": {"16 MiB"},
    "step_timeout_s": SECONDS,
    "script_timeout_s": SECONDS,
    "wall_timeout_s": SECONDS,
    "source_bytes": WHOLE,
    "message_bytes": WHOLE,
    "result_bytes": WHOLE,
    "console_bytes": {"0", *WHOLE},
    "console_cut": FLAG,
    "calls": {"None", "0", *WHOLE},
    "calls_in_flight": WHOLE,
    "open_bytes": WHOLE,
}


def cases(takes: dict[str, set[str]]) -> list[Any]:
    """Each parameter times each thing, and whether it takes it."""
    return [
        pytest.param(parameter, THINGS[thing], thing in taken, id=f"{parameter}-{thing}")
        for parameter, taken in takes.items()
        for thing in THINGS
    ]


def given(make: Callable[..., Any], parameter: str, value: Any, taken: bool, error: Any) -> None:
    if taken:
        make(**{parameter: value})
        return
    with pytest.raises(error, match=parameter) as caught:
        make(**{parameter: value})
    assert isinstance(caught.value, ValueError)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(("parameter", "value", "taken"), cases(TAKES))
def test_the_middlewares_arguments(parameter: str, value: Any, taken: bool) -> None:
    given(CodeInterpreterMiddleware, parameter, value, taken, SetupError)


@pytest.mark.parametrize(("parameter", "value", "taken"), cases(GRAPH_TAKES))
def test_the_graphs_arguments(parameter: str, value: Any, taken: bool) -> None:
    given(create_script_graph, parameter, value, taken, SetupError)


@pytest.mark.parametrize(("parameter", "value", "taken"), cases(LIMITS_TAKE))
def test_limits(parameter: str, value: Any, taken: bool) -> None:
    given(Limits, parameter, value, taken, SetupError)


def parameters(make: Callable[..., Any]) -> dict[str, Any]:
    """What a function takes, and what each of it is if it is not given."""
    found = inspect.signature(make).parameters.values()
    return {one.name: one.default for one in found}


def test_no_parameter_is_left_out_here() -> None:
    assert TAKES.keys() == parameters(CodeInterpreterMiddleware).keys()
    assert GRAPH_TAKES.keys() == parameters(create_script_graph).keys()
    assert LIMITS_TAKE.keys() == parameters(Limits).keys()


@pytest.mark.parametrize("make", [CodeInterpreterMiddleware, create_script_graph])
def test_every_default_is_that_of_the_table(make: Callable[..., Any]) -> None:
    for name, default in parameters(make).items():
        if default not in (None, ()):
            assert default == getattr(Defaults, name), name


def written(value: float | None, unit: str) -> str:
    """A default as the page writes it."""
    if value is None:
        return "none"
    if unit == "bytes":
        return f"{value // 2**20} MiB" if value >= 2**20 else f"{value // 2**10} KiB"
    return f"{value:g} s" if unit == "seconds" else f"{value}"


def test_the_pages_table_of_limits_is_that_of_the_code() -> None:
    lines = LIMITS.read_text().splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    told = {}
    for _, parameter, limit, default in rows[2:]:
        name, ours = limit.strip().split("`")[1], parameter.strip(" `").removesuffix("` (cut)")
        told[name] = default.strip().split("; ")[-1]
        if ours == "max_result_chars":
            assert default.strip().startswith(f"{Defaults.max_result_chars:,} characters;")
        elif ours:
            assert getattr(Defaults, ours) == getattr(Limits(), name)
    assert told == {name: written(getattr(Limits(), name), r.unit) for name, r in RANGES.items()}


CONFIGS = [
    {},
    {"allowed_decisions": None},
    {"allowed_decisions": []},
    {"allowed_decisions": "approve"},
    {"allowed_decisions": {"approve"}},
    {"allowed_decisions": ["aprove"]},
    {"allowed_decisions": [1]},
    {"allowed_decisions": ["approve"], "description": 1},
    {"allowed_decisions": ["approve"], "when": True},
    {"allowed_decisions": ["approve"], "args_schema": "int"},
    {"allowed_decisions": ["approve"], "wen": callable},
]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize(
    "make",
    [
        lambda **o: CodeInterpreterMiddleware(ptc=[add], **o),
        lambda **o: create_script_graph([add], **o),
    ],
)
def test_a_gates_config(make: Callable[..., Any], config: Any) -> None:
    with pytest.raises(SetupError, match="`interrupt_on` for tool 'add'"):
        make(interrupt_on={"add": config})
    whole = {
        "allowed_decisions": ["approve", "edit"],
        "description": str,
        "when": callable,
        "args_schema": {},
    }
    make(interrupt_on={"add": whole})


@pytest.mark.parametrize("asked", [True, False])
def test_a_gate_for_no_tool(asked: bool) -> None:
    wrong = r"names \['ad'\], and there is no such tool. Did you mean \['add'\]"
    with pytest.raises(SetupError, match=wrong):
        create_script_graph([add], interrupt_on={"ad": asked})


MEETING = [
    (["lookup_order", "lookup-order"], "'lookup_order' and 'lookup-order' would both be"),
    ([add, "Add", third_add, "a_dd"], "'aDd' and 'a_dd' would both be `tools.aDd`"),
    ([other_add, third_add], "'a-dd' and 'aDd' would both be `tools.aDd`"),
    (["add", add], r"has \['add'\] more than once"),
    ([double, double], r"has \['double'\] more than once"),
    (["eval"], "cannot call 'eval'"),
    (["task"], "Programs call subagents as `task"),
    ([task], "Programs call subagents as `task"),
    (["TASK"], "Programs call subagents as `task"),
    ([""], "cannot be written as a JavaScript name"),
    (["zählen"], "cannot be written as a JavaScript name"),
    ([lambda value: value], "of which no tool can be made"),
]


@pytest.mark.parametrize(("ptc", "problem"), MEETING)
def test_names_that_meet(ptc: Any, problem: str) -> None:
    with pytest.raises(SetupError, match=problem):
        CodeInterpreterMiddleware(ptc=ptc)
    if not any(isinstance(item, str) or item is task for item in ptc):
        with pytest.raises(SetupError, match=problem):
            create_script_graph(ptc)


def test_a_tool_called_task_where_there_are_no_subagents() -> None:
    ours = CodeInterpreterMiddleware(ptc=[task], subagents=False)
    agent = create_agent(programs("await tools.task({ what: 'x' })"), middleware=[ours])
    assert agent.invoke(GO)["messages"][2].text == "<result>x</result>"
    with pytest.raises(SetupError, match="rename it"):
        CodeInterpreterMiddleware(tool_name="task")


def test_functions_become_tools() -> None:
    ours = CodeInterpreterMiddleware(ptc=[double, add])
    model = programs("await tools.double({ value: 4 })")
    agent = create_agent(model, middleware=[ours])
    assert agent.invoke(GO)["messages"][2].text == "<result>8</result>"
    assert "tools.double(args: { value: number }): Promise<number>" in model.seen[0]


def test_a_gate_for_subagents_that_the_agent_does_not_have() -> None:
    ours = CodeInterpreterMiddleware(interrupt_on={"task": True})
    agent = create_agent(ScriptedModel(turns=[]), middleware=[ours], checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    with pytest.raises(SetupError, match="the agent has no subagents"):
        agent.invoke(GO, config)


def test_a_name_error_is_a_setup_error() -> None:
    assert issubclass(ToolNameError, SetupError)
