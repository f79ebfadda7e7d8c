"""Compiles the guest to machine code, for any machine of this one's platform.

    python wasm/ship.py langchain_quickjs/guest.wasm

The wheel's build hook does that for wheels and editable installs. wasmtime compiles for the least
processor of the architecture: what a newer one could do faster, the guest hardly needs, and no user
of the wheel has to compile anything. Where wasmtime has no name for the platform there is no code,
and users compile what they need once.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import sys
import sysconfig
import tempfile
from importlib import metadata
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NATIVE = HERE.parent / "langchain_quickjs" / "interpreter" / "guest" / "native"
TARGETS = {
    "linux": "{}-unknown-linux-gnu",
    "darwin": "{}-apple-darwin",
    "win32": "{}-pc-windows-msvc",
}
MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}


def of_package(name: str) -> Any:
    """One module of the package's `native` room, which a build can import without the rest."""
    spec = spec_from_file_location(name, NATIVE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def target() -> str | None:
    """What wasmtime calls the platform; `None` if it does not know it."""
    machine = MACHINES.get(platform.machine().lower())
    return TARGETS[sys.platform].format(machine) if sys.platform in TARGETS and machine else None


def platform_tag() -> str:
    """The platform tag of the wheel: that of wasmtime's, which is needed beside it."""
    told = metadata.distribution("wasmtime").read_text("WHEEL") or ""
    tags = [line.split("-")[-1] for line in told.splitlines() if line.startswith("Tag:")]
    here = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return ".".join(sorted({here if tag == "any" else tag for tag in tags or [here]}))


def ship(wasm: Path, output: Path, *, with_time: bool) -> bool:
    """Writes the machine code of a module.

    Args:
        wasm: The module.
        output: Where to write it.
        with_time: Whether it is only good as long as nobody writes the module again.

    Returns:
        Whether it was written: the platform is known.
    """
    for_machines = target()
    if for_machines is None:
        return False
    c_api, shipped_code = of_package("c_api"), of_package("shipped_code")
    module, status = wasm.read_bytes(), wasm.stat()
    content = shipped_code.with_foot(
        c_api.compiled(c_api.new_engine(target=for_machines), module),
        hashlib.sha256(module).digest(),
        c_api.installed_version(),
        status.st_size,
        status.st_mtime_ns if with_time else 0,
    )
    # Processes that run now have the old one mapped.
    handle, name = tempfile.mkstemp(dir=output.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.chmod(name, 0o644)
    os.replace(name, output)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description="Compile the guest for this platform.")
    parser.add_argument("wasm", type=Path)
    wasm = parser.parse_args().wasm
    print(target() if ship(wasm, wasm.with_suffix(".cwasm"), with_time=True) else "not known")


if __name__ == "__main__":
    main()
