"""Puts the guests of earlier releases into the package, each as its difference to the next one.

    python wasm/earlier_guests.py

Each is built from the source of its release, which `git` knows, by that release's own `build.py`,
and is only taken if it has the release's build id. What has been built is kept in `build/guests`.
Without the history of the repository they are left out: memory that they made is read by the
package only where its user has kept them then.
"""

from __future__ import annotations

import importlib.util
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "langchain_quickjs"
BUILT = ROOT / "build" / "guests"


def module_of(name: str) -> ModuleType:
    """Gives a module of the package's table of builds; the package itself need not be complete."""
    path = PACKAGE / "interpreter" / "builds" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"builds_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


difference = module_of("difference")


def source(release: Any, folder: Path) -> Path | None:
    """Unpacks what a release's guest was built from; gives its `wasm`, or nothing without it."""
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", release.commit, "wasm"]
    try:
        found = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    with tarfile.open(fileobj=io.BytesIO(found.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder / "wasm"


def built(release: Any) -> bytes | None:
    """Gives a release's guest, built from its source unless that has been done before.

    Raises:
        SystemExit: It has come out as another one than was released.
    """
    kept = BUILT / f"{release.build}.wasm"
    if kept.exists() and difference.build_of(kept.read_bytes()).hex() == release.build:
        return kept.read_bytes()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary).resolve()
        wasm = source(release, place)
        if wasm is None:
            return None
        output = place / "guest.wasm"
        command = [sys.executable, str(wasm / "build.py"), str(output), "--work", str(place / "w")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        module = output.read_bytes()
    if (found := difference.build_of(module).hex()) != release.build:
        raise SystemExit(f"the guest of {release.name} came out as {found}, not {release.build}")
    write(kept, module)
    return module


def write(path: Path, content: bytes) -> None:
    """Writes a file at once, as others may be reading and writing it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(name, path)


def carry(folder: Path, today: bytes) -> Iterator[str]:
    """Puts the guests into a folder of the package, and says of which release each is, or why not.

    Args:
        folder: The folder.
        today: Today's guest.
    """
    releases = module_of("releases")
    carried, base = set[str](), today
    for release in reversed(releases.RELEASES[-releases.IN_THE_WHEEL :]):
        if release.build == difference.build_of(today).hex():
            continue
        path = folder / f"{release.build}.diff"
        module = unpacked(path, base)
        if module is None or difference.build_of(module).hex() != release.build:
            if (module := built(release)) is None:
                yield f"{release.name} is left out: there is no commit {release.commit} here"
                continue
            write(path, difference.pack(module, base))
        yield f"{release.name}: {path.stat().st_size} bytes"
        carried.add(path.name)
        base = module
    for path in folder.glob("*.diff"):
        if path.name not in carried:
            path.unlink()


def unpacked(path: Path, base: bytes) -> bytes | None:
    """Gives the module of a difference that is there already."""
    try:
        found: bytes = difference.unpack(path.read_bytes(), base)
    except (OSError, ValueError):
        return None
    return found


if __name__ == "__main__":
    for line in carry(PACKAGE / "guests", (PACKAGE / "guest.wasm").read_bytes()):
        print(line)
