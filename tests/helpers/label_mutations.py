"""Ways to break the rule of two, each at one place: what random sessions have to find.

Where a record is kept twice, both are lost. The key of each says what is the matter then.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from langchain_quickjs import RuleOfTwo
from langchain_quickjs.agent import middleware
from langchain_quickjs.agent.model_calls import ruled_calls
from langchain_quickjs.interpreter import Raised
from langchain_quickjs.script import run
from langchain_quickjs.script.calls import tool_call
from langchain_quickjs.script.durability.call_ends import seal_end
from langchain_quickjs.script.labels import results
from langchain_quickjs.script.labels.messages import history
from langchain_quickjs.script.labels.program import ProgramLabels
from langchain_quickjs.script.labels.results import CallLabels
from langchain_quickjs.script.labels.shadow import Shadow
from langchain_quickjs.script.labels.taint import CLEAN, Left
from langchain_quickjs.script.langgraph_internals.superstep import Superstep
from langchain_quickjs.script.variables import session_labels
from langchain_quickjs.script.variables.labels_channel import ALL_UNKNOWN, LabelsChannel, Touched
from langchain_quickjs.script.variables.session_labels import ProgramSession, SessionLabels

__all__ = ["MUTATIONS", "mutate"]

Part = tuple[Any, str, Any]
NOBODY: Final = frozenset[str]()


class _Deaf(RuleOfTwo):
    """A rule that never applies."""

    __slots__ = ()

    def applies(self, *_: Any) -> bool:
        return False


def _deaf(rule: RuleOfTwo) -> RuleOfTwo:
    deaf = copy.copy(rule)
    object.__setattr__(deaf, "__class__", _Deaf)
    return deaf


def _nothing(*_: Any, **__: Any) -> None:
    pass


def _clean(*_: Any) -> Any:
    return CLEAN


def _after(function: Any, then: Callable[..., Any]) -> Any:
    """A method that does something to the object when it is done, and gives what that gives."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return then(self, function(self, *args, **kwargs))

    return method


def _forget(labels: ProgramLabels, _: object) -> None:
    labels.taint = labels.clear = labels.passed = CLEAN


def _forget_waiting(labels: ProgramLabels, reviewed: Any) -> Any:
    labels.waiting.clear()
    return reviewed


def _untouched(end: Any) -> Any:
    return replace(end, touched=CLEAN)


def _only_acts(rule: RuleOfTwo, taint: Any, own: Any) -> bool:
    return "acts" in own and taint.labels | own == {"untrusted", "sensitive", "acts"}


_ruled: Final[Any] = ruled_calls._ruled_call
_seal: Final = seal_end
_packed: Final = SessionLabels._packed
_update: Final = LabelsChannel.update
HISTORY: Final[Part] = (session_labels, "labels_told", lambda *_: (NOBODY, NOBODY))

MUTATIONS: Final[Mapping[str, tuple[Part, ...]]] = {
    "the rule never applies": ((RuleOfTwo, "applies", lambda *_: False),),
    "the model's own calls are let through": (
        (ruled_calls, "_ruled_call", lambda *args: _ruled(*args[:-1], _deaf(args[-1]))),
    ),
    "calls of programs are let through": (
        (ProgramLabels, "reviewed", lambda self, number, name, args, asked, now_s: asked),
    ),
    "a call that is refused runs in a program": (
        (
            ProgramLabels,
            "reviewed",
            _after(
                ProgramLabels.reviewed,
                lambda _, reviewed: None if isinstance(reviewed, Raised) else reviewed,
            ),
        ),
    ),
    "a call of the model that is refused runs": (
        (
            ruled_calls,
            "_ruled_call",
            lambda *args: _ruled(
                *args[:-1], _deaf(args[-1]) if args[-1].on_three == "refuse" else args[-1]
            ),
        ),
    ),
    "only what acts is asked about": ((RuleOfTwo, "applies", _only_acts),),
    "what a program is given brings nothing": ((ProgramLabels, "delivers", _nothing),),
    "what a program begins brings nothing": ((ProgramLabels, "begins", _nothing),),
    "calls of one message do not count for each other": ((SessionLabels, "beside", _clean),),
    "programs of one message do not count for each other": (
        (Superstep, "earlier_tasks", lambda *_: []),
        (SessionLabels, "beside_program", lambda self, mine: mine),
    ),
    "a program finds nothing": ((ProgramSession, "found", _clean),),
    "a program leaves nothing": (
        (ProgramLabels, "left", lambda *_, **__: Left(CLEAN, CLEAN, CLEAN, False, {})),
    ),
    "variables bring nothing": (
        (
            SessionLabels,
            "of_program",
            lambda self, call_id, clock, **_: ProgramSession(self, call_id, clock, False),
        ),
    ),
    "no argument depends": ((Shadow, "depends_of", lambda *_: ()),),
    "nothing that is shown depends": ((Shadow, "any_depends", False),),
    "a shadow that goes another way is believed": ((Shadow, "give_up", _nothing),),
    "a stored program has touched nothing": (
        (ProgramLabels, "restore", _after(ProgramLabels.restore, _forget)),
    ),
    "calls that wait count for nothing": (
        (ProgramLabels, "reviewed", _after(ProgramLabels.reviewed, _forget_waiting)),
    ),
    "nothing is kept of a session": (
        (SessionLabels, "_packed", lambda self, _: _packed(self, Touched())),
        HISTORY,
    ),
    "the last write of a step is kept alone": (
        (LabelsChannel, "update", lambda self, values: _update(self, values[-1:])),
        HISTORY,
    ),
    "what happens inside of a call is not told": ((CallLabels, "add", _nothing),),
    "a subagent knows nothing of before": (
        (tool_call, "noting_for", lambda before: results.noting_for(before and CLEAN)),
        (ruled_calls, "CallLabels", lambda _: CallLabels()),
    ),
    "tools cannot label their results": ((results, "add_labels", _nothing),),
    "what the model's provider finds brings nothing": (
        (ruled_calls, "provider_tools_in", lambda _: set()),
        (history, "provider_tools_in", lambda _: set()),
    ),
    "what is told of a program without an end brings nothing": (
        (middleware, "note_told", _nothing),
    ),
    "the stored end of a call brings nothing": (
        (run, "seal_end", lambda name, end, sealer: _seal(name, _untouched(end), sealer)),
    ),
    "what has happened counts for all": ((SessionLabels, "read", lambda _: ALL_UNKNOWN),),
}


def mutate(name: str, patch: pytest.MonkeyPatch) -> None:
    """Breaks the rule in one way."""
    for where, what, instead in MUTATIONS[name]:
        patch.setattr(where, what, instead)
