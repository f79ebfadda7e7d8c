"""Kinds of JavaScript values, declared types of parameters, and which go together."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel

# Each kind is an expression of JavaScript.
KINDS: Final[Mapping[str, str]] = {
    "ASCII": "'red'",
    "other text": "'zoë 🦊\\0'",
    "ISO text": "'2024-05-06T07:08:09.123Z'",
    "lone surrogate": "'a\\ud800'",
    "boxed text": "new String('red')",
    "integer": "7",
    "fraction": "0.5",
    "2 ** 53": "2 ** 53",
    "1e300": "1e300",
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "-0": "-0",
    "true": "true",
    "null": "null",
    "undefined": "undefined",
    "7n": "7n",
    "2n ** 60n": "2n ** 60n",
    "2n ** 60n + 1n": "2n ** 60n + 1n",
    "2n ** 64n - 1n": "2n ** 64n - 1n",
    "2n ** 64n": "2n ** 64n",
    "2n ** 70n": "2n ** 70n",
    "array": "[1, 2]",
    "sparse array": "[1, , undefined, 3]",
    "mixed array": "[1, ['a', { b: null }]]",
    "array of NaN": "[1, NaN]",
    "object": "({ x: 1 })",
    "object of undefined": "({ x: 1, y: undefined, label: 'p' })",
    "nested object": "({ x: 1, more: { dates: [] } })",
    "odd keys": "({ '': 1, 'é': 2, __proto__: null })",
    "surrogate key": "({ '\\udc00': 1 })",
    "class instance": "new (class { x = 1; get y() { return 2; } })()",
    "Proxy": "new Proxy({ x: 1 }, {})",
    "Map": "new Map([['x', 1]])",
    "Map of Map": "new Map([['x', new Map([['y', [new Set([1])]]])]])",
    "Map of numbers": "new Map([[1, 2]])",
    "Set": "new Set([1, 2])",
    "Date": "new Date(Date.UTC(2024, 4, 6, 7, 8, 9, 123))",
    "invalid Date": "new Date(NaN)",
    "far Date": "new Date(8.64e15)",
    "array of Date": "[new Date(0)]",
    "Uint8Array": "new Uint8Array([114, 101, 100])",
    "no UTF-8": "new Uint8Array([255])",
    "Float64Array": "new Float64Array(2)",
    "ArrayBuffer": "new Uint8Array([114, 101, 100]).buffer",
    "RegExp": "/red/g",
    "Error": "new Error('red')",
    "function": "() => 'red'",
    "Symbol": "Symbol('red')",
    "Promise": "Promise.resolve('red')",
    "shared": "(() => { const x = [1]; return [x, x]; })()",
    "cycle": "(() => { const x = { x: 1 }; x.label = x; return x; })()",
}


class Point(BaseModel):
    x: int
    label: str = "p"


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


TYPES: Final[Mapping[str, Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list[int],
    "dict": dict[str, Any],
    "bytes": bytes,
    "datetime": datetime,
    "Any": Any,
    "model": Point,
    "Enum": Color,
    "Optional": int | None,
    "Literal": Literal["red", 7],
}

_RED = {"ASCII", "boxed text"}
_TEXT = _RED | {"other text", "ISO text"}
_INTEGERS = {"integer", "7n", "2n ** 60n", "2n ** 60n + 1n", "2n ** 64n - 1n", "-0", "2 ** 53"}
_LISTS = {"array", "Set"}
_OBJECTS = {"object", "object of undefined", "class instance", "Proxy", "Map"}

FIT: Final[Mapping[str, set[str]]] = {
    "str": _TEXT,
    "int": _INTEGERS,
    # The two that are missing here are no floats.
    "float": _INTEGERS - {"2n ** 60n + 1n", "2n ** 64n - 1n"} | {"fraction", "1e300"},
    "bool": {"true"},
    "list": _LISTS,
    "dict": _OBJECTS | {"nested object", "odd keys", "Map of Map"},
    "bytes": _TEXT | {"Uint8Array", "ArrayBuffer", "Float64Array"},
    "datetime": {"ISO text", "Date"},
    "Any": _TEXT
    | _INTEGERS
    | _LISTS
    | _OBJECTS
    | {"fraction", "1e300", "true", "null", "sparse array", "mixed array", "shared"}
    | {"nested object", "odd keys", "Map of Map", "Date", "array of Date"},
    "model": {"object", "object of undefined", "class instance", "Proxy", "Map"},
    "Enum": _RED,
    "Optional": _INTEGERS | {"null", "undefined"},
    "Literal": _RED | {"integer", "7n"},
}
"""For each type, the kinds that a parameter of the type takes; all others are a `TypeError`."""

CELLS: Final = [f"{kind}|{of}" for kind in KINDS for of in TYPES]

PROGRAM: Final = f"""
const kinds = {{ {", ".join(f"{kind!r}: () => ({value})" for kind, value in KINDS.items())} }};
const types = {list(TYPES)};
const ends = {{}};
await Promise.all(Object.entries(kinds).flatMap(([kind, make]) => types.map(async (type) => {{
  const cell = `${{kind}}|${{type}}`;
  try {{
    const given = {{ cell, value: make() }};
    ends[cell] = await tools[`take${{type[0].toUpperCase()}}${{type.slice(1)}}`](given);
  }} catch (e) {{
    ends[cell] = `${{e.name}}: ${{e.message}}`;
  }}
}})));
JSON.stringify(ends)
"""


def tools(got: dict[str, Any]) -> list[BaseTool]:
    """A tool for each type, `take_...`, which notes what it gets."""

    def taking(of: str) -> BaseTool:
        def take(cell: str, value: Any) -> str:
            assert cell not in got
            got[cell] = value
            return "made"

        optional: dict[str, Any] = {"value": None} if of == "Optional" else {}
        take.__annotations__ = {"cell": str, "value": TYPES[of], "return": str}
        take.__defaults__ = tuple(optional.values()) or None
        return StructuredTool.from_function(take, name=f"take_{of}", description="Takes.")

    return [taking(of) for of in TYPES]


def as_json(value: Any) -> Any:
    """What a tool got, as JSON would have it."""
    match value:
        case bytes():
            return value.decode()
        case datetime():
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case BaseModel():
            return value.model_dump(exclude_unset=True)
        case enum.Enum():
            return value.value
    return value
