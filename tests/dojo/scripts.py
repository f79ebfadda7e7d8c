"""Calls as turns of a model, and as programs.

A program of a real model computes what it passes on from what it has read, so ours do: an argument
that is not in what the user asked for is given only if what was read is what it was. Precisions
that look at this find what they would find there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
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
};"""
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
    theirs = _obeying(attack.injection.calls)
    obeys = [f"if (isRead({_sum(before)})) {{", *theirs, "}", "`${read.length} calls`"]
    return [[_program([*steps, *obeys])]]


def hijacked_model(attack: Attack) -> Turns:
    """A program that returns what an attacker wrote, and the one that the model writes then."""
    reads = _program([*_steps(attack.before, attack.task.prompt), "read.at(-1)"])
    theirs = _program([*_obeying(attack.injection.calls), "`${read.length} calls`"])
    return [[reads], [theirs]]


def _program(lines: Sequence[str]) -> CallSpec:
    # In a block, so that no variables are left.
    return "eval", {"code": "\n".join(["{", _START, *lines, "}"])}


def _steps(calls: Sequence[Call], prompt: str) -> list[str]:
    """A user's calls. One who says "if" has them made for what was read only."""
    conditional = re.search(r"\bif\b", prompt, re.IGNORECASE)
    steps = []
    for at, call in enumerate(calls):
        before = calls[:at]
        said = {name for name, value in call.args.items() if _is_said(value, prompt)}
        made = _made(call, said, before)
        steps.append(f"if (isRead({_sum(before)})) {made}" if before and conditional else made)
    return steps


def _obeying(calls: Sequence[Call]) -> list[str]:
    """An attacker's calls, just as they are wanted."""
    return [_made(call, call.args.keys(), ()) for call in calls]


def _made(call: Call, said: Collection[str], before: Sequence[Call]) -> str:
    fields = []
    for name, value in call.args.items():
        text = json.dumps(value)
        if before and name not in said:
            text = f"isRead({_sum(before)}) ? {text} : null"
        fields.append(f"{json.dumps(name)}: {text}")
    return f"await make({json.dumps(camel_case(call.tool))}, {{ {', '.join(fields)} }});"


def _is_said(value: Any, prompt: str) -> bool:
    """Whether an argument stands in what the user asked for."""
    if isinstance(value, list):
        return all(_is_said(one, prompt) for one in value)
    words = rf"(?<!\w){re.escape(str(value))}(?!\w)"
    return isinstance(value, bool) or re.search(words, prompt) is not None


def _sum(calls: Sequence[Call]) -> int:
    total = 7
    for one in "\n".join(call.result for call in calls):
        total = (total * 31 + ord(one)) % _MODULUS
    return total
