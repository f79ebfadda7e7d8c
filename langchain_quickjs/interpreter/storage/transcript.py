"""Transcripts: what a guest was told since it booted, and what it called.

A guest knows nothing but its messages. So who has all of them can bring another guest to where this
one stood: its memory differs, but what scripts see is the same. That holds as long as the other one
makes the same calls at each step, which is what the marks are for.

    transcript = zstd(MessagePack of [format, protocol, [message, mark, message, mark, ...]])
    mark       = how the step came out, and a digest of the calls that it made

Messages have sources, seeds, times and the results of calls. That is much for some scripts, and
stored at each pause; so a transcript that grows beyond its bound is dropped.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

import msgpack
import zstandard

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.interpreter.builds.releases import PROTOCOL
from langchain_quickjs.interpreter.outcomes import Completed, Failed, Outcome, Suspended
from langchain_quickjs.interpreter.storage.compression import compress, unpack_at_most
from langchain_quickjs.interpreter.wire.encode import encode

__all__ = ["MOST_BYTES", "MOST_BYTES_OF_HEAP", "Step", "Transcript", "mark_of", "unpack_transcript"]

MOST_BYTES: Final = 2**20
"""How long the messages of a transcript may be together."""

MOST_BYTES_OF_HEAP: Final = 2**17
"""The same when a script begins on a heap: it is stored with each pause of that script."""

_FORMAT: Final = 1
_MOST_ALIKE: Final = 2**16
_STEP_BYTES: Final = 64  # beside the message
_KINDS: Final = {Suspended: b"s", Completed: b"c", Failed: b"f"}


class Step(NamedTuple):
    """A step.

    Attributes:
        message: What the guest was told.
        mark: What the step has to come out as.
    """

    message: bytes
    mark: bytes


@dataclass(frozen=True, slots=True)
class Transcript:
    """All steps since a guest booted.

    Attributes:
        steps: The steps.
        size: How much they take.
    """

    steps: tuple[Step, ...] = ()
    size: int = 0

    def with_step(self, message: bytes, outcome: Outcome) -> Transcript | None:
        """Gives the transcript with one more step; `None` if it grows too large."""
        size = self.size + len(message) + _STEP_BYTES
        if size > MOST_BYTES:
            return None
        return Transcript((*self.steps, Step(message, mark_of(outcome))), size)

    def after(self, base: Transcript) -> Transcript | None:
        """Gives the steps of another transcript and then these; `None` if they grow too large."""
        size = base.size + self.size
        return None if size > MOST_BYTES else Transcript((*base.steps, *self.steps), size)

    def since(self, base: Transcript) -> Transcript | None:
        """Gives the steps after those of another one; `None` if it does not begin with them."""
        count = len(base.steps)
        if self.steps[:count] != base.steps:
            return None
        return Transcript(self.steps[count:], self.size - base.size)

    def plain(self) -> bytes:
        """Gives what `pack` compresses. Memory is much like it: sources and results are in both."""
        flat = list(chain.from_iterable(self.steps))
        return bytes(msgpack.packb([_FORMAT, PROTOCOL, flat]))

    def pack(self) -> bytes:
        """Gives the bytes to store."""
        return compress(self.plain())

    def like(self) -> bytes:
        """Gives what memory that is stored with this may be like."""
        return self.plain()[:_MOST_ALIKE]


def unpack_transcript(packed: bytes) -> Transcript | None:
    """Reads what `pack` gave; `None` of nothing.

    Raises:
        SnapshotError: If it is damaged, or of another format.
    """
    if not packed:
        return None
    try:
        plain = unpack_at_most(packed, 2 * MOST_BYTES)
        found: Any = msgpack.unpackb(plain, max_array_len=2 * MOST_BYTES // _STEP_BYTES)
    except (ValueError, TypeError, zstandard.ZstdError, msgpack.UnpackException) as error:
        raise SnapshotError(f"the transcript of the script is malformed: {error}") from error
    match found:
        case [int(form), int(protocol), [*flat]] if (form, protocol) != (_FORMAT, PROTOCOL):
            raise SnapshotError(
                "the transcript of the script is of another version of this package"
            )
        case [int(), int(), [*flat]] if len(flat) % 2 == 0 and set(map(type, flat)) <= {bytes}:
            steps = tuple(map(Step, flat[::2], flat[1::2]))
            return Transcript(steps, sum(len(step.message) + _STEP_BYTES for step in steps))
    raise SnapshotError("the transcript of the script is malformed: its fields are not known")


def mark_of(outcome: Outcome) -> bytes:
    """Gives what a step that is taken again has to come out as."""
    kind = _KINDS[type(outcome)]
    if not isinstance(outcome, Suspended) or not outcome.calls:
        return kind
    calls = [[call.id, call.name, list(call.args)] for call in outcome.calls]
    return kind + hashlib.blake2b(encode(calls), digest_size=12).digest()
