"""Records: how the heap of an idle interpreter is stored as it changes.

    record = magic, format, build id, base id,
             MessagePack of [next id, blocks, pages, masks, parts, transcript]
    id     = BLAKE2b-256 of the record

A full record has no base, and holds what differs from the boot image. A delta names the record that
it builds on, and holds the lines that changed since (`changed_lines.py`). They are compressed with
what they were as dictionary, some at a time, and with the transcript that is in the record. The
law, for heaps `h` and stored heaps `s`:

    fold(None, full(h)).heap   == h
    fold(s, delta(h, s)).heap  == h
    fold(s, r)  raises SnapshotError  unless  base(r) == s.id
    unfold(chain, id(last))    == reduce(fold, chain, None)

An id covers the record and, with the base's id, all records below it, like a commit in git. So
whoever knows the id of the last record, or has signed it, knows that all of the heap is as it was
stored. A heap belongs to the build of the guest that made it, and so do all its records. What that
guest was told since its heap was stored before is there too, if all of it is known
(`transcript.py`).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgpack
import zstandard

from langchain_quickjs.errors import BuildGoneError, SnapshotError
from langchain_quickjs.interpreter.advice.limit_errors import stored_too_large
from langchain_quickjs.interpreter.builds.releases import release_of
from langchain_quickjs.interpreter.guest.image import (
    BLOCK_BYTES,
    LINE_BYTES,
    PAGE_BYTES,
    Image,
    page_at,
)
from langchain_quickjs.interpreter.guest.instance import load
from langchain_quickjs.interpreter.storage.changed_lines import (
    Line,
    are_possible_changes,
    changes,
    content_of,
    lines,
    patched_pages,
)
from langchain_quickjs.interpreter.storage.compression import compress, zstd_dictionary
from langchain_quickjs.interpreter.storage.transcript import Transcript, unpack_transcript

__all__ = ["Heap", "StoredHeap", "fold", "pack_record", "record_id", "transcript_in", "unfold"]

_MAGIC: Final = b"QJSR"
_FORMAT: Final = 2
_HEADER: Final = struct.Struct("<4sB16s32s")
_NO_BASE: Final = bytes(32)

_FIELDS: Final = 6
_LISTS: Final = 3

MOST_RECORDS: Final = 1024
"""How many records a heap may consist of."""

# Lines of one part: zstandard finds in the dictionary only what its window reaches.
_PART_LINES: Final = 512


@dataclass(frozen=True, slots=True)
class Heap:
    """What scripts have declared, between two of them.

    Attributes:
        image: The guest's memory.
        next_id: The id of the next call.
        build: The build of the guest whose memory it is: the first 16 bytes of its SHA-256.
        transcript: What the guest was told until then, if that is known.
    """

    image: Image
    next_id: int
    build: bytes
    transcript: Transcript | None = field(default=None, compare=False, repr=False)

    @property
    def empty(self) -> bool:
        """Whether no script has run on it."""
        return not self.image.blocks


@dataclass(frozen=True, slots=True)
class StoredHeap:
    """A heap, and the id of the record that it is stored as."""

    id: bytes
    heap: Heap


def record_id(record: bytes) -> bytes:
    """Gives the id of a record, by which deltas name their base."""
    return hashlib.blake2b(record, digest_size=32).digest()


def pack_record(heap: Heap, base: StoredHeap | None = None) -> bytes:
    """Makes the record of a heap: a full one, or a delta with what changed since `base`.

    Raises:
        SnapshotError: If the base is a heap of another build of the engine.
    """
    if base is not None and base.heap.build != heap.build:
        raise _of_other_build(heap.build, base.heap.build)
    boot = load(heap.build).boot
    before = {} if base is None else base.heap.image.pages
    after = heap.image.pages
    numbers, masks = changes(before, after, boot)
    told = _transcript_since(heap, base)
    alike = b"" if told is None else told.like()
    parts = [
        compress(content_of(some, after, boot), content_of(some, before, boot) + alike)
        for some in _parts(numbers, masks)
    ]
    base_id = _NO_BASE if base is None else base.id
    header = _HEADER.pack(_MAGIC, _FORMAT, heap.build, base_id)
    body = [heap.next_id, heap.image.blocks, numbers, masks, parts]
    if told is not None:
        body.append(told.pack())
    return header + bytes(msgpack.packb(body))


def _transcript_since(heap: Heap, base: StoredHeap | None) -> Transcript | None:
    """Gives what a record has of the transcript of its heap."""
    before = Transcript() if base is None else base.heap.transcript
    return None if heap.transcript is None or before is None else heap.transcript.since(before)


def fold(base: StoredHeap | None, record: bytes, *, memory_bytes: int) -> StoredHeap:
    """Makes the heap that a record makes of its base.

    Args:
        base: The heap that the record before it made; `None` for a full record.
        record: What `pack_record` gave.
        memory_bytes: The memory limit: nothing larger is unpacked.

    Raises:
        SnapshotError: If the record is damaged, or builds on another heap.
        BuildGoneError: If the build of the engine that made it is not here.
    """
    return _fold(base, [record], memory_bytes)


def unfold(records: Mapping[bytes, bytes], head: bytes, *, memory_bytes: int) -> StoredHeap:
    """Makes the heap that was stored as a chain of records.

    Args:
        records: Records by what is said to be their ids; those of other heaps may be among them.
        head: The id of the last record.
        memory_bytes: The memory limit: nothing larger is unpacked.

    Raises:
        SnapshotError: If a record is missing, damaged, or of another build than the last one.
        BuildGoneError: If the build of the engine that made them is not here.
    """
    return _fold(None, _chain(records, head), memory_bytes)


def transcript_in(
    records: Mapping[bytes, bytes], head: bytes, *, memory_bytes: int
) -> tuple[Transcript | None, BuildGoneError]:
    """Gives what the guest was told whose heap was stored as a chain of records.

    Returns:
        All of it, or `None`; and the error if there is no such guest.

    Raises:
        SnapshotError: If a record is missing or damaged.
    """
    chain = _chain(records, head)
    build, _ = _build_and_base(chain[0])
    release = release_of(build)
    gone = BuildGoneError(build.hex(), "" if release is None else release.name)
    whole: Transcript | None = Transcript()
    for record in chain:
        told = unpack_transcript(_read(record, memory_bytes)[-1])
        whole = None if told is None or whole is None else told.after(whole)
    return whole, gone


def _chain(records: Mapping[bytes, bytes], head: bytes) -> list[bytes]:
    """Finds the records of a heap, the full one first."""
    chain: list[bytes] = []
    wanted = head
    while wanted != _NO_BASE:
        record = records.get(wanted)
        if record is None or len(chain) >= len(records):
            raise SnapshotError("a part of the stored heap is missing")
        if len(chain) >= MOST_RECORDS:
            raise SnapshotError(f"the stored heap has more than {MOST_RECORDS} parts")
        if record_id(record) != wanted:
            raise SnapshotError("a part of the stored heap is damaged")
        chain.append(record)
        _, wanted = _build_and_base(record)
    if not chain:
        raise SnapshotError("a part of the stored heap is missing")
    return chain[::-1]


def _fold(base: StoredHeap | None, records: Sequence[bytes], memory_bytes: int) -> StoredHeap:
    build, _ = _build_and_base(records[0])
    boot = load(build).boot
    pages = {} if base is None else dict(base.heap.image.pages)
    current = _NO_BASE if base is None else base.id
    transcript = Transcript() if base is None else base.heap.transcript
    next_id = blocks = 0
    touched: set[int] = set()
    if base is not None and base.heap.build != build:
        raise _of_other_build(build, base.heap.build)
    for record in records:
        found, base_id = _build_and_base(record)
        if found != build:
            raise _of_other_build(found, build)
        if base_id != current:
            raise SnapshotError(
                "a record of the heap builds on another heap than the one it was to be applied to"
            )
        next_id, blocks, numbers, masks, parts, packed_told = _read(record, memory_bytes)
        told = unpack_transcript(packed_told)
        alike = b"" if told is None else told.like()
        transcript = None if told is None or transcript is None else told.after(transcript)
        changed: dict[int, bytes] = {}
        for some, packed in zip(_parts(numbers, masks), parts, strict=True):
            content = _unpack(packed, len(some), content_of(some, pages, boot) + alike)
            changed |= patched_pages(some, content, {**pages, **changed}, boot)
        pages |= changed
        touched.update(numbers)
        current = record_id(record)
    for number in touched:
        if pages[number] == page_at(boot, number):
            del pages[number]
    if any(number >= blocks * BLOCK_BYTES // PAGE_BYTES for number in pages):
        raise SnapshotError("a record of the heap is malformed: its pages do not fit its memory")
    return StoredHeap(current, Heap(Image(blocks, pages), next_id, build, transcript))


def _of_other_build(build: bytes, base: bytes) -> SnapshotError:
    return SnapshotError(
        f"a record of the heap is of engine build {build.hex()}, and the one it builds on of "
        f"{base.hex()}"
    )


def _build_and_base(record: bytes) -> tuple[bytes, bytes]:
    if len(record) < _HEADER.size or record[:4] != _MAGIC:
        raise SnapshotError("these bytes are no record of a heap")
    _, version, build, base_id = _HEADER.unpack_from(record)
    if version != _FORMAT:
        raise SnapshotError(f"the heap is stored in format {version}, this package has {_FORMAT}")
    return bytes(build), bytes(base_id)


def _read(
    record: bytes, memory_bytes: int
) -> tuple[int, int, list[int], bytes, list[bytes], bytes]:
    """Reads the fields of a record: next id, blocks, pages, masks, parts, transcript."""
    pages = memory_bytes // PAGE_BYTES
    try:
        fields = msgpack.unpackb(
            memoryview(record)[_HEADER.size :],
            max_array_len=max(pages, _FIELDS),
            object_hook=_refuse_map,
            max_str_len=0,
            max_ext_len=0,
            list_hook=_few_lists(),
        )
    except (ValueError, TypeError, msgpack.exceptions.UnpackException) as error:
        raise SnapshotError(f"a record of the heap is malformed: {error}") from error
    match fields:
        case [int(next_id), int(blocks), [*numbers], bytes(masks), [*parts], *told] if (
            next_id > 0 and blocks > 0 and [*map(type, told)] in ([], [bytes])
        ):
            pass
        case _:
            raise SnapshotError("a record of the heap is malformed: its fields are not known")
    if blocks * BLOCK_BYTES > memory_bytes:
        raise stored_too_large("the heap", blocks * BLOCK_BYTES, memory_bytes)
    if (
        not are_possible_changes(numbers, masks, blocks * BLOCK_BYTES // PAGE_BYTES)
        or not all(isinstance(part, bytes) for part in parts)
        or len(parts) != len(_parts(numbers, masks))
    ):
        raise SnapshotError("a record of the heap is malformed: its pages do not fit its memory")
    return next_id, blocks, numbers, masks, parts, told[0] if told else b""


def _few_lists() -> Callable[[list[Any]], list[Any]]:
    """Lets pass as many lists as a record has: a byte there may be fifty bytes in this process."""
    left = iter(range(_LISTS))

    def count(parts: list[Any]) -> list[Any]:
        if next(left, None) is None:
            raise ValueError("it has too many lists")
        return parts

    return count


def _refuse_map(_: Any) -> None:
    raise ValueError("its fields are not those of a record")


def _parts(numbers: Sequence[int], masks: bytes) -> list[list[Line]]:
    """Lists the lines of changes, in the parts that they are compressed in."""
    all_of_them = lines(numbers, masks)
    return [all_of_them[i : i + _PART_LINES] for i in range(0, len(all_of_them), _PART_LINES)]


def _unpack(packed: bytes, count: int, before: bytes) -> bytes:
    """Unpacks the content of one part, of so many lines."""
    try:
        # zstandard believes what a frame says of its size, so it is checked first.
        if zstandard.get_frame_parameters(packed).content_size != count * LINE_BYTES:
            raise SnapshotError("a record of the heap is malformed: its pages have another size")
        unpacker = zstandard.ZstdDecompressor(dict_data=zstd_dictionary(before))
        return unpacker.decompress(packed, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise SnapshotError(f"a record of the heap is malformed: {error}") from error
