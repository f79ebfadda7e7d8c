"""What a thread tells of a question that does not stand.

First the ledgers of its scripts are looked at, which say whose answer was taken; then its
checkpoints, the newest first, for where it was asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

from langchain_quickjs.delivery.asker import asker_is_gone
from langchain_quickjs.delivery.delivered import Delivered
from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.script.durability.ledger import claimed_in, ledgers_of
from langchain_quickjs.script.durability.ledger_entries import Claim
from langchain_quickjs.script.flow.decisions import is_decided_by_time
from langchain_quickjs.script.flow.drivers import Ask, Asking
from langchain_quickjs.script.langgraph_internals.checkpointer import was_answered
from langchain_quickjs.script.telling.receipts import Receipt

__all__ = ["claim_about", "known_about", "of_claim"]

_MOST_CHECKPOINTS: Final = 1000


def claim_about(
    saver: BaseCheckpointSaver[Any], thread_id: str, interrupt_id: str
) -> Asking[Claim | None]:
    """What was claimed as the answer to a question of ours, if anything was."""
    found: list[Claim] = []

    def look(ledger: CheckpointTuple) -> None:
        try:
            claim = claimed_in(ledger, interrupt_id, saver.serde)
        except SnapshotError:  # It says nothing, whatever has damaged it.
            return
        if claim is not None:
            found.append(claim)

    thread, anchored = ledgers_of(thread_id)
    yield Ask(saver, "list", (thread,), {"filter": anchored}, each=look)
    return min(found, key=lambda claim: claim.taken_s, default=None)


def known_about(
    saver: BaseCheckpointSaver[Any], thread_id: str, interrupt_id: str
) -> Asking[Delivered]:
    """What became of a question that does not stand, as far as the thread tells.

    Raises:
        SetupError: It does stand, but the agent has not what asked it.
    """
    claim = yield from claim_about(saver, thread_id, interrupt_id)
    if claim is not None:
        return of_claim(claim)
    stored: list[CheckpointTuple] = []
    thread: Any = {"configurable": {"thread_id": thread_id}}
    yield Ask(saver, "list", (thread,), {"limit": _MOST_CHECKPOINTS}, each=stored.append)
    line = _line_of_head(stored)
    if not line:
        return Delivered("void", "There is no such thread: it was deleted, or never begun.")
    head = next(one for one in stored if _is_outermost(one) and one.checkpoint["id"] == max(line))
    if was_answered(head.pending_writes or (), interrupt_id) is False:
        raise asker_is_gone("node")  # Else it would be among what the thread waits for.
    for one in sorted(stored, key=lambda one: str(one.checkpoint["id"]), reverse=True):
        answered = was_answered(one.pending_writes or (), interrupt_id)
        if answered:
            return Delivered("late", "The question was answered before.")
        if answered is not None:
            return Delivered("void", _why_left(_outermost(one) in line))
    return Delivered("void", "The thread has never asked this question, as far as it is stored.")


def of_claim(claim: Claim | Receipt) -> Delivered:
    """What is known by the answer that was taken."""
    taken = claim.taken_s
    at = None if taken is None else datetime.fromtimestamp(taken, UTC)
    if is_decided_by_time(claim.answer):
        why = "The question had expired before it was answered; it counts as rejected."
        return Delivered("void", why, claim.answer, at)
    return Delivered("late", "The question was answered before.", claim.answer, at)


def _why_left(in_line: bool) -> str:
    if in_line:
        return "The thread has gone on without an answer to this question, which was given up."
    return (
        "This question was asked in another branch than the one in which the thread stands: the "
        "thread was taken back to before it, or an earlier question was answered anew."
    )


def _line_of_head(stored: Sequence[CheckpointTuple]) -> set[str]:
    """The checkpoints of the outermost graph from the newest one back to the first."""
    parents = {
        str(one.checkpoint["id"]): (one.parent_config or {}).get("configurable", {})
        for one in stored
        if _is_outermost(one)
    }
    line: set[str] = set()
    at = max(parents, default="")
    while at and at not in line:
        line.add(at)
        at = str(parents.get(at, {}).get("checkpoint_id", ""))
    return line


def _is_outermost(stored: CheckpointTuple) -> bool:
    return not stored.config["configurable"].get("checkpoint_ns")


def _outermost(stored: CheckpointTuple) -> str:
    """The checkpoint of the outermost graph that a checkpoint belongs to."""
    parents = stored.metadata.get("parents") or {}
    return str(parents.get("", stored.checkpoint["id"]))
