"""Sessions under the rule of two in which the three labels meet, each in one way of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.helpers.scripted_sessions import (
    ACTS,
    BRINGS,
    HARMLESS,
    MIXED,
    NONE,
    PRIVATE,
    PROVIDED,
    STRANGE,
    Call,
    Expr,
    Found,
    Program,
    Say,
    Script,
    Step,
)

__all__ = ["DEEP", "KILLED", "SESSIONS"]

FETCH, LOOK, NOTHING = Call(STRANGE), Call(PRIVATE), Call(HARMLESS)
LABELS: Final = {
    **{tool: frozenset({label}) for label, tool in BRINGS.items()},
    HARMLESS: NONE,
    MIXED: frozenset({"sensitive", "acts"}),
    PROVIDED: frozenset({"untrusted"}),
}


def act(of: int = 1) -> Call:
    return Call(ACTS, Expr(of))


def look(of: int = 1) -> Call:
    return Call(PRIVATE, Expr(of))


def program(*steps: Call | Step, end: str = "silent") -> Program:
    """Steps in turn; at the end something is made of the last result."""
    made = (step if isinstance(step, Step) else Step((step,), "each") for step in steps)
    return Program(tuple(made), end, Expr(1))


def session(*turns: Any, more: Any = (), leaves: bool = False, **rule: str) -> Script:
    says = [Say(tuple(t if isinstance(t, tuple) else (t,) for t in turns), leaves=leaves)]
    says += [Say(((one,),)) for one in more]
    return Script(LABELS, tuple(says), tuple(LABELS)[:-1], {"order": "acts", **rule})


def task(*turns: Any, of: int = 0) -> Call:
    return Call("task", Expr(of), inner=tuple((turn,) for turn in turns))


LABELLED: Final = Call(HARMLESS, adds=frozenset({"untrusted"}))
SESSIONS: Final[Mapping[str, Script]] = {
    "the model's own calls": session(FETCH, LOOK, act()),
    "the model's own calls, refused": session(FETCH, LOOK, act(), on_three="refuse"),
    "in a program": session(program(LOOK, FETCH, act())),
    "in a program, refused": session(program(LOOK, FETCH, act()), on_three="refuse"),
    "the act first": session(program(act(0), FETCH, look()), order="any"),
    "beside a program": session((LOOK, program(FETCH, act()))),
    "beside each other": session((FETCH, LOOK), act()),
    "two programs of a message": session((program(LOOK), program(FETCH, act()))),
    "two programs, by variables": session((program(FETCH, end="leaves"), program(LOOK, act(-1)))),
    "before a program": session(FETCH, LOOK, program(act(0))),
    "by what a program returns": session(program(FETCH, look(), end="returns"), act()),
    "by how a program fails": session(program(FETCH, look(), end="throws"), act()),
    "by variables": session(program(FETCH, end="leaves"), program(LOOK, act(-1))),
    "by the way a program takes": session(LOOK, program(FETCH, Step((act(0),), "each", when=1))),
    "after a pause": session(program(LOOK, FETCH, act(), act())),
    "with a call that waits": session(program(FETCH, Step((Call(MIXED, Expr(1)), act()), "all"))),
    "by what the provider finds": session((Found(), NOTHING), LOOK, act()),
    "by a result that is labelled": session(LABELLED, LOOK, program(act(0))),
    "by a labelled result in a program": session(program(LOOK, LABELLED, act())),
    "by a program without an end": session(
        program(FETCH, look(), act()), more=[act()], leaves=True
    ),
}

DEEP: Final[Mapping[str, Script]] = {
    "inside of a subagent": session(task(FETCH, LOOK), act()),
    "inside of a subagent of a program": session(program(LOOK, task(FETCH), act())),
    "before a subagent": session(FETCH, LOOK, task(act())),
    "before a subagent of a program": session(program(LOOK, FETCH, task(act(), of=1))),
}

KILLED: Final[Mapping[str, tuple[Script, int]]] = {
    "after a pause": (session(program(LOOK, FETCH, act(), act())), 4),
    "after a call had ended": (session(program(LABELLED, LOOK, act(2))), -10),
    "while calls wait": (
        session(program(FETCH, Step((Call(MIXED, Expr(1)), act(), NOTHING), "all"), act(2))),
        2,
    ),
}
"""With the call at which the process dies, or the write after which it does."""
