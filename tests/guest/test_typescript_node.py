"""Programs in TypeScript, which do what those do that Node.js has taken the types from."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.corpus.node import find_node
from tests.helpers.scripts import run
from tests.helpers.typed_grammar import program

STRIP = """
const { stripTypeScriptTypes } = require("node:module");
const strip = (source) => { try { return stripTypeScriptTypes(source) } catch { return null } };
console.log(JSON.stringify(JSON.parse(require("node:fs").readFileSync(0, "utf8")).map(strip)));
"""
NODE = find_node()


def stripped(programs: list[str]) -> list[str | None]:
    """Each without its types; `None` for what is no TypeScript, or has more in it than types."""
    assert NODE is not None
    command = [NODE, "--no-warnings", "-e", STRIP]
    done = subprocess.run(
        command, input=json.dumps(programs), capture_output=True, text=True, check=True
    )
    found: list[str | None] = json.loads(done.stdout)
    return found


def outcome(source: str) -> tuple[object, ...]:
    done = run(source)
    if done.error is None:
        return (done.value,)
    return (done.error.name, done.error.message, done.error.line)


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_types_are_what_node_takes_away() -> None:
    if stripped(["let a: 1"]) == [None]:
        pytest.skip("this Node.js takes no types away")
    sources = [program(seed) for seed in range(600)]
    compared = 0
    for source, plain in zip(sources, stripped(sources), strict=True):
        expected = None if plain is None else outcome(plain)
        if expected is not None and expected[0] != "SyntaxError":
            assert outcome(source) == expected, source
            compared += 1
    assert compared > 150
