"""One approved call outside of programs, which is made once under one yes.

It has a ledger of its own, as a program has: the answer is claimed before it is used, the call's
beginning is noted before it begins, and its end when it ends.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphBubbleUp, GraphInterrupt
from langgraph.types import Interrupt

from langchain_quickjs.errors import AlreadyAnsweredError, SetupError
from langchain_quickjs.interpreter import Raised
from langchain_quickjs.script.durability.ledger import Claim, Entries, Ledger
from langchain_quickjs.script.durability.workers import begin_work, end_work
from langchain_quickjs.script.flow.effects import Asking
from langchain_quickjs.script.langgraph_internals.resume import (
    delivery_of,
    mark_as_unfit,
    started_before,
    use_up_plain_answer,
)
from langchain_quickjs.script.langgraph_internals.surroundings import run_of
from langchain_quickjs.script.people.claims import already_answered, holder_of, is_held, successor
from langchain_quickjs.script.run import begun_elsewhere
from langchain_quickjs.script.sealing import Sealer
from langchain_quickjs.script.signing import Signer

__all__ = ["OnceOnly"]

_PURPOSE: Final = "direct"
_INTERRUPTED: Final = "/interrupted"
_WHAT: Final = "The result of an approved call"


@dataclass(slots=True)
class OnceOnly:
    """What is known of one approved call.

    Attributes:
        config: The config of its task.
        call_id: Its id.
        sealer: Seals what is stored of it.
        rounds: How often it has begun without an end that anybody knows.
    """

    config: RunnableConfig
    call_id: str
    sealer: Sealer
    rounds: int = 0
    _entries: Entries = field(default_factory=Entries)
    _nonces: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, config: RunnableConfig, call_id: str, keys: tuple[bytes, ...]) -> OnceOnly:
        """The call with this id in a task with this config."""
        place = config.get("configurable", {}).get("checkpoint_ns", "")
        return cls(config, call_id, Sealer.of(Signer.of(keys, config), config, call_id, place))

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Says meanwhile that answers which are taken are worked on."""
        try:
            yield
        finally:
            for nonce in self._nonces:
                end_work(nonce)

    def answer(self, asked: Interrupt, check: Callable[[Any], Any]) -> Asking[Any]:
        """The decision that counts about the call.

        Args:
            asked: The question.
            check: Makes a decision of an answer, or raises.

        Raises:
            GraphInterrupt: There is no decision yet.
            AlreadyAnsweredError: Another one was taken before, and somebody works on it.
        """
        if not started_before(self.config):
            raise GraphInterrupt((asked,))
        ledger, key = self._ledger(), f"{_PURPOSE}/{self.rounds}"
        delivery = delivery_of(self.config, self.config)
        given = delivery.answers([asked.id])
        mine = self._mine(check(given[asked.id])) if given else None
        if given and not delivery.by_id:
            use_up_plain_answer(self.config)
        self._entries = yield from (ledger.claim({key: mine}) if mine else ledger.read())
        held = holder_of(self._entries, key)
        if held is None:
            raise GraphInterrupt((asked,))
        if mine is None or held.nonce != mine.nonce:
            if held.worked_on and not delivery.empty and not self._settled():
                if mine is None:
                    raise GraphInterrupt((asked,))
                raise mark_as_unfit(already_answered([held]))
            key, mine = successor(key, held)
            self._work_on(mine)
            self._entries = yield from ledger.claim({key: mine})
            if not is_held(self._entries, key, mine):
                raise mark_as_unfit(already_answered([held]))
        return mine.answer

    def _mine(self, answer: Any) -> Claim:
        claim = Claim(answer)
        self._work_on(claim)
        return claim

    def _work_on(self, claim: Claim) -> None:
        # Before others can see the claim.
        begin_work(claim.nonce, run_of(self.config))
        self._nonces.append(claim.nonce)

    def _settled(self) -> bool:
        """Whether whoever made the call has come to its end, or to where its tool asks people."""
        key = self._key()
        return key in self._entries.ends or f"{key}{_INTERRUPTED}" in self._entries.ends

    def begin(self) -> Asking[Any]:
        """Notes that the call begins.

        Returns:
            `True` if it may; its result if it has ended before; `None` if it has begun before, and
            nobody knows how it ended.

        Raises:
            AlreadyAnsweredError: Somebody else has begun it meanwhile.
        """
        key = self._key()
        if (end := self._entries.ends.get(key)) is not None:
            return self.sealer.unseal(end["sealed"], _WHAT, _PURPOSE, key)
        if f"{key}{_INTERRUPTED}" in self._entries.ends:
            return True
        if key in self._entries.begun:
            self.rounds += 1
            return None
        if not (yield from self._ledger().begin(key)):
            raise mark_as_unfit(begun_elsewhere(self.call_id))
        return True

    def ended(self, result: Any) -> Asking[None]:
        """Notes the call's result."""
        yield from self._note(self._key(), result)

    def _note(self, key: str, result: Any) -> Asking[None]:
        sealed = self.sealer.seal(result, _PURPOSE, key)
        yield from self._ledger().end([{"tool_call_id": key, "sealed": sealed}])

    def failed(self, error: Exception) -> Asking[None]:
        """Notes that the call raised. Running it again would be a second time under one yes."""
        if isinstance(error, GraphBubbleUp):
            # It begins again by itself, when people have answered what its tool asks.
            yield from self._note(f"{self._key()}{_INTERRUPTED}", True)
        elif not isinstance(error, AlreadyAnsweredError):
            raised = Raised.of(error)
            text = f"{raised.name}: {raised.message}"
            yield from self.ended(ToolMessage(text, tool_call_id=self.call_id, status="error"))

    def _key(self) -> str:
        return f"{self.call_id}/{self.rounds}"

    def _ledger(self) -> Ledger:
        ledger = Ledger.of(self.config, self.sealer)
        if ledger is None:
            raise SetupError("Nobody can be asked without a checkpointer.")
        return ledger
