"""What the model is told of a failed program's calls, so that it does not make them twice."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.types import Command

from langchain_quickjs import (
    CodeInterpreterMiddleware,
    SetupError,
    create_script_graph,
)
from tests.agent.test_prompt import assert_snapshot
from tests.helpers.conversations import KINDS, MODES, Conversation, Kind, Mode
from tests.helpers.models import programs
from tests.helpers.reports import CALLS, OutOfStockError, talk_with, told
from tests.helpers.shop import Shop
from tests.helpers.stories import APPROVE

# --- what there is to tell, times how a program ends -------------------------------------------


@dataclass(frozen=True)
class Deed:
    """A call that a program makes before it fails, and what is told of it.

    `settles`: whether the program waits for it. `decision`: what a person makes of it.
    """

    source: str
    line: str
    settles: bool = True
    decision: Any = None


PAID = {"name": "pay", "args": {"to": "bo", "amount": 2}}
DEEDS = {
    "done": Deed("tools.lookUp({ key: 'a' })", 'done: look_up({"key": "a"})'),
    "failed": Deed(
        "tools.boom({ what: 'hats' })", 'failed: boom({"what": "hats"}): "OutOfStockError: hats"'
    ),
    "refused": Deed(
        "tools.lookUp('a', 1)",
        'not made: look_up("a"): "lookUp takes one object with named arguments: tools.lookUp({ '
        'key: ... })"',
    ),
    "approved": Deed(
        "tools.pay({ to: 'al', amount: 1 })",
        'done: pay({"to": "al", "amount": 1})',
        decision=APPROVE,
    ),
    "edited": Deed(
        "tools.pay({ to: 'edit', amount: 1 })",
        'done: pay({"to": "bo", "amount": 2})',
        decision={"type": "edit", "edited_action": PAID},
    ),
    "rejected": Deed(
        "tools.pay({ to: 'cy', amount: 3 })",
        'rejected by a person: pay({"to": "cy", "amount": 3}): "too \\"dear\\""',
        decision={"type": "reject", "message": 'too\n"dear"'},
    ),
    "answered": Deed(
        "tools.pay({ to: 'di', amount: 4 })",
        'answered by a person: pay({"to": "di", "amount": 4}): "in cash"',
        decision={"type": "respond", "message": "in cash"},
    ),
    "interrupted": Deed(
        "tools.order({ what: 'shoe' })",
        'result unknown: order({"what": "shoe"}): it had begun, and was waiting for a person',
        settles=False,
    ),
    "running": Deed(
        "tools.lookUp({ key: 'r', delay_s: 0.02 })",
        'done: look_up({"key": "r", "delay_s": 0.02})',
        settles=False,
    ),
    "undecided": Deed(
        "tools.pay({ to: 'ed', amount: 5 })",
        'not made: pay({"to": "ed", "amount": 5}): it was waiting for a person',
        settles=False,
    ),
}

GAP = 'done: look_up({"key": "gap"})'
NEXT = 'done: look_up({"key": "n"})'


@dataclass(frozen=True)
class End:
    """How a program ends: as an error of that type, after calls of which these lines are told.

    `waits`: whether it would not end while a person could still decide something.
    """

    source: str
    error: str
    lines: tuple[str, ...] = ()
    waits: bool = False
    rejects: bool = False


ENDS = {
    "throws": End("throw new RangeError('own')", "RangeError"),
    "tool": End(
        "await tools.boom({ what: 'x' })",
        "OutOfStockError",
        ('failed: boom({"what": "x"}): "OutOfStockError: x"',),
    ),
    "timeout": End("for (;;);", "Timeout"),
    "memory": End("const hoard = []; for (;;) hoard.push(new Array(1e5).fill(1))", "OutOfMemory"),
    "rejection": End(
        "await tools.pay({ to: 'no', amount: 6 })",
        "RejectedError",
        ('rejected by a person: pay({"to": "no", "amount": 6}): "no"',),
        rejects=True,
    ),
    "budget": End("for (;;) await tools.lookUp({ key: 'n' })", "PTCCallBudgetExceeded"),
    "deadlock": End("await new Promise(() => {})", "Deadlock", waits=True),
    "no object": End("throw null", "Error"),
    "stack": End("const f = () => f(); f()", "RangeError"),
}


def program(deeds: list[Deed], end: End) -> str:
    begun = "".join(f"{d.source}.catch(() => {{}});\n" for d in deeds if not d.settles)
    settled = ", ".join(d.source for d in deeds if d.settles)
    late = [line for line in begun.splitlines() if "pay" in line]
    early = [line for line in begun.splitlines() if "pay" not in line]
    return "\n".join(
        [
            *early,
            f"await Promise.allSettled([{settled}]);",
            *late,
            "await tools.lookUp({ key: 'gap' });",
            end.source,
        ]
    )


def expected(deeds: list[Deed], end: End) -> list[str]:
    """All lines, in the order of the calls."""
    early = [d.line for d in deeds if not d.settles and "pay" not in d.source]
    settled = [d.line for d in deeds if d.settles]
    late = [d.line for d in deeds if not d.settles and "pay" in d.source]
    lines = [*early, *settled, *late, GAP, *end.lines]
    return lines if end is not ENDS["budget"] else lines + [NEXT] * (CALLS - len(lines))


def play(talk: Conversation, deeds: list[Deed], end: End) -> None:
    """Starts the program, and answers what is asked about calls until it has ended."""
    talk.start()
    decisions = {
        d.source.split("to: '")[1].split("'")[0]: d.decision for d in deeds if d.decision
    } | {"no": {"type": "reject", "message": "no"}}
    while talk.waits:
        answers = {
            asked.id: {
                "decisions": [
                    decisions[action["args"]["to"]] for action in asked.value["action_requests"]
                ]
            }
            for asked in talk.last["__interrupt__"]
            if isinstance(asked.value, dict)
        }
        assert answers, talk.last
        talk.send(Command(resume=answers))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["create_agent", "graph"])
@pytest.mark.parametrize("name", ENDS)
@settings(max_examples=4)
@given(st.permutations(sorted(DEEDS)), st.integers(0, len(DEEDS)), st.booleans())
def test_however_a_program_ends_its_calls_are_told(
    name: str, kind: Kind, mode: Mode, order: list[str], count: int, raises: bool
) -> None:
    end = ENDS[name]
    deeds = [DEEDS[deed] for deed in order[:count]]
    if end.waits:
        deeds = [d for d in deeds if d.settles or d is DEEDS["running"]]
    if end.rejects:  # else it would be asked about too, and again after each answer
        deeds = [d for d in deeds if d is not DEEDS["undecided"]]
    with tempfile.TemporaryDirectory() as folder:
        how = "raise" if raises else "return"
        talk = talk_with(
            Shop(Path(folder) / "log"), program(deeds, end), kind, mode, on_tool_error=how
        )
        if raises and name == "tool":
            with pytest.raises(OutOfStockError):
                play(talk, deeds, end)
            return
        play(talk, deeds, end)
        error, lines, more = told(talk)
    assert error == end.error
    wanted = expected(deeds, end)
    if not more:
        assert lines == wanted
        return
    assert 10 <= len(lines) <= 20
    assert len(lines) + more == len(wanted)
    # Those that are left out are the oldest of those that matter least.
    assert all(line in lines for line in wanted if "pay(" in line)
    rest = iter(wanted)
    assert all(line in rest for line in lines)


# --- three calls -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("caught", [True, False])
@pytest.mark.parametrize("at_once", [1, None])
def test_two_were_made_and_one_was_not(
    at_once: int | None, caught: bool, kind: Kind, mode: Mode, tmp_path: Path
) -> None:
    shop = Shop(tmp_path / "log")
    handler = ".catch(() => {})" if caught else ""
    source = f"""
    await Promise.all(["ann", "bob", "cyd"].map((to) => tools.pay({{ to, amount: 20 }}){handler}));
    throw new Error("then this");
    """
    talk = talk_with(shop, source, kind, mode)
    talk.max_concurrency = at_once
    talk.start()
    talk.decide(APPROVE, {"type": "reject", "message": "too much"}, APPROVE)
    assert shop.counts() == {"pay ann 20": 1, "pay cyd 20": 1}
    assert told(talk) == (
        "Error" if caught else "RejectedError",
        [
            'done: pay({"to": "ann", "amount": 20})',
            'rejected by a person: pay({"to": "bob", "amount": 20}): "too much"',
            'done: pay({"to": "cyd", "amount": 20})',
        ],
        0,
    )


def test_the_whole_message(tmp_path: Path) -> None:
    """Its text is held by a file in `tests/snapshots`, as prompts are."""
    source = """
    for (let i = 0; i < 30; i++) await tools.lookUp({ key: `A-${i}` });
    const pay = (to, amount) => tools.pay({ to, amount });
    await Promise.allSettled([
      pay("ann", 20), pay("bob", 9000), pay("cyd", 30), tools.boom({ what: "hats" }),
    ]);
    console.log("three paid");
    pay("dee", 1).catch(() => {});
    await tools.lookUp({ key: "last" });
    throw new RangeError("no such order");
    """
    talk = talk_with(Shop(tmp_path / "log"), source, "create_agent", "invoke")
    talk.start()
    edit = {"name": "pay", "args": {"to": "cyd", "amount": 3}}
    talk.decide(
        APPROVE,
        {"type": "reject", "message": "too much"},
        {"type": "edit", "edited_action": edit},
    )
    assert_snapshot("failed_program", talk.text)


# --- a tool's exception ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["create_agent", "graph"])
def test_an_exception_from_before_a_pause_is_told_never_lost(
    kind: Kind, mode: Mode, tmp_path: Path
) -> None:
    source = """
    let failure;
    try { await tools.boom({ what: 'hats' }) } catch (error) { failure = error }
    await tools.pay({ to: 'al', amount: 1 });
    throw failure;
    """
    talk = talk_with(Shop(tmp_path / "log"), source, kind, mode, on_tool_error="raise")
    talk.start()
    talk.decide(APPROVE)
    assert told(talk) == (
        "OutOfStockError",
        [DEEDS["failed"].line, 'done: pay({"to": "al", "amount": 1})'],
        0,
    )


@pytest.mark.parametrize(
    "source",
    [
        "throw Object.assign(new Error('hats'), { name: 'OutOfStockError' })",
        "try { await tools.boom({ what: 'hats' }) } catch (e) { throw structuredClone(e) }",
        "try { await tools.boom({ what: 'hats' }) } catch (e) { throw Object.create(e) }",
        "await Promise.any([tools.boom({ what: 'hats' })]).catch((e) => { "
        "throw Object.assign(new Error('hats'), { name: 'OutOfStockError', cause: e }) })",
    ],
)
def test_an_error_that_looks_like_a_tools_is_the_programs(source: str, tmp_path: Path) -> None:
    talk = talk_with(Shop(tmp_path / "log"), source, "create_agent", "invoke")
    talk.start()
    assert talk.text.startswith("<error type=")
    assert told(talk)[1] == ([DEEDS["failed"].line] if "tools" in source else [])


def test_an_error_kept_by_an_earlier_program_raises_nothing(tmp_path: Path) -> None:
    first = "var kept; try { await tools.boom({ what: 'hats' }) } catch (e) { kept = e } 1"
    second = "try { await tools.boom({ what: 'hats' }) } catch {} throw kept"
    talk = talk_with(Shop(tmp_path / "log"), "", "create_agent", "invoke")
    talk.model = programs(first, second)
    talk.start()
    assert [m.status for m in talk.last["messages"] if m.type == "tool"] == ["success", "error"]


@pytest.mark.parametrize("build", [create_script_graph, CodeInterpreterMiddleware])
def test_another_word_is_refused(build: Any) -> None:
    with pytest.raises(SetupError, match="on_tool_error"):
        build(on_tool_error="ignore")
