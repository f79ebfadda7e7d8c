"""What a script is granted, no script can take from those after it, whatever it declares."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from deepagents import create_deep_agent
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool

from langchain_quickjs import CodeInterpreterMiddleware
from langchain_quickjs.interpreter import Completed, Failed, Interpreter, Returned, Suspended
from tests.helpers.conversations import MODES, Mode
from tests.helpers.models import EchoModel, programs

# What is tampered with: as an expression, its holder and its key there.
TARGETS = {
    "task": ("task", "globalThis", "task"),
    "tools": ("tools", "globalThis", "tools"),
    "tools.x": ("tools.x", "tools", "x"),
}

# Ways to tamper with `{it}`, which is `{key}` of `{holder}`.
WAYS = {
    "assign": "{it} = 1",
    "assign, strictly": "(() => {{ 'use strict'; {it} = 1 }})()",
    "assign a function": "{it} = () => 'fake'",
    "assign to the holder": "{holder}.{key} = 1",
    "Reflect.set": "Reflect.set({holder}, '{key}', 1)",
    "var": "var {key} = 1",
    "var without a value": "var {key}",
    "let": "let {key} = 1",
    "const": "const {key} = 1",
    "function": "function {key}() {{ return 'fake' }}",
    "async function": "async function {key}() {{ return 'fake' }}",
    "generator": "function* {key}() {{}}",
    "class": "class {key} {{}}",
    "destructuring": "var {{ {key} }} = {{ {key}: 1 }}",
    "let by destructuring": "let [{key}] = [1]",
    "for": "for (var {key} of [1]) ;",
    "eval var": "(0, eval)('var {key} = 1')",
    "eval let": "(0, eval)('let {key} = 1')",
    "eval function": "(0, eval)('function {key}() {{}}')",
    "direct eval": "eval('var {key} = 1')",
    "new Function": "new Function('{key} = 1')()",
    "a value": "Object.defineProperty({holder}, '{key}', {{ value: 1, configurable: true }})",
    "a getter": "Object.defineProperty({holder}, '{key}', {{ get: () => 1, configurable: true }})",
    "a setter": "Object.defineProperty({holder}, '{key}', {{ set() {{}} }})",
    "not enumerable": "Object.defineProperty({holder}, '{key}', {{ enumerable: false }})",
    "a constant": "Object.defineProperty({holder}, '{key}', {{ writable: false, value: 1 }})",
    "__defineGetter__": "{holder}.__defineGetter__('{key}', () => 1)",
    "__defineSetter__": "globalThis.__defineSetter__.call({holder}, '{key}', () => 1)",
    "delete": "delete {holder}.{key}",
    "delete and declare": "delete {holder}.{key}; globalThis.{key} = 1",
    "freeze the holder": "Object.freeze({holder})",
    "seal the holder": "Object.seal({holder})",
    "no extensions": "Object.preventExtensions({holder})",
    "freeze all": "Object.freeze(globalThis); Object.freeze({it})",
    "delete and freeze": "delete {holder}.{key}; Object.freeze(globalThis)",
    "freeze it": "Object.freeze({it})",
    "no prototype": "Object.setPrototypeOf({it}, null)",
    "a proxy behind": "Object.setPrototypeOf({it}, new Proxy({{}}, {{ get() {{ throw 1 }} }}))",
    "a proxy behind all": (
        "Object.setPrototypeOf(globalThis, new Proxy({{}}, {{ get() {{ throw 1 }}, "
        "has() {{ return true }} }}))"
    ),
    "on Object.prototype": "Object.prototype.{key} = () => 'fake'",
    "call and apply": "Function.prototype.call = Function.prototype.apply = () => 'fake'",
    "properties": "{it}.call = {it}.then = {it}.name = {it}.length = {it}.x = () => 'fake'",
    "its name": "Object.defineProperty({it}, 'name', {{ value: 'other' }})",
    "its getter": (
        "const got = Object.getOwnPropertyDescriptor({holder}, '{key}'); "
        "for (const f of [got.get, got.set, got.value].filter(Boolean)) "
        "{{ f.call = () => 1; Object.freeze(f) }}"
    ),
    "then": "Promise.prototype.then = () => 'fake'",
    "accessors everywhere": (
        "for (const key of ['get', 'set', 'value', 'writable', 'configurable', 'name', '{key}']) "
        "Object.defineProperty(Object.prototype, key, "
        "{{ get() {{ throw 1 }}, set() {{ throw 1 }} }})"
    ),
}

BOTH = "[await task('t'), await tools.x('x')].join()"


def written(way: str, target: str) -> str:
    it, holder, key = TARGETS[target]
    return WAYS[way].format(it=it, holder=holder, key=key)


def ended(interpreter: Interpreter, source: str, *, granted: bool = True) -> Any:
    """Runs a script to its end; each call is answered with its name and argument."""
    functions = ["task"] if granted else []
    outcome = interpreter.start(source, tools=["x"], functions=functions)
    while isinstance(outcome, Suspended):
        replies = {c.id: Returned(f"{c.name}({c.args[0]})") for c in outcome.calls}
        outcome = interpreter.resume(replies)
    return outcome


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("way", WAYS)
def test_a_later_script_calls_what_it_is_granted(way: str, target: str) -> None:
    interpreter = Interpreter()
    ended(interpreter, written(way, target))
    for _ in range(2):
        assert ended(interpreter, BOTH) == Completed("task(t),x(x)")
    restored = Interpreter.restore(interpreter.snapshot())
    assert ended(restored, BOTH) == Completed("task(t),x(x)")


@pytest.mark.parametrize("way", WAYS)
def test_what_was_there_before_it_was_granted_gives_way(way: str) -> None:
    interpreter = Interpreter()
    ended(interpreter, written(way, "task"), granted=False)
    assert ended(interpreter, BOTH) == Completed("task(t),x(x)")
    gone = "Object.hasOwn(globalThis, 'task')"
    assert ended(interpreter, gone, granted=False) == Completed(False)


REFUSED = {
    "let": "SyntaxError",
    "const": "SyntaxError",
    "class": "SyntaxError",
    "function": "TypeError",
    "assign": "TypeError",
    "var": "TypeError",
}


@pytest.mark.parametrize("way", REFUSED)
def test_who_takes_the_name_is_told(way: str) -> None:
    outcome = ended(Interpreter(), written(way, "task"))
    assert isinstance(outcome, Failed)
    assert outcome.error.name == REFUSED[way]
    assert "'task'" in outcome.error.message


def test_inner_names_and_other_scripts_names_are_free() -> None:
    interpreter = Interpreter()
    inner = "const all = []; for (const task of [1, 2]) all.push(task); ((task) => task)(all)"
    assert ended(interpreter, inner) == Completed([1, 2])
    assert ended(interpreter, "let task = 3; task", granted=False) == Completed(3)
    assert ended(interpreter, "task + 1", granted=False) == Completed(4)


@pytest.mark.parametrize("mode", MODES)
def test_programs_of_a_thread_cannot_take_it_from_each_other(mode: Mode) -> None:
    @tool
    def x(value: str) -> str:
        """Gives it back."""
        return value

    tampering = [f"try {{ {written(way, 'task')} }} catch {{}}" for way in WAYS]
    calling = "[await task({ description: 'hi' }), await tools.x({ value: 'y' })].join()"
    chosen = [source for source in tampering if "prototype" not in source]
    model = programs(*chosen, calling)
    worker: Any = {
        "name": "general-purpose",
        "description": "Echoes.",
        "system_prompt": "Echo.",
        "model": EchoModel(),
    }
    agent = create_deep_agent(
        model=model,
        tools=[x],
        subagents=[worker],
        middleware=[CodeInterpreterMiddleware(ptc=["x"])],
    )
    go: Any = {"messages": [("user", "go")]}
    options: Any = {"recursion_limit": 1000}
    state = (
        agent.invoke(go, options) if mode == "invoke" else asyncio.run(agent.ainvoke(go, options))
    )
    said = [m.text for m in state["messages"] if isinstance(m, ToolMessage)]
    assert said[-1] == "<result>echo hi,y</result>"
