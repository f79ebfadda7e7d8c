"""What has been decided and done for one script, each entry written once and never changed.

    anchor   a checkpoint in a namespace of its own, `quickjs_calls...`; one for each script
    claim    the answer to a question, or the right to go on from a pause: whoever came first
    begin    an approved call that is about to be made
    end      how a call has ended
    seed     where a script's randomness came from that failed in its first run
    release  a claim whose run has failed

Entries are pending writes of the anchor, each under a task id made of what it is about: a
checkpointer keeps the first write under an id and ignores all others. So of many deliveries of
answers to one question one wins, in whatever process and at whatever time they come. A call that
has begun and whose end is not known may have taken effect or not: people are asked about it again.

A ledger is of use as long as the thread stands where its script runs. Whoever prunes the thread
then takes the ledger along, and never before.
"""

from __future__ import annotations

import functools
import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple, empty_checkpoint
from langgraph.checkpoint.serde.base import SerializerProtocol

from langchain_quickjs.errors import AlreadyAnsweredError, SnapshotError
from langchain_quickjs.script.durability.claimants import (
    begin_work,
    end_all_work,
    end_work,
    is_alone_in,
)
from langchain_quickjs.script.durability.ledger_entries import (
    CLAIM_IN_ERRORS,
    Claim,
    Entries,
    takeover_key,
)
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import UNSIGNED
from langchain_quickjs.script.flow.call_ids import digest
from langchain_quickjs.script.flow.drivers import Ask, Asking
from langchain_quickjs.script.langgraph_internals.checkpointer import (
    NAMES_TASK,
    checkpointer_of,
    namespace_of_graph,
    root_of,
)
from langchain_quickjs.script.langgraph_internals.graph_around import when_run_ends
from langchain_quickjs.script.langgraph_internals.resume import mark_as_unfit
from langchain_quickjs.script.state import CallEnd

__all__ = ["Ledger", "claimed_in", "ledgers_of"]

_NAMESPACE: Final = "quickjs_calls"
_ANCHORED: Final = {"source": "update", "step": -1}  # as metadata
_CLAIM: Final = "claim"
_BEGIN: Final = "begin"
_END: Final = "end"
_SEED: Final = "seed"
_RELEASE: Final = "release"
_SEED_BYTES: Final = 32
# In which namespace the ledger of a thread at an anchor is: it never moves.
_namespaces: Final[dict[tuple[str, str], str]] = {}
_MOST_NAMESPACES: Final = 4096
# The threads and anchors of ledgers that this process has made.
_anchored: Final[set[tuple[str, str]]] = set()
_WHAT: Final = {
    _CLAIM: CLAIM_IN_ERRORS,
    _BEGIN: "The beginning of a call",
    _SEED: "The seed of a script",
    _RELEASE: "A claim that was given up",
}


def ledgers_of(thread_id: str) -> tuple[RunnableConfig, dict[str, Any]]:
    """Where the anchors of the ledgers of a thread are, and what else stands there is like."""
    return {"configurable": {"thread_id": thread_id}}, _ANCHORED


