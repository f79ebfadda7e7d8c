"""Compiles the guest to machine code, for the machines of this one's platform.

    python wasm/ship.py langchain_quickjs/guest.wasm

The wheel's build hook does that for wheels and editable installs. On x86-64 wasmtime compiles for
what processors have had since 2013 (x86-64-v3): code for any of them is up to 7 in 100 slower, and
code for the very processor is no faster. Users with an older one, and those on a platform for which
wasmtime has no name, compile what they need once.
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
FEATURES = {
    "x86_64": (
        *("has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_cmpxchg16b", "has_popcnt"),
        *("has_avx", "has_avx2", "has_fma", "has_bmi1", "has_bmi2", "has_lzcnt"),
    ),
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
    features = FEATURES.get(for_machines.split("-")[0], ())
    content = shipped_code.with_foot(
        c_api.compiled(c_api.new_engine(target=for_machines, features=features), module),
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
