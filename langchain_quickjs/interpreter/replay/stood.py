"""A guest as it stood: what is stored of it, its memory and what it was told, and it from that."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from langchain_quickjs.errors import BuildGoneError, SnapshotError
from langchain_quickjs.interpreter.builds.places import require_guest
from langchain_quickjs.interpreter.guest.instance import load
from langchain_quickjs.interpreter.guest.machine import Machine
from langchain_quickjs.interpreter.limits import Limits
from langchain_quickjs.interpreter.replay.again import run_again
from langchain_quickjs.interpreter.replay.machines import machine_of, transcript_of
from langchain_quickjs.interpreter.script_state import ScriptState
from langchain_quickjs.interpreter.storage.heap_records import Heap, transcript_in
from langchain_quickjs.interpreter.storage.snapshot import (
    PausedInterpreter,
    build_of_snapshot,
    pack_snapshot,
    size_unpacked,
    transcript_of_snapshot,
    unpack_snapshot,
)
from langchain_quickjs.interpreter.storage.transcript import MOST_BYTES_OF_HEAP, Transcript

__all__ = [
    "Stood",
    "heap_again",
    "heap_of",
    "is_restored_at_once",
    "is_stored_at_once",
    "on_heap",
    "restored",
    "snapshot_of",
    "why_gone",
]

logger: Final = logging.getLogger(__name__)

_AT_ONCE_BYTES: Final = 8 * 1024
_AT_ONCE_UNPACKED_BYTES: Final = 256 * 1024  # of which each may be a value
# Little more than a guest has that has run nothing: what scripts hold in that is packed soon.
_STORED_AT_ONCE_BYTES: Final = 4608 * 1024

Stood = tuple[Machine, ScriptState]
"""A guest, and what the host knows of its script."""


def snapshot_of(machine: Machine, state: ScriptState, with_memory: bool = True) -> bytes:
    """Makes the bytes to store of a guest and its script.

    Without its memory there is no transcript either: both are in the heap that is stored beside it.
    """
    image, module, transcript = machine.image(), machine.module, transcript_of(machine)
    if not with_memory:
        image, transcript = image.emptied(), None
    return pack_snapshot(PausedInterpreter(image, state, transcript), module.boot, module.build_id)


def heap_of(machine: Machine, state: ScriptState) -> Heap:
    """Gives what a guest's scripts have declared."""
    return Heap(machine.image(), state.next_id, machine.module.build, transcript_of(machine))


def on_heap(heap: Heap, limits: Limits) -> Machine:
    """Makes a guest in which scripts see what those before them have declared."""
    transcript = heap.transcript
    if transcript is not None and transcript.size > MOST_BYTES_OF_HEAP:
        transcript = None
    return machine_of(load(heap.build), limits.memory_bytes, heap.image, transcript)


def restored(snapshot: bytes, limits: Limits, memory: Heap | None = None) -> Stood:
    """Brings a guest to where a snapshot was taken.

    Args:
        snapshot: What was stored.
        limits: What its script may use up.
        memory: The heap that was stored beside it, if it has none.

    Raises:
        SnapshotError: If the snapshot is damaged.
        BuildGoneError: If the guest is gone, and its script cannot be run again.
    """
    if memory is not None:  # Perhaps of today's guest, which has made it again.
        build = build_of_snapshot(snapshot)
        rest = unpack_snapshot(snapshot, (), build, limits)
        again = memory.build != build
        paused = rest.with_memory(memory.image, memory.next_id, made_again=again)
        module, transcript = load(memory.build), memory.transcript
        return machine_of(module, limits.memory_bytes, paused.image, transcript), paused.state
    try:
        module = load(build_of_snapshot(snapshot))
    except BuildGoneError as gone:
        return _again(transcript_of_snapshot(snapshot), limits, gone)
    paused = unpack_snapshot(snapshot, module.boot, module.build_id, limits)
    return machine_of(module, limits.memory_bytes, paused.image, paused.transcript), paused.state


def is_restored_at_once(snapshot: bytes) -> bool:
    """Tells whether restoring takes less time than to have another thread do it.

    Raises:
        SnapshotError: If it is none.
    """
    if len(snapshot) > _AT_ONCE_BYTES or build_of_snapshot(snapshot) != load().build:
        return False
    return size_unpacked(snapshot) <= _AT_ONCE_UNPACKED_BYTES


def is_stored_at_once(memory_bytes: int) -> bool:
    """Tells whether to pack so large a memory holds up nobody."""
    return memory_bytes <= _STORED_AT_ONCE_BYTES


def why_gone(snapshot: bytes) -> str:
    """Tells why a snapshot cannot be restored: its guest is gone, and it has no transcript either.

    Returns:
        The reason; empty if it can be restored, or run again as far as is known before.

    Raises:
        SnapshotError: If the snapshot is damaged.
    """
    if transcript_of_snapshot(snapshot) is None:
        try:
            require_guest(build_of_snapshot(snapshot))
        except BuildGoneError as gone:
            return str(gone)
    return ""


def heap_again(records: Mapping[bytes, bytes], head: bytes, limits: Limits) -> Heap:
    """Makes a heap of today's guest whose scripts see what they saw of a stored one.

    Args:
        records: Records by their ids.
        head: The id of the last one.
        limits: What the scripts may use up that made the heap.

    Raises:
        BuildGoneError: If its scripts cannot be run again.
    """
    transcript, gone = transcript_in(records, head, memory_bytes=limits.memory_bytes)
    machine, state = _again(transcript, limits, gone)
    return Heap(machine.image(), state.next_id, machine.module.build, transcript)


def _again(transcript: Transcript | None, limits: Limits, gone: BuildGoneError) -> Stood:
    """Runs again what a guest was told that is gone."""
    if transcript is None:
        logger.warning("%s", gone)
        raise gone
    machine = machine_of(load(), limits.memory_bytes, transcript=Transcript())
    try:
        state = run_again(transcript, machine, limits)
    except SnapshotError as error:
        worse = BuildGoneError(gone.build, gone.release, f"; run again, {error}")
        logger.warning("%s", worse)
        raise worse from error
    logger.info("What was made by engine build %s was run again on today's.", gone.build)
    return machine, state
