"""What a process imports to run a script: what it does not need, it does not pay for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LANGCHAIN = {"langchain", "langchain_core", "langgraph", "langsmith", "pydantic"}
SLOW = {
    "asyncio",
    "decimal",
    "difflib",
    "email",
    "hashlib",
    "html",
    "importlib.metadata",
    "importlib.resources",
    "json",
    "pathlib",
    "platform",
    "random",
    "socket",
    "tempfile",
    "typing_extensions",
    "uuid",
    "wasmtime",
    "zstandard",
}
SCRIPT = """
from langchain_quickjs import Interpreter, Limits, Returned
interpreter = Interpreter()
assert interpreter.eval("1 + 1") == 2
call = interpreter.start("await tools.f({a: [1]})", tools=["f"]).calls[0]
interpreter.resume({call.id: Returned({"text": "ä", "n": [1, 2.5, None]})})
"""
# With shipped machine code, nothing of this either; without, there is more to do.
WITHOUT_CODE = {"hashlib", "importlib.metadata", "importlib.resources", "tempfile", "pathlib"}


def imported(code: str) -> set[str]:
    """What some code imports, in a process of its own."""
    program = f"import sys; before = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before)"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import langchain_quickjs",
        "from langchain_quickjs import Interpreter",
        "from langchain_quickjs.interpreter import Interpreter, Limits, Returned, Suspended",
    ],
)
def test_the_interpreter_imports_only_what_it_needs(code: str) -> None:
    modules = imported(code)
    assert "langchain_quickjs.interpreter.interpreter" in modules
    assert not modules & (LANGCHAIN | SLOW)


def test_a_script_needs_no_more() -> None:
    modules = imported(SCRIPT)
    fell_back = "langchain_quickjs.interpreter.guest.native.machine_code" in modules
    needed = WITHOUT_CODE | {"random", "email", "json", "socket"} if fell_back else set()
    assert not modules & ((LANGCHAIN | SLOW) - needed)


def test_what_is_stored_and_shown_is_found_when_it_is_asked_for() -> None:
    modules = imported(
        "from langchain_quickjs import Interpreter, Completed\n"
        "one = Interpreter(); one.eval('let kept = 1')\n"
        "assert Interpreter.restore(one.snapshot()).eval('kept') == 1\n"
        "from langchain_quickjs.interpreter import Heap, fold, pack_record\n"
        "heap = fold(None, pack_record(one.heap()), memory_bytes=2**26).heap\n"
        "assert isinstance(heap, Heap) and Interpreter.with_heap(heap).eval('kept') == 1\n"
        "assert 'idle' in repr(one) and one._repr_mimebundle_()\n"
        "assert Completed(1)._repr_mimebundle_()"
    )
    assert {"zstandard", "langchain_quickjs.interpreter.display.html"} <= modules
    assert not modules & LANGCHAIN


@pytest.mark.parametrize("room", ["interpreter", "interpreter.storage", "interpreter.display"])
def test_a_name_that_is_not_there_is_told(room: str) -> None:
    code = f"import langchain_quickjs.{room} as room\ntry: room.nothing\n"
    assert "AttributeError" in imported(f"{code}except AttributeError: print('AttributeError')")
