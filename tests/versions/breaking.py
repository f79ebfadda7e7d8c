"""Shows that each canary fails with its sentence when its fact is broken in the package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.script.langgraph_internals import test_canaries
from tests.script.langgraph_internals.breaks import BREAKS

__all__ = ["CANARIES", "FACTS", "fails_with_its_sentence"]

ROOT: Final = Path(__file__).parent.parent.parent
CANARIES: Final = Path(test_canaries.__file__)

FACTS: Final[dict[str, str]] = {
    name: test.fact for name, test in vars(test_canaries).items() if name.startswith("test_")
}


def fails_with_its_sentence(name: str) -> tuple[bool, str]:
    """Runs a canary where its fact is broken.

    Returns:
        Whether it fails with its sentence, and what pytest has printed.
    """
    with tempfile.TemporaryDirectory(prefix="quickjs-canary-") as made:
        folder = Path(made)
        for package in {change.package.split("/")[0] for change in BREAKS[name]}:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(_installed(package), folder / package, ignore=ignored)
        for change in BREAKS[name]:
            change.apply(folder)
        found = _pytest(f"{CANARIES}::{name}", [folder, ROOT])
    sentence = f"It does not hold any more that {FACTS[name]}"
    return found.returncode == 1 and sentence in found.stdout, found.stdout


def _installed(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    return Path(next(iter(spec.submodule_search_locations or ())))


def _pytest(test: str, path: list[Path]) -> subprocess.CompletedProcess[str]:
    # The tests' own conftest would import what is broken.
    command = [sys.executable, "-m", "pytest", "--noconftest", "--tb=short", "-q"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", test],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
