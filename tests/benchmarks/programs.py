"""The JavaScript programs, the same for every side."""

from __future__ import annotations

import functools
from typing import Any, Final

ONE_PLUS_ONE: Final = "1 + 1"

FIB: Final = "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } fib(25)"

THROWN: Final = """(() => {
  function look(n) { if (n > 0) return look(n - 1); throw new Error(`no order ${n}`); }
  let caught = 0;
  for (let i = 0; i < 1e4; i++) try { look(3); } catch (error) { caught += error.message.length; }
  return caught;
})()"""

NO_METHOD: Final = """(() => {
  const orders = { find: (id) => id };
  let caught = 0;
  for (let i = 0; i < 1e4; i++) try { orders.lookUp(i); } catch (error) { caught++; }
  return caught;
})()"""

LOOP: Final = "(() => { let sum = 0; for (let i = 0; i < 1e6; i++) sum += i; return sum; })()"


OBJECT: Final = "{ id: i }"
NUMBER: Final = "i"


def sequential(calls: int, argument: str = OBJECT) -> str:
    call = f"sum += await tools.lookup({argument})"
    return f"let sum = 0; for (let i = 0; i < {calls}; i++) {call}; sum"


def parallel(calls: int, argument: str = OBJECT) -> str:
    return (
        f"const got = await Promise.all(Array.from({{ length: {calls} }}, (_, i) => "
        f"tools.lookup({argument}))); got.reduce((a, b) => a + b, 0)"
    )


def lookup(argument: dict[str, Any] | int) -> int:
    """The granted call, as cheap as a call can be."""
    return int(argument["id"] if isinstance(argument, dict) else argument) + 1


def expected_sum(calls: int) -> int:
    return sum(map(lookup, range(calls)))


NESTED: Final = (
    "Object.fromEntries(Array.from({ length: 1000 }, (_, i) => "
    "[`order${i}`, { id: i, name: `n${i}` }]))"
)

# Three look-ups, then a call that waits for a person, with locals, a closure and a Map alive.
PAUSED: Final = """
const found = new Map();
let total = 0;
for (const id of [1, 2, 3]) {
  const price = await tools.lookup({ id });
  found.set(id, price);
  total += price;
}
const add = (n) => total + n;
const refund = await tools.refund({ amount: total });
add(refund)
"""
PAUSED_RESULT: Final = 9 + 5

# Made by one script, and taken out by later ones.
RECORDS_OUT: Final = "globalThis.records"
RECORDS_MADE: Final = """
globalThis.records = Array.from({ length: 5000 }, (_, i) => ({
  id: i, name: `customer ${i}`, tags: ["a", "b"],
  address: { street: "Long Street", no: i, zip: "12345" },
  active: i % 2 === 0, score: i / 3, note: "x".repeat(70),
})); 1
"""
RECORDS_IN: Final = "const rows = await tools.records({}); rows.length"


@functools.cache
def records() -> list[dict[str, Any]]:
    """About 1 MB as JSON: 5,000 records with a nested object and a list each."""
    return [
        {
            "id": i,
            "name": f"customer {i}",
            "tags": ["a", "b"],
            "address": {"street": "Long Street", "no": i, "zip": "12345"},
            "active": i % 2 == 0,
            "score": i / 3,
            "note": "x" * 70,
        }
        for i in range(5000)
    ]
