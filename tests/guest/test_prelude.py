"""Each file of the prelude says what it uses and gives; the build holds it to that."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

WASM = Path(__file__).parents[2] / "wasm"
sys.path.insert(0, str(WASM))

import prelude_order  # noqa: E402  (wasm/ is a folder of scripts, not a package)
from prelude_order import Part, PreludeError, check  # noqa: E402  (the same)

FILES = {path.stem: path.read_text() for path in sorted((WASM / "prelude").glob("*.js"))}
HEADER = re.compile(r"^// (?:from \S+|gives): [^\n]*\n(?://   [^\n]*\n)*", re.MULTILINE)
LINES = [(name, line) for name, text in FILES.items() for line in HEADER.findall(text)]
USERS = [name for name in FILES if name != prelude_order.BUILT_INS]


@pytest.fixture(scope="module", autouse=True)
def _each_text_is_read_once() -> Iterator[None]:
    """To read all files takes a tenth of a second, and most tests here change one of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Part, "of", functools.cache(Part.of))
        yield


def test_the_prelude_keeps_its_promises() -> None:
    check(FILES)
    assert {name for name, _ in LINES} == set(FILES)


@pytest.mark.parametrize(("name", "line"), LINES, ids=lambda part: part[:30].strip())
def test_no_line_of_a_header_can_be_missing_or_wrong(name: str, line: str) -> None:
    for wrong in ("", line.replace(":", ": somethingElse", 1)):
        with pytest.raises(PreludeError, match=rf"{name}\.js begins with must end in:\n// "):
            check({**FILES, name: FILES[name].replace(line, wrong, 1)})


@pytest.mark.parametrize("name", USERS)
def test_a_file_stands_behind_those_that_it_uses(name: str) -> None:
    first = {name: FILES[name], **{other: text for other, text in FILES.items() if other != name}}
    with pytest.raises(PreludeError, match=rf"^{name} uses `\w+` of \S+, which comes later"):
        check(first)


HIDING = {
    "a constant": "{ const inspect = 1; }",
    "a second declarator": "{ let a = f(1, 2), inspect; }",
    "a pattern": "{ const { a: { inspect } } = b; }",
    "a parameter": "const theLatest = (a, inspect) => a;",
    "the only parameter": "const theLatest = inspect => 1;",
    "a parameter of a method": "const theLatest = { method(inspect) { return 1; } };",
    "a rest parameter": "function theLatest(...inspect) { return 1; }",
    "what is caught": "try { 1; } catch (inspect) { 2; }",
    "a function inside": "{ function inspect() {} }",
}


@pytest.mark.parametrize("source", HIDING.values(), ids=HIDING.keys())
def test_no_local_hides_a_name_of_the_prelude(source: str) -> None:
    with pytest.raises(PreludeError, match="99-more: its local `inspect` hides that of 36-inspect"):
        check({**FILES, "99-more": source})


@pytest.mark.parametrize("name", ["Atomics", "setTimeout", "Temporal", "escape"])
def test_no_global_is_used_that_a_script_could_replace(name: str) -> None:
    with pytest.raises(PreludeError, match=rf"99-more uses \['{name}'\], which 10-primordials"):
        check({**FILES, "99-more": f"const theLatest = () => {name}();"})


def test_names_are_told_from_what_looks_like_them() -> None:
    part = Part.of(
        "x",
        r"""
// from y: used
// gives: given
//   more
const given = (a, { b, c: d } = {}) => a.notUsed?.norThis + used / b / d; // notThis
class more { #hidden = 1; static own() { return this.#hidden; } get it() { return 'norIt'; } }
const object = { key: 1, shorthand, method(p) { return /["'`a-z]/.test(p) ? yes : no; } };
for (const [x, y = z] of list) { switch (x) { case one: break; default: two(); } }
""".lstrip(),
    )
    assert part.says == {"from y": {"used"}, "gives": {"given", "more"}}
    assert part.declared == {"given", "more", "object"}
    assert part.local >= {"a", "b", "d", "p", "x", "y"}
    used = part.referenced - part.local - part.declared
    assert used == {"used", "shorthand", "yes", "no", "list", "one", "two", "z"}


@pytest.mark.parametrize(
    "path",
    [path for folder in ("src", "prelude") for path in (WASM / folder).rglob("*.*")],
    ids=lambda path: path.name,
)
def test_files_of_the_guest_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 350
