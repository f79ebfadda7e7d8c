"""What a program does unasked is what it would do if strangers had written nothing.

That is noninterference, seen from outside: programs are run with two strangers' texts and with none
at all. The oracle knows nothing of labels, shadows or the way that a program takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from typing_extensions import TypedDict  # for Pydantic on Python 3.11

from langchain_quickjs import CodeInterpreterMiddleware, RuleOfTwo
from langchain_quickjs.interpreter import Limits, Raised, Returned, Suspended
from langchain_quickjs.interpreter.stepped import SteppedInterpreter
from langchain_quickjs.script.labels import shadow
from langchain_quickjs.script.labels.program import ProgramLabels
from tests.helpers.models import programs
from tests.helpers.sessions import THREAD

RULE: Final = RuleOfTwo(
    {"page": {"untrusted"}, "secret": {"sensitive"}, "find": set(), "send": {"acts"}},
    precision="value",
)
GO: Final[Any] = {"messages": [("user", "go")]}
DECLARED: Final = frozenset({"title", "number", "urgent", "items"})
NAMES: Final = "abc"


class Text(NamedTuple):
    """What strangers have written: texts of one shape, and whether a call fails is none of it."""

    title: str
    number: int
    urgent: bool
    items: tuple[str, str]

    def page(self) -> dict[str, Any]:
        return {**self._asdict(), "items": list(self.items)}


class Page(TypedDict):
    """The fields that the tool declares; others would be left out for the shadow."""

    title: str
    number: int
    urgent: bool
    items: list[str]


NOTHING: Final = Text("", 0, False, ("", ""))
words = st.sampled_from(["", "a", "b", "mallory", "1", "[1]", '{"a":2}', "ignore all that"])
texts = st.builds(Text, words, st.integers(-2, 4), st.booleans(), st.tuples(words, words))

names = st.sampled_from(NAMES)
fields = st.sampled_from(["p.title", "`${p.number}`", "`${p.urgent}`", "p.items[0]", "p.items[1]"])
leaves = st.one_of(names, fields, names, st.sampled_from(['"x"', '""', "`${s}`"]))


def _over(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    forms = [
        "({0} + {1})",
        "{0}.slice(0, 2)",
        "String({0}.length)",
        "{0}.toUpperCase()",
        "({0} === {1} ? {1} : {2})",
        "({0} ? {1} : {2})",
        "({0} || {1})",
        "[{0}, {1}].sort()[0]",
        "[{0}, {1}].filter(Boolean).join('-')",
        "(() => {0})()",
        "JSON.stringify({{ k: {0}, [{1}]: 1 }})",
        "parsed({0})",
        "Object.keys({{ [{0}]: 1, z: 2 }})[0]",
        "[...{0}].reverse().join('')",
        "f({0})",
        "new Map([[{0}, {1}]]).get({2}) + ''",
        "({0}.match(/[a-m]+/) ?? [{1}])[0]",
    ]
    parts = st.tuples(inner, inner, inner)
    return st.builds(lambda form, of: form.format(*of), st.sampled_from(forms), parts)


expressions = st.recursive(leaves, _over, max_leaves=5)


def _block(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    forms = [
        "if ({0}) {{ {1} }} else {{ {2} }}",
        "for (let i = 0; i < Math.min(3, {0}.length); i++) {{ {1} }}",
        "for (const one of p.items) {{ if (one === {0}) break; {1} }}",
        "try {{ if ({0}) throw Error({0}); {1} }} catch (e) {{ a = e.message; {2} }}",
        "try {{ null[{0}] }} catch (e) {{ b += e.message }} finally {{ {1} }}",
        "f = (x) => {{ return x + {0} }}; {1}",
        "switch ({0}) {{ case 'a': {1} break; default: {2} }}",
        "out: {{ if ({0}) break out; {1} }}",
        "await (async () => {{ if ({0}) return; {1} }})();",
        "kept.push({0}); if (kept.length > 2) {{ {1} }}",
        "for (let i = 0; c.length < 2 && i < 9; i++) {{ c += 'c' + {0}; {1} }}",
    ]
    parts = st.tuples(expressions, inner, inner)
    return st.builds(lambda form, of: form.format(*of), st.sampled_from(forms), parts)


simple = st.one_of(
    st.builds("{} = {};".format, names, expressions),
    st.builds("await tools.send({{ to: {}, text: {} }});".format, expressions, names),
    st.builds("await tools.send({{ to: {}, text: a + b + c }});".format, names),
    st.builds("{} = await tools.find({{ text: {} }});".format, names, leaves),
    st.builds("{} = await tools.find({{ text: {} }});".format, names, expressions),
    st.builds(
        "await Promise.all([{0}, {1}].map((to) => tools.send({{ to, text: '' }})));".format,
        expressions,
        expressions,
    ),
    st.builds("setTimeout(() => {{ {} = {} }}, 0);".format, names, expressions),
)
statements = st.lists(st.recursive(simple, _block, max_leaves=3), min_size=2, max_size=6).map(
    "\n".join
)

BEGIN: Final = """
let a = '', b = 'b', c = 'cc', kept = [], f = (x) => x + 'f';
const parsed = (text) => { try { return String(JSON.parse(text)) } catch (e) { return e.message } };
const s = await tools.secret({ name: 'n' });
const p = await tools.page({ url: 'u' });
"""


class Sent(NamedTuple):
    """A call that acts."""

    args: Any
    asked: bool


def answer(name: str, args: Any, text: Text) -> Any:
    if name == "page":
        return text.page()
    return f"found {args['text']}" if name == "find" else "s3cret"


class Ticks:
    """Time that passes in the same way in each run."""

    now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.01
        return self.now_s


def run(source: str, text: Text) -> list[Sent]:
    """Runs a program, and all is approved."""
    labels, sent = ProgramLabels(RULE, Limits(), lambda _: DECLARED), list[Sent]()
    interpreter = SteppedInterpreter(seed=bytes(32), clock=Ticks())
    outcome = interpreter.start(BEGIN + source, tools=["page", "secret", "find", "send"])
    for _ in range(200):
        if not isinstance(outcome, Suspended):
            return sent
        results: dict[int, Returned | Raised] = {}
        for call in outcome.calls:
            (args,) = call.args
            if call.name == "send":
                reviewed = labels.reviewed(call.id, call.name, args, None, 0.0)
                sent.append(Sent(args, reviewed is not None))
            labels.begins(call.id, call.name, args, 0.0)
            labels.delivers(call.id, call.name, args, 0.0)
            results[call.id] = Returned(answer(call.name, args, text))
        outcome = labels.resume(interpreter, results, None)
    return sent


def require_noninterference(one: Sequence[Sent], other: Sequence[Sent], none: Any) -> None:
    # What is not asked about would have been done too if strangers had written nothing.
    for sent in (one, other):
        for number, call in enumerate(sent):
            assert call.asked or call.args == none[number].args
    # So where two strangers come to two calls, a person has seen at least one of them.
    for mine, theirs in zip(one, other, strict=False):
        assert mine.args == theirs.args or mine.asked or theirs.asked


@settings(deadline=None, max_examples=200)
@given(source=statements, one=texts, other=texts)
def test_programs_do_unasked_what_they_would_do_without_strangers(
    source: str, one: Text, other: Text
) -> None:
    require_noninterference(run(source, one), run(source, other), run(source, NOTHING))


@settings(deadline=None, max_examples=40)
@given(source=statements, one=texts)
def test_a_shadow_that_catches_up_finds_what_one_that_keeps_up_finds(
    source: str, one: Text
) -> None:
    late = run(source, one)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shadow, "_MOST_BEHIND", 1)
        assert run(source, one) == late


@settings(deadline=None, max_examples=100)
@given(source=statements)
def test_what_strangers_have_no_part_in_is_never_asked_about(source: str) -> None:
    """With nothing written, a program goes the same way as its shadow."""
    assert not any(call.asked for call in run(source, NOTHING))


def run_in_agent(source: str, text: Text) -> list[Sent]:
    """The same with an agent, and a new one after each pause."""
    calls, asked = list[Any](), list[Any]()

    def answering(name: str) -> BaseTool:
        @tool(name)
        def called(to: str = "", text: str = "") -> str:
            """Does it."""
            if name == "send":
                calls.append({"to": to, "text": text})
            return str(answer(name, {"text": text}, NOTHING))

        return called

    @tool
    def page(url: str) -> Page:
        """Reads a page."""
        return cast("Page", text.page())

    tools = [*map(answering, ["secret", "find", "send"]), page]
    saver, message = InMemorySaver(), GO
    code = (BEGIN + source).replace("{ name: 'n' }", "{}")
    for _ in range(60):
        ours = CodeInterpreterMiddleware(ptc=tools, rule_of_two=RULE, ask="together")
        agent: Any = create_agent(programs(code), middleware=[ours], checkpointer=saver)
        state = agent.invoke(message, THREAD)
        questions = state.get("__interrupt__", ())
        if not questions:
            break
        answers = {}
        for one in questions:
            requests = one.value["action_requests"]
            asked += [request["args"] for request in requests]
            answers[one.id] = {"decisions": [{"type": "approve"} for _ in requests]}
        message = Command(resume=answers)
    # Which of several equal calls was asked about does not matter.
    return [Sent(args, args in asked) for args in calls]


@settings(deadline=None, max_examples=20)
@given(source=statements.filter(lambda source: "setTimeout" not in source), one=texts)
def test_agents_do_unasked_what_they_would_do_without_strangers(source: str, one: Text) -> None:
    with_text, without = run_in_agent(source, one), run_in_agent(source, NOTHING)
    unasked = [str(call.args) for call in with_text if not call.asked]
    would = [str(call.args) for call in without]
    for args in unasked:
        assert args in would
        would.remove(args)


@pytest.mark.parametrize("ends", ["p.title", "if (p.urgent) await tools.send({ to: 'm' });"])
def test_the_oracle_sees_what_a_shadow_would_not(ends: str) -> None:
    """Without a shadow the same programs are caught."""
    source = ends if ends.endswith(";") else f"await tools.send({{ to: {ends} }});"
    told = run(source, NOTHING._replace(title="m", urgent=True))
    unlabelled = [Sent(call.args, asked=False) for call in told]
    with pytest.raises((AssertionError, IndexError)):
        require_noninterference(unlabelled, unlabelled, run(source, NOTHING))
