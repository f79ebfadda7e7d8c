"""The layout's promises: named rooms with maps, imports that go one way, short modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "langchain_quickjs"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted({path.parent for path in MODULES})

# Each layer may import itself and those after it.
LAYERS = ("agent", "script", "interpreter", "errors")
LANGCHAIN = ("langchain", "langchain_core", "langgraph", "deepagents")
MOST_LINES = 400
MOST_MODULES = 8


def layer(module: str) -> str:
    parts = module.removeprefix("langchain_quickjs.").split(".")
    return parts[0] if parts[0] in LAYERS else "agent"


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_point_one_way(path: Path) -> None:
    mine = layer(name(path))
    for imported in imports(path):
        root = imported.split(".")[0]
        if root == "langchain_quickjs":
            theirs = layer(imported)
            assert LAYERS.index(mine) <= LAYERS.index(theirs), f"{mine} imports {imported}"
        if mine in ("interpreter", "errors"):
            assert root not in LANGCHAIN, f"{mine} imports {imported}"


def test_one_module_knows_wasmtime() -> None:
    knowing = {name(p) for p in MODULES if any(i.split(".")[0] == "wasmtime" for i in imports(p))}
    assert knowing == {"langchain_quickjs.interpreter.guest.engine"}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_has_a_map_of_its_modules(room: Path) -> None:
    modules = {path.stem for path in room.glob("*.py")} - {"__init__"}
    assert len(modules) <= MOST_MODULES
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    rows = [line.split()[0] for line in text.splitlines() if line.startswith("    ")]
    inner = {path.name for path in room.iterdir() if (path / "__init__.py").exists()}
    assert sorted(row.removesuffix("/") for row in rows) == sorted(modules | inner)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES
