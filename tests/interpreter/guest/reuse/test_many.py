"""Hundreds of interpreters that wait, where the system has little for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits addresses as Linux does")

ROOT = Path(__file__).parents[4]
GIB = 2**30
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
"""
MANY = (
    LIMITED
    + """
from tests.benchmarks.many import main
main(400)
"""
)
THREADS = (
    LIMITED
    + """
from concurrent.futures import ThreadPoolExecutor
from langchain_quickjs.interpreter import Interpreter, Returned
def work(number):
    one = Interpreter()
    one.start("let sum = 0; for (;;) sum += await tools.f(sum)", tools=["f"])
    for _ in range(20):
        (call,) = one.open_calls
        one.resume({call.id: Returned(number)})
    return one.open_calls[0].args[0]
with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(work, range(8))))
"""
)
TOO_LITTLE = (
    LIMITED
    + """
from langchain_quickjs import HostMemoryError, Interpreter
interpreter = None
try:
    interpreter = Interpreter()
    interpreter.eval("1")
except HostMemoryError as error:
    print(error)
"""
)
MAPPINGS = """
import ctypes, mmap, sys
from pathlib import Path
from langchain_quickjs.interpreter import Interpreter, Returned
Interpreter().eval("1")
libc = ctypes.CDLL(None, use_errno=True)
most = int(Path("/proc/sys/vm/max_map_count").read_text())
pages = mmap.mmap(-1, (most + 64) * mmap.PAGESIZE)
held = ctypes.c_char.from_buffer(pages)
begin = ctypes.c_void_p(ctypes.addressof(held))
have = len(Path("/proc/self/maps").read_text().splitlines())
for number in range((most - have - 64) // 2):
    at = ctypes.c_void_p(begin.value + 2 * number * mmap.PAGESIZE)
    assert libc.mprotect(at, ctypes.c_size_t(mmap.PAGESIZE), 1) == 0
interpreters = [Interpreter() for _ in range(100)]
for one in interpreters:
    one.start("await tools.f()", tools=["f"])
for one in interpreters:
    assert one.resume({1: Returned(7)}).value == 7
print(len(interpreters))
"""


def run(program: str, *arguments: object) -> list[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


# For one guest; and for the boot image and one.
FEW = pytest.mark.parametrize("limit", [6 * GIB, 9 * GIB], ids=["one", "two"])


@FEW
def test_hundreds_wait_where_there_are_addresses_for_one(limit: int) -> None:
    assert [line.split()[0] for line in run(MANY, limit)[1:]] == [
        "before",
        "400",
        "half",
        "400",
        "gone",
    ]


@FEW
def test_threads_take_turns_where_there_are_addresses_for_one(limit: int) -> None:
    assert run(THREADS, limit) == [str([20 * number for number in range(8)])]


def test_it_is_said_where_there_are_addresses_for_none() -> None:
    (said,) = run(TOO_LITTLE, 3 * GIB)
    assert "ulimit -v" in said


def test_hundreds_wait_where_there_are_hardly_any_mappings() -> None:
    assert run(MAPPINGS) == ["100"]