def claimed_in(
    ledger: CheckpointTuple, interrupt_id: str, serde: SerializerProtocol
) -> Claim | None:
    """The claim that a stored ledger has about an interrupt, for people to read.

    Nobody has looked at its signature: it is good for nothing but to be told.
    """
    reader, found = Sealer(UNSIGNED, serde, "", ""), None
    if not ledger.config["configurable"].get("checkpoint_ns", "").startswith(_NAMESPACE):
        return None
    for _, kind, row in ledger.pending_writes or ():
        match row:
            case [str(key), bytes(sealed)] if kind == _CLAIM:
                # A tool that asks again does so under the same id, and counts how often.
                if key.rpartition("/")[0] == interrupt_id or key == interrupt_id:
                    found = Claim.unpack(reader.unseal(sealed, CLAIM_IN_ERRORS, _CLAIM, key))
    return found


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one script. Its methods yield what a driver is to ask of the checkpointer.

    Attributes:
        saver: The checkpointer.
        sealer: Seals entries for the script.
        root: The checkpoint of the outermost graph in which the script runs; empty if that is the
            script's own graph.
    """

    saver: BaseCheckpointSaver[Any]
    sealer: Sealer
    root: str = ""

    @classmethod
    def of(cls, config: RunnableConfig, sealer: Sealer) -> Ledger | None:
        """The ledger of a script in a task with this config; `None` without a checkpointer."""
        saver = checkpointer_of(config)
        is_inside = NAMES_TASK in sealer.place or bool(namespace_of_graph(config))
        root = root_of(config) if is_inside else ""
        return None if saver is None else cls(saver, sealer, root)

    def read(self) -> Asking[Entries]:
        """What has been written so far.

        Raises:
            SnapshotError: An entry is damaged, or its signature is missing or wrong.
        """
        return self._entries((yield from self._found()))

    def claim(self, claims: Mapping[str, Claim]) -> Asking[Entries]:
        """Writes claims, each of which somebody else may have made before.

        Args:
            claims: The claims, by what they are about.

        Returns:
            All entries, which say whose claims were the first.

        Raises:
            SnapshotError: An entry is damaged, or something else stands where a claim belongs.
        """
        place = self.sealer.signer.thread_id, self._anchor()
        if place not in _anchored:
            yield from self._write_anchor()
        for key, claim in claims.items():
            yield from self._write(_CLAIM, key, claim.pack())
        found = yield from self._found()
        if found is None:  # Somebody has brought back an earlier state of the database.
            yield from self._write_anchor()
            found = yield from self._found()
        if len(_anchored) >= _MOST_NAMESPACES:
            _anchored.clear()
        _anchored.add(place)
        entries = self._entries(found)
        if not claims.keys() <= entries.claims.keys():
            raise SnapshotError(f"{CLAIM_IN_ERRORS} is not used: something else is in its place.")
        return entries

    def claim_to_work(
        self, key: str, answer: Any, run: object, before: Mapping[str, Claim] | None = None
    ) -> Asking[tuple[Claim | None, Entries]]:
        """Claims something on which a run of a graph in this process is to work.

        Args:
            key: What it is about.
            answer: The answer that the run goes on with.
            run: The run.
            before: What is claimed before it.

        Returns:
            The claim, or `None` if somebody else had made one before; and all entries.
        """
        mine = Claim(answer)
        if begin_work(mine.nonce, run):  # Before others can see the claim.
            when_run_ends(run, functools.partial(end_all_work, run))
        try:
            entries = yield from self.claim({**(before or {}), key: mine})
        except BaseException:
            end_work(mine.nonce)
            raise
        if entries.is_first_claim(key, mine):
            return mine, entries
        end_work(mine.nonce)
        return None, entries

    def take_over_work(
        self, key: str, gone: Claim, run: object
    ) -> Asking[tuple[Claim | None, Entries]]:
        """Claims what somebody claimed who is gone, with the answer that they had.

        Args:
            key: What it is about.
            gone: The claim that is in force.
            run: The run of a graph in this process that is to work on it.

        Returns:
            The claim, or `None` if somebody else has taken it over before; and all entries.
        """
        return (yield from self.claim_to_work(takeover_key(key, gone), gone.answer, run))

    def begin_call(self, key: str, name: str) -> Asking[None]:
        """Notes that an approved call is about to be made.

        Args:
            key: What its beginning is known by.
            name: What errors call it.

        Raises:
            AlreadyAnsweredError: Somebody else has begun it.
        """
        nonce = secrets.token_hex(8)
        yield from self._write(_BEGIN, key, nonce)
        begun = _rows_in((yield from self._found()))[_BEGIN].get(key)
        if begun is None or self._opened(_BEGIN, key, begun) != nonce:
            raise mark_as_unfit(
                AlreadyAnsweredError(
                    f"The call of {name!r} that was approved has been begun by another run of "
                    "this thread, and is not made again."
                )
            )

    def end_calls(self, ends: Iterable[CallEnd]) -> Asking[None]:
        """Notes how calls have ended."""
        for end in ends:
            yield from self._put(_END, end["tool_call_id"], end["sealed"])

    def give_up_claims(self, nonces: Iterable[str]) -> Asking[None]:
        """Gives claims up, because the run that made them has failed."""
        for nonce in nonces:
            yield from self._write(_RELEASE, nonce, True)

    def end_failed_script(self, ends: Sequence[CallEnd], seed: bytes | None) -> Asking[None]:
        """Notes how all calls of a script have ended that is about to fail, and its seed.

        Whoever runs it again gives it the same seed, so that it makes the same calls.
        """
        yield from self._write_anchor()
        if seed is not None:
            yield from self._write(_SEED, "", seed)
        rows = [(_END, [end["tool_call_id"], end["sealed"]]) for end in ends]
        if rows:
            writer = str(uuid.uuid4())
            yield Ask(self.saver, "put_writes", ((yield from self._address()), rows, writer))

    def _found(self) -> Asking[CheckpointTuple | None]:
        found: CheckpointTuple | None
        found = yield Ask(self.saver, "get_tuple", ((yield from self._address()),))
        return found

    def _write_anchor(self) -> Asking[None]:
        """Makes the ledger, if it is not there."""
        versions: dict[str, Any] = {}
        address = yield from self._address()
        checkpoint = {**empty_checkpoint(), "id": address["configurable"].pop("checkpoint_id")}
        parents = {"": self.root} if self.root else {}
        metadata = {**_ANCHORED, "parents": parents}
        yield Ask(self.saver, "put", (address, checkpoint, metadata, versions))

    def _write(self, kind: str, key: str, value: Any) -> Asking[None]:
        yield from self._put(kind, key, self.sealer.seal(value, kind, key))

    def _put(self, kind: str, key: str, sealed: bytes) -> Asking[None]:
        writer = str(uuid.UUID(hex=digest(kind, key)))
        address = yield from self._address()
        yield Ask(self.saver, "put_writes", (address, [(kind, [key, sealed])], writer))

    def _entries(self, found: CheckpointTuple | None) -> Entries:
        rows = _rows_in(found)
        opened = {
            kind: {key: self._opened(kind, key, sealed) for key, sealed in rows[kind].items()}
            for kind in _WHAT
        }
        seed = opened[_SEED].get("")
        return Entries(
            alone=is_alone_in(self.sealer.signer.thread_id),
            released=frozenset(opened[_RELEASE]),
            seed=seed if isinstance(seed, bytes) and len(seed) == _SEED_BYTES else None,
            claims={key: Claim.unpack(packed) for key, packed in opened[_CLAIM].items()},
            begun={key: str(nonce) for key, nonce in opened[_BEGIN].items()},
            ends={
                key: {"tool_call_id": key, "sealed": sealed} for key, sealed in rows[_END].items()
            },
        )

    def _opened(self, kind: str, key: str, sealed: bytes) -> Any:
        return self.sealer.unseal(sealed, _WHAT[kind], kind, key)

    def _anchor(self) -> str:
        return _anchor_of(self.sealer.place, self.sealer.script_id)

    def _address(self) -> Asking[RunnableConfig]:
        """Where the ledger is: in a namespace of its own, unless an earlier version began it."""
        thread, anchor = self.sealer.signer.thread_id, self._anchor()

        def address(namespace: str) -> RunnableConfig:
            place = {"checkpoint_ns": namespace, "checkpoint_id": anchor}
            return {"configurable": {"thread_id": thread, **place}}

        if (thread, anchor) not in _namespaces:
            earlier = yield Ask(self.saver, "get_tuple", (address(_NAMESPACE),))
            # The colon marks what belongs to the call that began at the root.
            own = f"{_NAMESPACE}{':' if self.root else '/'}{anchor}"
            if len(_namespaces) >= _MOST_NAMESPACES:
                _namespaces.clear()
            _namespaces[thread, anchor] = own if earlier is None else _NAMESPACE
        return address(_namespaces[thread, anchor])


@functools.lru_cache(maxsize=256)
def _anchor_of(place: str, script_id: str) -> str:
    return str(uuid.UUID(hex=digest("ledger", place, script_id)))


def _rows_in(found: CheckpointTuple | None) -> dict[str, dict[str, bytes]]:
    """The entries as they are stored, by their kinds and what they are about."""
    rows: dict[str, dict[str, bytes]] = {kind: {} for kind in (*_WHAT, _END)}
    for _, kind, row in (found.pending_writes or ()) if found else ():
        match row:
            case [str(key), bytes(sealed)] if kind in rows:
                # An end may be stored twice, by a failing script too; all else is once.
                if rows[kind].setdefault(key, sealed) != sealed and kind != _END:
                    raise SnapshotError(f"{_WHAT[kind]} is not used, because it was stored twice.")
    return rows
