"""Where a run of the script graph takes its script up.

From its source, from its last pause with what people have answered since, or, with
`durability="call"`, from where it stood when its last calls had ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from langchain_core.runnables import RunnableConfig

from langchain_quickjs.errors import SnapshotError
from langchain_quickjs.script.durability.call_ends import unseal_end
from langchain_quickjs.script.durability.durability_call import Kept
from langchain_quickjs.script.durability.ledger import Ledger
from langchain_quickjs.script.durability.ledger_entries import Entries
from langchain_quickjs.script.durability.sealing import Sealer
from langchain_quickjs.script.flow.drivers import Asking
from langchain_quickjs.script.flow.inputs import Done, Resumed, Started, new_seed
from langchain_quickjs.script.graph_state import ScriptState
from langchain_quickjs.script.langgraph_internals.resume import started_before
from langchain_quickjs.script.people.claims import GoesOn
from langchain_quickjs.script.state import PausedScript

__all__ = ["entry_of"]


def entry_of(
    state: ScriptState,
    source: Callable[[], str],
    sealer: Sealer,
    config: RunnableConfig,
    *,
    outer: RunnableConfig,
    kept: Kept | None,
    again: bool,
    goes_on: GoesOn | None,
    script: PausedScript | None,
) -> Asking[Started | Resumed]:
    """Where the script stands, and what is known of calls that it has made since.

    Args:
        state: The state of the script graph.
        source: Tells the script's source.
        sealer: Seals the script, and is made for it.
        config: The config of the graph's task.
        outer: That of the task that the script graph runs in.
        kept: What was kept of it while it ran.
        again: Whether it may have gone on from there before. The graph alone does not know whether
            it was begun before, unless it was stored.
        goes_on: What it goes on with from its last pause, if it does.
        script: What is stored of it then.

    Raises:
        SnapshotError: What is stored of it is damaged, or another script's.
    """
    stored = state.get("paused")
    again_at_all = again or started_before(outer)
    entries = None if goes_on is None else goes_on.taken.entries
    ledger = Ledger.of(config, sealer)
    if entries is None and ledger is not None and (again_at_all or goes_on is not None):
        entries = yield from ledger.read()
    entries = entries or Entries()
    ends = {**entries.ends, **({end["tool_call_id"]: end for end in kept.ends} if kept else {})}
    known = {name: unseal_end(end, sealer) for name, end in ends.items()}
    done = Done(known, frozenset(entries.begun))
    if kept is not None:
        return Resumed(kept.script, {}, again, done)
    if stored is None or goes_on is None or script is None:
        seed = entries.seed or state.get("seed") or new_seed()
        return Started(source(), seed, again_at_all, done)
    if stored["script_id"] != sealer.script_id:
        raise SnapshotError(
            f"The paused script belongs to call {stored['script_id']!r}, not to "
            f"{sealer.script_id!r}, so it is not resumed here."
        )
    taken, refusals = goes_on.taken, goes_on.refusals
    entropy = hashlib.sha256(taken.first.encode()).digest()
    return Resumed(script, taken.answers, again, done, entropy, refusals)
