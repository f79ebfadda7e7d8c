"""What has been decided and done for one script, each entry written once and never changed.

    anchor   a checkpoint in the namespace `quickjs_calls` of the thread; one for each script
    claim    the answer to a question, or the right to go on from a pause: whoever came first
    begin    an approved call that is about to be made
    end      how a call has ended
    seed     where a script's randomness came from that failed in its first run
    release  a claim whose run has failed

Entries are pending writes of the anchor, each under a task id made of what it is about: a
checkpointer keeps the first write under an id and ignores all others. So of many deliveries of
answers to one question one wins, in whatever process and at whatever time they come. A call that
has begun and whose end is not known may have taken effect or not: people are asked about it again.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple, empty_checkpoint

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.script.calls.call_ids import digest
from langchain_quickjs.script.durability.call_ends import CallEnd
from langchain_quickjs.script.durability.workers import at_work, this_process
from langchain_quickjs.script.flow.effects import Ask, Asking
from langchain_quickjs.script.langgraph_internals.checkpointer import checkpointer_of
from langchain_quickjs.script.sealing import Sealer

__all__ = ["Claim", "Entries", "Ledger"]

_NAMESPACE: Final = "quickjs_calls"
_CLAIM: Final = "claim"
_BEGIN: Final = "begin"
_END: Final = "end"
_SEED: Final = "seed"
_RELEASE: Final = "release"
_SEED_BYTES: Final = 32
_WHAT: Final = {
    _CLAIM: "An answer to a paused script",
    _BEGIN: "The beginning of a call",
    _SEED: "The seed of a script",
    _RELEASE: "A claim that was given up",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a question, and who took it.

    Attributes:
        answer: The answer; of a question about calls, its decisions.
        nonce: Tells it from all others.
        owner: The process that took it.
        taken_s: When, in seconds since the epoch.
    """

    answer: Any
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    owner: str = field(default_factory=this_process)
    taken_s: float = field(default_factory=time.time)

    @property
    def worked_on(self) -> bool:
        """Whether whoever took it may still be at work."""
        return at_work(self.owner, self.nonce, self.taken_s)

    def pack(self) -> list[Any]:
        """The claim as plain data."""
        return [self.answer, self.nonce, self.owner, self.taken_s]

    @classmethod
    def unpack(cls, packed: Any) -> Claim:
        """Reads what `pack` made.

        Raises:
            SnapshotError: It is something else.
        """
        match packed:
            case [answer, str(nonce), str(owner), float(taken_s)]:
                return cls(answer, nonce, owner, taken_s)
        raise SnapshotError(f"{_WHAT[_CLAIM]} is not used, because it was damaged.")


