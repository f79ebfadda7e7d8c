"""One run on the wheel `quickjs-ng`: the same engine without our patches and prelude."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from tests.test262.metadata import Metadata
from tests.test262.outcomes import HOST, Ended

quickjs: Any = importlib.import_module("quickjs")  # perhaps of another Python

# The wheel calls no function of Python while there is a time limit.
_PRINT = """
(function () {
  let said = '';
  globalThis.print = (text) => { said += `${text}\\n`; };
  return () => said;
})()
"""


def run(source: str, metadata: Metadata, harness: tuple[Path, ...]) -> Ended:
    """Runs a test after its files of `harness/`."""
    context = quickjs.Context()
    context.set_memory_limit(2**29)
    context.set_max_stack_size(2**22)
    context.set_time_limit(20)
    printed = context.eval(_PRINT)
    try:
        for text in (HOST, *(file.read_text() for file in harness)):
            context.eval(text)
        context.eval(source)
        while context.execute_pending_job():
            pass
    except Exception as error:
        return Ended(str(error).split("\n    at ")[0], printed())
    return Ended(None, printed())
