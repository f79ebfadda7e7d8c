"""The oldest and the newest supported versions, each set in an environment of its own.

The newest are those that the package index has now. The oldest are the lower bounds in
`pyproject.toml`: what is tested is what is written there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from packaging.requirements import Requirement

__all__ = ["CORE", "SETS", "Environment", "interpreters", "requirements"]

VersionSet: TypeAlias = Literal["oldest", "newest"]

ROOT: Final = Path(__file__).parent.parent.parent
SETS: Final[tuple[VersionSet, ...]] = ("oldest", "newest")
CORE: Final = ("tests/interpreter", "tests/script", "tests/agent")

# What only checks the code and the pages; it says nothing about what the package needs.
_CHECKERS: Final = frozenset(
    {"mkdocs", "mkdocs-material", "mypy", "pyright", "ruff", "types-psutil"}
)
# What runs the tests; the newest will do.
_RUNNERS: Final = frozenset(
    {
        "aiosqlite",
        "hatchling",
        "httpx",
        "hypothesis",
        "ipykernel",
        "nbclient",
        "nbconvert",
        "langgraph-cli",
        "mistune",
        "pandas",
        "psutil",
        "psycopg",
        "pytest",
        "pytest-asyncio",
        "pytest-xdist",
        "starlette",
        "uvicorn",
    }
)
_MINORS: Final = range(11, 15)


def requirements(versions: VersionSet) -> list[str]:
    """What pip is to install, as its arguments."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*map(Requirement, [*project["dependencies"], *extras["test"]])]
    return [
        _oldest(one) if versions == "oldest" and one.name not in _RUNNERS else str(one)
        for one in wanted
        if one.name not in _CHECKERS
    ]


def _oldest(wanted: Requirement) -> str:
    (bound,) = (each.version for each in wanted.specifier if each.operator == ">=")
    return f"{wanted.name}=={bound}"


def interpreters() -> list[Path]:
    """The CPythons of this machine from 3.11 to 3.14, one of each minor version."""
    places = [*Path.home().glob(".pyenv/versions/*/bin"), *map(Path, os.get_exec_path())]
    found: dict[int, Path] = {}
    for minor in _MINORS:
        for place in places:
            path = place / f"python3.{minor}"
            if minor not in found and path.exists() and "shims" not in path.parts:
                found[minor] = path
    return list(found.values())


@dataclass(frozen=True)
class Environment:
    """One set of versions on one CPython.

    Attributes:
        python: The CPython that the environment is made with.
        versions: Which versions it has.
        work: The folder that it is made in; it is used again if it is there.
    """

    python: Path
    versions: VersionSet
    work: Path

    @property
    def run(self) -> Path:
        """Its own interpreter."""
        return self._folder / "bin" / "python"

    @property
    def _folder(self) -> Path:
        return self.work / f"{self.versions}-{self.python.name}"

    def make(self) -> None:
        """Makes it, with venv and pip."""
        ready = self._folder / "ready"
        wanted = requirements(self.versions)
        if ready.exists() and ready.read_text().splitlines() == wanted:
            return
        shutil.rmtree(self._folder, ignore_errors=True)
        subprocess.run([self.python, "-m", "venv", self._folder], check=True)
        pip = [str(self.run), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*pip, *wanted], check=True)
        ready.write_text("\n".join(wanted))

    def installed(self) -> dict[str, str]:
        """The versions in it of what the package stands on, and of CPython."""
        names = [re.split(r"[=<>\[]", one)[0] for one in requirements("oldest")]
        kept = [name for name in names if name not in _RUNNERS]
        code = (
            "import importlib.metadata as m, platform; print('CPython', platform.python_version())"
            f"\nfor name in {kept!r}: print(name, m.version(name))"
        )
        found = subprocess.run([self.run, "-c", code], check=True, capture_output=True, text=True)
        return dict(line.split() for line in found.stdout.splitlines())

    def test(self, arguments: list[str]) -> tuple[bool, str]:
        """Runs pytest in it.

        Returns:
            Whether all tests have passed, and the last line of what pytest printed.
        """
        command = [str(self.run), "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        with (self._folder / "log").open("w+") as log:
            code = subprocess.run(command, cwd=ROOT, env=environment, stdout=log, check=False)
            log.seek(0)
            lines = [line.strip() for line in log if line.strip()]
        return code.returncode == 0, lines[-1] if lines else "printed nothing"
