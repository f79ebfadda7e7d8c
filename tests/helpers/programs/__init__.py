"""Twenty programs of the kind that models write, with what they must give."""

from __future__ import annotations

from tests.helpers.programs.calling import CALLING
from tests.helpers.programs.computing import COMPUTING
from tests.helpers.programs.program import Program

__all__ = ["PROGRAMS", "Program"]

PROGRAMS = (*CALLING, *COMPUTING)
