"""What a paused script asks people, which answers count, and which run goes on with them.

An answer counts once. It is claimed in the script's ledger before anything is done with it, and the
first claim holds, however often and by however many workers answers are delivered. From a pause one
run goes on at a time: whoever claims the pause. What others answer meanwhile is kept for the next
one. If the run that has claimed it is gone, another one takes the pause over, with the answers that
there are: nobody can decide otherwise afterwards.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Interrupt

from langchain_quickjs.errors import DecisionError
from langchain_quickjs.script.durability.durability_call import is_newest
from langchain_quickjs.script.durability.ledger import Ledger
from langchain_quickjs.script.durability.ledger_entries import Claim, Entries
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.flow.decisions import (
    Replacements,
    checked_decisions,
    decided_by_time,
)
from langchain_quickjs.script.flow.drivers import Asking
from langchain_quickjs.script.flow.inputs import Manner
from langchain_quickjs.script.langgraph_internals.resume import Delivery, mark_as_unfit
from langchain_quickjs.script.people.answers import (
    already_answered_error,
    changed_error,
    in_langchains_words,
    json_text,
    refusal_shown,
    refused,
)
from langchain_quickjs.script.state import AwaitingCall, PausedScript, Question, Refusal
from langchain_quickjs.script.telling.questions import has_expired, with_refusal
from langchain_quickjs.script.telling.receipts import Receipt, note_receipt

__all__ = [
    "Asked",
    "GoesOn",
    "Pause",
    "Received",
    "Taken",
    "receive",
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
        question: What is asked about calls; `None` if a called tool asks by itself.
    """

    interrupt: Interrupt
    key: str
    question: Question | None = None

    @property
    def id(self) -> str:
        """The id of the interrupt."""
        return self.interrupt.id

    @property
    def calls(self) -> Sequence[AwaitingCall]:
        """The calls that are to be decided about."""
        return self.question["calls"] if self.question else ()

    def decided_by_time(self, now_s: float) -> Any:
        """What answers it because nobody has done so in time; `None` if there is time left.

        What a program inside of a called tool has asked, that program decides about: it needs some
        answer to be run again.
        """
        if self.question is None:
            return {"decisions": []} if has_expired(self.interrupt.value, now_s) else None
        return decided_by_time(self.calls, now_s)

    def shown(self, refusals: Mapping[str, Refusal]) -> Interrupt:
        """What people see, with the reason why an answer did not fit, if there is one."""
        why = refusals.get(self.id)
        return with_refusal(self.question, why)["interrupt"] if self.question else self.interrupt


