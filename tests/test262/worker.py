"""A process that makes runs for one engine: a path in, what was wrong with each of its runs out.

"built-ins/Array/from/length.js"  ->  {"sloppy": null, "strict": "TypeError: ..."}
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.test262.outcomes import what_is_wrong
from tests.test262.selection import Test, read, runs_of

__all__ = ["main"]


def _harness(checkout: Path, test: Test) -> tuple[Path, ...]:
    if "raw" in test.metadata.flags:
        return ()
    done = ("doneprintHandle.js",) if "async" in test.metadata.flags else ()
    names = dict.fromkeys(("assert.js", "sta.js", *done, *test.metadata.includes))
    return tuple(checkout / "harness" / name for name in names)


def _attempt(module: Any, source: str, test: Test, harness: tuple[Path, ...]) -> str | None:
    return what_is_wrong(module.run(source, test.metadata, harness), test.metadata)


def main(engine: str, checkout: str) -> None:
    """Serves runs until the input ends.

    What fails as a program is tried once more as code that a program evaluates, where the engine
    has such a way: when that passes, it is said.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module = importlib.import_module(f"tests.test262.{engine}")
    for line in sys.stdin:
        test = read(Path(checkout), json.loads(line))
        harness = _harness(Path(checkout), test)
        wrong = {}
        for strict in runs_of(test.metadata):
            source = f'"use strict";\n{test.source}' if strict else test.source
            said = _attempt(module, source, test, harness)
            if said and (again := getattr(module, "evaluated", None)):
                only = _attempt(module, again(source), test, harness) is None
                said = f"as a program only: {said}" if only else said
            wrong["strict" if strict else "sloppy"] = said
        answers.write(json.dumps(wrong) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
