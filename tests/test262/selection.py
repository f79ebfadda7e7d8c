"""Which tests apply, why the others do not, and which runs each has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.test262.metadata import Metadata, read_metadata

__all__ = ["MISSING_FEATURES", "Test", "find", "read", "runs_of", "why_skipped"]

MISSING_FEATURES: Final = frozenset(
    {
        "Atomics.pause",
        "Atomics.waitAsync",
        "IsHTMLDDA",
        "ShadowRealm",
        "Temporal",
        "arbitrary-module-namespace-names",
        "await-dictionary",
        "canonical-tz",
        "cross-realm",
        "decorators",
        "export-defer",
        "export-star-as-namespace-from-module",
        "import-bytes",
        "import-defer",
        "import-text",
        "json-modules",
        "legacy-regexp",
        "source-phase-imports",
        "source-phase-imports-module-source",
        "tail-call-optimization",
        "top-level-await",
    }
)
"""Features of test262 that the engine has nowhere, or that are about modules."""

_HOST: Final = re.compile(
    r"\$262\.(createRealm|evalScript|agent|gc|IsHTMLDDA|AbstractModuleSource)\b"
)


@dataclass(frozen=True, slots=True)
class Test:
    """A test.

    Attributes:
        path: Where it is, below `test/`.
        source: Its text, with the line ends that it has.
        metadata: What it says of itself.
    """

    __test__ = False  # to pytest

    path: str
    source: str
    metadata: Metadata


def find(checkout: Path, parts: Iterable[str]) -> Iterator[str]:
    """The paths of the tests below some parts of `test/`, below all of it if there are none."""
    root = checkout / "test"
    for part in parts or ("",):
        where = root / part
        files = [where] if where.is_file() else sorted(where.rglob("*.js"))
        yield from (
            file.relative_to(root).as_posix() for file in files if "_FIXTURE" not in file.name
        )


def read(checkout: Path, path: str) -> Test:
    """Reads one test."""
    source = (checkout / "test" / path).read_bytes().decode("utf-8", "surrogatepass")
    return Test(path, source, read_metadata(source))


def why_skipped(test: Test) -> str | None:
    """Says why a test does not apply; `None` if it does."""
    metadata = test.metadata
    if "module" in metadata.flags:
        return "a module"
    if "intl402" in test.path.split("/") or any(
        one.startswith("Intl") for one in metadata.features
    ):
        return "Intl, which the native engine has not"
    if missing := sorted(MISSING_FEATURES & metadata.features):
        return f"feature {missing[0]}"
    if host := _HOST.search(test.source):
        return f"needs {host[0]} of the host"
    return None


def runs_of(metadata: Metadata) -> tuple[bool, ...]:
    """Whether it is to be strict, for each run that a test has."""
    if metadata.flags & {"raw", "noStrict"}:
        return (False,)
    return (True,) if "onlyStrict" in metadata.flags else (False, True)
