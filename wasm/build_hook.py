"""The wheel's build hook: builds the guest module into the package, and compiles it.

The module is built again only when something that goes into it has changed. A wheel is for the
platform that its machine code is for; an editable install has that beside the module.
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
    """Builds `langchain_quickjs/guest.wasm` before a wheel or an editable install."""

    PLUGIN_NAME = "custom"
    _work: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects the files."""
        if self.target_name != "wheel":
            return
        sys.path.insert(0, str(HERE))
        # Scripts beside this one, importable only from here on.
        import build  # noqa: PLC0415
        import ship  # noqa: PLC0415

        output = Path(self.root) / "langchain_quickjs" / "guest.wasm"
        stamp = output.with_suffix(".stamp")
        digest = inputs_digest()
        if not (output.exists() and stamp.exists() and stamp.read_text() == digest):
            with tempfile.TemporaryDirectory() as work:
                build.build(output, Path(work).resolve())
            stamp.write_text(digest)
        if version == "editable":
            ship.ship(output, output.with_suffix(".cwasm"), with_time=True)
            return
        self._work = tempfile.TemporaryDirectory()
        code = Path(self._work.name) / "guest.cwasm"
        if ship.ship(output, code, with_time=False):
            build_data["force_include"][str(code)] = "langchain_quickjs/guest.cwasm"
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{ship.platform_tag()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called by hatchling when the wheel is there."""
        del version, build_data, artifact_path
        if self._work is not None:
            self._work.cleanup()
