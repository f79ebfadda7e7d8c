"""What notebooks show of interpreters, outcomes and errors: all of it, and nothing but text."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import langchain_quickjs
from langchain_quickjs import (
    BuildGoneError,
    Call,
    CallLimitError,
    Completed,
    Failed,
    Interpreter,
    Limits,
    QuickJSError,
    Returned,
    ScriptError,
    Suspended,
    TimeLimitError,
)
from langchain_quickjs.interpreter import JSMap, JSSet
from tests.helpers.markup import Markup

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>&lt;"
ERRORS = [
    one
    for one in vars(langchain_quickjs).values()
    if isinstance(one, type) and issubclass(one, QuickJSError)
]


def shown(value: Any) -> tuple[str, Markup]:
    """What a notebook is given: the plain text, and the HTML."""
    bundle = value._repr_mimebundle_(include=None, exclude=None)
    assert bundle.keys() == {"text/plain", "text/html"}
    return bundle["text/plain"], Markup(bundle["text/html"])


def error_of(source: str, **limits: Any) -> QuickJSError:
    try:
        outcome = Interpreter(limits=Limits(**limits)).start(source)
    except QuickJSError as error:
        return error
    assert isinstance(outcome, Failed)
    return outcome.error


def test_an_idle_interpreter() -> None:
    interpreter = Interpreter(limits=Limits(memory_bytes=32 * 1024**2, calls=7))
    assert repr(interpreter).startswith("<Interpreter idle, ")
    plain, html = shown(interpreter)
    assert plain == repr(interpreter)
    assert "of 32 MiB" in html.text
    assert "calls7" in html.text


def test_a_suspended_interpreter_names_its_calls() -> None:
    interpreter = Interpreter()
    source = "await Promise.all([tools.ask({q: 'Shall I?'}), tools.look(2)])"
    interpreter.start(source, tools=["ask", "look"])
    assert repr(interpreter).startswith("<Interpreter suspended in 2 calls: ask, look, ")
    plain, html = shown(interpreter)
    assert plain.splitlines()[1:] == ['  1: ask({q: "Shall I?"})', "  2: look(2)"]
    assert html.blocks == ['1: ask({q: "Shall I?"})\n2: look(2)']


def test_an_interpreter_that_waits_for_a_timer() -> None:
    interpreter = Interpreter()
    outcome = interpreter.start("await new Promise(r => setTimeout(r, 1500))")
    assert "<Interpreter suspended, " in repr(interpreter)
    assert "a timer, due in 1.5 s" in shown(outcome)[0]


def test_memory_is_what_the_guest_has() -> None:
    interpreter = Interpreter()
    before = interpreter.memory_bytes
    interpreter.eval("globalThis.kept = 'x'.repeat(8e6); 0")
    grown = interpreter.memory_bytes
    assert grown > before + 8e6
    restored = Interpreter.restore(interpreter.snapshot())
    assert restored.memory_bytes >= before + 8e6


def test_showing_an_interpreter_changes_nothing() -> None:
    interpreter = Interpreter()
    interpreter.start("await tools.ask(1)", tools=["ask"])
    before = interpreter.snapshot()
    shown(interpreter)
    repr(interpreter)
    assert interpreter.snapshot() == before


def test_completed() -> None:
    outcome = Interpreter().start("console.log('one'); console.log('two'); ({total: 12n})")
    plain, html = shown(outcome)
    assert plain == "Completed: {total: 12n}\nprinted:\n  one\n  two"
    assert html.blocks == ["{total: 12n}", "one\ntwo\n"]
    assert "1 property" in html.text
    assert "2 lines" in html.text


def test_failed_has_the_line_and_a_caret() -> None:
    outcome = Interpreter().start("const order = null;\n  order.price * 2")
    plain, html = shown(outcome)
    assert plain.splitlines() == [
        "Failed: TypeError: cannot read property 'price' of null (line 2, column 9)",
        "",
        "      order.price * 2",
        "            ^",
    ]
    assert html.blocks[0] == "      order.price * 2\n            ^"


def test_suspended_counts_what_it_waits_for() -> None:
    calls = tuple(Call(n, "look", (n,)) for n in range(1, 31))
    plain, html = shown(Suspended(calls))
    assert plain.splitlines()[0] == "Suspended: waits for 30 new calls"
    assert plain.splitlines()[-1] == "  … and 10 more"
    assert html.blocks[0].count("look(") == 20


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("let x = ;", "let x = ;"),
        ("throw new TypeError('no')", "throw new TypeError('no')"),
        ("await null;\nnull.x", "null.x"),
        ("\tnull.x", "\tnull.x"),
        ("const f = () => null.x;\nf()", "const f = () => null.x;"),
        ("const o = { m() { return null.x } };\no.m()", "const o = { m() { return null.x } };"),
        ("function f() { null.x }\r\nf()", "function f() { null.x }"),
        ("class A { b = null.x }\nnew A()", "class A { b = null.x }"),
        ("[1].map(() => null.x)", "[1].map(() => null.x)"),
        (f"null.x; '{'x' * 200}'", f"null.x; '{'x' * 71}"),
    ],
)
def test_excerpts(source: str, line: str) -> None:
    error = error_of(source)
    assert isinstance(error, ScriptError)
    shown_line, caret = error.excerpt.split("\n")
    assert shown_line == f"    {line}"
    assert caret.strip() == "^"
    assert len(caret) <= len(shown_line) + 1


def test_what_is_thrown_without_a_place_has_no_excerpt() -> None:
    error = error_of("throw 'text'")
    assert isinstance(error, ScriptError)
    assert error.excerpt == ""


def test_an_excerpt_is_of_this_script_and_no_earlier_one() -> None:
    interpreter = Interpreter()
    interpreter.eval("const outer = f => f();\nconst inner = () => { null.x }")
    outcome = interpreter.start("1 + 1;\n  inner();   // the first line of this is another")
    assert isinstance(outcome, Failed)
    assert outcome.error.excerpt.startswith("      inner();   // the first line")
    outcome = interpreter.start("outer(() => null.y)")
    assert isinstance(outcome, Failed)
    assert outcome.error.excerpt.startswith("    outer(() => null.y)")


@pytest.mark.parametrize("elsewhere", [False, True])
def test_an_excerpt_after_a_pause_needs_the_source(elsewhere: bool) -> None:
    interpreter = Interpreter()
    interpreter.start("await tools.ask();\nnull.x", tools=["ask"])
    if elsewhere:
        interpreter = Interpreter.restore(interpreter.snapshot())
    outcome = interpreter.resume({1: Returned(None)})
    assert isinstance(outcome, Failed)
    assert outcome.error.excerpt == ("" if elsewhere else "    null.x\n         ^")


def test_a_program_that_computes_too_long_is_shown_where_it_was() -> None:
    error = error_of("1;\nwhile (true) Math.sin(1)", step_timeout_s=0.05)
    assert isinstance(error, TimeLimitError)
    assert "while (true) Math.sin(1)" in error.excerpt
    plain, html = shown(error)
    assert error.excerpt in plain
    assert "limitstep_timeout_s = 0.05" in html.text


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_shows_what_it_says(kind: type[QuickJSError]) -> None:
    words = ("Error", "what was wrong") if issubclass(kind, ScriptError) else ("what was wrong",)
    error = kind(*words)
    plain, html = shown(error)
    assert plain == f"{kind.__name__}: {error}"
    assert kind.__name__ in html.text
    assert "what was wrong" in html.text


def test_errors_still_pickle_and_print_as_they_did() -> None:
    error = error_of("null.x")
    assert isinstance(error, ScriptError)
    same = pickle.loads(pickle.dumps(error))
    assert (str(same), repr(same), same.excerpt) == (str(error), repr(error), error.excerpt)
    assert str(error) == "TypeError: cannot read property 'x' of null (line 1, column 6)"


def test_an_error_about_a_build_survives_a_copy() -> None:
    """As where a process sends it to another one."""
    error = BuildGoneError("ab12", "0.1.0", ", and it makes other calls here")
    error.add_note("noted")
    for same in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (str(same), same.build, same.release) == (str(error), "ab12", "0.1.0")
        assert same.__notes__ == ["noted"]


def test_a_limit_of_calls_is_named() -> None:
    interpreter = Interpreter(limits=Limits(calls=1))
    outcome = interpreter.start("await tools.a(); await tools.a()", tools=["a"])
    outcome = interpreter.resume({1: Returned(None)})
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, CallLimitError)
    assert "limitcalls" in shown(outcome)[1].text


def places(text: str) -> list[Any]:
    """Whatever can be shown, with a text in each place that others can fill."""
    error = ScriptError(text, text, text, 1, 1)
    error.excerpt = text
    return [
        Completed(text, text),
        Completed({text: [text]}, text),
        Failed(error, text, 3),
        Suspended((Call(1, text, (text, {text: text})),), text, 1.0),
        error,
        TimeLimitError(text),
    ]


NASTY = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    [HOSTILE, "\u202egnp.exe", "\x1b[31mred", "\ud800", "a\u2028b", '"' * 9, "``` ```", "\0"]
)


@given(text=NASTY)
def test_what_others_wrote_is_text_and_all_of_it_is_visible(text: str) -> None:
    for value in places(text):
        plain, html = shown(value)
        for said in (plain, html.text):
            assert said.replace("\n", "").replace("\t", "").isprintable()


def test_hostile_texts_can_be_read() -> None:
    for value in places(HOSTILE):
        assert "<script>alert(1)</script>" in shown(value)[1].text


DEEP: Any = "x"
for _ in range(500):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10**7,
        list(range(10**6)),
        {f"k{n}": n for n in range(10**5)},
        JSMap([("x" * 10**6, 1)]),
        JSSet(["y" * 10**6]),
        DEEP,
        2**1000000,
        b"\0" * 10**6,
        {"a": (1, 2)},
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_shown_of_a_value_is_bounded(value: Any) -> None:
    for outcome in (Completed(value), Suspended((Call(1, "f", (value,) * 100),))):
        plain, html = shown(outcome)
        assert len(plain) < 4_000
        assert len(html.text) < 20_000


def test_long_output_and_long_errors_are_cut() -> None:
    long = "line\n" * 100_000
    for value in places(long):
        plain, html = shown(value)
        assert len(plain) < 20_000
        assert len(html.text) < 60_000
