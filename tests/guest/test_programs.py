"""Programs of the kind that models write: run unchanged, and with the right result."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.programs import PROGRAMS, Program
from tests.helpers.scripts import run


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_program_gives_the_right_result(program: Program) -> None:
    done = run(program.source, program.tools)
    assert done.error is None, (done.error, done.error.stack)
    assert done.value == program.value
    if program.console is not None:
        assert done.console == program.console
    if program.calls is not None:
        assert [name for name, _ in done.calls] == program.calls


def test_there_are_twenty() -> None:
    names: Any = {program.name for program in PROGRAMS}
    assert len(names) == len(PROGRAMS) == 20
