"""What people answered to a paused script: who was asked what, and which answers count.

An answer counts once. It is claimed in the script's ledger before anything is done with it, and the
first claim holds, however often and by however many workers answers are delivered. A claim whose
owner has died is taken over as it stands: nobody can decide otherwise afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool
from langgraph.types import Interrupt

from langchain_quickjs.errors import AlreadyAnsweredError, DecisionError
from langchain_quickjs.script.approvals import checked_decisions
from langchain_quickjs.script.arguments import Arguments
from langchain_quickjs.script.effects import Asking
from langchain_quickjs.script.ledger import Claim, Entries, Ledger
from langchain_quickjs.script.resumption import Delivery, refusal
from langchain_quickjs.script.state import AwaitingCall, PausedScript

__all__ = [
    "Asked",
    "Granted",
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


def take_answers(
    asked: Sequence[Asked], delivery: Delivery, granted: Granted, ledger: Ledger
) -> Asking[dict[str, Claim]]:
    """Claims the answers that a run has brought, and finds those that others have left.

    Args:
        asked: What the script waits for.
        delivery: What the run has brought.
        granted: What an edited call may be.
        ledger: The script's ledger.

    Returns:
        What the script goes on with, by the ids of the interrupts.

    Raises:
        DecisionError: An answer does not fit. Nothing is claimed then.
        AlreadyAnsweredError: Everything that was brought has been answered before, and somebody
            works on it.
    """
    given = delivery.answers([one.interrupt.id for one in asked])
    mine = {
        one.key: Claim(_checked(given[one.interrupt.id], one, granted))
        for one in asked
        if one.interrupt.id in given
    }
    entries = yield from (ledger.claim(mine) if mine else ledger.read())
    taken: dict[str, Claim] = {}
    late: list[Claim] = []
    left: dict[str, tuple[str, Claim]] = {}
    for one in asked:
        holder = holder_of(entries, one.key)
        if holder is None:
            continue
        if one.key in mine and holder.nonce == mine[one.key].nonce:
            taken[one.interrupt.id] = holder
        elif delivery.empty or not holder.worked_on:
            left[one.interrupt.id] = successor(one.key, holder)
        elif one.key in mine:
            late.append(holder)
    if left:
        entries = yield from ledger.claim(dict(left.values()))
        won = {
            number: claim for number, (key, claim) in left.items() if is_held(entries, key, claim)
        }
        taken |= won
    if late and not taken:
        raise refusal(already_answered(late))
    return taken


def go_on_with(
    answers: Mapping[str, tuple[str, Claim]], delivery: Delivery, ledger: Ledger
) -> Asking[list[Claim] | None]:
    """The right to go on with answers that another run has taken.

    Args:
        answers: What it took, by the ids of the interrupts: what each is claimed by, and the claim.
        delivery: What this run has brought.
        ledger: The script's ledger.

    Returns:
        The claims under which this run goes on; `None` if another run may still be at work, and
        this one has come for something else.

    Raises:
        AlreadyAnsweredError: Another run may still be at work, and this one has brought an answer
            to the same question.
    """
    entries = yield from ledger.read()
    holders = {key: holder_of(entries, key) or claim for key, claim in answers.values()}
    if not delivery.empty and any(holder.worked_on for holder in holders.values()):
        if delivery.answers(list(answers)):
            raise refusal(already_answered(holders.values()))
        return None
    mine = dict(successor(key, holder) for key, holder in holders.items())
    entries = yield from ledger.claim(mine)
    if not all(is_held(entries, key, claim) for key, claim in mine.items()):
        raise refusal(already_answered(entries.claims[key] for key in mine))
    return list(mine.values())


def holder_of(entries: Entries, key: str) -> Claim | None:
    """Who goes on with an answer: whoever took it, or took it over from somebody who was gone."""
    claim = entries.claims.get(key)
    while claim is not None and (after := entries.claims.get(f"{key}>{claim.nonce}")) is not None:
        claim = after
    return claim


def successor(key: str, holder: Claim) -> tuple[str, Claim]:
    """What the same answer is taken over by, and the claim that does it."""
    return f"{key}>{holder.nonce}", Claim(holder.answer)


def is_held(entries: Entries, key: str, claim: Claim) -> bool:
    """Whether a claim was the first one."""
    found = entries.claims.get(key)
    return found is not None and found.nonce == claim.nonce


def already_answered(claims: Iterable[Claim]) -> AlreadyAnsweredError:
    """The error for an answer that comes after another one."""
    age_s = time.time() - min(claim.taken_s for claim in claims)
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
        raise refusal(error) from None
