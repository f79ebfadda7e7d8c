"""What came of a run, and whether that is what its test wants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tests.test262.metadata import Metadata

__all__ = ["HOST", "Ended", "what_is_wrong"]

HOST: Final = """
Object.defineProperty(globalThis, '$262', {
  value: {
    global: globalThis,
    detachArrayBuffer: (function (call, transfer) {
      return (buffer) => { call(transfer, buffer); return null; };
    })(Function.prototype.call.bind(Function.prototype.call), ArrayBuffer.prototype.transfer),
  }, writable: true, configurable: true,
});
Object.defineProperty(globalThis, 'print', { enumerable: false });
"""
"""What a host gives to tests, for both engines alike; `print` is there already."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        thrown: What it threw, as `name: message`; `None` if nothing.
        printed: What it printed, each text a line.
    """

    thrown: str | None
    printed: str


def what_is_wrong(ended: Ended, metadata: Metadata) -> str | None:
    """Says why a run has failed; `None` if it has passed."""
    if metadata.phase is not None:
        if ended.thrown is None:
            return f"no {metadata.error} was thrown"
        is_it = re.match(rf"(Error: Uncaught )?{metadata.error}\b", ended.thrown)
        return None if is_it else ended.thrown
    if ended.thrown is not None:
        return ended.thrown
    if "async" in metadata.flags and "Test262:AsyncTestComplete" not in ended.printed.splitlines():
        return ended.printed.strip() or "it never said that it was done"
    return None
