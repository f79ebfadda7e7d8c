"""The runner, on a small checkout of its own; a part of test262 where TEST262 names a checkout."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from tests.test262.__main__ import main
from tests.test262.differences import DIFFERENCES, difference_of
from tests.test262.metadata import Metadata, read_metadata
from tests.test262.outcomes import Ended, what_is_wrong
from tests.test262.selection import Test, find, read, runs_of, why_skipped

HAS_NATIVE = importlib.util.find_spec("quickjs") is not None
SHORT_FORM = ("harness", "language/expressions/async-generator", "language/expressions/await")


@pytest.mark.parametrize(
    ("header", "metadata"),
    [
        ("", Metadata()),
        ("flags: [onlyStrict, async]", Metadata(flags=frozenset({"onlyStrict", "async"}))),
        ("features: []\nincludes: [a.js, sm/b.js]", Metadata(includes=("a.js", "sm/b.js"))),
        ("includes:\n  - a.js\n  - b.js\n", Metadata(includes=("a.js", "b.js"))),
        ("includes:\n- a.js\nflags: [raw]", Metadata(frozenset({"raw"}), includes=("a.js",))),
        ("features: [let,\n  Map]  # why", Metadata(features=frozenset({"let", "Map"}))),
        ("features: [let]\r\nflags: [raw]\r\n", Metadata(frozenset({"raw"}), frozenset({"let"}))),
        (
            "negative:\n  phase: parse\n  type: SyntaxError\ninfo: |\n    flags: [raw]",
            Metadata(phase="parse", error="SyntaxError"),
        ),
        ("description: >\n  type: X\nes6id: 1", Metadata()),
    ],
)
def test_a_header_is_read(header: str, metadata: Metadata) -> None:
    assert read_metadata(f"// (c)\n/*---\n{header}\n---*/\nx") == metadata


@pytest.mark.parametrize(
    ("flags", "runs"),
    [
        (set(), (False, True)),
        ({"onlyStrict", "async"}, (True,)),
        ({"noStrict"}, (False,)),
        ({"raw"}, (False,)),
    ],
)
def test_how_often_a_test_is_run(flags: set[str], runs: tuple[bool, ...]) -> None:
    assert runs_of(Metadata(frozenset(flags))) == runs


@pytest.mark.parametrize(
    ("flags", "negative", "ended", "passed"),
    [
        (set(), None, Ended(None, ""), True),
        (set(), None, Ended("TypeError: x", ""), False),
        (set(), ("parse", "SyntaxError"), Ended("SyntaxError: x", ""), True),
        (set(), ("parse", "SyntaxError"), Ended("TypeError: x", ""), False),
        (set(), ("runtime", "Test262Error"), Ended(None, ""), False),
        ({"async"}, None, Ended(None, "Test262:AsyncTestComplete\n"), True),
        ({"async"}, None, Ended(None, "Test262:AsyncTestFailure:x"), False),
        ({"async"}, None, Ended(None, ""), False),
    ],
)
def test_what_passes(
    flags: set[str], negative: tuple[str, str] | None, ended: Ended, passed: bool
) -> None:
    phase, error = negative or (None, None)
    wrong = what_is_wrong(ended, Metadata(frozenset(flags), phase=phase, error=error))
    assert (wrong is None) is passed


@pytest.mark.parametrize(
    ("path", "metadata", "source", "reason"),
    [
        ("language/a.js", Metadata(), "", None),
        ("language/a.js", Metadata(frozenset({"module"})), "", "a module"),
        ("intl402/a.js", Metadata(), "", "Intl"),
        ("built-ins/a.js", Metadata(features=frozenset({"Temporal"})), "", "feature Temporal"),
        ("built-ins/a.js", Metadata(), "$262.createRealm()", r"\$262.createRealm"),
    ],
)
def test_what_does_not_apply(
    path: str, metadata: Metadata, source: str, reason: str | None
) -> None:
    why = why_skipped(Test(path, source, metadata))
    assert (why is None) if reason is None else why is not None


def test_each_class_of_differences_has_a_name_of_its_own() -> None:
    assert len({one.name for one in DIFFERENCES}) == len(DIFFERENCES)
    assert difference_of(Test("language/a.js", "", Metadata()), "TypeError: x") is None


ASSERT = "function assert(right) { if (!right) throw new Test262Error('not so'); }"
STA = """
function Test262Error(text) { this.message = text; }
Test262Error.prototype.name = "Test262Error";
"""
DONE = "function $DONE(e) { print('Test262:Async' + (e ? 'TestFailure:' + e : 'TestComplete')); }"
TESTS = {
    "passes.js": "assert(this === globalThis)",
    "strictness.js": "/*--- flags: [onlyStrict] ---*/ assert((function () { return !this; })())",
    "sloppy.js": "/*---\nflags: [noStrict]\n---*/ assert((function () { return !!this; })())",
    "refused.js": "/*---\nnegative:\n  phase: parse\n  type: SyntaxError\n---*/\nlet a; let a;",
    "throws.js": "/*---\nnegative:\n  phase: runtime\n  type: Test262Error\n---*/\nassert(false)",
    "asynchronous.js": "/*---\nflags: [async]\n---*/\nPromise.resolve().then($DONE)",
    "never.js": "/*---\nflags: [async]\n---*/\nPromise.resolve()",
    "wrong.js": "assert(false)",
    "unended.js": "Promise.reject(1)",
    "module.js": "/*---\nflags: [module]\n---*/\nimport 'a'",
    "detached.js": "const b = new ArrayBuffer(2); $262.detachArrayBuffer(b); assert(b.detached)",
    "weak.js": "/*---\nfeatures: [WeakRef]\n---*/\nnew WeakRef({})",
    "top.js": "var await = 1;",
    "native.js": "assert(typeof console === 'undefined')",
    "used_FIXTURE.js": "a fixture is no test",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "harness").mkdir()
    (tmp_path / "test" / "language").mkdir(parents=True)
    for name, text in {"assert.js": ASSERT, "sta.js": STA, "doneprintHandle.js": DONE}.items():
        (tmp_path / "harness" / name).write_text(text)
    for name, text in TESTS.items():
        (tmp_path / "test" / "language" / name).write_text(text)
    return tmp_path


def test_parts_are_found(checkout: Path) -> None:
    assert len(list(find(checkout, []))) == len(TESTS) - 1
    assert list(find(checkout, ["language/top.js"])) == ["language/top.js"]
    assert read(checkout, "language/top.js").source == TESTS["top.js"]


def test_ours_alone(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(checkout), "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "13 files, 24 runs" in told
    assert "1  a module" in told
    failing = {line.split()[0] for line in told.splitlines() if line.startswith("          ")}
    assert failing == {f"language/{name}.js" for name in ("native", "never", "wrong")}


@pytest.mark.skipif(not HAS_NATIVE, reason="the wheel quickjs-ng is not here")
def test_what_differs_from_native_is_an_error(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [f"language/{name}.js" for name in ("passes", "wrong", "weak", "top")]
    assert main([str(checkout), *known, "--native"]) == 0
    assert main([str(checkout), *known, "language/native.js", "--native"]) == 1
    assert "UNDOCUMENTED" in capsys.readouterr().out


def test_a_python_that_is_not_there_is_an_error(checkout: Path) -> None:
    with pytest.raises(FileNotFoundError):
        main([str(checkout), "--native", "--native-python", str(checkout / "python")])


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path)])


@pytest.mark.skipif("TEST262" not in os.environ, reason="TEST262 names no checkout of test262")
def test_a_part_of_test262() -> None:
    native = ["--native"] if HAS_NATIVE else []
    assert main([os.environ["TEST262"], *SHORT_FORM, *native]) == 0
