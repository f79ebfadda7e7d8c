"""What a paused script asks people, which answers count, and which run goes on with them.

An answer counts once. It is claimed in the script's ledger before anything is done with it, and the
first claim holds, however often and by however many workers answers are delivered. From a pause one
run goes on at a time: whoever claims the pause. What others answer meanwhile is kept for the next
one. If the run that has claimed it is gone, another one takes the pause over, with the answers that
there are: nobody can decide otherwise afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Interrupt

from langchain_quickjs.errors import AlreadyAnsweredError, DecisionError
from langchain_quickjs.script.durability.durability_call import is_newest
from langchain_quickjs.script.durability.ledger import Ledger
from langchain_quickjs.script.durability.ledger_entries import Claim, Entries
from langchain_quickjs.script.flow.decisions import Replacements, checked_decisions
from langchain_quickjs.script.flow.drivers import Asking
from langchain_quickjs.script.langgraph_internals.resume import Delivery, mark_as_unfit
from langchain_quickjs.script.state import AwaitingCall, PausedScript

__all__ = [
    "Asked",
    "Pause",
    "Taken",
    "already_answered_error",
    "asked_by",
    "take_answers",
    "take_pause_over",
]


@dataclass(frozen=True, slots=True)
class Asked:
    """One interrupt of a paused script.

    Attributes:
        interrupt: The interrupt.
        key: What an answer to it is claimed by. A tool that finds an answer unfit asks again under
            the same id, and another answer counts then.
        calls: The calls that are to be decided about; none if a called tool asks by itself.
    """

    interrupt: Interrupt
    key: str
    calls: Sequence[AwaitingCall] = ()


def asked_by(paused: PausedScript) -> list[Asked]:
    """All interrupts of a paused script."""
    asked = [
        Asked(question["interrupt"], question["interrupt"].id, question["calls"])
        for question in paused["questions"]
    ]
    for call in paused["blocked"]:
        asked += [Asked(one, f"{one.id}/{call['rounds']}") for one in call["interrupts"]]
    return asked


@dataclass(frozen=True, slots=True)
class Pause:
    """Where a script stands.

    Attributes:
        key: What it is claimed by.
        asked: All interrupts that the script waits for.
        config: The config of a task of the script's graph, which has come to this pause.
        run: The run of the graph that wants to go on.
    """

    key: str
    asked: Sequence[Asked]
    config: RunnableConfig
    run: object


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run goes on with from a pause.

    Attributes:
        answers: The answers, by the ids of the interrupts; decisions for questions.
        nonce: What the run has claimed the pause under.
    """

    answers: Mapping[str, Any]
    nonce: str


def take_answers(
    pause: Pause, delivery: Delivery, replacements: Replacements, ledger: Ledger
) -> Asking[Taken | None]:
    """Claims the answers that a run has brought, and the pause if there is anything to go on with.

    Args:
        pause: The pause.
        delivery: What the run has brought.
        replacements: The calls that people may put in the place of others.
        ledger: The script's ledger.

    Returns:
        What the script goes on with; `None` if nothing is answered, or another run is at work.

    Raises:
        DecisionError: An answer does not fit. Nothing is claimed then.
        AlreadyAnsweredError: Everything that was brought has been answered before, and another run
            is at work.
        SnapshotError: What the person was shown is not what the script asks.
    """
    mine = _claims_of(pause.asked, pause, delivery, replacements)
    entries = yield from (ledger.claim(mine) if mine else ledger.read())
    answers = {
        one.interrupt.id: claim.answer
        for one in pause.asked
        if (claim := entries.claims.get(one.key)) is not None
    }
    if not answers:
        return None
    own = yield from _claim_pause(pause, entries, ledger)
    if own is not None:
        return Taken(answers, own.nonce)
    if mine and not any(entries.is_first_claim(key, claim) for key, claim in mine.items()):
        raise mark_as_unfit(already_answered_error([entries.claims[key] for key in mine]))
    return None


def take_pause_over(
    taken: Taken,
    pause: Pause,
    delivery: Delivery,
    replacements: Replacements,
    ledger: Ledger,
) -> Asking[str | None]:
    """Claims a pause that another run has claimed, to go on with the answers that it had.

    Answers that this run has brought to other questions of the same pause are claimed in any case:
    whoever asks these questions next finds them.

    Args:
        taken: What the other run went on with.
        pause: The pause.
        delivery: What this run has brought.
        replacements: The calls that people may put in the place of others.
        ledger: The script's ledger.

    Returns:
        What this run has claimed the pause under; `None` if the other one is at work, and this one
        has come for something else.

    Raises:
        DecisionError: An answer does not fit. Nothing is claimed then.
        AlreadyAnsweredError: The other one is at work, and all that this one has brought was
            answered before.
        SnapshotError: What the person was shown is not what the script asks.
    """
    others = [one for one in pause.asked if one.interrupt.id not in taken.answers]
    mine = _claims_of(others, pause, delivery, replacements)
    entries = yield from (ledger.claim(mine) if mine else ledger.read())
    own = yield from _claim_pause(pause, entries, ledger)
    if own is not None:
        return own.nonce
    is_late = mine or delivery.answers(list(taken.answers))
    if is_late and not any(entries.is_first_claim(key, claim) for key, claim in mine.items()):
        other = entries.claim_in_force(pause.key)
        raise mark_as_unfit(already_answered_error([] if other is None else [other]))
    return None


def _claims_of(
    asked: Sequence[Asked], pause: Pause, delivery: Delivery, replacements: Replacements
) -> dict[str, Claim]:
    """The answers that a run has brought to some interrupts of a pause, by what they are about."""
    given = delivery.answers([one.interrupt.id for one in pause.asked])
    claims = {}
    for one in asked:
        if (number := one.interrupt.id) in given:
            delivery.require_shown(one.interrupt)
            claims[one.key] = Claim(_checked(given[number], one, replacements))
    return claims


def _claim_pause(pause: Pause, entries: Entries, ledger: Ledger) -> Asking[Claim | None]:
    """Claims a pause, unless a run that has claimed it is at work, or has gone on from it."""
    other = entries.claim_in_force(pause.key)
    if other is None:
        own, _ = yield from ledger.claim_to_work(pause.key, None, pause.run)
        return own
    if entries.may_be_worked_on(other) or not (yield from is_newest(pause.config)):
        return None
    own, _ = yield from ledger.take_over_work(pause.key, other, pause.run)
    return own


def already_answered_error(claims: Iterable[Claim]) -> AlreadyAnsweredError:
    """The error for an answer that comes after another one."""
    age_s = time.time() - min((claim.taken_s for claim in claims), default=time.time())
    return AlreadyAnsweredError(
        f"This question has been answered {max(age_s, 0):.0f} s ago, and whoever took that answer "
        "may still be working on it. Nothing was done with the answer that came now. If the run "
        "that took the first one has died, go on with `invoke(None, config)`."
    )


def _checked(answer: Any, asked: Asked, replacements: Replacements) -> Any:
    if not asked.calls:
        return answer
    try:
        return checked_decisions(answer, asked.calls, replacements)
    except DecisionError as error:
        raise mark_as_unfit(error) from None
