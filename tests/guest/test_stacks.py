"""The stacks that errors have, and that only errors have."""

from __future__ import annotations

import pytest

from langchain_quickjs import Interpreter

NAMED = "function outer() { return inner(); } function inner() { return new Error('x').stack; }"


@pytest.mark.parametrize(
    ("source", "stack"),
    [
        (f"{NAMED} outer()", ["inner (script.js:1:68)", "outer (script.js:1:27)"]),
        ("[1].map(() => new Error('x').stack)[0]", ["script.js:1:19", "script.js:1:5"]),
        ("try { null.x } catch (error) { error.stack }", ["script.js:1:6"]),
        ("\n\n  try { throw new Error('x') } catch (error) { error.stack }", ["script.js:3:19"]),
        ("try { eval('\\n1 +* 2') } catch (error) { error.stack }", ["script.js:1:7"]),
        (
            "const o = { 'å ä'() { return new Error('x').stack } }; o['å ä']()",
            ["at å ä (script.js"],
        ),
        ("const o = {}; Error.captureStackTrace(o); o.stack", ["<eval> (script.js:1:21)"]),
    ],
)
def test_an_error_says_where_it_was_made(source: str, stack: list[str]) -> None:
    lines = Interpreter().eval(source).splitlines()
    frames = [line for line in lines if line.startswith("    at ")]
    assert len(frames) >= len(stack)
    for frame, part in zip(frames, stack, strict=False):
        assert part in frame


@pytest.mark.parametrize(
    ("thrown", "calls"), [("1", 0), ("{}", 0), ("undefined", 0), ("new Error('x')", 1)]
)
def test_only_errors_are_asked_for_a_stack(thrown: str, calls: int) -> None:
    source = (
        "let calls = 0; Error.prepareStackTrace = () => { calls++; return ''; };"
        f"try {{ throw {thrown} }} catch {{}} calls"
    )
    assert Interpreter().eval(source) == calls


def test_an_error_that_is_thrown_again_keeps_its_stack() -> None:
    source = """
    const error = new Error("x"), stack = error.stack;
    function again() { throw error; }
    try { again(); } catch (caught) { caught.stack === stack && caught === error }
    """
    assert Interpreter().eval(source) is True
