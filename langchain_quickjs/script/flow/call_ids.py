"""Names of calls: one name for one call, however often and wherever the script is run again.

    name = script id : hash(place, tool, arguments, occurrence)

A number in order of calling would name two different calls: chains that run side by side come in
another order after a crash, and a fork of the thread goes another way. So a call's name is made of
what it is. Calls that are alike in all of it are counted, and it does not matter which of them is
which. The place is that of the task which runs the script; a fork of the thread has another one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["CallNames", "begin_key", "canonical", "digest"]

_MARK_BYTES: Final = 8
_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def canonical(value: Any) -> bytes:
    """JSON values as bytes, the same for equal values."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def digest(*parts: bytes | str) -> str:
    """A hash over parts, each with its length, as 32 hexadecimal digits."""
    hashed = hashlib.blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        hashed.update(len(encoded).to_bytes(8, "little"))
        hashed.update(encoded)
    return hashed.hexdigest()


def begin_key(call: Mapping[str, Any]) -> str:
    """What the beginning of an open call is known by; each time that it begins is another one."""
    return f"{call['tool_call_id']}/{call['rounds']}"


@dataclass(slots=True)
class CallNames:
    """Gives the calls of one script their names.

    Attributes:
        script_id: The id of the script.
        place: What tells it from scripts with the same id elsewhere in the thread.
        marks: For each call that has been named, a short hash of its tool and arguments. This is
            what has to be stored to go on counting.
    """

    script_id: str
    place: str
    marks: dict[bytes, int] = field(default_factory=dict)

    def kind(self, tool: str, args: Mapping[str, Any]) -> str:
        """What is the same for all calls of a tool with these arguments."""
        return digest(self.script_id, self.place, tool, canonical(args))

    def name(self, kind: str) -> str:
        """Names one more call of a kind."""
        mark = bytes.fromhex(kind)[:_MARK_BYTES]
        occurrence = self.marks[mark] = self.marks.get(mark, 0) + 1
        return f"{self.script_id}:{digest(kind, str(occurrence))[:20]}"

    def pack(self) -> bytes:
        """The marks as bytes."""
        return b"".join(
            mark + count.to_bytes(4, "little") for mark, count in sorted(self.marks.items())
        )

    def unpack(self, packed: bytes) -> None:
        """Takes up marks that were stored."""
        self.marks.update(_pairs(packed))


def _pairs(packed: bytes) -> Iterator[tuple[bytes, int]]:
    size = _MARK_BYTES + 4
    for at in range(0, len(packed) - size + 1, size):
        mark = packed[at : at + _MARK_BYTES]
        yield mark, int.from_bytes(packed[at + _MARK_BYTES : at + size], "little")
