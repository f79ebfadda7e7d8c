"""One approved call outside of programs, which is made once under one yes.

Such a call has a ledger of its own, as a program has: the answer is claimed before it is used, the
call's beginning is noted before it begins, and its end when it ends.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphBubbleUp, GraphInterrupt
from langgraph.types import Interrupt

from langchain_quickjs.errors import AlreadyAnsweredError, DecisionError, SetupError
from langchain_quickjs.interpreter import Raised
from langchain_quickjs.script.durability.claimants import end_work
from langchain_quickjs.script.durability.durability_call import retire_answer
from langchain_quickjs.script.durability.ledger import Ledger
from langchain_quickjs.script.durability.ledger_entries import Claim, Entries
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.decisions import Decision, decided_by_time
from langchain_quickjs.script.flow.drivers import Asking
from langchain_quickjs.script.flow.inputs import Manner
from langchain_quickjs.script.langgraph_internals.graph_around import run_of
from langchain_quickjs.script.langgraph_internals.resume import (
    delivery_of,
    mark_as_unfit,
    started_before,
    use_up_plain_answer,
)
from langchain_quickjs.script.people.answers import (
    already_answered_error,
    refusal_shown,
    refused,
    require_call_shown,
    signed,
)
from langchain_quickjs.script.state import Question
from langchain_quickjs.script.telling.questions import with_refusal
from langchain_quickjs.script.telling.receipts import Receipt, note_receipt

__all__ = ["EndedBefore", "OnceOnly"]

_PURPOSE: Final = "direct"
_INTERRUPTED: Final = "/interrupted"
_WHAT: Final = "The result of an approved call"


@dataclass(frozen=True, slots=True)
class EndedBefore:
    """The result of a call that has been made and has ended."""

    result: Any


@dataclass(slots=True)
class OnceOnly:
    """What is known of one approved call.

    Attributes:
        config: The config of its task.
        call_id: Its id.
        sealer: Seals what is stored of it.
        manner: How people are asked about it.
        rounds: How often it has begun without an end that anybody knows.
    """

    config: RunnableConfig
    call_id: str
    sealer: Sealer
    manner: Manner
    rounds: int = 0
    _entries: Entries = field(default_factory=Entries)
    _nonces: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, config: RunnableConfig, call_id: str, keys: tuple[bytes, ...], manner: Manner
    ) -> OnceOnly:
        """The call with this id in a task with this config."""
        place = config.get("configurable", {}).get("checkpoint_ns", "")
        sealer = Sealer.of(Signer.of(keys, config), config, call_id, place)
        return cls(config, call_id, sealer, manner)

    @contextlib.contextmanager
    def marked_as_worked_on(self) -> Iterator[None]:
        """Lets what is claimed inside count as worked on until the context ends."""
        try:
            yield
        finally:
            for nonce in self._nonces:
                end_work(nonce)

    def asked_s(self) -> Asking[float]:
        """When people were asked about the call for the first time, which is noted once."""
        ledger, key = self._ledger(), f"{_PURPOSE}/{self.rounds}/asked"
        if started_before(self.config):
            self._entries = yield from ledger.read()
        if key not in self._entries.claims:
            asked = Claim(None, taken_s=self.manner.clock())
            self._entries = yield from ledger.claim({key: asked})
        return self._entries.claims[key].taken_s

    def decision(self, question: Question, check: Callable[[Any], Decision]) -> Asking[Decision]:
        """The decision that counts about the call.

        Args:
            question: The question about it.
            check: Makes a decision of an answer, or raises.

        Raises:
            GraphInterrupt: There is no decision yet.
            AlreadyAnsweredError: Another answer was claimed before, and somebody works on it.
            DecisionError: The answer does not fit, and it is not to be asked again.
            SnapshotError: The question was changed where it is stored.
        """
        asked = question["interrupt"]
        if not started_before(self.config):
            raise self._asks(asked)
        ledger, key, run = self._ledger(), f"{_PURPOSE}/{self.rounds}", run_of(self.config)
        delivery = delivery_of(self.config, self.config)
        why = refusal_shown((delivery.standing or {}).get(asked.id), asked.id, self.sealer)
        given = delivery.answers([asked.id])
        if given:
            require_call_shown(asked, delivery, self.sealer)
        over = decided_by_time(question["calls"], self.manner.clock())
        mine: Claim | None = None
        if given or over:
            try:
                decision = over[0] if over else check(given[asked.id])
            except DecisionError as error:
                note_receipt(asked.id, Receipt(refused=str(error)))
                if not self.manner.asks_again:
                    raise mark_as_unfit(error) from None
                if not delivery.by_id:
                    yield from retire_answer(self.config)
                again = with_refusal(question, refused(error, asked.id, self.sealer))
                raise self._asks(again["interrupt"]) from None
            if given and not delivery.by_id:
                use_up_plain_answer(self.config)
            mine = yield from self._claimed(ledger.claim_to_work(key, decision, run))
            self._tell(asked, key, given, mine)
        in_force = self._entries.claim_in_force(key)
        if in_force is None:
            raise self._asks(with_refusal(question, why)["interrupt"])
        if mine is not None and mine.nonce == in_force.nonce:
            return cast("Decision", mine.answer)
        at_work = self._entries.may_be_worked_on(in_force) and not self._has_settled()
        if at_work and not delivery.empty:
            if not given:
                raise self._asks(asked)
            raise mark_as_unfit(already_answered_error([in_force]))
        mine = yield from self._claimed(ledger.take_over_work(key, in_force, run))
        if mine is None:
            raise mark_as_unfit(already_answered_error([in_force]))
        return cast("Decision", mine.answer)

    def _asks(self, asked: Interrupt) -> GraphInterrupt:
        return GraphInterrupt((signed(asked, self.sealer),))

    def begin(self, tool_name: str) -> Asking[EndedBefore | bool]:
        """Notes that the call begins.

        Args:
            tool_name: The name of its tool, for errors.

        Returns:
            Whether the call may run, or what it gave if it has ended before. It may not run if it
            has begun before and nobody knows how it ended.

        Raises:
            AlreadyAnsweredError: Somebody else has begun it meanwhile.
        """
        key = self._key()
        if (end := self._entries.ends.get(key)) is not None:
            return EndedBefore(self.sealer.unseal(end["sealed"], _WHAT, _PURPOSE, key))
        if f"{key}{_INTERRUPTED}" in self._entries.ends:
            return True
        if key in self._entries.begun:
            self.rounds += 1
            return False
        yield from self._ledger().begin_call(key, tool_name)
        return True

    def note_result(self, result: Any) -> Asking[None]:
        """Notes what the call gave."""
        yield from self._note_end(self._key(), result)

    def note_error(self, error: Exception) -> Asking[None]:
        """Notes that the call raised. Running it again would be a second time under one yes."""
        if isinstance(error, GraphBubbleUp):
            # It begins again by itself, when people have answered what its tool asks.
            yield from self._note_end(f"{self._key()}{_INTERRUPTED}", True)
        elif not isinstance(error, AlreadyAnsweredError):
            raised = Raised.of(error)
            text = f"{raised.name}: {raised.message}"
            message = ToolMessage(text, tool_call_id=self.call_id, status="error")
            yield from self.note_result(message)

    def _claimed(self, claiming: Asking[tuple[Claim | None, Entries]]) -> Asking[Claim | None]:
        claim, self._entries = yield from claiming
        if claim is not None:
            self._nonces.append(claim.nonce)
        return claim

    def _tell(
        self, asked: Interrupt, key: str, given: Mapping[str, Any], mine: Claim | None
    ) -> None:
        """Tells whoever has delivered an answer whether it counts."""
        if given and (first := self._entries.claims.get(key)) is not None:
            note_receipt(asked.id, Receipt(mine is not None, [first.answer], first.taken_s))

    def _has_settled(self) -> bool:
        """Whether whoever made the call has come to its end, or to where its tool asks people."""
        key = self._key()
        return key in self._entries.ends or f"{key}{_INTERRUPTED}" in self._entries.ends

    def _note_end(self, key: str, result: Any) -> Asking[None]:
        sealed = self.sealer.seal(result, _PURPOSE, key)
        yield from self._ledger().end_calls([{"tool_call_id": key, "sealed": sealed}])

    def _key(self) -> str:
        return f"{self.call_id}/{self.rounds}"

    def _ledger(self) -> Ledger:
        ledger = Ledger.of(self.config, self.sealer)
        if ledger is None:
            raise SetupError("Nobody can be asked without a checkpointer.")
        return ledger
