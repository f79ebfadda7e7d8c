"""The channel of the agent's state in which the reference to the variables stands.

The channel holds a reference, so small that it costs next to nothing to store with every
checkpoint. What it refers to stands in the store (`store.py`), and is read only when a program
runs. So a fork or a look back finds the variables as they were then.
"""

from __future__ import annotations

import logging
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import SetupError, SnapshotError
from langchain_quickjs.interpreter import StoredHeap
from langchain_quickjs.interpreter.storage.packed import packed, unpacked
from langchain_quickjs.script.langgraph_internals.checkpointer import HiddenChannel
from langchain_quickjs.script.langgraph_internals.graph_around import channels_of
from langchain_quickjs.script.state import ChainSizes
from langchain_quickjs.script.variables.running_programs import ProgramQueue

__all__ = ["VARIABLES_KEY", "Reference", "VariablesChannel", "newest_reference"]

logger = logging.getLogger(__name__)

VARIABLES_KEY: Final = "_quickjs_heap"
"""The key of the agent's state under which the channel stands."""

_HEAPS_OF_A_RUN: Final = 4


@dataclass(frozen=True, slots=True)
class Reference:
    """What the agent's state holds of variables: which stored heap they are.

    Attributes:
        id: The id of the newest record.
        after: The id in the reference that this one replaces; empty if there was none.
        anchor: The checkpoint that the chain stands at; empty for a heap that is not stored.
        sizes: How much the chain takes.
        turn: The turn that the heap belongs to; empty if it belongs to the thread.
        signature: Over all of it.
    """

    id: bytes
    after: bytes = b""
    anchor: str = ""
    sizes: ChainSizes = field(default_factory=ChainSizes)
    turn: str = ""
    signature: bytes = b""

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over."""
        return replace(self, signature=b"").pack()

    def pack(self) -> bytes:
        """Packs the reference into few bytes, as every checkpoint has them."""
        anchor = uuid.UUID(self.anchor).bytes if self.anchor else b""
        fields = [self.id, self.after, anchor, *self.sizes, self.turn, self.signature]
        return packed(fields)

    @classmethod
    def unpack(cls, stored: object) -> Reference:
        """Reads a reference.

        Raises:
            SnapshotError: If it is damaged.
        """
        match unpacked(stored):
            case [
                bytes(newest),
                bytes(after),
                bytes(anchor),
                int(full_bytes),
                int(delta_bytes),
                int(deltas),
                str(turn),
                bytes(signature),
            ] if len(anchor) in (0, 16):
                place = str(uuid.UUID(bytes=anchor)) if anchor else ""
                sizes = ChainSizes(full_bytes, delta_bytes, deltas)
                return cls(newest, after, place, sizes, turn, signature)
        raise SnapshotError("the reference to them is damaged")


def newest_reference(
    value: object, writes: Sequence[object]
) -> tuple[Reference | None, tuple[Reference, ...]]:
    """Finds the reference that writes make of a value, and the writes that do not fit.

    Each write says which one it follows; the order in which they come says nothing.

    Raises:
        SnapshotError: If the value or a write is damaged.
    """
    newest = Reference.unpack(value) if isinstance(value, bytes) else None
    left = {reference.id: reference for reference in map(Reference.unpack, writes)}
    while True:
        end = b"" if newest is None else newest.id
        follower = next((each for each in left.values() if each.after == end), None)
        if follower is None:
            return newest, tuple(left.values())
        newest = left.pop(follower.id)


class SharedByRun:
    """What the programs of one run of the agent share in this process.

    Attributes:
        queue: The programs that have begun in this run.
    """

    def __init__(self) -> None:
        self.queue = ProgramQueue()
        self._heaps: deque[StoredHeap] = deque(maxlen=_HEAPS_OF_A_RUN)

    def add_heap(self, stored: StoredHeap) -> None:
        """Has a heap at hand for the next programs."""
        self._heaps.append(stored)

    def heap(self, heap_id: bytes) -> StoredHeap | None:
        """Gives a heap that one of the last programs has left, if it is still at hand."""
        return next((stored for stored in self._heaps if stored.id == heap_id), None)


class VariablesChannel(HiddenChannel):
    """Holds the reference to the variables, and shows it to nobody who reads the state.

        update(value, writes) == the last of the writes that follow the value one by one

    A write that does not follow is refused: it knows nothing of what the others have declared.
    """

    def __init__(self, typ: Any = bytes, key: str = "") -> None:
        super().__init__(typ, key)
        self.shared = SharedByRun()
        self._is_trial = False  # Whether somebody only wants to see what a write would do.

    @staticmethod
    def of(config: RunnableConfig) -> VariablesChannel | None:
        """Gives the channel of the graph whose task has this config, if it has one."""
        channel = channels_of(config).get(VARIABLES_KEY)
        return channel if isinstance(channel, VariablesChannel) else None

    @staticmethod
    def required(config: RunnableConfig) -> VariablesChannel:
        """Gives the channel of an agent that keeps variables.

        Raises:
            SetupError: The agent's state does not have the channel.
        """
        channel = VariablesChannel.of(config)
        if channel is None:
            raise SetupError(
                f"The agent's state has no key {VARIABLES_KEY!r}. A middleware after "
                "CodeInterpreterMiddleware has replaced it; let it keep the key."
            )
        return channel

    def copy(self) -> Self:
        """Copies the channel for somebody who wants to see what a write would do."""
        new = super().copy()
        new.shared = self.shared
        new._is_trial = True
        return new

    def update(self, values: Sequence[bytes]) -> bool:
        """Takes the writes of a superstep."""
        if self._is_trial or not values:
            return bool(values)
        try:
            newest, refused = newest_reference(self.value, values)
        except SnapshotError:
            newest, refused = newest_reference(None, values)
        for reference in refused:
            logger.warning(
                "Variables of a program were not kept (%s): another program has left newer ones in "
                "the thread since it began. One worker at a time runs a thread, and of several "
                'CodeInterpreterMiddleware of one agent all but one have `mode="call"`.',
                reference.id.hex(),
            )
        if newest is None or len(refused) == len(values):
            return False
        self.value = newest.pack()
        return True
