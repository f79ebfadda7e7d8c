"""The runtime and its Python bindings; usable without LangChain.

It imports `errors` and `quoting` only. Scripts start, wait, are stored and go on in `interpreter`;
the rooms below are its parts. What stores heaps is imported when it is first used.

    interpreter   a script as a value: started, paused, stored and resumed
    stepped       the same for programs in graphs: steps can be brief, and forks can take them too
    steps         one step of a script, as a transaction
    script_state  what the host knows of a script between two of its steps
    limits        what a script may use up
    outcomes      what goes in and comes out: calls, their results, how a script ended
    console       where what scripts print is cut
    one_thread    a guard that lets one thread at a time use an interpreter
    builds/       the builds of the guest: today's, and those of earlier releases
    guest/        the WebAssembly module on this machine
    wire/         messages and replies as bytes
    values/       the values of JavaScript in Python
    replay/       scripts run again where the guest that they stood in is gone
    storage/      snapshots and heap records
    advice/       what error messages say beside what was wrong
    display/      how notebooks show what is here
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_quickjs.interpreter import storage
from langchain_quickjs.interpreter.interpreter import Interpreter
from langchain_quickjs.interpreter.limits import Limits
from langchain_quickjs.interpreter.outcomes import (
    Call,
    CallResult,
    Completed,
    Failed,
    Outcome,
    Raised,
    Returned,
    Suspended,
)
from langchain_quickjs.interpreter.values.js_values import (
    HOLE,
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    Shown,
    TypedArray,
)

if TYPE_CHECKING:
    from langchain_quickjs.interpreter.storage.heap_records import (
        Heap,
        StoredHeap,
        fold,
        pack_record,
        record_id,
        unfold,
    )

__all__ = [
    "HOLE",
    "UNDEFINED",
    "ArrayBuffer",
    "BigInt",
    "Call",
    "CallResult",
    "Completed",
    "Failed",
    "Heap",
    "Interpreter",
    "JSDate",
    "JSError",
    "JSMap",
    "JSSet",
    "Limits",
    "Outcome",
    "Raised",
    "RegExp",
    "Returned",
    "Shown",
    "StoredHeap",
    "Suspended",
    "TypedArray",
    "fold",
    "pack_record",
    "record_id",
    "unfold",
]


def __getattr__(name: str) -> Any:
    if name in ("Heap", "StoredHeap", "fold", "pack_record", "record_id", "unfold"):
        return getattr(storage.heap_records, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
