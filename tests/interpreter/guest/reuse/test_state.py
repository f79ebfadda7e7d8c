"""What an instance has besides its memory: one stack pointer, which every call puts back.

That is why a memory as it was at first makes it an instance as it was at first. A toolchain that
gives the module more than that must be met by more than that.

Source: WebAssembly core specification 2.0, chapter 5.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Final

TABLE, GLOBAL, ELEMENT, DATA = 4, 6, 9, 11
I32, MUTABLE, FUNCREF = 0x7F, 1, 0x70
I32_CONST, END = 0x41, 0x0B
ACTIVE: Final = 0  # kind of a segment that is copied at first, and never again


class Reader:
    """Reads one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        value = shift = 0
        while (byte := self.byte()) >= 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
        return value | byte << shift

    def take(self, size: int) -> bytes:
        self.at += size
        return self.data[self.at - size : self.at]


def sections() -> Iterator[tuple[int, Reader]]:
    wasm = resources.files("langchain_quickjs").joinpath("guest.wasm").read_bytes()
    reader = Reader(wasm)
    reader.take(8)
    while reader.at < len(wasm):
        kind = reader.byte()
        yield kind, Reader(reader.take(reader.number()))


SECTIONS = dict(sections())


def test_its_one_variable_is_the_stack_pointer() -> None:
    found = SECTIONS[GLOBAL]
    variables = 0
    for _ in range(found.number()):
        kind, mutable, instruction = found.byte(), found.byte(), found.byte()
        assert (kind, instruction) == (I32, I32_CONST)
        found.number()
        assert found.byte() == END
        variables += mutable == MUTABLE
    assert variables == 1
    assert found.at == len(found.data)


def test_its_table_cannot_grow() -> None:
    found = SECTIONS[TABLE]
    assert found.number() == 1
    assert (found.byte(), found.byte()) == (FUNCREF, 1)  # that has a maximum
    assert found.number() == found.number()


def test_no_segment_can_be_dropped_later() -> None:
    elements, data = SECTIONS[ELEMENT], SECTIONS[DATA]
    assert (elements.number(), elements.number()) == (1, ACTIVE)
    for _ in range(data.number()):
        assert (data.number(), data.byte()) == (ACTIVE, I32_CONST)
        data.number()
        assert data.byte() == END
        data.take(data.number())
    assert data.at == len(data.data)
