"""The layout's promises: named rooms with maps, imports that go one way, short modules.

And one room for all that rests on private parts of LangGraph, LangChain and Deep Agents.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "langchain_quickjs"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted({path.parent for path in MODULES})
EXAMPLES = sorted((PACKAGE.parent / "examples").rglob("*.py"))

# Each layer may import itself and those after it.
LAYERS = ("notebook", "agent", "delivery", "watch", "script", "interpreter", "errors", "quoting")
LANGCHAIN = ("langchain", "langchain_core", "langgraph", "deepagents")
INTERNALS = PACKAGE / "script" / "langgraph_internals"

# Names without an underscore that are private all the same: nothing documents them.
UNDOCUMENTED = {
    "checkpoint_map",
    "checkpoint_pending_writes",
    "schedule_task",
    "stream_keys",
    "subgraph_counter",
    "var_child_runnable_config",
}
# The key of our own state, and what Python gives to abstract classes.
NOT_THEIRS = {"_quickjs_heap", "_quickjs_labels", "_abc_impl"}
PRIVATE_NAME = re.compile(r"_[A-Za-z]\w*")
PRIVATE_TEXT = re.compile(
    rf"__(pregel|deepagents)_|\b({'|'.join(LANGCHAIN)})(\.\w+)*\._|\blanggraph\.pregel\b"
)

MOST_LINES = 350
MOST_FLOORS = 6
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
        if mine in ("interpreter", "errors", "quoting"):
            assert root not in LANGCHAIN, f"{mine} imports {imported}"


def test_one_room_knows_wasmtime() -> None:
    guest = "langchain_quickjs.interpreter.guest."
    of = {name(path): set(imports(path)) for path in MODULES}
    theirs = {module for module in of if any(i.split(".")[0] == "wasmtime" for i in of[module])}
    assert theirs == {f"{guest}native.c_api"}
    assert {module for module in of if f"{guest}native.c_api" in of[module]} == {f"{guest}engine"}


def test_a_build_can_import_what_compiles_the_guest() -> None:
    for path in (PACKAGE / "interpreter" / "guest" / "native").iterdir():
        if path.suffix == ".py":
            assert not {i for i in imports(path) if i.startswith("langchain_quickjs")}, path


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


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "drivers.py"], ids=name)
def test_what_is_asynchronous_is_one_line(path: Path) -> None:
    """Where LangChain wants a second method, it only drives what the first one drives."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            assert len(body) == 1, node.name
            assert isinstance(body[0], ast.Return), node.name


# What each room of `script` may import of it: modules that stand in `script` itself, and rooms.
BELOW = {
    "langgraph_internals": {"state"},
    "arguments": set[str](),
    "telling": {"state"},
    "labels": {"langgraph_internals"},
    "flow": {"state", "telling", "model_texts", "labels"},
    "durability": {"state", "model_texts", "flow", "labels", "langgraph_internals"},
    "calls": {"state", "telling", "flow", "labels", "arguments", "langgraph_internals"},
    "people": {"state", "graph_state", "telling", "flow", "durability", "langgraph_internals"},
    "variables": {
        "state",
        "settings",
        "model_texts",
        "flow",
        "labels",
        "durability",
        "langgraph_internals",
    },
}
BELOW["branches"] = {"state", "flow", "telling", "durability", "langgraph_internals"}
BELOW["memory"] = BELOW["variables"] | {"variables"}
SCRIPT = f"{PACKAGE.name}.script."


def imports_within_script(path: Path) -> set[str]:
    return {one.removeprefix(SCRIPT) for one in imports(path) if one.startswith(SCRIPT)}


@pytest.mark.parametrize("room", BELOW)
def test_rooms_import_those_below(room: str) -> None:
    for path in (PACKAGE / "script" / room).glob("*.py"):
        theirs = {one.split(".")[0] for one in imports_within_script(path)}
        assert theirs <= BELOW[room] | {room}, path.name


def test_every_room_says_what_it_imports() -> None:
    inner = {path.parent.name for path in (PACKAGE / "script").glob("*/__init__.py")}
    assert inner == BELOW.keys()


