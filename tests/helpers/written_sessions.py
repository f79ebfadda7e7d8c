"""Random sessions as a model says them: programs as code, and what is known of each call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.helpers.scripted_sessions import Call, Expr, Found, Program, Step

__all__ = ["Known", "Written"]


@dataclass(frozen=True)
class Known:
    """What is known of a call before it is made.

    Attributes:
        turn: The message of a model that it comes from.
        prior: The calls whose results its program has been given before.
        launched: Calls that have begun before, if they have been made at all.
        implied: The calls that it depends on without their text being in it.
        before: All calls of the session that were over before.
        outer: The call of the subagent that makes it.
    """

    place: str
    call: Call
    turn: str
    in_program: bool = False
    prior: frozenset[str] = frozenset()
    launched: frozenset[str] = frozenset()
    implied: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    outer: str | None = None


@dataclass
class Written:
    """Turns as the model says them, with what is known of each call.

    Attributes:
        calls: By their places.
        says: What the model calls in each turn, by the name of the turn: name, arguments, id.
        found: What its provider puts into the message, by the name of the turn.
        shown: What the end of a program shows without its text being in it, by the program.
        inner: The names of the turns of a subagent, by the call.
    """

    one_by_one: bool
    calls: dict[str, Known] = field(default_factory=dict)
    says: dict[str, list[tuple[str, Any, str]]] = field(default_factory=dict)
    found: dict[str, list[str]] = field(default_factory=dict)
    shown: dict[str, frozenset[str]] = field(default_factory=dict)
    inner: dict[str, list[str]] = field(default_factory=dict)

    def turns(
        self, prefix: str, turns: Sequence[Any], past: frozenset[str], outer: str | None = None
    ) -> list[str]:
        """Writes turns, after all these calls; gives their names."""
        names = []
        for number, turn in enumerate(turns):
            name, here = f"{prefix}.{number}", frozenset[str]()
            direct = {
                f"{name}.{index}" for index, item in enumerate(turn) if isinstance(item, Call)
            }
            says = self.says[name] = list[tuple[str, Any, str]]()
            self.found[name] = []
            for index, item in enumerate(turn):
                place = f"{name}.{index}"
                base = Known(place, Call(""), name, launched=frozenset(direct - {place}))
                base = replace(base, before=past, outer=outer)
                if isinstance(item, Found):
                    self.calls[place] = replace(base, call=Call(item.tool))
                    self.found[name].append(place)
                    continue
                if isinstance(item, Call):
                    self._known(replace(base, call=item))
                    says.append((*self._direct(place, item), place))
                    continue
                if self.one_by_one:
                    base = replace(base, before=past | here)
                code = _Writer(self, base, place).program(item)
                says.append(("eval", {"code": code}, place))
                here |= self.within(place)
            names.append(name)
            past |= self.within(name)
        return names

    def within(self, place: str) -> frozenset[str]:
        """All calls of a turn, a program, or a call of a subagent, with this one."""
        return frozenset(
            p for p in self.calls if p == place or p.startswith((f"{place}.", f"{place}/"))
        )

    def _known(self, known: Known) -> None:
        place, call = known.place, known.call
        self.calls[place] = known
        if call.tool == "task":
            past = known.before | known.prior
            past = past.union(*(self.within(one) for one in known.prior))
            self.inner[place] = self.turns(f"{place}/", call.inner, past, place)

    def _direct(self, place: str, call: Call) -> tuple[str, Any]:
        if call.tool == "task":
            return "task", {"description": place, "subagent_type": "worker"}
        return call.tool, {"to": place}


@dataclass
class _Writer:
    """Writes one program."""

    written: Written
    base: Known
    place: str
    results: list[str] = field(default_factory=list)
    launched: frozenset[str] = frozenset()

    def program(self, program: Program) -> str:
        lines = [self._step(number, step) for number, step in enumerate(program.steps)]
        value, implied = self._text(program.gives)
        self.written.shown[self.place] = (
            implied if program.end in ("returns", "prints", "throws") else frozenset()
        )
        ends = {
            "silent": "",
            "returns": f"return {value};",
            "prints": f"console.log({value});",
            "throws": f"throw Error({value});",
            "leaves": f"globalThis.kept = {value};",
        }
        body = "\n".join([*lines, ends[program.end]])
        return f"await (async () => {{ const r = {{}};\n{body}\n}})()"

    def _step(self, number: int, step: Step) -> str:
        test, implied = self._text(Expr(step.when, "flag")) if step.when else ("'y'", frozenset())
        made, begun, known = list[str](), list[str](), list(self.results)
        for index, call in enumerate(step.calls):
            place = f"{self.place}.{number}.{index}"
            # What is in turn knows of the ones before; strands know of none.
            value, gives = self._text(call.gives)
            self.written._known(
                replace(
                    self.base,
                    place=place,
                    call=call,
                    in_program=True,
                    prior=frozenset(self.results),
                    launched=self.base.launched | self.launched | set(begun),
                    implied=implied | gives,
                    before=self.base.before
                    | frozenset().union(*(self.written.within(one) for one in self.results)),
                )
            )
            made.append(f"r[{json.dumps(place)}] = await {_call(place, call, value)};")
            if step.how in ("each", "caught"):
                self.results.append(place)
            if step.how != "strands":
                begun.append(place)
        self.launched |= set(begun)
        if step.how in ("all", "strands"):
            self.results = [*known, *(f"{self.place}.{number}.{i}" for i in range(len(step.calls)))]
        runs = {
            "all": "await Promise.allSettled([" + ", ".join(map(_later, made)) + "]);",
            "strands": "await Promise.allSettled([" + ", ".join(map(_later, made)) + "]);",
            "each": " ".join(made),
            "caught": " ".join(f"try {{ {one} }} catch (e) {{ r.e = e.message }}" for one in made),
            "loose": " ".join(f"{_later(one)}.catch(() => 0);" for one in made),
        }[step.how]
        return f"if ({test} === 'y') {{ {runs} }}"

    def _text(self, expr: Expr) -> tuple[str, frozenset[str]]:
        """The code, and what is in its value but not to be seen there."""
        if expr.of == 0 or (expr.of > 0 and not self.results):
            return "'x'", frozenset()
        if expr.of < 0:
            return "String(globalThis.kept ?? '')", frozenset()
        place = self.results[-expr.of % len(self.results)]
        text = f"String(r[{json.dumps(place)}] ?? '')"
        return {
            "text": (text, frozenset()),
            "length": (f"String({text}.length)", frozenset({place})),
            "flag": (f"({text}.length > 1 ? 'y' : 'n')", frozenset({place})),
        }[expr.form]


def _later(code: str) -> str:
    return f"(async () => {{ {code} }})()"


def _call(place: str, call: Call, value: str) -> str:
    if call.tool == "task":
        return f"task({{ description: '{place} ' + {value}, subagentType: 'worker' }})"
    return f"tools.{call.tool}({{ to: '{place}', text: {value} }})"
