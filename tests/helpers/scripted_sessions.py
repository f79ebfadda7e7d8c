"""Random sessions under the rule of two: what a model and its programs do, as data and as code.

Each tool gives back its call's place as a tag, with the text that it was given. So what reached a
message of the model, or an argument, can be read in it; `calls_of` says what goes other ways.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hypothesis import strategies as st

__all__ = [
    "NAMES",
    "Call",
    "Expr",
    "Known",
    "Program",
    "Say",
    "Script",
    "Step",
    "Written",
    "places_in",
    "scripts",
]

ALL: Final = frozenset({"untrusted", "sensitive", "acts"})
NAMES: Final = ("ash", "elm", "fir", "oak", "yew", "bay")


@dataclass(frozen=True)
class Expr:
    """A text made of an earlier result: 0 for none, -1 for what an earlier program has left."""

    of: int = 0
    form: str = "text"


@dataclass(frozen=True)
class Call:
    """A call of a tool, or of a subagent, with what that is to do."""

    tool: str
    gives: Expr = Expr()
    approved: bool = True
    inner: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Step:
    """Calls that a program makes: `all` together, `each` in turn, `caught`, `loose`, `strands`."""

    calls: tuple[Call, ...]
    how: str = "all"
    when: int = 0


@dataclass(frozen=True)
class Program:
    """A program, and what it does with a text at its end."""

    steps: tuple[Step, ...]
    end: str = "silent"
    gives: Expr = Expr()


@dataclass(frozen=True)
class Script:
    """A session: tools, and what happens.

    Attributes:
        labels: The labels of tools; one that is missing has all.
        says: What happens.
        tools: The names of the tools.
    """

    labels: Mapping[str, frozenset[str]]
    says: tuple[Say, ...]
    tools: tuple[str, ...] = NAMES

    def of(self, tool: str) -> frozenset[str]:
        return frozenset() if tool == "task" else self.labels.get(tool, ALL)


@dataclass(frozen=True)
class Say:
    """A message of a person, and what a model calls then.

    Attributes:
        turns: The calls.
        back: How many checkpoints before the last one it goes on.
        how: `say` a message, go on `again` as it was, or from an `update` of the state.
        leaves: Whether nobody answers what is asked.
    """

    turns: tuple[tuple[Call | Program, ...], ...]
    back: int | None = None
    how: str = "say"
    leaves: bool = False


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
        shown: What the end of a program shows without its text being in it, by the program.
        inner: The names of the turns of a subagent, by the call.
    """

    one_by_one: bool
    calls: dict[str, Known] = field(default_factory=dict)
    says: dict[str, list[tuple[str, Any, str]]] = field(default_factory=dict)
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
            for index, item in enumerate(turn):
                place = f"{name}.{index}"
                base = Known(place, Call(""), name, launched=frozenset(direct - {place}))
                base = replace(base, before=past, outer=outer)
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
        place = self.results[expr.of % len(self.results)]
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


# --- what is drawn -------------------------------------------------------------------------------

exprs = st.builds(
    Expr, st.sampled_from([0, 0, 1, 2, 3, -1]), st.sampled_from(["text", "text", "length", "flag"])
)
label_sets = st.sampled_from([
    frozenset[str](), {"untrusted"}, {"untrusted"}, {"sensitive"}, {"sensitive"}, {"acts"},
    {"acts"}, {"acts"}, {"untrusted", "sensitive"}, {"untrusted", "acts"}, {"sensitive", "acts"},
    ALL,
]).map(frozenset)  # fmt: skip


def _programs(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[Program]:
    many = st.lists(calls, min_size=1, max_size=3).map(tuple)
    hows = st.sampled_from(["all", "each", "caught", "loose", "strands"])
    steps = st.builds(Step, many, hows, st.sampled_from([0, 0, 1, 2]))
    ends = st.sampled_from(["silent", "returns", "prints", "throws", "leaves"])
    return st.builds(Program, st.lists(steps, min_size=1, max_size=3).map(tuple), ends, exprs)


def _turns(items: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[Any]:
    turn = st.lists(items, min_size=1, max_size=2).map(tuple)
    return st.lists(turn, min_size=1, max_size=most).map(tuple)


@st.composite
def scripts(
    draw: Any, *, subagents: bool = False, says: int = 3, rejects: bool = True, leaves: bool = True
) -> Script:
    """A session.

    Args:
        draw: Draws.
        subagents: Whether there are any.
        says: How many messages of people there are at most.
        rejects: Whether some calls are rejected.
        leaves: Whether questions are left alone, and earlier checkpoints gone on from.
    """
    tools = NAMES[: draw(st.integers(3, 6))]
    # One of each kind, and others, of which one may be unlabelled.
    each = draw(st.permutations([frozenset({one}) for one in sorted(ALL)]))
    others = [draw(label_sets) for _ in tools[3:5]]
    labels = dict(zip(tools, [*each, *others], strict=False))
    acts = st.sampled_from([name for name in tools if "acts" in labels.get(name, ALL)])
    approved = st.sampled_from([True, True, not rejects])
    calls = st.builds(Call, st.sampled_from(tools), exprs, approved)
    if subagents:
        inner = _turns(st.one_of(calls, _programs(calls)), 2)
        tasks = st.builds(Call, st.just("task"), exprs, st.just(True), inner)
        calls = st.one_of(calls, calls, tasks)
    back = st.one_of(st.none(), st.integers(0, 9)) if leaves else st.none()
    how, leave = (
        st.sampled_from(["say", "again", "update"]),
        st.booleans() if leaves else st.just(False),
    )
    # At the end something acts.
    last: Any = st.builds(Call, acts, st.builds(Expr, st.sampled_from([0, -1])))
    ends = st.one_of(last, last.map(lambda call: Program((Step((call,)),))))
    turns = st.tuples(
        _turns(st.one_of(calls, _programs(calls)), 3), st.tuples(ends).map(lambda t: (t,))
    )
    said = st.builds(Say, turns.map(lambda both: both[0] + both[1]), back, how, leave)
    return Script(labels, tuple(draw(st.lists(said, min_size=1, max_size=says))), tools)


def places_in(texts: Iterable[str]) -> list[str]:
    """The tags in texts."""
    return [place for text in texts for place in re.findall(r"#([\d./]+);", text)]
