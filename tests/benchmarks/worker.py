"""A worker process: measures one side and answers in JSON lines.

    {"measure": "small_eval", "runs": 20}  ->  {"samples": {"s": [0.00002, ...]}}

It runs under that side's own Python, so that two packages with the same import name can be
measured in one run.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable

from tests.benchmarks.timing import Samples


def main(*modules: str) -> None:
    """Serves the measurements of `tests.benchmarks.<module>` until its input ends."""
    # Whatever the measured code prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            measure = _find(modules, request["measure"])
            answer = None if measure is None else measure(request["runs"])
            reply: dict[str, object] = {"samples": answer}
        except Exception:
            reply = {"error": traceback.format_exc()}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


def _find(modules: tuple[str, ...], name: str) -> Callable[[int], Samples] | None:
    for module in modules:
        imported = importlib.import_module(f"tests.benchmarks.{module}")
        found: Callable[[int], Samples] | None = getattr(imported, name, None)
        if found is not None:
            return found
    return None
