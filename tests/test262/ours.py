"""One run on this package's interpreter."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from langchain_quickjs import Interpreter, Limits
from langchain_quickjs.errors import QuickJSError
from langchain_quickjs.interpreter import Failed
from tests.test262.metadata import Metadata
from tests.test262.outcomes import HOST, Ended

_PRINT = """
globalThis.print = (function (log) { return (text) => log('%s', String(text)); })(console.log);
"""
_LIMITS = Limits(
    memory_bytes=2**28, step_timeout_s=60, source_bytes=2**24, console_bytes=2**16, calls=0
)


@functools.lru_cache(maxsize=256)
def _prepared(harness: tuple[Path, ...]) -> bytes:
    """An interpreter that has run these files, as a snapshot."""
    interpreter = Interpreter(limits=_LIMITS)
    for source in (_PRINT + HOST, *(file.read_text() for file in harness)):
        interpreter.eval(source + "\n;undefined")
    return interpreter.snapshot()


def run(source: str, metadata: Metadata, harness: tuple[Path, ...]) -> Ended:
    """Runs a test after its files of `harness/`.

    A program's result leaves it here, and a promise is awaited before; neither is meant by a test.
    So another statement comes last, except where the source must not be parsed.
    """
    try:
        interpreter = Interpreter.restore(_prepared(harness), limits=_LIMITS)
        outcome = interpreter.start(
            source if metadata.phase == "parse" else f"{source}\n;undefined"
        )
    except (QuickJSError, UnicodeError) as error:
        return Ended(f"{type(error).__name__}: {error}", "")
    if isinstance(outcome, Failed):
        return Ended(f"{outcome.error.name}: {outcome.error.message}", outcome.console)
    return Ended(None, outcome.console)


def evaluated(source: str) -> str:
    """The test as code that a program evaluates, which may not do what only programs may."""
    return f"(0, eval)({json.dumps(source)})"
