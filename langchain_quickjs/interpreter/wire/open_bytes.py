"""How much the arguments of open calls take.

The guest counts them itself, and refuses calls that are too much with an error that scripts can
catch. Here it is checked that it does, and what is restored is measured by the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from langchain_quickjs.interpreter.limits import Limits
from langchain_quickjs.interpreter.outcomes import Call
from langchain_quickjs.interpreter.wire.encode import encode

__all__ = ["most_open_bytes", "sizes_of"]

_SMALL_BYTES: Final = 16 * 1024


def most_open_bytes(limits: Limits) -> int:
    """More than what the open calls of an honest guest take: its encoding may differ from ours."""
    return limits.open_bytes * 3 // 2 + 2**20


def sizes_of(calls: Sequence[Call], packed_bytes: int) -> dict[int, int]:
    """How large the arguments of calls are, unless what they came with is small altogether."""
    if packed_bytes <= _SMALL_BYTES:
        return {}
    return {call.id: len(encode(list(call.args))) for call in calls}
