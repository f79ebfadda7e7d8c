"""Snapshots: what is stored of a paused interpreter.

    snapshot = magic, format, build id, body length, checksum, body
    body     = zstd(MessagePack of the fields of `ScriptState`, pages and masks of the image; lines)
    lines    = for each line that differs from the boot image, line XOR boot's line

A snapshot is only good for the build of the guest that made it: everything in the memory, down to
the addresses of functions, belongs to that build.

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
from langchain_quickjs.interpreter.guest.image import BLOCK_BYTES, PAGE_BYTES, Image
from langchain_quickjs.interpreter.limits import Limits
from langchain_quickjs.interpreter.outcomes import Call
from langchain_quickjs.interpreter.script_state import ScriptState
from langchain_quickjs.interpreter.storage.changed_lines import (
    LINE_BYTES,
    are_possible_changes,
    changes,
    content_of,
    lines,
    patched_pages,
)
from langchain_quickjs.interpreter.storage.compression import compress
from langchain_quickjs.interpreter.wire.decode import decode
from langchain_quickjs.interpreter.wire.encode import encode
from langchain_quickjs.interpreter.wire.open_bytes import most_open_bytes, sizes_of
from langchain_quickjs.interpreter.wire.tree_checks import is_place

__all__ = ["PausedInterpreter", "pack_snapshot", "unpack_snapshot"]

_MAGIC: Final = b"QJSS"
_FORMAT: Final = 2
_ARRAY_OF_NINE: Final = 0x99
_HEADER: Final = struct.Struct("<4sB16sII16s")


@dataclass(frozen=True, slots=True)
class PausedInterpreter:
    """An interpreter between two steps.

    Attributes:
        image: The guest's memory.
        state: What the host knows of the script.
    """

    image: Image
    state: ScriptState

    def with_memory(self, image: Image, next_id: int) -> PausedInterpreter:
        """The same with a memory that was stored apart.

        Raises:
            SnapshotError: It is not the memory of this interpreter.
        """
        if self.image.pages or self.image.blocks != image.blocks or self.state.next_id != next_id:
            raise SnapshotError("the snapshot and the memory that was stored apart do not fit")
        return PausedInterpreter(image, self.state)


def _xor(a: bytes | memoryview, b: bytes) -> bytes:
    return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(len(a), "little")


def pack_snapshot(paused: PausedInterpreter, boot: Sequence[bytes], build_id: bytes) -> bytes:
    """Makes the bytes to store for a paused interpreter."""
    pages, blocks, state = paused.image.pages, paused.image.blocks, paused.state
    numbers, masks = changes({}, pages, boot)
    some = lines(numbers, masks)
    calls = [_packed(call) for call in state.open_calls.values()]
    head = [state.next_id, state.running, calls, sorted(state.granted), state.spent_s]
    body = msgpack.packb([*head, state.calls_made, blocks, numbers, masks])
    content = body + _xor(content_of(some, pages, boot), content_of(some, {}, boot))
    packed = compress(content)
    checksum = hashlib.blake2b(packed, digest_size=16).digest()
    header = _HEADER.pack(_MAGIC, _FORMAT, build_id[:16], len(packed), len(body), checksum)
    return header + packed


def unpack_snapshot(
    snapshot: bytes, boot: Sequence[bytes], build_id: bytes, limits: Limits
) -> PausedInterpreter:
    """Reads a snapshot.

    Args:
        snapshot: What `pack_snapshot` gave.
        boot: The boot image.
        build_id: Of the guest that is installed here.
        limits: Nothing larger is unpacked than what a script may have within them.

    Raises:
        SnapshotError: If it cannot be restored; the message says why and what to do.
    """
    memory_bytes = limits.memory_bytes
    most_body = memory_bytes + most_open_bytes(limits)
    packed, body_length = _check_header(snapshot, build_id)
    try:
        # zstandard believes what a frame says of its size, whatever `max_output_size` is.
        size = zstandard.get_frame_parameters(packed).content_size
        if not body_length <= size <= memory_bytes + body_length or body_length > most_body:
            raise stored_too_large("the snapshot", size, memory_bytes)
        plain = zstandard.ZstdDecompressor().decompress(packed, allow_extra_data=False)
        return _paused(memoryview(plain), body_length, boot, memory_bytes, len(snapshot))
    except zstandard.ZstdError as error:
        raise SnapshotError(
            f"the snapshot does not unpack within {memory_bytes} bytes: {error}; restore it with "
            "the memory_bytes it was made with"
        ) from error
    except (ValueError, TypeError, ProtocolError, msgpack.exceptions.UnpackException) as error:
        raise SnapshotError(f"the snapshot's content is malformed: {error}") from error


def _check_header(snapshot: bytes, build_id: bytes) -> tuple[bytes, int]:
    if len(snapshot) < _HEADER.size or snapshot[:4] != _MAGIC:
        raise SnapshotError("these bytes are no snapshot of an interpreter")
    _, version, build, length, body_length, checksum = _HEADER.unpack_from(snapshot)
    if version != _FORMAT:
        raise SnapshotError(
            f"the snapshot has format {version}, this package reads format {_FORMAT}; resume it "
            "with the version that made it"
        )
    if build != build_id[:16]:
        raise SnapshotError(
            f"the snapshot was made by engine build {build.hex()}, installed is "
            f"{build_id[:16].hex()}; resume it with the version that made it, or run the script "
            "again"
        )
    packed = snapshot[_HEADER.size :]
    if len(packed) != length:
        raise SnapshotError(
            f"the snapshot should have {length} bytes after its header and has {len(packed)}; it "
            "was cut short or added to when it was stored"
        )
    if hashlib.blake2b(packed, digest_size=16).digest() != checksum:
        raise SnapshotError("the snapshot's checksum is wrong; it was damaged when it was stored")
    return packed, body_length


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
    plain: memoryview,
    body_length: int,
    boot: Sequence[bytes],
    memory_bytes: int,
    snapshot_bytes: int,
) -> PausedInterpreter:
    match _fields(plain[:body_length], memory_bytes):
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
    some, content = lines(numbers, masks), plain[body_length:]
    if len(content) != len(some) * LINE_BYTES:
        raise ValueError("its pages have another size")
    pages = patched_pages(some, _xor(content, content_of(some, {}, boot)), {}, boot)
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
    return PausedInterpreter(Image(blocks, pages), state)