@dataclass(frozen=True)
class Pause:
    """Where a script stands.

    Attributes:
        key: What it is claimed by.
        script: What was stored of the script.
        manner: How people are asked.
        replacements: The calls that people may put in the place of others.
        config: The config of a task of the script's graph, which has come to this pause.
        outer: The config of the task that the script's graph runs in.
        run: The run of the graph that wants to go on.
        sealer: That of the script.
    """

    key: str
    script: PausedScript
    manner: Manner
    replacements: Replacements
    config: RunnableConfig
    outer: RunnableConfig
    run: object
    sealer: Sealer

    @functools.cached_property
    def asked(self) -> Sequence[Asked]:
        """All interrupts that the script waits for."""
        questions = self.script["questions"]
        asked = [Asked(one["interrupt"], one["interrupt"].id, one) for one in questions]
        for call in self.script["blocked"]:
            asked += [Asked(one, f"{one.id}/{call['rounds']}") for one in call["interrupts"]]
        return asked

    @property
    def shown(self) -> Sequence[Asked]:
        """The interrupts that people see."""
        return self.asked[:1] if self.manner.ask == "one_by_one" else self.asked

    def given(self, delivery: Delivery) -> dict[str, Any]:
        """The answers to its interrupts. One without an id is for what people see."""
        ids = [one.id for one in self.asked]
        found = {id_: delivery.by_id[id_] for id_ in ids if id_ in delivery.by_id}
        return found or delivery.answers([one.id for one in self.shown])


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run goes on with from a pause.

    Attributes:
        answers: The answers, by the ids of the interrupts; decisions for questions.
        nonce: What the run has claimed the pause under.
        first: What the first run did that went on from there. All go on with the same randomness.
        entries: What the script's ledger holds, if this run is the first; nobody else adds to it.
    """

    answers: Mapping[str, Any]
    nonce: str
    first: str
    entries: Entries | None = None


@dataclass(frozen=True, slots=True)
class GoesOn:
    """What a paused script goes on with.

    Attributes:
        taken: The answers, and what the pause was claimed under.
        refusals: Why answers to other questions did not fit, by the ids of the interrupts.
    """

    taken: Taken
    refusals: Mapping[str, Refusal]


@dataclass(frozen=True, slots=True)
class Received:
    """What a run has brought to a pause.

    Attributes:
        claims: The answers that fit, and the decisions about calls whose time is over, by the keys
            of what they answer.
        given: The keys of those that somebody has given.
        refusals: Why answers did not fit, by the ids of the interrupts; also those of earlier runs.
    """

    claims: dict[str, Claim] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    refusals: dict[str, Refusal] = field(default_factory=dict)

    def is_late(self, entries: Entries) -> bool:
        """Whether all that somebody has given was answered before."""
        firsts = [entries.is_first_claim(key, self.claims[key]) for key in self.given]
        return bool(firsts) and not any(firsts)

    def tell(self, pause: Pause, entries: Entries) -> None:
        """Tells whoever has delivered the answers which of them count."""
        for one in pause.asked:
            if (key := one.key) in self.given and (first := entries.claims.get(key)) is not None:
                won = entries.is_first_claim(key, self.claims[key])
                unique = one.question is not None
                receipt = Receipt(won, first.answer, first.taken_s, unique=unique)
                note_receipt(one.id, receipt)


def receive(pause: Pause, asked: Sequence[Asked], delivery: Delivery) -> Received:
    """Looks at the answers that a run has brought, before anything is done with them.

    Args:
        pause: The pause.
        asked: Those of its interrupts that are not answered yet.
        delivery: What the run has brought.

    Raises:
        DecisionError: An answer does not fit, and it is not to be asked again.
        SnapshotError: What the person was shown is not what the script asks.
    """
    now_s, standing, received = pause.manner.clock(), delivery.standing or {}, Received()
    given = pause.given(delivery)
    for one in asked:
        if one.question and (why := refusal_shown(standing.get(one.id), one.id, pause.sealer)):
            received.refusals[one.id] = why
        over = one.decided_by_time(now_s)
        if one.id in given:
            _require_shown(one, delivery, pause.sealer)
        elif over is None:
            continue
        try:
            answer = over or _checked(given[one.id], one, pause, now_s)
        except DecisionError as error:
            note_receipt(one.id, Receipt(refused=str(error)))
            if not pause.manner.asks_again:
                raise mark_as_unfit(error) from None
            received.refusals[one.id] = refused(error, one.id, pause.sealer)
            continue
        received.claims[one.key] = Claim(answer)
        received.refusals.pop(one.id, None)
        if one.id in given:
            received.given.add(one.key)
    return received


def take_answers(pause: Pause, received: Received, ledger: Ledger) -> Asking[Taken | None]:
    """Claims the answers that a run has brought, and the pause if there is anything to go on with.

    Args:
        pause: The pause.
        received: What the run has brought to its interrupts.
        ledger: The script's ledger.

    Returns:
        What the script goes on with; `None` if nothing is answered, or another run is at work.

    Raises:
        AlreadyAnsweredError: Everything that was brought has been answered before, and another run
            is at work.
    """
    mine, own = received.claims, None
    if mine:
        own, entries = yield from ledger.claim_to_work(pause.key, None, pause.run, before=mine)
    else:
        entries = yield from ledger.read()
    received.tell(pause, entries)
    answers = {
        one.id: claim.answer
        for one in pause.asked
        if (claim := entries.claims.get(one.key)) is not None
    }
    if not answers:
        return None
    if own is not None:
        return Taken(answers, own.nonce, own.nonce, entries)
    own = yield from _claim_pause(pause, entries, ledger)
    if own is not None:
        first = entries.claims.get(pause.key, own)
        return Taken(answers, own.nonce, first.nonce, entries if own is first else None)
    if received.is_late(entries):
        claims = [entries.claims[key] for key in received.given]
        raise mark_as_unfit(already_answered_error(claims))
    return None


def take_pause_over(
    taken: Taken, pause: Pause, delivery: Delivery, received: Received, ledger: Ledger
) -> Asking[str | None]:
    """Claims a pause that another run has claimed, to go on with the answers that it had.

    Answers that this run has brought to other questions of the same pause are claimed in any case:
    whoever asks these questions next finds them.

    Args:
        taken: What the other run went on with.
        pause: The pause.
        delivery: What this run has brought.
        received: The part of it that is for interrupts which the other run had no answers to.
        ledger: The script's ledger.

    Returns:
        What this run has claimed the pause under; `None` if the other one is at work, and this one
        has come for something else.

    Raises:
        AlreadyAnsweredError: The other one is at work, and all that this one has brought was
            answered before.
    """
    mine = received.claims
    entries = yield from (ledger.claim(mine) if mine else ledger.read())
    received.tell(pause, entries)
    own = yield from _claim_pause(pause, entries, ledger)
    if own is not None:
        return own.nonce
    answered_before = not received.given and bool(delivery.answers(list(taken.answers)))
    if answered_before or received.is_late(entries):
        other = entries.claim_in_force(pause.key)
        raise mark_as_unfit(already_answered_error([] if other is None else [other]))
    return None


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


def _require_shown(asked: Asked, delivery: Delivery, sealer: Sealer) -> None:
    """Sees to it that people were shown what is asked, with everything that is told of it."""
    for shown in delivery.shown(asked.id):
        why = refusal_shown(shown, asked.id, sealer)
        meant = asked.shown({} if why is None else {asked.id: why}).value
        if (known := json_text(meant)) is not None and json_text(shown) != known:
            raise changed_error()


def _checked(answer: Any, asked: Asked, pause: Pause, now_s: float) -> Any:
    if not asked.calls:
        return answer
    name, replacements = pause.manner.request_name, pause.replacements
    answer = in_langchains_words(answer, asked.calls, replacements, name)
    return checked_decisions(answer, asked.calls, replacements, now_s)
