"""Snapshots: what is stored of a paused interpreter.

    snapshot = magic, format, build id, length, body length, checksum, packed, transcript
    packed   = zstd(MessagePack of the fields of `ScriptState`, pages and masks of the image; lines)
    lines    = for each line that differs from the boot image, line XOR boot's line

A snapshot is only good for the build of the guest that made it: everything in the memory, down to
the addresses of functions, belongs to that build. With its transcript (`transcript.py`), which it
need not have, its script can be run again on another one.

Reading one fails closed: nothing is restored from bytes that are not whole.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

import msgpack
import zstandard

from langchain_quickjs.errors import ProtocolError, SnapshotError
from langchain_quickjs.interpreter.advice.limit_errors import stored_too_large
from langchain_quickjs.interpreter.guest.image import (
    BLOCK_BYTES,
    LINE_BYTES,
    PAGE_BYTES,
    Image,
    Lines,
    MemoryPages,
)
from langchain_quickjs.interpreter.guest.page_lines import LinePages
from langchain_quickjs.interpreter.limits import Limits
from langchain_quickjs.interpreter.outcomes import Call
from langchain_quickjs.interpreter.script_state import ScriptState
from langchain_quickjs.interpreter.storage.changed_lines import (
    are_possible_changes,
    changes,
    content_of,
    lines,
    patched_pages,
)
from langchain_quickjs.interpreter.storage.compression import compress, unpack
from langchain_quickjs.interpreter.storage.transcript import Transcript, unpack_transcript
from langchain_quickjs.interpreter.wire.decode import decode
from langchain_quickjs.interpreter.wire.encode import encode
from langchain_quickjs.interpreter.wire.open_bytes import most_open_bytes, sizes_of
from langchain_quickjs.interpreter.wire.tree_checks import is_place

__all__ = [
    "PausedInterpreter",
    "build_of_snapshot",
    "pack_snapshot",
    "size_unpacked",
    "transcript_of_snapshot",
    "unpack_snapshot",
]

_MAGIC: Final = b"QJSS"
_FORMAT: Final = 2
_FORMAT_WITH_TRANSCRIPT: Final = 3
_ARRAY_OF_NINE: Final = 0x99
_HEADER: Final = struct.Struct("<4sB16sII16s")


@dataclass(frozen=True, slots=True)
class PausedInterpreter:
    """An interpreter between two steps.

    Attributes:
        image: The guest's memory.
        state: What the host knows of the script.
        transcript: What the guest was told, if that is known.
    """

    image: Image
    state: ScriptState
    transcript: Transcript | None = None

    def with_memory(self, image: Image, next_id: int, *, made_again: bool) -> PausedInterpreter:
        """The same with a memory that was stored apart.

        Args:
            image: The memory.
            next_id: The id of the next call there.
            made_again: Whether it is of another guest, which may have another length.

        Raises:
            SnapshotError: It is not the memory of this interpreter.
        """
        fits = made_again or self.image.blocks == image.blocks
        if self.image.pages or not fits or self.state.next_id != next_id:
            raise SnapshotError("the snapshot and the memory that was stored apart do not fit")
        return PausedInterpreter(image, self.state)


def _xor(a: bytes | memoryview, b: bytes) -> bytes:
    return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(len(a), "little")


def _lines_of(image: Image, boot: Sequence[bytes]) -> Lines:
    numbers, masks = changes({}, image.pages, boot)
    some = lines(numbers, masks)
    return Lines(
        numbers, masks, _xor(content_of(some, image.pages, boot), content_of(some, {}, boot))
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a snapshot has of the state and the memory, compressed with what is like it."""

    packed: bytes
    known: bytes
    body_length: int

    def unpack(self) -> bytes:
        return unpack(self.packed, self.known)


@dataclass(frozen=True, slots=True)
class _StoredLines:
    """The lines in a snapshot, which stay packed, so that thousands can wait."""

    numbers: list[int]
    masks: bytes
    frame: _Frame

    @property
    def content(self) -> memoryview:
        return memoryview(self.frame.unpack())[self.frame.body_length :]


def _image_of(
    lines_there: _StoredLines, blocks: int, content: memoryview, boot: Sequence[bytes]
) -> Image:
    if isinstance(boot, MemoryPages):
        return Image(blocks, LinePages(boot, lines_there), lines_there)
    some = lines(lines_there.numbers, lines_there.masks)
    return Image(blocks, patched_pages(some, _xor(content, content_of(some, {}, boot)), {}, boot))


