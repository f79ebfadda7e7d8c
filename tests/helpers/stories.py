"""Programs that several tests run."""

from __future__ import annotations

from typing import Final

APPROVE: Final = {"type": "approve"}

# Everything that a script can hold at the moment of a pause, shown before and after it.
MEMORY: Final = """
let local = 5;
const map = new Map([["a", [1, 2]]]);
const random = Math.random();
const count = () => ++local;
function* letters() { yield "x"; yield "y"; }
const generator = letters();
generator.next();
const seen = [];
for (let i = 0; i < 4; i++) {
  if (i < 3) seen.push((await tools.lookUp({ key: `k${i}` })).price);
  else seen.push(await tools.pay({ to: "ann", amount: 12.5 }));
  count();
}
const after = await tools.lookUp({ key: "after" });
map.get("a").push(local);
JSON.stringify({ seen, local, map: [...map], kept: random < 1, next: generator.next().value,
                 after: after.price })
"""

# What MEMORY ends with.
RESULT: Final = {
    "seen": [2, 2, 2, "paid 12.5 to ann"],
    "local": 9,
    "map": [["a", [1, 2, 9]]],
    "kept": True,
    "next": "y",
    "after": 5,
}

# The calls that MEMORY makes before and after its pause.
BEFORE: Final = {"look_up k0": 1, "look_up k1": 1, "look_up k2": 1}
AFTER: Final = {**BEFORE, "pay ann 12.5": 1, "look_up after": 1}
