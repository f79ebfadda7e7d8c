"""The guest's own C under sanitizers; the long form is `python -m tests.native`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests import native

CASES = re.findall(r"^CASE\((\w+)\)|^SAME\((\w+),", (native.HERE / "cases.c").read_text(), re.M)


@pytest.fixture(scope="session")
def programs(pytestconfig: pytest.Config) -> Path:
    cc = native.compiler()
    if cc is None:
        pytest.skip("no C compiler with address and undefined-behaviour sanitizers here")
    return native.build(cc, pytestconfig.cache.mkdir("native"))


def assert_clean(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.parametrize("case", [first or second for first, second in CASES])
def test_case(case: str, programs: Path) -> None:
    assert_clean(native.run(programs / "cases", case))


def test_every_case_is_run(programs: Path) -> None:
    listed = native.run(programs / "cases", "--list").stdout.split()
    assert listed == [first or second for first, second in CASES]


def test_the_allocator_against_a_model(programs: Path, full: bool) -> None:
    assert_clean(native.run(programs / "heap", "2000000" if full else "30000"))


def test_mutated_messages_do_no_harm(programs: Path, full: bool) -> None:
    assert_clean(native.run(programs / "fuzz", "1", "0", "100000" if full else "2000"))