def pack_snapshot(paused: PausedInterpreter, boot: Sequence[bytes], build_id: bytes) -> bytes:
    """Makes the bytes to store for a paused interpreter."""
    image, state, transcript = paused.image, paused.state, paused.transcript
    found = image.lines or _lines_of(image, boot)
    calls = [_packed(call) for call in state.open_calls.values()]
    head = [state.next_id, state.running, calls, sorted(state.granted), state.spent_s]
    body = msgpack.packb([*head, state.calls_made, image.blocks, found.numbers, found.masks])
    packed = compress(b"".join((body, found.content)), _like(transcript))
    told = b"" if transcript is None else transcript.pack()
    checksum, form = _checksum(packed, told), _FORMAT_WITH_TRANSCRIPT if told else _FORMAT
    header = _HEADER.pack(_MAGIC, form, build_id[:16], len(packed), len(body), checksum)
    return header + packed + told


def _like(transcript: Transcript | None) -> bytes:
    """Gives what memory is compressed with as dictionary."""
    return b"" if transcript is None else transcript.like()


def _checksum(packed: bytes, transcript: bytes) -> bytes:
    summed = hashlib.blake2b(packed, digest_size=16)
    summed.update(transcript)
    return summed.digest()


def build_of_snapshot(snapshot: bytes) -> bytes:
    """Gives the build of the guest whose memory a snapshot has.

    Raises:
        SnapshotError: If it is none, or of another format.
    """
    if len(snapshot) < _HEADER.size or snapshot[:4] != _MAGIC:
        raise SnapshotError("these bytes are no snapshot of an interpreter")
    _, version, build, *_ = _HEADER.unpack_from(snapshot)
    if version not in (_FORMAT, _FORMAT_WITH_TRANSCRIPT):
        raise SnapshotError(
            f"the snapshot has format {version}, this package reads formats {_FORMAT} and "
            f"{_FORMAT_WITH_TRANSCRIPT}; resume it with the version that made it"
        )
    return bytes(build)


def size_unpacked(snapshot: bytes) -> int:
    """Gives how much a snapshot says that there is in it of a script; 0 if it is damaged."""
    try:
        return int(zstandard.get_frame_parameters(snapshot[_HEADER.size :]).content_size)
    except zstandard.ZstdError:
        return 0


def transcript_of_snapshot(snapshot: bytes) -> Transcript | None:
    """Gives the transcript in a snapshot, if it has one.

    Raises:
        SnapshotError: If the snapshot is damaged.
    """
    build_of_snapshot(snapshot)
    return unpack_transcript(_parts(snapshot)[1])


def unpack_snapshot(
    snapshot: bytes, boot: Sequence[bytes], build_id: bytes, limits: Limits
) -> PausedInterpreter:
    """Reads a snapshot.

    Args:
        snapshot: What `pack_snapshot` gave.
        boot: The boot image of the guest that made it.
        build_id: That guest's.
        limits: Nothing larger is unpacked than what a script may have within them.

    Raises:
        SnapshotError: If it cannot be restored; the message says why and what to do.
    """
    memory_bytes = limits.memory_bytes
    most_body = memory_bytes + most_open_bytes(limits)
    packed, told, body_length = _check_header(snapshot, build_id)
    transcript = unpack_transcript(told)
    try:
        # zstandard believes what a frame says of its size, whatever `max_output_size` is.
        size = zstandard.get_frame_parameters(packed).content_size
        if not body_length <= size <= memory_bytes + body_length or body_length > most_body:
            raise stored_too_large("the snapshot", size, memory_bytes)
        frame = _Frame(packed, _like(transcript), body_length)
        image, state = _paused(frame, boot, memory_bytes, len(snapshot))
        return PausedInterpreter(image, state, transcript)
    except zstandard.ZstdError as error:
        raise SnapshotError(
            f"the snapshot does not unpack within {memory_bytes} bytes: {error}; restore it with "
            "the memory_bytes it was made with"
        ) from error
    except (ValueError, TypeError, ProtocolError, msgpack.exceptions.UnpackException) as error:
        raise SnapshotError(f"the snapshot's content is malformed: {error}") from error


