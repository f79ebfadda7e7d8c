"""Scripts run again where the guest that they stood in is gone.

It imports `guest`, `wire`, `storage` and the module `steps`. Its modules are imported when
something is stored or read, as `replay.machines` and `replay.stood`.

    again     runs what is in a transcript again, and refuses if it comes out differently
    machines  machines that keep a transcript, and those of earlier guests
    stood     a guest as it stood, as what is stored of it, and from that
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_quickjs.interpreter.replay import machines, stood

__all__ = ["machines", "stood"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
