"""Boots a compiled guest once and freezes its memory into the module.

The engine takes a third of a millisecond to boot, always to the same memory. So the build does it
once, and the module starts with that memory as its data: an instance is ready when it exists, and
its pages are shared, copy-on-write, between all instances of a process.

The exports `boot` and `_initialize` have then done their work and are removed. Only the sections of
the binary format (WebAssembly core specification 2.0, chapter 5.5) that this concerns are touched.
"""

from __future__ import annotations

from collections.abc import Iterator

import wasmtime

MEMORY, EXPORT, START, DATA, DATA_COUNT, CUSTOM = 5, 7, 8, 11, 12, 0
PAGE_BYTES = 65536
KEEP = ("memory", "mailbox", "step", "tidy", "where")
# Runs of fewer zero bytes than this cost less inside a segment than a segment of their own.
GAP_BYTES = 32


def leb128(value: int) -> bytes:
    """Unsigned LEB128."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed_leb128(value: int) -> bytes:
    """Signed LEB128."""
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def read_leb128(data: bytes, at: int) -> tuple[int, int]:
    """The unsigned number at `at`, and the index after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def sections(module: bytes) -> Iterator[tuple[int, bytes]]:
    """The sections of a module, as (id, content)."""
    at = 8
    while at < len(module):
        kind = module[at]
        size, at = read_leb128(module, at + 1)
        yield kind, module[at : at + size]
        at += size


def booted_memory(module: bytes) -> bytes:
    """The linear memory of a fresh instance after `_initialize` and `boot`."""
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    instance = wasmtime.Instance(store, wasmtime.Module(engine, module), [])
    exports = instance.exports(store)
    memory = exports["memory"]
    assert isinstance(memory, wasmtime.Memory)
    for name in ("_initialize", "boot", "tidy"):
        function = exports[name]
        assert isinstance(function, wasmtime.Func)
        status = function(store)
        if status:
            raise SystemExit(f"the guest does not boot: {name} gave status {status}")
    return bytes(memory.read(store))


def segments(memory: bytes) -> Iterator[tuple[int, bytes]]:
    """What is not zero in `memory`, as (address, bytes)."""
    zeros = bytes(GAP_BYTES)
    at = 0
    while at < len(memory):
        while at < len(memory) and memory[at : at + GAP_BYTES] == zeros[: len(memory) - at]:
            at += GAP_BYTES
        end = at
        while end < len(memory) and memory[end : end + GAP_BYTES] != zeros[: len(memory) - end]:
            end += GAP_BYTES
        if end > at:
            yield at, memory[at:end]
        at = end


def data_section(memory: bytes) -> bytes:
    parts = [
        b"\x00\x41" + signed_leb128(address) + b"\x0b" + leb128(len(content)) + content
        for address, content in segments(memory)
    ]
    return leb128(len(parts)) + b"".join(parts)


def export_section(content: bytes) -> bytes:
    """The export section with only `KEEP` in it."""
    count, at = read_leb128(content, 0)
    kept = []
    for _ in range(count):
        begin = at
        size, at = read_leb128(content, at)
        name = content[at : at + size].decode()
        _, at = read_leb128(content, at + size + 1)
        if name in KEEP:
            kept.append(content[begin:at])
    if len(kept) != len(KEEP):
        raise SystemExit(f"the guest must export {', '.join(KEEP)}")
    return leb128(len(kept)) + b"".join(kept)


def freeze(module: bytes) -> bytes:
    """The module as it is after it has booted."""
    memory = booted_memory(module)
    replaced = {
        MEMORY: leb128(1) + b"\x00" + leb128(len(memory) // PAGE_BYTES),
        DATA: data_section(memory),
    }
    out = bytearray(module[:8])
    for kind, content in sections(module):
        if kind in (DATA_COUNT, CUSTOM, START):
            continue
        new = export_section(content) if kind == EXPORT else replaced.get(kind, content)
        out += bytes([kind]) + leb128(len(new)) + new
    return bytes(out)