def _check_header(snapshot: bytes, build_id: bytes) -> tuple[bytes, bytes, int]:
    build = build_of_snapshot(snapshot)
    if build != build_id[:16]:
        raise SnapshotError(
            f"the snapshot was made by engine build {build.hex()}, not by {build_id[:16].hex()}"
        )
    return *_parts(snapshot), _HEADER.unpack_from(snapshot)[4]


def _parts(snapshot: bytes) -> tuple[bytes, bytes]:
    """Takes apart what stands behind the header of a snapshot, if it is whole."""
    _, version, _, length, _, checksum = _HEADER.unpack_from(snapshot)
    packed, transcript = snapshot[_HEADER.size :][:length], snapshot[_HEADER.size + length :]
    if len(packed) != length or bool(transcript) != (version == _FORMAT_WITH_TRANSCRIPT):
        raise SnapshotError(
            f"the snapshot should have {length} bytes after its header and has "
            f"{len(packed) + len(transcript)}; it was cut short or added to when it was stored"
        )
    if _checksum(packed, transcript) != checksum:
        raise SnapshotError("the snapshot's checksum is wrong; it was damaged when it was stored")
    return packed, transcript


def _packed(call: Call) -> list[Any]:
    place = [] if call.line is None else [call.line, call.column]
    return [call.id, call.name, encode(list(call.args)), *place]


def _call(parts: Any) -> Call:
    match parts:
        case [int(number), str(name), bytes(args), *place] if len(place) in (0, 2) and all(
            map(is_place, place)
        ):
            return Call(number, name, tuple(decode(args, own=True)), *place)
    raise ValueError("an open call is malformed")


def _refuse_map(_: Any) -> None:
    raise ValueError("its fields are not those of a snapshot")


def _fields(body: memoryview, memory_bytes: int) -> Any:
    """Unpacks what stands before the pages; it has no more parts than there can be pages and calls.

    A part takes a byte in the snapshot and up to sixty in this process.
    """
    most = left = memory_bytes // PAGE_BYTES + 2**16

    def count(parts: list[Any]) -> list[Any]:
        nonlocal left
        left -= len(parts) + 1
        if left < 0:
            raise ValueError("it has too many parts")
        return parts

    # After any other first value, msgpack would copy all the rest.
    if not body or body[0] != _ARRAY_OF_NINE:
        raise ValueError("its fields are not those of a snapshot")
    return msgpack.unpackb(body, list_hook=count, object_hook=_refuse_map, max_array_len=most)


def _check_calls(calls: Sequence[Call], next_id: int, running: bool, granted: Set[str]) -> None:
    ids = [call.id for call in calls]
    if ids != sorted(set(ids)) or (ids and not (running and ids[0] > 0 and ids[-1] < next_id)):
        raise ValueError("its open calls contradict each other")
    if not {call.name for call in calls} <= granted:
        raise ValueError("it has an open call that was not granted")


def _paused(
    frame: _Frame, boot: Sequence[bytes], memory_bytes: int, snapshot_bytes: int
) -> tuple[Image, ScriptState]:
    plain = memoryview(frame.unpack())
    match _fields(plain[: frame.body_length], memory_bytes):
        case [
            int(next_id),
            bool(running),
            [*calls],
            [*granted],
            float(spent_s),
            int(calls_made),
            int(blocks),
            [*numbers],
            bytes(masks),
        ] if next_id > 0 and calls_made >= 0 and blocks >= 0 and 0 <= spent_s < math.inf:
            pass
        case _:
            raise ValueError("its fields are not those of a snapshot")
    if blocks * BLOCK_BYTES > memory_bytes:
        raise stored_too_large("the snapshot", blocks * BLOCK_BYTES, memory_bytes)
    if not are_possible_changes(numbers, masks, blocks * BLOCK_BYTES // PAGE_BYTES):
        raise ValueError("its pages do not fit its memory")
    content = plain[frame.body_length :]
    if len(content) != sum(map(int.bit_count, masks)) * LINE_BYTES:
        raise ValueError("its pages have another size")
    names = frozenset(map(str, granted))
    open_calls = tuple(map(_call, calls))
    _check_calls(open_calls, next_id, running, names)
    state = ScriptState(
        next_id,
        running,
        {call.id: call for call in open_calls},
        sizes_of(open_calls, snapshot_bytes),
        names,
        spent_s,
        calls_made,
    )
    found = _StoredLines(numbers, masks, frame)
    return _image_of(found, blocks, content, boot), state
