"""Every code block of the README and of `docs/` does what it is there for."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from langchain_quickjs import Completed, Interpreter, Returned, Suspended
from tests.docs.blocks import GIVEN, PAGES, ROOT, Block, Module, blocks, modules

PRINTED = re.compile(r"^ *print\(.*\)  # (.*)$", re.MULTILINE)
LANGUAGES = {"python", "js", "console", "text", "mermaid"}
# What the calls of JavaScript blocks are answered with.
ANSWERS: dict[str, Any] = {
    "lookupOrder": {"id": "A-1002", "price": 80, "arrived": "broken"},
    "issueRefund": "A-1002: 80 refunded",
    "task": "done",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_found(page: Path) -> None:
    """No block is indented, or of a language that nothing looks at."""
    text = page.read_text()
    found = [block for block in blocks() if block.page == page]
    assert len(re.findall(r"^\s*```", text, re.MULTILINE)) == 2 * len(found)
    assert {block.language for block in found} <= LANGUAGES
    for block in found:
        text = text.replace(block.source, "")
    assert not re.findall(r"^ {4}\S.*", text, re.MULTILINE)


@pytest.mark.parametrize("module", modules(), ids=str)
def test_python(
    module: Module,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It runs, and prints what its comments say."""
    spec = importlib.util.spec_from_file_location("given", GIVEN)
    assert spec is not None
    assert spec.loader is not None
    given = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "given", given)
    spec.loader.exec_module(given)
    monkeypatch.chdir(tmp_path)
    code = compile(module.text, module.name, "exec", dont_inherit=True)
    exec(code, {"__name__": module.name})
    printed = capsys.readouterr().out.splitlines()
    for expected in PRINTED.findall(module.text):
        assert expected in printed


@pytest.mark.parametrize("block", blocks("js"), ids=str)
def test_javascript(block: Block) -> None:
    interpreter = Interpreter()
    outcome = interpreter.start(
        block.source, tools=["lookupOrder", "issueRefund"], functions=["task"]
    )
    while isinstance(outcome, Suspended):
        answers = {call.id: Returned(ANSWERS[call.name]) for call in interpreter.open_calls}
        outcome = interpreter.resume(answers)
    assert isinstance(outcome, Completed), outcome


def commands() -> list[tuple[Path, str]]:
    """Commands, and the folders that they are given in."""
    found = []
    for block in blocks("console"):
        folder = ROOT
        for line in block.source.splitlines():
            command = line.partition(" #")[0].strip()
            if command.startswith("cd "):
                folder /= command.removeprefix("cd ")
            else:
                found.append((folder, command))
    return found


@pytest.mark.parametrize(("folder", "command"), commands())
def test_commands_name_what_is_there(folder: Path, command: str) -> None:
    """Targets of make, extras, modules and files exist."""
    match re.split(r"\s+", command):
        case ["make", target, *_]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        case ["pip", "install", what]:
            project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
            wanted = re.fullmatch(r"'?\.(\[(?P<extras>[\w,]+)\])?'?", what)
            assert wanted is not None
            extras = (wanted["extras"] or "deepagents").split(",")
            assert set(extras) <= project["optional-dependencies"].keys()
        case ["python", "-m", module, *_]:
            assert (ROOT / module.replace(".", "/") / "__main__.py").exists() or (
                ROOT / f"{module.replace('.', '/')}.py"
            ).exists()
        case ["python", "-c", *_]:
            source = command.removeprefix('python -c "').removesuffix('"')
            exec(compile(source, command, "exec"), {})
        case ["python", file, *_]:
            assert (folder / file).exists()
        case ["langgraph", "dev", *_]:
            assert (folder / "langgraph.json").exists()
        case _:
            pytest.fail(f"nothing checks this command: {command}")
