"""Calls as turns of a model, and as programs.

A program of a real model computes what it passes on from what it has read, so ours do: an argument
that is not in what the user asked for is given only if what was read is what it was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from langchain_quickjs.script.calls.js_names import camel_case
from tests.dojo.suites import Attack, Call, Task
from tests.helpers.models import CallSpec

Turns = list[list[CallSpec]]

_START: Final = """\
const read = [];
const make = async (name, args) => {
  try {
    const result = await tools[name](args);
    read.push(typeof result === "string" ? result : JSON.stringify(result));
  } catch (error) {
    read.push("");
  }
};
const isRead = (expected) => {
  let sum = 7;
  for (const one of read.join("\\n")) sum = (sum * 31 + one.codePointAt(0)) % 65521;
  return sum === expected;
};
"""
_MODULUS: Final = 65521


def direct(calls: Sequence[Call]) -> Turns:
    """One call a message, by the model itself."""
    return [[(call.tool, dict(call.args))] for call in calls]


def one_program(task: Task) -> Turns:
    """A task as one program: what it reads stays inside, and it returns a short answer."""
    return [[_program([*_steps(task.calls, task.prompt), "`${read.length} calls`"])]]


def hijacked_program(attack: Attack) -> Turns:
    """One program that reads what an attacker wrote, and then does what that says."""
    before = attack.before
    steps = _steps(before, attack.task.prompt)
    theirs = _steps(attack.injection.calls, "", literal=True)
    obeys = [f"if (isRead({_sum(before)})) {{", *theirs, "}", "`${read.length} calls`"]
    return [[_program([*steps, *obeys])]]


def hijacked_model(attack: Attack) -> Turns:
    """A program that returns what an attacker wrote, and the one that the model writes then."""
    reads = _program([*_steps(attack.before, attack.task.prompt), "read.at(-1)"])
    theirs = _program([*_steps(attack.injection.calls, "", literal=True), "`${read.length} calls`"])
    return [[reads], [theirs]]


def _program(lines: Sequence[str]) -> CallSpec:
    return "eval", {"code": _START + "\n".join(lines)}


def _steps(calls: Sequence[Call], prompt: str, *, literal: bool = False) -> list[str]:
    return [
        f"await make({json.dumps(camel_case(call.tool))}, {_args(call, prompt, calls[: 0 if literal else at])});"
        for at, call in enumerate(calls)
    ]


def _args(call: Call, prompt: str, before: Sequence[Call]) -> str:
    fields = []
    for name, value in call.args.items():
        text = json.dumps(value)
        if before and not _is_said(value, prompt):
            text = f"isRead({_sum(before)}) ? {text} : null"
        fields.append(f"{json.dumps(name)}: {text}")
    return f"{{ {', '.join(fields)} }}"


def _is_said(value: Any, prompt: str) -> bool:
    if isinstance(value, list):
        return all(_is_said(one, prompt) for one in value)
    return isinstance(value, bool) or str(value) in prompt


def _sum(calls: Sequence[Call]) -> int:
    total = 7
    for one in "\n".join(call.result for call in calls):
        total = (total * 31 + ord(one)) % _MODULUS
    return total
