"""What people answered to a paused script: who was asked what, and which answers count.

An answer counts once. It is claimed in the script's ledger before anything is done with it, and the
first claim holds, however often and by however many workers answers are delivered. From a pause one
run goes on at a time: whoever claims the pause. What others answer meanwhile is kept for the next
one. If the run that has claimed it is gone, another one takes the pause over, with the answers that
there are: nobody can decide otherwise afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.types import Interrupt

from langchain_quickjs.errors import AlreadyAnsweredError, DecisionError
from langchain_quickjs.script.arguments.tool_arguments import Arguments
from langchain_quickjs.script.durability.ledger import Claim, Entries, Ledger
from langchain_quickjs.script.durability.running_script import is_newest
from langchain_quickjs.script.durability.workers import begin_work, end_work
from langchain_quickjs.script.flow.effects import Asking
from langchain_quickjs.script.langgraph_internals.resume import Delivery, mark_as_unfit
from langchain_quickjs.script.people.approvals import checked_decisions
from langchain_quickjs.script.state import AwaitingCall, PausedScript

__all__ = [
    "Asked",
    "Granted",
    "Pause",
    "Taken",
    "already_answered",
    "asked_by",
    "go_on_with",
    "holder_of",
    "is_held",
    "successor",
    "take_answers",
]


@dataclass(frozen=True, slots=True)
class Granted:
    """What an edited call may be.

    Attributes:
        tools: The tools that it may name, by their names.
        takes: What one of them takes.
    """

    tools: Mapping[str, BaseTool]
    takes: Callable[[BaseTool], Arguments]


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
        config: The config of a task of the script's graph, which stands there.
        run: The run of the graph that wants to go on.
    """

    key: str
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
    asked: Sequence[Asked], pause: Pause, delivery: Delivery, granted: Granted, ledger: Ledger
) -> Asking[Taken | None]:
    """Claims the answers that a run has brought, and the pause if there is anything to go on with.

    Args:
        asked: What the script waits for.
        pause: The pause.
        delivery: What the run has brought.
        granted: What an edited call may be.
        ledger: The script's ledger.

    Returns:
        What the script goes on with; `None` if nothing is answered, or another run is at work.

    Raises:
        DecisionError: An answer does not fit. Nothing is claimed then.
        AlreadyAnsweredError: Everything that was brought has been answered before, and another run
            is at work.
        SnapshotError: What the person was shown is not what the script asks.
    """
    given = delivery.answers([one.interrupt.id for one in asked])
    mine = {}
    for one in asked:
        if (number := one.interrupt.id) in given:
            delivery.require_shown(one.interrupt)
            mine[one.key] = Claim(_checked(given[number], one, granted))
    entries = yield from (ledger.claim(mine) if mine else ledger.read())
    answers = {
        one.interrupt.id: claim.answer
        for one in asked
        if (claim := entries.claims.get(one.key)) is not None
    }
    if not answers:
        return None
    own = yield from _claim_pause(pause, entries, ledger)
    if own is not None:
        return Taken(answers, own.nonce)
    if mine and not any(is_held(entries, key, claim) for key, claim in mine.items()):
        raise mark_as_unfit(already_answered([entries.claims[key] for key in mine]))
    return None


def go_on_with(
    taken: Taken, pause: Pause, delivery: Delivery, ledger: Ledger
) -> Asking[str | None]:
    """The right to go on from a pause that another run has claimed.

    Args:
        taken: What it went on with.
        pause: The pause.
        delivery: What this run has brought.
        ledger: The script's ledger.

    Returns:
        What this run has claimed the pause under; `None` if the other one is at work, and this one
        has come for something else.

    Raises:
        AlreadyAnsweredError: The other one is at work, and this one has brought an answer to the
            same question.
    """
    entries = yield from ledger.read()
    own = yield from _claim_pause(pause, entries, ledger)
    if own is not None:
        return own.nonce
    if delivery.answers(list(taken.answers)):
        held = holder_of(entries, pause.key)
        raise mark_as_unfit(already_answered([] if held is None else [held]))
    return None


def _claim_pause(pause: Pause, entries: Entries, ledger: Ledger) -> Asking[Claim | None]:
    """Claims a pause, unless a run that has claimed it is at work, or has gone on from it."""
    held = holder_of(entries, pause.key)
    if held is None:
        key, mine = pause.key, Claim(None)
    elif entries.is_worked_on(held) or not (yield from is_newest(pause.config)):
        return None
    else:
        key, mine = successor(pause.key, held)
    begin_work(mine.nonce, pause.run)  # Before others can see the claim.
    entries = yield from ledger.claim({key: mine})
    if is_held(entries, key, mine):
        return mine
    end_work(mine.nonce)
    return None


def holder_of(entries: Entries, key: str) -> Claim | None:
    """Who holds something: whoever claimed it, or took it over from somebody who was gone."""
    claim = entries.claims.get(key)
    while claim is not None and (after := entries.claims.get(f"{key}>{claim.nonce}")) is not None:
        claim = after
    return claim


def successor(key: str, holder: Claim) -> tuple[str, Claim]:
    """What the same is taken over by, and the claim that does it."""
    return f"{key}>{holder.nonce}", Claim(holder.answer)


def is_held(entries: Entries, key: str, claim: Claim) -> bool:
    """Whether a claim was the first one."""
    found = entries.claims.get(key)
    return found is not None and found.nonce == claim.nonce


def already_answered(claims: Iterable[Claim]) -> AlreadyAnsweredError:
    """The error for an answer that comes after another one."""
    age_s = time.time() - min((claim.taken_s for claim in claims), default=time.time())
    return AlreadyAnsweredError(
        f"This question has been answered {max(age_s, 0):.0f} s ago, and whoever took that answer "
        "may still be working on it. Nothing was done with the answer that came now. If the run "
        "that took the first one has died, go on with `invoke(None, config)`."
    )


def _checked(answer: Any, asked: Asked, granted: Granted) -> Any:
    if not asked.calls:
        return answer
    try:
        return checked_decisions(answer, asked.calls, granted.tools, granted.takes)
    except DecisionError as error:
        raise mark_as_unfit(error) from None
