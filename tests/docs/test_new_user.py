"""A new user, who has a wheel and the README: installed, paused, approved.

With `--full` everything that the package needs comes from the package index, as it does for them;
otherwise from the environment of the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

import pytest

from tests.docs.blocks import GIVEN, ROOT, modules
from tests.helpers import tables


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """What a command prints, in a folder where nothing of this repository can be imported."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    told = subprocess.run(
        command, cwd=folder, env={**variables, **environment}, capture_output=True, check=False
    )
    assert told.returncode == 0, told.stderr.decode()
    return told.stdout.decode()


@pytest.mark.long
def test_install_to_first_approval(
    tmp_path: Path, full: bool, request: pytest.FixtureRequest
) -> None:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    # The guest is built already: it is what these tests run on.
    build = (*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, ROOT)
    run(*build, folder=tmp_path, HATCH_BUILD_NO_HOOKS="true")
    (wheel,) = tmp_path.glob("*.whl")

    began = time.monotonic()
    venv.create(tmp_path / "venv")
    at = {"base": str(tmp_path / "venv")}
    packages = Path(sysconfig.get_path("purelib", vars=at))
    python = Path(sysconfig.get_path("scripts", vars=at)) / "python"
    into = (*pip, "--python", python, "install")
    if full:
        run(*into, f"{wheel}[deepagents]", folder=tmp_path)
    else:
        run(*into, "--no-deps", "--no-index", wheel, folder=tmp_path)
        (packages / "others.pth").write_text(sysconfig.get_path("purelib"))

    (readme,) = [m for m in modules() if m.name.startswith("readme") and "Command(" in m.text]
    tell = "\nimport langchain_quickjs\nprint(langchain_quickjs.__file__)\n"
    (tmp_path / "readme.py").write_text(readme.text + tell)
    shutil.copy(GIVEN, tmp_path)
    cache = str(tmp_path / "cache")
    said = run(python, "readme.py", folder=tmp_path, LANGCHAIN_QUICKJS_CACHE_DIR=cache)
    took_s = time.monotonic() - began

    assert "A-1002: 80 refunded" in said
    assert str(packages) in said
    source = "the package index" if full else "the environment of the tests"
    head = "what it needs comes from        seconds"
    lines = tables.table(request.config, "a new user, from a wheel to the first approval", head)
    lines.append(f"{source:<32}{took_s:.0f}")
