"""A script at a pause: what people are asked there, and what a run goes on with.

It asks everything that the script waits for, or what people are to see of it first, and goes on as
soon as some of it is answered, or nobody has answered in time. An answer that does not fit leaves
its question standing, which then says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphInterrupt

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.script.durability.claimants import end_work, is_at_work_here
from langchain_quickjs.script.durability.durability_call import retire_answer
from langchain_quickjs.script.durability.ledger import Ledger
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.flow.drivers import Asking
from langchain_quickjs.script.graph_state import ScriptState
from langchain_quickjs.script.langgraph_internals.resume import (
    Delivery,
    delivery_of,
    started_before,
)
from langchain_quickjs.script.people.claims import (
    GoesOn,
    Pause,
    Taken,
    receive,
    take_answers,
    take_pause_over,
)
from langchain_quickjs.script.state import PausedScript, PausedState, Refusal
from langchain_quickjs.script.telling.receipts import Receipt, note_receipt

__all__ = ["answers_at", "claimed_again", "going_on", "maybe_answered", "released", "sealed_for"]


def answers_at(pause: Pause, state: ScriptState) -> Asking[GoesOn]:
    """What is answered at a pause.

    Raises:
        GraphInterrupt: Nothing is; people are asked.
        DecisionError: An answer does not fit, and it is not to be asked again.
        Exception: That of an answer which did not fit what a tool had asked.
    """
    config = pause.config
    taken: Taken | None = None
    refusals: Mapping[str, Refusal] = {}
    ledger = Ledger.of(config, pause.sealer)
    # If it has just come to questions that it has never asked, nobody can have answered.
    began = started_before(config) or bool(state.get("brought"))
    if ledger is not None and (began or state.get("maybe_answered")):
        delivery = delivery_of(config, pause.outer) if began else Delivery({})
        received = receive(pause, pause.asked, delivery)
        taken = yield from take_answers(pause, received, ledger)
        refusals = received.refusals
        if refusals and delivery.plain is not None:
            yield from retire_answer(config)
    if taken is None:
        if refused := state.get("refused"):
            raise refused
        raise GraphInterrupt(tuple(one.shown(refusals) for one in pause.shown))
    return GoesOn(taken, refusals)


def maybe_answered(paused: PausedScript, pause: Pause, taken: Taken) -> bool:
    """Whether somebody may have answered what a script asks that has just paused.

    Nobody has seen a question that is new, unless another run has come here too.

    Args:
        paused: The script.
        pause: The pause from which it has gone on.
        taken: What it went on with.
    """
    before = {one.id for one in pause.asked}
    is_known = any(question["interrupt"].id in before for question in paused["questions"])
    return taken.entries is None or bool(paused["blocked"]) or is_known


def sealed_for(goes_on: GoesOn, paused: PausedState, sealer: Sealer) -> bytes:
    """What a script goes on with, as it is stored: good for this pause only."""
    taken, refusals = goes_on.taken, goes_on.refusals
    told = {asked: list(refusal) for asked, refusal in refusals.items()}
    return sealer.seal_answers([dict(taken.answers), taken.nonce, told], paused)


def going_on(state: ScriptState, sealer: Sealer) -> GoesOn | None:
    """What the script goes on with, if it does.

    Raises:
        SnapshotError: What is stored of it is damaged.
    """
    stored, sealed = state.get("paused"), state.get("answers")
    if stored is None or sealed is None:
        return None
    match sealer.unseal_answers(sealed, stored):
        case [dict(answers), str(nonce)]:  # An earlier version knew of no refusals.
            return GoesOn(Taken(answers, nonce, nonce), {})
        case [dict(answers), str(nonce), dict(refusals)]:
            # An earlier version had the reasons alone.
            told = {key: [one] if isinstance(one, str) else one for key, one in refusals.items()}
            refusals = {key: Refusal(*one) for key, one in told.items()}
            return GoesOn(Taken(answers, nonce, nonce), refusals)
    raise SnapshotError("What people answered to the paused script is not used: it was damaged.")


def claimed_again(goes_on: GoesOn, pause: Pause) -> Asking[GoesOn]:
    """What this run goes on with, which has claimed the pause.

    Raises:
        AlreadyAnsweredError: Another run is at work, and this one has brought an answer.
        GraphInterrupt: Another run is, and this one has come for something else.
    """
    taken = goes_on.taken
    if is_at_work_here(taken.nonce, pause.run):
        return goes_on
    delivery = delivery_of(pause.config, pause.outer)
    others = [one for one in pause.asked if one.id not in taken.answers]
    received = receive(pause, others, delivery)
    for interrupt_id in taken.answers.keys() & delivery.by_id.keys():
        note_receipt(interrupt_id, Receipt(answer=taken.answers[interrupt_id]))
    ledger = cast("Ledger", Ledger.of(pause.config, pause.sealer))
    nonce = yield from take_pause_over(taken, pause, delivery, received, ledger)
    if nonce is None:
        raise GraphInterrupt(())
    refusals = {**goes_on.refusals, **received.refusals}
    return GoesOn(replace(taken, nonce=nonce), refusals)


def released(nonces: Sequence[str], sealer: Sealer, config: RunnableConfig) -> Asking[None]:
    """Gives up what was claimed, so that others need not wait until it looks abandoned."""
    for nonce in nonces:
        end_work(nonce)
    ledger = Ledger.of(config, sealer)
    if ledger is not None and nonces:
        yield from ledger.give_up_claims(nonces)
