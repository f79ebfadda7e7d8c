"""mypy and pyright, both strict, on the code of the documentation and on the examples.

    python -m tests.docs.types

What LangGraph and Deep Agents leave unknown in their own signatures is not told: a user meets that
without this package too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import langchain_quickjs
from tests.docs.blocks import GIVEN, ROOT, modules

__all__ = ["complaints", "unknown_in_public"]

# Their signatures have type variables that nothing fills.
_THEIRS: Final = frozenset(
    {
        "add_node",
        "ainvoke",
        "astream",
        "compile",
        "create_agent",
        "create_deep_agent",
        "invoke",
        "stream",
        "wait",
    }
)
# Pyright does not find out that LangGraph's graphs have types, when it verifies those of others.
_OF_LANGGRAPH: Final = frozenset(
    {"Return type is unknown", 'Type unknown for type alias "langchain_quickjs.ScriptGraph"'}
)
_UNKNOWN: Final = re.compile(r'Type of "(\w+)" is partially unknown')
_PYRIGHT: Final = {
    "typeCheckingMode": "strict",
    "include": ["blocks", "examples"],
    # LangGraph has types; pyright overlooks it where packages share a folder, as its parts do.
    "reportMissingTypeStubs": False,
    # It calls `Iterator` deprecated as what a context manager's generator gives; typeshed does not.
    "reportDeprecated": False,
}


def complaints() -> list[str]:
    """What the type checkers say; nothing if all is well."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve()
        shutil.copytree(ROOT / "examples", place / "examples")
        (place / "blocks").mkdir()
        shutil.copy(GIVEN, place)
        for module in modules(runs=False):
            (place / "blocks" / f"{module.name}.py").write_text(module.text)
        return [*_mypy(place), *_pyright(place)]


def _mypy(place: Path) -> Iterator[str]:
    files = sorted(map(str, (place / "blocks").glob("*.py")))
    options = ["--strict", "--no-error-summary", f"--cache-dir={ROOT / '.mypy_cache'}"]
    options.append(f"--config-file={ROOT / 'pyproject.toml'}")
    command = [sys.executable, "-m", "mypy", *options, *files]
    environment = {**os.environ, "MYPYPATH": f"{ROOT}{os.pathsep}{place}"}
    told = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    yield from (told.stdout + told.stderr).splitlines()


def _pyright(place: Path) -> Iterator[str]:
    config = {**_PYRIGHT, "extraPaths": [str(ROOT), str(place)]}
    (place / "pyrightconfig.json").write_text(json.dumps(config))
    for each in _asked_pyright("--project", str(place))["generalDiagnostics"]:
        unknown = _UNKNOWN.match(each["message"])
        if unknown is None or unknown[1] not in _THEIRS:
            line = each["range"]["start"]["line"] + 1
            file = Path(each["file"]).relative_to(place)
            yield f"{file}:{line}: {each['message']} ({each.get('rule', each['severity'])})"


def unknown_in_public() -> list[str]:
    """The names in the public surface whose types a user's checker cannot know for sure.

    Pyright looks at a package as users have it only where that is installed, so an environment is
    made that has it among its packages.
    """
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder)
        packages = Path(sysconfig.get_path("purelib", vars={"base": folder}))
        (packages / "langchain_quickjs").symlink_to(ROOT / "langchain_quickjs")
        (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
        scripts = sysconfig.get_path("scripts", vars={"base": folder})
        told = _asked_pyright(
            "--verifytypes", "langchain_quickjs", "--ignoreexternal", scripts=scripts
        )
    public = tuple(f"langchain_quickjs.{name}" for name in langchain_quickjs.__all__)
    return [
        f"{symbol['name']}: {each['message']}"
        for symbol in told["typeCompleteness"]["symbols"]
        for each in symbol["diagnostics"]
        if symbol["name"].startswith(public) and each["message"] not in _OF_LANGGRAPH
    ]


def _asked_pyright(*arguments: str, scripts: str = "") -> Any:
    command = [sys.executable, "-m", "pyright", "--outputjson", *arguments]
    path = f"{scripts}{os.pathsep}{os.environ['PATH']}" if scripts else os.environ["PATH"]
    if not scripts:
        command += ["--pythonpath", sys.executable]
    told = subprocess.run(
        command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    return json.loads(told.stdout)


if __name__ == "__main__":
    found = [*complaints(), *unknown_in_public()]
    print("\n".join(found) or "Types of documentation and examples: no complaints.")
    sys.exit(bool(found))
