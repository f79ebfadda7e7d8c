"""Earlier releases of the package, made from the history of this repository.

Nothing that they made is kept in the repository: each test run lets them make it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from langchain_quickjs.errors import BuildGoneError
from langchain_quickjs.interpreter.builds.places import kept_guest
from langchain_quickjs.interpreter.builds.releases import RELEASES, Release

__all__ = ["RELEASES", "build_of", "installed", "require", "run_worker", "without_guests"]

ROOT: Final = Path(__file__).parent.parent.parent
_PACKAGE: Final = "langchain_quickjs"


def build_of(release: Release) -> bytes:
    """The build of its guest, as everything that is stored names it."""
    return bytes.fromhex(release.build)


def require(release: Release) -> None:
    """Skips a test that needs an earlier release, where there is no way to have it."""
    command = ["git", "-C", str(ROOT), "cat-file", "-e", f"{release.commit}^{{commit}}"]
    try:
        found = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        found = False
    if not found:
        pytest.skip(f"{release.name} cannot be made: its commit is not in the history here")
    try:
        kept_guest(build_of(release))
    except BuildGoneError:  # The package was not built here, for example in another worktree.
        subprocess.run([sys.executable, str(ROOT / "wasm" / "earlier_guests.py")], check=True)


def installed(release: Release, folder: Path) -> Path:
    """Puts the package as it was released into a folder, which it gives."""
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", release.commit, _PACKAGE]
    tar = subprocess.run(command, capture_output=True, check=True).stdout
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=tar, check=True)
    (folder / _PACKAGE / "guest.wasm").write_bytes(kept_guest(build_of(release)))
    return folder


def without_guests(folder: Path) -> Path:
    """Puts today's package into a folder, without the guests of earlier releases."""
    left_out = shutil.ignore_patterns("guests", "guest.cwasm", "__pycache__")
    shutil.copytree(ROOT / _PACKAGE, folder / _PACKAGE, ignore=left_out)
    return folder


def on_guest_of(release: Release, folder: Path) -> Path:
    """Puts today's package into a folder, with the guest of a release as if it were today's."""
    without_guests(folder)
    (folder / _PACKAGE / "guest.wasm").write_bytes(kept_guest(build_of(release)))
    return folder


def run_worker(package: Path, folder: Path, plan: list[tuple[str, list[str]]]) -> dict[str, Any]:
    """Lets the package in a folder take the steps of a plan; gives what came of each case."""
    environment = {**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{ROOT}"}
    # Without -P, Python would look for the package where it is started first.
    command = [sys.executable, "-P", "-W", "ignore", "-m", "tests.helpers.release_worker"]
    result = subprocess.run(
        [*command, str(folder)],
        env=environment,
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    used, *results = json.loads(result.stdout.splitlines()[-1])
    assert used == str(package / _PACKAGE)
    return {name: each for (name, _), each in zip(plan, results, strict=True)}
