"""What the ledger of one script holds, and whose claims are in force.

Of several claims about one thing the first one counts. If whoever made it is gone, another one may
take it over, with the same answer: by a claim about the claim, of which the first one counts again.
So the claim in force is the last one in that row.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.script.durability.claimants import may_be_at_work, name_of_this_process
from langchain_quickjs.script.state import CallEnd

__all__ = ["CLAIM_IN_ERRORS", "Claim", "Entries", "takeover_key"]

CLAIM_IN_ERRORS: Final = "An answer to a paused script"


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a question, or the right to go on from a pause, and who claimed it.

    Attributes:
        answer: The answer; for a question about calls, its decisions.
        nonce: A number that tells the claim from all others.
        owner: The process that made it.
        taken_s: When it was made, in seconds since the epoch.
    """

    answer: Any
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))
    owner: str = field(default_factory=name_of_this_process)
    taken_s: float = field(default_factory=time.time)

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
        raise SnapshotError(f"{CLAIM_IN_ERRORS} is not used, because it was damaged.")


@dataclass(frozen=True, slots=True)
class Entries:
    """What a ledger holds.

    Attributes:
        claims: The first claims, by what they are about.
        begun: The approved calls that have begun, each as `begin_key` names it, and by whom.
        ends: How calls have ended, by their names.
        seed: What the script began with, if it failed.
        released: The claims whose runs have failed, by their nonces.
        alone: Whether no other process is at work on the thread.
    """

    claims: Mapping[str, Claim] = field(default_factory=dict)
    begun: Mapping[str, str] = field(default_factory=dict)
    ends: Mapping[str, CallEnd] = field(default_factory=dict)
    seed: bytes | None = None
    released: frozenset[str] = frozenset()
    alone: bool = False

    def is_first_claim(self, key: str, claim: Claim) -> bool:
        """Whether a claim about something was the first one."""
        first = self.claims.get(key)
        return first is not None and first.nonce == claim.nonce

    def claim_in_force(self, key: str) -> Claim | None:
        """The claim that counts about something; `None` if nobody has claimed it."""
        claim = self.claims.get(key)
        while claim is not None and (later := self.claims.get(takeover_key(key, claim))):
            claim = later
        return claim

    def may_be_worked_on(self, claim: Claim) -> bool:
        """Whether the run that made a claim may still be at work on it."""
        if claim.nonce in self.released:
            return False
        if self.alone and claim.owner != name_of_this_process():
            return False
        return may_be_at_work(claim.owner, claim.nonce, claim.taken_s)


def takeover_key(key: str, gone: Claim) -> str:
    """What a claim is about that takes over from another claim.

    Args:
        key: What the first claim is about.
        gone: The claim that is taken over.
    """
    return f"{key}>{gone.nonce}"
