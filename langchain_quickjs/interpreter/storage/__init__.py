"""What is stored: paused scripts as snapshots, idle heaps as chains of records.

It imports `guest` and `wire`. Its modules are imported when something is first stored or read, as
`storage.snapshot` and `storage.heap_records`.

    changed_lines  pages that differ in little, as the lines that do
    compression    zstandard, as it suits little content
    heap_records   the heap of an idle interpreter, stored as it changes
    packed         short things of our own, as MessagePack
    snapshot       a paused interpreter as bytes
    transcript     what a guest was told since it booted
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_quickjs.interpreter.storage import heap_records, snapshot

__all__ = ["heap_records", "snapshot"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
