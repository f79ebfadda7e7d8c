"""Of all who claim something one gets it, however their reads and writes are interleaved."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from langchain_quickjs.script.durability.claimants import end_work
from langchain_quickjs.script.durability.ledger import Ledger
from langchain_quickjs.script.durability.ledger_entries import Claim, Entries
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.durability.signing import Signer
from langchain_quickjs.script.flow.drivers import Asking, drive

KEY = "question"
CONFIG: RunnableConfig = {"configurable": {"thread_id": "thread"}}

_T = TypeVar("_T")


class Run:
    """A run of a graph."""


def new_ledger() -> Ledger:
    saver = InMemorySaver()
    signer = Signer.of((b"key",), CONFIG)
    return Ledger(saver, Sealer(signer, saver.serde, "script", "place"))


def interleaved(asking: Sequence[Asking[_T]], rng: random.Random) -> list[_T]:
    """What works come to whose effects are done in any order."""
    results: dict[int, _T] = {}
    found: dict[int, Any] = dict.fromkeys(range(len(asking)))
    while found:
        number = rng.choice(sorted(found))
        try:
            ask = asking[number].send(found[number])
        except StopIteration as end:
            results[number] = end.value
            del found[number]
        else:
            found[number] = getattr(ask.target, ask.method)(*ask.args)
    return [results[number] for number in range(len(asking))]


def take_over(
    ledger: Ledger, gone: Claim, _number: int, run: Run
) -> Asking[tuple[Claim | None, Entries]]:
    return ledger.take_over_work(KEY, gone, run)


@pytest.mark.parametrize("seed", range(30))
def test_one_claims_and_one_takes_over(seed: int) -> None:
    rng, ledger = random.Random(seed), new_ledger()
    runs = [Run() for _ in range(rng.randint(1, 6))]

    def race(claim: Callable[[int, Run], Asking[tuple[Claim | None, Entries]]]) -> Claim:
        came_to = interleaved([claim(n, run) for n, run in enumerate(runs)], rng)
        (winner,) = (mine for mine, _ in came_to if mine is not None)
        entries = drive(ledger.read())
        assert entries.claim_in_force(KEY) == winner
        assert entries.may_be_worked_on(winner)
        return winner

    holder = race(lambda number, run: ledger.claim_to_work(KEY, f"answer {number}", run))
    answer, taken = holder.answer, {holder.nonce}
    for _ in range(rng.randint(1, 3)):
        end_work(holder.nonce)
        assert not drive(ledger.read()).may_be_worked_on(holder)
        holder = race(functools.partial(take_over, ledger, holder))
        # Nobody can decide otherwise afterwards.
        assert holder.answer == answer
        assert holder.nonce not in taken
        taken.add(holder.nonce)
    drive(ledger.give_up_claims([holder.nonce]))
    assert not drive(ledger.read()).may_be_worked_on(holder)


def test_a_claim_that_cannot_be_written_is_not_worked_on() -> None:
    ledger, run = new_ledger(), Run()
    claiming = ledger.claim_to_work(KEY, "answer", run)
    write = next(asked for asked in claiming if asked.method == "put_writes")
    _, [(_, (_, sealed))], _ = write.args
    _, nonce, owner, taken_s = ledger.sealer.unseal(sealed, "claim", "claim", KEY)
    claim = Claim("answer", nonce, owner, taken_s)
    assert Entries().may_be_worked_on(claim)
    with pytest.raises(ConnectionError):
        claiming.throw(ConnectionError("the database is gone"))
    assert not Entries().may_be_worked_on(claim)