@dataclass(frozen=True, slots=True)
class Entries:
    """What a ledger holds.

    Attributes:
        claims: The answers, by what they are about.
        begun: The approved calls that have begun, each as `begin_key` names it, and by whom.
        ends: How calls have ended, by their names.
        seed: What the script began with, if it failed.
        released: The claims whose runs have failed, by their nonces.
    """

    claims: Mapping[str, Claim] = field(default_factory=dict)
    begun: Mapping[str, str] = field(default_factory=dict)
    ends: Mapping[str, CallEnd] = field(default_factory=dict)
    seed: bytes | None = None
    released: frozenset[str] = frozenset()

    def is_worked_on(self, claim: Claim) -> bool:
        """Whether the run that made a claim may be at work."""
        return claim.nonce not in self.released and claim.worked_on


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one script. Its methods give what a driver is to ask of the checkpointer.

    Attributes:
        saver: The checkpointer.
        sealer: Seals entries for the script.
    """

    saver: BaseCheckpointSaver[Any]
    sealer: Sealer

    @classmethod
    def of(cls, config: RunnableConfig, sealer: Sealer) -> Ledger | None:
        """The ledger of a script in a task with this config; `None` without a checkpointer."""
        saver = checkpointer_of(config)
        return None if saver is None else cls(saver, sealer)

    def read(self) -> Asking[Entries]:
        """What has been written so far.

        Raises:
            SnapshotError: An entry is damaged, or its signature is missing or wrong.
        """
        return self._entries((yield Ask(self.saver, "get_tuple", (self._address(),))))

    def open(self) -> Asking[None]:
        """Makes the ledger, if it is not there."""
        versions: dict[str, Any] = {}
        checkpoint = {**empty_checkpoint(), "id": self._anchor()}
        metadata = {"source": "update", "step": -1, "parents": {}}
        address = {"configurable": {**self._thread(), "checkpoint_ns": _NAMESPACE}}
        yield Ask(self.saver, "put", (address, checkpoint, metadata, versions))

    def claim(self, claims: Mapping[str, Claim]) -> Asking[Entries]:
        """Takes answers, each of which somebody else may have taken before.

        Args:
            claims: By what they are about.

        Returns:
            All entries, with the claims that hold: ours are those with our nonces.
        """
        yield from self.open()
        for key, claim in claims.items():
            yield self._write(_CLAIM, key, claim.pack())
        return (yield from self.read())

    def begin(self, key: str) -> Asking[bool]:
        """Notes that an approved call is about to be made.

        Args:
            key: What its beginning is known by.

        Returns:
            Whether it may be: nobody else has begun it.
        """
        nonce = secrets.token_hex(8)
        yield self._write(_BEGIN, key, nonce)
        return (yield from self.read()).begun.get(key) == nonce

    def end(self, ends: Iterable[CallEnd]) -> Asking[None]:
        """Notes how calls have ended."""
        for end in ends:
            yield self._put(_END, end["tool_call_id"], end["sealed"])

    def release(self, nonces: Iterable[str]) -> Asking[None]:
        """Gives claims up, because the run that made them has failed."""
        for nonce in nonces:
            yield self._write(_RELEASE, nonce, True)

    def settle(self, ends: Sequence[CallEnd], seed: bytes | None) -> Asking[None]:
        """Notes how all calls of a script have ended that is about to fail, and its seed.

        Whoever runs it again gives it the same seed, so that it makes the same calls.
        """
        yield from self.open()
        if seed is not None:
            yield self._write(_SEED, "", seed)
        rows = [(_END, [end["tool_call_id"], end["sealed"]]) for end in ends]
        if rows:
            writer = str(uuid.uuid4())
            yield Ask(self.saver, "put_writes", (self._address(), rows, writer))

    def _write(self, kind: str, key: str, value: Any) -> Ask:
        return self._put(kind, key, self.sealer.seal(value, kind, key))

    def _put(self, kind: str, key: str, sealed: bytes) -> Ask:
        writer = str(uuid.UUID(hex=digest(kind, key)))
        return Ask(self.saver, "put_writes", (self._address(), [(kind, [key, sealed])], writer))

    def _entries(self, found: CheckpointTuple | None) -> Entries:
        rows: dict[str, dict[str, bytes]] = {kind: {} for kind in (*_WHAT, _END)}
        for _, kind, row in (found.pending_writes or ()) if found else ():
            match row:
                case [str(key), bytes(sealed)] if kind in rows:
                    # An end may be stored twice, by a failing script too; all else is once.
                    if rows[kind].setdefault(key, sealed) != sealed and kind != _END:
                        raise SnapshotError(
                            f"{_WHAT[kind]} is not used, because it was stored twice."
                        )
        opened = {
            kind: {
                key: self.sealer.unseal(sealed, _WHAT[kind], kind, key)
                for key, sealed in rows[kind].items()
            }
            for kind in _WHAT
        }
        seed = opened[_SEED].get("")
        return Entries(
            released=frozenset(opened[_RELEASE]),
            seed=seed if isinstance(seed, bytes) and len(seed) == _SEED_BYTES else None,
            claims={key: Claim.unpack(packed) for key, packed in opened[_CLAIM].items()},
            begun={key: str(nonce) for key, nonce in opened[_BEGIN].items()},
            ends={
                key: {"tool_call_id": key, "sealed": sealed} for key, sealed in rows[_END].items()
            },
        )

    def _anchor(self) -> str:
        return str(uuid.UUID(hex=digest("ledger", self.sealer.place, self.sealer.script_id)))

    def _thread(self) -> dict[str, str]:
        return {"thread_id": self.sealer.signer.thread_id}

    def _address(self) -> RunnableConfig:
        place = {"checkpoint_ns": _NAMESPACE, "checkpoint_id": self._anchor()}
        return {"configurable": {**self._thread(), **place}}
