"""The runtime and its Python bindings; usable without LangChain."""

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
from langchain_quickjs.interpreter.records import Heap, Stored, fold, pack_record, record_id, unfold
from langchain_quickjs.interpreter.values import (
    HOLE,
    UNDEFINED,
    ArrayBuffer,
    BigInt,
    JSDate,
    JSError,
    JSMap,
    JSSet,
    RegExp,
    TypedArray,
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
    "Stored",
    "Suspended",
    "TypedArray",
    "fold",
    "pack_record",
    "record_id",
    "unfold",
]
