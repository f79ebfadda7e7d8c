"""The layout's promises: named rooms with maps, imports that go one way, short modules."""

from __future__ import annotations

import ast
import re
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


# What a checkpointer does: only the drivers of effects call it. Other things have methods of the
# names in SHARED, so for these it matters whose they are.
OF_CHECKPOINTERS = {"get_tuple", "put_writes", "delete_thread", "copy_thread", "prune"}
SHARED = {"get", "put", "list"}
SAVERS = re.compile(r"saver|checkpointer", re.IGNORECASE)


def calls_of_checkpointers(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            method = node.attr if node.attr in OF_CHECKPOINTERS else node.attr.removeprefix("a")
            shared = method in SHARED and SAVERS.search(ast.unparse(node.value).split(".")[-1])
            if shared or method in OF_CHECKPOINTERS:
                yield ast.unparse(node)


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "drivers.py"], ids=name)
def test_only_drivers_call_checkpointers(path: Path) -> None:
    assert list(calls_of_checkpointers(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "planted",
    ["saver.get_tuple(x)", "await self._saver.aput_writes(x)", "s.checkpointer.put", "saver.alist"],
)
def test_a_call_of_a_checkpointer_is_found(planted: str) -> None:
    tree = ast.parse(f"async def f(): {planted}")
    assert len(list(calls_of_checkpointers(tree))) == 1


# What these rooms want of a checkpointer they yield, so none of them has a second, awaited way.
YIELDING = [path for path in MODULES if path.parent.name in ("durability", "people", "variables")]
WAITING = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)


@pytest.mark.parametrize("path", YIELDING, ids=name)
def test_rooms_that_yield_effects_do_not_wait(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, WAITING)]
    assert not {"asyncio", "time.sleep"} & set(imports(path))
    assert "sleep(" not in path.read_text()


# What rooms of `script` may import of it: modules, or rooms with all their modules.
DURABILITY = {"durability", "flow", "langgraph_internals", "sealing", "signing", "state"}
ROOMS_BELOW = {
    "durability": DURABILITY,
    "people": DURABILITY | {"people", "arguments"},
}


@pytest.mark.parametrize("room", ROOMS_BELOW)
def test_rooms_import_those_below(room: str) -> None:
    script = f"{PACKAGE.name}.script."
    for path in (PACKAGE / "script" / room).glob("*.py"):
        ours = {one.removeprefix(script) for one in imports(path) if one.startswith(script)}
        above = {one for one in ours if one.split(".")[0] not in ROOMS_BELOW[room]}
        # How calls are named is below the rooms, wherever its module stands.
        assert {one.split(".")[-1] for one in above} <= {"call_ids"}, f"{path.name} imports {above}"


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
