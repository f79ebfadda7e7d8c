"""The core suite where the kernel, the C library or the way of starting processes is another one.

Each platform is forced in a process of its own (`tests/helpers/platforms.py`), which runs some of
the interpreter's tests; with `--full`, all of them, and pauses and variables in agents.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from langchain_quickjs.interpreter.guest.native_stack import wasm_stack_bytes
from tests.helpers.platforms import PLATFORMS, run_on

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it forces what Linux has")

SHORT = (
    "--noconftest",  # which imports what this part does not need
    "tests/interpreter/test_interpreter.py",
    "tests/interpreter/test_limits.py",
    "-k",
    "snapshot or stack or recursion or heap or restored",
)
# They take other ways to the same fallback.
FULL_ONLY = ("a page map of zeros", "no cache", "forkserver")
FULL = (
    "tests/interpreter",
    "tests/script/test_pause.py",
    "tests/script/test_story.py",
    "tests/script/variables",
    "--ignore=tests/interpreter/test_platforms.py",
)
# By platform, how one sees that it has been forced, and what does not hold there.
FORCED: dict[str, tuple[Callable[[dict[str, Any]], bool], tuple[str, ...]]] = {
    "no page map": (
        lambda found: not found["tells"],
        ("tests/interpreter/guest/reuse/test_dirty_pages.py",),  # it is about the page map
    ),
    "a page map of zeros": (
        lambda found: not found["tells"],
        ("tests/interpreter/guest/reuse/test_dirty_pages.py",),
    ),
    "larger pages": (
        lambda found: not found["tells"],
        ("tests/interpreter/guest/reuse/test_dirty_pages.py",),
    ),
    "small stacks": (
        lambda found: found["wasm_stack_bytes"] < 2**20,
        # Where the guest's own limit is never reached, its recursion ends the step.
        (
            "tests/interpreter/test_interpreter.py::test_endless_recursion_is_an_error_of_the_script",
            "tests/interpreter/guest/reuse/test_dirty_pages.py",  # some of its programs recurse
        ),
    ),
    "cold cache": (lambda found: bool(found["cached"]), ()),
    "no cache": (lambda found: not found["cached"], ()),
    "fork": (lambda found: bool(found["tells"]), ()),
    "forkserver": (lambda found: found["method"].startswith("ForkServerProcess"), ()),
    "spawn": (lambda found: found["method"].startswith("SpawnProcess"), ()),
}


def test_each_platform_says_how_it_is_seen() -> None:
    assert FORCED.keys() == PLATFORMS.keys()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_core_suite_holds_there(platform: str, full: bool) -> None:
    if platform in FULL_ONLY and not full:
        pytest.skip("only with --full")
    is_forced, without = FORCED[platform]
    deselected = [f"--deselect={name}" for name in without]
    code, found, printed = run_on(platform, *(FULL if full else SHORT), *deselected)
    assert code == 0, printed
    assert is_forced(found), found


def test_asking_how_large_stacks_are_leaves_them_so() -> None:
    before = threading.stack_size(2**20)
    try:
        assert wasm_stack_bytes() < 2**20
        assert threading.stack_size(before) == 2**20
    finally:
        threading.stack_size(before)
