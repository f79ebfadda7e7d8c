"""The build hook: builds the guest module into the package, and those of earlier releases.

Each is built again only when something that goes into it has changed. The source distribution has
no history of the repository, so it has the earlier ones as they are in the wheel.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent


def inputs_digest() -> str:
    """A hash over all that the module is made of."""
    digest = hashlib.sha256()
    for package in ("babel", "tzdata", "wasmtime", "ziglang"):
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    for path in sorted(HERE.rglob("*")):
        if path.suffix in {".c", ".h", ".inc", ".js", ".patch", ".py"}:
            digest.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class GuestBuildHook(BuildHookInterface[Any]):
    """Builds `langchain_quickjs/guest.wasm`, and `guests`, before anything is packed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects the files."""
        del version, build_data
        sys.path.insert(0, str(HERE))
        import earlier_guests  # noqa: PLC0415  (a script beside this one, importable from here on)

        output = self.built_guest()
        for line in earlier_guests.carry(output.parent / "guests", output.read_bytes()):
            self.app.display_info(f"Guest of an earlier release: {line}")

    def built_guest(self) -> Path:
        """Builds the guest, unless it is there."""
        import build  # noqa: PLC0415  (the same)

        output = Path(self.root) / "langchain_quickjs" / "guest.wasm"
        stamp = output.with_suffix(".stamp")
        digest = inputs_digest()
        if output.exists() and stamp.exists() and stamp.read_text() == digest:
            return output
        with tempfile.TemporaryDirectory() as work:
            build.build(output, Path(work).resolve())
        stamp.write_text(digest)
        return output
