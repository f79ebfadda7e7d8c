"""A process that makes runs for one engine: a path in, what was wrong with each of its runs out.

    "built-ins/Array/from/length.js"  ->  {"sloppy": null, "strict": "TypeError: ..."}
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

from tests.test262.outcomes import what_is_wrong
from tests.test262.selection import Test, read, runs_of

__all__ = ["main"]


def _harness(checkout: Path, test: Test) -> tuple[Path, ...]:
    if "raw" in test.metadata.flags:
        return ()
    done = ("doneprintHandle.js",) if "async" in test.metadata.flags else ()
    names = dict.fromkeys(("assert.js", "sta.js", *done, *test.metadata.includes))
    return tuple(checkout / "harness" / name for name in names)


def main(engine: str, checkout: str) -> None:
    """Serves runs until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    run = importlib.import_module(f"tests.test262.{engine}").run
    for line in sys.stdin:
        test = read(Path(checkout), json.loads(line))
        harness = _harness(Path(checkout), test)
        wrong = {}
        for strict in runs_of(test.metadata):
            source = f'"use strict";\n{test.source}' if strict else test.source
            ended = run(source, test.metadata, harness)
            wrong["strict" if strict else "sloppy"] = what_is_wrong(ended, test.metadata)
        answers.write(json.dumps(wrong) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