def test_chains_of_imports_within_script_are_short() -> None:
    graph = {
        name(path).removeprefix(SCRIPT): imports_within_script(path)
        for path in (PACKAGE / "script").rglob("*.py")
        if path.name != "__init__.py"
    }

    @functools.cache
    def floors(module: str) -> int:
        return 1 + max((floors(below) for below in graph[module]), default=0)

    assert {module: floors(module) for module in graph if floors(module) > MOST_FLOORS} == {}


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_has_a_map_of_its_modules(room: Path) -> None:
    modules = {path.stem for path in room.glob("*.py")} - {"__init__"}
    assert len(modules) <= MOST_MODULES
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    rows = [line.split()[0] for line in text.splitlines() if line.startswith("    ")]
    inner = {path.name for path in room.iterdir() if (path / "__init__.py").exists()}
    assert sorted(row.removesuffix("/") for row in rows) == sorted(modules | inner)


@pytest.mark.parametrize("path", [*MODULES, *EXAMPLES], ids=name)
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


def own_names(tree: ast.Module) -> set[str]:
    """The names that a module gives to functions, classes, variables and attributes of its own."""
    names = set(NOT_THEIRS)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.id if isinstance(node, ast.Name) else node.attr)
    return names


def private_names(tree: ast.Module) -> Iterator[str]:
    """The private names of others that a module imports, reads or writes."""
    own, texts = own_names(tree), {id(node) for node in docstrings(tree)}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases if is_private(alias.name))
            case ast.ImportFrom(module=str(module), names=aliases):
                found = [f"{module}.{alias.name}" for alias in aliases]
                yield from filter(is_private, found)
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                if name in UNDOCUMENTED or (PRIVATE_NAME.fullmatch(name) and name not in own):
                    yield name
            case ast.Constant(value=str(text)) if id(node) not in texts:
                named = PRIVATE_NAME.fullmatch(text) and text not in own
                if named or text in UNDOCUMENTED or PRIVATE_TEXT.search(text):
                    yield text


def docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield node.value


def is_private(imported: str) -> bool:
    root, *parts = imported.split(".")
    return root in LANGCHAIN and (
        any(part.startswith("_") or part in UNDOCUMENTED for part in parts)
        or (root, *parts[:1]) == ("langgraph", "pregel")
    )


OUTSIDE = [
    path
    for path in MODULES
    if layer(name(path)) in ("notebook", "delivery", "agent", "watch", "script")
    and INTERNALS not in path.parents
]


@pytest.mark.parametrize("path", OUTSIDE, ids=name)
def test_private_names_of_others_stay_in_one_room(path: Path) -> None:
    assert list(private_names(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from langgraph._internal._constants import CONFIG_KEY_READ",
        "from langgraph import _internal",
        "import langgraph._internal._constants as constants",
        "from langgraph.pregel import Pregel",
        "import langgraph.pregel._algo",
        "from langgraph import pregel",
        "from langgraph.types import _interrupt_id",
        "from langchain_core.runnables.config import var_child_runnable_config",
        "from langchain.agents.factory import _chain_tool_call_wrappers",
        "command._update_as_tuples()",
        "class Ours:\n    def f(self, tool):\n        return tool._run",
        "run = getattr(tool, '_run')",
        "vars(tool).update(_run=run)",
        "read = config['configurable']['__pregel_read']",
        "key = '__deepagents_subagent_response_format'",
        "graph_id = config['configurable']['checkpoint_map']",
        "call.keywords['schedule_task'].__self__",
        "importlib.import_module('langgraph._internal')",
        "import_module('langgraph.pregel.main')",
    ],
)
def test_a_private_name_in_another_room_is_found(planted: str) -> None:
    assert list(private_names(ast.parse(planted)))


def test_a_module_may_have_private_names_of_its_own() -> None:
    text = "class Ours:\n    def __init__(self):\n        self._x = 1\n    def f(self, other):\n"
    assert not list(private_names(ast.parse(f"{text}        return other._x, self.__class__")))


@pytest.mark.parametrize("path", sorted(INTERNALS.glob("*.py")), ids=name)
def test_the_room_of_internals_imports_plain_types_only(path: Path) -> None:
    room, script = name(INTERNALS / "__init__.py"), "langchain_quickjs.script"
    ours = [one for one in imports(path) if one.startswith("langchain_quickjs")]
    others = [one for one in ours if not one.startswith(room)]
    assert set(others) <= {f"{script}.state", "langchain_quickjs.errors"}
